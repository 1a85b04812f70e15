/**
 * Time as a dependency. Nothing else in the tree reads a clock of its own; tests inject `ManualClock`.
 *
 * Monotonic time decides expiry, deadlines and promises; wall-clock time is for people and for JWT
 * claims only, because it may be stepped.
 */
export interface Clock {
  /** Milliseconds since an arbitrary start, never going back; fractions allowed. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
}

/** The clock of the process: `performance.now` and `Date.now`. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
};

/** A clock that moves only when told to. */
export class ManualClock implements Clock {
  #monotonicMs: number;
  #wallMs: number;

  constructor(start: { monotonicMs?: number; wallMs?: number } = {}) {
    this.#monotonicMs = start.monotonicMs ?? 0;
    this.#wallMs = start.wallMs ?? 1_767_225_600_000;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  /** Moves both clocks forward. `ms` must not be negative. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError('a clock does not go back');
    this.#monotonicMs += ms;
    this.#wallMs += ms;
  }
}
