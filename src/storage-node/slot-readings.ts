import type { Clock } from '../shared/clock.ts';
import { type ContentTypes, inlineRef, latin1 } from './content-types.ts';
import type { ScannedItem, StorageEngine } from './engine/storage-engine.ts';
import type { ItemSlots } from './item-slots.ts';
import { nodeLimits } from './limits.ts';
import { encodeEffect } from './replication/effect.ts';
import type { SlotReading } from './replication/environment.ts';
import type { CopiedPart } from './replication/messages.ts';
import { type SlotLives, sequenceOf } from './slot-lives.ts';

interface SlotReadingsParts {
  readonly engine: StorageEngine;
  readonly lives: SlotLives;
  readonly slots: ItemSlots;
  readonly contentTypes: ContentTypes;
  readonly clock: Clock;
  /** What a slot holds beside its items; drawn by and by when those have been read. */
  readonly rest: (slot: number) => Iterator<CopiedPart>;
}

/**
 * Reads slots for their learners: one pass over all items of the node, round and round, serves all slots that are
 * being read, since an item's slot can be told and a slot's items cannot be found. A slot is complete when the pass
 * has come round to where it began with it.
 *
 * The pass waits for the slowest learner: another round would cost more. It goes on without one that stands still.
 */
export class SlotReadings {
  readonly #parts: SlotReadingsParts;
  readonly #readings = new Map<number, Reading[]>();
  #cursor = 0;
  #aheadBytes = 0;
  /** Bytes that may be read now; negative after a large item. */
  #allowance = 0;
  #allowedMs = 0;
  #waitingSinceMs: number | null = null;
  bytesRead = 0;

  constructor(parts: SlotReadingsParts) {
    this.#parts = parts;
  }

  /** Whether any slot is being read. */
  get active(): boolean {
    return this.#readings.size > 0;
  }

  read(slot: number): SlotReading {
    const reading = new Reading(slot, this.#cursor, this.#parts.rest(slot), {
      isShort: () => this.#aheadBytes >= nodeLimits.copyAheadTotalBytesMax / 2,
      onTaken: (bytes) => {
        this.#aheadBytes -= bytes;
      },
      onClose: () => this.#close(reading),
    });
    const others = this.#readings.get(slot);
    if (others === undefined) this.#readings.set(slot, [reading]);
    else others.push(reading);
    return reading;
  }

  #close(reading: Reading): void {
    const left = this.#readings.get(reading.slot)?.filter((other) => other !== reading) ?? [];
    if (left.length > 0) this.#readings.set(reading.slot, left);
    else this.#readings.delete(reading.slot);
  }

  /**
   * Goes on by one step, of less than a millisecond, if that is possible now. Returns the slots that have become ready
   * to give something.
   */
  step(): readonly number[] {
    const nowMs = this.#parts.clock.monotonicMs();
    const ready: number[] = [];
    if (!this.#mayGoOn(nowMs)) return ready;
    const wasReady = new Set<Reading>();
    for (const readings of this.#readings.values())
      for (const reading of readings) if (reading.ready) wasReady.add(reading);
    const before = this.#aheadBytes;
    const next = this.#scan(nowMs);
    this.#allowance -= this.#aheadBytes - before;
    this.bytesRead += this.#aheadBytes - before;
    this.#cursor = next;
    for (const [slot, readings] of this.#readings) {
      for (const reading of readings) {
        reading.passed(next, this.#parts.slots.anyAhead);
        if (reading.ready && !wasReady.has(reading)) ready.push(slot);
      }
    }
    return ready;
  }

  /** Looks at as many items as a step may, and no further than the end of all items or the bytes of a step. */
  #scan(nowMs: number): number {
    const { scanUnits, scanPieceUnits, copyStepBytes } = nodeLimits;
    const bytesMax = this.#aheadBytes + copyStepBytes;
    let cursor = this.#cursor;
    for (let units = 0; units < scanUnits && this.#aheadBytes < bytesMax; units += scanPieceUnits) {
      cursor = this.#parts.engine.scan(cursor, scanPieceUnits, nowMs, (item) => this.#visit(item, nowMs));
      if (cursor === 0) break;
    }
    return cursor;
  }

  /** Whether somebody takes what is read, and the bytes of this second are not used up. */
  #mayGoOn(nowMs: number): boolean {
    const { copyBytesPerSecond, copyAheadTotalBytesMax, copyStalledMs } = nodeLimits;
    // What was not used for a while is not made up for.
    const elapsedMs = Math.min(nowMs - this.#allowedMs, 10 * nodeLimits.copyPauseMs);
    this.#allowedMs = nowMs;
    this.#allowance = Math.min(this.#allowance + (elapsedMs * copyBytesPerSecond) / 1_000, copyBytesPerSecond / 10);
    const reading = [...this.#readings.values()].flat();
    for (const one of reading) one.resume(this.#cursor);
    const scanning = reading.filter((one) => one.scanning);
    if (scanning.length === 0 || this.#allowance <= 0) return false;
    const full = scanning.filter((one) => one.full);
    if (full.length === 0 && this.#aheadBytes < copyAheadTotalBytesMax) {
      this.#waitingSinceMs = null;
      return true;
    }
    this.#waitingSinceMs ??= nowMs;
    if (nowMs - this.#waitingSinceMs < copyStalledMs) return false;
    // Those that are ready and were not asked stand still.
    for (const one of scanning) if (one.ready) one.pause();
    this.#waitingSinceMs = null;
    return false;
  }

  #visit(item: ScannedItem, nowMs: number): void {
    const { slots, lives } = this.#parts;
    const slot = slots.slotOf(item);
    const readings = this.#readings.get(slot);
    if (readings === undefined || !lives.isCurrent(slot, item.sequence)) return;
    const scanning = readings.filter((reading) => reading.scanning);
    if (scanning.length === 0) return;
    const part = { sequence: sequenceOf(item.sequence), payload: this.#payload(item, nowMs) };
    for (const reading of scanning) {
      reading.add(part);
      this.#aheadBytes += part.payload.length;
    }
  }

  #payload({ namespace, keyBytes, keyStart, keyLength }: ScannedItem, nowMs: number): Uint8Array {
    const { engine, contentTypes } = this.#parts;
    const { valueLength, flags, expiresAtMs } = engine.found;
    const stored = Buffer.allocUnsafe(valueLength);
    engine.copyFound(0, valueLength, stored, 0);
    const inline = flags === inlineRef;
    const typeLength = inline ? stored[0]! : 0;
    const valueStart = inline ? 1 + typeLength : 0;
    return encodeEffect(
      {
        kind: 'put',
        namespace,
        keyBytes,
        keyStart,
        keyLength,
        ttlMs: Math.max(1, Math.ceil(expiresAtMs - nowMs)),
        contentType: inline ? latin1(stored, 1, typeLength) : contentTypes.textOf(flags),
        valueBytes: stored,
        valueStart,
        valueLength: valueLength - valueStart,
      },
      null,
    );
  }
}

interface ReadingHooks {
  /** Whether little may be kept waiting, so that small batches have to do. */
  readonly isShort: () => boolean;
  readonly onTaken: (bytes: number) => void;
  readonly onClose: () => void;
}

/** One slot that is being read. */
class Reading implements SlotReading {
  readonly slot: number;
  readonly #rest: Iterator<CopiedPart>;
  readonly #hooks: ReadingHooks;
  /** Where the pass was when this one began, and whether it has been at the end of all items since. */
  #start: number;
  #wrapped = false;
  #paused = false;
  #complete = false;
  #queue: CopiedPart[] = [];
  #bytes = 0;
  #closed = false;

  constructor(slot: number, start: number, rest: Iterator<CopiedPart>, hooks: ReadingHooks) {
    this.slot = slot;
    this.#start = start;
    this.#rest = rest;
    this.#hooks = hooks;
  }

  /** Whether the pass is to bring it items. */
  get scanning(): boolean {
    return !this.#complete && !this.#paused;
  }

  get full(): boolean {
    return this.#bytes >= nodeLimits.copyAheadBytesMax;
  }

  /** Whether there is a batch to take: a whole one, or the last, or what there is when memory is short. */
  get ready(): boolean {
    if (this.#complete || this.#bytes >= nodeLimits.copyPartBytes) return true;
    return this.#bytes > 0 && (this.#paused || this.#hooks.isShort());
  }

  add(part: CopiedPart): void {
    this.#queue.push(part);
    this.#bytes += part.payload.length;
  }

  /** The pass has come to `cursor`; 0 is the end of all items. `uncertain`: some had no slot that could be told. */
  passed(cursor: number, uncertain: boolean): void {
    if (!this.scanning) return;
    // A pass whose last step before the end stays below where this one began has been round at the next end.
    const round = this.#wrapped && (cursor === 0 || cursor >= this.#start);
    if (cursor === 0) this.#wrapped = true;
    if (!round && !(cursor === 0 && this.#start === 0)) return;
    if (uncertain) this.#beginAt(cursor);
    else this.#complete = true;
  }

  #beginAt(cursor: number): void {
    this.#start = cursor;
    this.#wrapped = false;
  }

  /** Takes no items from here on, until everything is taken. */
  pause(): void {
    this.#paused = true;
  }

  resume(cursor: number): void {
    if (!this.#paused || this.#queue.length > 0) return;
    this.#paused = false;
    this.#beginAt(cursor);
  }

  next(bytesMax: number): { readonly parts: readonly CopiedPart[]; readonly final: boolean } | null {
    if (this.#closed || !this.ready) return null;
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && bytes < bytesMax) bytes += this.#queue[count++]!.payload.length;
    const parts = this.#queue.splice(0, count);
    this.#bytes -= bytes;
    this.#hooks.onTaken(bytes);
    let final = false;
    while (this.#complete && this.#queue.length === 0 && !final && bytes < bytesMax) {
      const { done, value } = this.#rest.next();
      if (done === true) final = true;
      else {
        parts.push(value);
        bytes += value.payload.length;
      }
    }
    return { parts, final };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hooks.onTaken(this.#bytes);
    this.#queue = [];
    this.#bytes = 0;
    this.#hooks.onClose();
  }
}
