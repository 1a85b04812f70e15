/**
 * The operations of the engine's fuzz test, as plain data: a stream of them can be replayed, cut down and
 * pasted into a unit test. Keys and values are numbers (`key-space.ts`), times are relative to the clock of the
 * stream, so that dropping one operation leaves the meaning of the others as it was.
 */
export type EngineOperation =
  | PutOperation
  | GetOperation
  | ExpiryOperation
  | { kind: 'remove'; namespace: number; key: number }
  | { kind: 'declare'; namespace: number; evictable: boolean; share: number }
  | { kind: 'drop'; namespace: number }
  | { kind: 'maintain' }
  | { kind: 'advance'; ms: number };

/** The value is the `length` bytes of the pattern from `from` on. */
export interface PutOperation {
  kind: 'put';
  namespace: number;
  key: number;
  length: number;
  from: number;
  flags: number;
  sequence: number;
  /** May be 0 or less: then the put removes. */
  ttlMs: number;
}

/** Reads all, and the part of the value after its first `skip` bytes once more. */
export interface GetOperation {
  kind: 'get';
  namespace: number;
  key: number;
  touch: boolean;
  skip: number;
}

export interface ExpiryOperation {
  kind: 'setExpiry';
  namespace: number;
  key: number;
  sequence: number;
  ttlMs: number;
}

/** The engine that a stream runs on, and what may be expected of it. */
export interface EngineWorld {
  memoryBytes: number;
  hashSeed: number;
  segmentSizeBytes?: number;
  eviction: (typeof evictionPolicies)[number];
  /** Whether memory suffices for everything, so that nothing may be evicted or refused. */
  ample: boolean;
  /** Whether hashes are cut to a few bits, so that chains are long and every lookup meets other keys. */
  narrowHash?: boolean;
  /** Whether to watch over shares: where segments are small, and all TTLs one, live bytes tell enough of memory. */
  watchShares?: boolean;
}

export const evictionPolicies = ['s3-fifo', 'merge', 'fifo', 'random'] as const;
