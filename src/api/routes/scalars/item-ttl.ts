import { z } from 'zod';
import { invalidArgument } from '../../../shared/errors.ts';
import type { ItemRecord, TtlMode } from '../../../shared/operation.ts';
import { entityTag } from '../../http/entity-tag.ts';
import { emptyBody, jsonReply, type Reply } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import {
  idempotencyKey,
  isBalanced,
  itemParameters,
  preconditionParameters,
  readConcern,
  ttlMode,
  ttlParameters,
} from '../parameters.ts';
import type { Route, RouteCall } from '../route.ts';
import { conditionOf } from './condition.ts';
import { explicitTtlOf, itemOf } from './item.ts';
import { carryOut, replayedHeader } from './marked-write.ts';
import { keyNotFound } from './outcome.ts';

const readParameters = [...itemParameters, readConcern];
const writeParameters = [
  ...itemParameters,
  ...ttlParameters,
  ttlMode,
  ...preconditionParameters,
  idempotencyKey,
  readConcern,
];

const remainingSchema = z
  .strictObject({ ttl_ms: z.int().meta({ description: 'Remaining TTL in milliseconds.' }) })
  .meta({ id: 'Ttl' });
const changedSchema = z
  .strictObject({
    changed: z.boolean().meta({ description: 'False when `raise` or `lower` found the TTL beyond already.' }),
    ttl_ms: z.int().meta({ description: 'Remaining TTL in milliseconds.' }),
  })
  .meta({ id: 'TtlChange' });
const typeSchema = z.strictObject({ type: z.enum(['scalar']) }).meta({ id: 'ItemType' });

export const getItemTtl: Route = {
  method: 'GET',
  path: '/cache/{cache}/ttl',
  operationId: 'getItemTtl',
  tag: 'Items',
  summary: 'Read an item’s remaining TTL',
  description: 'In milliseconds. Counts as no use of the item.',
  access: 'token',
  parameters: readParameters,
  responses: {
    200: {
      description: 'The TTL.',
      body: { contentTypes: ['application/json'], schema: remainingSchema },
      headers: ['ETag', 'Cache-Control'],
    },
  },
  problems: ['key_not_found', 'cache_not_found', 'deadline_exceeded'],
  handle: (call) => describe(call, (item) => ({ ttl_ms: item.ttlMs })),
};

export const putItemTtl: Route = {
  method: 'PUT',
  path: '/cache/{cache}/ttl',
  operationId: 'putItemTtl',
  tag: 'Items',
  summary: 'Change an item’s TTL',
  description:
    'Sets, only raises or only lowers the remaining TTL; the value stays. A change gives the item a new entity tag.',
  access: 'token',
  parameters: writeParameters,
  responses: {
    200: {
      description: 'The TTL now, and whether it was changed.',
      body: { contentTypes: ['application/json'], schema: changedSchema },
      headers: ['ETag', 'Cache-Control', 'Idempotent-Replayed'],
    },
  },
  problems: [
    'key_not_found',
    'cache_not_found',
    'precondition_failed',
    'idempotency_key_reused',
    'cache_full',
    'outcome_unknown',
  ],
  handle: async (call) => {
    const values = readArguments(writeParameters, call.exchange);
    const item = await itemOf(call, values, 'read_write');
    const ttlMs = explicitTtlOf(values);
    if (ttlMs === undefined) throw invalidArgument('Give one of the parameters ttl_seconds and ttl_ms.');
    const condition = conditionOf(values);
    const result = await carryOut(call, values, item, emptyBody, (mark) => ({
      kind: 'ttl',
      cache: item.cache,
      key: item.key,
      hash: item.hash,
      mode: (values['mode'] as TtlMode | undefined) ?? 'set',
      ttlMs,
      ...(condition === undefined ? {} : { condition }),
      ...mark,
    }));
    if (result.item === null) throw keyNotFound();
    const headers = ['etag', entityTag(result.item.version), ...replayedHeader(result)];
    return jsonReply(200, { changed: result.status === 'done', ttl_ms: result.item.ttlMs }, headers, result.nodeMicros);
  },
};

export const getItemType: Route = {
  method: 'GET',
  path: '/cache/{cache}/type',
  operationId: 'getItemType',
  tag: 'Items',
  summary: 'Read an item’s type',
  description: 'Counts as no use of the item.',
  access: 'token',
  parameters: readParameters,
  responses: {
    200: {
      description: 'The type.',
      body: { contentTypes: ['application/json'], schema: typeSchema },
      headers: ['ETag', 'Cache-Control'],
    },
  },
  problems: ['key_not_found', 'cache_not_found', 'deadline_exceeded'],
  handle: (call) => describe(call, () => ({ type: 'scalar' })),
};

/** What is told of an item without its value, and without counting as a use. */
async function describe(call: RouteCall, tell: (item: ItemRecord) => object): Promise<Reply> {
  const values = readArguments(readParameters, call.exchange);
  const item = await itemOf(call, values, 'read');
  const read = { kind: 'describe', ...item, balanced: isBalanced(values) } as const;
  const result = await call.gateway.fleet.execute(read, call.trace);
  if (result.item === null) throw keyNotFound();
  return jsonReply(200, tell(result.item), ['etag', entityTag(result.item.version)], result.nodeMicros);
}
