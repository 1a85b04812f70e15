import { invalidArgument } from '../../../shared/errors.ts';
import { entityTag } from '../../http/entity-tag.ts';
import type { Reply } from '../../http/exchange.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import {
  idempotencyKey,
  itemParameters,
  preconditionParameters,
  readConcern,
  ttlParameters,
  valueConditionParameters,
} from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { conditionOf, isConditional } from './condition.ts';
import { type Item, itemOf, ttlOf } from './item.ts';
import { carryOut, replayedHeader } from './marked-write.ts';
import { readValue, valueBody } from './value-body.ts';

const parameters = [
  ...itemParameters,
  ...ttlParameters,
  ...preconditionParameters,
  ...valueConditionParameters,
  idempotencyKey,
  readConcern,
];

export const putItem: Route = {
  method: 'PUT',
  path: '/cache/{cache}',
  operationId: 'putItem',
  tag: 'Items',
  summary: 'Store an item',
  description:
    'Stores the body under the key, over whatever was there. With `condition`, `If-Match` or `If-None-Match` only when all of them hold, which the storage node decides in one step: 204 says stored, 412 says that nothing was changed. A token that may only write cannot put conditions, and gets no entity tag.',
  access: 'token',
  parameters,
  body: valueBody,
  responses: { 204: { description: 'Stored.', headers: ['ETag', 'Idempotent-Replayed'] } },
  problems: [
    'cache_not_found',
    'precondition_failed',
    'item_too_large',
    'unsupported_media_type',
    'idempotency_key_reused',
    'cache_full',
    'outcome_unknown',
  ],
  handle: async (call) => {
    const values = readArguments(parameters, call.exchange);
    const item = await itemOf(call, values, isConditional(values) ? 'read_write' : 'write');
    return putAt(call, item, values);
  },
};

/** Stores the body of a call in an item that it may write. */
export async function putAt(call: RouteCall, item: Item, values: Arguments): Promise<Reply> {
  const ttlMs = ttlOf(values, item.cache);
  const compareLength = values['Godwit-Compare-Length'] as number | undefined;
  if (compareLength !== undefined && values['condition'] === undefined)
    throw invalidArgument('A value to compare with needs a condition.');
  const { value, compare, contentType, bytes } = await readValue(call.exchange, item, compareLength);
  const condition = conditionOf(values, compare);
  const result = await carryOut(call, values, item, bytes, (mark) => ({
    kind: 'set',
    cache: item.cache,
    key: item.key,
    hash: item.hash,
    value,
    contentType,
    ttlMs,
    ...(condition === undefined ? {} : { condition }),
    ...mark,
  }));
  const headers = replayedHeader(result);
  if (item.mayRead && result.item !== null) headers.push('etag', entityTag(result.item.version));
  return { status: 204, headers, body: null, nodeMicros: result.nodeMicros };
}
