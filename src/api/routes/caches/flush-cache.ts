import { emptyBody } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { administeredCache } from './cache.ts';

const parameters = [cacheInPath, idempotencyKey];

export const flushCache: Route = {
  method: 'POST',
  path: '/caches/{cache}/flush',
  operationId: 'flushCache',
  tag: 'Caches',
  summary: 'Empty a cache',
  description:
    'Removes all items of the cache and keeps its settings. Takes the same time however many items there are.',
  access: 'token',
  parameters,
  responses: { 204: { description: 'The cache is empty, at every gateway.', headers: ['Idempotent-Replayed'] } },
  problems: ['cache_not_found', 'limit_reached', ...controlChangeProblems],
  handle: async (call) => {
    const name = administeredCache(call, 'write');
    const { account } = call.session;
    const idempotency = await idempotencyOf(call, account, readArguments(parameters, call.exchange), emptyBody);
    const flushed = await fromControl(call.gateway.parts.control.flushCache({ account, name, ...idempotency }));
    return { status: 204, headers: replayedHeader(flushed), body: null };
  },
};
