import { describe, expect, test } from 'vitest';
import { CliError } from '../../../src/cli/cli-error.ts';
import { cliLimits } from '../../../src/cli/limits.ts';
import { restartDelayMs } from '../../../src/cli/supervisor/back-off.ts';
import { Supervisor, type SupervisorDependencies } from '../../../src/cli/supervisor/supervisor.ts';
import type { Log } from '../../../src/shared/process.ts';
import { FakeAddedNodes } from './fake-added-nodes.ts';
import { FakeLauncher } from './fake-children.ts';
import { FakeControl } from './fake-control.ts';
import { ManualTimers, settled } from './manual-timers.ts';

/** A fleet of pretended processes: control plane, storage nodes a-1 and b-1, one gateway. */
function fleet(more: Partial<SupervisorDependencies> = {}) {
  const timers = new ManualTimers();
  const launcher = new FakeLauncher();
  const warnings: object[] = [];
  const log: Log = { debug() {}, info() {}, warn: (fields) => void warnings.push(fields), error() {} };
  const controlUrls: string[] = [];
  const supervisor = new Supervisor(
    {
      control: { id: 'control', role: 'control', flags: ['--x'], firstFlags: ['--first'] },
      others: (controlUrl) => {
        controlUrls.push(controlUrl);
        return [
          { id: 'a-1', role: 'storage', flags: [] },
          { id: 'b-1', role: 'storage', flags: [] },
          { id: 'gateway-1', role: 'gateway', flags: [] },
        ];
      },
      zones: ['a', 'b'],
      node: (_, zone, taken) => {
        const id = `${zone}-${taken.filter((name) => name.startsWith(zone)).length + 1}`;
        return zone === 'z' ? undefined : { id, role: 'storage', flags: [] };
      },
    },
    {
      launch: launcher.launch,
      clock: timers.clock,
      timers,
      random: () => 0.5,
      log,
      sharesPorts: true,
      addedNodes: new FakeAddedNodes(),
      control: (url) => new FakeControl(launcher, url),
      ...more,
    },
  );
  return { supervisor, launcher, timers, warnings, controlUrls };
}

async function readyFleet(more: Partial<SupervisorDependencies> = {}) {
  const it = fleet(more);
  const started = it.supervisor.start();
  it.launcher.latest('control').ready();
  for (const id of ['a-1', 'b-1', 'gateway-1']) it.launcher.latest(id).ready();
  expect(await started).toBe('ready');
  return it;
}

async function rejection(promise: Promise<unknown>): Promise<CliError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CliError);
  return error as CliError;
}

describe('first start', () => {
  test('starts the control plane alone, then everything else at its URL', async () => {
    const { supervisor, launcher, controlUrls, timers } = fleet();
    const started = supervisor.start();
    expect(launcher.ids).toEqual(['control']);
    launcher.latest('control').ready();
    expect(launcher.ids).toEqual(['control', 'a-1', 'b-1', 'gateway-1']);
    expect(controlUrls).toEqual(['http://internal.control']);
    launcher.latest('gateway-1').ready();
    launcher.latest('b-1').ready();
    let isReady = false;
    void started.then(() => (isReady = true));
    await settled();
    expect(isReady).toBe(false);
    launcher.latest('a-1').ready();
    expect(await started).toBe('ready');
    expect(timers.waiting).toBe(0);
  });

  test('a child that cannot start as configured ends it with that child’s line and code 2', async () => {
    const { supervisor, launcher } = fleet();
    const failed = rejection(supervisor.start());
    launcher.latest('control').ready();
    launcher.latest('gateway-1').say({ type: 'failed', message: 'port 8080 is in use' });
    launcher.latest('gateway-1').exit(2);
    expect(await failed).toMatchObject({ message: 'port 8080 is in use', exitCode: 2 });
    expect(launcher.lives.every((life) => !life.running)).toBe(true);
  });

  test('only the first of several such lines is told', async () => {
    const { supervisor, launcher } = fleet();
    const failed = rejection(supervisor.start());
    launcher.latest('control').ready();
    for (const id of ['a-1', 'b-1']) {
      launcher.latest(id).say({ type: 'failed', message: `${id} is wrong` });
      if (launcher.latest(id).running) launcher.latest(id).exit(2);
    }
    expect((await failed).message).toBe('a-1 is wrong');
  });

  test('a child that keeps dying ends it with code 1, and a death or two does not', async () => {
    const { supervisor, launcher, timers } = fleet();
    const failed = rejection(supervisor.start());
    for (let death = 1; death < cliLimits.startAttemptsMax; death += 1) {
      launcher.latest('control').exit(1);
      await timers.advance(cliLimits.restartDelayMsMax);
    }
    expect(launcher.lives).toHaveLength(cliLimits.startAttemptsMax);
    launcher.latest('control').exit(null, 'SIGSEGV');
    const error = await failed;
    expect(error.exitCode).toBe(1);
    expect(error.message).toBe('control was ended by SIGSEGV 3 times before it was ready; its log lines say why');
    await timers.advance(60_000);
    expect(launcher.lives).toHaveLength(cliLimits.startAttemptsMax);
  });

  test('a child that is not ready in time ends it with its name', async () => {
    const { supervisor, launcher, timers } = fleet();
    const failed = rejection(supervisor.start());
    launcher.latest('control').ready();
    launcher.latest('a-1').ready();
    await timers.advance(cliLimits.startTimeoutMs);
    expect(await failed).toMatchObject({ message: 'not ready within 30 s: b-1, gateway-1', exitCode: 1 });
    expect(launcher.lives.every((life) => life.killed)).toBe(true);
  });

  test('a stop before it is ready is no error', async () => {
    const { supervisor, launcher } = fleet();
    const started = supervisor.start();
    const stopped = supervisor.stop(10_000);
    expect(await started).toBe('stopped');
    await settled();
    expect(launcher.latest('control').received).toMatchObject([{ type: 'drain' }]);
    launcher.latest('control').exit(0);
    await stopped;
    expect(launcher.ids).toEqual(['control']);
  });
});

describe('restart', () => {
  test('a child that died is started again after a wait, and told in the log', async () => {
    const { launcher, timers, warnings } = await readyFleet();
    launcher.latest('a-1').exit(1);
    expect(warnings).toMatchObject([{ child: 'a-1', code: 1, restart_in_ms: 75 }]);
    await timers.advance(74);
    expect(launcher.lives).toHaveLength(4);
    await timers.advance(1);
    expect(launcher.ids.slice(4)).toEqual(['a-1']);
  });

  test('the status tells the incarnation of each node, and that of its last life until the next is ready', async () => {
    const { supervisor, launcher, timers } = await readyFleet();
    const told = (id: string) => supervisor.status().children.find((child) => child.id === id)!;
    const { incarnation } = launcher.latest('a-1');
    expect(told('a-1')).toEqual({ id: 'a-1', role: 'storage', url: 'http://a-1', incarnation });
    expect(told('gateway-1').incarnation).toBeUndefined();
    launcher.latest('a-1').exit(1);
    await timers.advance(cliLimits.restartDelayMsMax);
    expect(told('a-1')).toEqual({ id: 'a-1', role: 'storage', url: undefined, incarnation });
    launcher.latest('a-1').ready();
    expect(told('a-1').incarnation).toBe(launcher.latest('a-1').incarnation);
    expect(told('a-1').incarnation).not.toBe(incarnation);
  });

  test('the wait grows with each death in a row, up to its bound, and begins anew after a long life', async () => {
    const { launcher, timers, warnings } = await readyFleet();
    for (let death = 0; death < 9; death += 1) {
      launcher.latest('a-1').exit(1);
      await timers.advance(cliLimits.restartDelayMsMax);
    }
    await timers.advance(cliLimits.restartResetMs);
    launcher.latest('a-1').exit(1);
    const waits = warnings.map((fields) => (fields as { restart_in_ms: number }).restart_in_ms);
    expect(waits).toEqual([75, 150, 300, 600, 1200, 2400, 3750, 3750, 3750, 75]);
  });

  test('a restarted child that meets a configuration error is tried again: the fleet stays up', async () => {
    const { launcher, timers } = await readyFleet();
    launcher.latest('gateway-1').exit(null, 'SIGKILL');
    await timers.advance(100);
    launcher.latest('gateway-1').say({ type: 'failed', message: 'port in use' });
    launcher.latest('gateway-1').exit(2);
    await timers.advance(200);
    expect(launcher.ids.slice(4)).toEqual(['gateway-1', 'gateway-1']);
    expect(launcher.latest('control').running).toBe(true);
  });

  test('the wait is never under half and never over the whole of its step', () => {
    for (const random of [0, 0.25, 0.999]) {
      for (let deaths = 1; deaths < 60; deaths += 1) {
        const step = Math.min(cliLimits.restartDelayMsMax, cliLimits.restartDelayMsMin * 2 ** (deaths - 1));
        expect(restartDelayMs(deaths, random)).toBeGreaterThanOrEqual(step / 2);
        expect(restartDelayMs(deaths, random)).toBeLessThanOrEqual(step);
      }
    }
  });

  test('flags of the first start are given until the child was ready once', async () => {
    const { supervisor, launcher, timers } = fleet();
    void supervisor.start();
    launcher.latest('control').exit(1);
    await timers.advance(100);
    launcher.latest('control').ready();
    launcher.latest('control').exit(1);
    await timers.advance(200);
    const lives = launcher.lives.filter((life) => life.plan.id === 'control');
    expect(lives.map((life) => life.plan.flags)).toEqual([['--x', '--first'], ['--x', '--first'], ['--x']]);
  });

  test('a SIGTERM for one child drains it and starts it again', async () => {
    const { launcher, timers } = await readyFleet();
    const child = launcher.latest('b-1');
    child.say({ type: 'terminated' });
    child.say({ type: 'terminated' });
    expect(child.received).toEqual([]);
    await timers.advance(cliLimits.childTermDelayMs);
    expect(child.received).toEqual([{ type: 'drain', deadlineMs: cliLimits.childLeaveMs, leave: true }]);
    const gateway = launcher.latest('gateway-1');
    gateway.say({ type: 'terminated' });
    await timers.advance(cliLimits.childTermDelayMs);
    expect(gateway.received).toEqual([{ type: 'drain', deadlineMs: cliLimits.childDrainMs }]);
    child.exit(0);
    await timers.advance(100);
    expect(launcher.ids.slice(4)).toEqual(['b-1']);
  });
});

describe('stop', () => {
  test('drains gateways, then storage, then the control plane', async () => {
    const { supervisor, launcher } = await readyFleet();
    const drained = () => launcher.lives.filter((life) => life.received.length > 0).map((life) => life.plan.id);
    const stopped = supervisor.stop(10_000);
    await settled();
    expect(drained()).toEqual(['gateway-1']);
    launcher.latest('gateway-1').exit(0);
    await settled();
    expect(drained()).toEqual(['a-1', 'b-1', 'gateway-1']);
    launcher.latest('a-1').exit(0);
    await settled();
    expect(launcher.latest('control').received).toEqual([]);
    launcher.latest('b-1').exit(0);
    await settled();
    expect(drained()).toContain('control');
    launcher.latest('control').exit(0);
    await stopped;
    expect(launcher.lives).toHaveLength(4);
    expect(launcher.lives.some((life) => life.killed)).toBe(false);
  });

  test('cuts off children that hang, and is over within its time', async () => {
    const { supervisor, launcher, timers, warnings } = await readyFleet();
    const startedAtMs = timers.clock.monotonicMs();
    let stoppedAtMs = Number.POSITIVE_INFINITY;
    void supervisor.stop(10_000).then(() => (stoppedAtMs = timers.clock.monotonicMs()));
    await timers.advance(20_000);
    expect(stoppedAtMs - startedAtMs).toBeLessThanOrEqual(10_000);
    expect(launcher.lives.every((life) => life.killed)).toBe(true);
    expect(warnings).toHaveLength(4);
  });

  test('a tier that is quick leaves its time to the next', async () => {
    const { supervisor, launcher } = await readyFleet();
    void supervisor.stop(10_000);
    await settled();
    expect(launcher.latest('gateway-1').received).toEqual([{ type: 'drain', deadlineMs: 6_650 }]);
    launcher.latest('gateway-1').exit(0);
    await settled();
    expect(launcher.latest('a-1').received).toEqual([{ type: 'drain', deadlineMs: 8_550 }]);
  });

  test('a child that waits for its restart is not started again', async () => {
    const { supervisor, launcher, timers } = await readyFleet();
    launcher.latest('gateway-1').exit(1);
    const stopped = supervisor.stop(10_000);
    for (const id of ['a-1', 'b-1', 'control']) {
      await settled();
      launcher.latest(id).exit(0);
    }
    await stopped;
    await timers.advance(60_000);
    expect(launcher.lives).toHaveLength(4);
  });

  test('a child that got the signal too is drained in its turn, not before', async () => {
    const { supervisor, launcher, timers } = await readyFleet();
    launcher.latest('a-1').say({ type: 'terminated' });
    void supervisor.stop(10_000);
    launcher.latest('b-1').say({ type: 'terminated' });
    await timers.advance(cliLimits.childTermDelayMs * 2);
    expect(launcher.latest('a-1').received).toEqual([]);
    launcher.latest('gateway-1').exit(0);
    await timers.advance(10);
    expect(launcher.latest('a-1').received).toHaveLength(1);
  });

  test('asked twice, it is the same stop', async () => {
    const { supervisor, launcher } = await readyFleet();
    expect(supervisor.stop(10_000)).toBe(supervisor.stop(1_000));
    await settled();
    expect(launcher.latest('gateway-1').received).toHaveLength(1);
  });
});
