/**
 * The hash table: cache-line buckets of eight slots, chained overflow, growth one bucket at a time.
 *
 * ```
 *  bucket: 16 words, 64 bytes            slot: two words
 *  ┌──────┬──────┬─ … ─┬──────┐          ┌───────────────────┬───────────┐
 *  │slot 0│slot 1│     │slot 7│          │ tag 24            │ frequency 8│  frequency 255: a link
 *  └──────┴──────┴─ … ─┴──────┘          ├───────────────────┴───────────┤
 *                                        │ address of the item, 0: empty │  of a link: of the next bucket
 *                                        └───────────────────────────────┘
 * ```
 *
 * Tag and frequency share a word because a lookup reads the one and bumps the other. Slot 7 of a full bucket
 * links to an overflow bucket.
 *
 * Pages of buckets are segments, taken from the same memory as items when the table needs them, so the
 * table is as large as the items require and no guess at start limits it. It grows by linear hashing (Litwin,
 * VLDB 1980): each growth step splits one bucket, and a bucket's index is made of the hash's low bits
 * followed by the tag's, so a split reads the table only, never an item. No pause, no second table.
 *
 * Address 0 means empty, which no item has because segment 0 is the first page.
 */
import { itemHasKey } from '../item/item.ts';
import { engineLimits } from '../options.ts';
import { noSegment, type Segments } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';

const bucketWords = 16;
export const bucketBytes = bucketWords * 4;
export const slotsPerBucket = 8;
const lastSlot = bucketWords - 2;
const tagMask = ~0xff;
const frequencyMask = 0xff;
const linkMark = 0xff;
/** Chains longer than this need a broken hash; the scratch of a split is sized for it. */
const chainItemsMax = 4_096;

export class HashTable {
  /** The slot that the last successful `find`, `locate` or `insert` met: view and index. */
  slotWords: Int32Array;
  slotAt = 0;
  items = 0;

  readonly #segments: Segments;
  readonly #views: Int32Array[];
  readonly #pages: Int32Array;
  readonly #pageShift: number;
  readonly #pageMask: number;
  #buckets: number;
  /** 2^k - 1 with 2^(k-1) ≤ buckets < 2^k. */
  #levelMask: number;

  #overflowFree = 0;
  #overflowFreeCount = 0;
  #overflowNext = 0;
  #overflowLeft = 0;
  #overflowBuckets = 0;
  readonly #scratch = new Int32Array(chainItemsMax * 2);

  constructor(segments: Segments) {
    this.#segments = segments;
    this.#views = segments.slabs.words;
    this.#pages = new Int32Array(segments.total);
    this.#pageShift = segments.addressShift - Math.log2(bucketWords);
    this.#pageMask = (1 << this.#pageShift) - 1;
    this.#buckets = 0;
    this.#levelMask = this.#pageMask;
    this.#addPage();
    this.#buckets = 1 << this.#pageShift;
    this.#levelMask = this.#buckets * 2 - 1;
    this.slotWords = this.#views[0]!;
  }

  get load(): number {
    return this.items / ((this.#buckets + this.#overflowBuckets) * slotsPerBucket);
  }

  /** Address of the item in the current slot. */
  get location(): number {
    return this.slotWords[this.slotAt + 1]!;
  }

  set location(address: number) {
    this.slotWords[this.slotAt + 1] = address;
  }

  get frequency(): number {
    return this.slotWords[this.slotAt]! & frequencyMask;
  }

  set frequency(frequency: number) {
    this.slotWords[this.slotAt] = (this.slotWords[this.slotAt]! & tagMask) | frequency;
  }

  /** Counts a use of the item in the current slot, up to `max`. */
  touch(max: number): void {
    const meta = this.slotWords[this.slotAt]!;
    if ((meta & frequencyMask) < max) this.slotWords[this.slotAt] = meta + 1;
  }

  #bucketAddress(low: number, tag: number): number {
    const bits = (low & this.#pageMask) | ((tag >>> 8) << this.#pageShift);
    let bucket = bits & this.#levelMask;
    if (bucket >= this.#buckets) bucket &= this.#levelMask >>> 1;
    return this.#addressOfBucket(bucket);
  }

  #addressOfBucket(bucket: number): number {
    return (this.#pages[bucket >>> this.#pageShift]! + ((bucket & this.#pageMask) << 4)) | 0;
  }

  /** Finds the slot of an item by key. */
  find(low: number, tag: number, namespaceIndex: number, keyWords: Int32Array, keyLength: number): boolean {
    const views = this.#views;
    let address = this.#bucketAddress(low, tag);
    for (;;) {
      const words = views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + bucketWords;
      for (let at = start; at < end; at += 2) {
        const meta = words[at]!;
        if (((meta ^ tag) & tagMask) !== 0 || (meta & frequencyMask) === linkMark) continue;
        const location = words[at + 1]!;
        if (location === 0) continue;
        if (!itemHasKey(views[location >>> slabShift]!, location & slabMask, namespaceIndex, keyWords, keyLength))
          continue;
        this.slotWords = words;
        this.slotAt = at;
        return true;
      }
      if ((words[end - 2]! & frequencyMask) !== linkMark) return false;
      address = words[end - 1]!;
    }
  }

  /** Finds the slot that holds exactly this address. */
  locate(low: number, tag: number, itemAddress: number): boolean {
    let address = this.#bucketAddress(low, tag);
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + bucketWords;
      for (let at = start; at < end; at += 2) {
        if (words[at + 1] !== itemAddress || (words[at]! & frequencyMask) === linkMark) continue;
        this.slotWords = words;
        this.slotAt = at;
        return true;
      }
      if ((words[end - 2]! & frequencyMask) !== linkMark) return false;
      address = words[end - 1]!;
    }
  }

  /** Whether an overflow bucket is at hand, as `insert` may need one. */
  get canInsert(): boolean {
    return this.#overflowFreeCount > 0 || this.#overflowLeft > 0;
  }

  /** Takes a free segment for overflow buckets; false when there is none. */
  addOverflowPage(): boolean {
    const segment = this.#segments.takeTablePage();
    if (segment === noSegment) return false;
    while (this.#overflowLeft > 0) this.#releaseOverflow(this.#bumpOverflow());
    this.#overflowNext = this.#segments.addressOf(segment);
    this.#overflowLeft = 1 << this.#pageShift;
    return true;
  }

  #addPage(): boolean {
    const segment = this.#segments.takeTablePage();
    if (segment === noSegment) return false;
    this.#pages[this.#buckets >>> this.#pageShift] = this.#segments.addressOf(segment);
    return true;
  }

  /** Adds an item, frequency 0. `canInsert` must hold. */
  insert(low: number, tag: number, itemAddress: number): void {
    this.#place(this.#bucketAddress(low, tag), tag & tagMask, itemAddress);
    this.items++;
  }

  #place(bucket: number, meta: number, itemAddress: number): void {
    let address = bucket;
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + bucketWords;
      if ((words[end - 2]! & frequencyMask) === linkMark) {
        address = words[end - 1]!;
        continue;
      }
      for (let at = start; at < end; at += 2) {
        if (words[at + 1] === 0) {
          this.#fill(words, at, meta, itemAddress);
          return;
        }
      }
      const next = this.#takeOverflow();
      const nextWords = this.#views[next >>> slabShift]!;
      const nextAt = next & slabMask;
      nextWords[nextAt] = words[end - 2]!;
      nextWords[nextAt + 1] = words[end - 1]!;
      words[end - 2] = linkMark;
      words[end - 1] = next;
      this.#fill(nextWords, nextAt + 2, meta, itemAddress);
      return;
    }
  }

  #fill(words: Int32Array, at: number, meta: number, itemAddress: number): void {
    words[at] = meta;
    words[at + 1] = itemAddress;
    this.slotWords = words;
    this.slotAt = at;
  }

  #takeOverflow(): number {
    this.#overflowBuckets++;
    const address = this.#overflowFree;
    if (this.#overflowFreeCount === 0) return this.#bumpOverflow();
    const words = this.#views[address >>> slabShift]!;
    const at = address & slabMask;
    this.#overflowFree = words[at + 1]!;
    this.#overflowFreeCount--;
    words[at + 1] = 0;
    return address;
  }

  #bumpOverflow(): number {
    if (this.#overflowLeft === 0) throw new Error('no overflow bucket at hand');
    const address = this.#overflowNext;
    this.#overflowNext = (address + bucketWords) | 0;
    this.#overflowLeft--;
    return address;
  }

  #releaseOverflow(address: number): void {
    const words = this.#views[address >>> slabShift]!;
    const at = address & slabMask;
    words.fill(0, at, at + bucketWords);
    words[at + 1] = this.#overflowFree;
    this.#overflowFree = address;
    this.#overflowFreeCount++;
  }

  /**
   * Empties the current slot. The hole is filled with the chain's last item, and an overflow bucket left
   * without items is unlinked, so that chains are always compact.
   */
  remove(low: number, tag: number): void {
    const holeWords = this.slotWords;
    const holeAt = this.slotAt;
    let beforeWords = holeWords;
    let beforeEnd = -1;
    let address = this.#bucketAddress(low, tag);
    let words = this.#views[address >>> slabShift]!;
    let start = address & slabMask;
    while ((words[start + lastSlot]! & frequencyMask) === linkMark) {
      beforeWords = words;
      beforeEnd = start + lastSlot;
      address = words[start + lastSlot + 1]!;
      words = this.#views[address >>> slabShift]!;
      start = address & slabMask;
    }
    let last = start + lastSlot;
    while (words[last + 1] === 0) last -= 2;
    holeWords[holeAt] = words[last]!;
    holeWords[holeAt + 1] = words[last + 1]!;
    words[last] = 0;
    words[last + 1] = 0;
    if (last === start && beforeEnd !== -1) {
      beforeWords[beforeEnd] = 0;
      beforeWords[beforeEnd + 1] = 0;
      this.#overflowBuckets--;
      this.#releaseOverflow(address);
    }
    this.items--;
  }

  /** Whether a growth step is due. */
  get growthDue(): boolean {
    return this.items > this.#buckets * engineLimits.bucketItemsMax;
  }

  /** Whether the next growth step needs a page, hence a free segment. */
  get growthNeedsPage(): boolean {
    return (this.#buckets & this.#pageMask) === 0;
  }

  /** Splits one bucket; false when that needs a page and no segment is free. */
  grow(): boolean {
    if (this.growthNeedsPage && !this.#addPage()) return false;
    const half = (this.#levelMask + 1) >>> 1;
    const from = this.#addressOfBucket(this.#buckets - half);
    const to = this.#addressOfBucket(this.#buckets);
    const count = this.#drain(from);
    const splitBit = (half >>> this.#pageShift) << 8;
    const scratch = this.#scratch;
    for (let i = 0; i < count; i += 2) {
      const meta = scratch[i]!;
      this.#place((meta & splitBit) === 0 ? from : to, meta, scratch[i + 1]!);
    }
    this.#buckets++;
    if (this.#buckets > this.#levelMask) this.#levelMask = this.#levelMask * 2 + 1;
    return true;
  }

  /** Moves a chain's slots to the scratch and frees its overflow buckets; returns the words used. */
  #drain(bucket: number): number {
    let address = bucket;
    let count = 0;
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const linked = (words[start + lastSlot]! & frequencyMask) === linkMark;
      const next = words[start + lastSlot + 1]!;
      const end = start + (linked ? lastSlot : bucketWords);
      for (let at = start; at < end && words[at + 1] !== 0; at += 2) {
        if (count === this.#scratch.length) throw new Error('a chain of the hash table is too long');
        this.#scratch[count++] = words[at]!;
        this.#scratch[count++] = words[at + 1]!;
      }
      if (address === bucket) words.fill(0, start, start + bucketWords);
      else {
        this.#overflowBuckets--;
        this.#releaseOverflow(address);
      }
      if (!linked) return count;
      address = next;
    }
  }

  /** Calls `visit` with every slot's item address, tag bits and home bucket; throws on a broken chain. For `checkIntegrity`. */
  walk(visit: (itemAddress: number, tag: number, bucketAddress: number) => void): void {
    let items = 0;
    let overflow = 0;
    for (let bucket = 0; bucket < this.#buckets; bucket++) {
      const home = this.#addressOfBucket(bucket);
      let address = home;
      for (;;) {
        const words = this.#views[address >>> slabShift]!;
        const start = address & slabMask;
        const linked = (words[start + lastSlot]! & frequencyMask) === linkMark;
        let empty = false;
        for (let at = start; at < start + (linked ? lastSlot : bucketWords); at += 2) {
          if (words[at + 1] === 0) {
            empty = true;
            if (words[at] !== 0) throw new Error(`bucket ${bucket}: tag without an item`);
            continue;
          }
          if (empty) throw new Error(`bucket ${bucket}: a hole in the chain`);
          items++;
          visit(words[at + 1]!, words[at]! & tagMask, home);
        }
        if (linked && empty) throw new Error(`bucket ${bucket}: a hole before a link`);
        if (address !== home && words[start + 1] === 0) throw new Error(`bucket ${bucket}: empty overflow bucket`);
        if (!linked) break;
        address = words[start + lastSlot + 1]!;
        if (++overflow > this.#overflowBuckets) throw new Error(`bucket ${bucket}: more overflow buckets than counted`);
      }
    }
    if (items !== this.items) throw new Error(`table: ${items} items, ${this.items} counted`);
    if (overflow !== this.#overflowBuckets)
      throw new Error(`table: ${overflow} overflow buckets, ${this.#overflowBuckets} counted`);
  }

  /** The address of the bucket that a hash belongs to. For `checkIntegrity`. */
  homeOf(low: number, tag: number): number {
    return this.#bucketAddress(low, tag);
  }
}
