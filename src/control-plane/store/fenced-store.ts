import {
  type CoordinationStore,
  type LeaseId,
  type StoreCompare,
  type StoreEntry,
  StoreError,
  type StoreLease,
  type StoreOutcome,
  type StoreTransaction,
  type StoreWatch,
} from './coordination-store.ts';

/** What fences a leader's writes. */
export interface Fence {
  readonly fence: StoreCompare;
  isCurrent(): boolean;
  end(reason: string): void;
  resign(reason: string): void;
}

/**
 * A store through the eyes of one leader: each of its transactions also demands that the leader's entry is still
 * its own, so that a deposed one changes nothing whatever it believes.
 *
 * A leader that does not know what it has done, or whose fence has failed, gives up: what it holds in memory may be
 * behind the store, and its successor, perhaps itself, reads everything anew. One that the store does not let in any
 * more resigns, since another process may have what this one lacks: renewals of a lease are let in without. What the
 * store has no room for is no such refusal: nobody else could store it. `close` ends this view and not the store.
 */
export class FencedStore implements CoordinationStore {
  readonly #store: CoordinationStore;
  readonly #tenure: Fence;
  #closed = false;

  constructor(store: CoordinationStore, tenure: Fence) {
    this.#store = store;
    this.#tenure = tenure;
  }

  async get(key: string): Promise<StoreEntry | undefined> {
    return this.#letIn(this.#inner().get(key));
  }

  async list(prefix: string, page?: { readonly after?: string; readonly limit?: number }): Promise<StoreEntry[]> {
    return this.#letIn(this.#inner().list(prefix, page));
  }

  async transact(transaction: StoreTransaction): Promise<StoreOutcome> {
    const store = this.#inner();
    if (!this.#tenure.isCurrent()) throw noLongerLeading();
    const compare = [this.#tenure.fence, ...(transaction.compare ?? [])];
    let outcome: StoreOutcome;
    try {
      outcome = await this.#letIn(store.transact({ ...transaction, compare }));
    } catch (error) {
      if (error instanceof StoreError && error.outcome === 'unknown') this.#tenure.end('a transaction is uncertain');
      throw error;
    }
    if (!outcome.done) this.#tenure.end('a transaction was refused');
    return outcome;
  }

  async grantLease(ttlMs: number): Promise<StoreLease> {
    return this.#inner().grantLease(ttlMs);
  }

  async renewLease(id: LeaseId): Promise<boolean> {
    return this.#inner().renewLease(id);
  }

  async endLease(id: LeaseId): Promise<void> {
    return this.#inner().endLease(id);
  }

  watch(prefix: string, listener: (entries: readonly StoreEntry[]) => void): StoreWatch {
    return this.#inner().watch(prefix, listener);
  }

  async revision(): Promise<number> {
    return this.#inner().revision();
  }

  async compact(revision: number): Promise<void> {
    const store = this.#inner();
    if (!this.#tenure.isCurrent()) throw noLongerLeading();
    return store.compact(revision);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #letIn<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof StoreError && error.reason === 'refused')
        this.#tenure.resign('the store refuses this process');
      throw error;
    }
  }

  #inner(): CoordinationStore {
    if (this.#closed) throw new StoreError('closed', 'the leader’s view of the store is closed');
    return this.#store;
  }
}

function noLongerLeading(): StoreError {
  return new StoreError('failed', 'this process does not lead any more');
}
