/**
 * Cutting a failing list down: delta debugging (Zeller and Hildebrandt, "Simplifying and isolating
 * failure-inducing input", 2002) by chunks of halving size, then simpler items in the place of what is left.
 */
import type { Clock } from '../../../../src/shared/clock.ts';

export interface ShrinkOptions<T> {
  /** How many items, from the first, it takes to fail; undefined when the list does not fail. */
  fails: (list: readonly T[]) => number | undefined;
  /** Simpler forms of an item, the simplest first; none when it cannot be simpler. */
  simpler: (item: T) => readonly T[];
  /** Simpler forms of a whole list: changes that only make sense everywhere at once. */
  simplerLists?: (list: readonly T[]) => readonly (readonly T[])[];
  clock: Clock;
  /** Wall time for all of it, in ms: a list that is still long is printed as it is then. */
  budgetMs: number;
}

/** The shortest and simplest failing list found in the time. `list` must fail. */
export function shrink<T>(list: readonly T[], options: ShrinkOptions<T>): readonly T[] {
  const { fails, simpler, simplerLists = () => [], clock, budgetMs } = options;
  const endMs = clock.monotonicMs() + budgetMs;
  const inTime = () => clock.monotonicMs() < endMs;
  let best = list;
  const accept = (candidate: readonly T[]): boolean => {
    const needed = fails(candidate);
    if (needed === undefined) return false;
    best = candidate.slice(0, needed);
    return true;
  };
  accept(list);
  for (let changed = true; changed && inTime(); ) {
    const before = best;
    best = withoutChunks(best, accept, () => best, inTime);
    for (const candidate of simplerLists(best)) if (inTime()) accept(candidate);
    for (let i = 0; i < best.length && inTime(); i++) {
      for (const item of simpler(best[i]!)) {
        if (inTime() && accept(best.with(i, item))) break;
      }
    }
    changed = best !== before;
  }
  return best;
}

function withoutChunks<T>(
  list: readonly T[],
  accept: (candidate: readonly T[]) => boolean,
  current: () => readonly T[],
  inTime: () => boolean,
): readonly T[] {
  let best = list;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    // From the end: what comes last is needed least by what is left.
    for (let end = best.length; end > 0 && inTime(); end -= size) {
      const start = Math.max(0, end - size);
      if (accept([...best.slice(0, start), ...best.slice(end)])) {
        best = current();
        end = Math.min(end, best.length + size);
      }
    }
  }
  return best;
}
