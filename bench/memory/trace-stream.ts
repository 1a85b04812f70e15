import { Trace } from '../../src/cli/replay/traces/trace.ts';
import type { TraceRequest } from '../../src/cli/replay/traces/trace-format.ts';
import { murmur3 } from '../../src/shared/hash.ts';
import { limits } from '../../src/shared/limits.ts';
import type { CacheOperation, RequestStream, StreamCounts } from './cache-operation.ts';

/** A trace as it is replayed, and what of it is not. */
export interface LoadedTrace {
  readonly requests: readonly TraceRequest[];
  /** Requests for items above the item limit, and for those of unknown size. */
  readonly tooLarge: number;
  readonly withoutSize: number;
  /** Time that the trace covers, in seconds. */
  readonly seconds: number;
}

/** Reads a whole trace, without the requests that no item of Godwit can answer. */
export async function loadTrace(path: string): Promise<LoadedTrace> {
  const trace = await Trace.open(path);
  const requests: TraceRequest[] = [];
  let tooLarge = 0;
  let withoutSize = 0;
  let first = Number.NaN;
  let last = 0;
  for await (const chunk of trace.requests())
    for (const request of chunk) {
      if (Number.isNaN(first)) first = request.atSeconds;
      last = request.atSeconds;
      if (request.size === undefined) withoutSize++;
      else if (request.size + request.key.length > limits.itemSizeBytesMax) tooLarge++;
      else for (let i = 0; i < request.count; i++) requests.push(request);
    }
  return { requests, tooLarge, withoutSize, seconds: last - first };
}

/** A recorded trace, in its order. An object whose size changes has the size of the request. */
export class TraceStream implements RequestStream {
  readonly prefill = [];
  readonly counts: StreamCounts = { gets: 0, sets: 0, deletes: 0, objects: 0, oneHitObjects: 0, objectBytes: 0 };
  readonly #requests: readonly TraceRequest[];
  readonly #timeFactor: number;
  readonly #met = new Map<string, number>();
  #next = 0;

  /** @param timeFactor seconds of the trace that are one second of the run */
  constructor(requests: readonly TraceRequest[], timeFactor: number) {
    this.#requests = requests;
    this.#timeFactor = timeFactor;
  }

  next(): CacheOperation | null {
    const request = this.#requests[this.#next++];
    if (request === undefined) return null;
    const { operation: kind, key, size, ttlMs } = request;
    this.#count(kind, key, size!);
    const bytes = Buffer.from(key, 'latin1');
    const ttlSeconds = ttlMs === undefined ? 0 : Math.max(1, Math.round(ttlMs / 1_000 / this.#timeFactor));
    return { kind, key, size: size!, ttlSeconds, mark: murmur3(bytes, 0, bytes.length, 0) };
  }

  #count(kind: CacheOperation['kind'], key: string, size: number): void {
    const { counts } = this;
    counts[`${kind}s`]++;
    const met = this.#met.get(key) ?? 0;
    this.#met.set(key, met + 1);
    if (met === 0) {
      counts.objects++;
      counts.oneHitObjects++;
      counts.objectBytes += key.length + size;
    } else if (met === 1) counts.oneHitObjects--;
  }
}
