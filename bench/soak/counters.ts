import type { Random } from '../engine/workload.ts';

/** An increment's outcome did not come back. */
const unknown = -1;

/** What each counter was after its last increment. A cache may forget a counter, which then begins again at 1. */
export class Counters {
  readonly #values: Float64Array;
  readonly #busy: Uint8Array;

  constructor(count: number) {
    this.#values = new Float64Array(count);
    this.#busy = new Uint8Array(count);
  }

  /** A counter with nothing under way, which it has from now on; undefined when the one drawn has. */
  take(random: Random): number | undefined {
    const counter = Math.floor(random() * this.#values.length);
    if (this.#busy[counter] === 1) return undefined;
    this.#busy[counter] = 1;
    return counter;
  }

  /** After an increment without a result; `unchanged` when it was certainly not done. */
  release(counter: number, unchanged: boolean): void {
    if (!unchanged) this.#values[counter] = unknown;
    this.#busy[counter] = 0;
  }

  /** Takes the answer to an increment by one; what is wrong with it, if anything. */
  answered(counter: number, value: number, existed: boolean): string | undefined {
    const before = this.#values[counter]!;
    this.#values[counter] = value;
    this.#busy[counter] = 0;
    if (!existed) return value === 1 ? undefined : 'of a new counter did not begin at 1';
    if (before === unknown || value === before + 1) return undefined;
    return 'did not add 1 to the last value';
  }
}
