import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Leadership, type Tenure } from '../../src/control-plane/leadership.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { entryKeys } from '../../src/control-plane/records.ts';
import { type CoordinationStore, StoreError } from '../../src/control-plane/store/coordination-store.ts';
import { FencedStore } from '../../src/control-plane/store/fenced-store.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import { type Sleep, sleep } from '../../src/shared/control-link/backoff.ts';
import { silentLog } from '../../src/shared/process.ts';
import { overriding } from './fixtures.ts';

const { leaderLeaseMs, leaderMarginMs, leaderRenewMs, resignedPauseMs } = controlPlaneLimits;

let store: CoordinationStore;
let candidates: Candidate[];
beforeEach(() => {
  // `performance.now` with them: the system's clock is the test's.
  vi.useFakeTimers();
  store = openSqliteStore(':memory:');
  candidates = [];
});
afterEach(async () => {
  const stopped = Promise.all(candidates.map((candidate) => candidate.leadership.stop()));
  await pass(2 * leaderLeaseMs);
  await stopped;
  await store.close();
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A candidate with the tenures it had, newest last, and what it lets others do to its view of the world. */
interface Candidate {
  readonly id: string;
  readonly leadership: Leadership;
  readonly tenures: Tenure[];
  /** While true, its clock stands, its sleeps do not end and it is shown nothing: it was stopped, and does not know. */
  frozen: boolean;
}

function candidate(id: string, more: { store?: CoordinationStore; lead?: (tenure: Tenure) => Promise<void> } = {}) {
  const tenures: Tenure[] = [];
  let standsMs = 0;
  const clock: Clock = {
    monotonicMs: () => {
      if (!made.frozen) standsMs = systemClock.monotonicMs();
      return standsMs;
    },
    wallMs: () => systemClock.wallMs(),
  };
  const patientSleep: Sleep = async (ms, signal) => {
    await sleep(ms, signal);
    while (made.frozen) await sleep(10, new AbortController().signal);
  };
  const inner = more.store ?? store;
  const seeing = overriding(inner, {
    watch: (prefix, listener) => {
      const show = async (entries: Parameters<typeof listener>[0]) => {
        while (made.frozen) await sleep(10, new AbortController().signal);
        listener(entries);
      };
      return inner.watch(prefix, (entries) => void show(entries));
    },
  });
  const leadership = new Leadership({
    store: seeing,
    id,
    clock,
    log: silentLog,
    random: () => 0.5,
    sleep: patientSleep,
    lead: async (tenure) => {
      tenures.push(tenure);
      await more.lead?.(tenure);
      await new Promise((resolve) => {
        if (tenure.over.aborted) resolve(undefined);
        tenure.over.addEventListener('abort', resolve);
      });
    },
  });
  const made: Candidate = { id, leadership, tenures, frozen: false };
  candidates.push(made);
  leadership.start();
  return made;
}

const leads = ({ tenures }: Candidate) => tenures.at(-1)?.isCurrent() === true;
const holder = async () => {
  const entry = await store.get(entryKeys.leader);
  return entry && (JSON.parse(entry.value) as { id: string }).id;
};

describe('leadership: election', () => {
  it('of three candidates one leads, and goes on as long as it renews', async () => {
    const all = ['a', 'b', 'c'].map((id) => candidate(id));
    await pass(1_000);
    expect(all.filter(leads)).toHaveLength(1);
    await pass(10 * leaderLeaseMs);
    expect(all.flatMap(({ tenures }) => tenures)).toHaveLength(1);
    expect(await holder()).toBe(all.find(leads)!.id);
  });

  it('a leader that stops hands over at once, not when its lease ends', async () => {
    const a = candidate('a');
    await pass(100);
    const b = candidate('b');
    await pass(1_000);
    expect([leads(a), leads(b)]).toEqual([true, false]);
    const stopped = a.leadership.stop();
    await pass(leaderRenewMs / 2);
    await stopped;
    expect([leads(a), leads(b)]).toEqual([false, true]);
  });

  it('a leader whose lead ends with an error makes room, and tries again later', async () => {
    let broken = true;
    const a = candidate('a', {
      lead: async () => {
        if (broken) throw new Error('the store holds something else');
      },
    });
    await pass(10_000);
    // The pauses grow: it does not spin.
    expect(a.leadership.tenures).toBeGreaterThan(5);
    expect(a.leadership.tenures).toBeLessThan(25);
    expect(leads(a)).toBe(false);
    broken = false;
    await pass(2 * controlPlaneLimits.candidateBackoffMsMax);
    expect(leads(a)).toBe(true);
  });

  it('a candidate whose election is uncertain ends its lease, and does not lead by accident', async () => {
    let lost = 0;
    const unsure = overriding(store, {
      transact: async (transaction) => {
        const outcome = await store.transact(transaction);
        if (lost++ > 0) return outcome;
        throw new StoreError('unreachable', 'no answer', { outcome: 'unknown' });
      },
    });
    const a = candidate('a', { store: unsure });
    await pass(20);
    expect([a.tenures.length, await holder()]).toEqual([0, undefined]);
    await pass(1_000);
    expect([leads(a), a.tenures.length]).toEqual([true, 1]);
  });
});

describe('leadership: the end of a tenure', () => {
  it('a leader that cannot renew knows it before anybody else is elected', async () => {
    let cut = false;
    const unlessCut = <T>(use: () => Promise<T>): Promise<T> =>
      cut ? Promise.reject(new StoreError('unreachable', 'no answer')) : use();
    const reachable = overriding(store, {
      grantLease: (ttlMs) => unlessCut(() => store.grantLease(ttlMs)),
      renewLease: (id) => unlessCut(() => store.renewLease(id)),
      endLease: (id) => unlessCut(() => store.endLease(id)),
    });
    const a = candidate('a', { store: reachable });
    await pass(100);
    const b = candidate('b');
    await pass(1_000);
    cut = true;
    for (let passedMs = 0; !leads(b) && passedMs < 2 * leaderLeaseMs; passedMs += 10) {
      await pass(10);
      expect(leads(a) && leads(b)).toBe(false);
    }
    expect(leads(b)).toBe(true);
  });

  it('isCurrent: is over a margin before the lease, without waiting for a timer', async () => {
    const a = candidate('a');
    await pass(100);
    const [tenure] = a.tenures as [Tenure];
    vi.setSystemTime(0);
    const startMs = performance.now();
    vi.spyOn(performance, 'now').mockImplementation(() => startMs + leaderLeaseMs - leaderMarginMs);
    expect(tenure.isCurrent()).toBe(false);
    expect(tenure.over.aborted).toBe(false);
    vi.restoreAllMocks();
  });

  it('one that was stopped believes on, changes nothing, and learns it when it wakes', async () => {
    const a = candidate('a');
    await pass(100);
    const b = candidate('b');
    const [former] = a.tenures as [Tenure];
    const formerStore = new FencedStore(store, former);
    expect((await formerStore.transact({ puts: [{ key: 'x', value: 'by a' }] })).done).toBe(true);
    a.frozen = true;
    await pass(leaderLeaseMs + 1_000);
    // Both believe.
    expect([leads(a), leads(b)]).toEqual([true, true]);
    expect(await formerStore.transact({ puts: [{ key: 'x', value: 'by a again' }] })).toEqual({ done: false });
    const current = new FencedStore(store, b.tenures[0]!);
    expect((await store.get('x'))?.value).toBe('by a');
    expect((await current.transact({ puts: [{ key: 'x', value: 'by b' }] })).done).toBe(true);
    expect(former.over.aborted).toBe(true);
    a.frozen = false;
    await pass(leaderLeaseMs);
    expect([leads(a), leads(b), await holder()]).toEqual([false, true, 'b']);
  });

  it('one that is shown another leader’s entry ends, whatever its lease says', async () => {
    const a = candidate('a');
    await pass(100);
    await store.transact({ puts: [{ key: entryKeys.leader, value: '{"id":"other"}' }] });
    await pass(20);
    expect(a.tenures[0]!.over.aborted).toBe(true);
    await pass(1_000);
    expect(leads(a)).toBe(false);
  });
});

describe('leadership: resigning', () => {
  it('one that resigns lets another lead, and follows it', async () => {
    const a = candidate('a');
    await pass(100);
    const b = candidate('b');
    a.tenures[0]!.resign('another may do better');
    await pass(1_000);
    expect([leads(a), leads(b)]).toEqual([false, true]);
    await pass(2 * resignedPauseMs);
    expect([leads(a), leads(b), a.tenures.length]).toEqual([false, true, 1]);
  });

  it('where nobody takes the lead, it leads again after the pause', async () => {
    const a = candidate('a');
    await pass(100);
    a.tenures[0]!.resign('another may do better');
    await pass(resignedPauseMs - 100);
    expect(a.tenures.length).toBe(1);
    await pass(1_000);
    expect([leads(a), a.tenures.length]).toEqual([true, 2]);
  });

  it('one whose renewals are refused does not wait for the end of its lease', async () => {
    const refusing = overriding(store, {
      renewLease: async () => {
        throw new StoreError('refused', 'not let in');
      },
    });
    const a = candidate('a', { store: refusing });
    await pass(100);
    const b = candidate('b');
    await pass(leaderRenewMs + 500);
    expect([leads(a), leads(b)]).toEqual([false, true]);
  });
});

describe('fenced store', () => {
  it.each(['transact', 'get', 'list'] as const)(
    'a refused %s ends the tenure: another candidate may be let in',
    async (name) => {
      let isRefused = false;
      const refusable = <T>(use: () => Promise<T>): Promise<T> =>
        isRefused ? Promise.reject(new StoreError('refused', 'not let in')) : use();
      const refusing = overriding(store, {
        transact: (transaction) => refusable(() => store.transact(transaction)),
        get: (key) => refusable(() => store.get(key)),
        list: (prefix, page) => refusable(() => store.list(prefix, page)),
      });
      const a = candidate('a', { store: refusing });
      await pass(100);
      const b = candidate('b');
      const fenced = new FencedStore(refusing, a.tenures[0]!);
      isRefused = true;
      const calls = {
        transact: () => fenced.transact({ puts: [{ key: 'x', value: '1' }] }),
        get: () => fenced.get('x'),
        list: () => fenced.list('x'),
      };
      await expect(calls[name]()).rejects.toMatchObject({ reason: 'refused' });
      await pass(leaderLeaseMs + 1_000);
      expect([leads(a), leads(b)]).toEqual([false, true]);
    },
  );

  it('a store that is full ends no tenure: nobody else could store anything either', async () => {
    const full = overriding(store, {
      transact: async () => {
        throw new StoreError('failed', 'no space');
      },
    });
    const a = candidate('a');
    await pass(100);
    const fenced = new FencedStore(full, a.tenures[0]!);
    await expect(fenced.transact({ puts: [{ key: 'x', value: '1' }] })).rejects.toMatchObject({ reason: 'failed' });
    await pass(1_000);
    expect([leads(a), a.tenures.length]).toEqual([true, 1]);
  });

  it('a transaction that arrives after its tenure has no effect', async () => {
    let release = () => {};
    const slow = overriding(store, {
      transact: async (transaction) => {
        if (transaction.puts?.[0]?.key !== 'x') return store.transact(transaction);
        await new Promise<void>((resolve) => (release = resolve));
        return store.transact(transaction);
      },
    });
    const a = candidate('a', { store: slow });
    await pass(100);
    const late = new FencedStore(slow, a.tenures[0]!).transact({ puts: [{ key: 'x', value: 'late' }] });
    a.tenures[0]!.end('it is given up');
    await pass(1_000);
    // The same process leads again, under another fence.
    expect([leads(a), a.tenures.length]).toEqual([true, 2]);
    release();
    expect(await late).toEqual({ done: false });
    expect(await store.get('x')).toBeUndefined();
    expect(leads(a)).toBe(true);
  });

  it('an uncertain transaction ends the tenure, and later ones are certainly not done', async () => {
    let fails = false;
    const unsure = overriding(store, {
      transact: async (transaction) => {
        const outcome = await store.transact(transaction);
        if (fails) throw new StoreError('unreachable', 'no answer', { outcome: 'unknown' });
        return outcome;
      },
    });
    const a = candidate('a', { store: unsure });
    await pass(100);
    const [tenure] = a.tenures as [Tenure];
    const fenced = new FencedStore(unsure, tenure);
    fails = true;
    await expect(fenced.transact({ puts: [{ key: 'x', value: '1' }] })).rejects.toMatchObject({ outcome: 'unknown' });
    fails = false;
    expect(tenure.over.aborted).toBe(true);
    await expect(fenced.transact({ puts: [{ key: 'x', value: '2' }] })).rejects.toMatchObject({ outcome: 'not_done' });
    await pass(1_000);
    // The next tenure reads what became of it.
    expect([leads(a), (await store.get('x'))?.value]).toEqual([true, '1']);
  });

  it('compact: a former leader gives up no history', async () => {
    const compacted: number[] = [];
    const counted = overriding(store, { compact: async (revision) => void compacted.push(revision) });
    const a = candidate('a');
    await pass(100);
    const fenced = new FencedStore(counted, a.tenures[0]!);
    await fenced.compact(1);
    a.tenures[0]!.end('it is given up');
    await expect(fenced.compact(2)).rejects.toMatchObject({ reason: 'failed', outcome: 'not_done' });
    expect(compacted).toEqual([1]);
  });

  it('close: ends the leader’s view, and leaves the store to others', async () => {
    const a = candidate('a');
    await pass(100);
    const fenced = new FencedStore(store, a.tenures[0]!);
    await fenced.close();
    await expect(fenced.get('x')).rejects.toMatchObject({ reason: 'closed' });
    expect(await store.get('x')).toBeUndefined();
  });
});
