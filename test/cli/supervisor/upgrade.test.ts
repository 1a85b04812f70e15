import { describe, expect, test } from 'vitest';
import { cliLimits } from '../../../src/cli/limits.ts';
import { Supervisor } from '../../../src/cli/supervisor/supervisor.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { FakeAddedNodes } from './fake-added-nodes.ts';
import { type FakeChild, FakeLauncher } from './fake-children.ts';
import { FakeControl } from './fake-control.ts';
import { ManualTimers, settled } from './manual-timers.ts';

/** A ready fleet of pretended processes, whose children do what a drain asks and become ready by themselves. */
async function fleet(options: { sharesPorts?: boolean; nodes?: string[]; gateways?: string[] } = {}) {
  const { sharesPorts = true, nodes = ['a-1', 'b-1'], gateways = ['gateway-1'] } = options;
  const timers = new ManualTimers();
  const launcher = new FakeLauncher();
  const addedNodes = new FakeAddedNodes();
  const lines: string[] = [];
  /** What happens to processes, in order: `+id` is ready, `-id` has ended, `leave id` was told to leave. */
  const story: string[] = [];
  let control!: FakeControl;
  /** Children that do not become ready, or do not obey. */
  const broken = new Set<string>();
  const stuck = new Set<string>();
  const supervisor = new Supervisor(
    {
      control: { id: 'control', role: 'control', flags: [] },
      others: () => [
        ...nodes.map((id) => ({ id, role: 'storage' as const, flags: [] })),
        ...gateways.map((id) => ({ id, role: 'gateway' as const, flags: [] })),
      ],
      zones: ['a', 'b', 'c'],
      node: (_, zone, taken) =>
        zone === 'z' ? undefined : { id: `${zone}-${taken.length}`, role: 'storage', flags: [] },
    },
    {
      launch: (plan) => {
        const child = launcher.launch(plan);
        obedient(child);
        return child;
      },
      clock: timers.clock,
      timers,
      random: () => 0.5,
      log: silentLog,
      sharesPorts,
      addedNodes,
      control: (url) => {
        control = new FakeControl(launcher, url);
        return control;
      },
    },
  );
  function obedient(child: FakeChild): void {
    const { id } = child.plan;
    const take = child.send.bind(child);
    child.send = (order, handle) => {
      take(order, handle);
      if (order.type !== 'drain') return;
      if (order.leave) story.push(`leave ${id}`);
      if (stuck.has(id)) return;
      timers.after(10, () => {
        if (!child.running) return;
        story.push(`-${id}`);
        child.exit(0);
      });
    };
    timers.after(10, () => {
      if (broken.has(id)) {
        child.say({ type: 'failed', message: 'the new code is wrong' });
        child.exit(2);
        return;
      }
      if (!child.running) return;
      story.push(`+${id}`);
      child.ready();
    });
  }
  const started = supervisor.start();
  await timers.advance(100);
  expect(await started).toBe('ready');
  story.length = 0;
  /** Runs an upgrade to its end; the error's text when it failed. */
  const upgrade = async (ms = 60_000, order: { force?: boolean; hungUp?: () => boolean } = {}) => {
    const outcome = supervisor
      .upgrade((line) => lines.push(line), order)
      .then(
        () => 'done',
        (error: Error) => error.message,
      );
    await pass(ms);
    return outcome;
  };
  /** In small steps, since what waits for a timer may first have to get to it. */
  async function pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) await timers.advance(Math.min(50, left));
  }
  return { supervisor, launcher, control, addedNodes, lines, story, broken, stuck, upgrade, pass };
}

describe('upgrade', () => {
  test('storage nodes leave and come back one by one, gateways are followed by their successors, control is last', async () => {
    const { upgrade, story, lines } = await fleet({ gateways: ['gateway-1', 'gateway-2'] });
    expect(await upgrade()).toBe('done');
    expect(story).toEqual([
      ...['leave a-1', '-a-1', '+a-1', 'leave b-1', '-b-1', '+b-1'],
      ...['+gateway-1', '-gateway-1', '+gateway-2', '-gateway-2', '-control', '+control'],
    ]);
    expect(lines).toEqual([
      'a-1: hands its slots over',
      'a-1: restarted after 0.0 s, catches up',
      'b-1: hands its slots over',
      'b-1: restarted after 0.0 s, catches up',
      'gateway-1: replaced',
      'gateway-2: replaced',
      'control: restarted',
    ]);
  });

  test('a successor is given the listener of the one before', async () => {
    const { upgrade, launcher } = await fleet();
    expect(await upgrade()).toBe('done');
    const [old, successor] = launcher.lives.filter((life) => life.plan.id === 'gateway-1');
    expect(successor!.plan.isSuccessor).toBe(true);
    expect(successor!.inherited).toBe(`listener of ${old!.incarnation}`);
  });

  test('a gateway ends before its successor begins where they cannot share a port', async () => {
    const { upgrade, story } = await fleet({ sharesPorts: false });
    expect(await upgrade()).toBe('done');
    expect(story.slice(6, 8)).toEqual(['-gateway-1', '+gateway-1']);
  });

  test('nothing begins, and no further node leaves, until the fleet is in step again', async () => {
    const { upgrade, story, control, lines, pass } = await fleet();
    control.slots = { under_replicated: 0, unserved: 0, moving: 3 };
    const done = upgrade(0);
    await pass(10_000);
    expect(story).toEqual([]);
    control.slots = { under_replicated: 0, unserved: 0, moving: 0 };
    await pass(cliLimits.calmMs - cliLimits.fleetPollMs);
    expect(story).toEqual([]);
    await pass(cliLimits.fleetPollMs + 100);
    expect(story).toEqual(['leave a-1', '-a-1', '+a-1']);
    control.slots = { under_replicated: 7, unserved: 0, moving: 0 };
    await pass(60_000);
    expect(story).toHaveLength(3);
    control.slots = { under_replicated: 0, unserved: 0, moving: 0 };
    await pass(60_000);
    expect(await done).toBe('done');
    expect(lines.filter((line) => line.startsWith('waiting'))).toEqual([
      'waiting: slots are moving',
      'waiting: slots have too few copies',
    ]);
  });

  test('a fleet that does not come into step ends it where it is', async () => {
    const { upgrade, control, story } = await fleet();
    control.slots = { under_replicated: 1, unserved: 0, moving: 0 };
    expect(await upgrade(cliLimits.catchUpMs + 1_000)).toBe(
      'the fleet did not come into step: slots have too few copies; the upgrade stopped there',
    );
    expect(story).toEqual([]);
  });

  test('too few zones for the copies, since a node is drained: that is said at once, and nothing begins', async () => {
    const { upgrade, control, story } = await fleet();
    control.slots = { under_replicated: 4_096, unserved: 0, moving: 0 };
    control.nodes.set('b-1', { state: 'draining', drained: true });
    expect(await upgrade(100)).toBe(
      'the fleet cannot come into step: slots have too few copies: 2 copies need as many zones, and only a has a node in use; the upgrade stopped there',
    );
    expect(story).toEqual([]);
  });

  test.each([
    ['is leaving by itself', { state: 'draining', drained: false }],
    ['is of code that does not tell zones', { zone: undefined, state: 'draining', drained: true }],
  ])('too few copies while a node %s are waited for', async (_, node) => {
    const { upgrade, control, lines, pass } = await fleet();
    control.slots = { under_replicated: 7, unserved: 0, moving: 0 };
    control.nodes.set('b-1', node);
    const done = upgrade(0);
    await pass(10_000);
    expect(lines).toEqual(['waiting: slots have too few copies']);
    control.slots = { under_replicated: 0, unserved: 0, moving: 0 };
    control.nodes.clear();
    await pass(60_000);
    expect(await done).toBe('done');
  });

  test('who hangs up before anything was restarted ends it, and afterwards does not', async () => {
    const { upgrade, control, story, pass } = await fleet();
    let isGone = false;
    const hungUp = () => isGone;
    control.slots = { under_replicated: 0, unserved: 0, moving: 3 };
    const abandoned = upgrade(0, { hungUp });
    await pass(1_000);
    isGone = true;
    await pass(cliLimits.fleetPollMs);
    expect(await abandoned).toBe('who asked for the upgrade hung up before it began');
    expect(story).toEqual([]);
    isGone = false;
    control.slots = { under_replicated: 0, unserved: 0, moving: 0 };
    const begun = upgrade(0, { hungUp });
    while (story.length === 0) await pass(50);
    isGone = true;
    await pass(60_000);
    expect(await begun).toBe('done');
  });

  test('a control plane that does not answer is waited for', async () => {
    const { upgrade, control, lines, pass } = await fleet();
    control.reachable = false;
    const done = upgrade(0);
    await pass(5_000);
    expect(lines).toEqual(['waiting: the control plane does not answer']);
    control.reachable = true;
    await pass(60_000);
    expect(await done).toBe('done');
  });

  test('new code that does not start ends it; the other nodes were not touched', async () => {
    const { upgrade, broken, story } = await fleet();
    broken.add('a-1');
    expect(await upgrade()).toBe('a-1 cannot start: the new code is wrong; its log lines say why');
    expect(story).toEqual(['leave a-1', '-a-1']);
  });

  test('a gateway whose successor does not start runs on', async () => {
    const { upgrade, broken, launcher } = await fleet();
    broken.add('gateway-1');
    expect(await upgrade()).toContain('gateway-1 cannot start');
    const [old, successor] = launcher.lives.filter((life) => life.plan.id === 'gateway-1');
    expect(old!.running).toBe(true);
    expect(old!.received).toEqual([]);
    expect(successor!.running).toBe(false);
  });

  test('a node that does not end in its time is cut off, and the upgrade goes on', async () => {
    const { upgrade, stuck, launcher, story } = await fleet();
    stuck.add('a-1');
    const done = upgrade(cliLimits.childLeaveMs + cliLimits.drainGraceMs + 60_000);
    await done;
    const first = launcher.lives.find((life) => life.plan.id === 'a-1')!;
    expect(first.killed).toBe(true);
    expect(story.slice(0, 2)).toEqual(['leave a-1', '+a-1']);
  });

  test('the only storage node would lose every item: nothing begins', async () => {
    const { upgrade, lines, story } = await fleet({ nodes: ['a-1'] });
    expect(await upgrade()).toBe(
      'a-1 is the only storage node, so that an upgrade loses every item; --force does it all the same',
    );
    expect(lines).toEqual([]);
    expect(story).toEqual([]);
  });

  test('with force the only storage node is restarted without handing over, which is said', async () => {
    const { upgrade, lines, story } = await fleet({ nodes: ['a-1'] });
    expect(await upgrade(60_000, { force: true })).toBe('done');
    expect(lines[0]).toBe('a-1: is the only storage node, so its items are lost');
    expect(story.slice(0, 2)).toEqual(['-a-1', '+a-1']);
  });

  test('force changes nothing where there are several', async () => {
    const { upgrade, story } = await fleet();
    expect(await upgrade(60_000, { force: true })).toBe('done');
    expect(story.slice(0, 3)).toEqual(['leave a-1', '-a-1', '+a-1']);
  });

  test('one at a time', async () => {
    const { supervisor, upgrade } = await fleet();
    const first = upgrade();
    await expect(supervisor.upgrade(() => {})).rejects.toThrow('not now: an upgrade is under way');
    await expect(supervisor.addNode('a')).rejects.toThrow('not now: an upgrade is under way');
    expect(await first).toBe('done');
  });

  test('a fleet that is told to stop ends it', async () => {
    const { supervisor, upgrade, pass } = await fleet();
    const ended = upgrade(0);
    const stopped = supervisor.stop(10_000);
    await pass(10_000);
    await stopped;
    expect(await ended).toBe('the fleet stops');
  });
});

describe('nodes that come and go', () => {
  test('a node is added beside the others, and stopped for good after it has left', async () => {
    const { supervisor, story, pass, addedNodes } = await fleet();
    const added = supervisor.addNode('c');
    await pass(100);
    expect(await added).toBe('c-4');
    expect(addedNodes.all).toEqual([{ id: 'c-4', zone: 'c' }]);
    expect(supervisor.status().children.map(({ id }) => id)).toEqual(['control', 'a-1', 'b-1', 'gateway-1', 'c-4']);
    const stopped = supervisor.stopNode('a-1');
    await pass(60_000);
    expect(await stopped).toEqual({ returns: true });
    expect(story).toEqual(['+c-4', 'leave a-1', '-a-1']);
    expect(supervisor.status().children.map(({ id }) => id)).toEqual(['control', 'b-1', 'gateway-1', 'c-4']);
  });

  test('one that was added and is stopped is forgotten', async () => {
    const { supervisor, pass, addedNodes } = await fleet();
    void supervisor.addNode('c');
    await pass(100);
    const stopped = supervisor.stopNode('c-4');
    await pass(100);
    expect(await stopped).toEqual({ returns: false });
    expect(addedNodes.all).toEqual([]);
  });

  test('a drained node that does not end is cut off after the time of any process', async () => {
    const { supervisor, launcher, stuck, pass } = await fleet();
    stuck.add('a-1');
    const stopped = supervisor.stopNode('a-1');
    await expect(supervisor.addNode('a')).rejects.toThrow('not now: the end of a-1 is under way');
    await pass(cliLimits.childDrainMs + cliLimits.drainGraceMs);
    await stopped;
    expect(launcher.latest('a-1').killed).toBe(true);
  });

  test('by force, a node that does not obey is cut off at once', async () => {
    const { supervisor, launcher, stuck, pass } = await fleet();
    stuck.add('a-1');
    const stopped = supervisor.stopNode('a-1', { force: true });
    await pass(cliLimits.drainGraceMs);
    await stopped;
    expect(launcher.latest('a-1')).toMatchObject({ killed: true, received: [{ deadlineMs: 0 }] });
  });

  test('refused: a zone that the fleet does not have, a node that is not here, the last node', async () => {
    const { supervisor } = await fleet({ nodes: ['a-1'] });
    await expect(supervisor.addNode('z')).rejects.toThrow(
      'this fleet has no zone z; --zones of its start names a, b, c',
    );
    await expect(supervisor.stopNode('gateway-1')).rejects.toThrow('there is no storage node gateway-1 here');
    await expect(supervisor.stopNode('a-1')).rejects.toThrow('a-1 is the only storage node');
  });

  test('a node that does not start is not kept', async () => {
    const { supervisor, broken, launcher, pass, addedNodes } = await fleet();
    broken.add('c-4');
    const added = supervisor.addNode('c').catch((error: Error) => error.message);
    await pass(60_000);
    expect(await added).toContain('c-4 cannot start');
    expect(launcher.ids.filter((id) => id === 'c-4')).toHaveLength(1);
    expect(addedNodes.all).toEqual([]);
    expect(supervisor.status()).toMatchObject({ work: undefined, children: { length: 4 } });
  });
});

describe('deaths of storage nodes', () => {
  test('are told to the control plane at once, with the life that ended', async () => {
    const { launcher, control } = await fleet();
    const { incarnation } = launcher.latest('a-1');
    launcher.latest('a-1').exit(null, 'SIGKILL');
    launcher.latest('gateway-1').exit(1);
    await settled();
    expect(control.gones).toEqual([{ id: 'a-1', incarnation }]);
  });

  test('need no telling once a newer life is there', async () => {
    const { launcher, control, pass } = await fleet();
    control.reachable = false;
    launcher.latest('a-1').exit(null, 'SIGKILL');
    await settled();
    expect(control.unheard!.aborted).toBe(false);
    await pass(1_000);
    expect(control.unheard!.aborted).toBe(true);
  });

  test('need no telling when the whole fleet stops', async () => {
    const { launcher, control, pass, supervisor } = await fleet();
    control.reachable = false;
    launcher.latest('a-1').exit(null, 'SIGKILL');
    control.reachable = true;
    void supervisor.stop(10_000);
    expect(control.unheard!.aborted).toBe(true);
    await pass(10_000);
    expect(control.gones).toEqual([]);
  });
});
