import { mainPoolOf, type Owner, smallPoolOf } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import type { Segments } from '../segments/segments.ts';
import type { EvictionPolicy } from './eviction-policy.ts';

/** First in, first out by segment: the oldest goes, with all that is in it. The yardstick for other policies. */
export class FifoPolicy implements EvictionPolicy {
  readonly mergeCount = 1;

  touch(): void {}

  admitsToMain(): boolean {
    return false;
  }

  nextVictim(segments: Segments, owner: Owner): SegmentId {
    return oldestOf(segments, owner);
  }

  mergeBegins(): void {}

  keeps(): boolean {
    return false;
  }

  survivorFrequency(): number {
    return 0;
  }

  evicted(): void {}
}

/** The segment or jumbo of an owner that was created first. */
export function oldestOf(segments: Segments, owner: Owner): SegmentId {
  const small = segments.oldest(smallPoolOf(owner));
  const main = segments.oldest(mainPoolOf(owner));
  if (small === noSegment || main === noSegment) return small === noSegment ? main : small;
  return segments.created[small]! < segments.created[main]! ? small : main;
}
