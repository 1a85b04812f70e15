/**
 * Which segment gives way to memory pressure, and which of its items survive. Decides only; moving and
 * unlinking is `reclaim`'s.
 */
import type { HashTable } from '../hash-table/hash-table.ts';
import type { Owner, Pool } from '../segments/pools.ts';
import type { SegmentId } from '../segments/segment-id.ts';
import type { Segments } from '../segments/segments.ts';

export interface EvictionPolicy {
  /** Counts a use of the item in the table's current slot. */
  touch(table: HashTable, nowMs: number): void;

  /** Whether a new item, given by its hash, belongs in the main pool at once. */
  admitsToMain(low: number, tag: number): boolean;

  /** The segment or jumbo of this owner that goes next; `noSegment` when it has none. */
  nextVictim(segments: Segments, owner: Owner, nowMs: number): SegmentId;

  /**
   * How many segments of the last victim's TTL bucket, from it on, are merged into one. 1: it goes alone, and
   * what survives is packed into a tail of the owner's main pool.
   */
  readonly mergeCount: number;

  /** A merge begins, of items whose mean size is given in bytes. */
  mergeBegins(meanItemBytes: number): void;

  /**
   * Whether an item survives the eviction of its segment. `bytes` is its size; `keptBytes` of the `walkedBytes`
   * of its segment so far have been kept; `segmentBytes` is the size of a segment.
   */
  keeps(
    from: Pool,
    frequency: number,
    bytes: number,
    keptBytes: number,
    walkedBytes: number,
    segmentBytes: number,
  ): boolean;

  /** The frequency with which an item that survived the eviction of its segment goes on. */
  survivorFrequency(from: Pool, frequency: number): number;

  /** Hears of an item that was evicted from a pool, while `itemsLive` are left. */
  evicted(from: Pool, low: number, tag: number, itemsLive: number): void;
}
