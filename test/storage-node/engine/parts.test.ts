import { describe, expect, it } from 'vitest';
import { KeyHash, loadKeyWords } from '../../../src/storage-node/engine/hash-table/key-hash.ts';
import * as record from '../../../src/storage-node/engine/item/item.ts';
import { Kinds, noKind } from '../../../src/storage-node/engine/item/kinds.ts';
import {
  ttlBucketCount,
  ttlBucketEndMs,
  ttlBucketOf,
  ttlBucketOrder,
} from '../../../src/storage-node/engine/ttl-buckets/ttl-bucket.ts';

function wordsOf(text: string): [Int32Array, number] {
  const bytes = Buffer.from(text, 'latin1');
  const words = new Int32Array(16);
  loadKeyWords(words, bytes, 0, bytes.length);
  return [words, bytes.length];
}

describe('item record', () => {
  const kinds = new Kinds();

  it('large header: keeps the extremes of every field apart', () => {
    const words = new Int32Array(40).fill(-1);
    const [key, keyLength] = wordsOf('key:7');
    record.writeLargeHeader(words, 3, false, keyLength, 524_287, 0xffff_ffff, 0x7fff_ffff, 0xffff, 2 ** 48 - 1);
    record.writeItemKey(words, 3, key, keyLength);
    expect(record.itemHasSmallHeader(words, 3)).toBe(false);
    expect(record.itemKeyLength(words, 3)).toBe(5);
    expect(record.itemValueLength(words, 3)).toBe(524_287);
    expect(record.itemIsJumbo(words, 3)).toBe(false);
    expect(record.itemExpiry(words, 3)).toBe(0xffff_ffff);
    expect(record.itemNamespaceIndex(kinds, words, 3)).toBe(0x7fff_ffff);
    expect(record.itemFlags(kinds, words, 3)).toBe(0xffff);
    expect(record.itemSequence(words, 3)).toBe(2 ** 48 - 1);
    expect(record.itemTakesSequence(words, 3, 2 ** 48 - 1)).toBe(true);
    record.setItemSequence(words, 3, 2 ** 32 + 1);
    expect(record.itemSequence(words, 3)).toBe(2 ** 32 + 1);
    expect(record.itemFlags(kinds, words, 3)).toBe(0xffff);
    record.writeLargeHeader(words, 3, true, 2_048, 0, 1, 0, 0, 0);
    expect(record.itemIsJumbo(words, 3)).toBe(true);
    expect(record.itemKeyLength(words, 3)).toBe(2_048);
    expect(record.itemIsDead(words, 3)).toBe(false);
    record.markItemDead(words, 3);
    expect(record.itemIsDead(words, 3)).toBe(true);
  });

  it('small header: keeps the extremes of every field apart', () => {
    const words = new Int32Array(80).fill(-1);
    let kind = 0;
    for (let index = 0; kind < 4_095; index++) kind = kinds.of(index, 15);
    record.writeSmallHeader(words, 3, kind, 255, 4_095, 0xffff_ffff, 2 ** 32 - 1);
    expect(record.itemHasSmallHeader(words, 3)).toBe(true);
    expect(record.itemKeyLength(words, 3)).toBe(255);
    expect(record.itemValueLength(words, 3)).toBe(4_095);
    expect(record.itemIsJumbo(words, 3)).toBe(false);
    expect(record.itemExpiry(words, 3)).toBe(0xffff_ffff);
    expect(record.itemNamespaceIndex(kinds, words, 3)).toBe(4_094);
    expect(record.itemFlags(kinds, words, 3)).toBe(15);
    expect(record.itemSequence(words, 3)).toBe(2 ** 32 - 1);
    expect(record.itemTakesSequence(words, 3, 2 ** 32 - 1)).toBe(true);
    expect(record.itemTakesSequence(words, 3, 2 ** 32)).toBe(false);
    record.setItemSequence(words, 3, 7);
    expect([record.itemSequence(words, 3), words[6]]).toEqual([7, -1]);
    record.writeSmallHeader(words, 3, 1, 0, 0, 1, 0);
    expect([record.itemKeyLength(words, 3), record.itemValueLength(words, 3)]).toEqual([0, 0]);
  });

  it('fitsSmallHeader: to the last byte and number', () => {
    expect(record.fitsSmallHeader(255, 4_095, 2 ** 32 - 1)).toBe(true);
    expect(record.fitsSmallHeader(256, 0, 0)).toBe(false);
    expect(record.fitsSmallHeader(0, 4_096, 0)).toBe(false);
    expect(record.fitsSmallHeader(0, 0, 2 ** 32)).toBe(false);
  });

  it('kinds: one for each pair, always the same; none for rare flags or when all are taken', () => {
    const fresh = new Kinds();
    const first = fresh.of(0, 0);
    expect(first).not.toBe(noKind);
    expect(fresh.of(0, 1)).not.toBe(first);
    expect(fresh.of(0, 0)).toBe(first);
    expect(fresh.of(0, 16)).toBe(noKind);
    expect(fresh.of(0, 0xffff)).toBe(noKind);
    const seen = new Set([noKind, first, fresh.of(0, 1)]);
    for (let index = 1; seen.size < 4_096; index++) seen.add(fresh.of(index * 7, index % 16));
    expect(fresh.of(1_000_000, 3)).toBe(noKind);
    expect(fresh.of(7, 1)).not.toBe(noKind);
    expect([fresh.namespaceIndexes[fresh.of(7, 1)], fresh.flags[fresh.of(7, 1)]]).toEqual([7, 1]);
  });

  it.each(['small', 'large'])(
    'itemHasKey: looks at every byte of the key and at none of the value behind it (%s)',
    (header) => {
      const kinds = new Kinds();
      for (const text of ['a', 'ab', 'abc', 'abcd', 'abcde', 'a key of 21 bytes....']) {
        const words = new Int32Array(20).fill(-1);
        const [key, keyLength] = wordsOf(text);
        if (header === 'small') record.writeSmallHeader(words, 0, kinds.of(9, 0), keyLength, 4, 1, 0);
        else record.writeLargeHeader(words, 0, false, keyLength, 4, 1, 9, 0, 0);
        record.writeItemKey(words, 0, key, keyLength);
        new Uint8Array(words.buffer).set([1, 2, 3, 4], record.itemValueOffset(words, 0));
        expect(record.itemHasKey(kinds, words, 0, 9, key, keyLength)).toBe(true);
        expect(record.itemHasKey(kinds, words, 0, 8, key, keyLength)).toBe(false);
        for (let i = 0; i < text.length; i++) {
          const [other] = wordsOf(`${text.slice(0, i)}#${text.slice(i + 1)}`);
          expect(record.itemHasKey(kinds, words, 0, 9, other, keyLength)).toBe(false);
        }
      }
    },
  );
});

describe('TTL buckets', () => {
  it('order follows the TTL, and the end is the first TTL of a later bucket', () => {
    let last = Number.NEGATIVE_INFINITY;
    for (let ttlMs = 1; ttlMs < 0xffff_ffff; ttlMs = Math.ceil(ttlMs * 1.003)) {
      const bucket = ttlBucketOf(ttlMs);
      expect(bucket).toBeGreaterThanOrEqual(0);
      expect(bucket).toBeLessThan(ttlBucketCount);
      expect(ttlBucketOrder(bucket)).toBeGreaterThanOrEqual(last);
      last = ttlBucketOrder(bucket);
      expect(ttlBucketEndMs(bucket)).toBeGreaterThan(ttlMs);
      expect(ttlBucketOrder(ttlBucketOf(ttlBucketEndMs(bucket)))).toBeGreaterThan(last);
      expect(ttlBucketOf(ttlBucketEndMs(bucket) - 1)).toBe(bucket);
    }
  });
});

describe('key hash', () => {
  const hashOf = (hash: KeyHash, text: string, namespace = 0) => {
    hash.compute(...(wordsOf(text).toSpliced(1, 0, 0) as [Int32Array, number, number]), namespace);
    return [hash.low, hash.tag];
  };

  it('depends on seed, namespace, bytes and length', () => {
    const hash = new KeyHash(1);
    const seen = new Set<string>();
    for (const text of ['', '\0', '\0\0', '\0\0\0\0', 'a', 'b', 'abcd', 'abcd\0']) {
      for (const namespace of [0, 1]) seen.add(hashOf(hash, text, namespace).join());
    }
    seen.add(hashOf(new KeyHash(2), 'a').join());
    expect(seen.size).toBe(17);
    expect(hashOf(new KeyHash(1), 'abcde')).toEqual(hashOf(hash, 'abcde'));
  });

  it('every output bit turns over in about half of the one-bit changes', () => {
    const hash = new KeyHash(7);
    const turned = new Array<number>(64).fill(0);
    let changes = 0;
    for (let i = 0; i < 200; i++) {
      const text = `key:${i}:suffix`;
      const before = hashOf(hash, text);
      for (let bit = 0; bit < text.length * 8; bit += 3) {
        const bytes = Buffer.from(text, 'latin1');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const after = hashOf(hash, bytes.toString('latin1'));
        changes++;
        for (let out = 0; out < 64; out++) {
          const lane = out >> 5;
          turned[out]! += ((before[lane]! ^ after[lane]!) >>> (out & 31)) & 1;
        }
      }
    }
    for (const count of turned) expect(Math.abs(count / changes - 0.5)).toBeLessThan(0.03);
  });
});
