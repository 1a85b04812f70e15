import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { CliError } from '../../../src/cli/cli-error.ts';
import { type RoleProcess, runRole } from '../../../src/cli/roles/run-role.ts';
import { ManualClock } from '../../../src/shared/clock.ts';
import { type DrainOptions, type RunningRole, silentLog } from '../../../src/shared/process.ts';
import { settled } from '../supervisor/manual-timers.ts';

/** A pretended process that notes what is said and how it would have exited. */
class FakeProcess extends EventEmitter {
  readonly env: Record<string, string>;
  readonly connected: boolean;
  readonly sent: unknown[] = [];
  readonly exits: number[] = [];

  constructor(supervised: boolean) {
    super();
    this.env = supervised ? { GODWIT_SUPERVISED: '1' } : {};
    this.connected = supervised;
  }

  send(message: unknown): boolean {
    this.sent.push(message);
    return true;
  }

  exit(code: number): void {
    this.exits.push(code);
  }
}

const leaving = { leave: true, cutShort: expect.any(Promise) };

function roleOf(host: FakeProcess, drain: (deadlineMs: number) => Promise<void> = async () => {}) {
  const clock = new ManualClock();
  const drains: number[] = [];
  const options: (DrainOptions | undefined)[] = [];
  const role: RunningRole = {
    url: 'http://public',
    internalUrl: 'http://internal',
    incarnation: 'life-1',
    drain: (deadlineMs, how) => {
      drains.push(deadlineMs);
      options.push(how);
      return drain(deadlineMs);
    },
  };
  const run = (start: () => Promise<RunningRole> = async () => role) =>
    runRole({ log: silentLog, clock, drainTimeoutMs: 5_000, start }, host as unknown as RoleProcess);
  return { run, drains, options, clock };
}

describe('a role by itself', () => {
  test('drains on SIGTERM and on SIGINT, and exits with code 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT']) {
      const host = new FakeProcess(false);
      const { run, drains } = roleOf(host);
      await run();
      host.emit(signal);
      await settled();
      expect(drains).toEqual([5_000]);
      expect(host.exits).toEqual([0]);
      expect(host.sent).toEqual([]);
    }
  });

  test('leaves the fleet on SIGTERM, and only stops on SIGINT', async () => {
    for (const [signal, leave] of [
      ['SIGTERM', true],
      ['SIGINT', false],
    ] as const) {
      const host = new FakeProcess(false);
      const { run, options } = roleOf(host);
      await run();
      host.emit(signal);
      await settled();
      expect(options).toEqual([leave ? leaving : { leave }]);
    }
  });

  test('a second signal exits at once; one right behind the first does not', async () => {
    const host = new FakeProcess(false);
    const { run, clock } = roleOf(host, () => new Promise(() => {}));
    await run();
    host.emit('SIGTERM');
    clock.advance(400);
    host.emit('SIGTERM');
    await settled();
    expect(host.exits).toEqual([]);
    clock.advance(200);
    host.emit('SIGTERM');
    expect(host.exits).toEqual([143]);
  });

  test('a signal while it starts exits with code 0 without a drain', async () => {
    const host = new FakeProcess(false);
    const { run, drains } = roleOf(host);
    void run(() => new Promise(() => {}));
    host.emit('SIGTERM');
    await settled();
    expect(host.exits).toEqual([0]);
    expect(drains).toEqual([]);
  });

  test('a drain that fails is exit code 1', async () => {
    const host = new FakeProcess(false);
    const { run } = roleOf(host, async () => {
      throw new Error('stuck');
    });
    await run();
    host.emit('SIGTERM');
    await settled();
    expect(host.exits).toEqual([1]);
  });

  test('a port in use is a configuration error that names it', async () => {
    const { run } = roleOf(new FakeProcess(false));
    const busy = Object.assign(new Error('listen EADDRINUSE'), {
      code: 'EADDRINUSE',
      address: '127.0.0.1',
      port: 8090,
    });
    const error = await run(() => Promise.reject(busy)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining('port in use: 127.0.0.1:8090') });
  });

  test('a defect while it starts, or later, is logged and exit code 1', async () => {
    const starting = new FakeProcess(false);
    await roleOf(starting).run(() => Promise.reject(new TypeError('broken')));
    expect(starting.exits).toEqual([1]);
    for (const event of ['uncaughtException', 'unhandledRejection']) {
      const host = new FakeProcess(false);
      await roleOf(host).run();
      host.emit(event, new TypeError('broken'));
      expect(host.exits).toEqual([1]);
    }
  });
});

describe('a role under a supervisor', () => {
  test('says where it is once it is ready', async () => {
    const host = new FakeProcess(true);
    await roleOf(host).run();
    expect(host.sent).toEqual([
      { type: 'ready', url: 'http://public', internalUrl: 'http://internal', incarnation: 'life-1' },
    ]);
  });

  test('drains when told, in the time it is given', async () => {
    const host = new FakeProcess(true);
    const { run, drains } = roleOf(host);
    await run();
    host.emit('message', { type: 'drain', deadlineMs: 1_234 });
    host.emit('message', { type: 'drain', deadlineMs: 1 });
    await settled();
    expect(drains).toEqual([1_234]);
    expect(host.exits).toEqual([0]);
  });

  test('leaves the fleet only when told to', async () => {
    for (const leave of [true, undefined]) {
      const host = new FakeProcess(true);
      const { run, options } = roleOf(host);
      await run();
      host.emit('message', { type: 'drain', deadlineMs: 1, ...(leave ? { leave } : {}) });
      await settled();
      expect(options).toEqual([leave ? leaving : { leave: false }]);
    }
  });

  test('leaves, and is then told to stop, or its supervisor is gone: hands nothing more over, in the time of that', async () => {
    for (const [end, ms] of [
      [(host: FakeProcess) => host.emit('message', { type: 'drain', deadlineMs: 70 }), 70],
      [(host: FakeProcess) => host.emit('disconnect'), 5_000],
    ] as const) {
      const host = new FakeProcess(true);
      const { run, options } = roleOf(host, () => new Promise(() => {}));
      await run();
      host.emit('message', { type: 'drain', deadlineMs: 600_000, leave: true });
      host.emit('message', { type: 'drain', deadlineMs: 600_000, leave: true });
      await settled();
      const cut: number[] = [];
      void options[0]!.cutShort!.then((deadlineMs) => cut.push(deadlineMs));
      await settled();
      expect(cut).toEqual([]);
      end(host);
      await settled();
      expect(cut).toEqual([ms]);
      expect(options.length).toBe(1);
    }
  });

  test('leaves signals to the supervisor: a SIGTERM is passed on, a SIGINT is the terminal’s', async () => {
    const host = new FakeProcess(true);
    const { run, drains } = roleOf(host);
    await run();
    host.emit('SIGINT');
    host.emit('SIGTERM');
    await settled();
    expect(host.sent.slice(1)).toEqual([{ type: 'terminated' }]);
    expect(drains).toEqual([]);
    expect(host.exits).toEqual([]);
  });

  test('drains and exits when the supervisor is gone', async () => {
    const host = new FakeProcess(true);
    const { run, drains } = roleOf(host);
    await run();
    host.emit('disconnect');
    await settled();
    expect(drains).toEqual([5_000]);
    expect(host.exits).toEqual([0]);
  });
});
