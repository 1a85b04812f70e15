/**
 * Histories of operations, as clients saw them, and what they must be. Plain objects: they can be written to a file
 * and read again. Whoever has one calls `checkHistory` (linearizable?) and the checks of `invariants.ts`.
 */

export type KeyOperation =
  | { readonly kind: 'get' }
  /** `value` is never put twice in a history: that is how a read tells which put it saw. */
  | { readonly kind: 'put'; readonly value: string }
  | { readonly kind: 'delete' }
  /** Of a decimal number; of a key that is missing, as of 0. */
  | { readonly kind: 'increment'; readonly amount: number }
  | { readonly kind: 'put_if_absent'; readonly value: string }
  /** Puts when the key holds `expected`; null: when it is missing. */
  | { readonly kind: 'compare_and_put'; readonly expected: string | null; readonly value: string };

/** What a key's state came from: the data epoch of its slot, and the sequence of the write. */
export interface SeenVersion {
  readonly dataEpoch: number;
  readonly sequence: number;
}

export type Outcome =
  /**
   * It happened, or was found not to be possible. `value`: what a get found (null: missing), or the sum of an
   * increment. `applied`: whether a conditional write wrote; of a delete, whether there was something (if known).
   */
  | {
      readonly kind: 'done';
      readonly value?: string | null;
      readonly applied?: boolean;
      /** Of the item that was read or written; none when it is missing, or not told. */
      readonly version?: SeenVersion;
      /** Data epoch of the slot in which it was done; absent when that is not known. */
      readonly dataEpoch?: number;
    }
  /** It may have happened, or may happen at any later time, or never. Its `returnMs` does not matter. */
  | { readonly kind: 'unknown' }
  /** It certainly did not happen, and never will. */
  | { readonly kind: 'not_done' };

export interface HistoryEntry {
  readonly client: string;
  readonly key: string;
  /** Before its first byte was sent, and after its answer was there; of one clock for all clients. */
  readonly invokeMs: number;
  readonly returnMs: number;
  readonly operation: KeyOperation;
  readonly outcome: Outcome;
  /** It carries an idempotency key under which it was, or may have been, tried again. */
  readonly idempotent?: boolean;
  /** Of a loss: the data epoch that it ends. */
  readonly endsDataEpoch?: number;
}

/**
 * An announced loss of all that some keys held: a slot restarted empty. It takes effect at some moment of a window:
 * from the view that says so until the slot is served in a newer data epoch. Where the lost data epoch is known, and
 * those of the operations, it also comes after all operations of that one and before all of newer ones.
 * `src/storage-node/replication/SPEC.md` has the reason.
 */
export interface AnnouncedLoss {
  readonly keys: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** The data epoch that was lost. */
  readonly dataEpoch?: number;
}

/**
 * The history with the losses in it: each is a delete of each of its keys. An operation under an idempotency key
 * that was under way meanwhile may have been done before it and, as its record was lost too, once more after it.
 */
export function withLosses(history: readonly HistoryEntry[], losses: readonly AnnouncedLoss[]): HistoryEntry[] {
  const result = [...history];
  for (const loss of losses) {
    const { keys, fromMs, untilMs, dataEpoch } = loss;
    for (const key of keys) {
      const entry = {
        client: 'loss',
        key,
        invokeMs: fromMs,
        returnMs: untilMs,
        operation: { kind: 'delete' } as const,
      };
      const ends = dataEpoch === undefined ? {} : { endsDataEpoch: dataEpoch };
      result.push({ ...entry, outcome: { kind: 'done' }, ...ends });
    }
    for (const entry of history) {
      if (keys.includes(entry.key) && mayBeDoneTwice(entry, loss))
        result.push({ ...entry, client: `${entry.client} before the loss`, outcome: { kind: 'unknown' } });
    }
  }
  return result;
}

function mayBeDoneTwice({ invokeMs, returnMs, operation, outcome, idempotent }: HistoryEntry, loss: AnnouncedLoss) {
  if (!idempotent || operation.kind === 'get' || invokeMs > loss.untilMs) return false;
  // An attempt that nobody waits for any more may still be on its way.
  if (outcome.kind !== 'done') return outcome.kind === 'unknown';
  if (returnMs < loss.fromMs) return false;
  return loss.dataEpoch === undefined || outcome.dataEpoch === undefined || outcome.dataEpoch > loss.dataEpoch;
}
