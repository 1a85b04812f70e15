/** Leaders that would go on leading though they can do nothing, as real processes on a real etcd: another takes over. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/control-plane/client.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { controlPaths } from '../../src/shared/control-link/protocol.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import { silentLog } from '../../src/shared/process.ts';
import { endTestEtcds, freePorts, hasEtcd, TestEtcd } from '../support/etcd.ts';
import { Line } from '../support/line.ts';
import { endRunningProcesses, RunningProcess } from './running-process.ts';

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
const fleetSecret = 'the-secret-of-the-leaders-that-resign';
const env = { GODWIT_FLEET_SECRET: fleetSecret };
const account = 'default';
const patience = { timeout: 20_000, interval: 50 };
const testTimeoutMs = 60_000;

let etcd: TestEtcd;
let folder: string;
let urls: string[];
let lines: Line[];
let watcher: StateWatcher;
let client: ControlClient;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-resigning-'));
  etcd = await TestEtcd.start(1, ['--unsafe-no-fsync']);
  lines = [];
});
afterEach(async () => {
  await watcher.stop();
  await endRunningProcesses();
  for (const line of lines) line.close();
  await endTestEtcds();
  rmSync(folder, { recursive: true, force: true });
});

async function follow(count: number): Promise<void> {
  urls = (await freePorts(count)).map((port) => `http://127.0.0.1:${port}`);
  const link = { urls, fleetSecret, fetch, clock: systemClock };
  watcher = new StateWatcher({ ...link, id: 'gateway-1', role: 'gateway', log: silentLog });
  client = new ControlClient({ ...link, source: watcher });
}

function launchControl(index: number, flags: readonly string[] = []): RunningProcess {
  const own = [
    `--data-dir=${join(folder, String(index))}`,
    `--internal-port=${new URL(urls[index]!).port}`,
    `--node-id=control-${index}`,
  ];
  const store = ['--store=etcd', `--etcd-endpoints=${etcd.urls.join(',')}`];
  return new RunningProcess([main, 'control', ...store, ...own, ...flags], { env });
}

/** What a control process says of itself; undefined while it does not answer. */
async function isLeading(index: number): Promise<boolean | undefined> {
  const request = { headers: { authorization: `Bearer ${fleetSecret}` }, signal: AbortSignal.timeout(500) };
  try {
    const text = await (await fetch(urls[index] + controlPaths.metrics, request)).text();
    return text.includes('\ngodwit_control_leading 1\n');
  } catch {
    return undefined;
  }
}

async function etcdCall(path: string, message: object): Promise<void> {
  const response = await fetch(etcd.urls[0] + path, { method: 'POST', body: JSON.stringify(message) });
  expect(response.status, await response.text()).toBe(200);
}

describe.runIf(hasEtcd)('a leader that can do nothing', () => {
  it('one that etcd does not let in any more makes room for one that it does', { timeout: testTimeoutMs }, async () => {
    await follow(2);
    launchControl(0);
    await expect.poll(() => isLeading(0), patience).toBe(true);
    await watcher.start();
    const user = { name: 'root', password: 'a-password' };
    await etcdCall('/v3/auth/user/add', user);
    await etcdCall('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await etcdCall('/v3/auth/enable', {});
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, user.password);
    launchControl(1, ['--etcd-user=root', `--etcd-password-file=${passwordFile}`]);
    await expect.poll(() => isLeading(1), patience).toBe(false);
    const create = async () => {
      const name = 'after';
      try {
        await client.createCache({ account, name, settings: {}, idempotency: { key: name, fingerprint: name } });
        return 'created';
      } catch (error) {
        return (error as { code?: string }).code;
      }
    };
    await expect.poll(create, patience).toBe('created');
    expect([await isLeading(0), await isLeading(1)]).toEqual([false, true]);
  });

  it('one that no node reaches makes room for one that they reach, and a dead node is replaced then', {
    timeout: testTimeoutMs,
  }, async () => {
    await follow(2);
    launchControl(0, ['--expected-nodes=3']);
    await expect.poll(() => isLeading(0), patience).toBe(true);
    launchControl(1, ['--expected-nodes=3']);
    await expect.poll(() => isLeading(1), patience).toBe(false);
    const made = await Promise.all(urls.map((url) => Line.to(url)));
    lines = made.map(({ line }) => line);
    const control = `--control-urls=${made.map(({ url }) => url).join(',')}`;
    const nodes = ['a', 'b', 'c'].map((zone) => {
      const own = [`--zone=${zone}`, `--node-id=storage-${zone}`, '--internal-port=0', '--memory=64MiB'];
      return new RunningProcess([main, 'storage', control, ...own], { env });
    });
    await watcher.start();
    const states = () =>
      watcher
        .current()
        .view.nodes.map(({ id, state }) => `${id} ${state}`)
        .sort();
    await expect.poll(states, patience).toEqual(['storage-a active', 'storage-b active', 'storage-c active']);
    // A node that has just registered still reads its first view, and gives up without one.
    for (const each of nodes) await expect.poll(() => each.stderr + each.stdout, patience).toContain('"ready"');
    lines[0]!.cut();
    nodes[0]!.child.kill('SIGKILL');
    await expect.poll(() => isLeading(1), patience).toBe(true);
    await expect.poll(states, patience).toEqual(['storage-a silent', 'storage-b active', 'storage-c active']);
    expect(
      watcher
        .current()
        .view.slots.every(([, , [primary]]) => watcher.current().view.nodes[primary!]!.id !== 'storage-a'),
    ).toBe(true);
    expect(await isLeading(0)).toBe(false);
  });
});
