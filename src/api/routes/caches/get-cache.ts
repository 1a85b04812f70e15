import { GodwitError } from '../../../shared/errors.ts';
import { jsonReply } from '../../http/exchange.ts';
import { cacheInPath } from '../parameters.ts';
import type { Route } from '../route.ts';
import { administeredCache, cacheWithStatisticsSchema, describeWithStatistics } from './cache.ts';
import { gatherStatistics } from './cache-statistics.ts';

export const getCache: Route = {
  method: 'GET',
  path: '/caches/{cache}',
  operationId: 'getCache',
  tag: 'Caches',
  summary: 'Describe a cache',
  description: 'Settings, limits and statistics of a cache.',
  access: 'token',
  parameters: [cacheInPath],
  responses: {
    200: {
      description: 'The cache.',
      body: { contentTypes: ['application/json'], schema: cacheWithStatisticsSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: ['cache_not_found'],
  handle: async (call) => {
    const name = administeredCache(call, 'read');
    const { account } = call.session;
    const { registry } = call.gateway.parts.source.current();
    const record = registry.caches.find((cache) => cache.name === name && cache.account === account);
    if (record === undefined) throw new GodwitError('cache_not_found', 'The account has no cache of this name.');
    return jsonReply(200, describeWithStatistics(record, await gatherStatistics(call.gateway, account)));
  },
};
