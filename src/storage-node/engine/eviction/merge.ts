/**
 * The paper's eviction (NSDI'21, section 4.4): a few consecutive segments of one TTL bucket are merged into one,
 * which keeps the items that are used most for their size. Use is counted by the approximate smoothed frequency
 * counter (`HashTable.touchSmoothed`); a survivor starts again from 0.
 *
 * TTL buckets take turns, and in each a cursor moves on, so that what was just merged is not merged again before
 * the rest. Each source is to give its part of the destination: the least score that is kept follows what was
 * kept of the segments so far. Where nothing can be merged, because no bucket has enough sealed segments that
 * still have time to live, the oldest segment goes alone, as do jumbos and segments without enough neighbours
 * that are older than the merge's first; of these, only what was used survives.
 */
import type { HashTable } from '../hash-table/hash-table.ts';
import { frequencyEnd } from '../hash-table/hash-table.ts';
import { type Owner, ownerOf, type Pool, pinnedPool } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { type Segments, segmentState } from '../segments/segments.ts';
import { ttlBucketCount } from '../ttl-buckets/ttl-bucket.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { oldestOf } from './fifo.ts';
import type { RandomSource } from './random-source.ts';

/** Segments merged into one, and the fewest for which it is worth it (with two, a merge may free nothing). */
const mergeTarget = 4;
const mergeMin = 3;
/** Segments that expire sooner are not worth copying, in ms. */
const remainingMsMin = 20_000;
/** The least score that is kept is adjusted each time that this part of a segment has been walked. */
const adjustShare = 0.1;
/** How far the part kept may be off its target before the score is adjusted. */
const offTargetMax = 0.5;

/** An item that was never used has score 0; below this, any use is enough to be kept. */
const leastScoreMin = 0.01;

export class MergePolicy implements EvictionPolicy {
  mergeCount = 1;
  readonly #random: RandomSource;
  #bucket = 0;
  readonly #cursor = new Int32Array(ttlBucketCount).fill(noSegment);
  readonly #cursorSerial = new Int32Array(ttlBucketCount);

  #meanItemBytes = 1;
  #leastScore = 1;
  #scannedBytes = 0;
  #copiedBytes = 0;
  #adjustAtBytes = 0;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  touch(table: HashTable, nowMs: number): void {
    table.touchSmoothed(nowMs, frequencyEnd - 1, this.#random.next());
  }

  admitsToMain(): boolean {
    return false;
  }

  nextVictim(segments: Segments, owner: Owner, nowMs: number): SegmentId {
    this.mergeCount = 1;
    const first = this.#nextGroup(segments, owner, nowMs);
    const oldest = oldestOf(segments, owner);
    if (first === noSegment) return oldest;
    const older = segments.created[oldest]! < segments.created[first]!;
    if (older && (segments.isJumbo(oldest) || this.#groupFrom(segments, oldest, owner, nowMs) < mergeMin))
      return oldest;
    this.mergeCount = this.#groupFrom(segments, first, owner, nowMs);
    this.#passOver(segments, first);
    return first;
  }

  /** The first segment of the next bucket's next group, or `noSegment`. */
  #nextGroup(segments: Segments, owner: Owner, nowMs: number): SegmentId {
    for (let i = 0; i < ttlBucketCount; i++) {
      const bucket = (this.#bucket + i) % ttlBucketCount;
      const oldest = segments.oldestInBucket(bucket);
      if (oldest === noSegment) continue;
      const cursor = this.#cursor[bucket]!;
      const stands =
        cursor !== noSegment &&
        segments.serial[cursor] === this.#cursorSerial[bucket] &&
        segments.bucket[cursor] === bucket;
      for (const start of stands ? [cursor, oldest] : [oldest]) {
        const first = this.#firstGroup(segments, start, owner, nowMs);
        if (first !== noSegment) return first;
      }
    }
    return noSegment;
  }

  #firstGroup(segments: Segments, start: SegmentId, owner: Owner, nowMs: number): SegmentId {
    for (let s = start; s !== noSegment; s = segments.newerInBucket(s)) {
      if (this.#groupFrom(segments, s, owner, nowMs) >= mergeMin) return s;
    }
    return noSegment;
  }

  /** How many segments, from this one on, could be merged: at most the target. */
  #groupFrom(segments: Segments, first: SegmentId, owner: Owner, nowMs: number): number {
    let count = 0;
    for (let s = first; s !== noSegment && count < mergeTarget; s = segments.newerInBucket(s)) {
      const pool = segments.pool[s]!;
      if (segments.state[s] !== segmentState.sealed || pool === pinnedPool || ownerOf(pool) !== owner) break;
      if (segments.maxExpiryMs[s]! - nowMs < remainingMsMin) break;
      count++;
    }
    return count;
  }

  #passOver(segments: Segments, first: SegmentId): void {
    const bucket = segments.bucket[first]!;
    let after = first;
    for (let i = 0; i < this.mergeCount; i++) after = segments.newerInBucket(after);
    this.#cursor[bucket] = after;
    if (after !== noSegment) this.#cursorSerial[bucket] = segments.serial[after]!;
    this.#bucket = (bucket + 1) % ttlBucketCount;
  }

  mergeBegins(meanItemBytes: number): void {
    this.#meanItemBytes = meanItemBytes;
    this.#leastScore = (1 + this.#leastScore) / 2;
    this.#scannedBytes = 0;
    this.#copiedBytes = 0;
    this.#adjustAtBytes = 0;
  }

  keeps(
    _from: Pool,
    frequency: number,
    bytes: number,
    _keptBytes: number,
    _walkedBytes: number,
    segmentBytes: number,
  ): boolean {
    if (this.mergeCount === 1) return frequency > 0;
    const kept = frequency / (bytes / this.#meanItemBytes) > this.#leastScore;
    this.#scannedBytes += bytes;
    if (kept) this.#copiedBytes += bytes;
    if (this.#scannedBytes >= this.#adjustAtBytes + adjustShare * segmentBytes) {
      this.#adjustAtBytes = this.#scannedBytes;
      const target = 1 / this.mergeCount;
      const off = (this.#copiedBytes / this.#scannedBytes - target) / target;
      if (Math.abs(off) > offTargetMax) this.#leastScore = Math.max(leastScoreMin, this.#leastScore * (1 + off));
    }
    return kept;
  }

  survivorFrequency(): number {
    return 0;
  }

  evicted(): void {}
}
