/**
 * The segments: fixed-size pieces of memory that items are appended to, with their headers in arrays apart
 * from the data, the free pool, and a list per eviction pool in order of creation.
 *
 * A segment is free; a page of the hash table; open (a tail that items are appended to); sealed; or part of
 * a jumbo run, whose head carries the header of the whole run and whose bodies hang on `runNext`.
 * A segment in use holds at least one live item: the last one to go frees it.
 */
import type { Geometry } from '../options.ts';
import { Slabs, slabMask, slabShift } from './slabs.ts';

export type SegmentId = number;
export const noSegment = -1;

export const segmentState = { free: 0, open: 1, sealed: 2, table: 3, jumbo: 4, jumboBody: 5 } as const;

/** Whether a segment in this state begins with item records. */
export function holdsRecords(state: number): boolean {
  return state === segmentState.open || state === segmentState.sealed || state === segmentState.jumbo;
}

/** Small: new items. Main: items that were used again. Pinned: items that may not be evicted. */
export const pool = { small: 0, main: 1, pinned: 2 } as const;
export type Pool = (typeof pool)[keyof typeof pool];
export const poolCount = 3;

export class Segments {
  readonly slabs: Slabs;
  readonly total: number;
  readonly sizeBytes: number;
  /** Address → segment id: `address >>> addressShift`. */
  readonly addressShift: number;
  /** Address → words after the segment's start. */
  readonly wordMask: number;

  readonly state: Uint8Array;
  readonly pool: Uint8Array;
  /** The longest TTL bucket that writes to the segment. */
  readonly bucket: Uint16Array;
  /** Bytes appended so far; for a jumbo head the bytes of the item. */
  readonly written: Int32Array;
  readonly liveBytes: Int32Array;
  readonly liveItems: Int32Array;
  /** Whole ms that the expiries of the segment's items count from. */
  readonly baseMs: Float64Array;
  /** No item of the segment lives to this ms. */
  readonly maxExpiryMs: Float64Array;
  /** Changes whenever the segment is freed, so that a remembered id can be told stale. */
  readonly serial: Int32Array;
  readonly runNext: Int32Array;
  /** Value length of the jumbo item. */
  readonly runValueLength: Int32Array;
  /** Segments of the jumbo run, head included. */
  readonly runSegments: Int32Array;

  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #oldest = new Int32Array(poolCount).fill(noSegment);
  readonly #newest = new Int32Array(poolCount).fill(noSegment);
  /** Bytes appended, and segments in use, per pool. */
  readonly poolBytes = new Float64Array(poolCount);
  readonly poolSegments = new Int32Array(poolCount);

  readonly #freeStack: Int32Array;
  #freed = 0;
  #untouched = 0;
  tablePages = 0;
  /** No segment in use expires before this ms; a lower bound. */
  #earliestExpiryMs = Number.MAX_VALUE;

  constructor(geometry: Geometry) {
    const { segmentsTotal, segmentSizeBytes } = geometry;
    this.total = segmentsTotal;
    this.sizeBytes = segmentSizeBytes;
    this.addressShift = Math.log2(segmentSizeBytes / 4);
    this.wordMask = (1 << this.addressShift) - 1;
    this.slabs = new Slabs(segmentsTotal * segmentSizeBytes);
    this.state = new Uint8Array(segmentsTotal);
    this.pool = new Uint8Array(segmentsTotal);
    this.bucket = new Uint16Array(segmentsTotal);
    this.written = new Int32Array(segmentsTotal);
    this.liveBytes = new Int32Array(segmentsTotal);
    this.liveItems = new Int32Array(segmentsTotal);
    this.baseMs = new Float64Array(segmentsTotal);
    this.maxExpiryMs = new Float64Array(segmentsTotal);
    this.serial = new Int32Array(segmentsTotal);
    this.runNext = new Int32Array(segmentsTotal).fill(noSegment);
    this.runValueLength = new Int32Array(segmentsTotal);
    this.runSegments = new Int32Array(segmentsTotal);
    this.#next = new Int32Array(segmentsTotal).fill(noSegment);
    this.#previous = new Int32Array(segmentsTotal).fill(noSegment);
    this.#freeStack = new Int32Array(segmentsTotal);
  }

  get free(): number {
    return this.#freed + this.total - this.#untouched;
  }

  /** The address of the segment's first word. */
  addressOf(segment: SegmentId): number {
    return (segment << this.addressShift) | 0;
  }

  /** Takes a segment from the free pool; the caller gives it a state. `noSegment` when there is none. */
  #take(): SegmentId {
    if (this.#freed > 0) return this.#freeStack[--this.#freed]!;
    if (this.#untouched === this.total) return noSegment;
    const segment = this.#untouched++;
    this.slabs.ensure(this.addressOf(segment) >>> slabShift);
    return segment;
  }

  /** Takes a segment for the hash table, zeroed. */
  takeTablePage(): SegmentId {
    const segment = this.#take();
    if (segment === noSegment) return noSegment;
    this.state[segment] = segmentState.table;
    this.tablePages++;
    const address = this.addressOf(segment);
    const at = address & slabMask;
    this.slabs.words[address >>> slabShift]!.fill(0, at, at + (1 << this.addressShift));
    return segment;
  }

  /** Takes a segment and opens it as a tail. */
  takeOpen(into: Pool, bucket: number, nowMs: number): SegmentId {
    const segment = this.#take();
    if (segment === noSegment) return noSegment;
    this.#enlist(segment, segmentState.open, into, bucket, nowMs);
    this.poolSegments[into]!++;
    return segment;
  }

  /** Takes a run of segments for one jumbo item; the free pool must hold them. Returns the head. */
  takeRun(count: number, into: Pool, bucket: number, valueLength: number, itemBytes: number, nowMs: number): SegmentId {
    const head = this.#take();
    this.#enlist(head, segmentState.jumbo, into, bucket, nowMs);
    this.poolSegments[into]! += count;
    this.runValueLength[head] = valueLength;
    this.runSegments[head] = count;
    this.written[head] = itemBytes;
    this.poolBytes[into]! += itemBytes;
    let last = head;
    for (let i = 1; i < count; i++) {
      const body = this.#take();
      this.state[body] = segmentState.jumboBody;
      this.runNext[last] = body;
      last = body;
    }
    this.runNext[last] = noSegment;
    return head;
  }

  #enlist(segment: SegmentId, state: number, into: Pool, bucket: number, nowMs: number): void {
    this.state[segment] = state;
    this.bucket[segment] = bucket;
    this.written[segment] = 0;
    this.liveBytes[segment] = 0;
    this.liveItems[segment] = 0;
    this.baseMs[segment] = Math.floor(nowMs);
    this.maxExpiryMs[segment] = 0;
    this.runNext[segment] = noSegment;
    this.#append(segment, into);
  }

  #append(segment: SegmentId, into: Pool): void {
    this.pool[segment] = into;
    const last = this.#newest[into]!;
    this.#previous[segment] = last;
    this.#next[segment] = noSegment;
    if (last === noSegment) this.#oldest[into] = segment;
    else this.#next[last] = segment;
    this.#newest[into] = segment;
  }

  #unchain(segment: SegmentId): void {
    const from = this.pool[segment]!;
    const before = this.#previous[segment]!;
    const after = this.#next[segment]!;
    if (before === noSegment) this.#oldest[from] = after;
    else this.#next[before] = after;
    if (after === noSegment) this.#newest[from] = before;
    else this.#previous[after] = before;
  }

  /** The segment of a pool that was created first. */
  oldest(of: Pool): SegmentId {
    return this.#oldest[of]!;
  }

  /** The one created after `segment` in the same pool. */
  newerThan(segment: SegmentId): SegmentId {
    return this.#next[segment]!;
  }

  /** Puts the segment, or a jumbo run, at the young end of a pool's list. */
  relist(segment: SegmentId, into: Pool): void {
    const from = this.pool[segment]!;
    const count = this.segmentsOf(segment);
    this.#unchain(segment);
    this.poolBytes[from]! -= this.written[segment]!;
    this.poolSegments[from]! -= count;
    this.#append(segment, into);
    this.poolBytes[into]! += this.written[segment]!;
    this.poolSegments[into]! += count;
  }

  /** Segments that go with this one: more than 1 for the head of a jumbo run. */
  segmentsOf(segment: SegmentId): number {
    return this.state[segment] === segmentState.jumbo ? this.runSegments[segment]! : 1;
  }

  /** Counts appended bytes. */
  recordAppend(segment: SegmentId, bytes: number): void {
    this.written[segment]! += bytes;
    this.poolBytes[this.pool[segment]!]! += bytes;
  }

  /** Counts a live item that expires at `expiryMs`. */
  recordLive(segment: SegmentId, bytes: number, expiryMs: number): void {
    this.liveBytes[segment]! += bytes;
    this.liveItems[segment]!++;
    this.extendExpiry(segment, expiryMs);
  }

  extendExpiry(segment: SegmentId, expiryMs: number): void {
    if (expiryMs <= this.maxExpiryMs[segment]!) return;
    this.maxExpiryMs[segment] = expiryMs;
    if (expiryMs < this.#earliestExpiryMs) this.#earliestExpiryMs = expiryMs;
  }

  /** Takes a new time for the base of a jumbo's run, which holds one item only. */
  rebaseRun(head: SegmentId, nowMs: number): void {
    this.baseMs[head] = Math.floor(nowMs);
    this.maxExpiryMs[head] = 0;
  }

  /** Gives back the last segments of a jumbo run, so that `count` are left, for an item of `itemBytes`. */
  reshapeRun(head: SegmentId, count: number, valueLength: number, itemBytes: number): void {
    const into = this.pool[head]!;
    let last = head;
    for (let i = 1; i < count; i++) last = this.runNext[last]!;
    let piece = this.runNext[last]!;
    this.runNext[last] = noSegment;
    this.poolSegments[into]! -= this.runSegments[head]! - count;
    this.poolBytes[into]! += itemBytes - this.written[head]!;
    this.runSegments[head] = count;
    this.runValueLength[head] = valueLength;
    this.written[head] = itemBytes;
    while (piece !== noSegment) piece = this.#setFree(piece);
  }

  /** Frees one segment; returns the next of its run. */
  #setFree(segment: SegmentId): SegmentId {
    const after = this.runNext[segment]!;
    this.state[segment] = segmentState.free;
    this.serial[segment] = (this.serial[segment]! + 1) | 0;
    this.runNext[segment] = noSegment;
    this.#freeStack[this.#freed++] = segment;
    return after;
  }

  /** Gives the segment, or the whole jumbo run, back to the free pool. */
  release(segment: SegmentId): void {
    const from = this.pool[segment]!;
    this.poolBytes[from]! -= this.written[segment]!;
    this.poolSegments[from]! -= this.segmentsOf(segment);
    this.#unchain(segment);
    let piece = segment;
    while (piece !== noSegment) piece = this.#setFree(piece);
  }

  /**
   * A segment whose every item has expired, or `noSegment`. Looks at all headers (8 bytes each) only when one
   * may have; exact expiry and changed TTLs mean that the oldest of a bucket need not be the first to expire.
   */
  firstExpired(nowMs: number): SegmentId {
    if (nowMs < this.#earliestExpiryMs) return noSegment;
    const { state, maxExpiryMs } = this;
    let earliest = Number.MAX_VALUE;
    for (let segment = 0; segment < this.#untouched; segment++) {
      if (!holdsRecords(state[segment]!)) continue;
      const expiry = maxExpiryMs[segment]!;
      if (expiry <= nowMs) return segment;
      if (expiry < earliest) earliest = expiry;
    }
    this.#earliestExpiryMs = earliest;
    return noSegment;
  }

  /** The sealed plain segment with the most dead bytes, at least `deadBytesMin`, of one pool or (-1) of any. */
  deadest(of: Pool | -1, deadBytesMin: number): SegmentId {
    const { state, written, liveBytes } = this;
    let best: SegmentId = noSegment;
    let most = deadBytesMin - 1;
    for (let segment = 0; segment < this.#untouched; segment++) {
      if (state[segment] !== segmentState.sealed || (of !== -1 && this.pool[segment] !== of)) continue;
      const dead = written[segment]! - liveBytes[segment]!;
      if (dead <= most) continue;
      most = dead;
      best = segment;
    }
    return best;
  }

  /** For `checkIntegrity`: throws when lists, counters and free pool disagree. */
  checkLists(): void {
    const seen = new Uint8Array(this.total);
    for (let p = 0; p < poolCount; p++) {
      let bytes = 0;
      let segments = 0;
      let before = noSegment;
      for (let at = this.#oldest[p]!; at !== noSegment; at = this.#next[at]!) {
        if (seen[at]++ || this.pool[at] !== p || this.#previous[at] !== before)
          throw new Error(`pool ${p}: broken list`);
        if (!holdsRecords(this.state[at]!)) throw new Error(`pool ${p}: segment ${at} holds no records`);
        bytes += this.written[at]!;
        segments += this.segmentsOf(at);
        let run = 1;
        for (let body = this.runNext[at]!; body !== noSegment; body = this.runNext[body]!) {
          if (seen[body]++ || this.state[body] !== segmentState.jumboBody) throw new Error(`segment ${at}: broken run`);
          run++;
        }
        if (run !== this.segmentsOf(at)) throw new Error(`segment ${at}: run of ${run}`);
        before = at;
      }
      if (this.#newest[p] !== before) throw new Error(`pool ${p}: wrong end`);
      if (bytes !== this.poolBytes[p] || segments !== this.poolSegments[p]) throw new Error(`pool ${p}: wrong counts`);
    }
    for (let i = 0; i < this.#freed; i++) {
      const segment = this.#freeStack[i]!;
      if (seen[segment]++ || this.state[segment] !== segmentState.free)
        throw new Error(`segment ${segment}: freed twice`);
    }
    let pages = 0;
    for (let segment = 0; segment < this.#untouched; segment++) {
      if (this.state[segment] === segmentState.table) pages++;
      else if (!seen[segment]) throw new Error(`segment ${segment}: lost`);
    }
    if (pages !== this.tablePages) throw new Error(`${pages} table pages, ${this.tablePages} counted`);
  }
}
