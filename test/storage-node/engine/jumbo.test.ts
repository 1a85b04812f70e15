import { describe, expect, it } from 'vitest';
import { geometryOf } from '../../../src/storage-node/engine/options.ts';
import { createSegcache, type SegcacheEngine } from '../../../src/storage-node/engine/segcache.ts';
import { drive, hourMs, mib, patternBytes } from './driver.ts';

const small = (): SegcacheEngine => createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536, hashSeed: 1 });

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
    d.engine.declareNamespace(1, { evictable: false, share: 0 });
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

  it('put: just above a segment they waste half a block, not half of a segment', () => {
    const memoryBytes = 64 * mib;
    const { segmentSizeBytes, blockSizeBytes } = geometryOf({ memoryBytes });
    const d = drive(createSegcache({ memoryBytes }));
    const size = segmentSizeBytes + 100;
    let stored = 0;
    while (d.engine.statistics().evictions === 0) d.put(`jumbo${stored++}`, new Uint8Array(size));
    expect(d.engine.statistics().items * (size + blockSizeBytes)).toBeGreaterThan(0.96 * memoryBytes);
    d.engine.checkIntegrity();
  });

  it('put: sizes all around the bounds of block and segment come back, and leave nothing behind', () => {
    const memoryBytes = 32 * mib;
    const { segmentSizeBytes, blockSizeBytes, plainSizeBytesMax } = geometryOf({ memoryBytes });
    const d = drive(createSegcache({ memoryBytes }));
    for (const bound of [blockSizeBytes, plainSizeBytesMax, segmentSizeBytes, 3 * segmentSizeBytes]) {
      for (let size = bound - 40; size < bound + 9; size++) {
        expect(d.put('k', patternBytes(size, size))).toBe('stored');
        expect(Buffer.compare(d.bytes('k')!, patternBytes(size, size))).toBe(0);
      }
      d.engine.checkIntegrity();
    }
    d.remove('k');
    const { segmentsTotal, segmentsFree } = d.engine.statistics();
    expect(segmentsTotal - segmentsFree).toBeLessThanOrEqual(3);
  });

  it('put: blocks left over in many segments are brought together when a segment is needed', () => {
    const d = drive(small());
    let count = 0;
    while (d.engine.statistics().evictions === 0) d.put(`jumbo${count++}`, patternBytes(20_000, count));
    // Three of four go, so that nearly every segment of blocks has some left.
    let left = 0;
    for (let i = 0; i < count; i++) {
      if (i % 4 !== 0) d.remove(`jumbo${i}`);
      else if (d.has(`jumbo${i}`)) left++;
    }
    const { evictions } = d.engine.statistics();
    for (let i = 0; i < 10_000; i++) expect(d.put(`plain${i}`, 'x'.repeat(1_000))).toBe('stored');
    expect(d.engine.statistics().evictions).toBe(evictions);
    d.engine.checkIntegrity();
    let intact = 0;
    for (let i = 0; i < count; i += 4) {
      const bytes = d.bytes(`jumbo${i}`);
      if (bytes && Buffer.compare(bytes, patternBytes(20_000, i + 1)) === 0) intact++;
    }
    expect(intact).toBe(left);
  });

  it('setExpiry and put: a jumbo in place takes any other TTL', () => {
    const d = drive(small());
    d.put('k', patternBytes(90_000, 1), { expiresAtMs: 1_000 });
    d.setExpiry('k', 20 * hourMs, { nowMs: 999 });
    expect(d.has('k', { nowMs: 20 * hourMs - 1 })).toBe(true);
    d.put('k', patternBytes(89_990, 2), { nowMs: 1_000, expiresAtMs: 3_000 });
    expect(d.has('k', { nowMs: 2_999 })).toBe(true);
    d.settle(3_000);
    expect(d.engine.statistics()).toMatchObject({ items: 0, expirations: 1, deadBytes: 0 });
    d.engine.checkIntegrity();
  });

  it('evict: one that was used stays where it is and survives a scan of others', () => {
    const d = drive(small());
    const hot = patternBytes(150_000, 5);
    d.put('hot', hot);
    for (let i = 0; i < 2_000; i++) {
      d.put(`scan${i}`, patternBytes(100_000, i));
      d.has('hot');
    }
    expect(Buffer.compare(d.bytes('hot')!, hot)).toBe(0);
    expect(d.engine.statistics().itemsMoved).toBe(0);
  });
});
