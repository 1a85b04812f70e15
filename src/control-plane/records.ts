/**
 * What the control plane keeps in the coordination store: the names of the entries and the shapes of their
 * values (JSON). Times are wall-clock milliseconds, except `expires_at`, which is a JWT's seconds.
 */
import { z } from 'zod';
import { cacheRecordSchema, processSchema, viewSchema } from '../shared/fleet-state.ts';
import { signingKeySchema } from '../tokens/signing-keys.ts';
import { StoreError, storeKey, storePrefix } from './store/coordination-store.ts';

/** The counters of the fleet; every change of state rewrites this entry, which fences two writers. */
export const metaSchema = z.object({
  format: z.literal(1),
  issuer: z.string().min(1),
  revision: z.int().nonnegative(),
  registry_revision: z.int().nonnegative(),
  tokens_revision: z.int().nonnegative(),
  processes_revision: z.int().nonnegative(),
  /** The next namespace number to give away; those below were used and never are again. */
  next_namespace: z.int().min(1),
  /** `node/incarnation` of lives that were replaced, newest last. */
  replaced_incarnations: z.array(z.string()),
  /** Slots that restarted empty because all their copies had ended, since the fleet began: each a loss of data. */
  resets: z.int().nonnegative().default(0),
});
export type Meta = z.infer<typeof metaSchema>;

/** Events of the fleet, oldest first; each in the shape of `fleetEventSchema`, or of a later version's. */
export const storedEventsSchema = z.array(z.unknown());

/** `next` is published and does not sign yet; `current` signs; `retired` is only published. */
export const signingKeyRecordSchema = z.object({
  state: z.enum(['next', 'current', 'retired']),
  key: signingKeySchema,
});
export type SigningKeyRecord = z.infer<typeof signingKeyRecordSchema>;

/** When the last token signed by a key has expired: seconds, rounded up; null = never. */
export const keyUseSchema = z.object({ expires_at: z.number().nullable() });

export const issuedTokenSchema = z.object({
  jti: z.string(),
  account: z.string(),
  subject: z.string(),
  description: z.string().nullable(),
  token_id: z.string().nullable(),
  disposable: z.boolean(),
  /** `jti` of the token that minted this one. */
  parent: z.string().nullable(),
  issued_at: z.number(),
  /** Of the newest renewal. */
  expires_at: z.number().nullable(),
  authorization_details: z.array(z.unknown()),
  kid: z.string(),
});
export type IssuedTokenRecord = z.infer<typeof issuedTokenSchema>;

export const tokenCountSchema = z.object({ count: z.int().nonnegative() });
export const tokenExpirySchema = z.object({ account: z.string(), jti: z.string() });

export const revocationSchema = z.object({
  jti: z.string(),
  account: z.string(),
  expires_at: z.number().nullable(),
  revoked_at_ms: z.number(),
});
export type RevocationRecord = z.infer<typeof revocationSchema>;

export const idempotencyRecordSchema = z.object({
  fingerprint: z.string(),
  created_at_ms: z.number(),
  answer: z.unknown(),
});
export type IdempotencyRecord = z.infer<typeof idempotencyRecordSchema>;

export { cacheRecordSchema, processSchema, viewSchema };

export const prefixes = {
  caches: storePrefix('caches'),
  processes: storePrefix('processes'),
  signingKeys: storePrefix('signing-keys'),
  revocations: storePrefix('revocations'),
  tokenExpiries: storePrefix('token-expiries'),
  idempotency: storePrefix('idempotency'),
  tokensOf: (account: string) => storePrefix('tokens', account),
} as const;

/** Seconds as a text whose order is that of the numbers. */
export function orderedSeconds(seconds: number): string {
  return Math.ceil(seconds).toString().padStart(14, '0');
}

export const entryKeys = {
  meta: storeKey('fleet', 'meta'),
  view: storeKey('fleet', 'view'),
  events: storeKey('fleet', 'events'),
  /** Of whoever leads the control processes, under its lease. */
  leader: storeKey('leader'),
  cache: (account: string, name: string) => storeKey('caches', account, name),
  process: (id: string) => storeKey('processes', id),
  signingKey: (kid: string) => storeKey('signing-keys', kid),
  keyUse: (kid: string) => storeKey('key-uses', kid),
  token: (account: string, jti: string) => storeKey('tokens', account, jti),
  tokenCount: (account: string) => storeKey('token-counts', account),
  tokenExpiry: (seconds: number, account: string, jti: string) =>
    storeKey('token-expiries', orderedSeconds(seconds), account, jti),
  revocation: (jti: string) => storeKey('revocations', jti),
  idempotency: (account: string, key: string) => storeKey('idempotency', account, key),
} as const;

/** A stored value in its shape; a value of another shape means a damaged or foreign store (`StoreError`). */
export function parseRecord<T>(schema: z.ZodType<T>, what: string, value: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw damaged(what);
  }
  const result = schema.safeParse(parsed);
  if (!result.success) throw damaged(what);
  return result.data;
}

function damaged(what: string): StoreError {
  return new StoreError(
    'corrupt',
    `the coordination store holds a ${what} that is damaged or was not written by Godwit`,
  );
}
