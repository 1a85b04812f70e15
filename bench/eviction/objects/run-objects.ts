import type { Workload } from '../workloads/workload.ts';
import type { ObjectCache, ObjectCacheOptions } from './object-cache.ts';
import { S3FifoCache } from './s3-fifo.ts';
import { FifoCache, LruCache, SieveCache } from './single-queue.ts';

export const objectPolicies = {
  lru: (options: ObjectCacheOptions): ObjectCache => new LruCache(options),
  fifo: (options: ObjectCacheOptions): ObjectCache => new FifoCache(options),
  sieve: (options: ObjectCacheOptions): ObjectCache => new SieveCache(options),
  's3-fifo': (options: ObjectCacheOptions): ObjectCache => new S3FifoCache(options),
} as const;
export type ObjectPolicy = keyof typeof objectPolicies;

export interface ObjectRunOptions {
  readonly capacityBytes: number;
  /** What the cache needs for each object beside key and value, in bytes. */
  readonly overheadBytes: number;
  /** `instant`: an expired object leaves at once, the best there can be. `lazy`: when it is asked for or evicted. */
  readonly expiry: 'instant' | 'lazy';
}

export interface RunCounts {
  readonly requests: number;
  readonly hits: number;
  readonly misses: number;
}

/** Runs a workload through an object-level policy. */
export function runObjects(workload: Workload, policy: ObjectPolicy, options: ObjectRunOptions): RunCounts {
  const charges = Float64Array.from(workload.objectBytes, (bytes) => bytes + options.overheadBytes);
  const cache = objectPolicies[policy]({ capacityBytes: options.capacityBytes, charges });
  const { objects, ttlMs } = workload;
  const requests = objects.length;
  let hits = 0;
  if (ttlMs === undefined) {
    for (let i = 0; i < requests; i++) if (cache.request(objects[i]!)) hits++;
    return { requests, hits, misses: requests - hits };
  }
  const expiry = new Expiry(ttlMs.length, cache, options.expiry === 'instant');
  for (let i = 0; i < requests; i++) {
    const object = objects[i]!;
    const nowMs = workload.atMs[i]!;
    expiry.before(object, nowMs);
    if (cache.request(object)) hits++;
    else expiry.begin(object, nowMs + ttlMs[object]!);
  }
  return { requests, hits, misses: requests - hits };
}

const calendarStepMs = 1_000;

/** When objects expire: exact for the one asked for, by the second for the others. */
class Expiry {
  readonly #cache: ObjectCache;
  readonly #expiresAtMs: Float64Array;
  /** Objects by the step in which they expire; undefined without proactive expiry. */
  readonly #calendar: Map<number, number[]> | undefined;
  #stepsDone = 0;

  constructor(objects: number, cache: ObjectCache, instant: boolean) {
    this.#cache = cache;
    this.#expiresAtMs = new Float64Array(objects);
    this.#calendar = instant ? new Map() : undefined;
  }

  /** Takes out what has expired by now. */
  before(object: number, nowMs: number): void {
    if (this.#calendar !== undefined) {
      for (const end = Math.floor(nowMs / calendarStepMs); this.#stepsDone < end; this.#stepsDone++) {
        for (const due of this.#calendar.get(this.#stepsDone) ?? []) this.#expire(due, nowMs);
        this.#calendar.delete(this.#stepsDone);
      }
    }
    this.#expire(object, nowMs);
  }

  #expire(object: number, nowMs: number): void {
    if (this.#cache.has(object) && this.#expiresAtMs[object]! <= nowMs) this.#cache.remove(object);
  }

  begin(object: number, expiresAtMs: number): void {
    this.#expiresAtMs[object] = expiresAtMs;
    if (this.#calendar === undefined) return;
    const step = Math.floor(expiresAtMs / calendarStepMs);
    const due = this.#calendar.get(step);
    if (due === undefined) this.#calendar.set(step, [object]);
    else due.push(object);
  }
}
