import { z } from 'zod';
import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import type { CacheRecord } from '../../../shared/fleet-state.ts';
import type { Session } from '../../../tokens/session.ts';
import { jsonReply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { nextTokenSchema, pageParameters, pageSizeDefault } from '../page.ts';
import { cacheNameSchema } from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { cacheWithStatisticsSchema, describeWithStatistics } from './cache.ts';
import { gatherStatistics } from './cache-statistics.ts';

const pageSchema = z
  .strictObject({ caches: z.array(cacheWithStatisticsSchema), next_token: nextTokenSchema })
  .meta({ id: 'CachePage' });

export const listCaches: Route = {
  method: 'GET',
  path: '/caches',
  operationId: 'listCaches',
  tag: 'Caches',
  summary: 'List caches',
  description:
    'The account’s caches by name, with settings, limits and statistics: those that the token may administer (`read`). Answered from what the gateway knows, so it works while the control plane is away.',
  access: 'token',
  parameters: pageParameters,
  responses: {
    200: {
      description: 'A page of caches.',
      body: { contentTypes: ['application/json'], schema: pageSchema },
      headers: ['Cache-Control'],
    },
  },
  problems: [],
  handle: async (call) => {
    requireAdministration(call.session);
    const { limit = pageSizeDefault, next_token: after } = readArguments(pageParameters, call.exchange);
    // The token of a page is the name it ended with: stable however the list changes meanwhile.
    if (after !== undefined && !cacheNameSchema.safeParse(after).success)
      throw invalidArgument('The parameter next_token is not one that a list gave.');
    const records = visibleCaches(call, after as string | undefined);
    const page = records.slice(0, limit as number);
    const statistics = page.length === 0 ? new Map() : await gatherStatistics(call.gateway, call.session.account);
    const caches = page.map((record) => describeWithStatistics(record, statistics));
    return jsonReply(200, records.length > page.length ? { caches, next_token: page.at(-1)!.name } : { caches });
  },
};

function visibleCaches({ gateway, session }: RouteCall, after: string | undefined): CacheRecord[] {
  return gateway.parts.source
    .current()
    .registry.caches.filter(
      ({ account, name }) =>
        account === session.account &&
        (after === undefined || name > after) &&
        session.permissions.mayAdminister(name, 'read'),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A token that could never see any cache is told so, rather than given an empty list. */
function requireAdministration({ permissions, claims }: Session): void {
  const reads = claims.authorization_details.some(
    (detail) => detail.type === 'administration' && detail.actions.includes('read'),
  );
  if (!permissions.isSuperUser && !reads)
    throw new GodwitError('permission_denied', 'The token does not grant administration (read) of any cache.');
}
