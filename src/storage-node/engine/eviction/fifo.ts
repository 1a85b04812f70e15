import { noSegment, type Pool, pool, type SegmentId, type Segments } from '../segments/segments.ts';
import type { EvictionPolicy } from './eviction-policy.ts';

/** First in, first out by segment: the oldest goes, with all that is in it. The yardstick for other policies. */
export class FifoPolicy implements EvictionPolicy {
  readonly frequencyMax = 0;

  admit(): Pool {
    return pool.small;
  }

  /** The main pool is empty save for items whose namespace was not evictable before. */
  nextVictim(segments: Segments): SegmentId {
    const main = segments.oldest(pool.main);
    return main === noSegment ? segments.oldest(pool.small) : main;
  }

  keeps(): boolean {
    return false;
  }

  evicted(): void {}
}
