/**
 * Pools: what segments and jumbos are divided into for eviction. Each *owner* has two: small, where its new
 * items go, and main, for items that were used again. Owner 0 is common to all namespaces without a share of
 * the memory; each namespace with a share is an owner of its own. One more pool, pinned, holds the items that
 * may not be evicted.
 */
import { engineLimits } from '../options.ts';

export type Pool = number;
export type Owner = number;

export const commonOwner: Owner = 0;
export const ownerCount = 1 + engineLimits.sharesMax;

export const pinnedPool: Pool = 0;
export const poolCount = 1 + 2 * ownerCount;

export function smallPoolOf(owner: Owner): Pool {
  return 1 + 2 * owner;
}

export function mainPoolOf(owner: Owner): Pool {
  return 2 + 2 * owner;
}

/** The owner of a small or main pool. */
export function ownerOf(pool: Pool): Owner {
  return (pool - 1) >> 1;
}

export function isMainPool(pool: Pool): boolean {
  return pool !== pinnedPool && (pool & 1) === 0;
}
