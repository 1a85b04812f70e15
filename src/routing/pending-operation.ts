import type { GodwitError } from '../shared/errors.ts';
import { operationBytes } from '../shared/frame/request-writer.ts';
import type { Operation, OperationResult } from '../shared/operation.ts';
import { isRead } from '../shared/operation.ts';
import { slotOf } from '../shared/slots.ts';

/** Takes the outcome of one operation: exactly one of the two arguments is not null, exactly once. */
export type OutcomeReceiver = (result: OperationResult | null, error: GodwitError | null) => void;

/** An operation inside the fleet client, from submission to outcome. */
export class PendingOperation {
  readonly operation: Operation;
  readonly trace: Uint8Array | null;
  /** Monotonic time at which its outcome is due. */
  readonly deadlineMs: number;
  /** Bytes it takes in a frame. */
  readonly bytes: number;
  readonly read: boolean;
  readonly slot: number;
  /** Whether it may go to a copy: of a balanced read, until one has not served it. */
  balanced: boolean;
  /** Whether it was sent to a copy that is not the primary. */
  atCopy = false;
  enqueuedMs = 0;
  attempts = 0;
  /** Where it waits for another attempt (`slot-waits.ts`). */
  waitsAt = 0;
  /** Monotonic time at which it first had to wait for its slot; negative when it never had. */
  waitsSinceMs = -1;
  /** Whether a frame with it may have reached a node without an answer having come back. */
  maybeDone = false;
  /** Whether it has to travel alone, because its answer is large. */
  alone = false;
  #receiver: OutcomeReceiver | null;

  constructor(operation: Operation, trace: Uint8Array | null, deadlineMs: number, receiver: OutcomeReceiver) {
    this.operation = operation;
    this.trace = trace;
    this.deadlineMs = deadlineMs;
    this.bytes = operationBytes(operation, trace);
    this.read = isRead(operation);
    this.slot = slotOf(operation.hash);
    this.balanced = (operation.kind === 'get' || operation.kind === 'describe') && operation.balanced === true;
    this.#receiver = receiver;
  }

  get settled(): boolean {
    return this.#receiver === null;
  }

  /** Whether doing it twice is the same as doing it once. */
  get repeatable(): boolean {
    const { operation } = this;
    return isRead(operation) || operation.idempotency !== undefined;
  }

  /** Hands out the outcome; a later one is ignored. */
  settle(result: OperationResult | null, error: GodwitError | null): void {
    const receiver = this.#receiver;
    if (receiver === null) return;
    this.#receiver = null;
    receiver(result, error);
  }
}
