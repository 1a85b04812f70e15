/** Timers as a dependency, so that tests decide when they fire. */
export interface Timers {
  /** Calls `fire` once after `delayMs`; returns the way to call it off. */
  after(delayMs: number, fire: () => void): () => void;
}

/** The timers of the process. */
export const systemTimers: Timers = {
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return () => clearTimeout(timer);
  },
};
