import { limits } from '../shared/limits.ts';
import { slotCount } from '../shared/slots.ts';
import { latin1 } from './content-types.ts';
import { nodeLimits } from './limits.ts';
import type { MarkRecord } from './replication/effect.ts';

/** What is known of an idempotency mark: nothing, another request under its id, or the first answer. */
export type Recollection = 'new' | 'other_request' | 'no_room' | Uint8Array;

interface IdempotencyRecord {
  readonly slot: number;
  readonly fingerprint: string;
  /** The answer's bytes as latin1 text, which takes no object of its own beside them. */
  readonly result: string;
  readonly expiresAtMs: number;
}

/** Ids of a slot's records, and what they take. */
interface SlotRecords {
  readonly ids: Set<string>;
  bytes: number;
}

/**
 * First answers of marked writes, for a fixed window. They are found by the second in which they expire, since those that
 * come with the copy of a slot are of any age. A record is never dropped inside its window: when the records of the slots
 * that the node leads have reached the bound, a marked write is refused before it is done. Those that it keeps as a
 * copy have room of their own, so that it makes no difference to a write how many copies its node has of others.
 */
export class IdempotencyTable {
  readonly #records = new Map<string, IdempotencyRecord>();
  readonly #slots = new Map<number, SlotRecords>();
  /** Ids by the second in which they expire, about in the order of their expiry. */
  readonly #due = new Map<number, Set<string>>();
  /** No record expires in an earlier second. */
  #dueFrom = 0;
  /** Past it a marked write is refused. */
  readonly bytesMax: number;
  /** Slots that the node leads; all, until it is told. */
  readonly #led = new Uint8Array(slotCount).fill(1);
  #bytes = 0;
  #ledBytes = 0;
  /** Records of primaries that there was no room for here. */
  notStored = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get size(): number {
    return this.#records.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Of the slots that the node leads. */
  get ledBytes(): number {
    return this.#ledBytes;
  }

  /** Which slots the node leads may have changed. */
  apply(leads: (slot: number) => boolean): void {
    for (let slot = 0; slot < slotCount; slot++) this.#led[slot] = leads(slot) ? 1 : 0;
    this.#ledBytes = 0;
    for (const [slot, { bytes }] of this.#slots) if (this.#led[slot] === 1) this.#ledBytes += bytes;
  }

  /** Looks up the mark of 16 bytes id and 16 bytes fingerprint at `markStart`. */
  recall(bytes: Uint8Array, markStart: number, nowMs: number): Recollection {
    const record = this.#records.get(latin1(bytes, markStart, 16));
    if (record !== undefined && nowMs < record.expiresAtMs)
      return record.fingerprint === latin1(bytes, markStart + 16, 16)
        ? Buffer.from(record.result, 'latin1')
        : 'other_request';
    return this.#ledBytes < this.bytesMax ? 'new' : 'no_room';
  }

  /** Keeps a copy of the answer to a write of the slot that was just decided. */
  remember(slot: number, bytes: Uint8Array, markStart: number, result: Uint8Array, nowMs: number): void {
    this.#keep(
      latin1(bytes, markStart, 16),
      {
        slot,
        fingerprint: latin1(bytes, markStart + 16, 16),
        result: latin1(result, 0, result.length),
        expiresAtMs: nowMs + limits.idempotencyWindowMs,
      },
      nowMs,
    );
  }

  /** Keeps a record that the slot's primary made; of two of one id, the one that ends later. */
  restore(slot: number, { id, fingerprint, remainingMs, result }: MarkRecord, nowMs: number): void {
    const expiresAtMs = nowMs + remainingMs;
    const key = latin1(id, 0, id.length);
    const known = this.#records.get(key);
    if (known !== undefined && known.expiresAtMs >= expiresAtMs) return;
    // It cannot be refused; its primary has the bound of one node for all that it leads.
    if (known === undefined && this.#bytes >= this.bytesMax * nodeLimits.idempotencyCopiesFactor) {
      this.notStored++;
      return;
    }
    const kept = {
      slot,
      fingerprint: latin1(fingerprint, 0, 16),
      result: latin1(result, 0, result.length),
      expiresAtMs,
    };
    this.#keep(key, kept, nowMs);
  }

  #keep(id: string, record: IdempotencyRecord, nowMs: number): void {
    this.#forget(id);
    // More than one for each that is added: expired records never add up, however many a frame brings.
    this.#prune(nowMs, nodeLimits.idempotencyPrunedPerRecord);
    this.#records.set(id, record);
    const second = secondOf(record.expiresAtMs);
    const due = this.#due.get(second);
    if (due === undefined) this.#due.set(second, new Set([id]));
    else due.add(id);
    this.#dueFrom = this.#due.size === 1 ? second : Math.min(this.#dueFrom, second);
    const ofSlot = this.#slots.get(record.slot) ?? { ids: new Set(), bytes: 0 };
    this.#slots.set(record.slot, ofSlot);
    ofSlot.ids.add(id);
    this.#count(record, ofSlot, 1);
  }

  /** Forgets all records of a slot. */
  wipe(slot: number): void {
    for (const id of [...(this.#slots.get(slot)?.ids ?? [])]) this.#forget(id);
  }

  /** The records of a slot, for a learner. May be drawn by and by. */
  *recordsOf(slot: number, nowMs: () => number): Generator<MarkRecord> {
    for (const id of [...(this.#slots.get(slot)?.ids ?? [])]) {
      const record = this.#records.get(id);
      const remainingMs = record?.slot === slot ? Math.floor(record.expiresAtMs - nowMs()) : 0;
      if (record === undefined || remainingMs <= 0) continue;
      const [markId, fingerprint, result] = [id, record.fingerprint, record.result].map((text) =>
        Buffer.from(text, 'latin1'),
      );
      yield { id: markId!, fingerprint: fingerprint!, remainingMs, result: result! };
    }
  }

  /** Drops expired records, oldest first, a bounded number of them. */
  prune(nowMs: number): void {
    this.#prune(nowMs, nodeLimits.idempotencyPrunedPerFrameMax);
  }

  #prune(nowMs: number, recordsMax: number): void {
    let left = recordsMax;
    const now = secondOf(nowMs);
    for (; this.#due.size > 0 && this.#dueFrom <= now; this.#dueFrom++) {
      for (const id of this.#due.get(this.#dueFrom) ?? []) {
        if (this.#records.get(id)!.expiresAtMs > nowMs || left-- === 0) return;
        this.#forget(id);
      }
    }
  }

  #forget(id: string): void {
    const record = this.#records.get(id);
    if (record === undefined) return;
    this.#records.delete(id);
    const second = secondOf(record.expiresAtMs);
    const due = this.#due.get(second)!;
    due.delete(id);
    if (due.size === 0) this.#due.delete(second);
    const ofSlot = this.#slots.get(record.slot)!;
    ofSlot.ids.delete(id);
    if (ofSlot.ids.size === 0) this.#slots.delete(record.slot);
    this.#count(record, ofSlot, -1);
  }

  #count({ slot, result }: IdempotencyRecord, ofSlot: SlotRecords, sign: 1 | -1): void {
    const bytes = sign * (nodeLimits.idempotencyRecordBytes + result.length);
    ofSlot.bytes += bytes;
    this.#bytes += bytes;
    if (this.#led[slot] === 1) this.#ledBytes += bytes;
  }
}

function secondOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
