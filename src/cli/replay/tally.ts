import { LatencyHistogram } from './latency-histogram.ts';
import { replayLimits } from './limits.ts';

/** Everything that a replay counts. */
export class Tally {
  /** Requests of the trace that were made. */
  requests = 0;
  gets = 0;
  hits = 0;
  sets = 0;
  deletes = 0;
  /** Bytes of values that were answered, and sent. */
  bytesRead = 0;
  bytesWritten = 0;
  /** Hits whose bytes were not the key's. */
  mismatches = 0;
  /** Requests for objects that are larger than an item may be, or have a longer key; they are not made. */
  skippedTooLarge = 0;
  /** Requests for objects whose size the trace does not know; they are not made. */
  skippedUnknownSize = 0;
  /** Writes whose TTL in the trace is longer than the longest that there is. */
  clampedTtls = 0;
  /** Time from a request to the last byte of its answer. */
  readonly getLatency = new LatencyHistogram();
  readonly setLatency = new LatencyHistogram();
  readonly deleteLatency = new LatencyHistogram();
  readonly #errors = new Map<string, number>();

  /** Counts an error of a kind: a problem's code, a system error's code, or a status. */
  error(kind: string): void {
    const known = this.#errors.has(kind) || this.#errors.size < replayLimits.errorKindsMax ? kind : 'other';
    this.#errors.set(known, (this.#errors.get(known) ?? 0) + 1);
  }

  /** Errors by kind, the most frequent first. */
  get errorsByKind(): readonly (readonly [string, number])[] {
    return [...this.#errors].sort((a, b) => b[1] - a[1]);
  }

  get errors(): number {
    let sum = 0;
    for (const count of this.#errors.values()) sum += count;
    return sum;
  }

  /** Hits per get; 0 when there were no gets. */
  get hitRatio(): number {
    return this.gets === 0 ? 0 : this.hits / this.gets;
  }
}
