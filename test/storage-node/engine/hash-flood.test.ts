import { describe, expect, it } from 'vitest';
import { KeyHash, loadKeyWords } from '../../../src/storage-node/engine/hash-table/key-hash.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { drive, mib } from './driver.ts';

/** Buckets of the table's first page, at segments of 64 KiB. */
const buckets = 1_024;
const count = 4_000;

/** Keys that all fall into one bucket under this seed: what a client could make that knew it. */
function collidingKeys(seed: number): string[] {
  const hash = new KeyHash(seed);
  const words = new Int32Array(8);
  const keys: string[] = [];
  for (let i = 0; keys.length < count; i++) {
    const key = `flood${i}`;
    const bytes = Buffer.from(key);
    loadKeyWords(words, bytes, 0, bytes.length);
    hash.compute(words, 0, bytes.length, 0);
    if ((hash.low & (buckets - 1)) === 5) keys.push(key);
  }
  return keys;
}

describe('hash flood', () => {
  const keys = collidingKeys(1);
  const loadOf = (hashSeed?: number) => {
    const options = { memoryBytes: 16 * mib, segmentSizeBytes: 65_536 };
    const d = drive(createSegcache(hashSeed === undefined ? options : { ...options, hashSeed }));
    for (const key of keys) d.put(key, '');
    d.engine.checkIntegrity();
    return d.engine.statistics().tableLoad;
  };

  it('keys that share a bucket under one seed are spread under another', () => {
    // Four items a bucket need hardly an overflow bucket; four thousand in one need thirteen hundred.
    expect(loadOf(1)).toBeLessThan(0.35);
    for (const seed of [0, 2, 3, 2 ** 40 + 1]) expect(loadOf(seed)).toBeGreaterThan(0.45);
  });

  it('an engine that is given no seed takes one that cannot be known', () => {
    expect(loadOf()).toBeGreaterThan(0.45);
  });
});
