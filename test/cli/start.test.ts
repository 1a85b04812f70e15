import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SupervisorClient } from '../../src/cli/client/supervisor.ts';
import { commandLine, endRunningProcesses, isAlive, RunningProcess } from './running-process.ts';

const fleetScript = new URL('fixtures/start-fake-fleet.ts', import.meta.url).pathname;
const patience = { timeout: 10_000, interval: 20 };

let directory: string;
let eventsFile: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-start-'));
  eventsFile = join(directory, 'events');
  writeFileSync(eventsFile, '');
});
afterEach(async () => {
  await endRunningProcesses();
  // children of a killed supervisor end by themselves
  await vi.waitFor(() => expect(events().every((event) => !isAlive(event.pid))).toBe(true), patience);
  rmSync(directory, { recursive: true, force: true });
});

interface FakeEvent {
  readonly what: string;
  readonly id: string;
  readonly pid: number;
}

function events(): FakeEvent[] {
  const lines = readFileSync(eventsFile, 'utf8').trim().split('\n');
  return lines.filter(Boolean).map((line) => {
    const [what, id, pid] = line.split(' ');
    return { what: what!, id: id!, pid: Number(pid) };
  });
}

const idsOf = (what: string) =>
  events()
    .filter((event) => event.what === what)
    .map((event) => event.id);

function startFleet(
  flags: string[] = [],
  options: { env?: Record<string, string>; ownGroup?: boolean } = {},
): RunningProcess {
  const args = [fleetScript, '--port=0', '--zones=a,b', '--data-dir=data', ...flags];
  return new RunningProcess(args, { cwd: directory, ...options, env: { FAKE_EVENTS: eventsFile, ...options.env } });
}

async function untilReady(fleet: RunningProcess): Promise<void> {
  await vi.waitFor(() => expect(fleet.stdout).toContain('Ctrl-C'), patience);
}

describe('start', () => {
  test('prints URL, docs, admin key and curl lines, and keeps its secrets to itself', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    const url = /URL +(http:\/\/127\.0\.0\.1:\d+)\n/.exec(fleet.stdout)![1]!;
    expect(fleet.stdout).toContain(`Docs       ${url}/docs\n`);
    expect(fleet.stdout).toContain('Admin key  data/admin.key\n');
    expect(fleet.stdout).toContain(
      `curl -X PUT "${url}/cache/default?key=hello&ttl_seconds=60" -H "Authorization: Bearer $(cat data/admin.key)" -d world\n`,
    );
    expect(fleet.stdout).toContain(
      `curl "${url}/cache/default?key=hello" -H "Authorization: Bearer $(cat data/admin.key)"\n`,
    );
    expect(await (await fetch(url)).text()).toBe('here');
    expect(statSync(join(directory, 'data')).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'data', 'fleet.secret')).mode & 0o777).toBe(0o600);
    const secret = readFileSync(join(directory, 'data', 'fleet.secret'), 'utf8').trim();
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    for (const { pid } of events()) expect(commandLine(pid)).not.toContain(secret);
    expect(fleet.stdout + fleet.stderr).not.toContain(secret);
    fleet.child.kill('SIGTERM');
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    expect(fleet.stderr).toBe('');
  });

  test('several gateways share the port, and a second fleet on it is refused', async () => {
    const fleet = startFleet(['--gateways=2']);
    await untilReady(fleet);
    expect(idsOf('ready').sort()).toEqual(['a-1', 'b-1', 'control', 'gateway-1', 'gateway-2']);
    const port = /127\.0\.0\.1:(\d+)/.exec(fleet.stdout)![1]!;
    const second = new RunningProcess([fleetScript, `--port=${port}`, '--data-dir=other'], { cwd: directory });
    expect(await second.exited).toMatchObject({ code: 2 });
    expect(second.stderr).toBe(`godwit: port ${port} on 127.0.0.1 is in use; choose another with --port\n`);
  });

  test('a port in use by another program is one line and code 2', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    const refused = new RunningProcess([fleetScript, `--port=${port}`, '--data-dir=data'], { cwd: directory });
    expect(await refused.exited).toMatchObject({ code: 2 });
    expect(refused.stderr).toBe(`godwit: port ${port} on 127.0.0.1 is in use; choose another with --port\n`);
    expect(refused.stdout).toBe('');
    other.close();
  });

  test('a role that cannot start as configured is one line and code 2, and nothing stays behind', async () => {
    const fleet = startFleet([], { env: { FAKE_FAIL: 'b-1' } });
    expect(await fleet.exited).toEqual({ code: 2, signal: null });
    expect(fleet.stderr).toBe('godwit: b-1 is set up wrongly\n');
    expect(fleet.stdout).toBe('');
    await vi.waitFor(() => expect(events().some((event) => isAlive(event.pid))).toBe(false), patience);
  });
});

describe('running', () => {
  test('a child that is killed is started again, and the log says so', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    const first = events().find((event) => event.id === 'a-1')!;
    process.kill(first.pid, 'SIGKILL');
    await vi.waitFor(() => expect(idsOf('ready').filter((id) => id === 'a-1')).toHaveLength(2), patience);
    const [line, ...more] = fleet.stderr.trim().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(line!)).toMatchObject({ level: 'warn', role: 'supervisor', child: 'a-1', signal: 'SIGKILL' });
  });

  test('a child that gets a SIGTERM of its own drains, and is started again', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    process.kill(events().find((event) => event.id === 'gateway-1')!.pid, 'SIGTERM');
    await vi.waitFor(() => expect(idsOf('ready').filter((id) => id === 'gateway-1')).toHaveLength(2), patience);
    expect(idsOf('drain')).toEqual(['gateway-1']);
  });

  test('when the supervisor is killed, its children drain and exit', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    const pids = events().map((event) => event.pid);
    fleet.child.kill('SIGKILL');
    await vi.waitFor(() => expect(pids.some(isAlive)).toBe(false), patience);
    expect(idsOf('drain').sort()).toEqual(['a-1', 'b-1', 'control', 'gateway-1']);
  });
});

describe('the door of the supervisor', () => {
  const supervisor = () =>
    SupervisorClient.of({ dataDir: join(directory, 'data'), fleetSecret: undefined, fleetSecretFile: undefined });

  test('upgrade restarts every process in its order, and the port answers all the while', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    const before = events().map(({ pid }) => pid);
    const url = /URL +(http:\/\/127\.0\.0\.1:\d+)\n/.exec(fleet.stdout)![1]!;
    let isOver = false;
    let answered = 0;
    const failures: unknown[] = [];
    const asking = (async () => {
      while (!isOver) {
        try {
          expect(await (await fetch(url, { headers: { connection: 'close' } })).text()).toBe('here');
          answered += 1;
        } catch (error) {
          failures.push(error);
        }
      }
    })();
    const lines: string[] = [];
    await supervisor()!.upgrade((line) => lines.push(line));
    isOver = true;
    await asking;
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(10);
    const story = events().slice(4);
    expect(story.filter(({ what }) => what !== 'exit').map(({ what, id }) => `${what} ${id}`)).toEqual([
      ...['leave a-1', 'ready a-1', 'leave b-1', 'ready b-1'],
      ...['ready gateway-1', 'drain gateway-1', 'drain control', 'ready control'],
    ]);
    expect(before.filter(isAlive)).toEqual([]);
    expect(lines.at(-1)).toBe('control: restarted');
    fleet.child.kill('SIGTERM');
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    expect(supervisor()).toBeUndefined();
    // eight processes start one after another, with four looks of a second at whether the fleet is in step
  }, 90_000);

  test('a node is added, survives like the others, and is stopped for good', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    expect(await supervisor()!.addNode('b')).toBe('b-2');
    process.kill(events().find((event) => event.id === 'b-2')!.pid, 'SIGKILL');
    await vi.waitFor(() => expect(idsOf('ready').filter((id) => id === 'b-2')).toHaveLength(2), patience);
    await expect(supervisor()!.addNode('z')).rejects.toThrow(
      'this fleet has no zone z; --zones of its start names a, b',
    );
    fleet.child.kill('SIGTERM');
    await fleet.exited;

    // the next start has it, until it is stopped by name
    const again = startFleet();
    await untilReady(again);
    expect(again.stdout).toContain('3 storage nodes');
    expect(again.stdout).toContain('(with b-2, once added)');
    expect(idsOf('ready').filter((id) => id === 'b-2')).toHaveLength(3);
    expect(await supervisor()!.stopNode('b-2')).toMatchObject({ returns: false });
    expect(idsOf('leave')).toEqual(['b-2']);
    expect(await supervisor()!.stopNode('a-1')).toMatchObject({ returns: true });
    again.child.kill('SIGTERM');
    await again.exited;
    const last = startFleet();
    await untilReady(last);
    expect(last.stdout).toContain('2 storage nodes');
  });
});

describe('stop', () => {
  test('SIGTERM drains tier by tier and exits with code 0', async () => {
    const fleet = startFleet();
    await untilReady(fleet);
    fleet.child.kill('SIGTERM');
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    const drained = idsOf('drain');
    expect(drained[0]).toBe('gateway-1');
    expect(drained.slice(1, 3).sort()).toEqual(['a-1', 'b-1']);
    expect(drained[3]).toBe('control');
  });

  test('Ctrl-C reaches every process of the group, twice with npm, and still drains in order', async () => {
    const fleet = startFleet([], { ownGroup: true });
    await untilReady(fleet);
    process.kill(-fleet.pid, 'SIGINT');
    fleet.child.kill('SIGINT');
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    expect(idsOf('drain')[0]).toBe('gateway-1');
    expect(idsOf('drain')).toHaveLength(4);
  });

  test('a child that hangs is cut off, and the exit is still in time and with code 0', async () => {
    const fleet = startFleet(['--drain-timeout=1500ms'], { env: { FAKE_HANG: 'a-1' } });
    await untilReady(fleet);
    const startedAtMs = performance.now();
    fleet.child.kill('SIGTERM');
    expect(await fleet.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAtMs).toBeLessThan(2_500);
    expect(idsOf('drain').at(-1)).toBe('control');
    expect(fleet.stderr).toContain('cut off');
  });

  test('a second signal exits at once', async () => {
    const fleet = startFleet(['--drain-timeout=60s'], { env: { FAKE_HANG: 'gateway-1' } });
    await untilReady(fleet);
    fleet.child.kill('SIGTERM');
    await vi.waitFor(() => expect(idsOf('drain')).toEqual(['gateway-1']), patience);
    // a signal right behind the first is the same one, so this one is sent until it counts
    const again = setInterval(() => fleet.child.kill('SIGINT'), 100);
    expect(await fleet.exited).toEqual({ code: 130, signal: null });
    clearInterval(again);
    expect(idsOf('drain')).toEqual(['gateway-1']);
  });
});
