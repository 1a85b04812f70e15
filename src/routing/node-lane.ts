import type { Clock } from '../shared/clock.ts';
import { FrameError, frameHeaderBytes } from '../shared/frame/layout.ts';
import { ReplyReader } from '../shared/frame/reply-reader.ts';
import { writeRequest } from '../shared/frame/request-writer.ts';
import { hopLimits } from '../shared/limits.ts';
import type { OperationResult } from '../shared/operation.ts';
import type { FrameIds } from './frame-ids.ts';
import type { PendingOperation } from './pending-operation.ts';
import type { RoutingMetrics } from './routing-metrics.ts';
import { isBulk, type Lane, type NodeConnection, type Transport, type TransportFailure } from './transport.ts';

/** What a lane needs to know of the fleet's state, and where its results go. */
export interface LaneOwner {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly frameIds: FrameIds;
  readonly metrics: RoutingMetrics;
  viewNumber(): number;
  registryRevision(): number;
  onResult(pending: PendingOperation, result: OperationResult): void;
  onFailure(pending: PendingOperation, failure: TransportFailure): void;
}

interface FrameUnderWay {
  readonly operations: readonly PendingOperation[];
  readonly idLow: number;
  readonly idHigh: number;
  /** Latest deadline of its operations; past it the frame is given up. */
  readonly deadlineMs: number;
  /** Operations that have gone another way since: what comes of them here is ignored. */
  abandoned: Set<PendingOperation>;
}

const none: Set<PendingOperation> = new Set();

/**
 * The operations of one kind on their way to one node: those that wait, and the frames on the wire.
 *
 * What is ready in one turn of the event loop goes out in one frame. While the allowed frames are on the
 * wire, what arrives gathers for the next one, so frames grow with load by themselves and nobody ever waits
 * for a frame to fill.
 */
export class NodeLane {
  readonly #owner: LaneOwner;
  readonly #connection: NodeConnection;
  readonly #lane: Lane;
  readonly #framesMax: number;
  readonly #underWay = new Set<FrameUnderWay>();
  #waiting: PendingOperation[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  readonly #flush: () => void;

  constructor(owner: LaneOwner, connection: NodeConnection, lane: Lane) {
    this.#owner = owner;
    this.#connection = connection;
    this.#lane = lane;
    this.#framesMax = isBulk(lane) ? hopLimits.bulkConnectionsMax : hopLimits.laneFramesInFlightMax;
    this.#flush = () => {
      this.#scheduled = false;
      this.#sendWaiting();
    };
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#underWay.size === 0;
  }

  hasRoom(pending: PendingOperation): boolean {
    return (
      this.#waiting.length < hopLimits.laneQueueOperationsMax &&
      this.#waitingBytes + pending.bytes <= hopLimits.laneQueueBytesMax
    );
  }

  /** Takes an operation at the monotonic time `nowMs`; false when the lane's bound is reached and nothing was taken. */
  enqueue(pending: PendingOperation, nowMs: number): boolean {
    if (!this.hasRoom(pending)) return false;
    pending.enqueuedMs = nowMs;
    this.#waiting.push(pending);
    this.#waitingBytes += pending.bytes;
    if (!this.#scheduled && this.#mayStart(pending.enqueuedMs)) this.#schedule();
    return true;
  }

  /** Gives up what is past its deadline, on the wire or not. */
  expire(nowMs: number): void {
    for (let i = 0; i < this.#waiting.length; i++) {
      const pending = this.#waiting[i]!;
      if (pending.deadlineMs <= nowMs) this.#owner.onFailure(pending, { sent: false, reason: 'deadline' });
    }
    this.#dropSettled();
    for (const frame of this.#underWay) {
      for (const pending of frame.operations)
        if (pending.deadlineMs <= nowMs && !pending.settled && !frame.abandoned.has(pending))
          this.#owner.onFailure(pending, { sent: true, reason: 'deadline' });
      // A node that answers none of a frame by its deadline is not trusted to answer in order later.
      if (frame.deadlineMs <= nowMs) this.#connection.reset(this.#lane);
    }
    // What has waited long enough behind a slow frame, with nothing coming after it that would have told.
    if (this.#waiting.length > 0 && !this.#scheduled && this.#mayStart(nowMs)) this.#schedule();
  }

  /** Hands back what has not been sent and `isElsewhere` selects, for another way. */
  takeWaiting(isElsewhere: (pending: PendingOperation) => boolean): PendingOperation[] {
    const taken = this.#waiting.filter(isElsewhere);
    if (taken.length === 0) return taken;
    const gone = new Set(taken);
    this.#waiting = this.#waiting.filter((pending) => !gone.has(pending));
    this.#countWaitingBytes();
    return taken;
  }

  /**
   * Hands back, for another way, what is on the wire, may be done twice, and `isElsewhere` selects: the node is not
   * expected to answer. What may not be done twice fails as sent. What the node still says of these is ignored.
   */
  abandon(isElsewhere: (pending: PendingOperation) => boolean): PendingOperation[] {
    const taken: PendingOperation[] = [];
    for (const frame of this.#underWay) {
      for (const pending of frame.operations) {
        if (pending.settled || frame.abandoned.has(pending) || !isElsewhere(pending)) continue;
        if (!pending.repeatable) {
          this.#owner.onFailure(pending, { sent: true, reason: 'silent' });
          continue;
        }
        pending.maybeDone = true;
        if (frame.abandoned === none) frame.abandoned = new Set();
        frame.abandoned.add(pending);
        taken.push(pending);
      }
    }
    return taken;
  }

  #schedule(): void {
    this.#scheduled = true;
    this.#owner.transport.defer(this.#flush);
  }

  #sendWaiting(): void {
    if (this.#waiting.length === 0) return;
    const nowMs = this.#owner.clock.monotonicMs();
    while (this.#waiting.length > 0 && this.#mayStart(nowMs)) this.#sendFrame(this.#takeForFrame());
  }

  /** Whether a frame may leave now, beside those on the wire. Large values, which travel alone, need not gather. */
  #mayStart(nowMs: number): boolean {
    const underWay = this.#underWay.size;
    if (underWay === 0) return true;
    if (underWay >= this.#framesMax) return false;
    return (
      isBulk(this.#lane) ||
      this.#waiting.length >= hopLimits.laneFurtherFrameOperations ||
      nowMs - this.#waiting[0]!.enqueuedMs >= hopLimits.laneFurtherFrameWaitMs
    );
  }

  /** The operations of the next frame: as many as its bounds allow, a large one alone. */
  #takeForFrame(): PendingOperation[] {
    const waiting = this.#waiting;
    let bytes = 0;
    let count = 0;
    while (count < waiting.length && count < hopLimits.frameOperationsMax) {
      const next = waiting[count]!;
      const large = next.alone || next.bytes > hopLimits.ownFrameBytes;
      if (count > 0 && (large || bytes + next.bytes > hopLimits.frameBytesMax)) break;
      bytes += next.bytes;
      count++;
      if (large) break;
    }
    this.#waitingBytes -= bytes;
    if (count === waiting.length) {
      this.#waiting = [];
      return waiting;
    }
    this.#waiting = waiting.slice(count);
    return waiting.slice(0, count);
  }

  #sendFrame(operations: PendingOperation[]): void {
    const owner = this.#owner;
    const nowMs = owner.clock.monotonicMs();
    const [idLow, idHigh] = owner.frameIds.next();
    let size = frameHeaderBytes;
    let deadlineMs = nowMs;
    for (const pending of operations) {
      size += pending.bytes;
      if (pending.deadlineMs > deadlineMs) deadlineMs = pending.deadlineMs;
    }
    owner.metrics.countFrame(this.#lane, operations.length, nowMs - operations[0]!.enqueuedMs);
    const frame = owner.transport.allocate(size);
    writeRequest(
      frame,
      {
        frameIdLow: idLow,
        frameIdHigh: idHigh,
        viewNumber: owner.viewNumber(),
        registryRevision: owner.registryRevision(),
        deadlineMs: Math.ceil(deadlineMs - nowMs),
      },
      operations,
    );
    const underWay: FrameUnderWay = { operations, idLow, idHigh, deadlineMs, abandoned: none };
    this.#underWay.add(underWay);
    this.#connection.send(this.#lane, frame, Math.max(1, deadlineMs - nowMs), {
      onReply: (reply) => this.#onReply(underWay, reply),
      onFailure: (failure) => this.#onFrameFailure(underWay, failure),
    });
  }

  #onReply(frame: FrameUnderWay, reply: Uint8Array): void {
    if (!this.#underWay.has(frame)) return;
    let results: OperationResult[];
    try {
      results = readReply(frame, reply);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#owner.metrics.repliesRejected++;
      this.#connection.reset(this.#lane);
      return this.#onFrameFailure(frame, { sent: true, reason: error.message });
    }
    this.#underWay.delete(frame);
    const { operations, abandoned } = frame;
    for (let i = 0; i < results.length; i++)
      if (abandoned === none || !abandoned.has(operations[i]!)) this.#owner.onResult(operations[i]!, results[i]!);
    // At the end of this turn: the turn may still bring more for the same frame.
    if (this.#waiting.length > 0 && !this.#scheduled) this.#schedule();
  }

  #onFrameFailure(frame: FrameUnderWay, failure: TransportFailure): void {
    if (!this.#underWay.delete(frame)) return;
    for (const pending of frame.operations)
      if (!pending.settled && !frame.abandoned.has(pending)) this.#owner.onFailure(pending, failure);
    this.#sendWaiting();
  }

  #dropSettled(): void {
    if (!this.#waiting.some((pending) => pending.settled)) return;
    this.#waiting = this.#waiting.filter((pending) => !pending.settled);
    this.#countWaitingBytes();
  }

  #countWaitingBytes(): void {
    this.#waitingBytes = this.#waiting.reduce((sum, pending) => sum + pending.bytes, 0);
  }
}

/** All results of a reply, or `FrameError`: nothing of a doubtful reply is used. */
function readReply(frame: FrameUnderWay, reply: Uint8Array): OperationResult[] {
  const reader = new ReplyReader(reply, {
    frameIdLow: frame.idLow,
    frameIdHigh: frame.idHigh,
    operationCount: frame.operations.length,
  });
  const results: OperationResult[] = [];
  for (const { operation, slot } of frame.operations) results.push(reader.next(slot, operation.hash));
  reader.close();
  return results;
}
