import { systemClock } from '../../../src/shared/clock.ts';

/** What became of an operation, for figures; what it means for the data is in the history. */
export type Fate = 'done' | 'not_done' | 'unknown';

/** Operations of a stretch of a run. */
export interface Stretch {
  readonly seconds: number;
  readonly done: number;
  readonly notDone: number;
  readonly unknown: number;
  /** Longest time without any success, in ms. */
  readonly longestGapMs: number;
  /** Longest operation that succeeded, in ms. */
  readonly longestDoneMs: number;
  /** Codes of the answers that were no success, and how often each. */
  readonly troubles: Readonly<Record<string, number>>;
}

/** Counts what operations came to, in all and by stretch. */
export class Tally {
  #startMs = systemClock.monotonicMs();
  #lastDoneMs = this.#startMs;
  #longestGapMs = 0;
  #longestDoneMs = 0;
  #counts = { done: 0, not_done: 0, unknown: 0 };
  #troubles = new Map<string, number>();
  readonly total = { done: 0, not_done: 0, unknown: 0 };
  longestGapMs = 0;
  /** Answers that no fault explains; each fails the run. */
  readonly unexpected: string[] = [];

  count(fate: Fate, invokeMs: number, trouble: string): void {
    const nowMs = systemClock.monotonicMs();
    this.#counts[fate]++;
    this.total[fate]++;
    if (fate === 'done') {
      this.#gap(nowMs);
      this.#lastDoneMs = nowMs;
      this.#longestDoneMs = Math.max(this.#longestDoneMs, nowMs - invokeMs);
    } else this.#troubles.set(trouble, (this.#troubles.get(trouble) ?? 0) + 1);
  }

  unexpect(text: string): void {
    if (this.unexpected.length < 50) this.unexpected.push(text);
  }

  /** Begins anew: what was before is no part of the run. */
  reset(): void {
    this.cut();
    this.longestGapMs = 0;
    this.#lastDoneMs = this.#startMs;
  }

  /** Ends the stretch and begins the next. */
  cut(): Stretch {
    const nowMs = systemClock.monotonicMs();
    this.#gap(nowMs);
    const stretch = {
      seconds: (nowMs - this.#startMs) / 1_000,
      done: this.#counts.done,
      notDone: this.#counts.not_done,
      unknown: this.#counts.unknown,
      longestGapMs: this.#longestGapMs,
      longestDoneMs: this.#longestDoneMs,
      troubles: Object.fromEntries(this.#troubles),
    };
    this.#startMs = nowMs;
    this.#longestGapMs = 0;
    this.#longestDoneMs = 0;
    this.#counts = { done: 0, not_done: 0, unknown: 0 };
    this.#troubles = new Map();
    return stretch;
  }

  #gap(nowMs: number): void {
    const gapMs = nowMs - Math.max(this.#lastDoneMs, this.#startMs);
    this.#longestGapMs = Math.max(this.#longestGapMs, gapMs);
    this.longestGapMs = Math.max(this.longestGapMs, gapMs);
  }
}
