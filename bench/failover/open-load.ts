import { Agent, request } from 'undici';
import { LatencyHistogram, type LatencySummary } from '../../src/cli/replay/latency-histogram.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { failoverLimits } from './limits.ts';

export interface OpenRequest {
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  readonly body?: Uint8Array;
  /** Statuses of success; a 404 of a read counts as a miss besides. */
  readonly statuses: readonly number[];
  /** Called when it has succeeded. */
  readonly onSuccess?: (nowMs: number) => void;
}

export interface OpenFigures {
  readonly requests: number;
  readonly failures: number;
  readonly misses: number;
  /** Requests that were due when too many were under way, and were left out. */
  readonly left_out: number;
  readonly latency: LatencySummary;
  /** The slowest that succeeded, slowest first. */
  readonly slowest: readonly SlowRequest[];
  /** By status and code. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** One of the slowest requests: when it was due, in ms of the time since `figures()`, and how long it then took. */
export interface SlowRequest {
  readonly method: OpenRequest['method'];
  readonly due_ms: number;
  readonly took_ms: number;
  /** Of that, until it was sent: what the load itself was late, in ms. */
  readonly unsent_ms: number;
}

/** Requests at a fixed rate, whether or not earlier ones are answered: what a slow server makes wait is not overlooked. */
export class OpenLoad {
  readonly #urls: readonly string[];
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent: Agent;
  readonly #timers: NodeJS.Timeout[] = [];
  #latency = new LatencyHistogram();
  #failures = 0;
  #misses = 0;
  #leftOut = 0;
  #kinds = new Map<string, number>();
  #slowest: SlowRequest[] = [];
  #sinceMs = systemClock.monotonicMs();
  #open = 0;
  #count = 0;

  constructor(urls: readonly string[], authorization: string) {
    this.#urls = urls;
    this.#headers = { authorization };
    this.#agent = new Agent({ connections: failoverLimits.connections, pipelining: 1 });
  }

  /** One stream of requests, `everyMs` apart, at most `openMax` of it under way; the first after `delayMs`. */
  every(everyMs: number, openMax: number, make: () => OpenRequest, delayMs = 0): void {
    const startMs = systemClock.monotonicMs() + delayMs;
    let due = 0;
    let open = 0;
    // one timer for each stream: those that a busy moment made late are sent at once, none is skipped
    const timer = setInterval(
      () => {
        for (const nowMs = systemClock.monotonicMs(); startMs + due * everyMs <= nowMs; due++) {
          if (open >= openMax) {
            this.#leftOut++;
            continue;
          }
          open++;
          void this.#send(make(), startMs + due * everyMs).finally(() => open--);
        }
      },
      Math.min(everyMs, 20),
    );
    this.#timers.push(timer);
  }

  /** What was since the last call; begins anew. */
  figures(): OpenFigures {
    const figures = {
      requests: this.#latency.count + this.#failures,
      failures: this.#failures,
      misses: this.#misses,
      left_out: this.#leftOut,
      latency: this.#latency.summary(),
      slowest: this.#slowest,
      kinds: Object.fromEntries(this.#kinds),
    };
    this.#latency = new LatencyHistogram();
    this.#failures = 0;
    this.#misses = 0;
    this.#leftOut = 0;
    this.#kinds = new Map();
    this.#slowest = [];
    this.#sinceMs = systemClock.monotonicMs();
    return figures;
  }

  /** Ends it; waits for what is under way. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (let waitedMs = 0; this.#open > 0 && waitedMs < failoverLimits.healMs; waitedMs += 20)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await this.#agent.destroy();
  }

  /** `dueMs`: when it should have been sent; its latency counts from then. */
  async #send({ method, path, body, statuses, onSuccess }: OpenRequest, dueMs: number): Promise<void> {
    this.#open++;
    const sentMs = systemClock.monotonicMs();
    const url = this.#urls[this.#count++ % this.#urls.length]!;
    let kind: string;
    try {
      const response = await request(url + path, {
        method,
        headers: this.#headers,
        ...(body === undefined ? {} : { body }),
        dispatcher: this.#agent,
      });
      const text = await response.body.text();
      kind = statuses.includes(response.statusCode) ? '' : `${response.statusCode} ${codeOf(text)}`;
      if (response.statusCode === 404) this.#misses++;
    } catch (error) {
      kind = (error as { code?: string }).code ?? (error as Error).name;
    } finally {
      this.#open--;
    }
    const nowMs = systemClock.monotonicMs();
    if (kind !== '') {
      this.#failures++;
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
      return;
    }
    this.#latency.record(nowMs - dueMs);
    this.#keepIfSlow({
      method,
      due_ms: Math.round(dueMs - this.#sinceMs),
      took_ms: Math.round(nowMs - dueMs),
      unsent_ms: Math.round(sentMs - dueMs),
    });
    onSuccess?.(nowMs);
  }

  #keepIfSlow(request: SlowRequest): void {
    const least = this.#slowest[failoverLimits.slowestTold - 1];
    if (least !== undefined && request.took_ms <= least.took_ms) return;
    this.#slowest = [...this.#slowest, request]
      .sort((a, b) => b.took_ms - a.took_ms)
      .slice(0, failoverLimits.slowestTold);
  }
}

function codeOf(text: string | undefined): string {
  return /"code":"(\w+)"/.exec(text ?? '')?.[1] ?? '';
}
