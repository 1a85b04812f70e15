import type { MetricsText } from './metrics-text.ts';

/** Upper bounds of latency buckets of a request, in seconds. */
export const requestSecondsBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
/** Upper bounds of latency buckets inside the fleet, in seconds. */
export const hopSecondsBuckets = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5,
] as const;

/** A histogram in Prometheus' sense: counts by upper bound, with sum and total. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let i = 0;
    while (i < bounds.length && value > bounds[i]!) i++;
    this.#counts[i] = this.#counts[i]! + 1;
    this.#sum += value;
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** Adds its samples to the family begun in `text`. */
  write(text: MetricsText, labels: Readonly<Record<string, string>>): void {
    let below = 0;
    this.#bounds.forEach((bound, index) => {
      below += this.#counts[index]!;
      text.sample({ ...labels, le: String(bound) }, below, '_bucket');
    });
    text.sample({ ...labels, le: '+Inf' }, this.#count, '_bucket');
    text.sample(labels, this.#sum, '_sum').sample(labels, this.#count, '_count');
  }
}
