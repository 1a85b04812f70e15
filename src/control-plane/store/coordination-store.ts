/**
 * The coordination store: a small ordered map with transactions, in which the control plane keeps what must
 * survive it. Shaped after what etcd's v3 API offers, so that a fleet can keep its state there; the embedded
 * one is SQLite. Both pass `test/conformance/coordination-store.ts`.
 *
 * Non-goals: it is not on the data path, holds no items, and knows nothing of what the values mean.
 *
 * Vocabulary: the store's *revision* counts its transactions; an entry's *mod revision* is the revision that
 * last wrote it, and 0 stands for an absent entry.
 */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
}

/** All `compare`s hold and everything is written, or nothing is. A key is written at most once in a transaction. */
export interface StoreTransaction {
  /** Each key must have this mod revision; 0: must be absent. */
  readonly compare?: readonly { readonly key: string; readonly modRevision: number }[];
  readonly puts?: readonly { readonly key: string; readonly value: string }[];
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
  /** Ends all use; later calls reject. */
  close(): Promise<void>;
}

/** Bounds that every implementation keeps, so that code written on one runs on the other. */
export const storeLimits = {
  /** Compares and writes in one transaction: etcd's default `--max-txn-ops`. */
  operationsPerTransactionMax: 128,
  /** Bytes of one value: below etcd's default request limit of 1.5 MiB, with room for the rest of a transaction. */
  valueBytesMax: 1024 * 1024,
  /** Printable ASCII, so that the order of keys is the same everywhere. */
  keyLengthMax: 2_048,
} as const;

/**
 * `unreadable`: cannot be opened (rights, a missing folder); `corrupt`: not a database or a damaged one;
 * `in_use`: another process has it; `newer`: written by a newer version; `failed`: an operation failed.
 */
export type StoreErrorReason = 'unreadable' | 'corrupt' | 'in_use' | 'newer' | 'failed' | 'closed';

/** A failure of the store as one sentence for the operator. It names what the file is, never what is in it. */
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

/** A store key of its parts; each part may be any text, and no two lists of parts give the same key. */
export function storeKey(...parts: string[]): string {
  return parts.map((part) => encodeURIComponent(part)).join('/');
}

/** The prefix of all keys that start with these parts. */
export function storePrefix(...parts: string[]): string {
  return `${storeKey(...parts)}/`;
}
