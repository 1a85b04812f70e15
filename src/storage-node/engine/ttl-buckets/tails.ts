/**
 * The open segments: for each pool and TTL bucket the tail that its items are appended to.
 *
 * Their number is bounded, because each may be nearly empty: with many distinct TTLs and little traffic,
 * one tail per bucket would hold the whole memory. When there are a few, a bucket borrows the open segment of a
 * bucket with nearly the same TTL, if its pool has one, until that one is full; when there are many, that of the
 * nearest, however far. Borrowing costs no exactness (each item has its own expiry), only the time for which
 * expired bytes stay.
 *
 * A tail that an item does not fit any more, but that has a good deal of room, is set aside: a smaller item may
 * still fit, and is put there first. Items of a tenth of a segment would otherwise waste a twentieth of it.
 */
import { itemExpiryMax } from '../item/item.ts';
import { engineLimits } from '../options.ts';
import { type Pool, poolCount } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { type Segments, segmentState } from '../segments/segments.ts';
import { ttlBucketCount, ttlBucketEndMs, ttlBucketOrder } from './ttl-bucket.ts';

const bucketEndLog = Float64Array.from({ length: ttlBucketCount }, (_, bucket) => Math.log(ttlBucketEndMs(bucket)));
const nearRatioLog = Math.log(engineLimits.nearTtlRatioMax);

/** Where the segments set aside begin in the array of a pool. */
const asideAt = 2 * ttlBucketCount;

export class Tails {
  readonly #segments: Segments;
  readonly #openFew: number;
  readonly #openMax: number;
  /**
   * By pool, made when it is first needed: the tail by bucket, behind these its serial when it was bound, and the
   * same of the segment set aside.
   */
  readonly #tails: (Int32Array | undefined)[] = new Array(poolCount).fill(undefined);
  /** Whether an open segment is set aside. */
  readonly #aside: Uint8Array;
  readonly #asideBytesMin: number;
  /** Open segments, and some no longer open, which the next walk drops. */
  readonly #open: Int32Array;
  #openLength = 0;

  /** Below `openFew` open segments nobody borrows; there are hardly more than `openMax`. */
  constructor(segments: Segments, openFew: number, openMax: number) {
    this.#segments = segments;
    this.#openFew = openFew;
    this.#openMax = openMax;
    this.#open = new Int32Array(openMax + poolCount);
    this.#aside = new Uint8Array(segments.total);
    this.#asideBytesMin = segments.sizeBytes * engineLimits.asideShareMin;
  }

  /**
   * The bucket's tail, or the one set aside, if it has room for the item; else `noSegment`, and the tail is set aside
   * or sealed.
   */
  withRoom(of: Pool, bucket: number, bytes: number, expiryMs: number): SegmentId {
    const tails = this.#tails[of];
    if (tails === undefined) return noSegment;
    const aside = this.#bound(tails, of, asideAt + bucket);
    if (aside !== noSegment && this.#fits(aside, bytes, expiryMs)) return aside;
    const tail = this.#bound(tails, of, bucket);
    if (tail === noSegment || this.#fits(tail, bytes, expiryMs)) return tail;
    if (this.#segments.sizeBytes - this.#segments.written[tail]! < this.#asideBytesMin) {
      this.seal(tail);
      return noSegment;
    }
    if (aside !== noSegment) this.seal(aside);
    tails[bucket] = noSegment;
    tails[asideAt + bucket] = tail;
    tails[asideAt + ttlBucketCount + bucket] = this.#segments.serial[tail]!;
    this.#aside[tail] = 1;
    return noSegment;
  }

  /** The open segment bound at `at`, or `noSegment` when there is none or it is no longer what it was. */
  #bound(tails: Int32Array, of: Pool, at: number): SegmentId {
    const segment = tails[at]!;
    if (segment === noSegment) return noSegment;
    const { state, serial, pool } = this.#segments;
    const stands =
      state[segment] === segmentState.open && serial[segment] === tails[at + ttlBucketCount] && pool[segment] === of;
    return stands ? segment : noSegment;
  }

  /**
   * When segments enough are open, the tail of a bucket near by, now shared by this bucket. `noSegment` when a
   * segment may be opened, which it may too when the nearest was full and has been sealed.
   */
  borrow(of: Pool, bucket: number, bytes: number, expiryMs: number): SegmentId {
    const open = this.openCount();
    if (open < this.#openFew) return noSegment;
    const atBound = open >= this.#openMax;
    if (atBound && this.#sealAside()) return noSegment;
    const segment = this.#nearest(of, bucket, atBound ? Number.MAX_VALUE : nearRatioLog);
    if (segment === noSegment) return noSegment;
    if (!this.#fits(segment, bytes, expiryMs)) {
      this.seal(segment);
      return noSegment;
    }
    this.#bind(segment, of, bucket);
    return segment;
  }

  /** Seals one segment that is set aside; false when there is none. */
  #sealAside(): boolean {
    for (let i = 0; i < this.#openLength; i++) {
      const segment = this.#open[i]!;
      if (!this.#aside[segment] || !this.#isOpen(segment)) continue;
      this.seal(segment);
      return true;
    }
    return false;
  }

  /** Any open segment of the pool with room, for survivors when no segment is free. */
  anyWithRoom(of: Pool, bytes: number, expiryMs: number): SegmentId {
    for (let i = 0; i < this.#openLength; i++) {
      const segment = this.#open[i]!;
      if (!this.#isOpen(segment) || this.#segments.pool[segment] !== of) continue;
      if (this.#fits(segment, bytes, expiryMs)) return segment;
    }
    return noSegment;
  }

  /** Opens a segment as the bucket's tail. `noSegment` when the free pool is empty. */
  open(of: Pool, bucket: number, nowMs: number): SegmentId {
    if (this.openCount() === this.#open.length) this.seal(this.#open[0]!);
    if (this.openCount() === this.#open.length) return noSegment;
    const segment = this.#segments.takeOpen(of, bucket, nowMs);
    if (segment === noSegment) return noSegment;
    this.#open[this.#openLength++] = segment;
    this.#aside[segment] = 0;
    this.#bind(segment, of, bucket);
    return segment;
  }

  /** Ends appending to an open segment; one that holds nothing live is freed. */
  seal(segment: SegmentId): void {
    const segments = this.#segments;
    if (segments.state[segment] !== segmentState.open) return;
    segments.state[segment] = segmentState.sealed;
    if (segments.liveItems[segment] === 0) segments.release(segment);
  }

  /** Segments that are open now. */
  openCount(): number {
    let kept = 0;
    for (let i = 0; i < this.#openLength; i++) {
      const segment = this.#open[i]!;
      if (this.#isOpen(segment) && !this.#seenBefore(segment, kept)) this.#open[kept++] = segment;
    }
    this.#openLength = kept;
    return kept;
  }

  /** A segment freed and opened again since is listed twice. */
  #seenBefore(segment: SegmentId, end: number): boolean {
    for (let i = 0; i < end; i++) if (this.#open[i] === segment) return true;
    return false;
  }

  #isOpen(segment: SegmentId): boolean {
    return this.#segments.state[segment] === segmentState.open;
  }

  #fits(segment: SegmentId, bytes: number, expiryMs: number): boolean {
    const segments = this.#segments;
    return (
      segments.written[segment]! + bytes <= segments.sizeBytes && expiryMs - segments.baseMs[segment]! <= itemExpiryMax
    );
  }

  /** The open segment whose TTL is nearest to the bucket's, by their ratio, and within the natural logarithm `within`. */
  #nearest(of: Pool, bucket: number, within: number): SegmentId {
    const ttlLog = bucketEndLog[bucket]!;
    let nearest: SegmentId = noSegment;
    let least = within;
    for (let i = 0; i < this.#openLength; i++) {
      const segment = this.#open[i]!;
      if (!this.#isOpen(segment) || this.#segments.pool[segment] !== of) continue;
      const distance = Math.abs(bucketEndLog[this.#segments.bucket[segment]!]! - ttlLog);
      if (distance >= least) continue;
      least = distance;
      nearest = segment;
    }
    return nearest;
  }

  #bind(segment: SegmentId, of: Pool, bucket: number): void {
    this.#tails[of] ??= new Int32Array(ttlBucketCount * 4).fill(noSegment);
    const tails = this.#tails[of];
    tails[bucket] = segment;
    tails[ttlBucketCount + bucket] = this.#segments.serial[segment]!;
    if (ttlBucketOrder(bucket) > ttlBucketOrder(this.#segments.bucket[segment]!))
      this.#segments.rechain(segment, bucket);
  }
}
