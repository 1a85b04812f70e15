/** A process of the client that publishes, or reads items: as fast as answers come, or at a fixed rate. */
import { type AnswerHandler, HttpConnection } from '../../src/cli/replay/http/http-connection.ts';
import { LatencyHistogram } from '../../src/cli/replay/latency-histogram.ts';
import { serveCalls } from './client-process.ts';
import { nowMicros } from './common-clock.ts';
import { numberPlace, stampPlace, writeNumber } from './message.ts';
import type { RequestCall, RequestFigures, RequestPlan } from './plans.ts';

interface Lane {
  readonly bytes: Buffer;
  readonly textsAt: readonly number[];
  /** Number of the last message that was published. */
  number: number;
}

class Run {
  readonly #plan: RequestPlan;
  readonly #lanes: Lane[];
  readonly #connections: LaneConnection[];
  readonly #latency = new LatencyHistogram();
  readonly #errors = new Map<string, number>();
  readonly #bodyHolds: Buffer | null;
  #startedMicros = 0;
  #endMicros = 0;
  #lastAnswerMicros = 0;
  #issued = 0;
  #leftOut = 0;
  #nextLane = 0;
  #underWay = 0;
  #resolve: (figures: RequestFigures) => void = () => {};

  constructor(plan: RequestPlan) {
    this.#plan = plan;
    this.#lanes = plan.lanes.map(({ bytes, textsAt }, lane) => ({
      bytes: Buffer.from(bytes, 'base64'),
      textsAt,
      number: plan.published[lane]!,
    }));
    this.#bodyHolds = plan.bodyHolds === null ? null : Buffer.from(plan.bodyHolds);
    this.#connections = Array.from({ length: plan.connections }, () => new LaneConnection(this, plan.origin));
  }

  run(): Promise<RequestFigures> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#startedMicros = nowMicros();
      this.#endMicros = this.#startedMicros + this.#plan.durationMs * 1e3;
      if (this.#plan.perSecond !== null) return this.#paced(this.#plan.perSecond);
      // each connection goes through its own lanes
      for (const [index, connection] of this.#connections.entries()) {
        const own = this.#lanes.filter((_, lane) => lane % this.#connections.length === index);
        if (own.length > 0) this.#send(connection, own, 0);
      }
    });
  }

  stop(): void {
    this.#endMicros = Math.min(this.#endMicros, nowMicros());
  }

  #send(connection: LaneConnection, own: readonly Lane[], turn: number): void {
    if (nowMicros() >= this.#endMicros) return this.#endWhenIdle();
    this.#issue(connection, own[turn % own.length]!, () => this.#send(connection, own, turn + 1));
  }

  /** Sends what is due; what finds all connections busy is left out, since lanes are in order. */
  #paced(perSecond: number): void {
    const now = nowMicros();
    if (now >= this.#endMicros) return this.#endWhenIdle();
    const due = Math.floor(((now - this.#startedMicros) * perSecond) / 1e6) + 1;
    for (; this.#issued < due; this.#issued++) {
      const free = this.#freeLane();
      if (free < 0) this.#leftOut++;
      else this.#issue(this.#connections[free % this.#connections.length]!, this.#lanes[free]!, () => {});
    }
    const nextMicros = this.#startedMicros + (this.#issued / perSecond) * 1e6;
    setTimeout(() => this.#paced(perSecond), Math.max(0, (nextMicros - nowMicros()) / 1e3));
  }

  /** The next lane whose connection is free, or -1. */
  #freeLane(): number {
    for (let tried = 0; tried < this.#lanes.length; tried++) {
      const lane = this.#nextLane;
      this.#nextLane = (lane + 1) % this.#lanes.length;
      if (!this.#connections[lane % this.#connections.length]!.busy) return lane;
    }
    return -1;
  }

  #issue(connection: LaneConnection, lane: Lane, then: () => void): void {
    const stamp = nowMicros();
    for (const [index, at] of lane.textsAt.entries()) {
      writeNumber(lane.bytes, at, numberPlace, lane.number + 1 + index);
      writeNumber(lane.bytes, at, stampPlace, stamp);
    }
    this.#underWay++;
    connection.send(lane.bytes, (error, body) => {
      const now = nowMicros();
      this.#underWay--;
      this.#lastAnswerMicros = now;
      this.#latency.record((now - stamp) / 1e3);
      const wrong = error ?? (this.#isRight(body, lane.textsAt.length) ? null : 'body');
      // a refused message's numbers are used again, so that they are no gap
      if (wrong === null) lane.number += lane.textsAt.length;
      else this.#errors.set(wrong, (this.#errors.get(wrong) ?? 0) + 1);
      if (now >= this.#endMicros) this.#endWhenIdle();
      else then();
    });
  }

  #isRight(body: Buffer, messages: number): boolean {
    if (this.#bodyHolds === null) return true;
    let count = 0;
    for (let at = body.indexOf(this.#bodyHolds); at >= 0; at = body.indexOf(this.#bodyHolds, at + 1)) count++;
    return count === messages;
  }

  isSuccess(status: number): boolean {
    return this.#plan.statuses.includes(status);
  }

  #endWhenIdle(): void {
    if (this.#underWay > 0) return;
    for (const connection of this.#connections) connection.close();
    this.#resolve({
      requests: this.#latency.count,
      published: this.#lanes.map(({ number }) => number),
      started_micros: this.#startedMicros,
      ended_micros: this.#lastAnswerMicros,
      latency: this.#latency.summary(),
      errors: Object.fromEntries(this.#errors),
      left_out: this.#leftOut,
    });
  }
}

const nothing = Buffer.alloc(0);

class LaneConnection implements AnswerHandler {
  readonly #run: Run;
  readonly #connection: HttpConnection;
  #done: ((error: string | null, body: Buffer) => void) | null = null;

  constructor(run: Run, origin: RequestPlan['origin']) {
    this.#run = run;
    this.#connection = new HttpConnection(origin, this);
  }

  get busy(): boolean {
    return this.#done !== null;
  }

  send(bytes: Buffer, done: (error: string | null, body: Buffer) => void): void {
    this.#done = done;
    this.#connection.send(bytes);
  }

  answered(status: number, bytes: Buffer, start: number, end: number): void {
    this.#finish(this.#run.isSuccess(status) ? null : `status_${status}`, bytes.subarray(start, end));
  }

  failed(kind: string): void {
    // what comes next must not be sent from within the failure
    setImmediate(() => this.#finish(kind, nothing));
  }

  #finish(error: string | null, body: Buffer): void {
    const done = this.#done;
    this.#done = null;
    done?.(error, body);
  }

  close(): void {
    this.#connection.close();
  }
}

let run: Run | null = null;
serveCalls<RequestCall>((call) => {
  if (call.type === 'stop') return run?.stop();
  if (call.type !== 'run') return undefined;
  run = new Run(call.plan);
  return run.run();
});
