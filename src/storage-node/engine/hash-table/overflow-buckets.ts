import { slabMask, slabShift } from '../segments/slabs.ts';

export const overflowWords = 8;
export const overflowBytes = overflowWords * 4;

/** The overflow buckets: those in chains, those given back (a list through their second words), and the rest of the newest page. */
export class OverflowBuckets {
  /** Buckets in chains. */
  inUse = 0;
  readonly #views: Int32Array[];
  #firstFree = 0;
  #freeCount = 0;
  #next = 0;
  #left = 0;

  constructor(views: Int32Array[]) {
    this.#views = views;
  }

  get available(): number {
    return this.#freeCount + this.#left;
  }

  /** Adds a page of `words` words, all zero. */
  addPage(address: number, words: number): void {
    while (this.#left > 0) this.#list(this.#bump());
    this.#next = address;
    this.#left = words / overflowWords;
  }

  /** Takes an empty bucket, which there must be; returns its address. */
  take(): number {
    if (this.available === 0) throw new Error('no overflow bucket at hand');
    this.inUse++;
    if (this.#freeCount === 0) return this.#bump();
    const address = this.#firstFree;
    const words = this.#views[address >>> slabShift]!;
    const at = address & slabMask;
    this.#firstFree = words[at + 1]!;
    this.#freeCount--;
    words[at + 1] = 0;
    return address;
  }

  #bump(): number {
    const address = this.#next;
    this.#next = (address + overflowWords) | 0;
    this.#left--;
    return address;
  }

  /** Gives a bucket back, whatever is in it. */
  release(address: number): void {
    this.inUse--;
    this.#list(address);
  }

  #list(address: number): void {
    const words = this.#views[address >>> slabShift]!;
    const at = address & slabMask;
    words.fill(0, at, at + overflowWords);
    words[at + 1] = this.#firstFree;
    this.#firstFree = address;
    this.#freeCount++;
  }
}
