import type { Clock } from '../../shared/clock.ts';
import { type LeaseId, leaseIdOf, type StoreLease } from './coordination-store.ts';

/** Pause between two looks for leases that are over: well below the shortest lease. */
const sweepMs = 100;

interface Lease {
  readonly ttlMs: number;
  endsMs: number;
}

/** The leases of a store that only this process has, by its monotonic clock. */
export class LocalLeases {
  readonly #clock: Clock;
  readonly #ended: (id: LeaseId) => void;
  readonly #leases = new Map<LeaseId, Lease>();
  #granted = 0;
  #sweep: ReturnType<typeof setInterval> | undefined;

  /** `ended` removes the entries of a lease. */
  constructor(clock: Clock, ended: (id: LeaseId) => void) {
    this.#clock = clock;
    this.#ended = ended;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  grant(ttlMs: number): StoreLease {
    const id = leaseIdOf(String(++this.#granted));
    this.#leases.set(id, { ttlMs, endsMs: this.#clock.monotonicMs() + ttlMs });
    this.#sweep ??= setInterval(() => this.#sweepOnce(), sweepMs).unref();
    return { id, ttlMs };
  }

  renew(id: LeaseId): boolean {
    const lease = this.#leases.get(id);
    if (!lease) return false;
    lease.endsMs = this.#clock.monotonicMs() + lease.ttlMs;
    return true;
  }

  end(id: LeaseId): void {
    if (!this.#leases.has(id)) return;
    this.#ended(id);
    this.#leases.delete(id);
    if (this.#leases.size === 0) this.#stopSweep();
  }

  /** Ends the leases whose time is over. Before every use of the store, so that none is seen beyond its end. */
  endOverdue(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [id, { endsMs }] of this.#leases) if (endsMs <= nowMs) this.end(id);
  }

  close(): void {
    this.#stopSweep();
    this.#leases.clear();
  }

  #sweepOnce(): void {
    try {
      this.endOverdue();
    } catch {
      // What keeps the store from removing entries is told by its next use; the lease is there until it is done.
    }
  }

  #stopSweep(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
