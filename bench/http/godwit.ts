import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encode } from 'cborg';
import { BenchProcess, temporaryFolder } from '../support/bench-process.ts';
import { childProcesses } from '../support/process-cpu.ts';
import { base64, forEachKey, keyOf, multiGetIndexes, planned, textOf, ttlSeconds } from './items.ts';
import type { Subject } from './subject.ts';

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Longer than `--drain-timeout`. */
const stopTimeoutMs = 12_000;

/** The whole of Godwit as `godwit start` runs it, with a scoped token. */
export async function startGodwit(stack: AsyncDisposableStack, id: string, gateways: number): Promise<Subject> {
  const dataDir = await temporaryFolder(stack);
  const flags = ['start', '--port=0', `--data-dir=${dataDir}`, `--gateways=${gateways}`, '--drain-timeout=2s'];
  const supervisor = await BenchProcess.start(stack, 'godwit', [process.execPath, entry, ...flags], stopTimeoutMs);
  const url = await supervisor.until(() => /^ +URL +(http\S+)$/m.exec(supervisor.output)?.[1]);
  const right = '--allow=cache:readwrite:default';
  const asked = ['token', 'issue', right, '--expires-in=1d', `--url=${url}`, `--data-dir=${dataDir}`];
  const { stdout } = await promisify(execFile)(process.execPath, [entry, ...asked]);
  return {
    id,
    title: `Godwit, ${gateways} ${gateways === 1 ? 'gateway' : 'gateways'}`,
    port: Number(new URL(url).port),
    processes: childProcesses(supervisor.pid).map(({ pid, commandLine }) => ({
      name: commandLine[2] ?? 'unknown',
      pid,
    })),
    loads: loads(`Authorization: Bearer ${stdout.trim()}`),
  };
}

function loads(authorization: string): Subject['loads'] {
  const target = (i: number) => `/cache/default?key=${keyOf(i)}`;
  const multiGet = (form: 'json' | 'cbor') =>
    multiGetIndexes().map((indexes) => {
      const keys = { keys: indexes.map(keyOf) };
      const type = `application/${form}`;
      return planned(
        {
          method: 'POST',
          target: '/cache/default/get',
          headers: [authorization, `Content-Type: ${type}`, `Accept: ${type}`],
          body: form === 'json' ? JSON.stringify(keys) : encode(keys),
        },
        { status: 200, items: { form, values: indexes.map((i) => base64(textOf(i))) } },
      );
    });
  return {
    get: forEachKey((i) =>
      planned({ method: 'GET', target: target(i), headers: [authorization] }, { status: 200, body: base64(textOf(i)) }),
    ),
    put: forEachKey((i) =>
      planned(
        { method: 'PUT', target: `${target(i)}&ttl_seconds=${ttlSeconds}`, headers: [authorization], body: textOf(i) },
        { status: 204, body: '' },
      ),
    ),
    multi_get_json: multiGet('json'),
    multi_get_cbor: multiGet('cbor'),
  };
}
