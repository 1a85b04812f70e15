import { describe, expect, it } from 'vitest';
import { bucketBytes, slotsPerBucket } from '../../../src/storage-node/engine/hash-table/hash-table.ts';
import { itemHeaderBytes, itemSizeOf } from '../../../src/storage-node/engine/item/item.ts';
import { engineLimits, geometryOf } from '../../../src/storage-node/engine/options.ts';
import { createSegcache, type SegcacheEngine } from '../../../src/storage-node/engine/segcache.ts';
import { ttlBucketCount } from '../../../src/storage-node/engine/ttl-buckets/ttl-bucket.ts';
import { drive, hourMs, mib, patternBytes } from './driver.ts';

const small = (more: object = {}): SegcacheEngine =>
  createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536, hashSeed: 1, ...more });

/** What a segment's bytes are counted as, whatever has happened. */
function expectConserved(engine: SegcacheEngine): void {
  const s = engine.statistics();
  const segments = geometryOf({ memoryBytes: s.memoryBytes, segmentSizeBytes: 65_536 });
  expect(s.liveBytes + s.deadBytes + s.freeBytes + s.tableBytes).toBe(s.segmentsTotal * segments.segmentSizeBytes);
  expect(s.segmentsTotal * segments.segmentSizeBytes + s.ghostBytes).toBeLessThanOrEqual(s.memoryBytes);
}

describe('sizes', () => {
  it('sizes: records, buckets and the memory they are in', () => {
    expect(itemHeaderBytes).toBe(20);
    expect(itemSizeOf(20, 100)).toBe(140);
    expect(itemSizeOf(1, 0)).toBe(24);
    expect(bucketBytes).toBe(64);
    expect(slotsPerBucket).toBe(8);
    expect(ttlBucketCount).toBe(1_024);
    expect(geometryOf({ memoryBytes: 16 * mib })).toMatchObject({ segmentSizeBytes: 131_072, segmentsTotal: 125 });
    expect(geometryOf({ memoryBytes: 1_024 * mib })).toMatchObject({ segmentSizeBytes: mib, segmentsTotal: 1_007 });
    expect(geometryOf({ memoryBytes: 16 * 1_024 * mib }).segmentsTotal * mib).toBeLessThan(2 ** 34);
  });

  it('sizes: a value of the largest size fits the smallest memory three times', () => {
    const { segmentsTotal, segmentSizeBytes } = geometryOf({ memoryBytes: engineLimits.memoryBytesMin });
    expect(segmentsTotal * segmentSizeBytes).toBeGreaterThan(2.9 * engineLimits.valueSizeBytesMax);
  });

  it('createSegcache: memory or a segment size out of bounds is a RangeError that says so', () => {
    expect(() => createSegcache({ memoryBytes: 1_000 })).toThrow(
      new RangeError('memoryBytes must be 16777216 to 17179869184, is 1000'),
    );
    expect(() => createSegcache({ memoryBytes: Number.NaN })).toThrow(RangeError);
    expect(() => createSegcache({ memoryBytes: 2 ** 40 })).toThrow(RangeError);
    expect(() => createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 100_000 })).toThrow(RangeError);
    expect(() => createSegcache({ memoryBytes: 64 * mib, segmentSizeBytes: 16 * mib })).toThrow(RangeError);
  });
});

describe('memory', () => {
  it('live, dead, free and table bytes add up, through writes, removals, expiry and eviction', () => {
    const d = drive(small());
    const engine = d.engine as SegcacheEngine;
    expectConserved(engine);
    for (let i = 0; i < 60_000; i++) {
      d.put(`k${i % 30_000}`, patternBytes(i % 2_000, i), { nowMs: i, expiresAtMs: i + 1 + (i % 7) * 5_000 });
      if (i % 3 === 0) d.remove(`k${(i * 7) % 30_000}`, { nowMs: i });
      if (i % 9_000 === 0) expectConserved(engine);
    }
    engine.checkIntegrity();
    expect(engine.statistics().evictions).toBeGreaterThan(0);
    d.settle(hourMs);
    expectConserved(engine);
    expect(engine.statistics()).toMatchObject({ items: 0, liveBytes: 0, deadBytes: 0 });
  });

  it('a churned key does not fill the log: neither with one size nor with changing ones', () => {
    for (const sizes of [[100], [100, 900, 5_000, 300]]) {
      const d = drive(small());
      for (let i = 0; i < 2_000; i++) d.put(`other${i}`, 'x'.repeat(1_000));
      for (let i = 0; i < 50_000; i++) d.put('counter', 'x'.repeat(sizes[i % sizes.length]!), { nowMs: i });
      const { evictions, items } = d.engine.statistics();
      expect({ evictions, items }).toEqual({ evictions: 0, items: 2_001 });
      d.engine.checkIntegrity();
    }
  });

  it('put: the same size is written in place, and moves on once its segment is past its time', () => {
    const d = drive(small());
    const engine = d.engine as SegcacheEngine;
    d.put('other', 'x'.repeat(100), { expiresAtMs: 10_000 });
    for (let nowMs = 0; nowMs < 60_000; nowMs += 10)
      d.put('counter', 'y'.repeat(100), { nowMs, expiresAtMs: nowMs + 10_000 });
    d.settle(60_000);
    expect(engine.statistics()).toMatchObject({ items: 1, expirations: 1 });
    expect(engine.statistics().segmentsTotal - engine.statistics().segmentsFree).toBeLessThanOrEqual(3);
    expect(engine.statistics().liveBytes).toBeLessThan(200);
  });

  it('many TTLs with little traffic do not exhaust the memory with open segments', () => {
    const d = drive(small());
    const keys: string[] = [];
    for (let seconds = 1; seconds < 2_000_000; seconds = Math.ceil(seconds * 1.01) + 1) {
      const key = `ttl${seconds}`;
      expect(d.put(key, 'v', { expiresAtMs: seconds * 1_000 })).toBe('stored');
      keys.push(key);
    }
    expect(keys.length).toBeGreaterThan(700);
    for (const key of keys) {
      const expiresAtMs = Number(key.slice(3)) * 1_000;
      expect(d.has(key, { nowMs: 999 })).toBe(true);
      expect(d.engine.found.expiresAtMs).toBe(expiresAtMs);
    }
    const { segmentsTotal, segmentsFree } = d.engine.statistics();
    expect(segmentsTotal - segmentsFree).toBeLessThan(segmentsTotal * (engineLimits.openSegmentsShare + 0.05));
    d.engine.checkIntegrity();
  });

  it('a segment that has lost its last item is free again', () => {
    const d = drive(small());
    const before = d.engine.statistics().segmentsFree;
    for (let round = 0; round < 5_000; round++) {
      d.put('k', patternBytes(5_000, round));
      d.remove('k');
    }
    expect(before - d.engine.statistics().segmentsFree).toBeLessThanOrEqual(1);
    expect(d.engine.statistics()).toMatchObject({ liveBytes: 0, deadBytes: 0, evictions: 0 });
  });

  it('a put that is refused takes nothing: a hundred thousand of them leave the pool as it was', () => {
    const d = drive(small());
    d.engine.declareNamespace(1, { evictable: false });
    let stored = 0;
    while (d.put(`k${stored}`, 'x'.repeat(10_000)) === 'stored') stored++;
    const before = d.engine.statistics();
    const large = new Uint8Array(3 * mib);
    for (let i = 0; i < 100_000; i++)
      expect(d.put(`n${i % 50}`, i % 100 === 0 ? large : 'x'.repeat(10_000))).toBe('full');
    const { segmentsFree, items, liveBytes } = d.engine.statistics();
    expect({ segmentsFree, items, liveBytes }).toEqual({
      segmentsFree: before.segmentsFree,
      items: stored,
      liveBytes: before.liveBytes,
    });
    d.engine.checkIntegrity();
  });

  it('offsets never alias: every item of a full memory has bytes of its own', () => {
    const d = drive(createSegcache({ memoryBytes: 48 * mib }));
    const seedOf = (i: number) => Math.imul(i, 2_654_435) ^ i;
    for (let i = 0; i < 60_000; i++) d.put(`k${i}`, patternBytes(600, seedOf(i)));
    let live = 0;
    for (let i = 0; i < 60_000; i++) {
      const value = d.bytes(`k${i}`);
      if (value === undefined) continue;
      live++;
      expect(Buffer.compare(value, patternBytes(600, seedOf(i)))).toBe(0);
    }
    expect(live).toBe(d.engine.statistics().items);
  });

  it('put: expired memory is taken before anything live', () => {
    const d = drive(small());
    for (let i = 0; i < 9_000; i++) d.put(`short${i}`, 'x'.repeat(1_000), { expiresAtMs: 1_000 });
    for (let i = 0; i < 13_000; i++) expect(d.put(`long${i}`, 'x'.repeat(1_000), { nowMs: 1_000 })).toBe('stored');
    expect(d.engine.statistics().evictions).toBe(0);
  });
});

describe('jumbo items', () => {
  const value = (seed: number) => patternBytes(5 * mib, seed);

  it('put: the largest item goes in when memory is nearly full of small ones', () => {
    const d = drive(createSegcache({ memoryBytes: 16 * mib }));
    for (let i = 0; i < 40_000; i++) d.put(`k${i}`, 'x'.repeat(500));
    for (let i = 0; i < 6; i++) {
      expect(d.put(`jumbo${i}`, value(i))).toBe('stored');
      expect(Buffer.compare(d.bytes(`jumbo${i}`)!, value(i))).toBe(0);
      d.engine.checkIntegrity();
    }
    expect(d.put('jumbo5', value(77))).toBe('stored');
    expect(Buffer.compare(d.bytes('jumbo5')!, value(77))).toBe(0);
  });

  it('put: jumbos that are all in use give way in the end', () => {
    const d = drive(createSegcache({ memoryBytes: 16 * mib }));
    for (let i = 0; i < 40; i++) {
      expect(d.put(`jumbo${i}`, patternBytes(700_000, i))).toBe('stored');
      for (let j = 0; j <= i; j++) d.has(`jumbo${j}`);
    }
    expect(d.engine.statistics().items).toBeGreaterThan(15);
    d.engine.checkIntegrity();
  });

  it('put: a refused jumbo keeps the older value and leaks no segment', () => {
    const d = drive(createSegcache({ memoryBytes: 16 * mib }));
    d.engine.declareNamespace(1, { evictable: false });
    d.put('a', value(1));
    d.put('b', patternBytes(4 * mib, 2));
    d.put('d', patternBytes(2 * mib, 8));
    const { segmentsFree } = d.engine.statistics();
    for (let i = 0; i < 20; i++) expect(d.put('c', value(3))).toBe('full');
    expect(d.put('b', value(4))).toBe('full');
    expect(Buffer.compare(d.bytes('b')!, patternBytes(4 * mib, 2))).toBe(0);
    expect(d.engine.statistics().segmentsFree).toBe(segmentsFree);
    expect(d.put('a', value(5))).toBe('stored');
    expect(Buffer.compare(d.bytes('a')!, value(5))).toBe(0);
    expect(d.put('a', patternBytes(mib, 6))).toBe('stored');
    expect(d.put('c', patternBytes(4 * mib, 3))).toBe('stored');
    d.engine.checkIntegrity();
  });
});

describe('hash table', () => {
  it('grows while items come and finds each of them at every size', () => {
    const d = drive(createSegcache({ memoryBytes: 64 * mib, segmentSizeBytes: 65_536, hashSeed: 3 }));
    const count = 120_000;
    for (let i = 0; i < count; i++) {
      d.put(`key${i}`, `${i}`);
      if (i % 7 === 0) expect(d.get(`key${(i * 31) % (i + 1)}`)).toBe(`${(i * 31) % (i + 1)}`);
      if (i % 30_000 === 0) d.engine.checkIntegrity();
    }
    for (let i = 0; i < count; i++) expect(d.get(`key${i}`)).toBe(`${i}`);
    const { items, evictions, tableLoad } = d.engine.statistics();
    expect({ items, evictions }).toEqual({ items: count, evictions: 0 });
    expect(tableLoad).toBeGreaterThan(0.5);
    d.engine.checkIntegrity();
  });

  it('keys that look alike spread over the table under any seed', () => {
    for (const hashSeed of [0, 1, 2 ** 40 + 5]) {
      const d = drive(createSegcache({ memoryBytes: 32 * mib, hashSeed }));
      for (let i = 0; i < 16_384; i++) d.put(`\0\0\0\0${String.fromCharCode(i & 255, i >> 8)}\0\0`, '');
      // Four items a bucket, evenly spread, need few overflow buckets; clustered ones would need many.
      expect(d.engine.statistics().tableLoad).toBeGreaterThan(0.47);
      d.engine.checkIntegrity();
    }
  });
});

describe('namespaces', () => {
  it('an evictable cache keeps working beside one that fills all it may', () => {
    const d = drive(small());
    d.engine.declareNamespace(2, { evictable: false });
    let pinned = 0;
    while (d.put(`k${pinned}`, 'x'.repeat(1_000), { namespace: 2 }) === 'stored') pinned++;
    for (let i = 0; i < 20_000; i++) expect(d.put(`k${i}`, 'y'.repeat(1_000))).toBe('stored');
    expect(d.has('k19999')).toBe(true);
    for (let i = 0; i < pinned; i++) expect(d.has(`k${i}`, { namespace: 2 })).toBe(true);
    d.engine.checkIntegrity();
  });

  it('items written before their namespace was declared not evictable stay', () => {
    const d = drive(small());
    for (let i = 0; i < 5_000; i++) {
      d.put(`k${i}`, 'x'.repeat(500), { namespace: 2 });
      d.put(`k${i}`, 'x'.repeat(500), { namespace: 3 });
    }
    d.engine.declareNamespace(2, { evictable: false });
    for (let i = 0; i < 30_000; i++) d.put(`n${i}`, 'x'.repeat(500), { namespace: 3 });
    for (let i = 0; i < 5_000; i++) expect(d.has(`k${i}`, { namespace: 2 })).toBe(true);
    expect(d.engine.namespaceStatistics(2)).toMatchObject({ items: 5_000, evictions: 0 });
    d.engine.declareNamespace(2, { evictable: true });
    for (let i = 0; i < 60_000; i++) d.put(`m${i}`, 'x'.repeat(500), { namespace: 3 });
    expect(d.engine.namespaceStatistics(2).evictions).toBeGreaterThan(0);
    d.engine.checkIntegrity();
  });

  it('dropNamespace: thousands of drops in a row are all swept, and their numbers used again', () => {
    const d = drive(small());
    for (let round = 0; round < 3_000; round++) {
      for (let i = 0; i < 5; i++) d.put(`k${i}`, 'v', { namespace: 10 + round });
      d.engine.dropNamespace(10 + round);
      if (round % 50 === 0) d.engine.maintain(0);
    }
    d.settle(0);
    expect(d.engine.statistics()).toMatchObject({ items: 0, liveBytes: 0, deadBytes: 0, evictions: 0, expirations: 0 });
    d.engine.checkIntegrity();
  });
});

describe('maintain', () => {
  it('is bounded: a large expiry or drop takes many calls, and the engine works between them', () => {
    const d = drive(createSegcache({ memoryBytes: 64 * mib }));
    for (let i = 0; i < 60_000; i++) {
      d.put(`a${i}`, 'x'.repeat(50), { expiresAtMs: 5_000 });
      d.put(`b${i}`, 'x'.repeat(50), { namespace: 2 });
    }
    d.engine.dropNamespace(2);
    let calls = 0;
    while (d.engine.maintain(5_000)) {
      calls++;
      d.put(`c${calls}`, 'new', { nowMs: 5_000 });
      expect(d.has(`a${calls}`, { nowMs: 5_000 })).toBe(false);
      if (calls % 20 === 0) d.engine.checkIntegrity();
    }
    expect(calls).toBeGreaterThan((120_000 * engineLimits.unlinkUnits) / engineLimits.maintainUnits / 2);
    expect(calls).toBeLessThan(400);
    expect(d.engine.statistics()).toMatchObject({ items: calls, expirations: 60_000, evictions: 0 });
    d.engine.checkIntegrity();
  });
});
