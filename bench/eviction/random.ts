/** A seeded generator of numbers: xorshift32 (Marsaglia, 2003). The same seed gives the same workload everywhere. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Neighbouring seeds are far apart after this, and the state is never 0.
    this.#state = Math.imul(seed + 0x9e37_79b9, 0x85eb_ca6b) | 1;
    for (let i = 0; i < 8; i++) this.word();
  }

  /** 32 random bits, signed. */
  word(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state;
  }

  /** From 0 inclusive to 1 exclusive. */
  unit(): number {
    return (this.word() >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 inclusive to `end` exclusive. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }
}
