/**
 * The open segments: for each pool and TTL bucket the tail that its items are appended to.
 *
 * Their number is bounded, because each may be nearly empty: with many distinct TTLs and little traffic,
 * one tail per bucket would hold the whole memory. At the bound a bucket borrows the open segment of the
 * nearest bucket of its pool until that one is full. Borrowing costs no exactness (each item has its own
 * expiry), only the time for which expired bytes stay.
 */
import { itemExpiryMax } from '../item/item.ts';
import { noSegment, type Pool, poolCount, type SegmentId, type Segments, segmentState } from '../segments/segments.ts';
import { ttlBucketCount, ttlBucketOrder } from './ttl-bucket.ts';

export class Tails {
  readonly #segments: Segments;
  readonly #openMax: number;
  /** Segment by pool and bucket; stands only while the segment's serial is the remembered one and it is open. */
  readonly #tail = new Int32Array(poolCount * ttlBucketCount).fill(noSegment);
  readonly #serial = new Int32Array(poolCount * ttlBucketCount);
  /** Open segments, and some no longer open, which the next walk drops. */
  readonly #open: Int32Array;
  #openLength = 0;

  constructor(segments: Segments, openMax: number) {
    this.#segments = segments;
    this.#openMax = openMax;
    this.#open = new Int32Array(openMax + poolCount);
  }

  /** The bucket's tail if it has room for the item, else `noSegment`; a tail without room is sealed. */
  withRoom(of: Pool, bucket: number, bytes: number, expiryMs: number): SegmentId {
    const index = of * ttlBucketCount + bucket;
    const segment = this.#tail[index]!;
    if (segment === noSegment) return noSegment;
    const { state, serial } = this.#segments;
    if (state[segment] !== segmentState.open || serial[segment] !== this.#serial[index]) return noSegment;
    if (this.#segments.pool[segment] !== of) return noSegment;
    if (this.#fits(segment, bytes, expiryMs)) return segment;
    this.seal(segment);
    return noSegment;
  }

  /**
   * At the bound of open segments, the nearest bucket's tail, now shared by this bucket. `noSegment` when a
   * segment may be opened, which it may too when the nearest was full and has been sealed.
   */
  borrow(of: Pool, bucket: number, bytes: number, expiryMs: number): SegmentId {
    if (this.openCount() < this.#openMax) return noSegment;
    const segment = this.#nearest(of, bucket);
    if (segment === noSegment) return noSegment;
    if (!this.#fits(segment, bytes, expiryMs)) {
      this.seal(segment);
      return noSegment;
    }
    this.#bind(segment, of, bucket);
    return segment;
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

  #nearest(of: Pool, bucket: number): SegmentId {
    const order = ttlBucketOrder(bucket);
    let nearest: SegmentId = noSegment;
    let least = Number.MAX_VALUE;
    for (let i = 0; i < this.#openLength; i++) {
      const segment = this.#open[i]!;
      if (!this.#isOpen(segment) || this.#segments.pool[segment] !== of) continue;
      const distance = Math.abs(ttlBucketOrder(this.#segments.bucket[segment]!) - order);
      if (distance >= least) continue;
      least = distance;
      nearest = segment;
    }
    return nearest;
  }

  #bind(segment: SegmentId, of: Pool, bucket: number): void {
    const index = of * ttlBucketCount + bucket;
    this.#tail[index] = segment;
    this.#serial[index] = this.#segments.serial[segment]!;
    if (ttlBucketOrder(bucket) > ttlBucketOrder(this.#segments.bucket[segment]!))
      this.#segments.bucket[segment] = bucket;
  }
}
