import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Candidate } from '../../src/control-plane/control-process.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { prometheusText } from '../../src/control-plane/metrics.ts';
import { type CoordinationStore, StoreError } from '../../src/control-plane/store/coordination-store.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { silentLog } from '../../src/shared/process.ts';
import { heartbeatOf, node, overriding } from './fixtures.ts';

let shared: CoordinationStore;
let candidates: Candidate[];
beforeEach(() => {
  vi.useFakeTimers();
  shared = openSqliteStore(':memory:');
  candidates = [];
});
afterEach(async () => {
  const closed = Promise.all(candidates.map((candidate) => candidate.close(1_000)));
  await vi.advanceTimersByTimeAsync(10_000);
  await closed;
  vi.useRealTimers();
  await shared.close();
});

/** A candidate on the shared store, which its `close` leaves open. */
async function candidate(id: string, own: Partial<CoordinationStore> = {}): Promise<Candidate> {
  const store = overriding(shared, { close: async () => {}, ...own });
  const prepare = async () => {};
  const made = new Candidate({ store, id, prepare, clock: systemClock, log: silentLog, random: () => 0.5 });
  candidates.push(made);
  await made.start(`http://${id}.test`);
  // The first key of a fleet is made outside of the test's time.
  const isFirst = candidates.length === 1 && own.grantLease === undefined;
  if (isFirst) await vi.waitFor(() => made.current());
  else await pass(1_000);
  return made;
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const notLeading = expect.objectContaining({ code: 'control_plane_unavailable' });

async function createCache(process: Candidate, name: string): Promise<void> {
  const control = process.current();
  const done = control.mutate({ account: 'a' }, (state) => control.registry.create(state, 'a', name, {}));
  await pass(2_000);
  await done;
}
const caches = (process: Candidate) =>
  process
    .current()
    .state.registry.caches.map(({ name }) => name)
    .sort();

describe('control process', () => {
  it('the leader is the control plane and a follower says that it is not', async () => {
    const [leader, follower] = [await candidate('one'), await candidate('two')];
    await createCache(leader, 'mine');
    expect(() => follower.current()).toThrow(notLeading);
    expect(leader.current().state.processes.list).toEqual([{ id: 'control', role: 'control', url: 'http://one.test' }]);
    expect(prometheusText(leader.statistics())).toContain('\ngodwit_control_leading 1\n');
    const text = prometheusText(follower.statistics());
    expect(text).toContain('\ngodwit_control_leading 0\n');
    expect(text).not.toContain('godwit_control_caches');
  });

  it('its successor has everything that was answered', async () => {
    const [leader, follower] = [await candidate('one'), await candidate('two')];
    await createCache(leader, 'mine');
    const closed = leader.close(1_000);
    await pass(1_000);
    await closed;
    expect(caches(follower)).toEqual(['default', 'mine']);
    await createCache(follower, 'another');
    expect(follower.current().state.processes.list).toMatchObject([{ id: 'control', url: 'http://two.test' }]);
  });

  it('the leader keeps the history of the store short, and its successor after it', async () => {
    const compactions: string[] = [];
    const counted = (id: string) => ({ compact: async () => void compactions.push(id) });
    const leader = await candidate('one', counted('one'));
    const follower = await candidate('two', counted('two'));
    await pass(controlPlaneLimits.compactPauseMs);
    expect(compactions).toEqual(['one']);
    const closed = leader.close(1_000);
    await pass(1_000);
    await closed;
    await createCache(follower, 'mine');
    await pass(controlPlaneLimits.compactPauseMs);
    expect(compactions).toEqual(['one', 'two']);
  });

  it('a leader whose lease is over answers nothing, before any timer tells it', async () => {
    const leader = await candidate('one');
    const nowMs = performance.now();
    const now = vi.spyOn(performance, 'now').mockReturnValue(nowMs + controlPlaneLimits.leaderLeaseMs);
    expect(() => leader.current()).toThrow(notLeading);
    expect(leader.statistics().leading).toBe(false);
    now.mockRestore();
    expect(leader.statistics().leading).toBe(true);
  });

  it('a change of uncertain outcome is told so, and the state is then read anew', async () => {
    let lost = false;
    const leader = await candidate('one', {
      transact: async (transaction) => {
        const outcome = await shared.transact(transaction);
        if (!lost) return outcome;
        lost = false;
        throw new StoreError('unreachable', 'no answer', { outcome: 'unknown' });
      },
    });
    const former = leader.current();
    lost = true;
    await expect(
      former.mutate({ account: 'a' }, (state) => former.registry.create(state, 'a', 'mine', {})),
    ).rejects.toMatchObject({ code: 'outcome_unknown' });
    await pass(1_000);
    expect(leader.current()).not.toBe(former);
    expect(leader.statistics().tenures).toBe(2);
    // It had happened.
    expect(caches(leader)).toEqual(['default', 'mine']);
    await createCache(leader, 'another');
  });

  describe('a leader that hears no node', () => {
    const { deafMsMin, deafMsMax, resignedPauseMs } = controlPlaneLimits;
    const leading = () => candidates.findIndex((each) => each.statistics().leading);
    const tenures = () => candidates.reduce((sum, each) => sum + each.statistics().tenures, 0);

    async function register(process: Candidate): Promise<void> {
      const registered = process.current().registerNode(node('a-1'));
      await pass(controlPlaneLimits.firstViewSettleMs + 1_000);
      await registered;
    }
    /** For `ms` the node reaches those that it may, and whoever leads hears it. */
    async function speak(ms: number, reaches: (index: number) => boolean): Promise<void> {
      for (let passedMs = 0; passedMs < ms; passedMs += 100) {
        const index = leading();
        if (index >= 0 && reaches(index)) candidates[index]!.current().steward.heartbeat(heartbeatOf('a-1/a-1-life-1'));
        await pass(100);
      }
    }

    it('resigns, and one that hears it leads from then on', async () => {
      await register(await candidate('one'));
      await candidate('two');
      await speak(10_000, () => true);
      expect([leading(), tenures()]).toEqual([0, 1]);
      await speak(deafMsMin + 2_500, (index) => index === 1);
      expect([leading(), tenures()]).toEqual([1, 2]);
      await speak(60_000, (index) => index === 1);
      expect([leading(), tenures()]).toEqual([1, 2]);
    });

    it('leads again where nobody else does, and resigns later each time: a dead fleet has a leader', async () => {
      const only = await candidate('one');
      await register(only);
      let ledMs = 0;
      const ten = 600_000;
      for (let passedMs = 0; passedMs < ten; passedMs += 100) {
        await pass(100);
        if (only.statistics().leading) ledMs += 100;
      }
      // Turns of 5, 10, 20, 40 and 60 s, with pauses between them.
      expect(tenures()).toBeGreaterThan(10);
      expect(tenures()).toBeLessThan(15);
      expect(ten - ledMs).toBeLessThan(14 * (resignedPauseMs + 1_000));
      while (leading() < 0) await pass(100);
      const again = only.current().registerNode({ ...node('a-1', 'a-1-life-2'), replaces: 'a-1-life-1' });
      await pass(1_000);
      expect((await again).view).toBeGreaterThan(0);
    });

    it('stays, with no node in the view', async () => {
      await candidate('one');
      await candidate('two');
      await pass(2 * deafMsMax);
      expect([leading(), tenures()]).toEqual([0, 1]);
    });

    it('two that both hear nobody take turns that grow', async () => {
      await register(await candidate('one'));
      await candidate('two');
      await pass(2 * (5_000 + 10_000 + 20_000));
      expect(tenures()).toBeGreaterThan(3);
      expect(tenures()).toBeLessThan(8);
    });
  });

  it('a candidate that cannot reach its store closes in time', async () => {
    const unreachable = async () => {
      throw new StoreError('unreachable', 'no answer');
    };
    const lonely = await candidate('one', { grantLease: unreachable });
    expect(() => lonely.current()).toThrow(notLeading);
    const closed = lonely.close(1_000);
    await pass(1_000);
    await closed;
  });
});
