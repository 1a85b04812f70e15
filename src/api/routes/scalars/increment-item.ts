import { z } from 'zod';
import { invalidArgument } from '../../../shared/errors.ts';
import type { ItemRecord } from '../../../shared/operation.ts';
import { entityTag } from '../../http/entity-tag.ts';
import { emptyBody, jsonReply } from '../../http/exchange.ts';
import { type Arguments, readArguments } from '../arguments.ts';
import {
  idempotencyKey,
  itemParameters,
  preconditionParameters,
  queryParameter,
  readConcern,
  ttlParameters,
} from '../parameters.ts';
import type { Route } from '../route.ts';
import { conditionOf } from './condition.ts';
import { itemOf, ttlOf } from './item.ts';
import { carryOut, replayedHeader } from './marked-write.ts';

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

/** A signed 64-bit integer as decimal text: JSON numbers are exact only up to 2^53. */
export const int64Schema = z
  .string()
  .regex(/^[+-]?\d{1,19}$/, { abort: true })
  .refine((text) => BigInt(text) >= int64Min && BigInt(text) <= int64Max)
  .meta({ id: 'Int64', description: 'A signed 64-bit integer as decimal text.', examples: ['1'] });

const ttlModeSchema = z.enum(['always', 'on_create']);

const parameters = [
  ...itemParameters,
  queryParameter('amount', 'string', int64Schema, 'What to add; may be negative or 0. Default 1.', '1'),
  queryParameter('min', 'string', int64Schema, 'The counter stays as it is when the sum would be below.'),
  queryParameter('max', 'string', int64Schema, 'The counter stays as it is when the sum would be above.'),
  ...ttlParameters,
  queryParameter(
    'ttl_mode',
    'string',
    ttlModeSchema,
    '`always` (default): each increment sets the TTL; `on_create`: only the one that creates the counter.',
  ),
  ...preconditionParameters,
  idempotencyKey,
  readConcern,
];

export const counterSchema = z
  .strictObject({
    applied: z.boolean().meta({ description: 'False when a bound was reached: the counter is as it was.' }),
    value: z.string().nullable().meta({ description: 'The counter now, as decimal text; null when there is none.' }),
    etag: z.string().nullable(),
    ttl_ms: z.int().nullable().meta({ description: 'Remaining TTL in milliseconds.' }),
  })
  .meta({ id: 'Counter' });

export const incrementItem: Route = {
  method: 'POST',
  path: '/cache/{cache}/increment',
  operationId: 'incrementItem',
  tag: 'Items',
  summary: 'Add to a counter',
  description:
    'Adds to a decimal signed 64-bit integer, exactly, and answers the sum. A missing item is created at the amount. With `min` or `max` the counter stays as it was when the sum would leave them, and `applied` says so.',
  access: 'token',
  parameters,
  responses: {
    200: {
      description: 'The counter.',
      body: { contentTypes: ['application/json'], schema: counterSchema },
      headers: ['ETag', 'Cache-Control', 'Idempotent-Replayed'],
    },
  },
  problems: [
    'cache_not_found',
    'not_an_integer',
    'integer_overflow',
    'precondition_failed',
    'idempotency_key_reused',
    'cache_full',
    'outcome_unknown',
  ],
  handle: async (call) => {
    const values = readArguments(parameters, call.exchange);
    const item = await itemOf(call, values, 'read_write');
    const ttlMs = ttlOf(values, item.cache);
    const bounds = boundsOf(values);
    const condition = conditionOf(values);
    const result = await carryOut(call, values, item, emptyBody, (mark) => ({
      kind: 'increment',
      cache: item.cache,
      key: item.key,
      hash: item.hash,
      ...bounds,
      ttlMs,
      ttlOnCreateOnly: values['ttl_mode'] === 'on_create',
      ...(condition === undefined ? {} : { condition }),
      ...mark,
    }));
    const headers = replayedHeader(result);
    if (result.item !== null) headers.push('etag', entityTag(result.item.version));
    return jsonReply(200, counter(result.status === 'done', result.item), headers, result.nodeMicros);
  },
};

/** A counter as JSON tells it. */
export function counter(applied: boolean, item: ItemRecord | null): z.infer<typeof counterSchema> {
  if (item === null) return { applied, value: null, etag: null, ttl_ms: null };
  return { applied, value: new TextDecoder().decode(item.value), etag: entityTag(item.version), ttl_ms: item.ttlMs };
}

function boundsOf(values: Arguments): { amount: bigint; min?: bigint; max?: bigint } {
  const integer = (name: string): bigint | undefined =>
    values[name] === undefined ? undefined : BigInt(values[name] as string);
  const min = integer('min');
  const max = integer('max');
  if (min !== undefined && max !== undefined && min > max) throw invalidArgument('The parameter min is above max.');
  return {
    amount: integer('amount') ?? 1n,
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}
