import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/shared/clock.ts';
import {
  emptyFleetState,
  StateWatcher,
  type StateWatcherOptions,
} from '../../../src/shared/control-link/state-watcher.ts';
import { viewOf } from '../../../src/shared/control-link/view-check.ts';
import { type FleetState, fleetStateSchema } from '../../../src/shared/fleet-state.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { broken, fakeFetch, hang, problem, refused, type SeenCall } from './fake-control.ts';

const registry = (revision: number) => ({ revision, caches: [] });
const waitMs = (call: SeenCall) => Number(call.url.searchParams.get('wait_ms'));

const started: StateWatcher[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((watcher) => watcher.stop()));
});

function watcherOf(handle: (call: SeenCall) => unknown, more: Partial<StateWatcherOptions> = {}) {
  const { fetch, calls } = fakeFetch(handle);
  const pauses: number[] = [];
  const watcher = new StateWatcher({
    urls: ['http://control.test'],
    fleetSecret: 'secret',
    fetch,
    id: 'g-1',
    role: 'gateway',
    clock: new ManualClock(),
    log: silentLog,
    random: () => 1,
    sleep: async (ms) => {
      pauses.push(ms);
    },
    ...more,
  });
  started.push(watcher);
  return { watcher, calls, pauses };
}

/** Answers these in turn, then hangs. */
function script(...answers: (unknown | ((call: SeenCall) => unknown))[]) {
  let next = 0;
  return (call: SeenCall): unknown => {
    const answer = next < answers.length ? answers[next++] : hang;
    return typeof answer === 'function' ? (answer as (call: SeenCall) => unknown)(call) : answer;
  };
}

function changes(watcher: StateWatcher, count: number): Promise<FleetState[]> {
  const seen: FleetState[] = [];
  return new Promise((resolve) => {
    watcher.onChange((state) => {
      seen.push(state);
      if (seen.length === count) resolve(seen);
    });
  });
}

describe('state watcher', () => {
  it('begins with a valid state that serves nothing', () => {
    expect(fleetStateSchema.safeParse(emptyFleetState()).success).toBe(true);
  });

  it('the first poll asks at once, the next ones wait and acknowledge what was applied', async () => {
    const { watcher, calls } = watcherOf(script({ revision: 5, registry: registry(5) }));
    const first = await watcher.start();
    expect(first.registry.revision).toBe(5);
    while (calls.length < 2) await Promise.resolve();
    expect(calls.map(waitMs)).toEqual([0, 20_000]);
    expect(Object.fromEntries(calls[1]!.url.searchParams)).toMatchObject({
      watcher: 'g-1',
      role: 'gateway',
      registry: '5',
      view: '0',
      revision: '5',
    });
  });

  it('an older section or revision than the one held is never applied', async () => {
    const { watcher } = watcherOf(
      script(
        { revision: 9, registry: registry(9) },
        { revision: 4, registry: registry(4) },
        {
          revision: 10,
          registry: registry(10),
        },
      ),
    );
    const seen = changes(watcher, 2);
    await watcher.start();
    expect((await seen).map((state) => [state.revision, state.registry.revision])).toEqual([
      [9, 9],
      [10, 10],
    ]);
  });

  it('tells listeners only of changes, and a listener that throws disturbs nobody', async () => {
    const { watcher, calls } = watcherOf(script({ revision: 1, registry: registry(1) }, { revision: 1 }));
    let told = 0;
    watcher.onChange(() => {
      throw new Error('a bug');
    });
    const stopListening = watcher.onChange(() => {
      told++;
    });
    await watcher.start();
    while (calls.length < 3) await Promise.resolve();
    expect(told).toBe(1);
    stopListening();
  });

  it('keeps its state over failures, backs off, tries the other URLs, and asks at once when one is back', async () => {
    const answer = { revision: 1, registry: registry(1) };
    const { watcher, calls, pauses } = watcherOf(
      script(answer, refused, broken, problem('internal_error', 500), 'nonsense', {
        revision: 2,
        registry: registry(2),
      }),
      { urls: ['http://one.test', 'http://two.test'] },
    );
    const seen = changes(watcher, 2);
    const first = await watcher.start();
    await seen;
    expect(first.registry).toEqual(registry(1));
    // A pause grows with each round: of several control processes only one leads.
    expect(pauses).toEqual([50, 50, 50, 100]);
    expect(calls.slice(0, 6).map(({ url }) => url.hostname)).toEqual([
      'one.test',
      'one.test',
      'two.test',
      'one.test',
      'two.test',
      'one.test',
    ]);
    // Of several, one that was stopped must be noticed soon.
    expect(calls.slice(1, 6).map(waitMs)).toEqual([1_000, 0, 0, 0, 0]);
  });

  it('a poll of the only control plane is held for long', async () => {
    const { watcher, calls } = watcherOf(script({ revision: 1, registry: registry(1) }, { revision: 1 }));
    await watcher.start();
    while (calls.length < 2) await Promise.resolve();
    expect(waitMs(calls[1]!)).toBe(20_000);
  });

  it('pauses never grow past the bound, which lies inside the window to poll again', async () => {
    const failures = Array.from({ length: 12 }, () => refused);
    const { watcher, pauses } = watcherOf(script(...failures, { revision: 1 }));
    await watcher.start();
    expect(Math.max(...pauses)).toBe(1_000);
  });

  it('pauses when polls that should wait are answered at once and without news', async () => {
    const { watcher, pauses } = watcherOf(script({ revision: 1 }, { revision: 1 }, { revision: 1 }));
    await watcher.start();
    while (pauses.length < 2) await Promise.resolve();
    expect(pauses).toEqual([50, 50]);
  });

  it('a broken answer is not applied in part', async () => {
    const view = { ...emptyFleetState().view, number: 3 };
    const badView = { ...view, slots: view.slots.slice(1) };
    const { watcher } = watcherOf(script({ revision: 7, registry: registry(7), view: badView }, { revision: 8, view }));
    const seen = changes(watcher, 1);
    await watcher.start();
    expect((await seen)[0]).toMatchObject({ revision: 8, registry: { revision: 0 }, view: { number: 3 } });
  });

  it('refresh: any number of callers share two calls: one that runs and one that begins after they asked', async () => {
    let revision = 0;
    const { watcher, calls } = watcherOf((call) => {
      if (waitMs(call) > 0) return hang(call);
      revision++;
      return { revision, registry: registry(revision) };
    });
    const before = calls.length;
    const asked = Array.from({ length: 50 }, () => watcher.refresh(1_000));
    const states = await Promise.all(asked);
    expect(calls.length - before).toBe(2);
    expect(states[0]!.revision).toBe(1);
    expect(states.slice(1).every((state) => state.revision === 2)).toBe(true);
    expect((await watcher.refresh(1_000)).revision).toBe(3);
  });

  it('refresh: rejects at its deadline, and when no control process answers', async () => {
    const unavailable = { code: 'control_plane_unavailable' };
    const silent = watcherOf(hang).watcher;
    await expect(silent.refresh(20)).rejects.toMatchObject(unavailable);
    const none = watcherOf(refused, { urls: ['http://one.test', 'http://two.test'] });
    await expect(none.watcher.refresh(1_000)).rejects.toMatchObject(unavailable);
    expect(none.calls.map(({ url }) => url.hostname)).toEqual(['one.test', 'two.test']);
  });

  it('stop: ends the poll under way; a start that never got an answer rejects', async () => {
    const { watcher } = watcherOf(hang);
    const start = watcher.start();
    await watcher.stop();
    await expect(start).rejects.toMatchObject({ code: 'control_plane_unavailable' });
  });

  it('lists its process until the fleet shows it', async () => {
    const list = [{ id: 'g-1', role: 'gateway', url: 'http://127.0.0.1:9' }];
    let listed = false;
    const { watcher, calls } = watcherOf(
      (call) => {
        if (call.body !== undefined) {
          listed = true;
          return {};
        }
        if (waitMs(call) > 0) return hang(call);
        return listed ? { revision: 2, processes: { revision: 2, list } } : { revision: 1 };
      },
      { processUrl: 'http://127.0.0.1:9' },
    );
    const seen = changes(watcher, 1);
    await watcher.start();
    expect((await seen)[0]!.processes.list).toEqual(list);
    expect(calls.filter(({ body }) => body !== undefined).map(({ body }) => body)).toEqual(list);
  });
});

describe('changes of the view', () => {
  const viewOfNumber = (number: number) => ({ ...emptyFleetState().view, number });
  const changesOf = (since: number, number: number, slot: number) => ({
    since,
    number,
    slots: [[slot, number, 0, [], []]],
  });

  it('are applied to the view of the same source, and what they leave stays the same object', async () => {
    const { watcher, calls } = watcherOf(
      script(
        { revision: 1, view: viewOfNumber(1), view_source: 'x' },
        { revision: 2, view_changes: changesOf(1, 2, 9), view_source: 'x' },
      ),
    );
    const seen = changes(watcher, 2);
    await watcher.start();
    const [first, second] = await seen;
    expect(calls[0]!.url.searchParams.get('view_source')).toBe('');
    expect(calls[1]!.url.searchParams.get('view_source')).toBe('x');
    expect(second!.view.number).toBe(2);
    expect(second!.view.slots[9]).toEqual([2, 0, [], []]);
    expect(second!.view.slots[8]).toBe(first!.view.slots[8]);
    expect(second!.revision).toBe(2);
  });

  it.each([
    ['of another source', { view_changes: changesOf(1, 2, 9), view_source: 'y' }],
    ['since a later view than the one held', { view_changes: changesOf(2, 3, 9), view_source: 'x' }],
  ])('%s are no news, and nothing of them is acknowledged', async (_name, answer) => {
    const { watcher, calls } = watcherOf(
      script(
        { revision: 1, view: viewOfNumber(1), view_source: 'x' },
        { revision: 5, ...answer },
        { revision: 5, view: viewOfNumber(4), view_source: 'y' },
      ),
    );
    const seen = changes(watcher, 2);
    await watcher.start();
    const [, last] = await seen;
    expect(calls[2]!.url.searchParams.get('view')).toBe('1');
    expect(calls[2]!.url.searchParams.get('revision')).toBe('1');
    expect(last!.view.number).toBe(4);
    expect(last!.revision).toBe(5);
  });
});

describe('view check', () => {
  const good = () => {
    const view = structuredClone(emptyFleetState().view);
    const nodes = ['a', 'b'].map((id) => ({
      id,
      incarnation: 'x',
      zone: id,
      url: 'http://127.0.0.1:1',
      weight: 1,
      state: 'active' as const,
    }));
    return { ...view, nodes };
  };

  it('accepts what the schema accepts', () => {
    const view = good();
    view.slots[0] = [1, 1, [1, 0], []];
    expect(viewOf(view)).toEqual(view);
  });

  it.each([
    ['too few slots', (view: ReturnType<typeof good>) => view.slots.pop()],
    ['a negative epoch', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [-1, 0, [], []])],
    ['a fraction', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [1, 0.5, [], []])],
    ['a node that is not there', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [1, 1, [2], []])],
    ['a learner that is not there', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [1, 1, [], [9]])],
    ['more copies than nodes', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [1, 1, [0, 1, 0], []])],
    ['a short row', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, [1, 1, []] as never)],
    ['text for a number', (view: ReturnType<typeof good>) => view.slots.splice(7, 1, ['1', 1, [], []] as never)],
    ['a node without its zone', (view: ReturnType<typeof good>) => view.nodes.splice(0, 1, { id: 'a' } as never)],
  ])('refuses %s', (_name, damage) => {
    const view = good();
    damage(view);
    expect(() => viewOf(view)).toThrow();
  });
});
