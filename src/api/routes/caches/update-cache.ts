import { z } from 'zod';
import { type CacheSettings, cacheSettingsDefault, cacheSettingsSchema } from '../../../shared/fleet-state.ts';
import { jsonReply } from '../../http/exchange.ts';
import { jsonContentType, readJson } from '../../http/read-json.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { checkFields } from '../fields.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { administeredCache, cacheSchema, describeCache, settingsBody } from './cache.ts';

const parameters = [cacheInPath, idempotencyKey];
const contentTypes = [jsonContentType, 'application/merge-patch+json'];

const { shape } = cacheSettingsSchema;
const patchSchema = z
  .strictObject({
    default_ttl_ms: shape.default_ttl_ms.nullable(),
    eviction: shape.eviction.nullable(),
    value_size_bytes_max: shape.value_size_bytes_max.nullable(),
    cache_control: shape.cache_control.nullable(),
    memory_share: shape.memory_share.nullable(),
    topic_messages_max: shape.topic_messages_max.nullable(),
    topic_retention_ms: shape.topic_retention_ms.nullable(),
    topic_log_bytes_max: shape.topic_log_bytes_max.nullable(),
    topic_message_bytes_max: shape.topic_message_bytes_max.nullable(),
    min_in_sync: shape.min_in_sync.nullable(),
  })
  .partial()
  .meta({ id: 'CacheSettingsPatch' });

export const updateCache: Route = {
  method: 'PATCH',
  path: '/caches/{cache}',
  operationId: 'updateCache',
  tag: 'Caches',
  summary: 'Change a cache’s settings',
  description:
    'Changes the settings that the request names (JSON Merge Patch, RFC 7396): null gives a setting its default again, and those left out stay. Items stored before keep their TTL.',
  access: 'token',
  parameters,
  body: { ...settingsBody, contentTypes, schema: patchSchema, required: true, description: 'The settings to change.' },
  responses: {
    200: {
      description: 'The cache with the settings that hold now, at every gateway.',
      body: { contentTypes: ['application/json'], schema: cacheSchema },
      headers: ['Cache-Control', 'Idempotent-Replayed'],
    },
  },
  problems: [
    'cache_not_found',
    'malformed_body',
    'body_too_large',
    'unsupported_media_type',
    'limit_reached',
    ...controlChangeProblems,
  ],
  handle: async (call) => {
    const name = administeredCache(call, 'write');
    const values = readArguments(parameters, call.exchange);
    const { value, bytes } = await readJson(call.exchange, contentTypes);
    const settings = withDefaults(checkFields(patchSchema, value));
    const { account } = call.session;
    const idempotency = await idempotencyOf(call, account, values, bytes);
    const updated = await fromControl(
      call.gateway.parts.control.updateCache({ account, name, settings, ...idempotency }),
    );
    return jsonReply(200, describeCache(updated.answer.record), replayedHeader(updated));
  },
};

/** A patch without nulls: each stands for its setting's default. */
function withDefaults(patch: z.infer<typeof patchSchema>): Partial<CacheSettings> {
  return Object.fromEntries(
    Object.entries(patch)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, value ?? cacheSettingsDefault[name as keyof CacheSettings]]),
  );
}
