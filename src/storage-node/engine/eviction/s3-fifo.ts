/**
 * S3-FIFO by segment (Yang, Zhang, Qiu, Yue and Vinayak, "FIFO queues are all you need", SOSP'23), for logs
 * of segments rather than queues of items.
 *
 * New items enter the small pool, with frequency 0. Small gives way while it holds more than a tenth of the
 * evictable bytes, else main does, the oldest segment first. Items used since they were written survive, packed
 * into shared segments of main: with frequency 0 when they come from small, with one use less when they were in main
 * already. The others leave a ghost if they were in small.
 *
 * A main segment whose items are all in use would free nothing: at most nine tenths of what is walked is
 * kept, items used once giving way first.
 */
import type { HashTable } from '../hash-table/hash-table.ts';
import { isMainPool, mainPoolOf, type Owner, type Pool, smallPoolOf } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import type { Segments } from '../segments/segments.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { Ghost } from './ghost.ts';

/** Uses are counted up to this: the cap of the paper's two bits. */
const frequencyMax = 3;
const smallShare = 0.1;
const keepFrequencyMin = 1;
const keptShareMax = 0.9;

export class S3FifoPolicy implements EvictionPolicy {
  readonly mergeCount = 1;
  readonly #ghost: Ghost;

  constructor(ghostEntries: number) {
    this.#ghost = new Ghost(ghostEntries);
  }

  touch(table: HashTable): void {
    table.touch(frequencyMax);
  }

  admitsToMain(low: number, tag: number): boolean {
    return this.#ghost.take(low, tag);
  }

  nextVictim(segments: Segments, owner: Owner): SegmentId {
    const smallPool = smallPoolOf(owner);
    const mainPool = mainPoolOf(owner);
    const small = segments.oldest(smallPool);
    const main = segments.oldest(mainPool);
    if (small === noSegment || main === noSegment) return small === noSegment ? main : small;
    const smallBytes = segments.poolBytes[smallPool]!;
    return smallBytes > smallShare * (smallBytes + segments.poolBytes[mainPool]!) ? small : main;
  }

  mergeBegins(): void {}

  keeps(
    from: Pool,
    frequency: number,
    _bytes: number,
    keptBytes: number,
    walkedBytes: number,
    segmentBytes: number,
  ): boolean {
    if (frequency < keepFrequencyMin) return false;
    if (!isMainPool(from)) return true;
    if (keptBytes > keptShareMax * segmentBytes) return false;
    return frequency > keepFrequencyMin || keptBytes <= keptShareMax * walkedBytes;
  }

  /** An item pays for each round in main with one use (algorithm 1 of the paper); in a new pool it begins anew. */
  survivorFrequency(from: Pool, frequency: number): number {
    return isMainPool(from) ? frequency - 1 : 0;
  }

  evicted(from: Pool, low: number, tag: number, itemsLive: number): void {
    if (!isMainPool(from)) this.#ghost.add(low, tag, itemsLive);
  }
}
