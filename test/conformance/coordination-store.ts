/** The cases that every coordination store passes; `open` gives a new empty one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CoordinationStore,
  leaseIdOf,
  type StoreEntry,
  storeLimits,
} from '../../src/control-plane/store/coordination-store.ts';

/** Lets `ms` pass for the subject's leases. */
export type PassTime = (ms: number) => Promise<void>;

export interface StoreSubject {
  readonly store: CoordinationStore;
  readonly passTime: PassTime;
}

export function coordinationStoreConformance(name: string, open: () => Promise<StoreSubject>): void {
  describe(`coordination store: ${name}`, () => {
    let store: CoordinationStore;
    let passTime: PassTime;
    beforeEach(async () => {
      ({ store, passTime } = await open());
    });
    afterEach(() => store.close());
    leaseCases(() => ({ store, passTime }));
    watchCases(() => ({ store, passTime }));

    it('get: an absent key is undefined', async () => {
      expect(await store.get('a')).toBeUndefined();
    });

    it('transact: what was put is read back with the revision of its transaction', async () => {
      const outcome = await store.transact({ puts: [{ key: 'a', value: '{"x":"ä"}' }] });
      expect(outcome.done).toBe(true);
      const entry = await store.get('a');
      expect(entry).toEqual({ key: 'a', value: '{"x":"ä"}', modRevision: outcome.done && outcome.revision });
    });

    it('transact: the mod revision grows with every write of the key and not with writes of others', async () => {
      await store.transact({ puts: [{ key: 'a', value: '1' }] });
      const first = (await store.get('a'))!.modRevision;
      await store.transact({ puts: [{ key: 'b', value: '1' }] });
      expect((await store.get('a'))!.modRevision).toBe(first);
      await store.transact({ puts: [{ key: 'a', value: '1' }] });
      expect((await store.get('a'))!.modRevision).toBeGreaterThan(first);
    });

    it('transact: a compare that fails leaves everything as it was', async () => {
      await store.transact({ puts: [{ key: 'a', value: 'old' }] });
      const { modRevision } = (await store.get('a'))!;
      const outcome = await store.transact({
        compare: [
          { key: 'a', modRevision },
          { key: 'b', modRevision: 7 },
        ],
        puts: [{ key: 'a', value: 'new' }],
        deletes: ['b'],
      });
      expect(outcome).toEqual({ done: false });
      expect(await store.get('a')).toEqual({ key: 'a', value: 'old', modRevision });
    });

    it('transact: mod revision 0 demands that the key is absent', async () => {
      const create = { compare: [{ key: 'a', modRevision: 0 }], puts: [{ key: 'a', value: '1' }] };
      expect((await store.transact(create)).done).toBe(true);
      expect((await store.transact(create)).done).toBe(false);
      await store.transact({ deletes: ['a'] });
      expect((await store.transact(create)).done).toBe(true);
    });

    it('revision: counts the transactions that were done', async () => {
      const first = await store.transact({ puts: [{ key: 'a', value: '1' }] });
      await store.transact({ compare: [{ key: 'a', modRevision: 0 }], puts: [{ key: 'a', value: '2' }] });
      const between = await store.revision();
      const second = await store.transact({ puts: [{ key: 'a', value: '3' }] });
      // Others may use the store at the same time.
      expect(between).toBeGreaterThanOrEqual(first.done ? first.revision : Number.NaN);
      expect(between).toBeLessThan(second.done ? second.revision : Number.NaN);
    });

    it('compact: entries and their mod revisions stay', async () => {
      await store.transact({ puts: [{ key: 'a', value: '1' }] });
      await store.transact({ puts: [{ key: 'a', value: '2' }] });
      const entry = (await store.get('a'))!;
      await store.transact({ puts: [{ key: 'b', value: '1' }], deletes: ['c'] });
      await store.compact(await store.revision());
      expect(await store.get('a')).toEqual(entry);
      expect(await store.list('b')).toMatchObject([{ key: 'b', value: '1' }]);
      const compare = [{ key: 'a', modRevision: entry.modRevision }];
      expect((await store.transact({ compare, puts: [{ key: 'a', value: '3' }] })).done).toBe(true);
    });

    it('transact: of two that compare the same entry one wins', async () => {
      await store.transact({ puts: [{ key: 'a', value: '0' }] });
      const { modRevision } = (await store.get('a'))!;
      const attempts = ['1', '2', '3'].map((value) =>
        store.transact({ compare: [{ key: 'a', modRevision }], puts: [{ key: 'a', value }] }),
      );
      const outcomes = await Promise.all(attempts);
      expect(outcomes.filter((outcome) => outcome.done)).toHaveLength(1);
    });

    it('transact: deleting an absent key is no error', async () => {
      expect((await store.transact({ deletes: ['nothing'] })).done).toBe(true);
    });

    it('transact: refuses a key written twice, too many operations, and a value past the bound', async () => {
      await expect(store.transact({ puts: [{ key: 'a', value: '1' }], deletes: ['a'] })).rejects.toThrow(RangeError);
      const puts = Array.from({ length: storeLimits.operationsPerTransactionMax + 1 }, (_, i) => ({
        key: `k${i}`,
        value: '',
      }));
      await expect(store.transact({ puts })).rejects.toThrow(RangeError);
      const value = 'x'.repeat(storeLimits.valueBytesMax + 1);
      await expect(store.transact({ puts: [{ key: 'a', value }] })).rejects.toThrow(RangeError);
      expect(await store.list('k')).toEqual([]);
    });

    it('transact: takes as many operations and as large a value as the bounds say', async () => {
      const puts = Array.from({ length: storeLimits.operationsPerTransactionMax }, (_, i) => ({
        key: `k${i}`,
        value: i === 0 ? 'x'.repeat(storeLimits.valueBytesMax) : '',
      }));
      expect((await store.transact({ puts })).done).toBe(true);
      expect(await store.list('k')).toHaveLength(puts.length);
    });

    it('list: gives the prefix and nothing beside it, in byte order', async () => {
      const keys = ['a/', 'a/1', 'a/10', 'a/2', 'a/~', 'a0', 'a', 'b/1', 'A/1'];
      await store.transact({ puts: keys.map((key) => ({ key, value: key })) });
      expect((await store.list('a/')).map((entry) => entry.key)).toEqual(['a/', 'a/1', 'a/10', 'a/2', 'a/~']);
    });

    it('list: pages by the last key seen', async () => {
      await store.transact({ puts: [1, 2, 3, 4, 5].map((i) => ({ key: `p/${i}`, value: '' })) });
      const first = await store.list('p/', { limit: 2 });
      expect(first.map((entry) => entry.key)).toEqual(['p/1', 'p/2']);
      const second = await store.list('p/', { after: 'p/2', limit: 2 });
      expect(second.map((entry) => entry.key)).toEqual(['p/3', 'p/4']);
      expect(await store.list('p/', { after: 'p/5' })).toEqual([]);
    });

    it('close: later calls reject', async () => {
      await store.close();
      await expect(store.get('a')).rejects.toMatchObject({ name: 'StoreError', reason: 'closed' });
      await expect(store.grantLease(storeLimits.leaseTtlMsMin)).rejects.toMatchObject({ reason: 'closed' });
      expect(() => store.watch('a', () => {})).toThrow(expect.objectContaining({ reason: 'closed' }));
    });
  });
}

function leaseCases(subject: () => StoreSubject): void {
  const ttlMs = storeLimits.leaseTtlMsMin;

  it('lease: its entries go with it, and no others', async () => {
    const { store } = subject();
    const lease = await store.grantLease(ttlMs);
    const puts = [
      { key: 'held', value: '1', lease: lease.id },
      { key: 'free', value: '1' },
    ];
    await store.transact({ puts });
    expect(await store.list('f')).toHaveLength(1);
    await store.endLease(lease.id);
    expect(await store.get('held')).toBeUndefined();
    expect(await store.get('free')).toBeDefined();
    expect((await store.transact({ compare: [{ key: 'held', modRevision: 0 }] })).done).toBe(true);
  });

  it('lease: lasts while it is renewed, and ends when it is not', async () => {
    const { store, passTime } = subject();
    const lease = await store.grantLease(ttlMs);
    expect(lease.ttlMs).toBeGreaterThanOrEqual(ttlMs);
    await store.transact({ puts: [{ key: 'held', value: '1', lease: lease.id }] });
    for (let renewals = 0; renewals < 3; renewals++) {
      await passTime(lease.ttlMs / 2);
      expect(await store.renewLease(lease.id)).toBe(true);
    }
    expect(await store.get('held')).toBeDefined();
    // Stores look for ended leases now and then.
    await passTime(lease.ttlMs + 1_500);
    expect(await store.get('held')).toBeUndefined();
    expect(await store.renewLease(lease.id)).toBe(false);
  });

  it('lease: an entry that was put again without it stays', async () => {
    const { store } = subject();
    const lease = await store.grantLease(ttlMs);
    await store.transact({ puts: [{ key: 'a', value: '1', lease: lease.id }] });
    await store.transact({ puts: [{ key: 'a', value: '2' }] });
    await store.endLease(lease.id);
    expect((await store.get('a'))?.value).toBe('2');
  });

  it('lease: one that is over takes no entries, and the transaction does nothing', async () => {
    const { store } = subject();
    const lease = await store.grantLease(ttlMs);
    await store.endLease(lease.id);
    const puts = [
      { key: 'b', value: '1' },
      { key: 'a', value: '1', lease: lease.id },
    ];
    await expect(store.transact({ puts })).rejects.toMatchObject({
      name: 'StoreError',
      reason: 'lease_ended',
      outcome: 'not_done',
    });
    expect(await store.get('b')).toBeUndefined();
  });

  it('lease: ending one twice, or one that never was, is no error, and renewing it says so', async () => {
    const { store } = subject();
    const lease = await store.grantLease(ttlMs);
    await store.endLease(lease.id);
    await store.endLease(lease.id);
    await store.endLease(leaseIdOf('7001'));
    expect(await store.renewLease(leaseIdOf('7001'))).toBe(false);
  });

  it('lease: refuses a time that not every store has', async () => {
    const { store } = subject();
    for (const bad of [0, ttlMs - 1_000, ttlMs + 1, storeLimits.leaseTtlMsMax + 1_000]) {
      await expect(store.grantLease(bad)).rejects.toThrow(RangeError);
    }
  });
}

function watchCases(subject: () => StoreSubject): void {
  /** A watch with what it has shown, newest last. */
  function watched(prefix: string) {
    const showings: (readonly StoreEntry[])[] = [];
    const watch = subject().store.watch(prefix, (entries) => showings.push(entries));
    const last = () => showings.at(-1)?.map(({ key, value }) => `${key}=${value}`);
    return { showings, last, watch };
  }
  const patience = { timeout: 5_000, interval: 10 };

  it('watch: shows what is there, then puts, overwriting and deletion', async () => {
    const { store } = subject();
    await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
    const { last } = watched('w/');
    await expect.poll(last, patience).toEqual(['w/1=a']);
    await store.transact({ puts: [{ key: 'w/2', value: 'b' }] });
    await expect.poll(last, patience).toEqual(['w/1=a', 'w/2=b']);
    await store.transact({ puts: [{ key: 'w/1', value: 'c' }], deletes: ['w/2'] });
    await expect.poll(last, patience).toEqual(['w/1=c']);
    await store.transact({ deletes: ['w/1'] });
    await expect.poll(last, patience).toEqual([]);
  });

  it('watch: an empty prefix is shown as empty, and other prefixes show nothing', async () => {
    const { store } = subject();
    const { showings } = watched('w/');
    await expect.poll(() => showings.length, patience).toBe(1);
    expect(showings[0]).toEqual([]);
    await store.transact({ puts: [{ key: 'v/1', value: 'a' }] });
    await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
    await expect.poll(() => showings.length, patience).toBe(2);
    expect(showings[1]).toMatchObject([{ key: 'w/1' }]);
  });

  it('watch: of many changes the last is shown, and none before an earlier one', async () => {
    const { store } = subject();
    const { showings, last } = watched('w/');
    for (let i = 1; i <= 50; i++) await store.transact({ puts: [{ key: 'w/n', value: String(i) }] });
    await expect.poll(last, patience).toEqual(['w/n=50']);
    const shown = showings.flatMap((entries) => entries.map(({ modRevision }) => modRevision));
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
  });

  it('watch: shows that a lease has ended', async () => {
    const { store, passTime } = subject();
    const lease = await store.grantLease(storeLimits.leaseTtlMsMin);
    await store.transact({ puts: [{ key: 'w/held', value: '1', lease: lease.id }] });
    const { last } = watched('w/');
    await expect.poll(last, patience).toEqual(['w/held=1']);
    await passTime(lease.ttlMs);
    await expect.poll(last, patience).toEqual([]);
  });

  it('watch: a closed one shows nothing more', async () => {
    const { store } = subject();
    const closed = watched('w/');
    await expect.poll(() => closed.showings.length, patience).toBe(1);
    closed.watch.close();
    const other = watched('w/');
    await store.transact({ puts: [{ key: 'w/1', value: 'a' }] });
    await expect.poll(other.last, patience).toEqual(['w/1=a']);
    expect(closed.showings).toHaveLength(1);
  });
}
