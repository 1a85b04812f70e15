/**
 * The process of the load client: takes a plan, runs it, answers with figures, again and again. It is a
 * process of its own so that client and servers share no event loop.
 */
import { type AnswerHandler, HttpConnection } from '../../src/cli/replay/http/http-connection.ts';
import { LatencyHistogram } from '../../src/cli/replay/latency-histogram.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { holdsItems } from './answer-items.ts';
import type { LoadFigures, LoadMessage, LoadPlan } from './load-plan.ts';

/** Answers to a multi-get are parsed this often; of the others only status and a plausible length are looked at. */
const itemsCheckedEvery = 32;

interface Prepared {
  readonly bytes: Buffer;
  readonly status: number;
  readonly body: Buffer | null;
  readonly items: {
    readonly form: 'json' | 'cbor';
    readonly values: readonly Buffer[];
    readonly lengthMin: number;
  } | null;
}

function prepare(plan: LoadPlan): Prepared[] {
  return plan.requests.map(({ bytes, status, body, items }) => {
    const values = items?.values.map((value) => Buffer.from(value, 'base64')) ?? [];
    const lengthMin = values.reduce((sum, value) => sum + value.length, 0);
    return {
      bytes: Buffer.from(bytes, 'base64'),
      status,
      body: body === undefined ? null : Buffer.from(body, 'base64'),
      items: items === undefined ? null : { form: items.form, values, lengthMin },
    };
  });
}

class Load {
  readonly #plan: LoadPlan;
  readonly #requests: readonly Prepared[];
  readonly latency = new LatencyHistogram();
  readonly #errors = new Map<string, number>();
  #mismatches = 0;
  #sent = 0;
  #open: number;
  #startMs = 0;
  #endMs = 0;
  #lastAnswerMs = 0;
  #cpuAtStart = process.cpuUsage();
  #resolve: (figures: LoadFigures) => void = () => {};

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    this.#requests = prepare(plan);
    this.#open = plan.connections;
  }

  run(): Promise<LoadFigures> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#cpuAtStart = process.cpuUsage();
      this.#startMs = systemClock.monotonicMs();
      this.#endMs = this.#startMs + this.#plan.durationMs;
      for (let i = 0; i < this.#plan.connections; i++) new LoadConnection(this, this.#plan.origin).next();
    });
  }

  /** The next request, or null when the load is over. */
  take(nowMs: number): Prepared | null {
    if (nowMs >= this.#endMs || this.#sent >= this.#plan.requestsMax) return null;
    return this.#requests[this.#sent++ % this.#requests.length]!;
  }

  answered(
    request: Prepared,
    startedMs: number,
    nowMs: number,
    status: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    this.latency.record(nowMs - startedMs);
    this.#lastAnswerMs = nowMs;
    if (status !== request.status) this.error(`status_${status}`);
    else if (!this.#isRight(request, bytes, start, end)) this.#mismatches++;
  }

  #isRight({ body, items }: Prepared, bytes: Buffer, start: number, end: number): boolean {
    if (body !== null) return end - start === body.length && body.compare(bytes, start, end) === 0;
    if (items === null) return true;
    if (this.latency.count % itemsCheckedEvery !== 1) return end - start >= items.lengthMin;
    return holdsItems(items.form, bytes.subarray(start, end), items.values);
  }

  error(kind: string): void {
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
  }

  /** Called by each connection once it is done. */
  closed(): void {
    if (--this.#open > 0) return;
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    this.#resolve({
      requests: this.latency.count,
      seconds: Math.max(0, this.#lastAnswerMs - this.#startMs) / 1_000,
      latency: this.latency.summary(),
      errors: Object.fromEntries(this.#errors),
      mismatches: this.#mismatches,
      cpuSeconds: (user + system) / 1e6,
    });
  }
}

class LoadConnection implements AnswerHandler {
  readonly #load: Load;
  readonly #connection: HttpConnection;
  #request: Prepared | null = null;
  #startedMs = 0;

  constructor(load: Load, origin: LoadPlan['origin']) {
    this.#load = load;
    this.#connection = new HttpConnection(origin, this);
  }

  next(nowMs = systemClock.monotonicMs()): void {
    const request = this.#load.take(nowMs);
    this.#request = request;
    if (request === null) {
      this.#connection.close();
      return this.#load.closed();
    }
    this.#startedMs = nowMs;
    this.#connection.send(request.bytes);
  }

  answered(status: number, bytes: Buffer, start: number, end: number): void {
    const nowMs = systemClock.monotonicMs();
    this.#load.answered(this.#request!, this.#startedMs, nowMs, status, bytes, start, end);
    this.next(nowMs);
  }

  failed(kind: string): void {
    this.#load.error(kind);
    setImmediate(() => this.next());
  }
}

/** A parent that is gone is told nothing. */
const tell = (message: LoadMessage) => process.connected && process.send!(message, () => {});
process.on('message', async (plan: LoadPlan) => tell({ type: 'figures', figures: await new Load(plan).run() }));
process.on('disconnect', () => process.exit());
// on Ctrl-C the parent ends it, when it has ended the servers
process.on('SIGINT', () => {});
tell({ type: 'ready' });
