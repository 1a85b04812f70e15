/**
 * Making segments free: expired ones first, then the deadest by compaction, then the eviction policy's victim,
 * then what can be squeezed out of the pinned pool.
 *
 * Progress: a round frees the segment it takes on and opens at most one for survivors in each of two pools,
 * which `spareSegments` are kept for; after `stalledRoundsMax` rounds without a segment gained nothing
 * survives that may be evicted. Items of non-evictable namespaces, and the one being replaced, always do:
 * they move to the pinned pool.
 */
import type { EvictionPolicy } from '../eviction/eviction-policy.ts';
import { itemExpiry, itemIsDead, itemIsJumbo, itemNamespaceIndex, itemSize } from '../item/item.ts';
import type { Items } from '../item/items.ts';
import { engineLimits } from '../options.ts';
import { noSegment, type Pool, pool, type SegmentId, segmentState } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import type { Tails } from '../ttl-buckets/tails.ts';
import { ttlBucketOf } from '../ttl-buckets/ttl-bucket.ts';

/** What becomes of a segment's live items. */
const fate = { policy: 0, drop: 1, keep: 2 } as const;
type Fate = (typeof fate)[keyof typeof fate];

export class Reclaimer {
  readonly #items: Items;
  readonly #tails: Tails;
  readonly #policy: EvictionPolicy;
  segmentsEvicted = 0;
  segmentsExpired = 0;
  /** A namespace with items has stopped being pinned since the pinned pool was last looked through. */
  pinnedStale = false;
  /** What the last `sweep` left of its budget. */
  unitsLeft = 0;

  constructor(items: Items, tails: Tails, policy: EvictionPolicy) {
    this.#items = items;
    this.#tails = tails;
    this.#policy = policy;
  }

  /** Makes `count` segments free besides the spare ones; false when nothing more may be dropped. */
  makeRoom(count: number, nowMs: number): boolean {
    const { segments } = this.#items;
    if (segments.free >= count + engineLimits.spareSegments) return true;
    this.#reconsiderPinned();
    const wanted = count + engineLimits.spareSegments;
    let best = segments.free;
    let stalled = 0;
    while (segments.free < wanted) {
      const harsh = stalled > engineLimits.stalledRoundsMax;
      if (!this.#round(nowMs, harsh)) return false;
      stalled = segments.free > best ? 0 : stalled + 1;
      best = Math.max(best, segments.free);
      // Twice: what a flipped policy left among evictable items moves out first, and jumbos are passed over once.
      if (stalled > segments.total * 2) return false;
    }
    return true;
  }

  #round(nowMs: number, harsh: boolean): boolean {
    const { segments } = this.#items;
    const expired = segments.firstExpired(nowMs);
    if (expired !== noSegment) {
      this.sweep(expired, 0, nowMs, Number.MAX_SAFE_INTEGER);
      return true;
    }
    if (!harsh && this.compact(nowMs)) return true;
    const victim = this.#policy.nextVictim(segments);
    if (victim !== noSegment) {
      this.#evict(victim, nowMs, harsh);
      return true;
    }
    return this.#compactPinned(nowMs);
  }

  /**
   * Makes sure that the pinned pool may grow by `count` segments and `bytes` of items; false when it holds as
   * much as it may and has nothing dead to give.
   */
  makePinnedRoom(count: number, bytes: number, pinnedSegmentsMax: number, nowMs: number): boolean {
    const { segments, namespaces } = this.#items;
    this.#reconsiderPinned();
    const bytesMax = pinnedSegmentsMax * segments.sizeBytes;
    for (let round = 0; ; round++) {
      const segmentsFit = segments.poolSegments[pool.pinned]! + count <= pinnedSegmentsMax;
      if (segmentsFit && namespaces.pinnedBytes + bytes <= bytesMax) return true;
      const expired = segments.firstExpired(nowMs);
      if (expired !== noSegment) this.sweep(expired, 0, nowMs, Number.MAX_SAFE_INTEGER);
      else if (round >= engineLimits.compactPinnedRoundsMax + count || !this.#compactPinned(nowMs)) return false;
    }
  }

  /** After a namespace stopped being pinned: what it left in the pinned pool has to earn its place as new items do. */
  #reconsiderPinned(): void {
    if (!this.pinnedStale) return;
    this.pinnedStale = false;
    const { segments } = this.#items;
    for (let s = segments.oldest(pool.pinned); s !== noSegment; s = segments.oldest(pool.pinned)) {
      segments.relist(s, pool.small);
    }
  }

  #compactPinned(nowMs: number): boolean {
    return this.#compactDeadest(pool.pinned, engineLimits.compactPinnedDeadShareMin, nowMs);
  }

  /** Compacts the deadest segment when dead bytes are many; false when there is nothing worth it. */
  compact(nowMs: number): boolean {
    const { segments, liveBytes } = this.#items;
    const written = segments.poolBytes[0]! + segments.poolBytes[1]! + segments.poolBytes[2]!;
    if (written - liveBytes <= engineLimits.deadShareMax * written) return false;
    return this.#compactDeadest(-1, engineLimits.compactDeadShareMin, nowMs);
  }

  #compactDeadest(of: Pool | -1, deadShareMin: number, nowMs: number): boolean {
    const { segments } = this.#items;
    const segment = segments.deadest(of, Math.ceil(segments.sizeBytes * deadShareMin));
    if (segment === noSegment) return false;
    this.#empty(segment, fate.keep, nowMs);
    return true;
  }

  #evict(victim: SegmentId, nowMs: number, harsh: boolean): void {
    const { segments } = this.#items;
    this.segmentsEvicted += segments.segmentsOf(victim);
    if (segments.state[victim] === segmentState.jumbo) this.#evictJumbo(victim, harsh);
    else this.#empty(victim, harsh ? fate.drop : fate.policy, nowMs);
  }

  /** A jumbo that survives changes its list; its bytes stay where they are. */
  #evictJumbo(head: SegmentId, harsh: boolean): void {
    const { segments, table, hash } = this.#items;
    const address = segments.addressOf(head);
    const from = segments.pool[head] as Pool;
    this.#items.seek(address);
    const index = itemNamespaceIndex(segments.slabs.words[address >>> slabShift]!, address & slabMask);
    if (this.#items.namespaces.isDropped(index)) {
      this.#items.unlink(hash.low, hash.tag);
    } else if (this.#mustKeep(index, address)) {
      segments.relist(head, pool.pinned);
    } else if (!harsh && table.frequency > 0 && this.#policy.keeps(from, table.frequency, 0, 0, segments.sizeBytes)) {
      table.frequency = 0;
      segments.relist(head, pool.main);
    } else {
      this.#policy.evicted(from, hash.low, hash.tag, table.items);
      this.#items.evict(hash.low, hash.tag);
    }
  }

  #mustKeep(namespaceIndex: number, address: number): boolean {
    return this.#items.namespaces.isPinned(namespaceIndex) || this.#items.protectedAddress === address;
  }

  /** Moves or drops every live item of a plain segment, which frees it. */
  #empty(victim: SegmentId, how: Fate, nowMs: number): void {
    const { segments, table, hash, namespaces } = this.#items;
    if (segments.state[victim] === segmentState.open) segments.state[victim] = segmentState.sealed;
    const start = segments.addressOf(victim);
    const words = segments.slabs.words[start >>> slabShift]!;
    const first = start & slabMask;
    const end = first + (segments.written[victim]! >>> 2);
    const from = segments.pool[victim] as Pool;
    const serial = segments.serial[victim]!;
    const survivorsExpireMs = segments.maxExpiryMs[victim]!;
    let keptBytes = 0;
    let at = first;
    while (at < end && segments.serial[victim] === serial) {
      const bytes = itemSize(words, at);
      const address = (start + at - first) | 0;
      const index = itemNamespaceIndex(words, at);
      const walkedBytes = (at - first) * 4;
      const dead = itemIsDead(words, at);
      at += bytes >>> 2;
      if (dead) continue;
      this.#items.seek(address);
      if (namespaces.isDropped(index)) {
        this.#items.unlink(hash.low, hash.tag);
        continue;
      }
      if (this.#items.expiryMsAt(address) <= nowMs) {
        this.#items.expire(hash.low, hash.tag);
        continue;
      }
      const must = this.#mustKeep(index, address);
      const keep =
        must ||
        how === fate.keep ||
        (how === fate.policy && this.#policy.keeps(from, table.frequency, keptBytes, walkedBytes, segments.sizeBytes));
      if (keep) {
        const into = must ? pool.pinned : how === fate.keep && from === pool.small ? pool.small : pool.main;
        const to = this.#survivorTail(into, bytes, survivorsExpireMs, nowMs, must);
        if (to !== noSegment) {
          if (how !== fate.keep) table.frequency = 0;
          this.#items.move(to, bytes);
          keptBytes += bytes;
          continue;
        }
        if (must) throw new Error('no room for an item that may not be evicted');
      }
      this.#policy.evicted(from, hash.low, hash.tag, table.items);
      this.#items.evict(hash.low, hash.tag);
    }
    if (segments.serial[victim] === serial) throw new Error('an emptied segment still holds items');
  }

  /** An open segment with room for a survivor; all survivors of one victim go by its last expiry. */
  #survivorTail(into: Pool, bytes: number, expiryMs: number, nowMs: number, must: boolean): SegmentId {
    const bucket = ttlBucketOf(expiryMs - nowMs);
    const tail = this.#tails.withRoom(into, bucket, bytes, expiryMs);
    if (tail !== noSegment) return tail;
    const borrowed = this.#tails.borrow(into, bucket, bytes, expiryMs);
    if (borrowed !== noSegment) return borrowed;
    // The last free segment is for items that must survive.
    if (this.#items.segments.free > (must ? 0 : 1)) return this.#tails.open(into, bucket, nowMs);
    return this.#tails.anyWithRoom(into, bytes, expiryMs);
  }

  /**
   * Unlinks the expired items, and those of dropped namespaces, of one segment, from word `from` on, within
   * a budget of work units. Returns the word to go on from, or -1 when done. Frees the segment when nothing
   * live is left; `unitsLeft` then tells what is left of the budget.
   */
  sweep(segment: SegmentId, from: number, nowMs: number, units: number): number {
    const { segments, hash, namespaces } = this.#items;
    const expired = segments.maxExpiryMs[segment]! <= nowMs;
    if (expired && segments.state[segment] === segmentState.open) segments.state[segment] = segmentState.sealed;
    const start = segments.addressOf(segment);
    const words = segments.slabs.words[start >>> slabShift]!;
    const jumbo = segments.state[segment] === segmentState.jumbo;
    const runSegments = segments.segmentsOf(segment);
    const end = jumbo ? 1 : segments.written[segment]! >>> 2;
    const serial = segments.serial[segment]!;
    const baseMs = segments.baseMs[segment]!;
    let offset = from;
    let left = units;
    while (offset < end && left > 0) {
      const at = (start & slabMask) + offset;
      const address = (start + offset) | 0;
      const bytes = itemIsJumbo(words, at) ? 4 : itemSize(words, at);
      left--;
      if (!itemIsDead(words, at)) {
        const dropped = namespaces.isDropped(itemNamespaceIndex(words, at));
        if (dropped || baseMs + itemExpiry(words, at) <= nowMs) {
          left -= engineLimits.unlinkUnits;
          this.#items.seek(address);
          if (dropped) this.#items.unlink(hash.low, hash.tag);
          else this.#items.expire(hash.low, hash.tag);
          if (segments.serial[segment] !== serial) break;
        }
      }
      offset += bytes >>> 2;
    }
    this.unitsLeft = left;
    const freed = segments.serial[segment] !== serial;
    if (freed && expired) this.segmentsExpired += runSegments;
    return freed || offset >= end ? -1 : offset;
  }
}
