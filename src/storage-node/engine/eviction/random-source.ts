/** Random numbers for decisions that nobody can profit from guessing: xorshift32 (Marsaglia, JSS 2003). */
export class RandomSource {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** Unsigned 32 bit. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** From 0 to one less than `end`. */
  below(end: number): number {
    return this.next() % end;
  }
}
