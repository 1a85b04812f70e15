import type { Timers } from '../../../src/cli/timers.ts';
import { ManualClock } from '../../../src/shared/clock.ts';

/** Timers that fire only when `advance` passes them, in the order of their time. */
export class ManualTimers implements Timers {
  readonly clock = new ManualClock();
  readonly #waiting = new Set<{ atMs: number; fire: () => void }>();

  after(delayMs: number, fire: () => void): () => void {
    const timer = { atMs: this.clock.monotonicMs() + delayMs, fire };
    this.#waiting.add(timer);
    return () => void this.#waiting.delete(timer);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Moves time forward, and lets what was waiting for promises run after each timer. */
  async advance(ms: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + ms;
    for (;;) {
      const due = [...this.#waiting].filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#waiting.delete(due);
      this.clock.advance(Math.max(0, due.atMs - this.clock.monotonicMs()));
      due.fire();
      await settled();
    }
    this.clock.advance(endMs - this.clock.monotonicMs());
    await settled();
  }
}

/** Lets pending promise reactions run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
