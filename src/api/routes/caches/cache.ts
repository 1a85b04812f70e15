import { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import { type CacheRecord, cacheSettingsSchema } from '../../../shared/fleet-state.ts';
import { limits } from '../../../shared/limits.ts';
import { cacheNameSchema } from '../parameters.ts';
import type { RequestBodyShape, RouteCall } from '../route.ts';
import { cacheName } from '../scalars/item.ts';
import { type CacheStatistics, cacheStatisticsSchema } from './cache-statistics.ts';

const settingsSchema = z.strictObject(cacheSettingsSchema.shape).meta({ id: 'CacheSettings' });

const limitsSchema = z
  .strictObject({
    item_size_bytes_max: z.int().meta({ description: 'Key and value together.' }),
    key_size_bytes_max: z.int(),
    ttl_ms_max: z.int(),
    batch_items_max: z.int(),
  })
  .meta({ id: 'CacheLimits', description: 'What holds in every cache of this server.' });

const cacheFields = {
  name: cacheNameSchema,
  created_at_ms: z.number().meta({ description: 'Milliseconds since the Unix epoch.' }),
  settings: settingsSchema,
  limits: limitsSchema,
};

/** A cache as the calls that change it answer it. */
export const cacheSchema = z.strictObject(cacheFields).meta({ id: 'Cache' });

/** A cache as the calls that read it answer it. */
export const cacheWithStatisticsSchema = z
  .strictObject({
    ...cacheFields,
    statistics: cacheStatisticsSchema
      .nullable()
      .meta({ description: 'Null when the storage nodes cannot tell just now.' }),
  })
  .meta({ id: 'CacheWithStatistics' });

/** Settings by name; those left out are not asked for. */
export const namedSettingsSchema = z
  .strictObject(cacheSettingsSchema.shape)
  .partial()
  .meta({ id: 'NamedCacheSettings' });

export const settingsBody: RequestBodyShape = {
  contentTypes: ['application/json'],
  schema: namedSettingsSchema,
  required: false,
  limitBytes: limits.jsonBodyBytesMax,
  description: 'Settings of the cache; those left out have their defaults.',
};

export function describeCache({ name, created_at_ms, settings }: CacheRecord): z.infer<typeof cacheSchema> {
  const { itemSizeBytesMax, keySizeBytesMax, ttlMsMax, batchItemsMax } = limits;
  return {
    name,
    created_at_ms,
    settings,
    limits: {
      item_size_bytes_max: itemSizeBytesMax,
      key_size_bytes_max: keySizeBytesMax,
      ttl_ms_max: ttlMsMax,
      batch_items_max: batchItemsMax,
    },
  };
}

export function describeWithStatistics(
  record: CacheRecord,
  statistics: ReadonlyMap<string, CacheStatistics>,
): z.infer<typeof cacheWithStatisticsSchema> {
  return { ...describeCache(record), statistics: statistics.get(record.name) ?? null };
}

/**
 * The name of the call's cache, which its token may administer. Raises `invalid_argument`, and
 * `permission_denied` whether or not there is such a cache.
 */
export function administeredCache(call: RouteCall, action: 'read' | 'write'): string {
  const name = cacheName(call);
  if (call.session.permissions.mayAdminister(name, action)) return name;
  throw new GodwitError('permission_denied', `The token does not grant administration (${action}) of this cache.`);
}
