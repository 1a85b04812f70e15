import { type Owner, ownerOf, pinnedPool } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { holdsRecords, type Segments } from '../segments/segments.ts';
import type { EvictionPolicy } from './eviction-policy.ts';
import { oldestOf } from './fifo.ts';
import type { RandomSource } from './random-source.ts';

/** Draws of a piece of memory until one is the owner's; then the oldest of the owner goes. */
const drawsMax = 64;

/** A segment drawn by lot goes, with all that is in it; of a segment of blocks, the jumbo that a block drawn is of. */
export class RandomPolicy implements EvictionPolicy {
  readonly mergeCount = 1;
  readonly #random: RandomSource;

  constructor(random: RandomSource) {
    this.#random = random;
  }

  touch(): void {}

  admitsToMain(): boolean {
    return false;
  }

  nextVictim(segments: Segments, owner: Owner): SegmentId {
    for (let i = 0; i < drawsMax; i++) {
      const id = this.#draw(segments);
      if (id === noSegment || !holdsRecords(segments.state[id]!)) continue;
      const pool = segments.pool[id]!;
      if (pool !== pinnedPool && ownerOf(pool) === owner) return id;
    }
    return oldestOf(segments, owner);
  }

  #draw(segments: Segments): SegmentId {
    const segment = this.#random.below(segments.touched);
    const { blocks } = segments;
    if (!blocks.isBlocks(segment)) return segment;
    return blocks.owner[segment * blocks.perSegment + this.#random.below(blocks.perSegment)]!;
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
