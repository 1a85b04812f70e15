/**
 * The contract of batches. Request schemas come in two forms that differ in one thing: CBOR carries bytes as
 * byte strings too, which JSON Schema cannot say.
 */
import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import { ttlModes, valueConditionKinds } from '../../../shared/operation.ts';
import type { BodyFormat } from '../../http/body-format.ts';
import { problemSchema } from '../../openapi/problem-schema.ts';
import { ttlMsSchema } from '../parameters.ts';
import { int64Schema } from '../scalars/increment-item.ts';
import type { BytesInput } from './item-bytes.ts';

const jsonBytes = z.union([
  z.string(),
  z.strictObject({ text: z.string() }),
  z.strictObject({ base64: z.string().meta({ description: 'Base64 or base64url, padded or not.' }) }),
]);
const cborBytes = z.union([jsonBytes, z.instanceof(Uint8Array)]);

const namedJsonBytes = jsonBytes.meta({
  id: 'Bytes',
  description:
    'Bytes: text (its UTF-8), as `{"text": …}` or a bare string, or `{"base64": …}`. In CBOR a byte string as well.',
});

const ttlFields = {
  ttl_ms: ttlMsSchema.optional().meta({ description: 'Time to live in milliseconds.' }),
  ttl_seconds: z
    .int()
    .min(1)
    .max(limits.ttlMsMax / 1_000)
    .optional()
    .meta({ description: 'Time to live in seconds. Give at most one of the two.' }),
};

const defaultTtlFields = {
  ttl_ms: ttlFields.ttl_ms.meta({ description: 'For items without a TTL of their own, in milliseconds.' }),
  ttl_seconds: ttlFields.ttl_seconds.meta({ description: 'As `ttl_ms`, in seconds. Give at most one of the two.' }),
};

const contentType = z
  .string()
  .min(1)
  .max(limits.contentTypeBytesMax)
  .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)
  .optional()
  .meta({ description: 'Stored with the value; `application/octet-stream` without.' });

const entityTags = z
  .union([z.string(), z.array(z.string()).min(1).max(limits.etagsPerConditionMax)])
  .meta({ description: 'An entity tag, several in a list, or `*` for any item.' });

const amount = z.union([int64Schema, z.int()]);

/** The fields of an item as the API documents them; what is out of their bounds is that item's error. */
export const itemFields = { ...ttlFields, content_type: contentType, amount, entity_tags: entityTags };

/** The same fields as far as they decide on the shape of the whole request. */
const looseFields: typeof itemFields = {
  ttl_ms: z.number().optional(),
  ttl_seconds: z.number().optional(),
  content_type: z.string().optional(),
  amount: z.union([z.string(), z.number()]),
  entity_tags: z.union([z.string(), z.array(z.string())]),
} as unknown as typeof itemFields;

/** The request schemas whose bytes and item fields have the given schemas. */
function requestSchemas(bytes: z.ZodType<BytesInput>, fields: typeof itemFields) {
  const { amount, entity_tags: entityTags, content_type: contentType, ...ttlFields } = fields;
  const condition = z.strictObject({
    kind: z.enum(valueConditionKinds).optional().meta({ description: 'What must hold of the stored value.' }),
    compare: bytes.optional(),
    if_match: entityTags.optional(),
    if_none_match: entityTags.optional(),
  });
  const conditional = { condition: condition.optional().meta({ description: 'Every part given must hold.' }) };
  const stored = { key: bytes, value: bytes, content_type: contentType, ...ttlFields, ...conditional };
  const set = z.strictObject(stored);
  const operation = z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('get'), key: bytes }),
    z.strictObject({ op: z.literal('exists'), key: bytes }),
    z.strictObject({ op: z.literal('set'), ...stored }),
    z.strictObject({ op: z.literal('delete'), key: bytes, ...conditional }),
    z.strictObject({ op: z.literal('get_and_delete'), key: bytes, ...conditional }),
    z.strictObject({ op: z.literal('get_and_set'), ...stored }),
    z.strictObject({
      op: z.literal('increment'),
      key: bytes,
      amount: amount.optional(),
      min: amount.optional(),
      max: amount.optional(),
      ...ttlFields,
      ttl_mode: z.enum(['always', 'on_create']).optional(),
      ...conditional,
    }),
    z.strictObject({
      op: z.literal('ttl'),
      key: bytes,
      ...ttlFields,
      mode: z.enum(ttlModes).optional(),
      ...conditional,
    }),
  ]);
  return {
    keys: z.strictObject({ keys: z.array(bytes).max(limits.batchItemsMax) }),
    set: z.strictObject({ items: z.array(set).max(limits.batchItemsMax), ...defaultTtlFields }),
    mixed: z.strictObject({ operations: z.array(operation).max(limits.batchItemsMax), ...defaultTtlFields }),
  };
}

/** What the API documents. */
const contract = requestSchemas(namedJsonBytes, itemFields);
/** What a request is judged by before its items are. */
const ofJson = requestSchemas(jsonBytes, looseFields);
const ofCbor = requestSchemas(cborBytes, looseFields);

export type KeysRequest = z.infer<typeof contract.keys>;
export type SetRequest = z.infer<typeof contract.set>;
export type MixedRequest = z.infer<typeof contract.mixed>;
/** One operation of a batch, whichever request brought it. */
export type OperationInput = MixedRequest['operations'][number];
export type ConditionInput = NonNullable<Extract<OperationInput, { op: 'set' }>['condition']>;

export const keysSchemas = {
  contract: contract.keys.meta({ id: 'BatchKeys' }),
  json: ofJson.keys,
  cbor: ofCbor.keys,
} satisfies Record<BodyFormat | 'contract', z.ZodType>;
export const setSchemas = {
  contract: contract.set.meta({ id: 'BatchSet' }),
  json: ofJson.set,
  cbor: ofCbor.set,
} satisfies Record<BodyFormat | 'contract', z.ZodType>;
export const mixedSchemas = {
  contract: contract.mixed.meta({ id: 'BatchOperations' }),
  json: ofJson.mixed,
  cbor: ofCbor.mixed,
} satisfies Record<BodyFormat | 'contract', z.ZodType>;

const etag = z.string().meta({ description: 'The entity tag of what is stored.' });
const etagIfAny = z.string().nullable().meta({ description: 'The entity tag of what is there, null when nothing is.' });
const ttlMs = z.int().meta({ description: 'Remaining TTL in milliseconds.' });

const bytesAnswer = z.union([z.strictObject({ text: z.string() }), z.strictObject({ base64: z.string() })]).meta({
  id: 'BytesAnswer',
  description:
    'Bytes: `text` when they are UTF-8 without control characters other than tab, line feed and carriage return, else `base64` (padded). Either is exact. In CBOR a byte string.',
});

/** The outcome of an item that failed. */
export const errorOutcomeSchema = z
  .strictObject({
    outcome: z.literal('error'),
    error: problemSchema.omit({ type: true, etag: true }).extend({
      status: z.int().meta({ description: 'The status that the operation by itself would be answered with.' }),
    }),
  })
  .meta({ id: 'BatchError', description: 'This item failed; the others are not touched by it.' });

const hit = z
  .strictObject({ outcome: z.literal('hit'), value: bytesAnswer, content_type: z.string(), etag, ttl_ms: ttlMs })
  .meta({ id: 'BatchHit' });
const plain = <Name extends string>(outcome: Name) => z.strictObject({ outcome: z.literal(outcome) });
const miss = plain('miss');
const present = plain('present');
const absent = plain('absent');
const deleted = plain('deleted');
const stored = z.strictObject({
  outcome: z.literal('stored'),
  etag: z.string().nullable().meta({ description: 'Of the item stored; null for a token that may only write.' }),
  previous: z
    .strictObject({ value: bytesAnswer, content_type: z.string() })
    .nullable()
    .optional()
    .meta({ description: 'Of `get_and_set`: what was there before, null when nothing was.' }),
});
const notStored = z.strictObject({ outcome: z.literal('not_stored'), etag: etagIfAny });
const conditionNotMet = z.strictObject({ outcome: z.literal('condition_not_met'), etag: etagIfAny });
const counterFields = { value: z.string().nullable(), etag: etagIfAny, ttl_ms: ttlMs.nullable() };
const incremented = z.strictObject({ outcome: z.literal('incremented'), ...counterFields });
const boundReached = z.strictObject({ outcome: z.literal('bound_reached'), ...counterFields });
const ttlOutcome = (outcome: 'found' | 'changed' | 'unchanged') =>
  z.strictObject({ outcome: z.literal(outcome), etag, ttl_ms: ttlMs });

const answer = (items: z.ZodType, id: string) =>
  z.strictObject({ items: z.array(items).meta({ description: 'In the order of the request.' }) }).meta({ id });

export const getAnswerSchema = answer(
  z.discriminatedUnion('outcome', [hit, miss, errorOutcomeSchema]),
  'BatchGetAnswer',
);
export const existsAnswerSchema = answer(
  z.discriminatedUnion('outcome', [present, absent, errorOutcomeSchema]),
  'BatchExistsAnswer',
);
export const setAnswerSchema = answer(
  z.discriminatedUnion('outcome', [stored.omit({ previous: true }), notStored, errorOutcomeSchema]),
  'BatchSetAnswer',
);
export const deleteAnswerSchema = answer(
  z.discriminatedUnion('outcome', [deleted, errorOutcomeSchema]),
  'BatchDeleteAnswer',
);
export const mixedAnswerSchema = answer(
  z.discriminatedUnion('outcome', [
    hit,
    miss,
    present,
    absent,
    stored,
    notStored,
    deleted,
    conditionNotMet,
    incremented,
    boundReached,
    ttlOutcome('found'),
    ttlOutcome('changed'),
    ttlOutcome('unchanged'),
    errorOutcomeSchema,
  ]),
  'BatchAnswer',
);
