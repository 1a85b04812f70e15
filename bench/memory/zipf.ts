/**
 * Ranks drawn from a Zipf distribution: rank r of n has a probability proportional to 1 / r^alpha. By a table of
 * sums, hence exact for every alpha from 0 on.
 */
export class Zipf {
  readonly alpha: number;
  readonly #sums: Float64Array;

  constructor(alpha: number, count: number) {
    this.alpha = alpha;
    this.#sums = new Float64Array(count);
    let sum = 0;
    for (let i = 0; i < count; i++) this.#sums[i] = sum += (i + 1) ** -alpha;
  }

  get count(): number {
    return this.#sums.length;
  }

  /** The rank, from 0, for a number that is uniform in [0, 1). */
  rank(uniform: number): number {
    const sums = this.#sums;
    const wanted = uniform * sums[sums.length - 1]!;
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** What `draws` draws are expected to meet: different ranks, and ranks that are met once. */
  expected(draws: number): { readonly distinct: number; readonly once: number } {
    const total = this.#sums[this.#sums.length - 1]!;
    let distinct = 0;
    let once = 0;
    for (let i = 0; i < this.#sums.length; i++) {
      const probability = (i + 1) ** -this.alpha / total;
      const none = Math.exp(draws * Math.log1p(-Math.min(probability, 1 - 1e-12)));
      distinct += 1 - none;
      once += (draws * probability * none) / (1 - probability + 1e-12);
    }
    return { distinct, once };
  }
}
