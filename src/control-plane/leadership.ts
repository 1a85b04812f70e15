/**
 * The election of one leader among the control processes on one store.
 *
 * Who leads has put the `leader` entry under a lease that it renews; when the lease ends, the entry goes and another
 * candidate may put its own. No clock and no lease keeps two from believing at once that they lead (one may have
 * been stopped for a while), so belief decides nothing: the entry's mod revision is the *fence* of a *tenure*, and
 * every transaction of the leader compares it (`fenced-store.ts`). Whoever's entry is gone changes nothing any more,
 * and whatever it sent before and is still under way has no effect either.
 *
 * The lease makes a tenure end soon after its leader, and lets a leader stop to answer before another is elected.
 */
import type { Clock } from '../shared/clock.ts';
import { backoffMs, type Sleep } from '../shared/control-link/backoff.ts';
import type { Log } from '../shared/process.ts';
import { controlPlaneLimits } from './limits.ts';
import { entryKeys } from './records.ts';
import {
  type CoordinationStore,
  type StoreCompare,
  type StoreEntry,
  StoreError,
  type StoreLease,
  type StoreWatch,
} from './store/coordination-store.ts';

/** One time of leading, from the election to its end. */
export interface Tenure {
  /** What every transaction of the leader must compare. */
  readonly fence: StoreCompare;
  /** Aborts when the tenure is over. */
  readonly over: AbortSignal;
  /** Whether it goes on, by the lease and this process's monotonic clock at this moment. */
  isCurrent(): boolean;
  /** Gives the leadership up. */
  end(reason: string): void;
  /** Gives it up because another may do better: this process is no candidate for `resignedPauseMs`. */
  resign(reason: string): void;
}

export interface LeadershipOptions {
  readonly store: CoordinationStore;
  /** Name of this process among the candidates. */
  readonly id: string;
  /** Leads; resolves once all work of the tenure has ended, which must be soon after `over`. A rejection ends it. */
  readonly lead: (tenure: Tenure) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly sleep: Sleep;
}

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #stopping = new AbortController();
  #watch: StoreWatch | undefined;
  /** The `leader` entry as the watch last showed it; null before its first showing. */
  #seen: StoreEntry | undefined | null = null;
  #seenChanged = new AbortController();
  #tenure: LeaseTenure | undefined;
  #tenures = 0;
  #loop: Promise<void> | undefined;

  constructor(options: LeadershipOptions) {
    this.#options = options;
  }

  /** Tenures that began in this process. */
  get tenures(): number {
    return this.#tenures;
  }

  /** Becomes a candidate. */
  start(): void {
    this.#watch = this.#options.store.watch(entryKeys.leader, (entries) => this.#see(entries));
    this.#loop = this.#run();
  }

  /** Ends the candidacy and hands a tenure over at once: resolves when its work has ended and its entry is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#tenure?.end('the process stops');
    this.#seenChanged.abort();
    await this.#loop;
    this.#watch?.close();
  }

  #see(entries: readonly StoreEntry[]): void {
    this.#seen = entries.find(({ key }) => key === entryKeys.leader);
    const tenure = this.#tenure;
    if (tenure && this.#seen && this.#seen.modRevision > tenure.fence.modRevision) tenure.end('another process leads');
    this.#seenChanged.abort();
  }

  async #run(): Promise<void> {
    const { log, random, sleep } = this.#options;
    const { candidateBackoffMsMin, candidateBackoffMsMax, resignedPauseMs } = controlPlaneLimits;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      await this.#untilVacant();
      if (signal.aborted) return;
      try {
        const tenure = await this.#elect();
        failures = tenure && (await this.#serve(tenure)) ? 0 : failures + 1;
        if (tenure?.isResigned) await sleep(resignedPauseMs, signal);
      } catch (error) {
        failures++;
        if (failures === 1) log.warn({ err: error }, 'the attempt to lead failed; trying on');
      }
      // Also after a tenure and a lost election: the watch may not show yet what has become of the entry.
      const failed = Math.max(1, failures);
      await sleep(backoffMs(failed, candidateBackoffMsMin, candidateBackoffMsMax, random), signal);
    }
  }

  /** Resolves when the store has shown that nobody leads, or the candidacy ends. */
  async #untilVacant(): Promise<void> {
    while (this.#seen !== undefined && !this.#stopping.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#seenChanged = new AbortController();
        this.#seenChanged.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
  }

  /** Puts the entry under a new lease; undefined when another candidate was first. */
  async #elect(): Promise<LeaseTenure | undefined> {
    const { store, clock, id } = this.#options;
    const grantedMs = clock.monotonicMs();
    const lease = await store.grantLease(controlPlaneLimits.leaderLeaseMs);
    try {
      const outcome = await store.transact({
        compare: [{ key: entryKeys.leader, modRevision: 0 }],
        puts: [{ key: entryKeys.leader, value: JSON.stringify({ id }), lease: lease.id }],
      });
      if (outcome.done) {
        return new LeaseTenure({ key: entryKeys.leader, modRevision: outcome.revision }, lease, clock, grantedMs);
      }
    } catch (error) {
      // With the lease goes the entry, should it have been put after all.
      await this.#endLease(lease);
      throw error;
    }
    await this.#endLease(lease);
    return undefined;
  }

  /** Leads until the tenure is over; whether that ended without an error. */
  async #serve(tenure: LeaseTenure): Promise<boolean> {
    const { log, lead } = this.#options;
    const term = tenure.fence.modRevision;
    log.info({ term }, 'leading the control plane');
    this.#tenures++;
    this.#tenure = tenure;
    if (this.#stopping.signal.aborted) tenure.end('the process stops');
    const renewing = this.#renew(tenure);
    let failed = false;
    try {
      await lead(tenure);
    } catch (error) {
      failed = true;
      log.error({ err: error, term }, 'leading the control plane failed');
      tenure.end('leading failed');
    }
    tenure.end('the work has ended');
    this.#tenure = undefined;
    await renewing;
    log.info({ term, reason: tenure.reason }, 'no longer leading the control plane');
    await this.#endLease(tenure.lease);
    return !failed;
  }

  async #renew(tenure: LeaseTenure): Promise<void> {
    const { store, clock, log, sleep } = this.#options;
    while (!tenure.over.aborted) {
      await sleep(Math.min(controlPlaneLimits.leaderRenewMs, Math.max(1, tenure.remainingMs())), tenure.over);
      if (tenure.over.aborted) return;
      if (!tenure.isCurrent()) return tenure.end('the lease was not renewed in time');
      const sentMs = clock.monotonicMs();
      try {
        if (await store.renewLease(tenure.lease.id)) tenure.renewed(sentMs);
        else return tenure.end('the lease has ended');
      } catch (error) {
        if (error instanceof StoreError && error.reason === 'refused') tenure.resign('the store refuses this process');
        log.warn({ err: error }, 'the leader’s lease could not be renewed');
      }
    }
  }

  /** At best: a lease that cannot be ended now ends by itself. */
  async #endLease(lease: StoreLease): Promise<void> {
    try {
      await this.#options.store.endLease(lease.id);
    } catch (error) {
      this.#options.log.debug({ err: error }, 'a lease was left to end by itself');
    }
  }
}

class LeaseTenure implements Tenure {
  readonly fence: StoreCompare;
  readonly lease: StoreLease;
  readonly #clock: Clock;
  readonly #over = new AbortController();
  #untilMs: number;
  #reason = '';
  #isResigned = false;

  constructor(fence: StoreCompare, lease: StoreLease, clock: Clock, grantedMs: number) {
    this.fence = fence;
    this.lease = lease;
    this.#clock = clock;
    this.#untilMs = grantedMs + this.#lengthMs;
  }

  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Why it is over; empty before. */
  get reason(): string {
    return this.#reason;
  }

  get isResigned(): boolean {
    return this.#isResigned;
  }

  get #lengthMs(): number {
    return this.lease.ttlMs - controlPlaneLimits.leaderMarginMs;
  }

  remainingMs(): number {
    return this.#untilMs - this.#clock.monotonicMs();
  }

  isCurrent(): boolean {
    return !this.#over.signal.aborted && this.remainingMs() > 0;
  }

  /** The store has renewed the lease after `sentMs`, so that it lasts from then at least. */
  renewed(sentMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, sentMs + this.#lengthMs);
  }

  end(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#reason = reason;
    this.#over.abort();
  }

  resign(reason: string): void {
    if (this.#over.signal.aborted) return;
    this.#isResigned = true;
    this.end(reason);
  }
}
