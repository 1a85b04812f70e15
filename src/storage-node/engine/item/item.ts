/**
 * The record of an item: a header of five 32-bit words, the key, the value. Only this module knows the bits.
 *
 * ```
 *  word  31 30            12 11         0
 *       ┌──┬─────────────────┬───────────┐
 *   0   │J │ value length 19 │ key len 12│  J: jumbo, its value length is in the segment's header
 *       ├──┴─────────────────┴───────────┤
 *   1   │ expiry, ms after segment base  │  0: dead (removed, replaced or moved)
 *       ├────────────────────────────────┤
 *   2   │ namespace index                │  dense number of the namespace inside this engine
 *       ├────────────────────────────────┤
 *   3   │ sequence, low 32               │
 *       ├────────────────┬───────────────┤
 *   4   │ flags 16       │ seq. high 16  │
 *       ├────────────────┴───────────────┤
 *   5…  │ key bytes, value bytes, padding to 4 bytes
 *       └────────────────────────────────┘
 * ```
 *
 * Lengths share a word because a plain item is at most half a segment (2^19 bytes) and a key at most 2,048.
 * Flags sit beside the sequence's top because 16 + 48 is two words. Records are aligned to 4 bytes, not 8:
 * that saves 2 bytes of padding on average and costs half of the address range. Words are little endian, as
 * on every platform that Node runs on.
 */
export const itemHeaderWords = 5;
export const itemHeaderBytes = itemHeaderWords * 4;

const lengthsWord = 0;
const expiryWord = 1;
const namespaceWord = 2;
const sequenceLowWord = 3;
const sequenceHighWord = 4;

const keyLengthBits = 12;
const keyLengthMask = (1 << keyLengthBits) - 1;
const valueLengthMask = (1 << 19) - 1;
const jumboBit = 1 << 31;
const twoTo32 = 2 ** 32;

/** The latest expiry of an item, in ms after its segment's base. */
export const itemExpiryMax = 0xffff_ffff;

/** Bytes of a record, padding included. */
export function itemSizeOf(keyLength: number, valueLength: number): number {
  return (itemHeaderBytes + keyLength + valueLength + 3) & ~3;
}

/** Writes the header. `expiry` is unsigned, ms after the segment's base, not 0. */
export function writeItemHeader(
  words: Int32Array,
  at: number,
  keyLength: number,
  valueLength: number,
  jumbo: boolean,
  expiry: number,
  namespaceIndex: number,
  flags: number,
  sequence: number,
): void {
  words[at + lengthsWord] = jumbo ? jumboBit | keyLength : (valueLength << keyLengthBits) | keyLength;
  words[at + expiryWord] = expiry;
  words[at + namespaceWord] = namespaceIndex;
  words[at + sequenceLowWord] = sequence;
  words[at + sequenceHighWord] = (flags << 16) | (sequence / twoTo32);
}

/** Writes the key from `keyWords`; bytes after its end in the last word are undefined until the value is written. */
export function writeItemKey(words: Int32Array, at: number, keyWords: Int32Array, keyLength: number): void {
  const count = (keyLength + 3) >>> 2;
  const start = at + itemHeaderWords;
  for (let i = 0; i < count; i++) words[start + i] = keyWords[i]!;
}

/** Whether the record is of this namespace and key. */
export function itemHasKey(
  words: Int32Array,
  at: number,
  namespaceIndex: number,
  keyWords: Int32Array,
  keyLength: number,
): boolean {
  if (words[at + namespaceWord] !== namespaceIndex) return false;
  if ((words[at + lengthsWord]! & keyLengthMask) !== keyLength) return false;
  const start = at + itemHeaderWords;
  const whole = keyLength >>> 2;
  for (let i = 0; i < whole; i++) if (words[start + i] !== keyWords[i]) return false;
  const rest = keyLength & 3;
  return rest === 0 || ((words[start + whole]! ^ keyWords[whole]!) & ((1 << (rest << 3)) - 1)) === 0;
}

export function itemKeyLength(words: Int32Array, at: number): number {
  return words[at + lengthsWord]! & keyLengthMask;
}

export function itemIsJumbo(words: Int32Array, at: number): boolean {
  return words[at + lengthsWord]! < 0;
}

/** The value length of a plain item; a jumbo's is in its segment's header. */
export function itemValueLength(words: Int32Array, at: number): number {
  return (words[at + lengthsWord]! >>> keyLengthBits) & valueLengthMask;
}

/** Bytes of a plain record, padding included. */
export function itemSize(words: Int32Array, at: number): number {
  return itemSizeOf(itemKeyLength(words, at), itemValueLength(words, at));
}

/** Expiry in ms after the segment's base; 0 for a dead item. */
export function itemExpiry(words: Int32Array, at: number): number {
  return words[at + expiryWord]! >>> 0;
}

export function setItemExpiry(words: Int32Array, at: number, expiry: number): void {
  words[at + expiryWord] = expiry;
}

export function itemIsDead(words: Int32Array, at: number): boolean {
  return words[at + expiryWord] === 0;
}

export function markItemDead(words: Int32Array, at: number): void {
  words[at + expiryWord] = 0;
}

export function itemNamespaceIndex(words: Int32Array, at: number): number {
  return words[at + namespaceWord]!;
}

export function itemFlags(words: Int32Array, at: number): number {
  return words[at + sequenceHighWord]! >>> 16;
}

export function itemSequence(words: Int32Array, at: number): number {
  return (words[at + sequenceHighWord]! & 0xffff) * twoTo32 + (words[at + sequenceLowWord]! >>> 0);
}

export function setItemSequence(words: Int32Array, at: number, sequence: number): void {
  words[at + sequenceLowWord] = sequence;
  words[at + sequenceHighWord] = (words[at + sequenceHighWord]! & ~0xffff) | (sequence / twoTo32);
}

/** Where the value begins, in bytes after the record's start. */
export function itemValueOffset(keyLength: number): number {
  return itemHeaderBytes + keyLength;
}
