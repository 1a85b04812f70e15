/**
 * Storing items: in place when the record has the same size, else appended to a tail, or in a run of their own.
 *
 * All or nothing: whatever may fail (a slot in the table, a segment) is had before anything is written, and
 * the item that is being replaced is protected from the eviction that this may need. Nothing is reserved for
 * an item that turns out not to fit.
 */
import { copyBytes } from '../copy-bytes.ts';
import type { EvictionPolicy } from '../eviction/eviction-policy.ts';
import { RunCursor, runSegmentsFor } from '../jumbo/jumbo.ts';
import { engineLimits, type Geometry } from '../options.ts';
import type { Reclaimer } from '../reclaim/reclaimer.ts';
import { noSegment, type Pool, pool, type SegmentId, segmentState } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import type { PutOutcome } from '../storage-engine.ts';
import type { Tails } from '../ttl-buckets/tails.ts';
import { ttlBucketEndMs, ttlBucketOf, ttlBucketOrder } from '../ttl-buckets/ttl-bucket.ts';
import {
  itemExpiryMax,
  itemIsJumbo,
  itemSize,
  itemSizeOf,
  itemValueOffset,
  setItemExpiry,
  setItemSequence,
  writeItemHeader,
  writeItemKey,
} from './item.ts';
import { type Items, noItem } from './items.ts';

export class ItemWriter {
  readonly #items: Items;
  readonly #tails: Tails;
  readonly #policy: EvictionPolicy;
  readonly #reclaimer: Reclaimer;
  readonly #geometry: Geometry;
  readonly #cursor: RunCursor;
  /** Puts until table growth is tried again after no segment could be had. */
  #growthPause = 0;

  constructor(items: Items, tails: Tails, policy: EvictionPolicy, reclaimer: Reclaimer, geometry: Geometry) {
    this.#items = items;
    this.#tails = tails;
    this.#policy = policy;
    this.#reclaimer = reclaimer;
    this.#geometry = geometry;
    this.#cursor = new RunCursor(items.segments);
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
    const bytes = itemSizeOf(keyLength, valueLength);
    const jumbo = bytes > this.#geometry.plainSizeBytesMax;
    const old = exists ? table.location : noItem;

    let address = noItem;
    const inPlace = exists && this.#fitsInPlace(old, bytes, jumbo, expiryMs, nowMs);
    if (inPlace) {
      address = old;
      if (jumbo) this.#takeOverRun(old, namespaceIndex, bytes, valueLength, nowMs);
    } else {
      const into = this.#poolFor(namespaceIndex, low, tag, old);
      address = this.#reserve(into, old, bytes, jumbo, valueLength, expiryMs, nowMs);
      if (address === noItem) return 'full';
    }

    const segment = items.segmentOf(address);
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    writeItemHeader(
      words,
      at,
      keyLength,
      valueLength,
      jumbo,
      expiryMs - segments.baseMs[segment]!,
      namespaceIndex,
      flags,
      sequence,
    );
    if (!inPlace) writeItemKey(words, at, keyWords, keyLength);
    if (jumbo) {
      this.#cursor.seek(segment, keyLength, 0);
      this.#cursor.write(value, valueStart, valueLength);
    } else {
      const to = at * 4 + itemValueOffset(keyLength);
      copyBytes(value, valueStart, segments.slabs.bytes[address >>> slabShift]!, to, valueLength);
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
    old: number,
    bytes: number,
    jumbo: boolean,
    valueLength: number,
    expiryMs: number,
    nowMs: number,
  ): number {
    this.#items.protectedAddress = old;
    let address = noItem;
    if (this.#prepareTable(nowMs)) {
      if (jumbo) address = this.#takeRun(into, bytes, valueLength, expiryMs, nowMs);
      else address = this.#takeRoom(into, bytes, expiryMs, nowMs);
    }
    if (address === noItem) this.#items.protectedAddress = noItem;
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
    const segment = items.segmentOf(address);
    const { state, pool: pools, baseMs } = segments;
    const bytes = items.sizeAt(address);
    const jumbo = state[segment] === segmentState.jumbo;
    if (jumbo) {
      segments.rebaseRun(segment, nowMs);
    } else if (!this.#mayExtend(segment, expiryMs, nowMs)) {
      items.protectedAddress = address;
      const room = this.#tailFor(pools[segment] as Pool, bytes, expiryMs, nowMs);
      address = items.protectedAddress;
      items.protectedAddress = noItem;
      if (!table.locate(low, tag, address)) throw new Error('a protected item is not in the table');
      if (room !== noSegment) {
        items.move(room, bytes);
        address = table.location;
      } else if (expiryMs - baseMs[items.segmentOf(address)]! > itemExpiryMax) {
        return 'full';
      }
    }
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const home = items.segmentOf(address);
    setItemSequence(words, at, sequence);
    setItemExpiry(words, at, expiryMs - baseMs[home]!);
    segments.extendExpiry(home, expiryMs);
    return 'stored';
  }

  #poolFor(namespaceIndex: number, low: number, tag: number, old: number): Pool {
    const { namespaces, segments } = this.#items;
    if (namespaces.isPinned(namespaceIndex)) return pool.pinned;
    if (old === noItem) return this.#policy.admit(low, tag);
    return segments.pool[this.#items.segmentOf(old)] === pool.main ? pool.main : pool.small;
  }

  #fitsInPlace(address: number, bytes: number, jumbo: boolean, expiryMs: number, nowMs: number): boolean {
    const { segments } = this.#items;
    const segment = this.#items.segmentOf(address);
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    if (itemIsJumbo(words, at) !== jumbo) return false;
    if (jumbo) return runSegmentsFor(bytes, segments.sizeBytes) <= segments.runSegments[segment]!;
    return itemSize(words, at) === bytes && this.#mayExtend(segment, expiryMs, nowMs);
  }

  /**
   * Whether an item of the segment may get this expiry where it is. Not if that would keep a segment whose
   * other items are long dead: one whose time has run, or one for shorter TTLs.
   */
  #mayExtend(segment: SegmentId, expiryMs: number, nowMs: number): boolean {
    const { segments } = this.#items;
    if (expiryMs <= segments.maxExpiryMs[segment]!) return true;
    const bucket = segments.bucket[segment]!;
    const baseMs = segments.baseMs[segment]!;
    if (expiryMs - baseMs > itemExpiryMax || nowMs - baseMs > ttlBucketEndMs(bucket)) return false;
    return ttlBucketOrder(ttlBucketOf(expiryMs - nowMs)) <= ttlBucketOrder(bucket);
  }

  /** Grows the table by the step that is due, and sees to it that an item can be inserted. */
  #prepareTable(nowMs: number): boolean {
    const { table } = this.#items;
    // Two splits for each put: growth outruns the items whatever their rate.
    for (let i = 0; i < 2 && table.growthDue; i++) {
      if (table.growthNeedsPage) {
        if (this.#growthPause > 0) {
          this.#growthPause--;
          break;
        }
        if (!this.#reclaimer.makeRoom(1, nowMs)) {
          this.#growthPause = engineLimits.growthRetryPuts;
          break;
        }
      }
      table.grow();
    }
    return table.canInsert || (this.#reclaimer.makeRoom(1, nowMs) && table.addOverflowPage());
  }

  /** Room for a plain record at the end of a tail, or `noItem`. */
  #takeRoom(into: Pool, bytes: number, expiryMs: number, nowMs: number): number {
    const segment = this.#tailFor(into, bytes, expiryMs, nowMs);
    return segment === noSegment ? noItem : this.#items.append(segment, bytes);
  }

  /** An open segment with room for the record, made by eviction if need be. */
  #tailFor(into: Pool, bytes: number, expiryMs: number, nowMs: number): SegmentId {
    const tails = this.#tails;
    const bucket = ttlBucketOf(expiryMs - nowMs);
    if (into === pool.pinned) {
      const segmentsMore = tails.withRoom(into, bucket, bytes, expiryMs) === noSegment ? 1 : 0;
      if (!this.#pinnedRoom(segmentsMore, bytes, nowMs)) return noSegment;
    }
    const tail = tails.withRoom(into, bucket, bytes, expiryMs);
    if (tail !== noSegment) return tail;
    const shared = tails.borrow(into, bucket, bytes, expiryMs);
    if (shared !== noSegment) return shared;
    if (!this.#reclaimer.makeRoom(1, nowMs)) return noSegment;
    // Survivors may have opened the very tail that was missing.
    const again = tails.withRoom(into, bucket, bytes, expiryMs);
    if (again !== noSegment) return again;
    const borrowed = tails.borrow(into, bucket, bytes, expiryMs);
    return borrowed === noSegment ? tails.open(into, bucket, nowMs) : borrowed;
  }

  #pinnedRoom(count: number, bytes: number, nowMs: number): boolean {
    return this.#reclaimer.makePinnedRoom(count, bytes, this.#geometry.pinnedSegmentsMax, nowMs);
  }

  /** A run for a jumbo record, or `noItem`. */
  #takeRun(into: Pool, bytes: number, valueLength: number, expiryMs: number, nowMs: number): number {
    const { segments } = this.#items;
    const count = runSegmentsFor(bytes, segments.sizeBytes);
    if (into === pool.pinned && !this.#pinnedRoom(count, bytes, nowMs)) return noItem;
    if (!this.#reclaimer.makeRoom(count, nowMs)) return noItem;
    const head = segments.takeRun(count, into, ttlBucketOf(expiryMs - nowMs), valueLength, bytes, nowMs);
    return segments.addressOf(head);
  }

  /** Makes the run of a jumbo fit the one that replaces it. */
  #takeOverRun(address: number, namespaceIndex: number, bytes: number, valueLength: number, nowMs: number): void {
    const { segments, namespaces } = this.#items;
    const head = this.#items.segmentOf(address);
    const change = bytes - this.#items.sizeAt(address);
    segments.rebaseRun(head, nowMs);
    segments.reshapeRun(head, runSegmentsFor(bytes, segments.sizeBytes), valueLength, bytes);
    segments.liveBytes[head]! += change;
    namespaces.resize(namespaceIndex, change);
    this.#items.liveBytes += change;
  }
}
