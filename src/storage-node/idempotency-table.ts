import { limits } from '../shared/limits.ts';
import { latin1 } from './content-types.ts';
import { nodeLimits } from './limits.ts';

/** What is known of an idempotency mark: nothing, another request under its id, or the first answer. */
export type Recollection = 'new' | 'other_request' | 'no_room' | Uint8Array;

interface IdempotencyRecord {
  readonly fingerprint: string;
  /** The answer's bytes as latin1 text, which takes no object of its own beside them. */
  readonly result: string;
  readonly expiresAtMs: number;
}

/**
 * First answers of marked writes, for a fixed window. Records are made in the order in which they expire, so
 * the map's own order is the queue. A record is never dropped inside its window: when the table is full a
 * marked write is refused before it is done.
 */
export class IdempotencyTable {
  readonly #records = new Map<string, IdempotencyRecord>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#records.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Looks up the mark of 16 bytes id and 16 bytes fingerprint at `markStart`. */
  recall(bytes: Uint8Array, markStart: number, nowMs: number): Recollection {
    const record = this.#records.get(latin1(bytes, markStart, 16));
    if (record !== undefined && nowMs < record.expiresAtMs)
      return record.fingerprint === latin1(bytes, markStart + 16, 16)
        ? Buffer.from(record.result, 'latin1')
        : 'other_request';
    return this.#bytes < this.#bytesMax ? 'new' : 'no_room';
  }

  /** Keeps a copy of the answer to a write that was just decided. */
  remember(bytes: Uint8Array, markStart: number, result: Uint8Array, nowMs: number): void {
    const id = latin1(bytes, markStart, 16);
    this.#forget(id);
    // More than one for each that is added: expired records never add up, however many a frame brings.
    this.#prune(nowMs, nodeLimits.idempotencyPrunedPerRecord);
    this.#records.set(id, {
      fingerprint: latin1(bytes, markStart + 16, 16),
      result: latin1(result, 0, result.length),
      expiresAtMs: nowMs + limits.idempotencyWindowMs,
    });
    this.#bytes += nodeLimits.idempotencyRecordBytes + result.length;
  }

  /** Drops expired records, oldest first, a bounded number of them. */
  prune(nowMs: number): void {
    this.#prune(nowMs, nodeLimits.idempotencyPrunedPerFrameMax);
  }

  #prune(nowMs: number, recordsMax: number): void {
    let left = recordsMax;
    for (const [id, record] of this.#records) {
      if (record.expiresAtMs > nowMs || left-- === 0) return;
      this.#forget(id);
    }
  }

  #forget(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#records.delete(id);
    this.#bytes -= nodeLimits.idempotencyRecordBytes + record.result.length;
  }
}
