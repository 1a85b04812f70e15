import { z } from 'zod';
import { limits } from '../../shared/limits.ts';
import { ttlModes, valueConditionKinds } from '../../shared/operation.ts';
import type { Parameter } from './route.ts';

/** Cache names: URL-unreserved characters (RFC 3986 §2.3) and ':'; not `.` or `..`, which paths swallow. */
export const cacheNameSchema = z
  .string()
  .min(1)
  .max(limits.cacheNameLengthMax)
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._~:-]+$/)
  .meta({ id: 'CacheName', description: 'Letters, digits and `. _ ~ : -`, at most 128.' });

export const ttlMsSchema = z.int().min(limits.ttlMsMin).max(limits.ttlMsMax);

const query = (
  name: string,
  kind: Parameter['kind'],
  schema: z.ZodType,
  description: string,
  example?: string | number | boolean,
): Parameter => ({
  name,
  in: 'query',
  kind,
  schema,
  required: false,
  description,
  ...(example === undefined ? {} : { example }),
});

const header = (name: string, schema: z.ZodType, description: string): Parameter => ({
  name,
  in: 'header',
  kind: 'string',
  schema,
  required: false,
  description,
});

export const cacheInPath: Parameter = {
  name: 'cache',
  in: 'path',
  kind: 'string',
  schema: cacheNameSchema,
  required: true,
  description: 'Name of the cache.',
  example: 'default',
};

export const key = query('key', 'string', z.string().min(1), 'The key as text; its UTF-8 bytes are the key.', 'hello');
export const keyBase64 = query(
  'key_base64',
  'string',
  z.string().min(1),
  'The key as base64 or base64url, padded or not. Give either this or `key`.',
);
export const ttlSeconds = query(
  'ttl_seconds',
  'integer',
  z
    .int()
    .min(1)
    .max(limits.ttlMsMax / 1_000),
  'Time to live in seconds. Give at most one of `ttl_seconds` and `ttl_ms`; without either the cache’s default holds.',
  60,
);
export const ttlMs = query('ttl_ms', 'integer', ttlMsSchema, 'Time to live in milliseconds.');

export const condition = query(
  'condition',
  'string',
  z.enum(valueConditionKinds),
  'What must hold of the stored value for the write to happen. The four that compare take the value to compare from `compare`, `compare_base64` or `Godwit-Compare-Length`.',
);
export const compare = query('compare', 'string', z.string(), 'Value to compare with, as text.');
export const compareBase64 = query(
  'compare_base64',
  'string',
  z.string(),
  'Value to compare with, as base64 or base64url.',
);
export const compareLength: Parameter = {
  ...header(
    'Godwit-Compare-Length',
    z.int().min(0).max(limits.itemSizeBytesMax),
    'Bytes at the start of the body that are the value to compare with; the rest is the value to store.',
  ),
  kind: 'integer',
};

export const ifMatch = header(
  'If-Match',
  z.string().min(1),
  'Only when the item has one of these entity tags, or exists (`*`). RFC 9110 §13.1.1.',
);
export const ifNoneMatch = header(
  'If-None-Match',
  z.string().min(1),
  'Only when the item has none of these entity tags, or does not exist (`*`). RFC 9110 §13.1.2.',
);
export const idempotencyKey = header(
  'Idempotency-Key',
  z.string().regex(/^("[\x20-\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e][\x21-\x7e]{0,254})$/),
  'Makes a repetition of this request within ten minutes give the first answer instead of doing it again.',
);
export const readConcern = header(
  'Read-Concern',
  z.enum(['consistent', 'balanced']),
  'For what the request reads only. `consistent` (default): from the primary copy, which knows every write that was answered. `balanced`: from a copy in the gateway’s zone where there is one, which may lag, and may show a write whose outcome its writer is then told to be unknown.',
);

/** Whether a request's reads may be served by any copy in sync. */
export function isBalanced(values: Readonly<Record<string, unknown>>): boolean {
  return values[readConcern.name] === 'balanced';
}

export const ttlMode = query(
  'mode',
  'string',
  z.enum(ttlModes),
  '`set` (default): in any case; `raise`: only to a longer TTL; `lower`: only to a shorter one.',
);

/** The parameters that name an item. */
export const itemParameters: readonly Parameter[] = [cacheInPath, key, keyBase64];
export const ttlParameters: readonly Parameter[] = [ttlSeconds, ttlMs];
export const preconditionParameters: readonly Parameter[] = [ifMatch, ifNoneMatch];
export const valueConditionParameters: readonly Parameter[] = [condition, compare, compareBase64, compareLength];
export { query as queryParameter };
