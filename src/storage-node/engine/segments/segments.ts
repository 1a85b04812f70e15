/**
 * Segments: fixed-size pieces of memory that items are appended to, with their headers in arrays apart from the
 * data. A jumbo item has such a header too, though its memory is blocks (`jumbo/blocks.ts`): ids from `total` on
 * are jumbos, so that lists, expiry and counting know one kind of thing.
 *
 * A segment is free; a page of the hash table; divided into blocks; open (a tail that items are appended to); or
 * sealed. One that holds items holds a live one: the last to go frees it.
 *
 * Each is in two lists, in order of creation: that of its pool, for eviction, and (segments only) that of its
 * TTL bucket, for merging.
 */
import { type Block, Blocks } from '../jumbo/blocks.ts';
import type { Geometry } from '../options.ts';
import { ttlBucketCount } from '../ttl-buckets/ttl-bucket.ts';
import { Chains } from './chains.ts';
import { ExpiryQueue } from './expiry-queue.ts';
import { FreePool } from './free-pool.ts';
import { type Pool, poolCount } from './pools.ts';
import { noSegment, type SegmentId } from './segment-id.ts';
import { Slabs, slabMask, slabShift } from './slabs.ts';

/** `other`: free, or divided into blocks. */
export const segmentState = { other: 0, open: 1, sealed: 2, table: 3, jumbo: 4 } as const;

const noSole = -1;
const mixed = -2;

/** Whether a segment in this state begins with item records. */
export function holdsRecords(state: number): boolean {
  return state === segmentState.open || state === segmentState.sealed || state === segmentState.jumbo;
}

export class Segments {
  readonly slabs: Slabs;
  readonly blocks: Blocks;
  readonly total: number;
  /** Segments and jumbos there can be: ids are below this. */
  readonly ids: number;
  readonly sizeBytes: number;
  /** Address → segment: `address >>> addressShift`. */
  readonly addressShift: number;

  readonly state: Uint8Array;
  readonly pool: Uint8Array;
  /** The longest TTL bucket that writes to the segment. */
  readonly bucket: Uint16Array;
  /** Bytes appended so far; for a jumbo the bytes of the item. */
  readonly written: Int32Array;
  readonly liveBytes: Int32Array;
  readonly liveItems: Int32Array;
  /** Whole ms that the expiries of the segment's items count from. */
  readonly baseMs: Float64Array;
  /** No item of the segment lives to this ms. */
  readonly maxExpiryMs: Float64Array;
  /** Changes whenever the id is freed, so that a remembered one can be told stale. */
  readonly serial: Int32Array;
  /** The index of the namespace that all items are of, `noSole` while there are none, `mixed` when there are several. */
  readonly sole: Int32Array;
  /** Order of creation. */
  readonly created: Float64Array;

  /** Bytes appended, and bytes of memory taken for them, per pool. */
  readonly poolBytes = new Float64Array(poolCount);
  readonly poolMemoryBytes = new Float64Array(poolCount);
  readonly #poolChains: Chains;
  readonly #bucketChains: Chains;
  readonly #expiryQueue: ExpiryQueue;
  readonly #freePool: FreePool;
  /** First block of a jumbo, by its id less `total`. */
  readonly #heads: Int32Array;
  readonly #freeJumbos: Int32Array;
  #freeJumboCount: number;
  #createdCount = 0;
  tablePages = 0;

  constructor(geometry: Geometry) {
    const { segmentsTotal, segmentSizeBytes, jumbosMax } = geometry;
    const ids = segmentsTotal + jumbosMax;
    this.total = segmentsTotal;
    this.ids = ids;
    this.sizeBytes = segmentSizeBytes;
    this.addressShift = Math.log2(segmentSizeBytes / 4);
    this.slabs = new Slabs(segmentsTotal * segmentSizeBytes);
    this.#freePool = new FreePool(segmentsTotal, this.slabs, this.addressShift);
    this.blocks = new Blocks(geometry, this.#freePool, this.slabs);
    this.state = new Uint8Array(ids);
    this.pool = new Uint8Array(ids);
    this.bucket = new Uint16Array(ids);
    this.written = new Int32Array(ids);
    this.liveBytes = new Int32Array(ids);
    this.liveItems = new Int32Array(ids);
    this.baseMs = new Float64Array(ids);
    this.maxExpiryMs = new Float64Array(ids);
    this.serial = new Int32Array(ids);
    this.sole = new Int32Array(ids);
    this.created = new Float64Array(ids);
    this.#poolChains = new Chains(ids, poolCount);
    this.#bucketChains = new Chains(segmentsTotal, ttlBucketCount);
    this.#expiryQueue = new ExpiryQueue(ids);
    this.#heads = new Int32Array(jumbosMax);
    this.#freeJumbos = new Int32Array(jumbosMax).map((_, i) => ids - 1 - i);
    this.#freeJumboCount = jumbosMax;
  }

  /** Segments in the free pool. */
  get free(): number {
    return this.#freePool.free;
  }

  /** Segments that were ever in use: ids of those that are now are below this, save jumbos. */
  get touched(): number {
    return this.#freePool.touched;
  }

  isJumbo(id: SegmentId): boolean {
    return id >= this.total;
  }

  /** The segment or jumbo that a record's address is in. */
  of(address: number): SegmentId {
    const segment = address >>> this.addressShift;
    return this.state[segment] === segmentState.other
      ? this.blocks.owner[address >>> this.blocks.addressShift]!
      : segment;
  }

  /** The address of the first word. */
  addressOf(id: SegmentId): number {
    return id < this.total ? (id << this.addressShift) | 0 : this.blocks.addressOf(this.headOf(id));
  }

  /** The first block of a jumbo. */
  headOf(jumbo: SegmentId): Block {
    return this.#heads[jumbo - this.total]!;
  }

  /** Bytes of memory that the segment or jumbo takes. */
  memoryOf(id: SegmentId): number {
    if (id < this.total) return this.sizeBytes;
    return this.blocks.countFor(this.written[id]!) * this.blocks.sizeBytes;
  }

  /** Takes a segment for the hash table, zeroed. `noSegment` when none is free. */
  takeTablePage(): SegmentId {
    const segment = this.#freePool.take();
    if (segment === noSegment) return noSegment;
    this.state[segment] = segmentState.table;
    this.tablePages++;
    const address = this.addressOf(segment);
    const at = address & slabMask;
    this.slabs.words[address >>> slabShift]!.fill(0, at, at + (1 << this.addressShift));
    return segment;
  }

  releaseTablePage(segment: SegmentId): void {
    this.tablePages--;
    this.state[segment] = segmentState.other;
    this.#freePool.give(segment);
  }

  /** Takes a segment and opens it as a tail. `noSegment` when none is free. */
  takeOpen(into: Pool, bucket: number, nowMs: number): SegmentId {
    const segment = this.#freePool.take();
    if (segment === noSegment) return noSegment;
    this.#begin(segment, segmentState.open, into, bucket, 0, nowMs);
    this.#bucketChains.append(bucket, segment);
    return segment;
  }

  /** Takes blocks for a jumbo of `itemBytes`, which there must be, and a header for it. */
  takeJumbo(into: Pool, bucket: number, itemBytes: number, nowMs: number): SegmentId {
    const jumbo = this.#freeJumbos[--this.#freeJumboCount]!;
    this.#heads[jumbo - this.total] = this.blocks.take(this.blocks.countFor(itemBytes), jumbo);
    this.#begin(jumbo, segmentState.jumbo, into, bucket, itemBytes, nowMs);
    this.poolBytes[into]! += itemBytes;
    return jumbo;
  }

  #begin(id: SegmentId, state: number, into: Pool, bucket: number, written: number, nowMs: number): void {
    this.state[id] = state;
    this.bucket[id] = bucket;
    this.written[id] = written;
    this.liveBytes[id] = 0;
    this.liveItems[id] = 0;
    this.baseMs[id] = Math.floor(nowMs);
    this.maxExpiryMs[id] = 0;
    this.sole[id] = noSole;
    this.#enlist(id, into);
  }

  #enlist(id: SegmentId, into: Pool): void {
    this.pool[id] = into;
    this.created[id] = this.#createdCount++;
    this.#poolChains.append(into, id);
    this.poolMemoryBytes[into]! += this.memoryOf(id);
  }

  #delist(id: SegmentId): void {
    const from = this.pool[id]!;
    this.#poolChains.remove(from, id);
    this.poolMemoryBytes[from]! -= this.memoryOf(id);
  }

  /** The segment or jumbo of a pool that was created first. */
  oldest(of: Pool): SegmentId {
    return this.#poolChains.oldest[of]!;
  }

  /** The one created after `id` in the same pool. */
  newerThan(id: SegmentId): SegmentId {
    return this.#poolChains.next[id]!;
  }

  /** The segment of a TTL bucket that was created first; a merged one counts as old as what it was merged from. */
  oldestInBucket(bucket: number): SegmentId {
    return this.#bucketChains.oldest[bucket]!;
  }

  newerInBucket(segment: SegmentId): SegmentId {
    return this.#bucketChains.next[segment]!;
  }

  olderInBucket(segment: SegmentId): SegmentId {
    return this.#bucketChains.previous[segment]!;
  }

  /** Gives the segment another TTL bucket, at the young end of its chain or behind `older`. */
  rechain(segment: SegmentId, bucket: number, older?: SegmentId): void {
    this.#bucketChains.remove(this.bucket[segment]!, segment);
    this.bucket[segment] = bucket;
    if (older === undefined) this.#bucketChains.append(bucket, segment);
    else this.#bucketChains.insertAfter(bucket, segment, older);
  }

  /** Puts the segment or jumbo at the young end of a pool's list. */
  relist(id: SegmentId, into: Pool): void {
    this.#delist(id);
    this.poolBytes[this.pool[id]!]! -= this.written[id]!;
    this.#enlist(id, into);
    this.poolBytes[into]! += this.written[id]!;
  }

  /** Counts appended bytes. */
  recordAppend(segment: SegmentId, bytes: number): void {
    this.written[segment]! += bytes;
    this.poolBytes[this.pool[segment]!]! += bytes;
  }

  /** Counts a live item of a namespace (by index) that expires at `expiryMs`. */
  recordLive(id: SegmentId, namespaceIndex: number, bytes: number, expiryMs: number): void {
    this.liveBytes[id]! += bytes;
    this.liveItems[id]!++;
    if (this.sole[id] !== namespaceIndex) this.sole[id] = this.sole[id] === noSole ? namespaceIndex : mixed;
    this.extendExpiry(id, expiryMs);
  }

  extendExpiry(id: SegmentId, expiryMs: number): void {
    if (expiryMs <= this.maxExpiryMs[id]!) return;
    this.maxExpiryMs[id] = expiryMs;
    // The queue may know an earlier time: `firstExpired` puts it right when that comes.
    if (!this.#expiryQueue.has(id)) this.#expiryQueue.set(id, expiryMs);
  }

  /** Gives a jumbo, which holds one item only, another base and expiry. */
  rebaseJumbo(jumbo: SegmentId, expiryMs: number, nowMs: number): void {
    this.baseMs[jumbo] = Math.floor(nowMs);
    this.maxExpiryMs[jumbo] = expiryMs;
    this.#expiryQueue.set(jumbo, expiryMs);
  }

  /** Gives back the last blocks of a jumbo that an item of `itemBytes` does not need; it needs no more of them. */
  resizeJumbo(jumbo: SegmentId, itemBytes: number): void {
    const into = this.pool[jumbo]!;
    const memoryBytes = this.memoryOf(jumbo);
    this.poolBytes[into]! += itemBytes - this.written[jumbo]!;
    this.written[jumbo] = itemBytes;
    this.poolMemoryBytes[into]! += this.memoryOf(jumbo) - memoryBytes;
    this.blocks.trim(this.headOf(jumbo), this.blocks.countFor(itemBytes));
  }

  /** Gives the memory of a segment or a jumbo back. */
  release(id: SegmentId): void {
    this.poolBytes[this.pool[id]!]! -= this.written[id]!;
    this.#delist(id);
    this.#expiryQueue.remove(id);
    this.state[id] = segmentState.other;
    this.serial[id] = (this.serial[id]! + 1) | 0;
    if (this.isJumbo(id)) {
      this.blocks.give(this.headOf(id));
      this.#freeJumbos[this.#freeJumboCount++] = id;
    } else {
      this.#bucketChains.remove(this.bucket[id]!, id);
      this.#freePool.give(id);
    }
  }

  /** Frees a segment of blocks by moving what is left in it; `headMoved` hears the old and new addresses of records. */
  vacateBlocks(headMoved: (from: number, to: number) => void): boolean {
    return this.blocks.vacate(
      (jumbo) => this.headOf(jumbo),
      (jumbo, head) => {
        const from = this.addressOf(jumbo);
        this.#heads[jumbo - this.total] = head;
        headMoved(from, this.addressOf(jumbo));
      },
    );
  }

  /** A segment or jumbo whose every item has expired, or `noSegment`. */
  firstExpired(nowMs: number): SegmentId {
    const queue = this.#expiryQueue;
    while (queue.firstMs <= nowMs) {
      const id = queue.first;
      const expiryMs = this.maxExpiryMs[id]!;
      if (expiryMs <= nowMs) return id;
      queue.set(id, expiryMs);
    }
    return noSegment;
  }

  /**
   * The sealed segment, of one pool or (-1) of any, whose compaction gains most: its dead bytes less what moving its
   * live items costs, in bytes for each. It has at least `deadBytesMin` dead and a gain; `noSegment` if there is none.
   */
  bestToCompact(of: Pool | -1, deadBytesMin: number, moveBytesPerItem: number): SegmentId {
    const { state, written, liveBytes, liveItems, touched } = this;
    let best: SegmentId = noSegment;
    let most = 0;
    for (let segment = 0; segment < touched; segment++) {
      if (state[segment] !== segmentState.sealed || (of !== -1 && this.pool[segment] !== of)) continue;
      const dead = written[segment]! - liveBytes[segment]!;
      const gain = dead - moveBytesPerItem * liveItems[segment]!;
      if (dead < deadBytesMin || gain <= most) continue;
      most = gain;
      best = segment;
    }
    return best;
  }

  /** For `checkIntegrity`: throws an Error when lists, counters, blocks and the free pool disagree. */
  checkLists(): void {
    const seen = new Uint8Array(this.ids);
    for (let p = 0; p < poolCount; p++) this.#checkPool(p, seen);
    const chained = new Uint8Array(this.total);
    for (let bucket = 0; bucket < ttlBucketCount; bucket++) {
      this.#bucketChains.walk(bucket, (id) => {
        if (chained[id]++ || this.bucket[id] !== bucket || !seen[id])
          throw new Error(`segment ${id}: in a wrong chain`);
      });
    }
    for (const segment of this.#freePool.given()) {
      if (seen[segment]++ || this.state[segment] !== segmentState.other || this.blocks.isBlocks(segment))
        throw new Error(`segment ${segment}: freed twice`);
    }
    let pages = 0;
    for (let segment = 0; segment < this.touched; segment++) {
      if (this.state[segment] === segmentState.table) pages++;
      else if (!seen[segment] && !this.blocks.isBlocks(segment)) throw new Error(`segment ${segment}: lost`);
      if (holdsRecords(this.state[segment]!) !== (chained[segment] === 1))
        throw new Error(`segment ${segment}: unchained`);
    }
    if (pages !== this.tablePages) throw new Error(`${pages} table pages, ${this.tablePages} counted`);
    this.blocks.check((jumbo) => this.#runOf(jumbo));
  }

  #runOf(jumbo: SegmentId): Block[] {
    if (this.state[jumbo] !== segmentState.jumbo) throw new Error(`jumbo ${jumbo}: not in use, but owns a block`);
    const run: Block[] = [];
    for (let block = this.headOf(jumbo); block >= 0; block = this.blocks.next[block]!) run.push(block);
    if (run.length !== this.blocks.countFor(this.written[jumbo]!))
      throw new Error(`jumbo ${jumbo}: ${run.length} blocks`);
    return run;
  }

  #checkPool(p: Pool, seen: Uint8Array): void {
    let bytes = 0;
    let memoryBytes = 0;
    this.#poolChains.walk(p, (id) => {
      if (seen[id]++ || this.pool[id] !== p || !holdsRecords(this.state[id]!))
        throw new Error(`pool ${p}: wrong entry ${id}`);
      if (this.isJumbo(id) !== (this.state[id] === segmentState.jumbo)) throw new Error(`${id}: wrong state`);
      if (this.liveItems[id]! > 0 && !this.#expiryQueue.has(id)) throw new Error(`${id}: does not expire`);
      bytes += this.written[id]!;
      memoryBytes += this.memoryOf(id);
    });
    if (bytes !== this.poolBytes[p] || memoryBytes !== this.poolMemoryBytes[p])
      throw new Error(`pool ${p}: wrong counts`);
  }
}
