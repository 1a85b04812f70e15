/**
 * Items where they are kept: the one place where table, segments and namespaces change together, so that
 * an item is in the table exactly as long as it is counted live and its record is not marked dead.
 */
import { copyBytes } from '../copy-bytes.ts';
import type { HashTable } from '../hash-table/hash-table.ts';
import type { KeyHash } from '../hash-table/key-hash.ts';
import type { Namespaces } from '../namespaces/namespaces.ts';
import type { SegmentId } from '../segments/segment-id.ts';
import type { Segments } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import {
  itemExpiry,
  itemHeaderWords,
  itemKeyLength,
  itemNamespaceIndex,
  itemSize,
  markItemDead,
  setItemExpiry,
} from './item.ts';
import type { Kinds } from './kinds.ts';

/** No item has address 0: the first page of the table does. */
export const noItem = 0;

export class Items {
  readonly segments: Segments;
  readonly table: HashTable;
  readonly namespaces: Namespaces;
  readonly hash: KeyHash;
  readonly kinds: Kinds;
  /** Bytes of the items in the table. */
  liveBytes = 0;
  evictions = 0;
  expirations = 0;
  moved = 0;
  /** An item that eviction must keep, because a put is about to replace it; follows the item when it moves. */
  protectedAddress = noItem;

  constructor(segments: Segments, table: HashTable, namespaces: Namespaces, hash: KeyHash, kinds: Kinds) {
    this.segments = segments;
    this.table = table;
    this.namespaces = namespaces;
    this.hash = hash;
    this.kinds = kinds;
  }

  /** When the item at this address expires, in ms of the caller's clock. */
  expiryMsAt(address: number): number {
    const words = this.segments.slabs.words[address >>> slabShift]!;
    return this.segments.baseMs[this.segments.of(address)]! + itemExpiry(words, address & slabMask);
  }

  /** Bytes of the record at this address, padding included. */
  sizeAt(address: number): number {
    return itemSize(this.segments.slabs.words[address >>> slabShift]!, address & slabMask);
  }

  namespaceIndexAt(address: number): number {
    return itemNamespaceIndex(this.kinds, this.segments.slabs.words[address >>> slabShift]!, address & slabMask);
  }

  /** Takes room for a record at the end of a segment; returns its address. */
  append(segment: SegmentId, bytes: number): number {
    const address = (this.segments.addressOf(segment) + (this.segments.written[segment]! >>> 2)) | 0;
    this.segments.recordAppend(segment, bytes);
    return address;
  }

  /** Counts a record, just written, as live. */
  admit(segment: SegmentId, namespaceIndex: number, bytes: number, expiryMs: number): void {
    this.segments.recordLive(segment, namespaceIndex, bytes, expiryMs);
    this.namespaces.countStored(namespaceIndex, bytes);
    this.liveBytes += bytes;
  }

  /** Ends an item that is no longer in the table; frees its segment if it was the last one there. */
  retire(address: number): void {
    const words = this.segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const bytes = itemSize(words, at);
    this.namespaces.countGone(itemNamespaceIndex(this.kinds, words, at), bytes);
    this.liveBytes -= bytes;
    this.#leave(words, at, this.segments.of(address), bytes);
  }

  #leave(words: Int32Array, at: number, segment: SegmentId, bytes: number): void {
    markItemDead(words, at);
    this.segments.liveBytes[segment]! -= bytes;
    if (--this.segments.liveItems[segment]! === 0) this.segments.release(segment);
  }

  /** Removes the item of the table's current slot, whose hash is given. */
  unlink(low: number, tag: number): void {
    const address = this.table.location;
    this.table.remove(low, tag);
    this.retire(address);
  }

  /** As `unlink`, for an item that has expired. */
  expire(low: number, tag: number, nowMs: number): void {
    const address = this.table.location;
    const index = this.namespaceIndexAt(address);
    if (!this.namespaces.isDropped(index)) {
      this.namespaces.expirations[index]!++;
      this.expirations++;
      if (this.expiryMsAt(address) > nowMs) this.namespaces.earlyExpirations[index]!++;
    }
    this.unlink(low, tag);
  }

  /** As `unlink`, for a live item that gives way to memory pressure. */
  evict(low: number, tag: number): void {
    this.namespaces.evictions[this.namespaceIndexAt(this.table.location)]!++;
    this.evictions++;
    this.unlink(low, tag);
  }

  /** Points the table's slot and the hash at the live item at `address`. */
  seek(address: number): void {
    if (!this.#locate(address, address)) throw new Error('a live item is not in the table');
  }

  /** Points the table's slot at the item that the table has at `known`, and whose record can be read at `address`. */
  #locate(address: number, known: number): boolean {
    const words = this.segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const keyAt = at + itemHeaderWords(words, at);
    this.hash.compute(words, keyAt, itemKeyLength(words, at), itemNamespaceIndex(this.kinds, words, at));
    return this.table.locate(this.hash.low, this.hash.tag, known);
  }

  /** Moves the plain item of the table's current slot to the end of a segment with room. */
  move(to: SegmentId, bytes: number): void {
    const { segments, table } = this;
    const from = table.location;
    const fromSlab = from >>> slabShift;
    const fromAt = from & slabMask;
    const expiryMs = this.expiryMsAt(from);
    const address = this.append(to, bytes);
    const toSlab = address >>> slabShift;
    const toAt = address & slabMask;
    copyBytes(segments.slabs.bytes[fromSlab]!, fromAt * 4, segments.slabs.bytes[toSlab]!, toAt * 4, bytes);
    setItemExpiry(segments.slabs.words[toSlab]!, toAt, expiryMs - segments.baseMs[to]!);
    segments.recordLive(to, this.namespaceIndexAt(from), bytes, expiryMs);
    table.location = address;
    if (this.protectedAddress === from) this.protectedAddress = address;
    this.moved++;
    this.#leave(segments.slabs.words[fromSlab]!, fromAt, segments.of(from), bytes);
  }

  /** Frees a segment of blocks by moving the blocks of jumbos that are left in it; false when there is no room. */
  vacateBlocks(): boolean {
    return this.segments.vacateBlocks((from, to) => {
      if (!this.#locate(to, from)) throw new Error('a jumbo is not in the table');
      this.table.location = to;
      if (this.protectedAddress === from) this.protectedAddress = to;
    });
  }
}
