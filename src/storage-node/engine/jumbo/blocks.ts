/**
 * Blocks: what jumbo items are stored in. A segment that serves them is divided into blocks of equal size, and
 * a jumbo has as many as it needs, from any segments, linked into a run:
 *
 * ```
 *   segment of blocks              segment of blocks
 *  ┌───────┬───────┬───────┬ ─    ┌───────┬───────┬ ─
 *  │ head  │ free  │ last  │      │ free  │ body  │
 *  └───────┴───────┴───────┴ ─    └───────┴───────┴ ─
 *      │               ▲              ▲       │
 *      └───────────────┼──────────────┼───────┘ …
 *                      └──── next ────┘
 * ```
 *
 * In whole segments an item just above a segment's size would waste nearly half of what it takes. Here an item
 * wastes half a block on average. A segment whose blocks are all free goes back to the free pool; when it is
 * wanted back and blocks for more than one segment are free in several, `vacate` moves the few that are used.
 */
import { copyBytes } from '../copy-bytes.ts';
import type { Geometry } from '../options.ts';
import type { FreePool } from '../segments/free-pool.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { type Slabs, slabMask, slabShift } from '../segments/slabs.ts';

/** A block's number: its address divided by the words of a block. */
export type Block = number;
export const noBlock = -1;

export class Blocks {
  readonly sizeBytes: number;
  readonly perSegment: number;
  /** Address → block: `address >>> addressShift`. */
  readonly addressShift: number;
  /** The next block of the run, or of the list of free blocks. */
  readonly next: Int32Array;
  /** The id of the jumbo that a block is of; -1 for a free one, and for all that are in no segment of blocks. */
  readonly owner: Int32Array;
  /** Blocks free in segments of blocks. */
  free = 0;
  /** Segments of blocks. */
  segments = 0;

  readonly #pool: FreePool;
  readonly #slabs: Slabs;
  readonly #previousFree: Int32Array;
  #firstFree: Block = noBlock;
  /** Used blocks of a segment of blocks; -1 for another segment. */
  readonly #used: Int32Array;

  constructor(geometry: Geometry, pool: FreePool, slabs: Slabs) {
    this.sizeBytes = geometry.blockSizeBytes;
    this.perSegment = geometry.segmentSizeBytes / geometry.blockSizeBytes;
    this.addressShift = Math.log2(geometry.blockSizeBytes / 4);
    const count = geometry.segmentsTotal * this.perSegment;
    this.next = new Int32Array(count).fill(noBlock);
    this.owner = new Int32Array(count).fill(-1);
    this.#previousFree = new Int32Array(count).fill(noBlock);
    this.#used = new Int32Array(geometry.segmentsTotal).fill(-1);
    this.#pool = pool;
    this.#slabs = slabs;
  }

  countFor(bytes: number): number {
    return Math.ceil(bytes / this.sizeBytes);
  }

  addressOf(block: Block): number {
    return (block << this.addressShift) | 0;
  }

  isBlocks(segment: SegmentId): boolean {
    return this.#used[segment] !== -1;
  }

  #segmentOf(block: Block): SegmentId {
    return Math.floor(block / this.perSegment);
  }

  /** Takes a run of `count` blocks, which there must be in the free blocks and the free pool; returns its head. */
  take(count: number, owner: SegmentId): Block {
    let last: Block = noBlock;
    let head: Block = noBlock;
    for (let i = 0; i < count; i++) {
      const block = this.#takeOne();
      this.owner[block] = owner;
      this.next[block] = noBlock;
      if (last === noBlock) head = block;
      else this.next[last] = block;
      last = block;
    }
    return head;
  }

  #takeOne(): Block {
    if (this.#firstFree === noBlock) this.#addSegment();
    const block = this.#firstFree;
    this.#unlinkFree(block);
    this.#used[this.#segmentOf(block)]!++;
    return block;
  }

  #addSegment(): void {
    const segment = this.#pool.take();
    if (segment === noSegment) throw new Error('no segment for blocks');
    this.#used[segment] = 0;
    this.segments++;
    const first = segment * this.perSegment;
    for (let block = first + this.perSegment - 1; block >= first; block--) this.#linkFree(block);
  }

  #linkFree(block: Block): void {
    const after = this.#firstFree;
    this.owner[block] = -1;
    this.next[block] = after;
    this.#previousFree[block] = noBlock;
    if (after !== noBlock) this.#previousFree[after] = block;
    this.#firstFree = block;
    this.free++;
  }

  #unlinkFree(block: Block): void {
    const before = this.#previousFree[block]!;
    const after = this.next[block]!;
    if (before === noBlock) this.#firstFree = after;
    else this.next[before] = after;
    if (after !== noBlock) this.#previousFree[after] = before;
    this.free--;
  }

  /** Frees the run from `head` on, and the segments that are thereby without a used block. */
  give(head: Block): void {
    let block = head;
    while (block !== noBlock) {
      const after = this.next[block]!;
      const segment = this.#segmentOf(block);
      this.#linkFree(block);
      if (--this.#used[segment]! === 0) this.#releaseSegment(segment);
      block = after;
    }
  }

  /** Ends the run after `count` blocks and frees the rest. */
  trim(head: Block, count: number): void {
    let last = head;
    for (let i = 1; i < count; i++) last = this.next[last]!;
    const rest = this.next[last]!;
    this.next[last] = noBlock;
    this.give(rest);
  }

  #releaseSegment(segment: SegmentId): void {
    const first = segment * this.perSegment;
    for (let block = first; block < first + this.perSegment; block++) this.#unlinkFree(block);
    this.#giveSegment(segment);
  }

  #giveSegment(segment: SegmentId): void {
    const first = segment * this.perSegment;
    this.owner.fill(-1, first, first + this.perSegment);
    this.#used[segment] = -1;
    this.segments--;
    this.#pool.give(segment);
  }

  /**
   * Frees the segment of blocks that has the fewest in use by moving these to free blocks of others; false when
   * those do not suffice. `headOf` gives the head of a jumbo's run, `headMoved` hears of a head's new place.
   */
  vacate(headOf: (owner: SegmentId) => Block, headMoved: (owner: SegmentId, head: Block) => void): boolean {
    let segment: SegmentId = noSegment;
    for (let s = 0; s < this.#pool.touched; s++) {
      if (!this.isBlocks(s)) continue;
      if (segment === noSegment || this.#used[s]! < this.#used[segment]!) segment = s;
    }
    if (segment === noSegment) return false;
    const used = this.#used[segment]!;
    if (this.free - (this.perSegment - used) < used) return false;
    const first = segment * this.perSegment;
    const end = first + this.perSegment;
    for (let block = first; block < end; block++) if (this.owner[block] === -1) this.#unlinkFree(block);
    for (let block = first; block < end; block++) {
      const owner = this.owner[block]!;
      if (owner === -1) continue;
      const to = this.#takeOne();
      this.#copy(block, to);
      this.owner[to] = owner;
      this.next[to] = this.next[block]!;
      const head = headOf(owner);
      if (head === block) headMoved(owner, to);
      else this.#relink(head, block, to);
    }
    this.#giveSegment(segment);
    return true;
  }

  #relink(head: Block, from: Block, to: Block): void {
    let before = head;
    while (this.next[before] !== from) before = this.next[before]!;
    this.next[before] = to;
  }

  #copy(from: Block, to: Block): void {
    const source = this.addressOf(from);
    const target = this.addressOf(to);
    const { bytes } = this.#slabs;
    const sourceAt = (source & slabMask) * 4;
    const targetAt = (target & slabMask) * 4;
    copyBytes(bytes[source >>> slabShift]!, sourceAt, bytes[target >>> slabShift]!, targetAt, this.sizeBytes);
  }

  /** Throws an Error when counts, owners and the list of free blocks disagree. For `checkIntegrity`. */
  check(runBlocks: (owner: SegmentId) => Block[]): void {
    let segments = 0;
    let free = 0;
    const owners = new Set<SegmentId>();
    for (let segment = 0; segment < this.#pool.touched; segment++) {
      if (!this.isBlocks(segment)) continue;
      segments++;
      const owned = this.owner.subarray(segment * this.perSegment, (segment + 1) * this.perSegment);
      const used = owned.filter((owner) => owner !== -1);
      if (used.length === 0 || used.length !== this.#used[segment])
        throw new Error(`blocks of ${segment}: wrong count`);
      for (const owner of used) owners.add(owner);
      free += this.perSegment - used.length;
    }
    if (segments !== this.segments) throw new Error(`${segments} segments of blocks, ${this.segments} counted`);
    let listed = 0;
    for (let block = this.#firstFree; block !== noBlock; block = this.next[block]!) {
      if (this.owner[block] !== -1 || !this.isBlocks(this.#segmentOf(block)))
        throw new Error('a used block is listed free');
      if (++listed > free) throw new Error('more free blocks listed than there are');
    }
    if (listed !== free || free !== this.free)
      throw new Error(`${free} free blocks, ${listed} listed, ${this.free} counted`);
    let inRuns = 0;
    for (const owner of owners) {
      for (const block of runBlocks(owner)) {
        if (this.owner[block] !== owner) throw new Error(`jumbo ${owner}: a block of another in its run`);
        inRuns++;
      }
    }
    if (inRuns !== segments * this.perSegment - free) throw new Error('a used block is in no run');
  }
}
