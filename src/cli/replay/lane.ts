import type { Clock } from '../../shared/clock.ts';
import { type AnswerHandler, HttpConnection, type Origin } from './http/http-connection.ts';
import type { ItemRequests } from './item-requests.ts';
import { replayLimits } from './limits.ts';
import type { Tally } from './tally.ts';
import type { TraceOperation } from './traces/trace-format.ts';
import type { TraceValues } from './values.ts';

/** One request as a lane makes it. */
export interface LaneRequest {
  readonly operation: TraceOperation;
  readonly key: string;
  readonly size: number;
  readonly ttlMs: number | undefined;
}

/** What all lanes of a replay share. */
export interface LaneContext {
  readonly origin: Origin;
  readonly requests: ItemRequests;
  readonly values: TraceValues;
  readonly tally: Tally;
  readonly clock: Clock;
  /** Told of each request that got an answer, or none because its connection failed. */
  readonly onConnection: (failure: string | undefined) => void;
}

/**
 * One connection and the requests that wait for it, made one after the other: a get, and after a miss the set
 * that fills it; a set; a delete.
 */
export class Lane implements AnswerHandler {
  readonly #context: LaneContext;
  readonly #connection: HttpConnection;
  /** Waiting requests from `#next` on; those before it are done. */
  #queue: LaneRequest[] = [];
  #next = 0;
  #current: LaneRequest | null = null;
  /** What is on the wire for `#current`. */
  #sent: TraceOperation = 'get';
  #sentAtMs = 0;
  #onRoom: (() => void) | null = null;
  #onIdle: (() => void) | null = null;

  constructor(context: LaneContext) {
    this.#context = context;
    this.#connection = new HttpConnection(context.origin, this);
  }

  get isFull(): boolean {
    return this.#queue.length - this.#next >= replayLimits.laneQueueRequestsMax;
  }

  /** Adds a request; only while the lane is not full. */
  push(request: LaneRequest): void {
    this.#queue.push(request);
    if (this.#current === null) this.#takeNext();
  }

  /** Resolves when half of the queue is free. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** Resolves when every request is done. */
  idle(): Promise<void> {
    if (this.#current === null) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Drops what waits and ends the connection. */
  close(): void {
    this.#queue = [];
    this.#next = 0;
    this.#current = null;
    this.#connection.close();
    this.#onRoom?.();
    this.#onIdle?.();
  }

  answered(status: number, bytes: Buffer, start: number, end: number): void {
    const request = this.#current;
    if (request === null) return;
    const { tally, clock, onConnection } = this.#context;
    const elapsedMs = clock.monotonicMs() - this.#sentAtMs;
    onConnection(undefined);
    switch (this.#sent) {
      case 'get':
        tally.getLatency.record(elapsedMs);
        if (this.#readGet(request, status, bytes, start, end)) return this.#put(request);
        break;
      case 'set':
        tally.setLatency.record(elapsedMs);
        if (status === 204) tally.bytesWritten += request.size;
        else tally.error(errorKind(status, bytes, start, end));
        break;
      case 'delete':
        tally.deleteLatency.record(elapsedMs);
        if (status !== 204) tally.error(errorKind(status, bytes, start, end));
    }
    this.#takeNext();
  }

  failed(kind: string): void {
    if (this.#current === null) return;
    this.#context.tally.error(kind);
    this.#context.onConnection(kind);
    // not within the call that failed: a server that is gone would fail every request in one turn
    setImmediate(() => this.#current !== null && this.#takeNext());
  }

  #takeNext(): void {
    const request = this.#queue[this.#next];
    this.#current = request ?? null;
    if (request === undefined) {
      this.#queue = [];
      this.#next = 0;
      this.#onRoom?.();
      this.#onIdle?.();
      this.#onIdle = null;
      this.#onRoom = null;
      return;
    }
    this.#next++;
    if (this.#onRoom !== null && this.#next * 2 >= this.#queue.length) this.#giveRoom();
    this.#begin(request);
  }

  #giveRoom(): void {
    this.#queue = this.#queue.slice(this.#next);
    this.#next = 0;
    this.#onRoom?.();
    this.#onRoom = null;
  }

  #begin(request: LaneRequest): void {
    const { tally, requests } = this.#context;
    tally.requests++;
    switch (request.operation) {
      case 'get':
        tally.gets++;
        return this.#send('get', requests.get(request.key));
      case 'set':
        return this.#put(request);
      case 'delete':
        tally.deletes++;
        return this.#send('delete', requests.delete(request.key));
    }
  }

  #put(request: LaneRequest): void {
    const { tally, requests, values } = this.#context;
    tally.sets++;
    this.#send('set', requests.put(request.key, request.size, request.ttlMs), values.of(request.key, request.size));
  }

  #send(operation: TraceOperation, head: string, body?: Uint8Array): void {
    this.#sent = operation;
    this.#sentAtMs = this.#context.clock.monotonicMs();
    this.#connection.send(head, body);
  }

  /** Reads the answer to a get; true for a miss. */
  #readGet(request: LaneRequest, status: number, bytes: Buffer, start: number, end: number): boolean {
    const { tally, values } = this.#context;
    if (status === 200) {
      tally.hits++;
      tally.bytesRead += end - start;
      if (!values.matches(request.key, bytes, start, end)) tally.mismatches++;
      return false;
    }
    const kind = errorKind(status, bytes, start, end);
    if (kind === 'key_not_found') return true;
    tally.error(kind);
    return false;
  }
}

/** The stable code of a problem document (RFC 9457), else the status. */
export function errorKind(status: number, bytes: Buffer, start: number, end: number): string {
  const code = /"code":\s*"([a-z_]{1,64})"/.exec(bytes.toString('latin1', start, Math.min(end, start + 2_048)));
  return code?.[1] ?? `status_${status}`;
}
