/** An engine by strings and whole values, for tests that are about behaviour and not about byte ranges. */
import type { PutOutcome, StorageEngine } from '../../../src/storage-node/engine/storage-engine.ts';

export const mib = 1024 * 1024;
export const hourMs = 3_600_000;

export interface Driver {
  readonly engine: StorageEngine;
  put(key: string, value: string | Uint8Array, options?: PutOptions): PutOutcome;
  /** The value as latin1 text. */
  get(key: string, options?: Where): string | undefined;
  bytes(key: string, options?: Where): Uint8Array | undefined;
  has(key: string, options?: Where): boolean;
  setExpiry(key: string, expiresAtMs: number, options?: Where): PutOutcome | 'absent';
  remove(key: string, options?: Where): boolean;
  /** Runs `maintain` until it has nothing more to do; returns the calls it took. */
  settle(nowMs: number): number;
}

interface Where {
  namespace?: number;
  nowMs?: number;
}

interface PutOptions extends Where {
  expiresAtMs?: number;
  flags?: number;
  sequence?: number;
}

export function drive(engine: StorageEngine): Driver {
  const bytesOf = (key: string): Uint8Array => Buffer.from(key, 'latin1');
  const find = (key: string, { namespace = 1, nowMs = 0 }: Where = {}): boolean => {
    const bytes = bytesOf(key);
    return engine.find(namespace, bytes, 0, bytes.length, nowMs, true);
  };
  const bytes = (key: string, where?: Where): Uint8Array | undefined => {
    if (!find(key, where)) return undefined;
    const value = new Uint8Array(engine.found.valueLength);
    engine.copyFound(0, value.length, value, 0);
    return value;
  };
  return {
    engine,
    put(key, value, { namespace = 1, nowMs = 0, expiresAtMs = nowMs + hourMs, flags = 0, sequence = 1 } = {}) {
      const k = bytesOf(key);
      const v = typeof value === 'string' ? bytesOf(value) : value;
      return engine.put(namespace, k, 0, k.length, v, 0, v.length, flags, sequence, expiresAtMs, nowMs);
    },
    bytes,
    get(key, where) {
      const value = bytes(key, where);
      return value === undefined ? undefined : Buffer.from(value).toString('latin1');
    },
    has: find,
    setExpiry(key, expiresAtMs, { namespace = 1, nowMs = 0 } = {}) {
      const k = bytesOf(key);
      return engine.setExpiry(namespace, k, 0, k.length, 2, expiresAtMs, nowMs);
    },
    remove(key, { namespace = 1, nowMs = 0 } = {}) {
      const k = bytesOf(key);
      return engine.remove(namespace, k, 0, k.length, nowMs);
    },
    settle(nowMs) {
      for (let calls = 1; ; calls++) {
        if (!engine.maintain(nowMs)) return calls;
        if (calls > 1e6) throw new Error('maintenance does not end');
      }
    },
  };
}

/** Bytes that differ by seed and position, so that a value from the wrong place is seen. */
export function patternBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed | 1;
  for (let i = 0; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}
