import { z } from 'zod';
import type { Gateway } from '../../gateway.ts';

const count = (description: string) => z.number().nonnegative().meta({ description });

export const cacheStatisticsSchema = z
  .strictObject({
    items: count('Items stored.'),
    bytes: count('Bytes of the items, headers and padding included.'),
    hits: count('Reads that found an item.'),
    misses: count('Reads that found none.'),
    evictions: count('Items dropped for want of memory.'),
    expirations: count('Items whose TTL ran out.'),
  })
  .meta({
    id: 'CacheStatistics',
    description: 'Sums over the storage nodes. Counts begin anew with a flush, and for a node with its start.',
  });
export type CacheStatistics = z.infer<typeof cacheStatisticsSchema>;

/** Which family of a storage node's metrics tells which number. */
const families: Readonly<Record<string, keyof CacheStatistics>> = {
  godwit_cache_items: 'items',
  godwit_cache_bytes: 'bytes',
  godwit_cache_hits_total: 'hits',
  godwit_cache_misses_total: 'misses',
  godwit_cache_evictions_total: 'evictions',
  godwit_cache_expirations_total: 'expirations',
};
const samplePattern = /^(\w+)\{(.*)\} (\S+)$/;
const labelPattern = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Statistics of an account's caches by name, as far as the storage nodes tell them now. */
export async function gatherStatistics(
  gateway: Gateway,
  account: string,
): Promise<ReadonlyMap<string, CacheStatistics>> {
  let text: string;
  try {
    text = await gateway.parts.fleetMetrics();
  } catch (error) {
    gateway.parts.log.warn({ err: error }, 'the fleet’s metrics could not be gathered');
    return new Map();
  }
  return statisticsIn(text, account);
}

/**
 * The statistics in the fleet's metrics. None while a storage node does not answer: a sum that leaves a node
 * out would look like lost items.
 */
export function statisticsIn(metricsText: string, account: string): ReadonlyMap<string, CacheStatistics> {
  const byCache = new Map<string, CacheStatistics>();
  for (const line of metricsText.split('\n')) {
    if (!line.startsWith('godwit_cache_') && !line.startsWith('godwit_process_up')) continue;
    const sample = samplePattern.exec(line);
    if (sample === null) continue;
    const labels = new Map([...sample[2]!.matchAll(labelPattern)].map(([, name, value]) => [name!, value!]));
    const value = Number(sample[3]);
    if (sample[1] === 'godwit_process_up') {
      if (labels.get('role') === 'storage' && value !== 1) return new Map();
      continue;
    }
    const field = families[sample[1]!];
    const cache = labels.get('cache');
    if (field === undefined || cache === undefined || labels.get('account') !== account || !Number.isFinite(value))
      continue;
    let statistics = byCache.get(cache);
    if (statistics === undefined) {
      statistics = { items: 0, bytes: 0, hits: 0, misses: 0, evictions: 0, expirations: 0 };
      byCache.set(cache, statistics);
    }
    statistics[field] += value;
  }
  return byCache;
}
