/**
 * Making memory free: expired segments first, then blocks that are free in too many segments, then dead bytes by
 * compaction, then the eviction policy's victims, then what can be squeezed out of the pinned pool.
 *
 * Progress: a round frees the segment it takes on and opens at most one for survivors in each of two pools,
 * which `spareSegments` are kept for; after `stalledRoundsMax` rounds without memory gained nothing
 * survives that may be evicted. Items of non-evictable namespaces, and the one being replaced, always do:
 * they move to the pinned pool.
 */
import type { EvictionPolicy } from '../eviction/eviction-policy.ts';
import type { Items } from '../item/items.ts';
import { engineLimits } from '../options.ts';
import {
  commonOwner,
  mainPoolOf,
  type Owner,
  type Pool,
  pinnedPool,
  poolCount,
  smallPoolOf,
} from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { holdsRecords } from '../segments/segments.ts';
import type { MemoryShares } from './memory-shares.ts';
import type { SegmentEmptier } from './segment-emptier.ts';
import type { Sweeper } from './sweeper.ts';

export class Reclaimer {
  readonly #items: Items;
  readonly #policy: EvictionPolicy;
  readonly #shares: MemoryShares;
  readonly #emptier: SegmentEmptier;
  readonly #sweeper: Sweeper;
  segmentsEvicted = 0;

  constructor(items: Items, policy: EvictionPolicy, shares: MemoryShares, emptier: SegmentEmptier, sweeper: Sweeper) {
    this.#items = items;
    this.#policy = policy;
    this.#shares = shares;
    this.#emptier = emptier;
    this.#sweeper = sweeper;
  }

  /**
   * Makes `segmentCount` segments free, and memory for `blockCount` blocks, besides the spare segments, for an owner;
   * false, and nothing is evicted, when that would take what may not be.
   */
  makeRoom(segmentCount: number, blockCount: number, owner: Owner, nowMs: number): boolean {
    if (this.#hasRoom(segmentCount, blockCount)) return true;
    if (!this.#couldHaveRoom(segmentCount, blockCount, owner)) return false;
    const { segments } = this.#items;
    let best = this.#freeBlocks();
    let stalled = 0;
    while (!this.#hasRoom(segmentCount, blockCount)) {
      const harsh = stalled > engineLimits.stalledRoundsMax;
      if (!this.#round(nowMs, harsh)) return false;
      const free = this.#freeBlocks();
      stalled = free > best ? 0 : stalled + 1;
      best = Math.max(best, free);
      // Twice: jumbos are passed over once.
      if (stalled > segments.ids * 2) return false;
    }
    return true;
  }

  #hasRoom(segmentCount: number, blockCount: number): boolean {
    const { segments } = this.#items;
    const { blocks } = segments;
    const spare = segments.free - segmentCount - engineLimits.spareSegments;
    return spare >= 0 && (blockCount === 0 || blocks.free + spare * blocks.perSegment >= blockCount);
  }

  /** Whether there would be room if everything were evicted that may be for this owner's sake. */
  #couldHaveRoom(segmentCount: number, blockCount: number, owner: Owner): boolean {
    const { segments } = this.#items;
    const { total, tablePages, sizeBytes, blocks, poolMemoryBytes } = segments;
    const keptBytes = poolMemoryBytes[pinnedPool]! + this.#shares.keptFromBytes(owner);
    const evictableBytes = (total - tablePages - engineLimits.spareSegments) * sizeBytes - keptBytes;
    return segmentCount * sizeBytes + blockCount * blocks.sizeBytes <= evictableBytes;
  }

  /** Free memory in blocks, in whichever segments. */
  #freeBlocks(): number {
    const { segments } = this.#items;
    return segments.free * segments.blocks.perSegment + segments.blocks.free;
  }

  #round(nowMs: number, harsh: boolean): boolean {
    const { segments } = this.#items;
    if (this.#sweeper.sweepExpired(nowMs)) return true;
    if (segments.blocks.free >= segments.blocks.perSegment && this.#items.vacateBlocks()) return true;
    if (!harsh && this.compact(nowMs)) return true;
    let victim = this.#nextVictim(nowMs);
    // Ends: what is adopted belongs to its owner, and is no longer guarded from it.
    while (victim !== noSegment && this.#shares.highestOwner !== commonOwner && this.#emptier.adopt(victim)) {
      victim = this.#nextVictim(nowMs);
    }
    if (victim === noSegment) return this.#compactPinned(nowMs);
    if (segments.isJumbo(victim)) {
      this.#emptier.evictJumbo(victim, harsh);
    } else if (this.#policy.mergeCount > 1 && !harsh && segments.free >= engineLimits.spareSegments) {
      this.segmentsEvicted += this.#policy.mergeCount - 1;
      this.#emptier.merge(victim, nowMs);
    } else {
      this.segmentsEvicted++;
      this.#emptier.evict(victim, harsh, nowMs);
    }
    return true;
  }

  /**
   * Of the owners that hold more than their share, the one whose victim was created first: so memory beyond the
   * shares is used as if there were none.
   */
  #nextVictim(nowMs: number): SegmentId {
    const { segments } = this.#items;
    const highest = this.#shares.highestOwner;
    if (highest === commonOwner) return this.#policy.nextVictim(segments, commonOwner, nowMs);
    let chosen = -1;
    let oldest = Number.MAX_VALUE;
    for (let owner = commonOwner; owner <= highest; owner++) {
      const excessBytes = this.#shares.excessBytes(owner);
      if (excessBytes <= 0) continue;
      const victim = this.#policy.nextVictim(segments, owner, nowMs);
      if (victim === noSegment || segments.created[victim]! >= oldest) continue;
      // A jumbo may be much larger than what the owner has too much.
      if (owner !== commonOwner && segments.memoryOf(victim) > excessBytes + segments.sizeBytes) continue;
      oldest = segments.created[victim]!;
      chosen = owner;
    }
    if (chosen === -1) chosen = this.#shares.mostExceeding();
    // Asked again, because a policy keeps only its last answer in mind.
    return this.#policy.nextVictim(segments, chosen, nowMs);
  }

  /**
   * Makes sure that the pinned pool may grow by `memoryBytes`, and by `bytes` of items, for a namespace; false when
   * it holds as much as it may and has nothing dead to give.
   */
  makePinnedRoom(namespaceIndex: number, memoryBytes: number, bytes: number, nowMs: number): boolean {
    const { segments, namespaces } = this.#items;
    const bytesMax = this.#shares.pinnedBytesMax(namespaceIndex);
    const roundsMax = engineLimits.compactPinnedRoundsMax + Math.ceil(memoryBytes / segments.sizeBytes);
    for (let round = 0; ; round++) {
      const memoryFits = segments.poolMemoryBytes[pinnedPool]! + memoryBytes <= bytesMax;
      if (memoryFits && namespaces.pinnedBytes + bytes <= bytesMax) return true;
      if (round >= roundsMax) return false;
      if (!this.#sweeper.sweepExpired(nowMs) && !this.#compactPinned(nowMs)) return false;
    }
  }

  /**
   * After a namespace has stopped to be pinned, or begun: segments that hold nothing else change pools as they are,
   * as far as the pinned pool may grow. In mixed ones a pinned item moves when its segment is to be evicted, and one
   * that is no longer pinned stays until it expires or its segment is compacted.
   */
  repool(namespaceIndex: number): void {
    const { segments, namespaces } = this.#items;
    const pinned = namespaces.isPinned(namespaceIndex);
    const bytesMax = this.#shares.pinnedBytesMax(namespaceIndex);
    for (let id = 0; id < segments.ids; id++) {
      if (!holdsRecords(segments.state[id]!) || segments.sole[id] !== namespaceIndex) continue;
      if ((segments.pool[id] === pinnedPool) === pinned) continue;
      if (!pinned) segments.relist(id, smallPoolOf(namespaces.owner[namespaceIndex]!));
      else if (segments.poolMemoryBytes[pinnedPool]! + segments.memoryOf(id) <= bytesMax)
        segments.relist(id, pinnedPool);
    }
  }

  /** Makes what an owner has in its pools common, when its share ends. */
  releaseOwner(owner: number): void {
    this.#relistAll(smallPoolOf(owner), smallPoolOf(commonOwner));
    this.#relistAll(mainPoolOf(owner), mainPoolOf(commonOwner));
  }

  #relistAll(from: Pool, into: Pool): void {
    const { segments } = this.#items;
    for (let s = segments.oldest(from); s !== noSegment; s = segments.oldest(from)) segments.relist(s, into);
  }

  #compactPinned(nowMs: number): boolean {
    return this.#compactBest(pinnedPool, engineLimits.compactPinnedDeadShareMin, 0, nowMs);
  }

  /** Compacts the segment that gains most; false when there is nothing worth it. */
  compact(nowMs: number): boolean {
    const { segments, liveBytes } = this.#items;
    let written = 0;
    for (let p = 0; p < poolCount; p++) written += segments.poolBytes[p]!;
    const { deadShareMin, compactDeadShareMin, compactMoveBytes } = engineLimits;
    if (written - liveBytes <= deadShareMin * written || segments.free < engineLimits.spareSegments) return false;
    return this.#compactBest(-1, compactDeadShareMin, compactMoveBytes, nowMs);
  }

  #compactBest(of: Pool | -1, deadShareMin: number, moveBytesPerItem: number, nowMs: number): boolean {
    const { segments } = this.#items;
    const segment = segments.bestToCompact(of, Math.ceil(segments.sizeBytes * deadShareMin), moveBytesPerItem);
    if (segment === noSegment) return false;
    this.#emptier.compact(segment, nowMs);
    return true;
  }
}
