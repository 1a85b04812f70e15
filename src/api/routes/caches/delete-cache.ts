import { emptyBody } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { controlChangeProblems, fromControl, idempotencyOf, replayedHeader } from '../control-call.ts';
import { cacheInPath, idempotencyKey } from '../parameters.ts';
import type { Route } from '../route.ts';
import { administeredCache } from './cache.ts';

const parameters = [cacheInPath, idempotencyKey];

export const deleteCache: Route = {
  method: 'DELETE',
  path: '/caches/{cache}',
  operationId: 'deleteCache',
  tag: 'Caches',
  summary: 'Delete a cache',
  description:
    'Deletes the cache with all its items, at once. A cache created later under the name shows nothing of this one.',
  access: 'token',
  parameters,
  responses: { 204: { description: 'The cache is gone, at every gateway.', headers: ['Idempotent-Replayed'] } },
  problems: ['cache_not_found', ...controlChangeProblems],
  handle: async (call) => {
    const name = administeredCache(call, 'write');
    const { account } = call.session;
    const idempotency = await idempotencyOf(call, account, readArguments(parameters, call.exchange), emptyBody);
    const deleted = await fromControl(call.gateway.parts.control.deleteCache({ account, name, ...idempotency }));
    return { status: 204, headers: replayedHeader(deleted), body: null };
  },
};
