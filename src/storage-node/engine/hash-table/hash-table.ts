/**
 * The hash table: cache-line buckets of eight slots, chained overflow, growth and shrinking one bucket at a time.
 *
 * ```
 *  bucket: 16 words, 64 bytes            slot: two words
 *  ┌──────┬──────┬─ … ─┬──────┐          ┌──────────┬─────────┬───────────┐
 *  │slot 0│slot 1│     │slot 7│          │ tag 20   │ second 5│ frequency 7│  frequency 127: a link
 *  └──────┴──────┴─ … ─┴──────┘          ├──────────┴─────────┴───────────┤
 *  overflow: 8 words, 32 bytes           │ address of the item, 0: empty  │  of a link: of the next overflow bucket
 *  ┌──────┬──────┬──────┬──────┐         └────────────────────────────────┘
 *  │slot 0│slot 1│slot 2│slot 3│
 *  └──────┴──────┴──────┴──────┘
 * ```
 *
 * Tag and frequency share a word because a lookup reads the one and bumps the other. The last slot of a full
 * bucket links to an overflow bucket, which is half as large because most chains are one or two items too long.
 *
 * Pages of buckets are segments, taken from the same memory as items when the table needs them, so the
 * table is as large as the items require and no guess at start limits it. It grows by linear hashing (Litwin,
 * VLDB 1980): each growth step splits one bucket, and a bucket's index is made of the hash's low bits
 * followed by the tag's, so a split reads the table only, never an item. No pause, no second table. Shrinking
 * is the same backwards.
 *
 * Address 0 means empty, which no item has because segment 0 is the first page.
 */
import { itemHasKey } from '../item/item.ts';
import type { Kinds } from '../item/kinds.ts';
import { engineLimits } from '../options.ts';
import { noSegment } from '../segments/segment-id.ts';
import type { Segments } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import { OverflowBuckets, overflowWords } from './overflow-buckets.ts';

export const bucketWords = 16;
export const bucketBytes = bucketWords * 4;
export const slotsPerBucket = 8;
const tagShift = 12;
export const tagMask = -1 << tagShift;
export const frequencyMask = 0x7f;
export const linkMark = 0x7f;
/** A frequency is below the mark of a link. */
export const frequencyEnd = linkMark;
const secondShift = 7;
const secondMask = 0x1f << secondShift;
/** Seconds are told apart modulo this; 0 stands for none yet. */
const secondCycle = 31;

export class HashTable {
  /** The slot that the last successful `find`, `locate` or `insert` met: view and index. */
  slotWords: Int32Array;
  slotAt = 0;
  items = 0;

  readonly #segments: Segments;
  readonly #kinds: Kinds;
  readonly #views: Int32Array[];
  readonly #pages: Int32Array;
  readonly #pageShift: number;
  readonly #pageMask: number;
  #buckets = 0;
  /** 2^k - 1 with 2^(k-1) ≤ buckets < 2^k. */
  #levelMask = 0;

  readonly #overflow: OverflowBuckets;
  readonly #scratch = new Int32Array(engineLimits.chainItemsMax * 2);

  constructor(segments: Segments, kinds: Kinds) {
    this.#segments = segments;
    this.#kinds = kinds;
    this.#views = segments.slabs.words;
    this.#overflow = new OverflowBuckets(this.#views);
    this.#pages = new Int32Array(segments.total);
    this.#pageShift = segments.addressShift - Math.log2(bucketWords);
    this.#pageMask = (1 << this.#pageShift) - 1;
    this.#addPage();
    this.#buckets = 1 << this.#pageShift;
    this.#levelMask = this.#buckets * 2 - 1;
    this.slotWords = this.#views[0]!;
  }

  /** Items per slot, overflow included. */
  get load(): number {
    return this.items / ((this.#buckets + this.#overflow.inUse / 2) * slotsPerBucket);
  }

  get buckets(): number {
    return this.#buckets;
  }

  get overflowInUse(): number {
    return this.#overflow.inUse;
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

  /**
   * Counts a use by the paper's approximate and smoothed frequency counter (NSDI'21, section 4.4): at most one a
   * second; one for each up to 16, then with probability 1/frequency. `draw`: a random number, unsigned 32 bit.
   * The second is kept per slot rather than per bucket; in one of 31 cases an older one passes for this one.
   */
  touchSmoothed(nowMs: number, max: number, draw: number): void {
    const meta = this.slotWords[this.slotAt]!;
    const second = ((Math.floor(nowMs / 1_000) % secondCycle) + 1) << secondShift;
    if ((meta & secondMask) === second) return;
    const frequency = meta & frequencyMask;
    const more = frequency < max && (frequency <= 16 || draw < 2 ** 32 / frequency) ? 1 : 0;
    this.slotWords[this.slotAt] = (meta & ~secondMask) | second;
    this.slotWords[this.slotAt]! += more;
  }

  #bucketAddress(low: number, tag: number): number {
    const bits = (low & this.#pageMask) | ((tag >>> tagShift) << this.#pageShift);
    let bucket = bits & this.#levelMask;
    if (bucket >= this.#buckets) bucket &= this.#levelMask >>> 1;
    return this.addressOfBucket(bucket);
  }

  /** Where a bucket's chain begins, as an address of 16 words. */
  addressOfBucket(bucket: number): number {
    return (this.#pages[bucket >>> this.#pageShift]! + ((bucket & this.#pageMask) << 4)) | 0;
  }

  /** Finds the slot of an item by key. */
  find(low: number, tag: number, namespaceIndex: number, keyWords: Int32Array, keyLength: number): boolean {
    const views = this.#views;
    const kinds = this.#kinds;
    let address = this.#bucketAddress(low, tag);
    let length = bucketWords;
    for (;;) {
      const words = views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + length;
      for (let at = start; at < end; at += 2) {
        const meta = words[at]!;
        const differs = ((meta ^ tag) & tagMask) !== 0;
        if (differs && meta !== 0) continue;
        const location = words[at + 1]!;
        // Chains have no holes: behind an empty slot there is nothing.
        if (location === 0) return false;
        if (differs || (meta & frequencyMask) === linkMark) continue;
        const itemWords = views[location >>> slabShift]!;
        if (!itemHasKey(kinds, itemWords, location & slabMask, namespaceIndex, keyWords, keyLength)) continue;
        this.slotWords = words;
        this.slotAt = at;
        return true;
      }
      if ((words[end - 2]! & frequencyMask) !== linkMark) return false;
      address = words[end - 1]!;
      length = overflowWords;
    }
  }

  /** Finds the slot that holds exactly this address. */
  locate(low: number, tag: number, itemAddress: number): boolean {
    let address = this.#bucketAddress(low, tag);
    let length = bucketWords;
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + length;
      for (let at = start; at < end; at += 2) {
        if (words[at + 1] !== itemAddress || (words[at]! & frequencyMask) === linkMark) continue;
        this.slotWords = words;
        this.slotAt = at;
        return true;
      }
      if ((words[end - 2]! & frequencyMask) !== linkMark) return false;
      address = words[end - 1]!;
      length = overflowWords;
    }
  }

  /** Whether an overflow bucket is at hand, as `insert` may need one. */
  get canInsert(): boolean {
    return this.#overflow.available > 0;
  }

  /** Takes a free segment for overflow buckets; false when there is none. */
  addOverflowPage(): boolean {
    const segment = this.#segments.takeTablePage();
    if (segment === noSegment) return false;
    this.#overflow.addPage(this.#segments.addressOf(segment), 1 << this.#segments.addressShift);
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
    let length = bucketWords;
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + length;
      if ((words[end - 2]! & frequencyMask) === linkMark) {
        address = words[end - 1]!;
        length = overflowWords;
        continue;
      }
      for (let at = start; at < end; at += 2) {
        if (words[at + 1] === 0) {
          this.#fill(words, at, meta, itemAddress);
          return;
        }
      }
      const next = this.#overflow.take();
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

  /**
   * Empties the current slot. The hole is filled with the chain's last item, and an overflow bucket left
   * without items is unlinked, so that chains are always compact.
   */
  remove(low: number, tag: number): void {
    const holeWords = this.slotWords;
    const holeAt = this.slotAt;
    let linkWords = holeWords;
    let linkAt = -1;
    let address = this.#bucketAddress(low, tag);
    let words = this.#views[address >>> slabShift]!;
    let start = address & slabMask;
    let last = start + bucketWords - 2;
    while ((words[last]! & frequencyMask) === linkMark) {
      linkWords = words;
      linkAt = last;
      address = words[last + 1]!;
      words = this.#views[address >>> slabShift]!;
      start = address & slabMask;
      last = start + overflowWords - 2;
    }
    while (words[last + 1] === 0) last -= 2;
    holeWords[holeAt] = words[last]!;
    holeWords[holeAt + 1] = words[last + 1]!;
    words[last] = 0;
    words[last + 1] = 0;
    if (last === start && linkAt !== -1) {
      linkWords[linkAt] = 0;
      linkWords[linkAt + 1] = 0;
      this.#overflow.release(address);
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
    const from = this.addressOfBucket(this.#buckets - half);
    const to = this.addressOfBucket(this.#buckets);
    const count = this.#drain(from);
    const splitBit = (half >>> this.#pageShift) << tagShift;
    const scratch = this.#scratch;
    for (let i = 0; i < count; i += 2) {
      const meta = scratch[i]!;
      this.#place((meta & splitBit) === 0 ? from : to, meta, scratch[i + 1]!);
    }
    this.#buckets++;
    if (this.#buckets > this.#levelMask) this.#levelMask = this.#levelMask * 2 + 1;
    return true;
  }

  /** Whether the table is much larger than its items need, so that `shrink` has something to do. */
  get shrinkDue(): boolean {
    return this.#buckets - 1 > this.#pageMask && this.items < this.#buckets * engineLimits.bucketItemsMin;
  }

  /** Joins the last bucket with the one it was split from; gives a page back that is thereby unused. False if it cannot. */
  shrink(): boolean {
    if (this.#overflow.available < engineLimits.shrinkOverflowMin) return false;
    if (this.#buckets === (this.#levelMask + 1) >>> 1) this.#levelMask >>>= 1;
    const last = this.#buckets - 1;
    const into = this.addressOfBucket(last - ((this.#levelMask + 1) >>> 1));
    const count = this.#drain(this.addressOfBucket(last));
    const scratch = this.#scratch;
    for (let i = 0; i < count; i += 2) this.#place(into, scratch[i]!, scratch[i + 1]!);
    this.#buckets = last;
    if ((last & this.#pageMask) === 0) {
      this.#segments.releaseTablePage(this.#pages[last >>> this.#pageShift]! >>> this.#segments.addressShift);
    }
    return true;
  }

  /** Moves a chain's slots to the scratch and frees its overflow buckets; returns the words used. */
  #drain(bucket: number): number {
    let address = bucket;
    let length = bucketWords;
    let count = 0;
    for (;;) {
      const words = this.#views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + length;
      const linked = (words[end - 2]! & frequencyMask) === linkMark;
      const next = words[end - 1]!;
      const slotsEnd = linked ? end - 2 : end;
      for (let at = start; at < slotsEnd && words[at + 1] !== 0; at += 2) {
        if (count === this.#scratch.length) throw new Error('a chain of the hash table is too long');
        this.#scratch[count++] = words[at]!;
        this.#scratch[count++] = words[at + 1]!;
      }
      if (address === bucket) words.fill(0, start, end);
      else {
        this.#overflow.release(address);
      }
      if (!linked) return count;
      address = next;
      length = overflowWords;
    }
  }

  /** Whether a slot with these tag bits, in the chain of this bucket, is where a hash belongs. For `checkIntegrity`. */
  belongs(low: number, tag: number, slotTag: number, bucketAddress: number): boolean {
    return (tag & tagMask) === slotTag && this.#bucketAddress(low, tag) === bucketAddress;
  }
}
