import { fileURLToPath } from 'node:url';
import { listens } from '../memory/memcached.ts';
import { BenchProcess, freePort } from '../support/bench-process.ts';
import { request, type Subject, streamHead } from './subject.ts';

const script = fileURLToPath(new URL('./bare-loop-server.ts', import.meta.url));

/** A Node loop that gathers writes and does nothing else. */
export async function startBareLoop(stack: AsyncDisposableStack): Promise<Subject> {
  const port = await freePort();
  const server = await BenchProcess.start(stack, 'bare loop', [process.execPath, script, String(port)]);
  await server.until(() => listens(port));
  return {
    id: 'bare_loop',
    title: 'bare Node loop',
    origin: { host: '127.0.0.1', port, tls: false },
    processes: [{ name: 'loop', pid: server.pid }],
    gatewayPid: server.pid,
    sequenced: true,
    subscribe: (topic) => streamHead(`/${topic}`),
    publish: (topic, text) => request('POST', `/${topic}`, ['Content-Type: text/plain'], text),
    published: [204],
  };
}
