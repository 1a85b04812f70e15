import type { ManualClock } from '../../src/shared/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Timers that go off when the test moves the clock through them. */
export class ManualTimers {
  readonly #clock: ManualClock;
  readonly #timers = new Set<Timer>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get count(): number {
    return this.#timers.size;
  }

  readonly delay = (ms: number, callback: () => void): (() => void) => {
    const timer = { atMs: this.#clock.monotonicMs() + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Moves the clock, stopping at each timer on the way. */
  advance(ms: number): void {
    const endMs = this.#clock.monotonicMs() + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers)
        if (timer.atMs <= endMs && (next === undefined || timer.atMs < next.atMs)) next = timer;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#clock.advance(Math.max(0, next.atMs - this.#clock.monotonicMs()));
      next.callback();
    }
    this.#clock.advance(Math.max(0, endMs - this.#clock.monotonicMs()));
  }
}
