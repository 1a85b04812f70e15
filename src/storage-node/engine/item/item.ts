/**
 * The record of an item: a header of three 32-bit words or of six, the key, the value. Only this module knows
 * the bits.
 *
 * ```
 *        small header, 12 bytes               large header, 24 bytes
 *  word  31       20 19       8 7        0    31       20 19 18       12 11       0
 *       ┌───────────┬──────────┬──────────┐   ┌───────────┬──┬──────────┬──────────┐
 *   0   │ kind 12   │ value 12 │ key 8    │   │ 0         │J │ unused 7 │ key 12   │   lengths in bytes
 *       ├───────────┴──────────┴──────────┤   ├───────────┴──┴──────────┴──────────┤
 *   1   │ expiry, ms after segment base   │   │ expiry, ms after segment base      │   0: dead (removed, replaced, moved)
 *       ├─────────────────────────────────┤   ├────────────────────────────────────┤
 *   2   │ sequence                        │   │ sequence, low 32                   │
 *       └─────────────────────────────────┘   ├────────────────────────────────────┤
 *   3     key bytes, value bytes,             │ namespace index                    │
 *         padding to 4 bytes                  ├─────────────────┬──────────────────┤
 *   4                                         │ flags 16        │ sequence, high 16│
 *                                             ├─────────────────┴──────────────────┤
 *   5                                         │ value length                       │   then key, value, padding
 *                                             └────────────────────────────────────┘
 * ```
 *
 * Most items of a cache are small, and their header is most of what they cost: so they get the smallest one,
 * in which a *kind* (`kinds.ts`) stands for namespace and flags. Lengths and kind share a word because a lookup
 * compares key length and namespace at once, and eight and twelve bits of length cover what a small item is. An
 * item with a longer key or value, a sequence of 2^32 or more, or without a kind has the large header: at the
 * sizes where that is usual, twelve bytes more are a few per mille. J marks a jumbo, which lies in blocks.
 *
 * Records are aligned to 4 bytes, not 8: that saves 2 bytes of padding on average and costs half of the address
 * range. Words are little endian, as on every platform that Node runs on.
 */
import { type Kinds, kindBits, noKind } from './kinds.ts';

const lengthsWord = 0;
const expiryWord = 1;
const sequenceLowWord = 2;
const namespaceWord = 3;
const sequenceHighWord = 4;
const valueLengthWord = 5;

export const smallHeaderWords = 3;
export const largeHeaderWords = 6;

const kindShift = 32 - kindBits;
const smallValueShift = 8;
const smallKeyMask = 0xff;
const smallValueMask = 0xfff;
const largeKeyMask = 0xfff;
const jumboBit = 1 << 19;
const twoTo32 = 2 ** 32;

/** The latest expiry of an item, in ms after its segment's base. */
export const itemExpiryMax = 0xffff_ffff;

/** Whether the lengths (bytes) and the sequence fit the small header. */
export function fitsSmallHeader(keyLength: number, valueLength: number, sequence: number): boolean {
  return keyLength <= smallKeyMask && valueLength <= smallValueMask && sequence < twoTo32;
}

/** Bytes of a record with the small header or the large one, padding included. */
export function itemSizeOf(small: boolean, keyLength: number, valueLength: number): number {
  return ((small ? smallHeaderWords : largeHeaderWords) * 4 + keyLength + valueLength + 3) & ~3;
}

/** Writes a small header. `expiry`: unsigned, ms after the segment's base, not 0. */
export function writeSmallHeader(
  words: Int32Array,
  at: number,
  kind: number,
  keyLength: number,
  valueLength: number,
  expiry: number,
  sequence: number,
): void {
  words[at + lengthsWord] = (kind << kindShift) | (valueLength << smallValueShift) | keyLength;
  words[at + expiryWord] = expiry;
  words[at + sequenceLowWord] = sequence;
}

/** Writes a large header. `expiry`: unsigned, ms after the segment's base (or the jumbo's own), not 0. */
export function writeLargeHeader(
  words: Int32Array,
  at: number,
  jumbo: boolean,
  keyLength: number,
  valueLength: number,
  expiry: number,
  namespaceIndex: number,
  flags: number,
  sequence: number,
): void {
  words[at + lengthsWord] = jumbo ? jumboBit | keyLength : keyLength;
  words[at + expiryWord] = expiry;
  words[at + sequenceLowWord] = sequence;
  words[at + namespaceWord] = namespaceIndex;
  words[at + sequenceHighWord] = (flags << 16) | (sequence / twoTo32);
  words[at + valueLengthWord] = valueLength;
}

/** Writes the key behind the header; bytes after its end in the last word are undefined until the value is written. */
export function writeItemKey(words: Int32Array, at: number, keyWords: Int32Array, keyLength: number): void {
  const count = (keyLength + 3) >>> 2;
  const start = at + itemHeaderWords(words, at);
  for (let i = 0; i < count; i++) words[start + i] = keyWords[i]!;
}

/** Whether the record is of this namespace and key. */
export function itemHasKey(
  kinds: Kinds,
  words: Int32Array,
  at: number,
  namespaceIndex: number,
  keyWords: Int32Array,
  keyLength: number,
): boolean {
  const lengths = words[at + lengthsWord]!;
  const kind = lengths >>> kindShift;
  let start = at + smallHeaderWords;
  if (kind !== noKind) {
    if ((lengths & smallKeyMask) !== keyLength || kinds.namespaceIndexes[kind] !== namespaceIndex) return false;
  } else {
    if ((lengths & largeKeyMask) !== keyLength || words[at + namespaceWord] !== namespaceIndex) return false;
    start = at + largeHeaderWords;
  }
  const whole = keyLength >>> 2;
  for (let i = 0; i < whole; i++) if (words[start + i] !== keyWords[i]) return false;
  const rest = keyLength & 3;
  return rest === 0 || ((words[start + whole]! ^ keyWords[whole]!) & ((1 << (rest << 3)) - 1)) === 0;
}

export function itemHasSmallHeader(words: Int32Array, at: number): boolean {
  return words[at + lengthsWord]! >>> kindShift !== noKind;
}

export function itemHeaderWords(words: Int32Array, at: number): number {
  return itemHasSmallHeader(words, at) ? smallHeaderWords : largeHeaderWords;
}

export function itemKeyLength(words: Int32Array, at: number): number {
  return words[at + lengthsWord]! & (itemHasSmallHeader(words, at) ? smallKeyMask : largeKeyMask);
}

export function itemIsJumbo(words: Int32Array, at: number): boolean {
  const lengths = words[at + lengthsWord]!;
  return lengths >>> kindShift === noKind && (lengths & jumboBit) !== 0;
}

export function itemValueLength(words: Int32Array, at: number): number {
  if (!itemHasSmallHeader(words, at)) return words[at + valueLengthWord]!;
  return (words[at + lengthsWord]! >>> smallValueShift) & smallValueMask;
}

/** Bytes of the record, padding included. */
export function itemSize(words: Int32Array, at: number): number {
  return itemSizeOf(itemHasSmallHeader(words, at), itemKeyLength(words, at), itemValueLength(words, at));
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

export function itemNamespaceIndex(kinds: Kinds, words: Int32Array, at: number): number {
  const kind = words[at + lengthsWord]! >>> kindShift;
  return kind === noKind ? words[at + namespaceWord]! : kinds.namespaceIndexes[kind]!;
}

export function itemFlags(kinds: Kinds, words: Int32Array, at: number): number {
  const kind = words[at + lengthsWord]! >>> kindShift;
  return kind === noKind ? words[at + sequenceHighWord]! >>> 16 : kinds.flags[kind]!;
}

export function itemSequence(words: Int32Array, at: number): number {
  const low = words[at + sequenceLowWord]! >>> 0;
  return itemHasSmallHeader(words, at) ? low : (words[at + sequenceHighWord]! & 0xffff) * twoTo32 + low;
}

/** Fields of an item, as one look at its header gives them. */
export interface ItemFields {
  valueLength: number;
  flags: number;
  sequence: number;
}

/** Reads the fields of a record at once; returns where the value begins, in bytes after the record's start. */
export function readItem(kinds: Kinds, words: Int32Array, at: number, into: ItemFields): number {
  const lengths = words[at + lengthsWord]!;
  const kind = lengths >>> kindShift;
  const sequenceLow = words[at + sequenceLowWord]! >>> 0;
  if (kind !== noKind) {
    into.valueLength = (lengths >>> smallValueShift) & smallValueMask;
    into.flags = kinds.flags[kind]!;
    into.sequence = sequenceLow;
    return smallHeaderWords * 4 + (lengths & smallKeyMask);
  }
  const high = words[at + sequenceHighWord]!;
  into.valueLength = words[at + valueLengthWord]!;
  into.flags = high >>> 16;
  into.sequence = (high & 0xffff) * twoTo32 + sequenceLow;
  return largeHeaderWords * 4 + (lengths & largeKeyMask);
}

/** Whether the record's header has room for the sequence. */
export function itemTakesSequence(words: Int32Array, at: number, sequence: number): boolean {
  return sequence < twoTo32 || !itemHasSmallHeader(words, at);
}

export function setItemSequence(words: Int32Array, at: number, sequence: number): void {
  words[at + sequenceLowWord] = sequence;
  if (itemHasSmallHeader(words, at)) return;
  words[at + sequenceHighWord] = (words[at + sequenceHighWord]! & ~0xffff) | (sequence / twoTo32);
}

/** Where the value begins, in bytes after the record's start. */
export function itemValueOffset(words: Int32Array, at: number): number {
  return itemHeaderWords(words, at) * 4 + itemKeyLength(words, at);
}
