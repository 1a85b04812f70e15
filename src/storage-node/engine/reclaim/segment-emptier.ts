/** Taking every live item out of a segment, or a jumbo out of its pool, by one of the fates that an item may have. */
import type { EvictionPolicy } from '../eviction/eviction-policy.ts';
import { itemIsDead, itemSize } from '../item/item.ts';
import type { Items } from '../item/items.ts';
import { engineLimits } from '../options.ts';
import { commonOwner, isMainPool, mainPoolOf, ownerOf, type Pool, pinnedPool, smallPoolOf } from '../segments/pools.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { segmentState } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import type { Tails } from '../ttl-buckets/tails.ts';
import { ttlBucketOf } from '../ttl-buckets/ttl-bucket.ts';
import type { MemoryShares } from './memory-shares.ts';

/** What becomes of a segment's live items: as the policy says, all dropped, or all kept. */
const fate = { policy: 0, drop: 1, keep: 2 } as const;
type Fate = (typeof fate)[keyof typeof fate];

export class SegmentEmptier {
  readonly #items: Items;
  readonly #tails: Tails;
  readonly #policy: EvictionPolicy;
  readonly #shares: MemoryShares;
  /** Where survivors of a merge go; `noSegment` outside of one. */
  #mergeInto: SegmentId = noSegment;

  constructor(items: Items, tails: Tails, policy: EvictionPolicy, shares: MemoryShares) {
    this.#items = items;
    this.#tails = tails;
    this.#policy = policy;
    this.#shares = shares;
  }

  /** Frees a segment, keeping what the policy keeps, or (harsh) only what must stay. */
  evict(victim: SegmentId, harsh: boolean, nowMs: number): void {
    this.#empty(victim, harsh ? fate.drop : fate.policy, nowMs);
  }

  /**
   * Gives a segment whose items are all of one namespace, which is below its share, to that one's pools, as it is;
   * false for any other. A namespace that has just been given a share has such segments.
   */
  adopt(victim: SegmentId): boolean {
    const { segments, namespaces } = this.#items;
    const from = segments.pool[victim]!;
    const index = segments.sole[victim]!;
    if (index < 0 || !this.#shares.guards(index, ownerOf(from))) return false;
    const owner = namespaces.owner[index]!;
    segments.relist(victim, isMainPool(from) ? mainPoolOf(owner) : smallPoolOf(owner));
    return true;
  }

  /** Frees a segment, keeping everything. */
  compact(segment: SegmentId, nowMs: number): void {
    this.#empty(segment, fate.keep, nowMs);
  }

  /** Merges as many segments as the policy says, from `first` on, into one that takes their place in the chain. */
  merge(first: SegmentId, nowMs: number): void {
    const { segments, table, liveBytes } = this.#items;
    const bucket = segments.bucket[first]!;
    const into = segments.takeOpen(segments.pool[first]!, bucket, nowMs);
    if (into === noSegment) return this.#empty(first, fate.drop, nowMs);
    segments.state[into] = segmentState.sealed;
    segments.rechain(into, bucket, segments.olderInBucket(first));
    this.#policy.mergeBegins(liveBytes / table.items);
    this.#mergeInto = into;
    let source = first;
    for (let i = 0; i < this.#policy.mergeCount; i++) {
      const after = segments.newerInBucket(source);
      this.#empty(source, fate.policy, nowMs);
      source = after;
    }
    this.#mergeInto = noSegment;
    if (segments.liveItems[into] === 0) segments.release(into);
  }

  /** A jumbo that survives changes its list; its bytes stay where they are. */
  evictJumbo(jumbo: SegmentId, harsh: boolean): void {
    const { segments, table, hash, namespaces } = this.#items;
    const address = segments.addressOf(jumbo);
    const from = segments.pool[jumbo]!;
    this.#items.seek(address);
    const index = this.#items.namespaceIndexAt(address);
    const { frequency } = table;
    const bytes = segments.written[jumbo]!;
    if (namespaces.isDropped(index)) {
      this.#items.unlink(hash.low, hash.tag);
    } else if (this.#mustKeep(index, address, segments.memoryOf(jumbo))) {
      segments.relist(jumbo, pinnedPool);
    } else if (!harsh && this.#keepsJumbo(from, frequency, bytes)) {
      table.frequency = this.#survivorFrequency(from, frequency);
      segments.relist(jumbo, mainPoolOf(namespaces.owner[index]!));
    } else {
      this.#policy.evicted(from, hash.low, hash.tag, table.items);
      this.#items.evict(hash.low, hash.tag);
    }
  }

  /** A jumbo much larger than items are on average keeps many of them out: it stays for two uses, not for one. */
  #keepsJumbo(from: Pool, frequency: number, bytes: number): boolean {
    const { segments, table, liveBytes } = this.#items;
    const large = bytes > engineLimits.largeJumboFactor * (liveBytes / table.items);
    return frequency > (large ? 1 : 0) && this.#policy.keeps(from, frequency, bytes, 0, 0, segments.sizeBytes);
  }

  /** What `guards` keeps may have no uses left to pay with. */
  #survivorFrequency(from: Pool, frequency: number): number {
    return frequency === 0 ? 0 : this.#policy.survivorFrequency(from, frequency);
  }

  /**
   * Whether an item outside of the pinned pool must move there: the one being replaced, and those of a namespace that
   * has stopped to evict, as far as the pool may grow. More than that stays evictable, as it was.
   */
  #mustKeep(namespaceIndex: number, address: number, memoryBytes: number): boolean {
    const { segments, namespaces, protectedAddress } = this.#items;
    if (address === protectedAddress) return true;
    if (!namespaces.isPinned(namespaceIndex)) return false;
    return segments.poolMemoryBytes[pinnedPool]! + memoryBytes <= this.#shares.pinnedBytesMax(namespaceIndex);
  }

  /** Moves or drops every live item of a segment, which frees it. */
  #empty(victim: SegmentId, how: Fate, nowMs: number): void {
    const { segments, hash, namespaces } = this.#items;
    if (segments.state[victim] === segmentState.open) segments.state[victim] = segmentState.sealed;
    const start = segments.addressOf(victim);
    const words = segments.slabs.words[start >>> slabShift]!;
    const first = start & slabMask;
    const end = first + (segments.written[victim]! >>> 2);
    const serial = segments.serial[victim]!;
    const survivorsExpireMs = segments.maxExpiryMs[victim]!;
    let keptBytes = 0;
    let at = first;
    while (at < end && segments.serial[victim] === serial) {
      const bytes = itemSize(words, at);
      const address = (start + at - first) | 0;
      const walkedBytes = (at - first) * 4;
      const dead = itemIsDead(words, at);
      at += bytes >>> 2;
      if (dead) continue;
      this.#items.seek(address);
      const index = this.#items.namespaceIndexAt(address);
      if (namespaces.isDropped(index)) this.#items.unlink(hash.low, hash.tag);
      else if (this.#items.expiryMsAt(address) <= nowMs) this.#items.expire(hash.low, hash.tag, nowMs);
      else keptBytes += this.#settle(victim, index, bytes, how, keptBytes, walkedBytes, survivorsExpireMs, nowMs);
    }
    if (segments.serial[victim] === serial) throw new Error('an emptied segment still holds items');
  }

  /** Moves or drops the live item of the table's slot; returns the bytes kept. */
  #settle(
    victim: SegmentId,
    namespaceIndex: number,
    bytes: number,
    how: Fate,
    keptBytes: number,
    walkedBytes: number,
    expiryMs: number,
    nowMs: number,
  ): number {
    const { segments, table, hash, namespaces, protectedAddress } = this.#items;
    const from = segments.pool[victim]!;
    const must =
      from === pinnedPool
        ? namespaces.isPinned(namespaceIndex) || table.location === protectedAddress
        : this.#mustKeep(namespaceIndex, table.location, segments.sizeBytes);
    const keeps =
      must ||
      how === fate.keep ||
      (how === fate.policy &&
        (this.#policy.keeps(from, table.frequency, bytes, keptBytes, walkedBytes, segments.sizeBytes) ||
          this.#shares.guards(namespaceIndex, ownerOf(from))));
    if (keeps) {
      const to = this.#survivorSegment(from, namespaceIndex, bytes, how, must, expiryMs, nowMs);
      if (to !== noSegment) {
        if (how !== fate.keep) table.frequency = this.#survivorFrequency(from, table.frequency);
        this.#items.move(to, bytes);
        return bytes;
      }
      if (must) throw new Error('no room for an item that may not be evicted');
    }
    this.#policy.evicted(from, hash.low, hash.tag, table.items);
    this.#items.evict(hash.low, hash.tag);
    return 0;
  }

  /** A segment with room for a survivor; all survivors of one victim go by its last expiry. */
  #survivorSegment(
    from: Pool,
    namespaceIndex: number,
    bytes: number,
    how: Fate,
    must: boolean,
    expiryMs: number,
    nowMs: number,
  ): SegmentId {
    const { segments, namespaces } = this.#items;
    if (!must && this.#mergeInto !== noSegment) {
      if (segments.written[this.#mergeInto]! + bytes <= segments.sizeBytes) return this.#mergeInto;
      if (!this.#shares.guards(namespaceIndex, ownerOf(from))) return noSegment;
    }
    const owner = namespaces.owner[namespaceIndex]!;
    const staysSmall = how === fate.keep && !isMainPool(from);
    const into = must ? pinnedPool : staysSmall ? smallPoolOf(owner) : mainPoolOf(owner);
    const bucket = ttlBucketOf(expiryMs - nowMs);
    const tail = this.#tails.withRoom(into, bucket, bytes, expiryMs);
    if (tail !== noSegment) return tail;
    const borrowed = this.#tails.borrow(into, bucket, bytes, expiryMs);
    if (borrowed !== noSegment) return borrowed;
    // The last free segment is for items that must survive.
    if (segments.free > (must ? 0 : 1)) return this.#tails.open(into, bucket, nowMs);
    const any = this.#tails.anyWithRoom(into, bytes, expiryMs);
    if (any !== noSegment || must) return any;
    return this.#tails.anyWithRoom(mainPoolOf(commonOwner), bytes, expiryMs);
  }
}
