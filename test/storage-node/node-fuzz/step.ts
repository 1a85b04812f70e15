/**
 * The steps of the node's fuzz test, as plain data: operations by key numbers and described values, frames of
 * them, time, flushes. A list of steps can be replayed, cut down and pasted into a unit test.
 */
import type { TtlMode, ValueConditionKind } from '../../../src/shared/operation.ts';

export type Step =
  | { kind: 'frame'; operations: NodeOperation[] }
  | { kind: 'advance'; ms: number }
  | { kind: 'maintain' }
  /** The cache gets another namespace, and its items are gone at once. */
  | { kind: 'flush'; cache: number };

/** Text as it is, or so many bytes of a pattern. */
export type Value = string | { bytes: number; seed: number };

export interface StepCondition {
  value?: { kind: ValueConditionKind; compare: Value };
  ifMatch?: '*' | { dataEpoch: number; sequence: number }[];
  ifNoneMatch?: '*' | { dataEpoch: number; sequence: number }[];
}

interface At {
  cache: number;
  key: number;
}

interface Mutation extends At {
  condition?: StepCondition;
  /** Number of an idempotency mark, and which of its two fingerprints. */
  mark?: { id: number; fingerprint: number };
}

export type NodeOperation =
  | ({ kind: 'get' } & At)
  | ({ kind: 'describe' } & At)
  | ({ kind: 'delete' | 'take' } & Mutation)
  | ({ kind: 'set' | 'swap'; value: Value; contentType: string; ttlMs: number } & Mutation)
  | ({ kind: 'ttl'; mode: TtlMode; ttlMs: number } & Mutation)
  | ({
      kind: 'increment';
      amount: bigint;
      min?: bigint;
      max?: bigint;
      ttlMs: number;
      ttlOnCreateOnly: boolean;
    } & Mutation);

/** The node that the steps run on. */
export interface NodeWorld {
  memoryBytes: number;
  hashSeed: number;
  eviction: 's3-fifo' | 'merge' | 'fifo' | 'random';
  /** Whether memory suffices for everything. If not, no operation has an idempotency mark. */
  ample: boolean;
}
