/**
 * The rights of a token: `authorization_details` of RFC 9396, as a schema.
 *
 * A list is a union: an operation is allowed when any entry allows it; the empty list allows nothing. An entry
 * with an unknown type, field, action or selector makes the whole list invalid, because a reader that skipped
 * what it does not know could miss a narrowing.
 */
import { z } from 'zod';
import { limits } from '../shared/limits.ts';
import { decodePaddedBase64url } from './base64url.ts';
import { tokenLimits } from './limits.ts';
import { type Selector, selectAll, selectorId, toBinaryString } from './selectors.ts';

const encoder = new TextEncoder();

/** URL-unreserved characters and `:`, so `*` is never the name of a cache. */
export const cacheNameSchema = z
  .string()
  .min(1)
  .max(limits.cacheNameLengthMax)
  .regex(/^[A-Za-z0-9._~:-]+$/, 'a cache name has letters, digits and . _ ~ : - only');

/** Text that has one UTF-8 form: a lone surrogate would be encoded as U+FFFD and select another key. */
const wellFormedText = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed(), 'the text has a lone surrogate')
  .refine(
    (text) => encoder.encode(text).length <= limits.keySizeBytesMax,
    `the text is longer than ${limits.keySizeBytesMax} bytes`,
  );

const base64Text = z
  .string()
  .min(1)
  .max(Math.ceil(limits.keySizeBytesMax / 3) * 4)
  .refine((text) => {
    const length = decodePaddedBase64url(text)?.length ?? 0;
    return length > 0 && length <= limits.keySizeBytesMax;
  }, `not base64url of 1 to ${limits.keySizeBytesMax} bytes`);

const cacheSelectorSchema = z.union([z.literal('*'), cacheNameSchema]);

const itemSelectorSchema = z.union([
  z.literal('*'),
  z.strictObject({ key: wellFormedText }),
  z.strictObject({ key_base64: base64Text }),
  z.strictObject({ key_prefix: wellFormedText }),
  z.strictObject({ key_prefix_base64: base64Text }),
]);

const topicSelectorSchema = z.union([
  z.literal('*'),
  z.strictObject({ name: wellFormedText }),
  z.strictObject({ prefix: wellFormedText }),
]);

const cachesSelectorSchema = z.union([z.literal('*'), cacheNameSchema, z.strictObject({ prefix: cacheNameSchema })]);

/** One or more different actions. */
function actions<const Action extends string>(values: readonly [Action, ...Action[]]) {
  return z
    .array(z.enum(values))
    .min(1)
    .max(values.length)
    .refine((list) => new Set(list).size === list.length, 'an action is named twice');
}

const cacheDetailSchema = z.strictObject({
  type: z.literal('cache'),
  cache: cacheSelectorSchema,
  /** Left out: every key. Text stands for its UTF-8 bytes. */
  item: itemSelectorSchema.optional(),
  actions: actions(['read', 'write']),
});

const topicDetailSchema = z.strictObject({
  type: z.literal('topic'),
  cache: cacheSelectorSchema,
  /** Left out: every topic. */
  topic: topicSelectorSchema.optional(),
  actions: actions(['publish', 'subscribe']),
});

const administrationDetailSchema = z.strictObject({
  type: z.literal('administration'),
  /** Left out: every cache, and the account's list of caches as a whole. */
  caches: cachesSelectorSchema.optional(),
  /** `read`: list and statistics; `write`: create, delete, flush, change settings. */
  actions: actions(['read', 'write']),
});

const tokenIssuanceDetailSchema = z.strictObject({
  type: z.literal('token_issuance'),
  actions: actions(['issue', 'revoke', 'list']),
});

const operationsDetailSchema = z.strictObject({
  type: z.literal('operations'),
  /** Metrics. */
  actions: actions(['read']),
});

/** Everything, in every account. Only the admin key has it; it is never issued (`issue.ts`). */
const superUserDetailSchema = z.strictObject({ type: z.literal('super_user') });

export const authorizationDetailSchema = z.discriminatedUnion('type', [
  cacheDetailSchema,
  topicDetailSchema,
  administrationDetailSchema,
  tokenIssuanceDetailSchema,
  operationsDetailSchema,
  superUserDetailSchema,
]);
export type AuthorizationDetail = z.infer<typeof authorizationDetailSchema>;

export const authorizationDetailsSchema = z.array(authorizationDetailSchema).max(tokenLimits.detailsMax);
export type AuthorizationDetails = z.infer<typeof authorizationDetailsSchema>;

/** Momento's roles, as a short form of cache and topic entries in an issue request. */
export const roleSchema = z.union([
  z.strictObject({
    role: z.enum(['readwrite', 'readonly', 'writeonly']),
    cache: cacheSelectorSchema,
    item: itemSelectorSchema.optional(),
  }),
  z.strictObject({
    role: z.enum(['publishsubscribe', 'publishonly', 'subscribeonly']),
    cache: cacheSelectorSchema,
    topic: topicSelectorSchema.optional(),
  }),
]);
export type Role = z.infer<typeof roleSchema>;

const roleActions = {
  readwrite: ['read', 'write'],
  readonly: ['read'],
  writeonly: ['write'],
  publishsubscribe: ['publish', 'subscribe'],
  publishonly: ['publish'],
  subscribeonly: ['subscribe'],
} as const;

/** The entry that a role stands for; an entry stays as it is. */
export function expandRole(entry: AuthorizationDetail | Role): AuthorizationDetail {
  if (!('role' in entry)) return entry;
  switch (entry.role) {
    case 'readwrite':
    case 'readonly':
    case 'writeonly':
      return {
        type: 'cache',
        cache: entry.cache,
        ...(entry.item === undefined ? {} : { item: entry.item }),
        actions: [...roleActions[entry.role]],
      };
    case 'publishsubscribe':
    case 'publishonly':
    case 'subscribeonly':
      return {
        type: 'topic',
        cache: entry.cache,
        ...(entry.topic === undefined ? {} : { topic: entry.topic }),
        actions: [...roleActions[entry.role]],
      };
  }
}

/** The caches that an entry's `cache` or `caches` selects. */
export function cachesOf(selector: z.infer<typeof cachesSelectorSchema> | undefined): Selector {
  if (selector === undefined || selector === '*') return selectAll;
  return typeof selector === 'string' ? { kind: 'exact', text: selector } : { kind: 'prefix', text: selector.prefix };
}

/** The keys that an entry's `item` selects, as binary strings. */
export function keysOf(selector: z.infer<typeof itemSelectorSchema> | undefined): Selector {
  if (selector === undefined || selector === '*') return selectAll;
  if ('key' in selector) return { kind: 'exact', text: toBinaryString(encoder.encode(selector.key)) };
  if ('key_base64' in selector) return { kind: 'exact', text: fromBase64(selector.key_base64) };
  if ('key_prefix' in selector) return { kind: 'prefix', text: toBinaryString(encoder.encode(selector.key_prefix)) };
  return { kind: 'prefix', text: fromBase64(selector.key_prefix_base64) };
}

/** The topics that an entry's `topic` selects. */
export function topicsOf(selector: z.infer<typeof topicSelectorSchema> | undefined): Selector {
  if (selector === undefined || selector === '*') return selectAll;
  return 'name' in selector ? { kind: 'exact', text: selector.name } : { kind: 'prefix', text: selector.prefix };
}

/** Only for text that passed the schema; anything else is a bug, and selects nothing. */
function fromBase64(text: string): string {
  const bytes = decodePaddedBase64url(text);
  if (bytes === undefined || bytes.length === 0) throw new TypeError('a selector was compiled before it was checked');
  return toBinaryString(bytes);
}

/** Type and selectors of an entry as a text; equal for two entries that differ in actions or spelling only. */
export function selectorIdOf(detail: AuthorizationDetail): string {
  switch (detail.type) {
    case 'cache':
      return `cache ${selectorId(cachesOf(detail.cache))} ${selectorId(keysOf(detail.item))}`;
    case 'topic':
      return `topic ${selectorId(cachesOf(detail.cache))} ${selectorId(topicsOf(detail.topic))}`;
    case 'administration':
      return `administration ${selectorId(cachesOf(detail.caches))}`;
    case 'token_issuance':
    case 'operations':
    case 'super_user':
      return detail.type;
  }
}
