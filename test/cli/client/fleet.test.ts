import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { failure } from '../../../src/cli/cli-error.ts';
import type { FleetAnswer, FleetNodeAnswer } from '../../../src/cli/client/fleet-answers.ts';
import * as change from '../../../src/cli/client/fleet-change.ts';
import * as show from '../../../src/cli/client/fleet-show.ts';
import * as wait from '../../../src/cli/client/fleet-wait.ts';
import type { CommandName } from '../../../src/cli/commands.ts';
import { cliLimits } from '../../../src/cli/limits.ts';
import { parseCommand } from '../../../src/cli/parse-options.ts';
import { type ChannelParts, openControlChannel } from '../../../src/cli/supervisor/control-channel.ts';
import type { Timers } from '../../../src/cli/timers.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { ManualTimers } from '../supervisor/manual-timers.ts';

/** A gateway that knows a fleet: its status answers come from `fleets`, the last of which stays. */
let server: Server;
let directory: string;
let url: string;
const asked: string[] = [];
const fleets: FleetAnswer[] = [];
const refusals: { status: number; body: object }[] = [];
let other: unknown = {};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'godwit-fleet-'));
  writeFileSync(join(directory, 'admin.key'), 'the-admin-key\n');
  writeFileSync(join(directory, 'fleet.secret'), `${'s'.repeat(32)}\n`);
  server = createServer((request, response) => {
    const isStatus = request.url === '/fleet';
    if (!isStatus) asked.push(`${request.method} ${request.url}`);
    const refusal = refusals.shift();
    if (refusal) return void response.writeHead(refusal.status).end(JSON.stringify(refusal.body));
    const body = isStatus ? (fleets.length > 1 ? fleets.shift() : fleets[0]) : other;
    if (request.method === 'GET') response.writeHead(200).end(JSON.stringify(body));
    else response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  asked.length = 0;
  fleets.length = 0;
  refusals.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Time that passes at once. */
const timers: Timers = {
  after: (_, fire) => {
    setImmediate(fire);
    return () => {};
  },
};

/** Timers of a clock that goes on as soon as somebody waits for it. */
function passing(time: ManualTimers): Timers {
  return {
    after: (delayMs, fire) => {
      const cancel = time.after(delayMs, fire);
      setImmediate(() => void time.advance(delayMs));
      return cancel;
    },
  };
}

function output() {
  const printed = { stdout: '', stderr: '' };
  return {
    printed,
    stdout: (data: string | Uint8Array) => {
      printed.stdout += String(data);
    },
    stderr: (text: string) => {
      printed.stderr += text;
    },
  };
}

function parsed<C extends CommandName>(command: C, ...argv: string[]) {
  const server = command === 'fleet upgrade' ? [] : [`--url=${url}`];
  return parseCommand(command, [...server, `--data-dir=${directory}`, ...argv], {});
}

function node(id: string, more: Partial<FleetNodeAnswer> = {}): FleetNodeAnswer {
  return {
    ...{
      id,
      incarnation: 'life',
      zone: id[0]!,
      url: `http://${id}`,
      weight: 1,
      state: 'active' as const,
      spare: false,
      drained: false,
    },
    ...{ primaries: 1_365, copies: 1_366, learners: 0 },
    ...{ memory_bytes: 2 ** 30, memory_bytes_used: 2 ** 29, operations_per_second: 12.3, heartbeat_age_ms: 140 },
    ...{ not_serving: 0, ...more },
  };
}

const empty = { primaries: 0, copies: 0, learners: 0 };

function fleet(nodes: FleetNodeAnswer[], slots: Partial<FleetAnswer['slots']> = {}, resets = 0): FleetAnswer {
  const calm = { total: 4_096, under_replicated: 0, unserved: 0, moving: 0 };
  return { view: 17, replication_factor: 2, nodes, slots: { ...calm, ...slots }, resets_total: resets };
}

/** A supervisor behind its door; notes what it is told to do. */
async function supervisor(more: Partial<ChannelParts['supervisor']> = {}, secret = 's'.repeat(32)) {
  const told: string[] = [];
  const close = await openControlChannel({
    dataDir: directory,
    fleetSecret: secret,
    log: silentLog,
    supervisor: {
      status: () => ({
        children: ['a-1', 'a-2'].map((id) => ({ id, role: 'storage', url: undefined, incarnation: 'life' })),
        work: undefined,
      }),
      upgrade: async (report) => {
        report('a-1: hands its slots over');
        report('gateway-1: replaced');
      },
      addNode: async (zone) => {
        told.push(`add ${zone}`);
        return `${zone}-2`;
      },
      stopNode: async (id, { force } = {}) => {
        told.push(`stop ${id}${force ? ' by force' : ''}`);
        return { returns: id === 'a-1' };
      },
      ...more,
    },
  });
  return { told, close };
}

describe('status', () => {
  test('a row for each node, and whether all is well', async () => {
    fleets.push(
      fleet([node('a-1'), node('b-1', { memory_bytes: null, operations_per_second: null, heartbeat_age_ms: null })]),
    );
    const out = output();
    await show.fleetStatus(parsed('fleet status').options, out);
    expect(out.printed.stdout).toBe(
      [
        'NODE  ZONE  STATE   PRIMARY  COPY  LEARNER  MEMORY            OPERATIONS/S  HEARD',
        'a-1   a     active  1365     1366  0        512 MiB of 1 GiB  12            0.1 s ago',
        'b-1   b     active  1365     1366  0        -                 -             -',
        '',
        'view 17: 4096 slots of 2 copies: all served, with all their copies, at rest',
        '',
      ].join('\n'),
    );
  });

  test('what is wanting, and data that was lost, is said', async () => {
    const spare = node('b-2', { state: 'spare', spare: true, ...empty });
    const drained = node('b-1', { state: 'draining', ...empty });
    const wanting = { under_replicated: 40, unserved: 3, moving: 7 };
    fleets.push(fleet([node('a-10'), spare, drained, node('a-9', { not_serving: 3 })], wanting, 5));
    const out = output();
    await show.fleetStatus(parsed('fleet status').options, out);
    expect(out.printed.stdout).toContain('1365 (3 not yet serving)');
    expect(out.printed.stdout).toMatch(/^b-2 +b +spare +0 +0 +0 /m);
    expect(out.printed.stdout).toContain(
      'view 17: 4096 slots of 2 copies: 3 not known to be served, 40 with too few copies (2 copies need as many zones, and only a has a node in use), 7 moving; 5 lost their items since the fleet began (godwit fleet events)\n',
    );
    expect(out.printed.stdout).toMatch(/^b-1 +b +drained +0 /m);
    expect([...out.printed.stdout.matchAll(/^[ab]-\d+/gm)].map(String)).toEqual(['a-9', 'a-10', 'b-1', 'b-2']);
  });

  test('--json gives the answer as it is', async () => {
    fleets.push(fleet([node('a-1')]));
    const out = output();
    await show.fleetStatus(parsed('fleet status', '--json').options, out);
    expect(JSON.parse(out.printed.stdout)).toEqual(fleets[0]);
  });
});

describe('plan and events', () => {
  test('steps with their reasons, and how many there are', async () => {
    const step = { kind: 'add_learner', slot: 17, from: 'a-1', to: 'b-1', reason: 'repair: slot 17 has 1 of 2 copies' };
    other = { steps_total: 3, counts: { add_learner: 2, drop_copy: 1 }, steps: [step] };
    const out = output();
    await show.fleetPlan(parsed('fleet plan').options, out);
    expect(out.printed.stdout).toContain('add_learner  17    a-1   b-1  repair: slot 17 has 1 of 2 copies\n');
    expect(out.printed.stdout).toContain('3 steps: 2 add_learner, 1 drop_copy; the first 1 are shown\n');
    other = { steps_total: 0, counts: {}, steps: [] };
    fleets.push(fleet([node('a-1'), node('b-1')]));
    const calm = output();
    await show.fleetPlan(parsed('fleet plan').options, calm);
    expect(calm.printed.stdout).toBe('nothing to do: every slot is where it belongs\n');
  });

  test('nothing to do while slots have too few copies: that is said, and why', async () => {
    other = { steps_total: 0, counts: {}, steps: [] };
    fleets.push(fleet([node('a-1'), node('b-1', { state: 'draining', drained: true })], { under_replicated: 40 }));
    const short = output();
    await show.fleetPlan(parsed('fleet plan').options, short);
    expect(short.printed.stdout).toBe(
      'nothing to do now, though 40 slots have too few copies (2 copies need as many zones, and only a has a node in use)\n',
    );
    fleets.splice(0, 1, fleet([node('a-1'), node('b-1')], { under_replicated: 1 }));
    const waiting = output();
    await show.fleetPlan(parsed('fleet plan').options, waiting);
    expect(waiting.printed.stdout).toBe('nothing to do now, though 1 slot has too few copies\n');
  });

  test('the newest events, as many as asked for', async () => {
    const event = { number: 1, at_ms: 0, kind: 'failover', node: 'a-1', slots: 1_365, detail: 'a-1 is silent' };
    other = { events: [event] };
    const out = output();
    await show.fleetEvents(parsed('fleet events', '--last=7').options, out);
    expect(asked).toEqual(['GET /fleet/events?limit=7']);
    expect(out.printed.stdout).toContain('1970-01-01T00:00:00.000Z  failover  a-1   1365   a-1 is silent\n');
  });
});

describe('drain', () => {
  test('waits until the node holds nothing, and says how far it is', async () => {
    const left = [1_365, 1_000, 900, 800, 7, 7, 6, 5, 4, 3];
    const others = [node('b-1'), node('c-1')];
    const leaves = (primaries: number) => fleet([node('a-1', { ...empty, primaries }), ...others]);
    fleets.push(...[2_000, ...left].map(leaves), leaves(0));
    const out = output();
    await change.drainNode(parsed('fleet drain', 'a-1').options, ['a-1'], out, timers);
    expect(asked).toEqual(['PUT /fleet/nodes/a-1/drain']);
    expect(out.printed).toEqual({
      stdout: 'a-1 holds nothing any more\n',
      stderr: 'a-1: 1365 slots left\na-1: 7 slots left\na-1: 4 slots left\n',
    });
  });

  test('--no-wait only asks for it', async () => {
    fleets.push(fleet([node('a-1'), node('b-1'), node('c-1')]));
    const out = output();
    await change.drainNode(parsed('fleet drain', '--no-wait', 'a-1').options, ['a-1'], out, timers);
    expect(out.printed).toEqual({ stdout: 'a-1 is draining\n', stderr: '' });
  });

  test('fewer zones than copies are left: that is said', async () => {
    fleets.push(fleet([node('a-1'), node('b-1'), node('c-1', { state: 'draining' })]));
    const out = output();
    await change.drainNode(parsed('fleet drain', '--no-wait', 'a-1').options, ['a-1'], out, timers);
    expect(out.printed.stderr).toBe(
      'slots will have too few copies: 2 copies need as many zones, and only b has a node in use\n',
    );
  });

  test('a node that is silent is waited for, which is said', async () => {
    const silent = fleet([node('a-1', { ...empty, primaries: 3, state: 'silent' }), node('b-1'), node('c-1')]);
    fleets.push(silent, silent, fleet([node('a-1', empty)]));
    const out = output();
    await change.drainNode(parsed('fleet drain', 'a-1').options, ['a-1'], out, timers);
    expect(out.printed.stderr).toBe('a-1: 3 slots left; it is silent, so that they wait until it is back\n');
  });

  test('a node that was taken back into use is not waited for any more', async () => {
    const others = [node('b-1'), node('c-1')];
    const draining = fleet([node('a-1', { state: 'draining', drained: true }), ...others]);
    const active = fleet([node('a-1'), ...others]);
    const { options } = parsed('fleet drain', 'a-1');
    const told = { message: 'a-1 was taken back into use and is not drained any more', exitCode: 1 };
    // right after it was asked for, the answer may be an old one
    fleets.push(active, active, draining, active);
    await expect(change.drainNode(options, ['a-1'], output(), timers)).rejects.toMatchObject(told);
    expect(fleets).toEqual([active]);
    await expect(change.drainNode(options, ['a-1'], output(), timers)).rejects.toMatchObject(told);
    fleets.splice(0);
    fleets.push(...Array.from({ length: cliLimits.takenBackPolls }, () => active), draining);
    fleets.push(fleet([node('a-1', { ...empty, state: 'draining', drained: true }), ...others]));
    await change.drainNode(options, ['a-1'], output(), timers);
  });

  test('answers that fail for a while are borne, and not for ever', async () => {
    fleets.push(fleet([node('a-1', empty)]));
    const away = { status: 503, body: { title: 'Control Plane Unavailable' } };
    const { options } = parsed('fleet drain', 'a-1');
    const status = () => ({ status: 200, body: fleet([node('a-1', empty)]) });
    refusals.push(status(), { status: 204, body: {} }, away, away);
    const out = output();
    await change.drainNode(options, ['a-1'], out, timers);
    expect(out.printed.stdout).toBe('a-1 holds nothing any more\n');
    refusals.push(
      status(),
      { status: 204, body: {} },
      ...Array.from({ length: cliLimits.fleetPollFailuresMax }, () => away),
    );
    await expect(change.drainNode(options, ['a-1'], output(), timers)).rejects.toThrow('Control Plane Unavailable');
  });

  test('a refusal is one line', async () => {
    const last = fleet([node('a-1')]);
    refusals.push(
      { status: 200, body: last },
      { status: 409, body: { title: 'Node In Use', detail: 'It is the last.' } },
    );
    const drained = change.drainNode(parsed('fleet drain', 'a-1').options, ['a-1'], output(), timers);
    await expect(drained).rejects.toThrow('Node In Use: It is the last.');
  });

  test('a node that there is not: those that there are are named, and nothing is asked for', async () => {
    fleets.push(fleet([node('b-1'), node('a-1')]));
    const told = 'there is no storage node x; the fleet has a-1, b-1';
    const { options } = parsed('fleet drain', 'x');
    await expect(change.drainNode(options, ['x'], output(), timers)).rejects.toThrow(told);
    await expect(change.removeNode(parsed('fleet remove', 'x').options, ['x'], output(), timers)).rejects.toThrow(told);
    await expect(change.addNode(parsed('fleet add', 'x').options, ['x'], output())).rejects.toThrow(told);
    const unnamed = 'there is no storage node ""; the fleet has a-1, b-1';
    await expect(change.drainNode(options, [''], output(), timers)).rejects.toThrow(unnamed);
    expect(asked).toEqual([]);
  });
});

describe('remove', () => {
  test('drains, stops the process where its supervisor runs, and forgets the node', async () => {
    const { told, close } = await supervisor();
    fleets.push(fleet([node('a-1'), node('b-1')]), fleet([node('a-1', empty)]));
    const out = output();
    await change.removeNode(parsed('fleet remove', 'a-1').options, ['a-1'], out, timers);
    close();
    expect(out.printed.stderr).toBe(
      'slots will have too few copies: 2 copies need as many zones, and only b has a node in use\na-1: stops\n',
    );
    expect(told).toEqual(['stop a-1']);
    expect(asked).toEqual(['PUT /fleet/nodes/a-1/drain', 'DELETE /fleet/nodes/a-1']);
    expect(out.printed.stdout).toBe(
      'a-1 is removed until the next start, whose --zones and --nodes-per-zone ask for it\n',
    );
  });

  test('a spare that the next start has again: the option that asks for it is named', async () => {
    const { close } = await supervisor();
    fleets.push(fleet([node('a-1', { ...empty, state: 'spare', spare: true })]), fleet([]));
    const out = output();
    await change.removeNode(parsed('fleet remove', 'a-1').options, ['a-1'], out, timers);
    close();
    expect(out.printed.stdout).toBe(
      'a-1 is removed until the next start, whose --zones and --spares-per-zone ask for it\n',
    );
  });

  test('one that still runs is dismissed by force, which is said', async () => {
    fleets.push(fleet([node('a-1'), node('b-1')]));
    const out = output();
    await change.removeNode(parsed('fleet remove', '--force', 'a-1').options, ['a-1'], out, timers);
    expect(asked).toEqual(['DELETE /fleet/nodes/a-1?force=true']);
    expect(out.printed).toEqual({
      stderr: 'a-1: still runs and is dismissed all the same, which gives up what it holds\n',
      stdout: 'a-1 is removed\n',
    });
  });

  test('a silent one that holds nothing is cut off, since it would not hear that it shall stop', async () => {
    const { told, close } = await supervisor();
    fleets.push(fleet([node('a-2', { ...empty, state: 'silent' })]), fleet([]));
    await change.removeNode(parsed('fleet remove', 'a-2').options, ['a-2'], output(), timers);
    close();
    expect(told).toEqual(['stop a-2 by force']);
  });

  test('one that was added is removed for good; --force does not wait for its process', async () => {
    const { told, close } = await supervisor();
    fleets.push(fleet([node('a-2')]), fleet([]));
    const out = output();
    await change.removeNode(parsed('fleet remove', '--force', 'a-2').options, ['a-2'], out, timers);
    close();
    expect(told).toEqual(['stop a-2 by force']);
    expect(out.printed.stdout).toBe('a-2 is removed\n');
  });

  test('a node that left when it stopped needs no forgetting', async () => {
    fleets.push(fleet([node('a-1', empty)]), fleet([]));
    const out = output();
    await change.removeNode(parsed('fleet remove', 'a-1').options, ['a-1'], out, timers);
    expect(asked).toEqual([]);
    expect(out.printed.stdout).toBe('a-1 is removed\n');
  });

  test('a dead node that holds something is given up only with --force', async () => {
    fleets.push(fleet([node('a-1', { state: 'silent' })]));
    const { options } = parsed('fleet remove', 'a-1');
    await expect(change.removeNode(options, ['a-1'], output(), timers)).rejects.toThrow(
      'a-1 is silent and cannot hand over what it holds; --force gives it up',
    );
    expect(asked).toEqual([]);
    await change.removeNode(parsed('fleet remove', '--force', 'a-1').options, ['a-1'], output(), timers);
    expect(asked).toEqual(['DELETE /fleet/nodes/a-1?force=true']);
  });

  test('one that still runs where no supervisor of this machine has it has to be stopped first: it would be back', async () => {
    fleets.push(fleet([node('a-1'), node('b-1')]), fleet([node('a-1', empty), node('b-1')]));
    const { options } = parsed('fleet remove', 'a-1');
    await expect(change.removeNode(options, ['a-1'], output(), timers)).rejects.toThrow(
      'a-1 is empty and still runs, so that it would register again: stop its process, then remove it',
    );
    expect(asked).toEqual(['PUT /fleet/nodes/a-1/drain']);
    fleets.push(fleet([node('a-1', { ...empty, heartbeat_age_ms: 60_000 }), node('b-1')]));
    await change.removeNode(options, ['a-1'], output(), timers);
    expect(asked).toEqual(['PUT /fleet/nodes/a-1/drain', 'DELETE /fleet/nodes/a-1']);
  });

  test('a node of that name here which is not the one of that fleet is left alone, whatever is done to it', async () => {
    // every fleet of npm start has an a-1, and --url may be that of another machine
    for (const incarnation of ['another life', undefined]) {
      const here = { id: 'a-1', role: 'storage' as const, url: undefined, incarnation };
      const { told, close } = await supervisor({ status: () => ({ children: [here], work: 'an upgrade' }) });
      fleets.push(fleet([node('a-1', { ...empty, heartbeat_age_ms: 60_000 })]));
      const out = output();
      await change.removeNode(parsed('fleet remove', 'a-1').options, ['a-1'], out, timers);
      close();
      expect(told).toEqual([]);
      expect(asked.splice(0)).toEqual(['DELETE /fleet/nodes/a-1']);
      expect(out.printed).toEqual({
        stderr: 'a-1: godwit start runs a node of that name here, which is not known to be this one and runs on\n',
        stdout: 'a-1 is removed\n',
      });
    }
  });

  test('nothing begins while the supervisor would not stop the process', async () => {
    const here = { id: 'a-1', role: 'storage' as const, url: undefined, incarnation: 'life' };
    const status = () => ({ children: [here], work: 'an upgrade' });
    const { close } = await supervisor({ status });
    fleets.push(fleet([node('a-1')]));
    const removed = change.removeNode(parsed('fleet remove', 'a-1').options, ['a-1'], output(), timers);
    await expect(removed).rejects.toThrow('not now: an upgrade is under way');
    close();
    expect(asked).toEqual([]);
  });
});

describe('add', () => {
  test.each([
    ['spare', 'b-2 gets its share of the slots\n'],
    ['silent', 'b-2 gets its share of the slots when it is heard again\n'],
    ['active', 'b-2 is in use already\n'],
  ] as const)('a node by name is taken into use: one that is %s', async (state, told) => {
    fleets.push(fleet([node('b-2', { state })]));
    const out = output();
    await change.addNode(parsed('fleet add', 'b-2').options, ['b-2'], out);
    expect(asked).toEqual(['DELETE /fleet/nodes/b-2/drain']);
    expect(out.printed.stdout).toBe(told);
  });

  test('--zone starts a process of the supervisor', async () => {
    const { told, close } = await supervisor();
    const out = output();
    await change.addNode(parsed('fleet add', '--zone=b').options, [], out);
    close();
    expect(told).toEqual(['add b']);
    expect(out.printed.stdout).toBe('b-2 is ready and gets its share of the slots\n');
  });

  test('without a supervisor here it says what to do instead', async () => {
    await expect(change.addNode(parsed('fleet add', '--zone=b').options, [], output())).rejects.toThrow(
      /^no godwit start runs with the data directory .*; on several machines, start godwit storage --zone b with/,
    );
  });

  test.each([[[]], [['b-1', '--zone=b']]])('needs either of both: %j', async (argv) => {
    const { options, words } = parsed('fleet add', ...argv);
    await expect(change.addNode(options, words, output())).rejects.toMatchObject({ exitCode: 2 });
  });
});

describe('wait', () => {
  test('ends when nothing is wanting for a moment, and says what is until then', async () => {
    const moving = fleet([node('a-1')], { moving: 3 });
    const away = fleet([node('a-1', { state: 'silent' })]);
    const calm = fleet([node('a-1')]);
    fleets.push(moving, moving, moving, calm, away, away, calm);
    const time = new ManualTimers();
    const out = output();
    const waited = wait.fleetWait(parsed('fleet wait').options, out, time.clock, passing(time));
    await waited;
    expect(out.printed.stderr).toBe('3 moving\na-1 not there\n');
    expect(out.printed.stdout).toBe('every slot is served and has its copies, and nothing moves\n');
    expect(time.clock.monotonicMs()).toBe(6 * cliLimits.fleetPollMs + cliLimits.calmMs);
  });

  test('a node that left by itself is waited for until it is back, and one that is drained is not', async () => {
    const gone = { ...empty, drained: false };
    fleets.push(fleet([node('a-1', { ...gone, state: 'draining' })]), fleet([node('a-1', { ...gone, state: 'dead' })]));
    fleets.push(fleet([node('a-1'), node('b-1', { ...empty, state: 'draining', drained: true })]));
    const time = new ManualTimers();
    const out = output();
    await wait.fleetWait(parsed('fleet wait').options, out, time.clock, passing(time));
    expect(out.printed.stderr).toBe('a-1 not there\n');
    expect(time.clock.monotonicMs()).toBeGreaterThanOrEqual(2 * cliLimits.fleetPollMs + cliLimits.calmMs);
  });

  test('a server that does not answer is waited for; the end of the time is one line and exit code 1', async () => {
    fleets.push(fleet([node('a-1'), node('b-1')], { unserved: 7 }));
    refusals.push({ status: 503, body: { title: 'Control Plane Unavailable' } });
    const time = new ManualTimers();
    const out = output();
    const { options } = parsed('fleet wait', '--timeout=2s');
    await expect(wait.fleetWait(options, out, time.clock, passing(time))).rejects.toMatchObject({
      message: 'the fleet is not in step: 7 not known to be served',
      exitCode: 1,
    });
    expect(out.printed.stderr).toBe('Control Plane Unavailable\n7 not known to be served\n');
  });
});

describe('rebalance', () => {
  test('asks for it', async () => {
    const out = output();
    await change.rebalance(parsed('fleet rebalance', '--json').options, out);
    expect(asked).toEqual(['POST /fleet/rebalance']);
    expect(JSON.parse(out.printed.stdout)).toEqual({ rebalancing: true });
  });
});

describe('upgrade', () => {
  test('tells each line as it comes, and the end', async () => {
    const { close } = await supervisor();
    const out = output();
    await change.upgrade(parsed('fleet upgrade').options, out);
    close();
    expect(out.printed).toEqual({
      stderr: 'a-1: hands its slots over\ngateway-1: replaced\n',
      stdout: 'every process runs the code that is on the disk now\n',
    });
  });

  test('--force reaches the supervisor, and is off without it', async () => {
    const orders: unknown[] = [];
    const upgrade: ChannelParts['supervisor']['upgrade'] = async (_, order) => void orders.push(order?.force);
    const { close } = await supervisor({ upgrade });
    for (const argv of [[], ['--force']]) {
      await change.upgrade(parsed('fleet upgrade', ...argv).options, output());
    }
    close();
    expect(orders).toEqual([false, true]);
  });

  test('what ended it is the command’s error, whether lines came before or not', async () => {
    for (const lines of [[], ['a-1: hands its slots over']]) {
      const upgrade = async (report: (line: string) => void) => {
        for (const line of lines) report(line);
        throw failure('a-1 cannot start');
      };
      const { close } = await supervisor({ upgrade });
      await expect(change.upgrade(parsed('fleet upgrade').options, output())).rejects.toThrow('a-1 cannot start');
      close();
    }
  });

  test('a supervisor that ends before the upgrade does is told', async () => {
    let close = () => {};
    const upgrade = (report: (line: string) => void) => {
      report('a-1: hands its slots over');
      setImmediate(() => close());
      return new Promise<void>(() => {});
    };
    ({ close } = await supervisor({ upgrade }));
    await expect(change.upgrade(parsed('fleet upgrade').options, output())).rejects.toThrow(
      'the supervisor ended before the upgrade did',
    );
  });

  test('without a supervisor here it says where to read on', async () => {
    await expect(change.upgrade(parsed('fleet upgrade').options, output())).rejects.toThrow(
      /no godwit start runs .* docs\/operations\.md has the commands/,
    );
  });
});
