/**
 * The coordination store: a small ordered map with transactions, in which the control plane keeps what must
 * survive it. Shaped after what etcd's v3 API offers, so that a fleet can keep its state there; the embedded
 * one is SQLite. Both pass `test/conformance/coordination-store.ts`.
 *
 * Non-goals: it is not on the data path, holds no items, and knows nothing of what the values mean.
 *
 * Vocabulary: the store's *revision* counts its transactions; an entry's *mod revision* is the revision that
 * last wrote it, and 0 stands for an absent entry. A *lease* is a promise of the store to keep the entries that
 * were put under it for as long as it is renewed.
 *
 * A lease says nothing about who may write: its holder may have been paused past its end. What depends on holding
 * one compares the mod revision of an entry under it in each transaction.
 */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
}

export type LeaseId = string & { readonly __brand: 'LeaseId' };

/** The id of a lease as its store names it. */
export function leaseIdOf(text: string): LeaseId {
  return text as LeaseId;
}

export interface StoreLease {
  readonly id: LeaseId;
  /** It ends this long after its last renewal, or somewhat later: the asked time, or the shortest that the store has. */
  readonly ttlMs: number;
}

/** Shows entries until it is closed. */
export interface StoreWatch {
  close(): void;
}

/** A demand on an entry: it has this mod revision; 0: it is absent. */
export interface StoreCompare {
  readonly key: string;
  readonly modRevision: number;
}

/** Under `lease` the entry goes when that ends, unless it was put again since. */
export interface StorePut {
  readonly key: string;
  readonly value: string;
  readonly lease?: LeaseId;
}

/** All `compare`s hold and everything is written, or nothing is. A key is written at most once in a transaction. */
export interface StoreTransaction {
  readonly compare?: readonly StoreCompare[];
  readonly puts?: readonly StorePut[];
  readonly deletes?: readonly string[];
}

/** `revision` is the mod revision of everything the transaction put. */
export type StoreOutcome = { readonly done: true; readonly revision: number } | { readonly done: false };

/** Every method may reject with `StoreError`, and then has changed nothing unless it says `outcome: unknown`. */
export interface CoordinationStore {
  get(key: string): Promise<StoreEntry | undefined>;
  /** Entries whose key starts with `prefix`, in key order, from the first key greater than `after` on. */
  list(prefix: string, page?: { readonly after?: string; readonly limit?: number }): Promise<StoreEntry[]>;
  transact(transaction: StoreTransaction): Promise<StoreOutcome>;
  /** A new lease. `ttlMs`: whole seconds, at least `leaseTtlMsMin`. */
  grantLease(ttlMs: number): Promise<StoreLease>;
  /** Keeps a lease for its time from now on; false when it has ended. */
  renewLease(id: LeaseId): Promise<boolean>;
  /** Ends a lease and removes its entries; one that has ended is no error. */
  endLease(id: LeaseId): Promise<void>;
  /**
   * Shows the entries whose key starts with `prefix`, at most `watchedEntriesMax`: as they are now, then again
   * whenever they have become others, by whomever. Several changes may show as one, and what is shown never goes
   * back. While the store does not answer nothing is shown. `listener` must not throw.
   */
  watch(prefix: string, listener: (entries: readonly StoreEntry[]) => void): StoreWatch;
  /** The revision of the newest transaction, whoever's it was. */
  revision(): Promise<number>;
  /**
   * Gives up what entries were before `revision`, where a store keeps that; what they are, and watches, stay. A
   * store may refuse a revision that was given up before, or whoever asks.
   */
  compact(revision: number): Promise<void>;
  /** Ends all use and all watches; later calls reject. Leases stay until their time is over. */
  close(): Promise<void>;
}

/** Bounds that every implementation keeps, so that code written on one runs on the other. */
export const storeLimits = {
  /** Compares and writes in one transaction, a leader's fence among them: etcd's default `--max-txn-ops`. */
  operationsPerTransactionMax: 128,
  /** Bytes of one value: below etcd's default request limit of 1.5 MiB, with room for the rest of a transaction. */
  valueBytesMax: 1024 * 1024,
  /** Printable ASCII, so that the order of keys is the same everywhere. */
  keyLengthMax: 2_048,
  /** etcd's shortest lease: one and a half of its default election timeout (1 s), in whole seconds. */
  leaseTtlMsMin: 2_000,
  /** Above it a holder that is gone blocks others for long. */
  leaseTtlMsMax: 60_000,
  /** A watch is for a handful of entries, which are listed anew with each change. */
  watchedEntriesMax: 128,
} as const;

/**
 * `unreadable`: cannot be opened (rights, a missing folder); `corrupt`: not a database or a damaged one;
 * `in_use`: another process has it; `newer`: written by a newer version; `unreachable`: no server of it answered in
 * time; `refused`: it does not let this process in; `lease_ended`: a put names a lease that is over; `failed`: an
 * operation failed.
 */
export type StoreErrorReason =
  | 'unreadable'
  | 'corrupt'
  | 'in_use'
  | 'newer'
  | 'unreachable'
  | 'refused'
  | 'lease_ended'
  | 'failed'
  | 'closed';

/** A failure of the store as one sentence for the operator. It names what the store is, never what is in it. */
export class StoreError extends Error {
  readonly reason: StoreErrorReason;
  /** `unknown`: the transaction may have happened. */
  readonly outcome: 'not_done' | 'unknown';

  constructor(
    reason: StoreErrorReason,
    message: string,
    more: { cause?: unknown; outcome?: 'not_done' | 'unknown' } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'StoreError';
    this.reason = reason;
    this.outcome = more.outcome ?? 'not_done';
  }
}

const keyPattern = /^[\x21-\x7e]+$/;
const encoder = new TextEncoder();

/** Throws `RangeError` for a transaction outside `storeLimits`: a bug of the caller, not a state of the world. */
export function assertTransaction(transaction: StoreTransaction): void {
  const { compare = [], puts = [], deletes = [] } = transaction;
  if (compare.length + puts.length + deletes.length > storeLimits.operationsPerTransactionMax) {
    throw new RangeError('too many operations in one store transaction');
  }
  for (const { key } of compare) assertKey(key);
  const written = new Set<string>();
  for (const { key, value } of puts) {
    assertKey(key);
    if (written.has(key)) throw new RangeError('a store transaction writes a key twice');
    written.add(key);
    if (encoder.encode(value).length > storeLimits.valueBytesMax) throw new RangeError('a store value is too large');
  }
  for (const key of deletes) {
    assertKey(key);
    if (written.has(key)) throw new RangeError('a store transaction writes a key twice');
    written.add(key);
  }
}

export function assertKey(key: string): void {
  if (key.length > storeLimits.keyLengthMax || !keyPattern.test(key)) {
    throw new RangeError('a store key is not 1 to 2,048 printable ASCII characters');
  }
}

/** Throws `RangeError` for a time that not every store has. */
export function assertLeaseTtl(ttlMs: number): void {
  const { leaseTtlMsMin, leaseTtlMsMax } = storeLimits;
  if (ttlMs % 1_000 !== 0 || ttlMs < leaseTtlMsMin || ttlMs > leaseTtlMsMax) {
    throw new RangeError('a lease lasts a whole number of seconds within its bounds');
  }
}

/** The first key after all that start with `prefix`: in printable ASCII, the last character's successor in its place. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** A store key of its parts; each part may be any text, and no two lists of parts give the same key. */
export function storeKey(...parts: string[]): string {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** The prefix of all keys that start with these parts. */
export function storePrefix(...parts: string[]): string {
  return `${storeKey(...parts)}/`;
}
