import { describe, expect, it } from 'vitest';
import { evictionPolicyNames } from '../../../src/storage-node/engine/options.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { type Driver, drive, mib } from './driver.ts';

const memoryBytes = 16 * mib;
const value = 'x'.repeat(1_000);
const fresh = (eviction: (typeof evictionPolicyNames)[number] = 's3-fifo') =>
  drive(createSegcache({ memoryBytes, segmentSizeBytes: 65_536, hashSeed: 1, eviction, evictionSeed: 1 }));

function fill(d: Driver, namespace: number, count: number, name = 'k'): void {
  for (let i = 0; i < count; i++) expect(d.put(`${name}${i}`, value, { namespace })).toBe('stored');
}

const bytesOf = (d: Driver, namespace: number) => d.engine.namespaceStatistics(namespace).bytes;

describe('shares of the memory', () => {
  it.each(evictionPolicyNames)('a cache is not pushed below its share by a flood of another (%s)', (eviction) => {
    const d = fresh(eviction);
    d.engine.declareNamespace(1, { evictable: true, share: 0.3 });
    fill(d, 1, 4_000);
    fill(d, 2, 60_000);
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 4_000, evictions: 0 });
    expect(bytesOf(d, 2)).toBeGreaterThan(0.55 * memoryBytes);
    d.engine.checkIntegrity();
  });

  it('the same flood without a share takes everything', () => {
    const d = fresh();
    fill(d, 1, 4_000);
    fill(d, 2, 60_000);
    expect(d.engine.namespaceStatistics(1).items).toBe(0);
  });

  it('a share is a floor and no ceiling: what others do not use is anybody’s, and is given back', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.25 });
    fill(d, 1, 40_000);
    expect(bytesOf(d, 1)).toBeGreaterThan(0.85 * memoryBytes);
    fill(d, 2, 60_000);
    expect(bytesOf(d, 1)).toBeGreaterThan(0.2 * memoryBytes);
    expect(bytesOf(d, 1)).toBeLessThan(0.3 * memoryBytes);
    d.engine.checkIntegrity();
  });

  it('a cache below its share takes room from those above theirs, itself evicting nothing', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.4 });
    fill(d, 2, 40_000);
    fill(d, 1, 5_000);
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 5_000, evictions: 0 });
    d.engine.checkIntegrity();
  });

  it('two shares at war with a third cache: each keeps its own', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.3 });
    d.engine.declareNamespace(2, { evictable: true, share: 0.4 });
    for (let round = 0; round < 12; round++) {
      for (const namespace of [1, 2, 3]) fill(d, namespace, 5_000, `round${round}:`);
      d.engine.checkIntegrity();
    }
    expect(bytesOf(d, 1)).toBeGreaterThan(0.25 * memoryBytes);
    expect(bytesOf(d, 2)).toBeGreaterThan(0.35 * memoryBytes);
  });

  it('items from before the share are kept too', () => {
    const d = fresh();
    fill(d, 1, 3_000);
    d.engine.declareNamespace(1, { evictable: true, share: 0.3 });
    fill(d, 2, 60_000);
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 3_000, evictions: 0 });
    d.engine.checkIntegrity();
  });

  it('a share that ends protects no more, and its memory is common again', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.5 });
    fill(d, 1, 6_000);
    d.engine.declareNamespace(1, { evictable: true, share: 0 });
    fill(d, 2, 60_000);
    expect(d.engine.namespaceStatistics(1).items).toBe(0);
    d.engine.checkIntegrity();
  });

  it('a dropped namespace’s share is free for another, a hundred times', () => {
    const d = fresh();
    for (let namespace = 10; namespace < 110; namespace++) {
      d.engine.declareNamespace(namespace, { evictable: true, share: 0.5 });
      fill(d, namespace, 500);
      fill(d, 2, 500, `n${namespace}:`);
      expect(d.engine.namespaceStatistics(namespace).items).toBe(500);
      d.engine.dropNamespace(namespace);
    }
    d.engine.checkIntegrity();
    fill(d, 2, 40_000);
    expect(bytesOf(d, 2)).toBeGreaterThan(0.85 * memoryBytes);
  });

  it('a cache that does not evict cannot take what others have a share of, and has its own', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.5 });
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    d.engine.declareNamespace(3, { evictable: false, share: 0.2 });
    let stored = 0;
    while (d.put(`k${stored}`, value, { namespace: 2 }) === 'stored') stored++;
    expect(bytesOf(d, 2)).toBeLessThan(0.25 * memoryBytes);
    fill(d, 3, 2_500);
    fill(d, 1, 6_500);
    expect(d.engine.namespaceStatistics(1).evictions).toBe(0);
    d.engine.checkIntegrity();
  });

  it('jumbos count: a share of large values holds against a flood of large values', () => {
    const d = fresh();
    const large = new Uint8Array(300_000);
    d.engine.declareNamespace(1, { evictable: true, share: 0.4 });
    for (let i = 0; i < 20; i++) d.put(`k${i}`, large, { namespace: 1 });
    for (let i = 0; i < 400; i++) expect(d.put(`k${i}`, large, { namespace: 2 })).toBe('stored');
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 20, evictions: 0 });
    d.engine.checkIntegrity();
  });

  it('a large value that only the shares of others could make room for is refused, and nothing is evicted', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.5 });
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    fill(d, 1, 7_000);
    let stored = 0;
    while (d.put(`k${stored}`, value, { namespace: 2 }) === 'stored') stored++;
    fill(d, 3, 500);
    const before = d.engine.statistics().evictions;
    for (let i = 0; i < 20; i++) expect(d.put(`large${i}`, new Uint8Array(5_000_000), { namespace: 3 })).toBe('full');
    expect(d.engine.statistics().evictions).toBe(before);
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 7_000, evictions: 0 });
  });

  it('a jumbo does not go when that would leave its cache far below its share', () => {
    const d = fresh();
    d.engine.declareNamespace(1, { evictable: true, share: 0.4 });
    for (let i = 0; i < 2; i++) d.put(`k${i}`, new Uint8Array(3_300_000), { namespace: 1 });
    fill(d, 2, 60_000);
    expect(d.engine.namespaceStatistics(1)).toMatchObject({ items: 2, evictions: 0 });
  });

  it('a share given to a cache of thousands of segments: the next put is a put like any other', () => {
    const d = drive(createSegcache({ memoryBytes: 256 * mib, segmentSizeBytes: 65_536, hashSeed: 1 }));
    const large = new Uint8Array(15_000);
    for (let i = 0; i < 17_000; i++) d.put(`k${i}`, large);
    d.engine.declareNamespace(1, { evictable: true, share: 0.75 });
    const moved = d.engine.statistics().itemsMoved;
    for (let i = 0; i < 200; i++) expect(d.put(`n${i}`, large, { namespace: 2 })).toBe('stored');
    expect(d.engine.statistics().itemsMoved - moved).toBeLessThan(2_000);
    d.engine.checkIntegrity();
  });
});

describe('caches that do not evict', () => {
  it('filled with tiny items, table and all, they leave room for the others', () => {
    const d = fresh();
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    let stored = 0;
    while (d.put(`${stored}`, '', { namespace: 2 }) === 'stored') stored++;
    fill(d, 1, 3_000);
    expect(d.engine.namespaceStatistics(1).items).toBeGreaterThan(300);
    d.engine.checkIntegrity();
  });

  it('one that is dropped costs the next put nothing, however much the others hold', () => {
    const d = fresh();
    for (const namespace of [2, 3]) d.engine.declareNamespace(namespace, { evictable: false, share: 0 });
    d.put('one', value, { namespace: 2 });
    fill(d, 3, 9_000);
    d.engine.dropNamespace(2);
    fill(d, 1, 6_000);
    const { itemsMoved } = d.engine.statistics();
    expect(itemsMoved).toBeLessThan(500);
    expect(d.engine.namespaceStatistics(3)).toMatchObject({ items: 9_000, evictions: 0 });
  });

  it('one that stops to evict when it holds everything: others find room, and it keeps what it may', () => {
    const d = fresh();
    fill(d, 2, 20_000);
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    fill(d, 1, 3_000);
    expect(d.engine.namespaceStatistics(1).items).toBeGreaterThan(300);
    expect(bytesOf(d, 2)).toBeGreaterThan(0.8 * memoryBytes);
    expect(d.put('more', value, { namespace: 2 })).toBe('full');
    d.engine.checkIntegrity();
  });

  it('a put into a full one does not clear away all that has expired elsewhere', () => {
    const d = fresh();
    d.engine.declareNamespace(2, { evictable: false, share: 0 });
    let stored = 0;
    while (d.put(`k${stored}`, value, { namespace: 2 }) === 'stored') stored++;
    const pinnedBytes = bytesOf(d, 2);
    for (let i = 0; i < 400; i++) d.put(`e${i}`, value, { expiresAtMs: 1_000 });
    expect(d.put('more', value, { namespace: 2, nowMs: 2_000 })).toBe('full');
    expect(bytesOf(d, 2)).toBe(pinnedBytes);
  });
});
