import type { CacheHandle, OperationResult } from '../../../shared/operation.ts';
import { includesVersion, parseEntityTags } from '../../http/entity-tag.ts';
import type { Reply } from '../../http/exchange.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import { ifMatch, ifNoneMatch, isBalanced, itemParameters, readConcern } from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { type Item, itemOf } from './item.ts';
import { itemHeaders, itemReply } from './item-reply.ts';
import { keyNotFound, preconditionFailed } from './outcome.ts';

const parameters = [...itemParameters, ifMatch, ifNoneMatch, readConcern];
const itemResponseHeaders = ['ETag', 'Cache-Control', 'Cache-Status', 'Expires', 'Godwit-Ttl-Ms'];

export const getItem: Route = {
  method: 'GET',
  path: '/cache/{cache}',
  operationId: 'getItem',
  tag: 'Items',
  summary: 'Read an item',
  description: 'Answers the value’s bytes as they were put, under the content type that was put.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'The value.',
      body: { contentTypes: ['*/*'], schema: 'bytes' },
      headers: [...itemResponseHeaders, 'Content-Security-Policy'],
    },
    304: { description: 'The item still has one of the entity tags in `If-None-Match`.', headers: itemResponseHeaders },
  },
  problems: ['key_not_found', 'cache_not_found', 'precondition_failed', 'deadline_exceeded'],
  handle: (call) => readItem(call, 'get'),
};

export const headItem: Route = {
  ...getItem,
  method: 'HEAD',
  operationId: 'headItem',
  summary: 'Read an item’s headers',
  description: 'As GET, without the value; counts as no use of the item.',
  responses: {
    200: { ...getItem.responses[200]!, description: 'The headers that GET would answer.' },
    304: getItem.responses[304]!,
  },
  handle: (call) => readItem(call, 'describe'),
};

async function readItem(call: RouteCall, kind: 'get' | 'describe'): Promise<Reply> {
  const values = readArguments(parameters, call.exchange);
  return readAt(call, kind, await itemOf(call, values, 'read'), values);
}

/** Reads an item that is known to be allowed; the values are those of the read’s headers. */
export async function readAt(call: RouteCall, kind: 'get' | 'describe', item: Item, values: Arguments): Promise<Reply> {
  const result = await call.gateway.fleet.execute({ kind, ...item, balanced: isBalanced(values) }, call.trace);
  return answer(call, item, result, values);
}

/** RFC 9110 §13.2.2: If-Match before If-None-Match; a missing item fails the one and passes the other. */
function answer(call: RouteCall, item: Item, result: OperationResult, values: Arguments): Reply {
  const ifMatchHeader = values['If-Match'] as string | undefined;
  const ifNoneMatchHeader = values['If-None-Match'] as string | undefined;
  if (ifMatchHeader === undefined && ifNoneMatchHeader === undefined)
    return unconditionalAnswer(item.cache, result, call.gateway.parts.clock.wallMs());
  const required = ifMatchHeader === undefined ? undefined : parseEntityTags(ifMatchHeader, 'strong');
  const known = ifNoneMatchHeader === undefined ? undefined : parseEntityTags(ifNoneMatchHeader, 'weak');
  const found = result.item;
  if (required !== undefined && (found === null || !includesVersion(required, found.version)))
    throw preconditionFailed(found);
  if (found !== null && known !== undefined && includesVersion(known, found.version)) {
    const headers = itemHeaders(found, item.cache, call.gateway.parts.clock.wallMs());
    return { status: 304, headers, body: null, nodeMicros: result.nodeMicros };
  }
  return unconditionalAnswer(item.cache, result, call.gateway.parts.clock.wallMs());
}

/** 200 with the item, or the refusal `key_not_found`. `wallMs` is the time now, in ms. */
export function unconditionalAnswer(cache: CacheHandle, result: OperationResult, wallMs: number): Reply {
  if (result.item === null) throw keyNotFound();
  return itemReply(result.item, itemHeaders(result.item, cache, wallMs), result.nodeMicros);
}
