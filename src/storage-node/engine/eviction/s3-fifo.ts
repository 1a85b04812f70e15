/**
 * S3-FIFO by segment (Yang, Zhang, Qiu, Yue and Vinayak, "FIFO queues are all you need", SOSP'23), for logs
 * of segments rather than queues of items.
 *
 * New items enter the small pool, with frequency 0. Small gives way while it holds more than a tenth of the
 * evictable bytes, else main does, the oldest segment first. Items used since they were written survive, packed
 * into shared segments of main, with frequency 0 again; the others leave a ghost if they were in small.
 *
 * A main segment whose items are all in use would free nothing: at most nine tenths of what is walked is
 * kept, items used once giving way first.
 */
import { noSegment, type Pool, pool, type SegmentId, type Segments } from '../segments/segments.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { Ghost } from './ghost.ts';

const smallShare = 0.1;
const keepFrequencyMin = 1;
const keptShareMax = 0.9;

export class S3FifoPolicy implements EvictionPolicy {
  readonly frequencyMax = 3;
  readonly #ghost: Ghost;

  constructor(ghostEntries: number) {
    this.#ghost = new Ghost(ghostEntries);
  }

  admit(low: number, tag: number): Pool {
    return this.#ghost.take(low, tag) ? pool.main : pool.small;
  }

  nextVictim(segments: Segments): SegmentId {
    const small = segments.oldest(pool.small);
    const main = segments.oldest(pool.main);
    if (small === noSegment || main === noSegment) return small === noSegment ? main : small;
    const smallBytes = segments.poolBytes[pool.small]!;
    return smallBytes > smallShare * (smallBytes + segments.poolBytes[pool.main]!) ? small : main;
  }

  keeps(from: Pool, frequency: number, keptBytes: number, walkedBytes: number, segmentBytes: number): boolean {
    if (frequency < keepFrequencyMin) return false;
    if (from === pool.small) return true;
    if (keptBytes > keptShareMax * segmentBytes) return false;
    return frequency > keepFrequencyMin || keptBytes <= keptShareMax * walkedBytes;
  }

  evicted(from: Pool, low: number, tag: number, itemsLive: number): void {
    if (from === pool.small) this.#ghost.add(low, tag, itemsLive);
  }
}
