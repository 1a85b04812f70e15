/** The administrative calls of gateways: paths, and the shapes of their JSON bodies and answers. */
import { z } from 'zod';
import { watcherIdSchema } from '../shared/control-link/protocol.ts';
import { type CacheRecord, type CacheSettings, cacheRecordSchema, cacheSettingsSchema } from '../shared/fleet-state.ts';
import { limits } from '../shared/limits.ts';
import { cacheNameSchema } from '../tokens/authorization-details.ts';
import { accessClaimsSchema, accountSchema, refreshClaimsSchema } from '../tokens/claims.ts';
import { tokenLimits } from '../tokens/limits.ts';
import { fleetEventSchema, fleetPlanSchema, fleetStatusSchema } from './fleet-answers.ts';
import { controlPlaneLimits } from './limits.ts';
import { issuedTokenSchema } from './records.ts';

export const callPaths = {
  createCache: '/internal/v1/caches/create',
  deleteCache: '/internal/v1/caches/delete',
  updateCache: '/internal/v1/caches/update',
  flushCache: '/internal/v1/caches/flush',
  listCaches: '/internal/v1/caches/list',
  issueToken: '/internal/v1/tokens/issue',
  refreshToken: '/internal/v1/tokens/refresh',
  revokeToken: '/internal/v1/tokens/revoke',
  listTokens: '/internal/v1/tokens/list',
  rotateKeys: '/internal/v1/keys/rotate',
  fleetStatus: '/internal/v1/fleet/status',
  fleetPlan: '/internal/v1/fleet/plan',
  fleetEvents: '/internal/v1/fleet/events',
  drainNode: '/internal/v1/fleet/drain',
  undrainNode: '/internal/v1/fleet/undrain',
  removeNode: '/internal/v1/fleet/remove',
  rebalance: '/internal/v1/fleet/rebalance',
} as const;

/** `fingerprint`: a digest of the whole request as the gateway received it. */
const claimSchema = z.strictObject({
  key: z
    .string()
    .regex(/^[\x20-\x7e]+$/)
    .max(limits.idempotencyKeyLengthMax),
  fingerprint: z.string().regex(/^[\x21-\x7e]{1,128}$/),
});

const ofAccount = { account: accountSchema };
const mutation = { ...ofAccount, idempotency: claimSchema.optional() };
const ofCache = { ...mutation, name: cacheNameSchema };

/** Members set to undefined count as not named. */
const namedSettingsSchema = z
  .strictObject(cacheSettingsSchema.shape)
  .partial()
  .transform(
    (settings): Partial<CacheSettings> =>
      Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)),
  );

const ofNode = { id: watcherIdSchema };

const page = { limit: z.int().optional(), next_token: z.string().max(1_024).optional() };

export const callBodies = {
  createCache: z.strictObject({ ...ofCache, settings: namedSettingsSchema }),
  deleteCache: z.strictObject(ofCache),
  updateCache: z.strictObject({ ...ofCache, settings: namedSettingsSchema }),
  flushCache: z.strictObject(ofCache),
  listCaches: z.strictObject({ ...ofAccount, ...page }),
  issueToken: z.strictObject({
    ...mutation,
    claims: accessClaimsSchema,
    refresh: refreshClaimsSchema.optional(),
    description: z.string().min(1).max(tokenLimits.subjectLengthMax).optional(),
  }),
  refreshToken: z.strictObject({ ...mutation, refresh_token: z.string().min(1).max(limits.tokenBytesMax) }),
  revokeToken: z.strictObject({
    ...mutation,
    jti: z.string().min(1).max(tokenLimits.identifierLengthMax),
    /** Whether the caller is a super-user, who alone may revoke an admin key. */
    by_super_user: z.boolean(),
  }),
  listTokens: z.strictObject({ ...ofAccount, ...page }),
  rotateKeys: z.strictObject(mutation),
  fleetStatus: z.strictObject({}),
  fleetPlan: z.strictObject({}),
  fleetEvents: z.strictObject({ limit: z.int().min(1).max(controlPlaneLimits.eventsMax).optional() }),
  drainNode: z.strictObject(ofNode),
  undrainNode: z.strictObject(ofNode),
  removeNode: z.strictObject({ ...ofNode, force: z.boolean() }),
  rebalance: z.strictObject({}),
} as const;

export type CallName = keyof typeof callBodies;

const issuedSchema = z.object({
  jti: z.string(),
  token: z.string(),
  refresh_token: z.string().nullable(),
  expires_at: z.number().nullable(),
});
const listedTokenSchema = issuedTokenSchema.omit({ kid: true }).extend({ revoked: z.boolean() });
const recordAnswer = z.object({ record: cacheRecordSchema });

/** What `answer` holds, by call. */
export const callAnswers = {
  createCache: z.object({ created: z.boolean(), record: cacheRecordSchema }),
  deleteCache: z.object({ deleted: z.literal(true) }),
  updateCache: recordAnswer,
  flushCache: recordAnswer,
  listCaches: z.object({ items: z.array(cacheRecordSchema), next_token: z.string().optional() }),
  issueToken: issuedSchema,
  refreshToken: issuedSchema,
  revokeToken: z.object({ revoked: z.literal(true) }),
  listTokens: z.object({ items: z.array(listedTokenSchema), next_token: z.string().optional() }),
  rotateKeys: z.object({ kid: z.string() }),
  fleetStatus: fleetStatusSchema,
  fleetPlan: fleetPlanSchema,
  fleetEvents: z.object({ events: z.array(fleetEventSchema) }),
  drainNode: z.object({}),
  undrainNode: z.object({}),
  removeNode: z.object({}),
  rebalance: z.object({}),
} as const;

export type CallBody<Name extends CallName> = z.input<(typeof callBodies)[Name]>;
export type CallAnswer<Name extends CallName> = z.output<(typeof callAnswers)[Name]>;

/** Every answer: the fleet's revision that shows it, and whether it is that of an earlier call with the same idempotency key. */
export const envelopeSchema = z.object({
  revision: z.int().nonnegative(),
  replayed: z.boolean(),
  answer: z.unknown(),
});

export type { FleetEvent, FleetPlan, FleetStatus } from './fleet-answers.ts';
export type { CacheRecord };
