import { describe, expect, it } from 'vitest';
import { Ghost } from '../../../src/storage-node/engine/eviction/ghost.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { drive, mib } from './driver.ts';

const value = 'x'.repeat(1_000);
const fresh = (eviction: 's3-fifo' | 'fifo') =>
  drive(createSegcache({ memoryBytes: 16 * mib, segmentSizeBytes: 65_536, hashSeed: 1, eviction }));

describe('S3-FIFO by segment', () => {
  it('items that are used survive a scan many times the memory; under FIFO they do not', () => {
    const survivors = (['s3-fifo', 'fifo'] as const).map((eviction) => {
      const d = fresh(eviction);
      for (let i = 0; i < 1_000; i++) d.put(`hot${i}`, value);
      for (let i = 0; i < 50_000; i++) {
        d.put(`scan${i}`, value);
        d.has(`hot${i % 1_000}`);
      }
      d.engine.checkIntegrity();
      let hot = 0;
      for (let i = 0; i < 1_000; i++) if (d.has(`hot${i}`)) hot++;
      return hot;
    });
    // The first eviction meets sixteen segments of nothing but used items, and may drop one to get on.
    expect(survivors[0]).toBeGreaterThan(900);
    expect(survivors[1]).toBe(0);
  });

  it('an item that comes back soon after its eviction goes to main and outlives a scan', () => {
    const d = fresh('s3-fifo');
    for (let i = 0; i < 16_000; i++) d.put(`first${i}`, value);
    const evicted = Array.from({ length: 16_000 }, (_, i) => `first${i}`)
      .filter((key) => !d.has(key))
      .slice(-300);
    expect(evicted.length).toBe(300);
    for (const key of evicted) d.put(key, value);
    for (let i = 0; i < 300; i++) d.put(`once${i}`, value);
    // Nothing is read from here on: what was admitted to small goes first.
    for (let i = 0; i < 12_500; i++) d.put(`scan${i}`, value);
    const alive = (keys: string[]) => keys.filter((key) => d.has(key)).length;
    expect(alive(Array.from({ length: 300 }, (_, i) => `once${i}`))).toBe(0);
    expect(alive(evicted)).toBeGreaterThan(200);
  });

  it('an item that was used often outlives one used once, when neither is used any more', () => {
    const d = fresh('s3-fifo');
    const names = Array.from({ length: 600 }, (_, i) => (i % 2 === 0 ? `often${i}` : `once${i}`));
    for (const name of names) d.put(name, value);
    for (const name of names) d.has(name);
    // Brings all of them to main, where uses are paid for one by one.
    for (let i = 0; i < 16_000; i++) d.put(`scan${i}`, value);
    for (const name of names) for (let uses = name.startsWith('often') ? 3 : 1; uses > 0; uses--) d.has(name);
    const alive = (kind: string) => names.filter((name) => name.startsWith(kind) && d.has(name)).length;
    // Items that are used once each push on through main, until it has gone round twice and a half.
    for (let i = 0; i < 34_000; i++) {
      d.put(`fill${i}`, value);
      d.has(`fill${i}`);
    }
    expect(alive('once')).toBe(0);
    expect(alive('often')).toBeGreaterThan(200);
  });

  it('makes room even when every item is in use', () => {
    const d = fresh('s3-fifo');
    for (let i = 0; i < 40_000; i++) {
      expect(d.put(`k${i}`, value)).toBe('stored');
      for (let j = Math.max(0, i - 3); j <= i; j++) d.has(`k${j}`);
    }
    const { items, itemsMoved, evictions } = d.engine.statistics();
    expect(items).toBeGreaterThan(12_000);
    expect(itemsMoved).toBeLessThan(evictions * 12);
    d.engine.checkIntegrity();
  });

  it('overwrites with other sizes cost hardly any memory: what is dead is compacted before anything goes', () => {
    const d = fresh('s3-fifo');
    const items = 4_000;
    for (let i = 0; i < 60_000; i++) d.put(`k${(i * 7) % items}`, 'x'.repeat(2_600 + ((i * 37) % 600)));
    // 4,000 items of 2.9 KB are nearly three quarters of the memory.
    expect(d.engine.statistics()).toMatchObject({ evictions: 0, items });
    d.engine.checkIntegrity();
  });

  it('no room is made by evicting while half of what is stored is dead', () => {
    const d = fresh('s3-fifo');
    for (let i = 0; i < 13_000; i++) d.put(`k${i}`, value);
    for (let i = 0; i < 13_000; i++) if (i % 2 === 0) d.remove(`k${i}`);
    for (let i = 0; i < 4_000; i++) d.put(`n${i}`, value);
    expect(d.engine.statistics()).toMatchObject({ evictions: 0, items: 10_500 });
    d.engine.checkIntegrity();
  });
});

describe('merge', () => {
  it('keeps what is used through a scan many times the memory, and drops what is not', () => {
    const d = drive(
      createSegcache({
        memoryBytes: 16 * mib,
        segmentSizeBytes: 65_536,
        hashSeed: 1,
        evictionSeed: 1,
        eviction: 'merge',
      }),
    );
    for (let i = 0; i < 1_000; i++) {
      d.put(`hot${i}`, value);
      d.put(`cold${i}`, value);
    }
    for (let i = 0; i < 50_000; i++) {
      d.put(`scan${i}`, value);
      d.has(`hot${i % 1_000}`, { nowMs: i });
    }
    const alive = (kind: string) => Array.from({ length: 1_000 }, (_, i) => d.has(`${kind}${i}`, { nowMs: 50_000 }));
    expect(alive('hot').filter(Boolean).length).toBeGreaterThan(100);
    expect(alive('cold').filter(Boolean).length).toBe(0);
  });
});

describe('ghost', () => {
  it('remembers an eviction for its length, and then forgets', () => {
    const ghost = new Ghost(4_096);
    const hash = (i: number) => [Math.imul(i, 0x9e3779b1) | 0, Math.imul(i ^ 0x55aa, 0x85ebca6b) | 0] as const;
    for (let i = 0; i < 2_000; i++) ghost.add(...hash(i), 1_000);
    const remembered = (from: number, to: number) => {
      let count = 0;
      for (let i = from; i < to; i++) if (ghost.take(...hash(i))) count++;
      return count;
    };
    expect(remembered(0, 900)).toBe(0);
    expect(remembered(1_100, 2_000)).toBeGreaterThan(850);
    expect(remembered(1_100, 2_000)).toBe(0);
  });

  it('an entry that nothing replaced does not count again many lengths later', () => {
    const ghost = new Ghost(65_536);
    const hash = (i: number) => [Math.imul(i, 0x9e3779b1) | 0, Math.imul(i ^ 0x55aa, 0x85ebca6b) | 0] as const;
    for (let i = 0; i < 100; i++) ghost.add(...hash(i), 100);
    // A few entries in a large ghost, evictions of others in between: 8 lengths were one turn of an 8-bit tick.
    for (let lengths = 1; lengths <= 24; lengths++) {
      for (let i = 0; i < 100; i++) ghost.add(...hash(1_000 + i), 100);
      if (lengths < 2) continue;
      for (let i = 0; i < 100; i++) expect(ghost.take(...hash(i))).toBe(false);
    }
  });
});
