import type { Clock } from '../shared/clock.ts';
import { hopLimits } from '../shared/limits.ts';
import type { PendingOperation } from './pending-operation.ts';

interface SlotWaitsParts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** Tries an operation that has waited; it may come back. */
  readonly send: (pending: PendingOperation) => void;
  /** Whether its lane has room for it. */
  readonly hasRoom: (pending: PendingOperation) => boolean;
}

/** What waits for one slot, in the order in which it came. */
interface SlotWait {
  readonly operations: Set<PendingOperation>;
  /** Monotonic time at which the next of them is tried. */
  dueMs: number;
  attempts: number;
  delayMsMax: number;
}

/**
 * The operations between two attempts: those of slots that are not served at the moment, and those that wait by
 * themselves.
 *
 * A failover makes a node's whole traffic wait for some seconds. Were each operation tried again by itself, they would
 * be a load many times that of the traffic on the very node that is taking over. So of each slot one operation is
 * tried at a time, and the first that is served lets all others of its slot go; what comes for the slot meanwhile
 * waits with them.
 *
 * Bounds: `retryingOperationsMax` and `retryingBytesMax` of all slots together.
 */
export class SlotWaits {
  readonly #parts: SlotWaitsParts;
  /** By slot; operations that wait by themselves each under a negative number of its own. */
  readonly #waits = new Map<number, SlotWait>();
  #operations = 0;
  #bytes = 0;
  #lastAlone = 0;
  #roundMs = Number.POSITIVE_INFINITY;
  #cancelRound: (() => void) | null = null;
  #closed = false;

  constructor(parts: SlotWaitsParts) {
    this.#parts = parts;
  }

  get operations(): number {
    return this.#operations;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether operations wait for the slot. */
  has(slot: number): boolean {
    return this.#operations > 0 && this.#waits.has(slot);
  }

  /**
   * Takes an operation in until its slot is served; false when there is no room, and nothing was taken. `delayMsMax`
   * bounds the pauses between attempts at the slot from now on; left out, it stays as it is.
   */
  enter(pending: PendingOperation, delayMsMax?: number): boolean {
    return this.#enter(pending.slot, pending, delayMsMax);
  }

  /** Takes an operation in that no other of its slot is to wait with; false when there is no room. */
  enterAlone(pending: PendingOperation): boolean {
    return this.#enter(--this.#lastAlone, pending, hopLimits.retryDelayMsMax);
  }

  #enter(at: number, pending: PendingOperation, delayMsMax?: number): boolean {
    const { retryingOperationsMax, retryingBytesMax } = hopLimits;
    if (this.#operations >= retryingOperationsMax || this.#bytes + pending.bytes > retryingBytesMax) return false;
    let wait = this.#waits.get(at);
    if (wait === undefined) {
      const { retryDelayMsMax } = hopLimits;
      wait = { operations: new Set(), dueMs: 0, attempts: pending.attempts, delayMsMax: delayMsMax ?? retryDelayMsMax };
      this.#putOff(wait);
      this.#waits.set(at, wait);
    } else wait.delayMsMax = delayMsMax ?? wait.delayMsMax;
    pending.attempts++;
    pending.waitsAt = at;
    wait.operations.add(pending);
    this.#operations++;
    this.#bytes += pending.bytes;
    this.#schedule(wait.dueMs);
    return true;
  }

  /** The slot is served: what waits for it is sent, as far as there is room for it; the rest with the next that is. */
  release(slot: number): void {
    const wait = this.#waits.get(slot);
    if (wait === undefined) return;
    for (const pending of [...this.#upTo(wait, hopLimits.slotReleaseMax)]) {
      if (!this.#parts.hasRoom(pending)) return;
      this.#leave(pending);
      this.#parts.send(pending);
    }
  }

  /** Something has changed about the slot: a few are tried at once, the others when one of them is served. */
  probe(slot: number): void {
    const wait = this.#waits.get(slot);
    if (wait === undefined) return;
    wait.attempts = 0;
    this.#putOff(wait);
    this.#sendAll(this.#take(wait, hopLimits.slotProbesOnChange));
  }

  /** Everything is tried at once. */
  releaseAll(): void {
    this.#sendAll([...this.#waits.values()].flatMap((wait) => this.#take(wait, wait.operations.size)));
  }

  /** Takes out what is past its deadline. */
  expired(nowMs: number): PendingOperation[] {
    const late: PendingOperation[] = [];
    for (const { operations } of this.#waits.values())
      for (const pending of operations) if (pending.deadlineMs <= nowMs) late.push(pending);
    for (const pending of late) this.#leave(pending);
    return late;
  }

  /** Takes everything out, for good. */
  close(): PendingOperation[] {
    this.#closed = true;
    this.#cancelRound?.();
    return [...this.#waits.values()].flatMap((wait) => this.#take(wait, wait.operations.size));
  }

  #leave(pending: PendingOperation): void {
    const wait = this.#waits.get(pending.waitsAt);
    if (!wait?.operations.delete(pending)) return;
    this.#operations--;
    this.#bytes -= pending.bytes;
    if (wait.operations.size === 0) this.#waits.delete(pending.waitsAt);
    if (this.#operations > 0) return;
    this.#cancelRound?.();
    this.#cancelRound = null;
    this.#roundMs = Number.POSITIVE_INFINITY;
  }

  #take(wait: SlotWait, count: number): PendingOperation[] {
    const taken = [...this.#upTo(wait, count)];
    for (const pending of taken) this.#leave(pending);
    return taken;
  }

  *#upTo({ operations }: SlotWait, count: number): Iterable<PendingOperation> {
    let left = count;
    for (const pending of operations) {
      if (left-- === 0) return;
      yield pending;
    }
  }

  #sendAll(operations: readonly PendingOperation[]): void {
    for (const pending of operations) this.#parts.send(pending);
  }

  #putOff(wait: SlotWait): void {
    const { retryDelayMsMin } = hopLimits;
    const backOffMs = Math.min(wait.delayMsMax, retryDelayMsMin * 2 ** Math.min(wait.attempts++, 10));
    wait.dueMs = this.#parts.clock.monotonicMs() + backOffMs * (0.5 + this.#parts.random() / 2);
  }

  /** One timer for all: rounds are some ms apart, so that what is due in each goes out in few frames. */
  #schedule(dueMs: number): void {
    if (this.#closed || dueMs >= this.#roundMs) return;
    this.#cancelRound?.();
    this.#roundMs = dueMs;
    const waitMs = Math.max(0, dueMs - this.#parts.clock.monotonicMs());
    this.#cancelRound = this.#parts.delay(waitMs, () => this.#runRound());
  }

  #runRound(): void {
    this.#cancelRound = null;
    this.#roundMs = Number.POSITIVE_INFINITY;
    const dueMs = this.#parts.clock.monotonicMs() + hopLimits.retryDelayMsMin / 2;
    const due: PendingOperation[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const wait of this.#waits.values()) {
      if (wait.dueMs <= dueMs) {
        this.#putOff(wait);
        due.push(...this.#take(wait, 1));
      }
      if (wait.operations.size > 0 && wait.dueMs < nextMs) nextMs = wait.dueMs;
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#schedule(nextMs);
    this.#sendAll(due);
  }
}
