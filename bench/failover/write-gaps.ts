/** When the writes of each key succeeded, and the longest time without one around a fault. */
export class WriteGaps {
  readonly #successes = new Map<string, number[]>();

  succeeded(key: string, atMs: number): void {
    const times = this.#successes.get(key);
    if (times === undefined) this.#successes.set(key, [atMs]);
    else times.push(atMs);
  }

  /** Forgets what was before. */
  forget(beforeMs: number): void {
    for (const [key, times] of this.#successes)
      this.#successes.set(
        key,
        times.filter((time) => time >= beforeMs),
      );
  }

  /** Longest time between two successes of a key, the later of them after the fault; Infinity when there was none. */
  gapOf(key: string, faultMs: number, nowMs: number): number {
    let longest = 0;
    let last: number | undefined;
    for (const time of this.#successes.get(key) ?? []) {
      if (last !== undefined && time >= faultMs) longest = Math.max(longest, time - last);
      last = time;
    }
    if (last === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(longest, nowMs - last);
  }

  /** The longest of several keys; 0 of none. */
  longestOf(keys: readonly string[], faultMs: number, nowMs: number): number {
    return keys.reduce((longest, key) => Math.max(longest, this.gapOf(key, faultMs, nowMs)), 0);
  }

  /** Whether each key has been written since then, and again and again up to now. */
  goOn(keys: readonly string[], sinceMs: number, nowMs: number, pauseMs: number): boolean {
    return keys.every((key) => {
      const times = this.#successes.get(key) ?? [];
      const last = times.at(-1) ?? 0;
      const since = times.filter((time) => time >= sinceMs).length;
      return since >= 2 && nowMs - last < pauseMs;
    });
  }
}

/** The value that a share of them (0 to 1) does not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
