/** What every storage engine must do. `newEngine` makes an empty one of at least the given memory. */
import { describe, expect, it } from 'vitest';
import type { ScannedItem, StorageEngine } from '../../src/storage-node/engine/storage-engine.ts';
import { drive, hourMs, mib, patternBytes } from '../storage-node/engine/driver.ts';

const dayMs = 24 * hourMs;

export function storageEngineConformance(
  name: string,
  newEngine: (options: { memoryBytes: number }) => StorageEngine,
): void {
  const fresh = (memoryBytes = 32 * mib) => drive(newEngine({ memoryBytes }));

  describe(`${name}: values`, () => {
    it('find: a miss in an empty engine', () => {
      expect(fresh().has('nothing')).toBe(false);
    });

    it('put and find: value, flags, sequence and expiry come back', () => {
      const d = fresh();
      const sequence = 2 ** 48 - 3;
      expect(d.put('k', 'value', { flags: 0xfedc, sequence, nowMs: 5, expiresAtMs: 1_005 })).toBe('stored');
      expect(d.get('k', { nowMs: 6 })).toBe('value');
      expect(d.engine.found).toEqual({ valueLength: 5, flags: 0xfedc, sequence, expiresAtMs: 1_005 });
    });

    it('put: "007" stays three bytes', () => {
      const d = fresh();
      d.put('n', '007');
      expect(d.get('n')).toBe('007');
    });

    it('put: an empty value is a value, and an empty key a key', () => {
      const d = fresh();
      d.put('', 'of the empty key');
      d.put('empty', '');
      expect(d.get('')).toBe('of the empty key');
      expect(d.get('empty')).toBe('');
    });

    it('put: keys that differ only in trailing zero bytes or length are different', () => {
      const d = fresh();
      const keys = ['', '\0', '\0\0', '\0\0\0\0', 'a', 'a\0', 'a\0\0\0', 'a\0\0\0\0', 'ab', 'abcd', 'abcde', '\xff'];
      for (const key of keys) d.put(key, `<${key}>`);
      for (const key of keys) expect(d.get(key)).toBe(`<${key}>`);
    });

    it('put: the same key in two namespaces is two items', () => {
      const d = fresh();
      d.put('k', 'one', { namespace: 1 });
      d.put('k', 'two', { namespace: 0xffff_ffff });
      expect(d.get('k', { namespace: 1 })).toBe('one');
      expect(d.get('k', { namespace: 0xffff_ffff })).toBe('two');
      expect(d.has('k', { namespace: 3 })).toBe(false);
    });

    it('put: reads key and value from the middle of larger arrays', () => {
      const { engine } = fresh();
      const bytes = Buffer.from('..key..value..');
      engine.put(1, bytes, 2, 3, bytes, 7, 5, 0, 1, 100, 0);
      const target = new Uint8Array(10).fill(46);
      expect(engine.find(1, bytes, 2, 3, 0, false)).toBe(true);
      engine.copyFound(0, 5, target, 3);
      expect(Buffer.from(target).toString()).toBe('...value..');
    });

    it.each([0, 1, 3, 23, 24, 25, 100, 1_000, 40_000, 70_000, 300_000, 1_000_000, 5_242_880])(
      'put: %i bytes come back byte for byte, replaced by other sizes and by the same',
      (length) => {
        const d = fresh();
        for (const size of [length, length, length + 1, Math.max(0, length - 1), 10, length]) {
          const value = patternBytes(size, size + 7);
          expect(d.put('k', value)).toBe('stored');
          expect(Buffer.compare(d.bytes('k')!, value)).toBe(0);
          d.engine.checkIntegrity();
        }
        expect(d.engine.statistics().items).toBe(1);
      },
    );

    it.each([11, 90_000, 2_000_000])('copyFound: any part of a value of %i bytes', (length) => {
      const d = fresh();
      const value = patternBytes(length, 3);
      d.put('k', value);
      for (const start of [0, 1, length >> 1, length - 1, length]) {
        expect(d.has('k')).toBe(true);
        const part = new Uint8Array(length - start + 2).fill(7);
        d.engine.copyFound(start, length - start, part, 1);
        expect(Buffer.compare(part.subarray(1, -1), value.subarray(start))).toBe(0);
        expect([part[0], part[part.length - 1]]).toEqual([7, 7]);
      }
    });

    it.each([5, 90_000, 2_000_000])('foundEquals: a value of %i bytes, all of it or its end', (length) => {
      const d = fresh();
      const value = patternBytes(length, 9);
      d.put('k', value);
      d.has('k');
      const { engine } = d;
      const shifted = new Uint8Array(length + 1);
      shifted.set(value, 1);
      expect(engine.foundEquals(0, shifted, 1, length)).toBe(true);
      expect(engine.foundEquals(2, value, 2, length - 2)).toBe(true);
      expect(engine.foundEquals(0, value, 0, length - 1)).toBe(false);
      expect(engine.foundEquals(0, shifted, 0, length + 1)).toBe(false);
      const other = value.slice();
      other[length - 1]! ^= 1;
      expect(engine.foundEquals(0, other, 0, length)).toBe(false);
      expect(engine.foundEquals(length, value, 0, 0)).toBe(true);
    });

    it('put: refuses a key or a value above the limit and keeps the older item', () => {
      const d = fresh();
      d.put('k', 'old');
      expect(d.put('k', new Uint8Array(6 * mib))).toBe('too_large');
      expect(d.get('k')).toBe('old');
      expect(d.put('x'.repeat(2_049), 'v')).toBe('too_large');
      expect(d.put('x'.repeat(2_048), 'v')).toBe('stored');
      expect(d.get('x'.repeat(2_048))).toBe('v');
    });

    it('remove: tells whether a live item was there', () => {
      const d = fresh();
      d.put('k', 'v', { expiresAtMs: 10 });
      expect(d.remove('k', { nowMs: 1 })).toBe(true);
      expect(d.remove('k', { nowMs: 1 })).toBe(false);
      d.put('k', 'v', { expiresAtMs: 10 });
      expect(d.remove('k', { nowMs: 10 })).toBe(false);
      expect(d.has('k', { nowMs: 9 })).toBe(false);
    });
  });

  describe(`${name}: expiry`, () => {
    it.each([1, 2, 999, 2_000, 8_000, 60_000, hourMs, dayMs, 30 * dayMs])(
      'find: a TTL of %i ms lasts to its last millisecond and not into the next',
      (ttlMs) => {
        const d = fresh();
        for (const nowMs of [0, 12_345, 400 * dayMs]) {
          d.put('k', 'v', { nowMs, expiresAtMs: nowMs + ttlMs });
          expect(d.get('k', { nowMs })).toBe('v');
          expect(d.get('k', { nowMs: nowMs + ttlMs - 1 })).toBe('v');
          expect(d.engine.found.expiresAtMs).toBe(nowMs + ttlMs);
          d.settle(nowMs + ttlMs - 1);
          expect(d.get('k', { nowMs: nowMs + ttlMs - 0.5 })).toBe('v');
          expect(d.has('k', { nowMs: nowMs + ttlMs })).toBe(false);
        }
        d.engine.checkIntegrity();
      },
    );

    it('find: items of one TTL written at different times expire each at its own', () => {
      const d = fresh();
      for (let i = 0; i < 1_000; i++) d.put(`k${i}`, 'v', { nowMs: i, expiresAtMs: i + 5_000 });
      for (let nowMs = 5_000; nowMs < 6_000; nowMs += 97) {
        for (let i = 0; i < 1_000; i++) expect(d.has(`k${i}`, { nowMs })).toBe(nowMs < i + 5_000);
      }
    });

    it('put: an item that is expired already takes the older one away', () => {
      const d = fresh();
      d.put('k', 'v');
      expect(d.put('k', 'w', { nowMs: 50, expiresAtMs: 50 })).toBe('stored');
      expect(d.has('k', { nowMs: 50 })).toBe(false);
      expect(d.engine.statistics().items).toBe(0);
    });

    it.each([10, 2_000_000])('setExpiry: raises and lowers, keeping value and flags (%i bytes)', (length) => {
      const d = fresh();
      const value = patternBytes(length, 1);
      d.put('k', value, { flags: 9, sequence: 1, expiresAtMs: 1_000 });
      for (const expiresAtMs of [900, 1_100, 60_000, hourMs, 30 * dayMs, 2_000]) {
        expect(d.setExpiry('k', expiresAtMs, { nowMs: 10 })).toBe('stored');
        expect(Buffer.compare(d.bytes('k', { nowMs: 10 })!, value)).toBe(0);
        expect(d.engine.found).toEqual({ valueLength: length, flags: 9, sequence: 2, expiresAtMs });
        d.engine.checkIntegrity();
      }
      expect(d.has('k', { nowMs: 1_999 })).toBe(true);
      expect(d.has('k', { nowMs: 2_000 })).toBe(false);
      expect(d.setExpiry('k', 9_000, { nowMs: 2_000 })).toBe('absent');
    });

    it('setExpiry: a time that has passed removes the item', () => {
      const d = fresh();
      d.put('k', 'v');
      expect(d.setExpiry('k', 5, { nowMs: 5 })).toBe('stored');
      expect(d.has('k', { nowMs: 5 })).toBe(false);
    });

    it('maintain: expired items are counted, and their memory is free again', () => {
      const d = fresh();
      const value = new Uint8Array(1_000);
      for (let i = 0; i < 5_000; i++) d.put(`k${i}`, value, { namespace: 7, expiresAtMs: 3_000 });
      const before = d.engine.statistics();
      expect(before.items).toBe(5_000);
      d.settle(3_000);
      const after = d.engine.statistics();
      expect(after).toMatchObject({ items: 0, liveBytes: 0, deadBytes: 0, expirations: 5_000, evictions: 0 });
      expect(after.freeBytes).toBeGreaterThan(before.freeBytes);
      expect(d.engine.namespaceStatistics(7)).toEqual({
        items: 0,
        bytes: 0,
        evictions: 0,
        expirations: 5_000,
        earlyExpirations: 0,
      });
      d.engine.checkIntegrity();
    });
  });

  describe(`${name}: memory`, () => {
    it('put: evicts older items when memory is full, and counts them', () => {
      const d = fresh(16 * mib);
      const value = new Uint8Array(1_000);
      for (let i = 0; i < 30_000; i++) expect(d.put(`k${i}`, value)).toBe('stored');
      const { items, evictions } = d.engine.statistics();
      expect(items + evictions).toBe(30_000);
      expect(items).toBeGreaterThan(10_000);
      expect(d.has('k29999')).toBe(true);
      expect(d.engine.namespaceStatistics(1).evictions).toBe(evictions);
      d.engine.checkIntegrity();
    });

    it('put: live items of a non-evictable namespace are never dropped; it is refused when full', () => {
      const d = fresh(16 * mib);
      const value = new Uint8Array(1_000);
      d.engine.declareNamespace(2, { evictable: false, share: 0 });
      let stored = 0;
      while (d.put(`k${stored}`, value, { namespace: 2 }) === 'stored') stored++;
      expect(stored).toBeGreaterThan(8_000);
      d.put('k0', 'short', { namespace: 2 });
      expect(d.put('k1', patternBytes(100_000, 1), { namespace: 2 })).toBe('full');
      for (let i = 1; i < stored; i++) expect(d.bytes(`k${i}`, { namespace: 2 })).toEqual(value);
      expect(d.engine.statistics().evictions).toBe(0);
      d.engine.checkIntegrity();
    });

    it('put: a non-evictable namespace has room again after removals, expiry and drops', () => {
      const d = fresh(16 * mib);
      const value = new Uint8Array(1_000);
      const fill = (namespace: number, nowMs: number) => {
        d.engine.declareNamespace(namespace, { evictable: false, share: 0 });
        let stored = 0;
        while (d.put(`k${stored}`, value, { namespace, nowMs, expiresAtMs: nowMs + 5_000 }) === 'stored') stored++;
        return stored;
      };
      const first = fill(2, 0);
      for (let i = 0; i < first; i += 2) d.remove(`k${i}`, { namespace: 2 });
      expect(fill(3, 0)).toBeGreaterThan(first * 0.4);
      expect(fill(4, 5_000)).toBeGreaterThan(first * 0.95);
      d.engine.dropNamespace(4);
      expect(fill(5, 5_000)).toBeGreaterThan(first * 0.95);
      d.engine.checkIntegrity();
    });

    it('dropNamespace: nothing of it is found any more, and a later item of the same namespace is', () => {
      const d = fresh();
      for (let i = 0; i < 1_000; i++) {
        d.put(`k${i}`, 'old', { namespace: 2 });
        d.put(`k${i}`, 'kept', { namespace: 3 });
      }
      d.put('big', new Uint8Array(2_000_000), { namespace: 2 });
      d.engine.dropNamespace(2);
      expect(d.engine.statistics().items).toBe(1_000);
      for (let i = 0; i < 1_000; i++) expect(d.has(`k${i}`, { namespace: 2 })).toBe(false);
      d.put('k5', 'new', { namespace: 2 });
      d.engine.checkIntegrity();
      d.settle(0);
      d.engine.checkIntegrity();
      expect(d.get('k5', { namespace: 2 })).toBe('new');
      expect(d.has('k6', { namespace: 2 })).toBe(false);
      for (let i = 0; i < 1_000; i++) expect(d.get(`k${i}`, { namespace: 3 })).toBe('kept');
      expect(d.engine.namespaceStatistics(2).items).toBe(1);
      expect(d.engine.statistics()).toMatchObject({ items: 1_001, evictions: 0, expirations: 0 });
    });

    it('forEach: visits each live item once, with all of it', () => {
      const d = fresh();
      const expected = new Map<string, unknown>();
      for (let i = 0; i < 500; i++) {
        const value = patternBytes(i === 7 ? 1_500_000 : i * 3, i);
        const expiresAtMs = i % 5 === 0 ? 10 : 20_000 + i;
        d.put(`k${i}`, value, { namespace: 1 + (i % 3), flags: i, sequence: i, expiresAtMs });
        if (i % 5 !== 0) expected.set(`${1 + (i % 3)}:k${i}`, [value.length, i, i, expiresAtMs, Buffer.from(value)]);
      }
      d.remove('k1', { namespace: 2 });
      expected.delete('2:k1');
      d.engine.dropNamespace(3);
      for (const key of expected.keys()) if (key.startsWith('3:')) expected.delete(key);
      const visited = new Map<string, unknown>();
      d.engine.forEach(10, (item) => {
        const id = `${item.namespace}:${Buffer.from(item.key).toString()}`;
        expect(visited.has(id)).toBe(false);
        const { valueLength, flags, sequence, expiresAtMs } = item;
        visited.set(id, [valueLength, flags, sequence, expiresAtMs, Buffer.from(item.value())]);
      });
      expect(visited).toEqual(expected);
    });

    it('scan: visits each live item, with its key and its value', () => {
      const d = fresh();
      const expected = new Map<string, unknown>();
      for (let i = 0; i < 500; i++) {
        const value = patternBytes(i === 7 ? 1_500_000 : i * 3, i);
        d.put(`k${i}`, value, {
          namespace: 1 + (i % 3),
          flags: i,
          sequence: i,
          expiresAtMs: i % 5 === 0 ? 10 : 20_000,
        });
        if (i % 5 !== 0 && i % 3 !== 2) expected.set(`${1 + (i % 3)}:k${i}`, [i, i, Buffer.from(value)]);
      }
      d.engine.dropNamespace(3);
      const visited = new Map<string, unknown>();
      const steps = scanAll(d.engine, 10, (id, { sequence }) => {
        const { valueLength, flags } = d.engine.found;
        const value = Buffer.alloc(valueLength);
        d.engine.copyFound(0, valueLength, value, 0);
        visited.set(id, [sequence, flags, value]);
      });
      expect(visited).toEqual(expected);
      expect(steps).toBeGreaterThan(5);
    });

    it('scan: ends at once in an empty engine', () => {
      expect(scanAll(fresh().engine, 0, () => {}, 1e9)).toBe(1);
    });

    it('sweep: removes what it is told to, and nothing else', () => {
      const d = fresh();
      for (let i = 0; i < 3_000; i++) d.put(`k${i}`, `value of ${i}`, { sequence: i });
      d.put('big', new Uint8Array(2_000_000), { sequence: 3 });
      let cursor = 0;
      do {
        cursor = d.engine.sweep(cursor, 100, 0, ({ sequence }) => sequence % 3 === 0);
        d.engine.checkIntegrity();
      } while (cursor !== 0);
      for (let i = 0; i < 3_000; i++) expect(d.get(`k${i}`)).toBe(i % 3 === 0 ? undefined : `value of ${i}`);
      expect(d.engine.statistics().items).toBe(2_000);
    });

    it.each([1, 2, 3])(
      'scan: meets all that stays, while items come, go, are replaced and give way (seed %i)',
      (seed) => {
        const d = fresh(16 * mib);
        const random = seededRandom(seed);
        const size = () => (random() < 0.002 ? 300_000 : Math.floor(random() * 400));
        // Items that stay are in a namespace that does not evict; replaced ones move to other segments.
        d.engine.declareNamespace(2, { evictable: false, share: 0 });
        const staying = Array.from({ length: 3_000 }, (_, i) => `stay${i}`);
        for (const key of staying) d.put(key, new Uint8Array(100), { namespace: 2 });
        let next = 0;
        let oldest = 0;
        const churn = (growing: boolean): void => {
          for (let i = 0; i < 400; i++) d.put(`come${next++}`, new Uint8Array(size()));
          if (!growing) for (let i = 0; i < 1_200 && oldest < next; i++) d.remove(`come${oldest++}`);
          for (let i = 0; i < 30; i++) {
            const key = staying[Math.floor(random() * staying.length)]!;
            d.put(key, new Uint8Array(100 + Math.floor(random() * 100)), { namespace: 2 });
          }
          d.engine.maintain(0);
        };
        for (let round = 0; round < 6; round++) {
          const start = Math.floor(random() * 2 ** 32);
          const met = new Set<string>();
          let growing = random() < 0.5;
          passFrom(
            d.engine,
            start,
            0,
            (id) => met.add(id),
            () => {
              if (random() < 0.05) growing = !growing;
              churn(growing);
            },
          );
          expect(staying.filter((key) => !met.has(`2:${key}`))).toEqual([]);
        }
        d.engine.checkIntegrity();
      },
      60_000,
    );

    it('namespaceStatistics: zeros for a namespace never seen', () => {
      expect(fresh().engine.namespaceStatistics(99)).toEqual({
        items: 0,
        bytes: 0,
        evictions: 0,
        expirations: 0,
        earlyExpirations: 0,
      });
    });
  });
}

/** One pass from cursor 0; returns its steps. */
function scanAll(
  engine: StorageEngine,
  nowMs: number,
  visit: (id: string, item: ScannedItem) => void,
  units = 50,
): number {
  let steps = 0;
  let cursor = 0;
  do {
    steps++;
    cursor = engine.scan(cursor, units, nowMs, (item) => visit(idOf(item), item));
  } while (cursor !== 0);
  return steps;
}

/** One pass from any cursor round to it, with something between the steps. */
function passFrom(
  engine: StorageEngine,
  start: number,
  nowMs: number,
  visit: (id: string) => void,
  between: () => void,
): void {
  let cursor = start;
  let wrapped = false;
  while (!wrapped || cursor < start) {
    const next = engine.scan(cursor, 100, nowMs, (item) => visit(idOf(item)));
    if (next === 0) wrapped = true;
    else expect(next).toBeGreaterThan(cursor);
    cursor = next;
    between();
  }
}

function idOf({ namespace, keyBytes, keyStart, keyLength }: ScannedItem): string {
  return `${namespace}:${Buffer.from(keyBytes.subarray(keyStart, keyStart + keyLength)).toString('latin1')}`;
}

function seededRandom(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    return (x >>> 0) / 2 ** 32;
  };
}
