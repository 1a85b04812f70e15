import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';

/** The part of a garbage collection's performance entry that is looked at. */
interface GcEntry {
  readonly duration: number;
  readonly detail: { readonly flags: number };
}

/** Pauses of this process for garbage collection, those that somebody asked for left out. */
export class GcWatch {
  #longestMs = 0;
  #totalMs = 0;
  #count = 0;
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#take(entry as unknown as GcEntry);
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  #take({ duration, detail }: GcEntry): void {
    if (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) return;
    this.#longestMs = Math.max(this.#longestMs, duration);
    this.#totalMs += duration;
    this.#count++;
  }

  async end(): Promise<{ longestMs: number; totalMs: number; count: number }> {
    // entries come in a turn of their own
    await turn();
    await turn();
    this.#observer.disconnect();
    return { longestMs: this.#longestMs, totalMs: this.#totalMs, count: this.#count };
  }
}
