import { bestOf, type CurvePoint, type MemoryRatio, memoryRatio } from './equal-misses.ts';
import { targets } from './limits.ts';
import type { RunResult } from './run.ts';
import type { SubjectId } from './subject.ts';
import type { Workload } from './workloads.ts';

/** Godwit beside the others on one workload. */
export interface Comparison {
  readonly workload: string;
  /** Memory for equal misses, to memcached and to the better of Redis's policies. */
  readonly memory_to_memcached: MemoryRatio;
  readonly memory_to_redis: MemoryRatio;
  /** Whether both are as hoped; null where nothing is hoped, or nothing was measured. */
  readonly memory_as_expected: boolean | null;
  /** Godwit's misses to those of the better of the two, at each size. */
  readonly miss_ratio_to_better: readonly { readonly memory_mib: number; readonly ratio: number }[];
  readonly misses_as_expected: boolean | null;
}

/** Compares one workload's valid runs; a system that did not run is left out. */
export function compare(workload: Workload, runs: readonly RunResult[]): Comparison {
  const godwit = curveOf(runs, 'godwit');
  const memcached = curveOf(runs, 'memcached');
  const redis = bestOf([curveOf(runs, 'redis_lru'), curveOf(runs, 'redis_lfu')]);
  const toMemcached = memoryRatio(godwit, memcached);
  const toRedis = memoryRatio(godwit, redis);
  const better = new Map(bestOf([memcached, redis]).map(({ memoryMib, missRatio }) => [memoryMib, missRatio]));
  const relative = godwit.flatMap(({ memoryMib, missRatio }) => {
    const other = better.get(memoryMib);
    return other === undefined || other === 0 ? [] : [{ memory_mib: memoryMib, ratio: missRatio / other }];
  });
  return {
    workload: workload.id,
    memory_to_memcached: toMemcached,
    memory_to_redis: toRedis,
    memory_as_expected: workload.smallMixedTtl ? bothWithin(toMemcached, toRedis) : null,
    miss_ratio_to_better: relative,
    misses_as_expected: relative.length === 0 ? null : relative.every(({ ratio }) => ratio <= targets.missRatioMax),
  };
}

function curveOf(runs: readonly RunResult[], id: SubjectId): CurvePoint[] {
  return runs
    .filter(({ valid }) => valid)
    .flatMap(({ memory_mib, systems }) =>
      systems
        .filter(({ subject }) => subject === id)
        .map(({ miss_ratio }) => ({ memoryMib: memory_mib, missRatio: miss_ratio })),
    );
}

function bothWithin(...ratios: readonly MemoryRatio[]): boolean | null {
  const judged = ratios.map(isWithin);
  return judged.includes(null) ? null : judged.every((within) => within === true);
}

function isWithin(ratio: MemoryRatio): boolean | null {
  if (ratio.kind === 'measured') return ratio.ratio <= targets.memoryRatioMax;
  if (ratio.kind === 'at_most' && ratio.ratio <= targets.memoryRatioMax) return true;
  if (ratio.kind === 'at_least' && ratio.ratio > targets.memoryRatioMax) return false;
  return null;
}
