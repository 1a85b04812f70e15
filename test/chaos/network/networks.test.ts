import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProxyNetwork } from './proxy.ts';

/** Asks twice with one connection and says how long each took; the second is under way when a fault begins. */
const client = `
const http = await import('node:http');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ask = () => new Promise((resolve, reject) => {
  const call = http.get(process.argv[1], { agent, timeout: 1000 }, (answer) => { answer.resume(); answer.on('end', () => resolve(answer.statusCode)); });
  call.on('timeout', () => call.destroy(new Error('silent')));
  call.on('error', reject);
});
const startMs = performance.now();
try { console.log(JSON.stringify({ statuses: [await ask(), await ask()], ms: performance.now() - startMs })); }
catch (error) { console.log(JSON.stringify({ error: error.code ?? error.message })); }
process.exit();
`;

describe.runIf(process.platform === 'linux')('the fault proxy', () => {
  let network: ProxyNetwork;
  let server: Server;
  let port: number;

  beforeEach(async () => {
    network = await ProxyNetwork.create();
    await network.addressOf('one');
    server = createServer((_, response) => response.end('here'));
    server.listen(0, await network.addressOf('other'));
    await once(server, 'listening');
    ({ port } = server.address() as { port: number });
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await network.close();
  });

  /** What a process on the machine `one` sees of the server on `other`. */
  async function asked(): Promise<{ statuses?: number[]; ms?: number; error?: string }> {
    const url = `http://${await network.addressOf('other')}:${port}/`;
    const [program, ...args] = network.commandOn('one', [process.execPath, '--input-type=module', '-e', client, url]);
    const env = { ...process.env, ...network.environmentOf('one') };
    const { stdout } = await promisify(execFile)(program!, args, { env });
    return JSON.parse(stdout) as { statuses: number[] };
  }

  it('carries what machines say to each other while there is no fault', async () => {
    expect((await asked()).statuses).toEqual([200, 200]);
    expect(await network.carries('one', 'other', port)).toBe(true);
  });

  it('cut: silent in the one direction or the other, until it heals', async () => {
    for (const [from, to] of [
      ['one', 'other'],
      ['other', 'one'],
    ] as const) {
      await network.cut(from, to);
      expect(await network.carries('one', 'other', port)).toBe(false);
      expect(await asked()).toEqual({ error: 'silent' });
      await network.heal();
      expect(await network.carries('one', 'other', port)).toBe(true);
    }
  });

  it('cut: only between these two', async () => {
    await network.addressOf('third');
    await network.cut('one', 'third');
    expect((await asked()).statuses).toEqual([200, 200]);
  });

  it('slow: late in both directions, and says so', async () => {
    await network.slow('other', 100);
    expect(await network.hasSlowed()).toBe(false);
    const { statuses, ms } = await asked();
    expect(statuses).toEqual([200, 200]);
    // two questions and two answers
    expect(ms).toBeGreaterThan(390);
    expect(await network.hasSlowed()).toBe(true);
  });

  it('a port on which nobody listens is a connection that ends', async () => {
    await new Promise((resolve) => server.close(resolve));
    expect((await asked()).error).toBe('ECONNRESET');
  });
});

it('what a process connects to outside of the fleet stays as it is', () => {
  const code = `require('node:net').connect(1, '127.0.0.1').on('error', (e) => console.log(e.code))`;
  const redirect = new URL('./redirect.ts', import.meta.url).href;
  const env = { ...process.env, CHAOS_MACHINE: 'one', CHAOS_PROXY_PORT: '2' };
  const { stdout } = spawnSync(process.execPath, [`--import=${redirect}`, '-e', code], { env, encoding: 'utf8' });
  expect(stdout.trim()).toBe('ECONNREFUSED');
});
