import { jsonReply } from '../../http/exchange.ts';
import { readJson } from '../../http/read-json.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { checkFields } from '../fields.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { administeredCache, cacheSchema, describeCache, namedSettingsSchema, settingsBody } from './cache.ts';

const parameters = [cacheInPath, idempotencyKey];
const body = { contentTypes: ['application/json'], schema: cacheSchema };
const headers = ['Cache-Control', 'Idempotent-Replayed'];

export const createCache: Route = {
  method: 'PUT',
  path: '/caches/{cache}',
  operationId: 'createCache',
  tag: 'Caches',
  summary: 'Create a cache',
  description:
    'Creates the cache with the settings given. One that exists already is answered as it is (200) when it has all the settings that the request names, so creating twice is the same as once; else 409, and nothing is changed.',
  access: 'token',
  parameters,
  body: settingsBody,
  responses: {
    200: { description: 'The cache existed, with these settings.', body, headers },
    201: { description: 'The cache was created, and every gateway serves it.', body, headers },
  },
  problems: [
    'cache_settings_differ',
    'malformed_body',
    'body_too_large',
    'unsupported_media_type',
    'limit_reached',
    ...controlChangeProblems,
  ],
  handle: async (call) => {
    const name = administeredCache(call, 'write');
    const values = readArguments(parameters, call.exchange);
    const { value, bytes } = await readJson(call.exchange);
    const settings = checkFields(namedSettingsSchema, value ?? {});
    const { account } = call.session;
    const idempotency = await idempotencyOf(call, account, values, bytes);
    const created = await fromControl(
      call.gateway.parts.control.createCache({ account, name, settings, ...idempotency }),
    );
    return jsonReply(created.answer.created ? 201 : 200, describeCache(created.answer.record), replayedHeader(created));
  },
};
