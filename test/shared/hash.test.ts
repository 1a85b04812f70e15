import { describe, expect, it } from 'vitest';
import { murmur3 } from '../../src/shared/hash.ts';
import { cacheSeed, hashInSlot, keyHash, slotCount, slotOf } from '../../src/shared/slots.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('murmur3', () => {
  it.each<[string, number, number]>([
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffff_ffff, 0x81f16f39],
    ['\0\0\0\0', 0, 0x2362f9de],
    ['a', 0x9747b28c, 0x7fa09ea6],
    ['aa', 0x9747b28c, 0x5d211726],
    ['aaa', 0x9747b28c, 0x283e0130],
    ['aaaa', 0x9747b28c, 0x5a97808a],
    ['abc', 0, 0xb3dd93fa],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('%j under seed %i: the published value', (text, seed, hash) => {
    expect(murmur3(bytes(text), 0, bytes(text).length, seed)).toBe(hash);
  });

  it('reads its range only, wherever that lies', () => {
    const around = bytes('xxHello, world!yyyy');
    expect(murmur3(around, 2, 13, 0x9747b28c)).toBe(0x24884cba);
  });
});

describe('slots', () => {
  it('never move: every process of every version maps a key to the same slot', () => {
    const seed = cacheSeed('default', 'default');
    expect([seed, keyHash(seed, bytes('hello')), slotOf(keyHash(seed, bytes('hello')))]).toMatchInlineSnapshot(`
      [
        3700949634,
        3641601928,
        3472,
      ]
    `);
  });

  it('account and cache do not run into one another', () => {
    expect(cacheSeed('a', 'bc')).not.toBe(cacheSeed('ab', 'c'));
    expect(cacheSeed('', 'abc')).not.toBe(cacheSeed('abc', ''));
  });

  it('a slot is the top bits of the hash', () => {
    expect([slotOf(0), slotOf(0x000f_ffff), slotOf(0x0010_0000), slotOf(0xffff_ffff)]).toEqual([
      0,
      0,
      1,
      slotCount - 1,
    ]);
  });

  it('each slot has a hash of its own', () => {
    for (let slot = 0; slot < slotCount; slot++) expect(slotOf(hashInSlot(slot))).toBe(slot);
    expect(hashInSlot(slotCount - 1)).toBeGreaterThan(0);
  });

  it('keys spread evenly', () => {
    const counts = new Uint32Array(slotCount);
    for (let index = 0; index < 100_000; index++) counts[slotOf(keyHash(1, bytes(`key:${index}`)))]!++;
    expect(Math.max(...counts)).toBeLessThan(60);
    expect(Math.min(...counts)).toBeGreaterThan(5);
  });
});
