/** Several control processes on etcd, as real processes: whoever is killed, stopped or cut off, no answered change is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/control-plane/client.ts';
import { callPaths } from '../../src/control-plane/protocol.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { controlPaths } from '../../src/shared/control-link/protocol.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import { silentLog } from '../../src/shared/process.ts';
import { endTestEtcds, hasEtcd, TestEtcd } from '../support/etcd.ts';
import { endRunningProcesses, RunningProcess } from './running-process.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const fleetSecret = 'the-secret-of-the-control-processes-under-test';
const account = 'default';
/** A leader's lease, an election, and a machine that has other things to do. */
const patience = { timeout: 15_000, interval: 50 };
const testTimeoutMs = 60_000;

let etcd: TestEtcd;
let folder: string;
let fleets = 0;
let processes: RunningProcess[];
let urls: string[];
let flags: string[];
let watcher: StateWatcher;
let client: ControlClient;

beforeAll(async () => {
  if (hasEtcd) etcd = await TestEtcd.start(1, ['--unsafe-no-fsync']);
});
afterAll(endTestEtcds);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-control-processes-'));
  const ports = await freePorts(3);
  urls = ports.map((port) => `http://127.0.0.1:${port}`);
  flags = [`--store=etcd`, `--etcd-endpoints=${etcd.urls.join(',')}`, `--etcd-prefix=fleet-${++fleets}/`];
  processes = urls.map((_, index) => launch(index));
  const link = { urls, fleetSecret, fetch, clock: systemClock };
  watcher = new StateWatcher({ ...link, id: 'gateway-1', role: 'gateway', log: silentLog });
  client = new ControlClient({ ...link, source: watcher });
  await watcher.start();
});
afterEach(async () => {
  await watcher.stop();
  await endRunningProcesses();
  rmSync(folder, { recursive: true, force: true });
});

function launch(index: number): RunningProcess {
  const own = [
    `--data-dir=${join(folder, String(index))}`,
    `--internal-port=${new URL(urls[index]!).port}`,
    `--node-id=control-${index}`,
  ];
  return new RunningProcess([main, 'control', ...flags, ...own], { env: { GODWIT_FLEET_SECRET: fleetSecret } });
}

/** Those that say of themselves that they lead, by index. */
async function leaders(): Promise<number[]> {
  const said = await Promise.all(
    urls.map(async (url) => (await metrics(url)).includes('\ngodwit_control_leading 1\n')),
  );
  return said.flatMap((isLeading, index) => (isLeading ? [index] : []));
}

async function metrics(url: string): Promise<string> {
  const headers = { authorization: `Bearer ${fleetSecret}` };
  const signal = AbortSignal.timeout(500);
  return fetch(url + controlPaths.metrics, { headers, signal }).then(
    (response) => response.text(),
    () => '',
  );
}

async function leader(other?: number): Promise<number> {
  await expect.poll(async () => (await leaders()).filter((index) => index !== other).length, patience).toBe(1);
  return (await leaders()).find((index) => index !== other)!;
}

/** Creates caches one after another until it is stopped; `answered` are those that were answered as created. */
function writer() {
  const answered: string[] = [];
  let stopped = false;
  const run = async () => {
    for (let i = 0; !stopped; i++) {
      const name = `cache-${i}`;
      const idempotency = { key: name, fingerprint: name };
      try {
        const { answer } = await client.createCache({ account, name, settings: {}, idempotency });
        if (!answer.created) throw new Error('a cache was created twice');
        answered.push(name);
      } catch (error) {
        // Nobody leads for a moment, or the answer was lost: what became of it is not asked.
        const { code } = error as { code?: string };
        if (code !== 'control_plane_unavailable' && code !== 'outcome_unknown') return error;
      }
      await pause(20);
    }
    return undefined;
  };
  let failure: unknown;
  const running = run().then((error) => {
    failure = error;
  });
  return {
    answered,
    more: async (count: number) => {
      const target = answered.length + count;
      await expect.poll(() => failure ?? answered.length >= target, patience).toBe(true);
    },
    /** Ends it; all that was answered is in the store, and shown to who follows the fleet's state. */
    finish: async () => {
      stopped = true;
      await running;
      expect(failure).toBeUndefined();
      const names = await stored();
      expect(names).toEqual(expect.arrayContaining(answered));
      const shown = () => new Set(watcher.current().registry.caches.map(({ name }) => name));
      await expect.poll(() => answered.every((name) => shown().has(name)), patience).toBe(true);
      return names;
    },
  };
}

/** All caches that the control plane knows, without the first one. */
async function stored(): Promise<string[]> {
  const names: string[] = [];
  for (let next: string | undefined; ; ) {
    const page = { account, limit: 1_000, ...(next === undefined ? {} : { next_token: next }) };
    const { answer } = await client.listCaches(page);
    names.push(...answer.items.map(({ name }) => name));
    next = answer.next_token;
    if (next === undefined) return names.filter((name) => name !== 'default');
  }
}

describe.runIf(hasEtcd)('control processes on etcd', () => {
  it('a leader that is killed is replaced, comes back as a follower, and nothing is lost', {
    timeout: testTimeoutMs,
  }, async () => {
    const first = await leader();
    const writes = writer();
    await writes.more(10);
    processes[first]!.child.kill('SIGKILL');
    await processes[first]!.exited;
    const second = await leader(first);
    await writes.more(10);
    processes[first] = launch(first);
    await writes.more(10);
    expect(await leaders()).toEqual([second]);
    await writes.finish();
    // The leader is who is listed as the control plane.
    const listed = watcher.current().processes.list.filter(({ role }) => role === 'control');
    expect(listed.map(({ url }) => url)).toEqual([urls[second]]);
  });

  it('a leader that is stopped is replaced; woken up, it changes nothing and follows', {
    timeout: testTimeoutMs,
  }, async () => {
    const first = await leader();
    const writes = writer();
    await writes.more(10);
    const { child } = processes[first]!;
    child.kill('SIGSTOP');
    const second = await leader(first);
    await writes.more(10);
    // Waits in its socket for when it wakes up and still has the state of a leader.
    const late = fetch(urls[first] + callPaths.createCache, {
      method: 'POST',
      headers: { authorization: `Bearer ${fleetSecret}` },
      body: JSON.stringify({ account, name: 'by-the-former-leader', settings: {} }),
    });
    await pause(100);
    child.kill('SIGCONT');
    expect((await late).status).toBe(503);
    await writes.more(10);
    expect(await leaders()).toEqual([second]);
    const names = await writes.finish();
    expect(names).not.toContain('by-the-former-leader');
  });

  it('a leader that is told to stop hands over', { timeout: testTimeoutMs }, async () => {
    const first = await leader();
    const writes = writer();
    await writes.more(10);
    processes[first]!.child.kill('SIGTERM');
    expect(await processes[first]!.exited).toEqual({ code: 0, signal: null });
    await leader(first);
    await writes.more(10);
    await writes.finish();
  });

  it('while etcd is gone nothing is changed and what is known stays; back, all goes on', {
    timeout: testTimeoutMs,
  }, async () => {
    await leader();
    const writes = writer();
    await writes.more(10);
    await etcd.kill(0);
    await expect.poll(leaders, patience).toEqual([]);
    const before = writes.answered.length;
    const known = watcher.current();
    await expect(client.listCaches({ account })).rejects.toMatchObject({ code: 'control_plane_unavailable' });
    expect(writes.answered.length).toBe(before);
    expect(watcher.current()).toBe(known);
    etcd.launch(0);
    await etcd.untilReady();
    await leader();
    await writes.more(10);
    await writes.finish();
  });
});

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
