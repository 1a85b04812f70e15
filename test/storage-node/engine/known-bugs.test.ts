/**
 * What went wrong in other implementations of Segcache, by their issue where there is one: each must not happen
 * here.
 */
import { describe, expect, it } from 'vitest';
import { engineLimits, evictionPolicyNames, geometryOf } from '../../../src/storage-node/engine/options.ts';
import { createSegcache, type SegcacheEngine } from '../../../src/storage-node/engine/segcache.ts';
import { drive, hourMs, mib, patternBytes } from './driver.ts';

const small = (more: object = {}): SegcacheEngine =>
  createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536, hashSeed: 1, ...more });

describe('bugs of others', () => {
  it('pelikan 5, a hash table sized too small fails inserts: the smallest items fill the memory, and the table follows', () => {
    const d = drive(small());
    let stored = 1;
    for (; stored % 1_000 !== 0 || d.engine.statistics().evictions === 0; stored++) {
      if (d.put(`${stored}`, '') !== 'stored') throw new Error(`refused after ${stored} items`);
    }
    const { items, tableLoad, memoryBytes } = d.engine.statistics();
    expect(items).toBeGreaterThan(memoryBytes / 40);
    expect(tableLoad).toBeGreaterThan(0.6);
    for (let i = 0; i < 50_000; i++) d.put(`again${i}`, '');
    expect(d.has('again49999')).toBe(true);
    d.engine.checkIntegrity();
  });

  it('pelikan 27, no room for objects above a segment: every size to the limit has a place', () => {
    const d = drive(small());
    for (const size of [65_536, 65_537, 131_072, mib, 5 * mib]) {
      expect(d.put('large', patternBytes(size, size))).toBe('stored');
      expect(Buffer.compare(d.bytes('large')!, patternBytes(size, size))).toBe(0);
    }
  });

  it('pelikan 59 and 68, a version per bucket: a write to one key leaves the version of every other', () => {
    const d = drive(small());
    for (let i = 0; i < 2_000; i++) d.put(`k${i}`, 'v', { sequence: i });
    for (let i = 0; i < 2_000; i += 2) d.put(`k${i}`, 'w', { sequence: 1_000_000 + i });
    for (let i = 0; i < 2_000; i++) {
      d.has(`k${i}`);
      expect(d.engine.found.sequence).toBe(i % 2 === 0 ? 1_000_000 + i : i);
    }
  });

  it('pelikan 127, a preallocated heap looks like a leak: what is live, dead and free is told apart and adds up', () => {
    const d = drive(small());
    const engine = d.engine as SegcacheEngine;
    const { segmentsTotal, segmentSizeBytes } = geometryOf({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536 });
    const sum = () => {
      const { liveBytes, deadBytes, freeBytes, tableBytes } = engine.statistics();
      return liveBytes + deadBytes + freeBytes + tableBytes;
    };
    expect(sum()).toBe(segmentsTotal * segmentSizeBytes);
    for (let i = 0; i < 500; i++) d.put(`k${i}`, patternBytes(1_000, i));
    // Header 12, key 2 to 4, value 1,000, padding to 4.
    expect(engine.statistics().liveBytes).toBe(500 * 1_016);
    for (let i = 0; i < 500; i += 2) d.remove(`k${i}`);
    expect(engine.statistics().deadBytes).toBeGreaterThan(250_000);
    expect(sum()).toBe(segmentsTotal * segmentSizeBytes);
  });

  it('pelikan 137, seconds taken for milliseconds: a TTL of 2,000 is two seconds', () => {
    const d = drive(small());
    d.put('k', 'v', { nowMs: 10_000, expiresAtMs: 12_000 });
    expect([d.has('k', { nowMs: 11_999 }), d.has('k', { nowMs: 12_000 })]).toEqual([true, false]);
  });

  it('Segcache 3, merging two segments crashes: with two in a bucket the oldest gives way instead', () => {
    const d = drive(small({ eviction: 'merge' }));
    // Every bucket of the memory has two segments, one of them open.
    for (let i = 0; i < 40_000; i++) {
      const expiresAtMs = (100 + (i % 120) * 300) * 1_000;
      expect(d.put(`k${i}`, 'x'.repeat(700), { expiresAtMs })).toBe('stored');
    }
    expect(d.engine.statistics().evictions).toBeGreaterThan(0);
    d.engine.checkIntegrity();
  });

  it.each(evictionPolicyNames)(
    'cache-rs 18, eviction breaks the chains: under %s everything agrees after each',
    (eviction) => {
      const d = drive(small({ eviction }));
      let segments = 0;
      for (let i = 0; i < 60_000; i++) {
        d.put(`k${i % 32_000}`, patternBytes(100 + (i % 9) * 130, i), { expiresAtMs: 60_000 + (i % 5) * 1_000_000 });
        if (i % 3 === 0) d.has(`k${(i * 7) % 32_000}`);
        const { segmentsEvicted } = d.engine.statistics();
        if (segmentsEvicted >= segments + 25) {
          segments = segmentsEvicted;
          d.engine.checkIntegrity();
        }
      }
      expect(segments).toBeGreaterThan(100);
    },
  );

  it('cache-rs 24, a version that comes back when a segment is used again: no two writes of a key look alike', () => {
    const d = drive(small());
    d.put('k', 'first', { sequence: 1 });
    for (let i = 0; i < 40_000; i++) d.put(`fill${i}`, 'x'.repeat(700), { sequence: i + 2 });
    expect(d.has('k')).toBe(false);
    for (let i = 0; i < 400; i++) {
      d.put('k', `write ${i}`, { sequence: 50_000 + i });
      d.has('k');
      expect(d.engine.found.sequence).toBe(50_000 + i);
    }
  });

  it('cache-rs 56, an insert that waits: a put into a full memory ends within a bounded number of moves', () => {
    const d = drive(small());
    for (let i = 0; i < 14_000; i++) d.put(`k${i}`, 'x'.repeat(1_000));
    for (let i = 0; i < 14_000; i++) d.has(`k${i}`);
    const itemsPerSegment = 65;
    let worst = 0;
    for (let i = 0; i < 3_000; i++) {
      const before = d.engine.statistics().itemsMoved;
      expect(d.put(`n${i}`, 'x'.repeat(1_000))).toBe('stored');
      worst = Math.max(worst, d.engine.statistics().itemsMoved - before);
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThanOrEqual(itemsPerSegment * (engineLimits.stalledRoundsMax + 2));
  });

  it('cache-rs 73, an item of two seconds gone at once: it lives its two seconds, in a fresh segment and in an old one', () => {
    const d = drive(small());
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1) {
      d.put(`k${nowMs}`, 'v', { nowMs, expiresAtMs: nowMs + 2_000 });
      if (nowMs >= 1_999) expect(d.has(`k${nowMs - 1_999}`, { nowMs })).toBe(true);
      if (nowMs >= 2_000) expect(d.has(`k${nowMs - 2_000}`, { nowMs })).toBe(false);
      d.engine.maintain(nowMs);
    }
    expect(d.engine.namespaceStatistics(1).earlyExpirations).toBe(0);
  });

  it('cache-rs 75, a coarse clock of its own: while the caller’s clock stands still nothing expires', () => {
    const d = drive(small());
    d.put('k', 'v', { nowMs: 5, expiresAtMs: 6 });
    for (let i = 0; i < 1_000; i++) d.engine.maintain(5.999);
    expect(d.has('k', { nowMs: 5.999 })).toBe(true);
  });

  it('cache-rs 79, offsets that alias: a segment size out of range is refused', () => {
    expect(() => small({ segmentSizeBytes: 2 * mib })).toThrow(RangeError);
    expect(() => small({ segmentSizeBytes: 16 * mib })).toThrow(RangeError);
  });

  it('cache-rs 79, offsets that alias: every item of a full memory has bytes of its own', () => {
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

  it('cache-rs 100, refused puts use up the pool: a hundred thousand of them leave it as it was', () => {
    const d = drive(small());
    d.engine.declareNamespace(1, { evictable: false, share: 0 });
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

  it.each(evictionPolicyNames)(
    'merge livelock, an eviction that frees nothing: under %s items all in use give way',
    (eviction) => {
      const d = drive(small({ eviction }));
      for (let i = 0; i < 30_000; i++) {
        const nowMs = i * 10;
        expect(d.put(`k${i}`, 'x'.repeat(1_000), { nowMs, expiresAtMs: nowMs + hourMs })).toBe('stored');
        for (let j = Math.max(0, i - 3); j <= i; j++) d.has(`k${j}`, { nowMs });
      }
      expect(d.engine.statistics().items).toBeGreaterThan(3_000);
      d.engine.checkIntegrity();
    },
  );

  it('churn fills the log with dead items: a key written over and over costs nothing, neither with one size nor with changing ones', () => {
    for (const sizes of [[100], [100, 900, 5_000, 300]]) {
      const d = drive(small());
      for (let i = 0; i < 2_000; i++) d.put(`other${i}`, 'x'.repeat(1_000));
      for (let i = 0; i < 50_000; i++) d.put('counter', 'x'.repeat(sizes[i % sizes.length]!), { nowMs: i });
      const { evictions, items } = d.engine.statistics();
      expect({ evictions, items }).toEqual({ evictions: 0, items: 2_001 });
      d.engine.checkIntegrity();
    }
  });

  it('many TTLs with little traffic, each with an open segment: their number is bounded', () => {
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

  it('"007" becomes 7: a value is bytes, and comes back as they were', () => {
    const d = drive(small());
    for (const text of ['007', '+1', ' 1', '1e3', '0x10', '']) {
      d.put('n', text);
      expect(d.get('n')).toBe(text);
    }
  });
});
