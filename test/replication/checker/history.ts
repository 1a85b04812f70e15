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
}

/** An announced loss of all that some keys held, at some moment of a window: a slot restarted empty. */
export interface AnnouncedLoss {
  readonly keys: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * The history with the losses in it: each is a delete of each of its keys. An operation under an idempotency key
 * that was under way meanwhile may have been done before it and, as its record was lost too, once more after it.
 */
export function withLosses(history: readonly HistoryEntry[], losses: readonly AnnouncedLoss[]): HistoryEntry[] {
  const result = [...history];
  for (const { keys, fromMs, untilMs } of losses) {
    for (const key of keys) {
      const operation = { kind: 'delete' } as const;
      result.push({ client: 'loss', key, invokeMs: fromMs, returnMs: untilMs, operation, outcome: { kind: 'done' } });
    }
    for (const entry of history) {
      const spans = entry.invokeMs <= untilMs && entry.returnMs >= fromMs && keys.includes(entry.key);
      if (spans && entry.idempotent && entry.operation.kind !== 'get')
        result.push({ ...entry, client: `${entry.client} before the loss`, outcome: { kind: 'unknown' } });
    }
  }
  return result;
}
