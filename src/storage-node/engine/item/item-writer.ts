/**
 * Storing items: in place when the record has the same size, else appended to a tail, or in a run of their own.
 *
 * All or nothing: whatever may fail (a slot in the table, a segment) is had before anything is written, and
 * the item that is being replaced is protected from the eviction that this may need. Nothing is reserved for
 * an item that turns out not to fit.
 */
import { copyBytes } from '../copy-bytes.ts';
import type { EvictionPolicy } from '../eviction/eviction-policy.ts';
import type { RunCursor } from '../jumbo/run-cursor.ts';
import { engineLimits, type Geometry } from '../options.ts';
import type { Reclaimer } from '../reclaim/reclaimer.ts';
import { isMainPool, mainPoolOf, type Owner, type Pool, pinnedPool, smallPoolOf } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import type { PutOutcome } from '../storage-engine.ts';
import type { Tails } from '../ttl-buckets/tails.ts';
import { ttlBucketEndMs, ttlBucketOf, ttlBucketOrder } from '../ttl-buckets/ttl-bucket.ts';
import {
  fitsSmallHeader,
  itemExpiryMax,
  itemFlags,
  itemHasSmallHeader,
  itemIsJumbo,
  itemKeyLength,
  itemNamespaceIndex,
  itemSize,
  itemSizeOf,
  itemValueLength,
  itemValueOffset,
  setItemExpiry,
  setItemSequence,
  writeItemKey,
  writeLargeHeader,
  writeSmallHeader,
} from './item.ts';
import { type Items, noItem } from './items.ts';
import { noKind } from './kinds.ts';

export class ItemWriter {
  readonly #items: Items;
  readonly #tails: Tails;
  readonly #policy: EvictionPolicy;
  readonly #reclaimer: Reclaimer;
  readonly #geometry: Geometry;
  readonly #cursor: RunCursor;
  /** Puts until table growth is tried again after no segment could be had. */
  #growthPause = 0;

  constructor(
    items: Items,
    tails: Tails,
    policy: EvictionPolicy,
    reclaimer: Reclaimer,
    geometry: Geometry,
    cursor: RunCursor,
  ) {
    this.#items = items;
    this.#tails = tails;
    this.#policy = policy;
    this.#reclaimer = reclaimer;
    this.#geometry = geometry;
    this.#cursor = cursor;
  }

  /**
   * Stores an item whose key is in `keyWords` and whose hash is computed. `exists`: the table's slot is at
   * the live item that it replaces.
   */
  put(
    namespaceIndex: number,
    keyWords: Int32Array,
    keyLength: number,
    value: Uint8Array,
    valueStart: number,
    valueLength: number,
    flags: number,
    sequence: number,
    expiryMs: number,
    nowMs: number,
    exists: boolean,
  ): PutOutcome {
    const items = this.#items;
    const { table, segments } = items;
    const { low, tag } = items.hash;
    const fits = fitsSmallHeader(keyLength, valueLength, sequence);
    const kind = fits ? items.kinds.of(namespaceIndex, flags) : noKind;
    const small = kind !== noKind;
    const bytes = itemSizeOf(small, keyLength, valueLength);
    const jumbo = bytes > this.#geometry.plainSizeBytesMax;
    const old = exists ? table.location : noItem;

    let address = noItem;
    const inPlace = exists && this.#fitsInPlace(old, small, bytes, jumbo, expiryMs, nowMs);
    if (inPlace) {
      address = old;
      if (jumbo) this.#takeOverJumbo(old, namespaceIndex, bytes, expiryMs, nowMs);
    } else {
      const into = this.#poolFor(namespaceIndex, low, tag, old);
      address = this.#reserve(into, namespaceIndex, old, bytes, jumbo, expiryMs, nowMs);
      if (address === noItem) return 'full';
    }

    const segment = segments.of(address);
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const expiry = expiryMs - segments.baseMs[segment]!;
    if (small) writeSmallHeader(words, at, kind, keyLength, valueLength, expiry, sequence);
    else writeLargeHeader(words, at, jumbo, keyLength, valueLength, expiry, namespaceIndex, flags, sequence);
    if (!inPlace) writeItemKey(words, at, keyWords, keyLength);
    const valueAt = itemValueOffset(words, at);
    if (jumbo) {
      this.#cursor.seek(segments.headOf(segment), valueAt);
      this.#cursor.write(value, valueStart, valueLength);
    } else {
      copyBytes(value, valueStart, segments.slabs.bytes[address >>> slabShift]!, at * 4 + valueAt, valueLength);
    }
    if (inPlace) segments.extendExpiry(segment, expiryMs);
    else this.#publish(address, segment, namespaceIndex, bytes, expiryMs, low, tag);
    return 'stored';
  }

  /**
   * Room for a record and for its slot in the table, or `noItem`. The item at `old` stays protected until the
   * record is published.
   */
  #reserve(
    into: Pool,
    namespaceIndex: number,
    old: number,
    bytes: number,
    jumbo: boolean,
    expiryMs: number,
    nowMs: number,
  ): number {
    const items = this.#items;
    items.protectedAddress = old;
    let address = noItem;
    if (this.#prepareTable(items.namespaces.owner[namespaceIndex]!, nowMs)) {
      if (jumbo) address = this.#takeBlocks(into, namespaceIndex, bytes, expiryMs, nowMs);
      else address = this.#takeRoom(into, namespaceIndex, bytes, expiryMs, nowMs);
    }
    if (address === noItem) items.protectedAddress = noItem;
    return address;
  }

  /** Puts a new record into the table and ends the one it replaces, wherever eviction has moved that. */
  #publish(
    address: number,
    segment: SegmentId,
    namespaceIndex: number,
    bytes: number,
    expiryMs: number,
    low: number,
    tag: number,
  ): void {
    const items = this.#items;
    const old = items.protectedAddress;
    items.protectedAddress = noItem;
    items.admit(segment, namespaceIndex, bytes, expiryMs);
    if (old === noItem) {
      items.table.insert(low, tag, address);
      return;
    }
    if (!items.table.locate(low, tag, old)) throw new Error('a protected item is not in the table');
    items.table.location = address;
    items.retire(old);
  }

  /** Gives the live item of the table's slot, whose hash is computed, another expiry and sequence. */
  setExpiry(sequence: number, expiryMs: number, nowMs: number): PutOutcome {
    const items = this.#items;
    const { segments, table } = items;
    const { low, tag } = items.hash;
    let address = table.location;
    const segment = segments.of(address);
    const bytes = items.sizeAt(address);
    if (segments.isJumbo(segment)) {
      segments.rebaseJumbo(segment, expiryMs, nowMs);
    } else if (!this.#mayStay(segment, expiryMs, nowMs)) {
      items.protectedAddress = address;
      const namespaceIndex = items.namespaceIndexAt(address);
      const room = this.#tailFor(segments.pool[segment]!, namespaceIndex, bytes, expiryMs, nowMs);
      address = items.protectedAddress;
      items.protectedAddress = noItem;
      if (!table.locate(low, tag, address)) throw new Error('a protected item is not in the table');
      if (room !== noSegment) {
        items.move(room, bytes);
        address = table.location;
      } else if (expiryMs - segments.baseMs[segments.of(address)]! > itemExpiryMax) {
        return 'full';
      }
    }
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const home = segments.of(address);
    setItemSequence(words, at, sequence);
    setItemExpiry(words, at, expiryMs - segments.baseMs[home]!);
    segments.extendExpiry(home, expiryMs);
    return 'stored';
  }

  /**
   * As `setExpiry`, for an item whose header has no room for the sequence: it is written anew. The item is a small
   * one, its key is in `keyWords`.
   */
  rewrite(keyWords: Int32Array, sequence: number, expiryMs: number, nowMs: number): PutOutcome {
    const { segments, table, kinds } = this.#items;
    const address = table.location;
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const valueAt = at * 4 + itemValueOffset(words, at);
    const length = itemValueLength(words, at);
    const value = segments.slabs.bytes[address >>> slabShift]!.slice(valueAt, valueAt + length);
    const index = itemNamespaceIndex(kinds, words, at);
    const flags = itemFlags(kinds, words, at);
    const keyLength = itemKeyLength(words, at);
    return this.put(index, keyWords, keyLength, value, 0, length, flags, sequence, expiryMs, nowMs, true);
  }

  #poolFor(namespaceIndex: number, low: number, tag: number, old: number): Pool {
    const { namespaces, segments } = this.#items;
    if (namespaces.isPinned(namespaceIndex)) return pinnedPool;
    const toMain = old === noItem ? this.#policy.admitsToMain(low, tag) : isMainPool(segments.pool[segments.of(old)]!);
    const owner = namespaces.owner[namespaceIndex]!;
    return toMain ? mainPoolOf(owner) : smallPoolOf(owner);
  }

  #fitsInPlace(
    address: number,
    small: boolean,
    bytes: number,
    jumbo: boolean,
    expiryMs: number,
    nowMs: number,
  ): boolean {
    const { segments } = this.#items;
    const segment = segments.of(address);
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    if (itemIsJumbo(words, at) !== jumbo || itemHasSmallHeader(words, at) !== small) return false;
    if (jumbo) return segments.blocks.countFor(bytes) <= segments.blocks.countFor(itemSize(words, at));
    return itemSize(words, at) === bytes && this.#mayStay(segment, expiryMs, nowMs);
  }

  /**
   * Whether an item of the segment may get this expiry where it is. Not if that would keep a segment whose
   * other items are long dead: one whose time has run, or one for shorter TTLs. Nor if the item would be dead
   * long before its segment.
   */
  #mayStay(segment: SegmentId, expiryMs: number, nowMs: number): boolean {
    const { segments } = this.#items;
    const bucket = segments.bucket[segment]!;
    const bucketEndMs = ttlBucketEndMs(bucket);
    const earlyMs = segments.maxExpiryMs[segment]! - expiryMs;
    if (earlyMs >= 0) return earlyMs <= Math.max(engineLimits.stayEarlyMs, bucketEndMs * engineLimits.stayEarlyShare);
    const baseMs = segments.baseMs[segment]!;
    if (expiryMs - baseMs > itemExpiryMax || nowMs - baseMs > bucketEndMs) return false;
    return ttlBucketOrder(ttlBucketOf(expiryMs - nowMs)) <= ttlBucketOrder(bucket);
  }

  /** Grows the table by the step that is due, and sees to it that an item can be inserted. */
  #prepareTable(owner: Owner, nowMs: number): boolean {
    const { table } = this.#items;
    // Two splits for each put: growth outruns the items whatever their rate.
    for (let i = 0; i < 2 && table.growthDue; i++) {
      if (table.growthNeedsPage) {
        if (this.#growthPause > 0) {
          this.#growthPause--;
          break;
        }
        if (!this.#reclaimer.makeRoom(1, 0, owner, nowMs)) {
          this.#growthPause = engineLimits.growthRetryPuts;
          break;
        }
      }
      table.grow();
    }
    return table.canInsert || (this.#reclaimer.makeRoom(1, 0, owner, nowMs) && table.addOverflowPage());
  }

  /** Room for a plain record at the end of a tail, or `noItem`. */
  #takeRoom(into: Pool, namespaceIndex: number, bytes: number, expiryMs: number, nowMs: number): number {
    const segment = this.#tailFor(into, namespaceIndex, bytes, expiryMs, nowMs);
    return segment === noSegment ? noItem : this.#items.append(segment, bytes);
  }

  /** An open segment with room for the record, made by eviction if need be. */
  #tailFor(into: Pool, namespaceIndex: number, bytes: number, expiryMs: number, nowMs: number): SegmentId {
    const tails = this.#tails;
    const bucket = ttlBucketOf(expiryMs - nowMs);
    if (into === pinnedPool) {
      const full = tails.withRoom(into, bucket, bytes, expiryMs) === noSegment;
      const memoryBytes = full ? this.#items.segments.sizeBytes : 0;
      if (!this.#reclaimer.makePinnedRoom(namespaceIndex, memoryBytes, bytes, nowMs)) return noSegment;
    }
    const tail = tails.withRoom(into, bucket, bytes, expiryMs);
    if (tail !== noSegment) return tail;
    const shared = tails.borrow(into, bucket, bytes, expiryMs);
    if (shared !== noSegment) return shared;
    if (!this.#reclaimer.makeRoom(1, 0, this.#items.namespaces.owner[namespaceIndex]!, nowMs)) return noSegment;
    // Survivors may have opened the very tail that was missing.
    const again = tails.withRoom(into, bucket, bytes, expiryMs);
    if (again !== noSegment) return again;
    const borrowed = tails.borrow(into, bucket, bytes, expiryMs);
    return borrowed === noSegment ? tails.open(into, bucket, nowMs) : borrowed;
  }

  /** Blocks for a jumbo record, or `noItem`. */
  #takeBlocks(into: Pool, namespaceIndex: number, bytes: number, expiryMs: number, nowMs: number): number {
    const { segments, namespaces } = this.#items;
    const count = segments.blocks.countFor(bytes);
    const memoryBytes = count * segments.blocks.sizeBytes;
    if (into === pinnedPool && !this.#reclaimer.makePinnedRoom(namespaceIndex, memoryBytes, bytes, nowMs))
      return noItem;
    if (!this.#reclaimer.makeRoom(0, count, namespaces.owner[namespaceIndex]!, nowMs)) return noItem;
    return segments.addressOf(segments.takeJumbo(into, ttlBucketOf(expiryMs - nowMs), bytes, nowMs));
  }

  /** Makes the blocks of a jumbo fit the one that replaces it, which is not larger by a block. */
  #takeOverJumbo(address: number, namespaceIndex: number, bytes: number, expiryMs: number, nowMs: number): void {
    const { segments, namespaces } = this.#items;
    const jumbo = segments.of(address);
    const change = bytes - this.#items.sizeAt(address);
    segments.rebaseJumbo(jumbo, expiryMs, nowMs);
    segments.resizeJumbo(jumbo, bytes);
    segments.liveBytes[jumbo]! += change;
    namespaces.resize(namespaceIndex, change);
    this.#items.liveBytes += change;
  }
}
