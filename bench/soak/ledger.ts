/** What was last written under each key, as far as the answers said. */
export const absent = 0;
/** A write's outcome did not come back: anything may be there. */
const unknown = 0xffff_ffff;

/**
 * The newest acknowledged version of each key and the latest time at which it ends. A cache may forget an item; it may
 * not answer an older version, a deleted one, or one whose TTL is over. Nothing is told of keys with an operation
 * under way, so there must be one at a time for each.
 */
export class Ledger {
  readonly #versions: Uint32Array;
  readonly #endsMs: Float64Array;
  #last = 0;

  constructor(keys: number) {
    this.#versions = new Uint32Array(keys);
    this.#endsMs = new Float64Array(keys);
  }

  nextVersion(): number {
    this.#last = (this.#last % (unknown - 1)) + 1;
    return this.#last;
  }

  stored(key: number, version: number, endsMs: number): void {
    this.#versions[key] = version;
    this.#endsMs[key] = endsMs;
  }

  removed(key: number): void {
    this.#versions[key] = absent;
  }

  lost(key: number): void {
    this.#versions[key] = unknown;
  }

  /** What is wrong with this version as the answer to a read that was sent at `sentMs`; undefined when nothing is. */
  objection(key: number, version: number, sentMs: number): string | undefined {
    const expected = this.#versions[key]!;
    if (expected === unknown) return undefined;
    if (expected === absent) return 'an item that was deleted';
    if (version !== expected) return 'an older version';
    return sentMs >= this.#endsMs[key]! ? 'an item whose TTL was over' : undefined;
  }
}
