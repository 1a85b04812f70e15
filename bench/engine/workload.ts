/**
 * Keys, values and TTLs of the engine bench, made from a seed. Keys lie in buffers one after the other, as they do in
 * a frame; making them is not part of what is measured.
 */
import { keyLength } from './cases.ts';

/** Operations between two looks at the clock: a full frame (`hopLimits.frameOperationsMax`). */
export const batchOperations = 512;

/** Numbers of keys that are never stored begin here. */
export const absentNumbersFrom = 5e13;

/** Bounds of the keys that are drawn before a measurement: enough to leave the processor's caches, few enough to keep. */
const drawsMin = 2 ** 16;
const drawsMax = 2 ** 20;

/** TTLs of items that have their own, in ms: none ends while the bench runs, and no two share a TTL bucket. */
const mixedTtlsMs = [5, 10, 20, 40, 60, 90, 120, 240].map((minutes) => minutes * 60_000);
const dayMs = 24 * 3_600_000;

const prefix = Buffer.from('bench:', 'latin1');
const digit0 = 48;

/** Uniform in [0, 1); Marsaglia's xorshift of 32 bits. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Writes the key of a number, a prefix and decimal digits, at `at`. */
export function writeKey(keys: Buffer, at: number, number: number): void {
  prefix.copy(keys, at);
  let rest = number;
  for (let i = at + keyLength - 1; i >= at + prefix.length; i--) {
    const next = Math.floor(rest / 10);
    keys[i] = digit0 + (rest - next * 10);
    rest = next;
  }
}

/** A buffer with the keys of `count` numbers. */
export function keysOf(count: number, numberAt: (index: number) => number): Buffer {
  const keys = Buffer.alloc(count * keyLength);
  for (let i = 0; i < count; i++) writeKey(keys, i * keyLength, numberAt(i));
  return keys;
}

/**
 * Numbers below `items` drawn by Zipf 1.0, the continuous law cut to whole ranks, with ranks spread over the numbers,
 * so that neighbours in memory are not neighbours in popularity.
 */
export function zipfNumbers(items: number, random: Random): Uint32Array {
  const draws = Math.min(drawsMax, Math.max(drawsMin, items));
  const numbers = new Uint32Array(Math.ceil(draws / batchOperations) * batchOperations);
  for (let i = 0; i < numbers.length; i++) {
    const rank = Math.min(items - 1, Math.floor(Math.exp(random() * Math.log(items))) - 1);
    numbers[i] = (Math.imul(rank, 0x9e3779b1) >>> 0) % items;
  }
  return numbers;
}

export function ttlMsOf(number: number, mixedTtl: boolean): number {
  return mixedTtl ? mixedTtlsMs[number % mixedTtlsMs.length]! : dayMs;
}

/** Marks a value as that of a number, so that a wrong one is noticed. */
export function markValue(value: Uint8Array, number: number): void {
  value[0] = number;
  value[1] = number >>> 8;
  value[2] = number >>> 16;
  value[3] = number >>> 24;
}

export function isValueOf(value: Uint8Array, number: number): boolean {
  const marked = value[0]! | (value[1]! << 8) | (value[2]! << 16) | (value[3]! << 24);
  return marked === (number | 0) && value[4] === fillByte;
}

export const fillByte = 97;
