/**
 * Which segment gives way to memory pressure, and which of its items survive. Decides only; moving and
 * unlinking is `reclaim`'s.
 */
import type { Pool, SegmentId, Segments } from '../segments/segments.ts';

export interface EvictionPolicy {
  /** Uses of an item are counted up to this. */
  readonly frequencyMax: number;

  /** The pool of a new item, small or main, by its hash. */
  admit(low: number, tag: number): Pool;

  /** The next victim among the small and main pools; `noSegment` when both are empty. */
  nextVictim(segments: Segments): SegmentId;

  /**
   * Whether an item survives the eviction of its segment. `keptBytes` of the `walkedBytes` so far have;
   * `segmentBytes` is the size of a segment.
   */
  keeps(from: Pool, frequency: number, keptBytes: number, walkedBytes: number, segmentBytes: number): boolean;

  /** Hears of an item that was evicted from a pool, while `itemsLive` are left. */
  evicted(from: Pool, low: number, tag: number, itemsLive: number): void;
}
