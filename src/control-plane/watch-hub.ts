/**
 * The watchers of the fleet's state: who waits for news, and up to which revision each has applied it.
 *
 * A watcher's poll names the revision it has applied; that is its acknowledgement. A watcher is *live* while
 * a poll of it is open or ended less than `repollWindowMs` ago. `acknowledged(r)` waits for the live ones
 * only, and at most `acknowledgeMsMax`: a dead process delays a change by that bound once, and then counts
 * as gone until it polls again.
 */
import type { Clock } from '../shared/clock.ts';
import { controlLinkLimits } from '../shared/control-link/limits.ts';
import { GodwitError } from '../shared/errors.ts';
import { retryAfterSeconds } from '../shared/limits.ts';
import { controlPlaneLimits } from './limits.ts';

interface Watcher {
  readonly id: string;
  appliedRevision: number;
  lastSeenMs: number;
  openPolls: number;
  /** Did not acknowledge within the bound; nothing waits for it until it polls again. */
  lagging: boolean;
}

interface Waiter {
  readonly watcher: string;
  /** Whether the state has become newer than what the poll knows. */
  readonly hasNews: () => boolean;
  readonly wake: () => void;
}

export class WatchHub {
  readonly #clock: Clock;
  readonly #watchers = new Map<string, Watcher>();
  readonly #waiters = new Set<Waiter>();
  readonly #acknowledgements = new Set<() => void>();
  #acknowledgeTimeouts = 0;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get waiters(): number {
    return this.#waiters.size;
  }

  get acknowledgeTimeouts(): number {
    return this.#acknowledgeTimeouts;
  }

  /** Watchers that a change waits for. */
  get liveWatchers(): number {
    let count = 0;
    for (const watcher of this.#watchers.values()) if (this.#isLive(watcher)) count++;
    return count;
  }

  /** When a watcher was last heard of (monotonic ms); now while it waits here; undefined when unknown. */
  lastSeenMs(id: string): number | undefined {
    const watcher = this.#watchers.get(id);
    if (!watcher) return undefined;
    return watcher.openPolls > 0 ? this.#clock.monotonicMs() : watcher.lastSeenMs;
  }

  /** Counts a watcher as live that has not polled yet, as if it just had, with nothing applied. */
  expect(id: string): void {
    this.#seen(id, 0);
  }

  /**
   * Takes a poll's acknowledgement and resolves when `hasNews()` holds, `waitMs` have passed, a later poll of
   * the same watcher came, `signal` aborted, or the hub closed. Rejects with `overloaded` at the bound of waiters.
   */
  async poll(
    id: string,
    appliedRevision: number,
    hasNews: () => boolean,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const watcher = this.#seen(id, appliedRevision);
    if (waitMs <= 0 || this.#closed || signal.aborted || hasNews()) return;
    for (const waiter of this.#waiters) if (waiter.watcher === id) waiter.wake();
    if (this.#waiters.size >= controlPlaneLimits.waitersMax) {
      throw new GodwitError('overloaded', 'Too many processes wait for the fleet’s state.', {
        headers: { 'retry-after': String(retryAfterSeconds) },
      });
    }
    watcher.openPolls++;
    try {
      await this.#wait(id, hasNews, waitMs, signal);
    } finally {
      watcher.openPolls--;
      watcher.lastSeenMs = this.#clock.monotonicMs();
    }
  }

  /** Wakes the polls for which there is news. */
  notify(): void {
    for (const waiter of [...this.#waiters]) if (waiter.hasNews()) waiter.wake();
  }

  /** Resolves true once every live watcher has applied `revision`, false when the bound passed first. */
  async acknowledged(revision: number): Promise<boolean> {
    if (this.#missing(revision).length === 0) return true;
    const done = await new Promise<boolean>((resolve) => {
      const finish = (value: boolean) => {
        clearTimeout(timer);
        this.#acknowledgements.delete(check);
        resolve(value);
      };
      const check = () => {
        if (this.#closed || this.#missing(revision).length === 0) finish(true);
      };
      const timer = setTimeout(() => finish(false), controlLinkLimits.acknowledgeMsMax);
      this.#acknowledgements.add(check);
    });
    if (done) return true;
    const missing = this.#missing(revision);
    for (const watcher of missing) watcher.lagging = true;
    if (missing.length > 0) this.#acknowledgeTimeouts++;
    return missing.length === 0;
  }

  /** Answers everything that waits; later polls do not wait. */
  close(): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.wake();
    for (const check of [...this.#acknowledgements]) check();
  }

  #wait(id: string, hasNews: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter: Waiter = { watcher: id, hasNews, wake };
      const timer = setTimeout(wake, Math.min(waitMs, controlLinkLimits.pollWaitMsMax));
      signal.addEventListener('abort', wake, { once: true });
      this.#waiters.add(waiter);
    });
  }

  #seen(id: string, appliedRevision: number): Watcher {
    let watcher = this.#watchers.get(id);
    if (!watcher) {
      if (this.#watchers.size >= controlPlaneLimits.watchersMax) this.#forgetOldest();
      watcher = { id, appliedRevision: 0, lastSeenMs: 0, openPolls: 0, lagging: false };
    } else {
      this.#watchers.delete(id);
    }
    // Reinserted: the map's order is by last poll, the longest silent first.
    this.#watchers.set(id, watcher);
    // Two polls of one watcher may overtake each other; what it has applied never goes back.
    watcher.appliedRevision = Math.max(watcher.appliedRevision, appliedRevision);
    watcher.lastSeenMs = this.#clock.monotonicMs();
    watcher.lagging = false;
    for (const check of [...this.#acknowledgements]) check();
    return watcher;
  }

  #forgetOldest(): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.openPolls > 0) continue;
      this.#watchers.delete(watcher.id);
      return;
    }
  }

  #missing(revision: number): Watcher[] {
    return [...this.#watchers.values()].filter((each) => each.appliedRevision < revision && this.#isLive(each));
  }

  #isLive(watcher: Watcher): boolean {
    if (watcher.lagging) return false;
    if (watcher.openPolls > 0) return true;
    return this.#clock.monotonicMs() - watcher.lastSeenMs < controlLinkLimits.repollWindowMs;
  }
}
