import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BenchProcess, temporaryFolder } from '../support/bench-process.ts';
import { childProcesses } from '../support/process-cpu.ts';
import { request, type Subject, streamHead } from './subject.ts';

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Longer than `--drain-timeout`. */
const stopTimeoutMs = 12_000;
const ttlSeconds = 3_600;

/** The whole of Godwit as `godwit start` runs it, with one gateway and a scoped token. */
export async function startGodwit(stack: AsyncDisposableStack): Promise<Subject> {
  const dataDir = await temporaryFolder(stack);
  const flags = ['start', '--port=0', `--data-dir=${dataDir}`, '--gateways=1', '--drain-timeout=2s'];
  const supervisor = await BenchProcess.start(stack, 'godwit', [process.execPath, entry, ...flags], stopTimeoutMs);
  const url = await supervisor.until(() => /^ +URL +(http\S+)$/m.exec(supervisor.output)?.[1]);
  const rights = ['--allow=cache:readwrite:default', '--allow=topic:both:default:*'];
  const asked = ['token', 'issue', ...rights, '--expires-in=1d', `--url=${url}`, `--data-dir=${dataDir}`];
  const { stdout } = await promisify(execFile)(process.execPath, [entry, ...asked]);
  const authorization = `Authorization: Bearer ${stdout.trim()}`;
  const processes = childProcesses(supervisor.pid).map(({ pid, commandLine }) => ({
    name: commandLine[2] ?? 'unknown',
    pid,
  }));
  const text = [authorization, 'Content-Type: text/plain'];
  return {
    id: 'godwit',
    title: 'Godwit, 1 gateway',
    origin: { host: '127.0.0.1', port: Number(new URL(url).port), tls: false },
    processes,
    gatewayPid: processes.find(({ name }) => name === 'gateway')!.pid,
    sequenced: true,
    subscribe: (topic) => streamHead(`/topics/default/${topic}`, [authorization]),
    publish: (topic, message) => request('POST', `/topics/default/${topic}`, text, message),
    published: [204],
    publishBatch: (topic, texts) =>
      request(
        'POST',
        '/topics/default',
        [authorization, 'Content-Type: application/json'],
        JSON.stringify({ messages: texts.map((message) => ({ topic, text: message })) }),
      ),
    items: {
      put: (index) =>
        request('PUT', `/cache/default?key=key-${index}&ttl_seconds=${ttlSeconds}`, [authorization], 'v'.repeat(100)),
      get: (index) => request('GET', `/cache/default?key=key-${index}`, [authorization]),
    },
  };
}
