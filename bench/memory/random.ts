/** A seeded source of numbers: SplitMix32-like mixing of a counter, so that any number can also be had by its index. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = mix(seed, 0x51ed270b);
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state, 0) / 2 ** 32;
  }
}

/** An unsigned 32-bit hash of two numbers, every bit of which depends on every bit of both. */
export function mix(number: number, salt: number): number {
  let h = (number | 0) ^ Math.imul(salt | 0, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Uniform in [0, 1), fixed by the two numbers. */
export function unit(number: number, salt: number): number {
  return mix(number, salt) / 2 ** 32;
}
