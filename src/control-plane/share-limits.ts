import { GodwitError } from '../shared/errors.ts';
import { type CacheRecord, memoryShareSteps, stepsOfShare } from '../shared/fleet-state.ts';
import { limits } from '../shared/limits.ts';

/**
 * Throws `limit_reached` when a cache cannot have `share` of the memory beside those of `others`: as many caches
 * of the fleet have one as may, or all would come to more than `memoryShareSumMax`. A share may always shrink.
 */
export function requireShare(others: readonly CacheRecord[], current: number, share: number): void {
  if (share <= current) return;
  const shares = others.map((cache) => cache.settings.memory_share).filter((other) => other > 0);
  if (shares.length >= limits.cachesWithShareMax) {
    throw new GodwitError('limit_reached', 'As many caches of the fleet have a share of its memory as may.', {
      extra: { limit: limits.cachesWithShareMax, actual: shares.length },
    });
  }
  const steps = shares.reduce((sum, other) => sum + stepsOfShare(other), stepsOfShare(share));
  if (steps > stepsOfShare(limits.memoryShareSumMax)) {
    throw new GodwitError('limit_reached', 'The shares of the memory of all caches would come to more than they may.', {
      extra: { limit: limits.memoryShareSumMax, actual: steps / memoryShareSteps },
    });
  }
}
