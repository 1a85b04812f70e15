import { readFileSync } from 'node:fs';
import type { CacheOperation, Outcome } from './cache-operation.ts';

/** A cache that takes part, running on loopback with a given limit of memory. */
export interface Subject {
  readonly id: SubjectId;
  readonly title: string;
  /** The process that holds the items. */
  readonly pid: number;
  /** Executes operations in their order, all of them on their way at once; one call at a time. */
  execute(operations: readonly CacheOperation[]): Promise<Outcome[]>;
  /** What the cache says of itself. */
  statistics(): Promise<SubjectStatistics>;
}

export const subjectIds = ['godwit', 'memcached', 'redis_lru', 'redis_lfu'] as const;
export type SubjectId = (typeof subjectIds)[number];

export interface SubjectStatistics {
  readonly items: number;
  /** Bytes in use by the cache's own account, the part that its limit speaks of. */
  readonly used_bytes: number;
  /** Counters of its own, by its own names. */
  readonly own: Readonly<Record<string, number>>;
}

/** Resident memory of a process, in bytes; undefined where there is no `/proc`. */
export function residentBytes(pid: number): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}
