/** The stores under test, each behind the same few calls and each used as its users do. */
import { LRUCache } from 'lru-cache';
import { createSegcache } from '../../src/storage-node/engine/segcache.ts';
import { type BenchCase, keyLength, memoryBytesOf, type SubjectId } from './cases.ts';
import type { EngineMemory } from './memory-breakdown.ts';
import { fillByte, markValue, ttlMsOf } from './workload.ts';

/** A store of one case. Keys are given as bytes in a buffer, since that is how requests bring them. */
export interface Subject {
  /** Tells the time before each batch; what has no TTL, or a clock of its own, need not listen. */
  tick(nowMs: number): void;
  /** Looks up a key and copies its value into `out`; false when there is none. */
  get(keys: Buffer, at: number, out: Buffer): boolean;
  set(keys: Buffer, at: number, number: number): void;
  items(): number;
  /** Where the memory is; null for stores on the JavaScript heap. */
  memory(): EngineMemory | null;
  /** Throws when a structure is broken. */
  check(): void;
}

export function createSubject(id: SubjectId, benchCase: BenchCase): Subject {
  switch (id) {
    case 'segcache':
      return segcacheSubject(benchCase);
    case 'lru_cache':
      return lruCacheSubject(benchCase);
    case 'map':
      return mapSubject(benchCase);
  }
}

const namespace = 1;

function segcacheSubject(benchCase: BenchCase): Subject {
  const { valueLength, mixedTtl } = benchCase;
  const engine = createSegcache({ memoryBytes: memoryBytesOf(benchCase) });
  const value = new Uint8Array(valueLength).fill(fillByte);
  let nowMs = 0;
  return {
    tick: (ms) => {
      nowMs = ms;
    },
    get: (keys, at, out) => {
      if (!engine.find(namespace, keys, at, keyLength, nowMs, true)) return false;
      engine.copyFound(0, engine.found.valueLength, out, 0);
      return true;
    },
    set: (keys, at, number) => {
      markValue(value, number);
      const expiresAtMs = nowMs + ttlMsOf(number, mixedTtl);
      engine.put(namespace, keys, at, keyLength, value, 0, valueLength, 0, number, expiresAtMs, nowMs);
    },
    items: () => engine.statistics().items,
    memory: () => ({ ...engine.statistics(), itemBytes: keyLength + valueLength }),
    check: () => engine.checkIntegrity(),
  };
}

function lruCacheSubject({ items, valueLength, mixedTtl }: BenchCase): Subject {
  const cache = new LRUCache<string, Buffer>({ max: items, ...(mixedTtl ? { ttl: ttlMsOf(0, true) } : {}) });
  const value = Buffer.alloc(valueLength, fillByte);
  return {
    tick: () => {},
    get: (keys, at, out) => {
      const hit = cache.get(keys.toString('latin1', at, at + keyLength));
      if (hit === undefined) return false;
      hit.copy(out, 0);
      return true;
    },
    set: (keys, at, number) => {
      markValue(value, number);
      const key = keys.toString('latin1', at, at + keyLength);
      if (mixedTtl) cache.set(key, Buffer.from(value), { ttl: ttlMsOf(number, true) });
      else cache.set(key, Buffer.from(value));
    },
    items: () => cache.size,
    memory: () => null,
    check: () => {},
  };
}

/** First in, first out: a `Map` by itself knows no better. */
function mapSubject({ items, valueLength }: BenchCase): Subject {
  const map = new Map<string, Buffer>();
  const value = Buffer.alloc(valueLength, fillByte);
  // keys in order of arrival: finding the oldest through `map.keys()` is far slower still
  const arrived: string[] = [];
  let oldest = 0;
  return {
    tick: () => {},
    get: (keys, at, out) => {
      const hit = map.get(keys.toString('latin1', at, at + keyLength));
      if (hit === undefined) return false;
      hit.copy(out, 0);
      return true;
    },
    set: (keys, at, number) => {
      markValue(value, number);
      const key = keys.toString('latin1', at, at + keyLength);
      if (map.size >= items) map.delete(arrived[oldest]!);
      arrived[oldest] = key;
      oldest = (oldest + 1) % items;
      map.set(key, Buffer.from(value));
    },
    items: () => map.size,
    memory: () => null,
    check: () => {},
  };
}
