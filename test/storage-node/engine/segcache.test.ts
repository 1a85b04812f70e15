import { describe, expect, it } from 'vitest';
import { bucketBytes, slotsPerBucket } from '../../../src/storage-node/engine/hash-table/hash-table.ts';
import { overflowBytes } from '../../../src/storage-node/engine/hash-table/overflow-buckets.ts';
import { itemSizeOf } from '../../../src/storage-node/engine/item/item.ts';
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
    expect(itemSizeOf(true, 20, 100)).toBe(132);
    expect(itemSizeOf(false, 20, 100)).toBe(144);
    expect(itemSizeOf(true, 1, 0)).toBe(16);
    expect(bucketBytes).toBe(64);
    expect(overflowBytes).toBe(32);
    expect(slotsPerBucket).toBe(8);
    expect(ttlBucketCount).toBe(1_024);
    expect(geometryOf({ memoryBytes: 16 * mib })).toMatchObject({
      segmentSizeBytes: 65_536,
      segmentsTotal: 247,
      blockSizeBytes: 4_096,
      plainSizeBytesMax: 16_384,
    });
    expect(geometryOf({ memoryBytes: 1_024 * mib })).toMatchObject({
      segmentSizeBytes: 262_144,
      segmentsTotal: 4_008,
      blockSizeBytes: 4_096,
      plainSizeBytesMax: 32_768,
    });
    const largest = geometryOf({ memoryBytes: 16 * 1_024 * mib });
    expect(largest.segmentsTotal * largest.segmentSizeBytes).toBeLessThan(2 ** 34);
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

  it('put: expired memory is taken before anything live', () => {
    const d = drive(small());
    for (let i = 0; i < 9_000; i++) d.put(`short${i}`, 'x'.repeat(1_000), { expiresAtMs: 1_000 });
    for (let i = 0; i < 13_000; i++) expect(d.put(`long${i}`, 'x'.repeat(1_000), { nowMs: 1_000 })).toBe('stored');
    expect(d.engine.statistics().evictions).toBe(0);
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

describe('small and large headers', () => {
  it('an item goes from one header to the other with its sequence, key, value and flags, and back', () => {
    const d = drive(small());
    const shapes = [
      { key: 'k', value: 'v', flags: 0, sequence: 1 },
      { key: 'k', value: 'v', flags: 0, sequence: 2 ** 32 - 1 },
      { key: 'k', value: 'v', flags: 0, sequence: 2 ** 32 },
      { key: 'k', value: 'v', flags: 15, sequence: 5 },
      { key: 'k', value: 'v', flags: 16, sequence: 5 },
      { key: 'k', value: 'x'.repeat(4_095), flags: 1, sequence: 5 },
      { key: 'k', value: 'x'.repeat(4_096), flags: 1, sequence: 5 },
      { key: 'k'.repeat(255), value: 'v', flags: 1, sequence: 5 },
      { key: 'k'.repeat(256), value: 'v', flags: 1, sequence: 5 },
    ];
    for (const before of shapes) {
      for (const { key, value, flags, sequence } of shapes) {
        d.put(key, before.value, { flags: before.flags, sequence: before.sequence });
        expect(d.put(key, value, { flags, sequence })).toBe('stored');
        expect(d.get(key)).toBe(value);
        expect(d.engine.found).toMatchObject({ flags, sequence });
      }
    }
    d.engine.checkIntegrity();
  });

  it('setExpiry: a sequence that the small header has no room for moves the item to a large one', () => {
    const d = drive(small());
    const key = Buffer.from('key');
    d.put('key', 'value', { flags: 3, sequence: 7 });
    for (const sequence of [2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, 8]) {
      expect(d.engine.setExpiry(1, key, 0, 3, sequence, hourMs + 5, 1)).toBe('stored');
      expect(d.get('key', { nowMs: 1 })).toBe('value');
      expect(d.engine.found).toEqual({ valueLength: 5, flags: 3, sequence, expiresAtMs: hourMs + 5 });
      d.engine.checkIntegrity();
    }
  });
});

describe('hash table, shrinking', () => {
  it('gives its memory back when small items have made room for large ones, and finds all that is left', () => {
    const d = drive(createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536, hashSeed: 3 }));
    const engine = d.engine as SegcacheEngine;
    for (let i = 0; i < 120_000; i++) d.put(`key${i}`, `${i}`);
    const { tableBytes } = engine.statistics();
    for (let i = 0; i < 120_000; i++) if (i % 10 !== 0) d.remove(`key${i}`);
    for (let calls = 0; calls < 200; calls++) {
      engine.maintain(0);
      if (calls % 20 === 0) engine.checkIntegrity();
    }
    engine.checkIntegrity();
    expect(engine.statistics().tableBytes).toBeLessThan(tableBytes * 0.4);
    let found = 0;
    for (let i = 0; i < 120_000; i++) found += d.has(`key${i}`) === (i % 10 === 0) ? 1 : 0;
    expect(found).toBe(120_000);
    for (let i = 0; i < 120_000; i++) d.put(`key${i}`, `${i}`);
    engine.checkIntegrity();
    for (let i = 0; i < 120_000; i += 7) expect(d.get(`key${i}`)).toBe(`${i}`);
  });
});

describe('namespaces', () => {
  it('an evictable cache keeps working beside one that fills all it may', () => {
    const d = drive(small());
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
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
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    for (let i = 0; i < 30_000; i++) d.put(`n${i}`, 'x'.repeat(500), { namespace: 3 });
    for (let i = 0; i < 5_000; i++) expect(d.has(`k${i}`, { namespace: 2 })).toBe(true);
    expect(d.engine.namespaceStatistics(2)).toMatchObject({ items: 5_000, evictions: 0 });
    d.engine.declareNamespace(2, { evictable: true, share: 0 });
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
  it('under load, what has expired is free again within a second', () => {
    const d = drive(createSegcache({ memoryBytes: 64 * mib, hashSeed: 1 }));
    const putsPerMs = 30;
    const ttlMs = 1_500;
    for (let nowMs = 0; nowMs < 6_000; nowMs++) {
      for (let i = 0; i < putsPerMs; i++)
        d.put(`${nowMs}:${i}`, 'x'.repeat(200), { nowMs, expiresAtMs: nowMs + ttlMs });
      // As the node does: a piece after each turn of the event loop, or a pause when there is nothing to do.
      if (nowMs % 4 === 0) d.engine.maintain(nowMs);
      if (nowMs % 500 !== 499) continue;
      const { items, liveBytes, evictions } = d.engine.statistics();
      expect(items).toBeLessThan((ttlMs + 1_000) * putsPerMs);
      expect(liveBytes).toBeLessThan((ttlMs + 1_000) * putsPerMs * 224);
      expect(evictions).toBe(0);
    }
  });

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
