/**
 * The ghost: fingerprints of items evicted lately, without their data. An item that comes back while its
 * ghost is there is worth the main pool at once (Yang et al., SOSP'23, section 4.1).
 *
 * Sets of four words, the oldest replaced:
 * ```
 *  ┌────────────────┬─────────┐
 *  │ fingerprint 16 │ tick 16 │   tick: 1/32 of the ghost's length, counted in evictions
 *  └────────────────┴─────────┘
 * ```
 * The length follows the number of live items, as given with each entry, and is bounded by the memory of
 * the sets. Fingerprint and tick share a word so that a set is a quarter of a cache line. Sixteen bits of tick,
 * because they wrap: a fingerprint that nothing replaces counts again after 2,048 lengths, when few are left (with
 * eight bits it was after 8, and where items are large and sets empty, an eighth of the old ones counted).
 */
const setEntries = 4;
const ticksPerLength = 32;
const tickMask = 0xffff;
const fingerprintMask = ~0xffff;

export class Ghost {
  readonly #words: Int32Array;
  readonly #setMask: number;
  /** Starts apart from the zeros of empty entries. */
  #tick = ticksPerLength * 2;
  #entriesInTick = 0;

  /** `entries`: a power of two, at least 4. */
  constructor(entries: number) {
    this.#words = new Int32Array(entries);
    this.#setMask = entries / setEntries - 1;
  }

  #age(word: number): number {
    return (this.#tick - word) & tickMask;
  }

  /** Notes an evicted item; `length` is how many evictions it is to be remembered for. */
  add(low: number, tag: number, length: number): void {
    if (++this.#entriesInTick * ticksPerLength >= length) {
      this.#entriesInTick = 0;
      this.#tick = (this.#tick + 1) & tickMask;
    }
    const words = this.#words;
    const start = (low & this.#setMask) * setEntries;
    let target = start;
    let oldest = -1;
    for (let at = start; at < start + setEntries; at++) {
      const age = this.#age(words[at]!);
      if (age <= oldest) continue;
      oldest = age;
      target = at;
    }
    words[target] = (tag & fingerprintMask) | this.#tick;
  }

  /** Whether the item was evicted lately; forgets it. */
  take(low: number, tag: number): boolean {
    const words = this.#words;
    const start = (low & this.#setMask) * setEntries;
    for (let at = start; at < start + setEntries; at++) {
      const word = words[at]!;
      if (((word ^ tag) & fingerprintMask) !== 0 || this.#age(word) >= ticksPerLength) continue;
      words[at] = 0;
      return true;
    }
    return false;
  }
}
