import { entityTag } from '../../http/entity-tag.ts';
import { emptyBody, type HeaderList } from '../../http/exchange.ts';
import { readArguments } from '../arguments.ts';
import { idempotencyKey, itemParameters, preconditionParameters, readConcern, ttlParameters } from '../parameters.ts';
import type { Route } from '../route.ts';
import { conditionOf } from './condition.ts';
import { itemOf, ttlOf } from './item.ts';
import { itemHeaders, itemReply } from './item-reply.ts';
import { carryOut, replayedHeader } from './marked-write.ts';
import { keyNotFound } from './outcome.ts';
import { readValue, valueBody } from './value-body.ts';

const takeParameters = [...itemParameters, ...preconditionParameters, idempotencyKey, readConcern];
const swapParameters = [...itemParameters, ...ttlParameters, ...preconditionParameters, idempotencyKey, readConcern];

export const takeItem: Route = {
  method: 'POST',
  path: '/cache/{cache}/get-and-delete',
  operationId: 'getAndDeleteItem',
  tag: 'Items',
  summary: 'Read and delete an item in one step',
  description: 'Of several callers at once, exactly one gets the value.',
  access: 'token',
  parameters: takeParameters,
  responses: {
    200: {
      description: 'The value that was there. It is gone now.',
      body: { contentTypes: ['*/*'], schema: 'bytes' },
      headers: [
        'ETag',
        'Cache-Control',
        'Cache-Status',
        'Expires',
        'Godwit-Ttl-Ms',
        'Content-Security-Policy',
        'Idempotent-Replayed',
      ],
    },
  },
  problems: ['key_not_found', 'cache_not_found', 'precondition_failed', 'idempotency_key_reused', 'outcome_unknown'],
  handle: async (call) => {
    const values = readArguments(takeParameters, call.exchange);
    const item = await itemOf(call, values, 'read_write');
    const condition = conditionOf(values);
    const result = await carryOut(call, values, item, emptyBody, (mark) => ({
      kind: 'take',
      cache: item.cache,
      key: item.key,
      hash: item.hash,
      ...(condition === undefined ? {} : { condition }),
      ...mark,
    }));
    if (result.item === null) throw keyNotFound();
    const headers = [
      ...itemHeaders(result.item, item.cache, call.gateway.parts.clock.wallMs()),
      ...replayedHeader(result),
    ];
    return itemReply(result.item, headers, result.nodeMicros);
  },
};

export const swapItem: Route = {
  method: 'POST',
  path: '/cache/{cache}/get-and-set',
  operationId: 'getAndSetItem',
  tag: 'Items',
  summary: 'Store an item and read what was there in one step',
  description:
    'Answers 200 with the value that was replaced, or 204 when there was none. The entity tag is the new item’s.',
  access: 'token',
  parameters: swapParameters,
  body: valueBody,
  responses: {
    200: {
      description: 'Stored; the value that was there before.',
      body: { contentTypes: ['*/*'], schema: 'bytes' },
      headers: ['ETag', 'Cache-Control', 'Content-Security-Policy', 'Idempotent-Replayed'],
    },
    204: { description: 'Stored; there was nothing before.', headers: ['ETag', 'Idempotent-Replayed'] },
  },
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
    const values = readArguments(swapParameters, call.exchange);
    const item = await itemOf(call, values, 'read_write');
    const ttlMs = ttlOf(values, item.cache);
    const condition = conditionOf(values);
    const { value, contentType, bytes } = await readValue(call.exchange, item, undefined);
    const result = await carryOut(call, values, item, bytes, (mark) => ({
      kind: 'swap',
      cache: item.cache,
      key: item.key,
      hash: item.hash,
      value,
      contentType,
      ttlMs,
      ...(condition === undefined ? {} : { condition }),
      ...mark,
    }));
    const headers: HeaderList = ['etag', entityTag(result.item!.version), ...replayedHeader(result)];
    if (!result.existed) return { status: 204, headers, body: null, nodeMicros: result.nodeMicros };
    headers.push('cache-control', 'no-store');
    return itemReply(result.item!, headers, result.nodeMicros);
  },
};
