import { murmur3 } from './hash.ts';

/** A slot: the unit of placement, replication, hand-off and ordering; 0 … `slotCount` − 1. */
export type SlotId = number & { readonly unit: 'slot' };

/** Slots of a fleet. A power of two, so that a slot is the top bits of the key hash. */
export const slotCount = 4_096;
const slotShift = 32 - Math.log2(slotCount);

const encoder = new TextEncoder();

/**
 * The seed under which all keys of one cache are hashed. The account travels with its length, so that
 * account `a` with cache `bc` and account `ab` with cache `c` do not share one.
 */
export function cacheSeed(account: string, cache: string): number {
  const accountBytes = encoder.encode(account);
  const cacheBytes = encoder.encode(cache);
  const bytes = new Uint8Array(2 + accountBytes.length + cacheBytes.length);
  bytes[0] = accountBytes.length & 0xff;
  bytes[1] = accountBytes.length >>> 8;
  bytes.set(accountBytes, 2);
  bytes.set(cacheBytes, 2 + accountBytes.length);
  return murmur3(bytes, 0, bytes.length, 0);
}

/** Unsigned 32-bit hash of a key within its cache; frames echo it. */
export function keyHash(seed: number, key: Uint8Array): number {
  return murmur3(key, 0, key.length, seed);
}

/** The least of the hashes whose slot this is. */
export function hashInSlot(slot: number): number {
  return (slot << slotShift) >>> 0;
}

/** The slot of a key hash: its top 12 bits. */
export function slotOf(hash: number): SlotId {
  return (hash >>> slotShift) as SlotId;
}
