import type { FleetClient } from '../../../routing/fleet-client.ts';
import { GodwitError } from '../../../shared/errors.ts';
import { hopLimits, limits, retryAfterSeconds } from '../../../shared/limits.ts';
import { isRead, type Operation, type OperationResult } from '../../../shared/operation.ts';
import { batchLimits } from './limits.ts';

/** What became of one operation of a batch. */
export type BatchResult = OperationResult | GodwitError;

/**
 * The operations of one batch on their way: many at once, in bounds.
 *
 * - Operations on one key take effect in the order given: the next is sent when the one before has its outcome.
 *   Reads and writes travel on different lanes, so sending them in order would not do. A chain is kept by key
 *   hash, so that two keys that share one wait for each other for nothing, about once in four billion.
 * - Values kept for the answer stay within `limits.batchAnswerBytesMax`. A read whose value does not fit is
 *   dropped as it arrives; a write that answers a value (`take`, `swap`) is sent only when the largest value
 *   would fit, because what it took could not be put back.
 * - All of it shares one deadline; what was not sent by then was not done.
 */
export class BatchRun {
  readonly #fleet: FleetClient;
  readonly #trace: Uint8Array | null;
  readonly #deadlineMs: number;
  readonly #steps: readonly (Operation | GodwitError)[];
  readonly #results: BatchResult[];
  /** Operations that may be sent, in order, from `#head` on. */
  readonly #ready: number[] = [];
  /** The operation to come after each, on the same key; 0 when there is none, which the first never is. */
  readonly #followers: Uint16Array | null;
  #head = 0;
  #inFlight = 0;
  #left: number;
  /** Bytes of values kept, and of values that may still come from writes under way. */
  #keptBytes = 0;
  #reservedBytes = 0;
  #pumping = false;
  #finish: (results: BatchResult[]) => void = () => {};

  /** An error in place of an operation is its result. */
  constructor(fleet: FleetClient, trace: Uint8Array | null, steps: readonly (Operation | GodwitError)[]) {
    this.#fleet = fleet;
    this.#trace = trace;
    this.#steps = steps;
    this.#results = new Array<BatchResult>(steps.length);
    this.#left = steps.length;
    this.#deadlineMs = fleet.clock.monotonicMs() + hopLimits.deadlineMs;
    this.#followers = this.#order();
  }

  /** Resolves with a result for each operation, in their order. To be called once. */
  run(): Promise<BatchResult[]> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      if (this.#left === 0) resolve(this.#results);
      else this.#pump();
    });
  }

  /** Fills `#ready` with what waits for nothing, and returns the chains, if any key comes twice. */
  #order(): Uint16Array | null {
    const steps = this.#steps;
    const ready = this.#ready;
    if (steps.every((step) => step instanceof GodwitError || isRead(step))) {
      for (let i = 0; i < steps.length; i++) ready.push(i);
      return null;
    }
    const last = new Map<number, number>();
    let followers: Uint16Array | null = null;
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!;
      const before = step instanceof GodwitError ? undefined : last.get(step.hash);
      if (before === undefined) ready.push(i);
      else {
        followers ??= new Uint16Array(steps.length);
        followers[before] = i;
      }
      if (!(step instanceof GodwitError)) last.set(step.hash, i);
    }
    return followers;
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    // Most results find nothing more to send, and then the time is of no use.
    const waiting = this.#head < this.#ready.length;
    const remainingMs = waiting ? this.#deadlineMs - this.#fleet.clock.monotonicMs() : 0;
    while (this.#head < this.#ready.length && this.#inFlight < batchLimits.operationsInFlightMax) {
      const index = this.#ready[this.#head]!;
      const step = this.#steps[index]!;
      if (step instanceof GodwitError) this.#settle(index, step);
      else if (remainingMs <= 0) this.#settle(index, tooLate());
      else {
        const room = this.#roomFor(step);
        if (room === 'later') break;
        if (room === 'never') this.#settle(index, answerTooLarge());
        else this.#send(index, step, remainingMs);
      }
      this.#head++;
    }
    this.#pumping = false;
    if (this.#left === 0) this.#finish(this.#results);
  }

  /** Whether the value that an operation answers will have room in the answer. */
  #roomFor(operation: Operation): 'now' | 'later' | 'never' {
    const taken = this.#keptBytes + this.#reservedBytes;
    if (operation.kind === 'get')
      return taken < limits.batchAnswerBytesMax ? 'now' : this.#reservedBytes > 0 ? 'later' : 'never';
    if (!answersOldValue(operation) || taken + limits.itemSizeBytesMax <= limits.batchAnswerBytesMax) return 'now';
    return this.#reservedBytes > 0 ? 'later' : 'never';
  }

  #send(index: number, operation: Operation, remainingMs: number): void {
    this.#inFlight++;
    if (answersOldValue(operation)) this.#reservedBytes += limits.itemSizeBytesMax;
    this.#fleet.submit(operation, this.#trace, remainingMs, (result, error) => {
      this.#inFlight--;
      if (answersOldValue(operation)) this.#reservedBytes -= limits.itemSizeBytesMax;
      this.#settle(index, result === null ? error! : this.#keep(operation, result));
      this.#pump();
    });
  }

  /** Counts the value that came with a result; a read that goes over the bound is let go of. */
  #keep(operation: Operation, result: OperationResult): BatchResult {
    const length = result.item?.value.length ?? 0;
    if (operation.kind === 'get' && this.#keptBytes + this.#reservedBytes + length > limits.batchAnswerBytesMax)
      return answerTooLarge();
    this.#keptBytes += length;
    return result;
  }

  #settle(index: number, result: BatchResult): void {
    this.#results[index] = result;
    this.#left--;
    const follower = this.#followers === null ? 0 : this.#followers[index]!;
    if (follower !== 0) this.#ready.push(follower);
  }
}

function answersOldValue(operation: Operation): boolean {
  return operation.kind === 'take' || operation.kind === 'swap';
}

function answerTooLarge(): GodwitError {
  return new GodwitError(
    'answer_too_large',
    'The values of this batch are too large for one answer; this item was left out.',
    {
      extra: { limit: limits.batchAnswerBytesMax },
    },
  );
}

function tooLate(): GodwitError {
  return new GodwitError(
    'storage_unavailable',
    'The batch ran out of time before this item was sent; nothing was done.',
    {
      headers: { 'retry-after': String(retryAfterSeconds) },
    },
  );
}
