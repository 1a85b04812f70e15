/** The cases that every coordination store passes; `open` gives a new empty one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinationStore, storeLimits } from '../../src/control-plane/store/coordination-store.ts';

export function coordinationStoreConformance(name: string, open: () => Promise<CoordinationStore>): void {
  describe(`coordination store: ${name}`, () => {
    let store: CoordinationStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

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
    });
  });
}
