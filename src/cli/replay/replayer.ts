import type { Clock } from '../../shared/clock.ts';
import { murmur3 } from '../../shared/hash.ts';
import { limits } from '../../shared/limits.ts';
import { failure } from '../cli-error.ts';
import { originOf } from './http/http-connection.ts';
import { ItemRequests } from './item-requests.ts';
import { Lane } from './lane.ts';
import { replayLimits } from './limits.ts';
import { Tally } from './tally.ts';
import type { TraceRequest } from './traces/trace-format.ts';
import { TraceValues } from './values.ts';

export interface ReplayerConfig {
  readonly url: string;
  readonly token: string;
  readonly cache: string;
  readonly connections: number;
  /** Requests to make; undefined for all. */
  readonly limit: number | undefined;
  /** How many times faster than recorded; undefined for as fast as answers come. */
  readonly speed: number | undefined;
  readonly clock: Clock;
  /** Resolves after this many ms, or as soon as the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Replays a trace against a server as a look-aside cache. A key's requests all go over one connection, so
 * that they happen in the trace's order and a set is never overtaken by a later delete; different keys go on
 * beside each other.
 */
export class Replayer {
  readonly tally = new Tally();
  readonly #config: ReplayerConfig;
  readonly #lanes: readonly Lane[];
  readonly #stopping = new AbortController();
  #connectionFailures = 0;
  #lastFailure = '';
  #firstAtSeconds: number | undefined;
  #startedAtMs = 0;
  #handedOut = 0;
  /** Time from the first request to the last answer, in ms. */
  elapsedMs = 0;

  constructor(config: ReplayerConfig) {
    this.#config = config;
    const context = {
      origin: originOf(config.url),
      requests: new ItemRequests(config.url, config.cache, config.token),
      values: new TraceValues(),
      tally: this.tally,
      clock: config.clock,
      onConnection: (kind: string | undefined) => this.#onConnection(kind),
    };
    this.#lanes = Array.from({ length: config.connections }, () => new Lane(context));
  }

  /** Share of the limit that was handed out; 0 without a limit. */
  get progress(): number {
    const { limit } = this.#config;
    return limit === undefined ? 0 : this.#handedOut / limit;
  }

  /**
   * Replays the requests; resolves when all are answered, or soon after `stop`.
   * @throws CliError (exit code 1) when there is no server any more
   */
  async run(chunks: AsyncIterable<readonly TraceRequest[]>): Promise<void> {
    this.#startedAtMs = this.#config.clock.monotonicMs();
    try {
      for await (const chunk of chunks) if (!(await this.#handOut(chunk))) break;
      await Promise.all(this.#lanes.map((lane) => lane.idle()));
    } finally {
      this.elapsedMs = this.#config.clock.monotonicMs() - this.#startedAtMs;
      for (const lane of this.#lanes) lane.close();
    }
    if (this.#connectionFailures >= replayLimits.connectionFailuresMax)
      throw failure(`cannot reach ${this.#config.url} any more: ${this.#lastFailure}`);
  }

  /** Makes no further requests, and gives up those under way. */
  stop(): void {
    this.#stopping.abort();
    for (const lane of this.#lanes) lane.close();
  }

  /** False when there is nothing more to do. */
  async #handOut(chunk: readonly TraceRequest[]): Promise<boolean> {
    const { limit, speed } = this.#config;
    for (const request of chunk) {
      if (speed !== undefined) await this.#waitUntil(request.atSeconds, speed);
      for (let i = 0; i < request.count; i++) {
        if (this.#stopping.signal.aborted || this.#handedOut === limit) return false;
        this.#handedOut++;
        await this.#give(request);
      }
    }
    return true;
  }

  async #give(request: TraceRequest): Promise<void> {
    const { operation, key, size } = request;
    if (size === undefined) {
      this.tally.skippedUnknownSize++;
      return;
    }
    const keyBytes = Buffer.from(key);
    if (keyBytes.length > limits.keySizeBytesMax || keyBytes.length + size > limits.itemSizeBytesMax) {
      this.tally.skippedTooLarge++;
      return;
    }
    const lane = this.#lanes[murmur3(keyBytes, 0, keyBytes.length, 0) % this.#lanes.length]!;
    if (lane.isFull) await lane.room();
    if (this.#stopping.signal.aborted) return;
    const ttlMs = request.ttlMs === undefined ? undefined : Math.min(request.ttlMs, limits.ttlMsMax);
    if (ttlMs !== request.ttlMs) this.tally.clampedTtls++;
    lane.push({ operation, key, size, ttlMs });
  }

  async #waitUntil(atSeconds: number, speed: number): Promise<void> {
    this.#firstAtSeconds ??= atSeconds;
    const dueMs = this.#startedAtMs + ((atSeconds - this.#firstAtSeconds) * 1_000) / speed;
    const waitMs = dueMs - this.#config.clock.monotonicMs();
    if (waitMs > 0 && !this.#stopping.signal.aborted) await this.#config.sleep(waitMs, this.#stopping.signal);
  }

  #onConnection(kind: string | undefined): void {
    if (kind === undefined) {
      this.#connectionFailures = 0;
      return;
    }
    this.#lastFailure = kind;
    if (++this.#connectionFailures >= replayLimits.connectionFailuresMax) this.stop();
  }
}
