/**
 * The fleet's state as the control plane publishes it and everybody else only reads it: the view
 * (placement), the registry (caches) and the token authority (public keys, revocations).
 *
 * Each section carries a number of its own that grows with each change; `revision` grows with any.
 */
import { z } from 'zod';
import { limits } from './limits.ts';
import { slotCount } from './slots.ts';

/**
 * `joining`: registered, and slots were not placed yet. `active`: may hold slots. `spare`: registered, empty, waits to be
 * needed. `draining`: keeps what it holds until others have it. `silent`: declared dead because nobody hears it, which
 * is not certain, so that a slot of which it has the only copy waits for it. `dead`: this life has certainly ended, or
 * may never serve again.
 */
export const nodeStates = ['joining', 'active', 'spare', 'draining', 'silent', 'dead'] as const;
/** What an operator has a node for; its state follows, save while it joins, leaves by itself, or is not heard. */
export const nodeStandings = ['active', 'spare', 'draining'] as const;

const nodeSchema = z.object({
  id: z.string().min(1),
  /** Random id of one life of the process: a restarted node is empty (replication rule P1). */
  incarnation: z.string().min(1),
  zone: z.string().min(1),
  /** Base URL of the node's internal listener. */
  url: z.url(),
  /** Share of the slots relative to other nodes: its capacity, corrected a little by its load. */
  weight: z.number().positive(),
  /** What it registered with: its memory in GiB times its weight; the weight when left out. */
  capacity: z.number().positive().optional(),
  state: z.enum(nodeStates),
  /** `active` when left out: the state that the node has once it is heard again, and in its next life. */
  standing: z.enum(nodeStandings).optional(),
  /** Of a spare that was taken into use: the life in whose place, so that no later leader takes another for it. */
  covers: z.string().optional(),
});
export type FleetNode = z.infer<typeof nodeSchema>;

/**
 * Who holds one slot: `[epoch, dataEpoch, copies, learners]`, nodes as indices into `View.nodes`.
 * The first copy is the primary; no copies means that the slot is not served for now.
 * `epoch` grows with every change of the copies or learners, `dataEpoch` whenever the slot restarts empty.
 */
const slotSchema = z.tuple([
  z.int().nonnegative(),
  z.int().nonnegative(),
  z.array(z.int().nonnegative()),
  z.array(z.int().nonnegative()),
]);
export type SlotAssignment = z.infer<typeof slotSchema>;

export const viewSchema = z.object({
  number: z.int().nonnegative(),
  nodes: z.array(nodeSchema),
  slots: z.array(slotSchema).length(slotCount),
});
export type View = z.infer<typeof viewSchema>;

/** Steps that the memory is divided into for shares: no share is too small to set aside, and their sum is exact. */
export const memoryShareSteps = 1_000;

/** The whole number of steps nearest to a share of the memory. */
export function stepsOfShare(share: number): number {
  return Math.round(share * memoryShareSteps);
}

/** Settings of a cache that its owner may change. */
export const cacheSettingsSchema = z.object({
  default_ttl_ms: z.int().min(limits.ttlMsMin).max(limits.ttlMsMax),
  /** `evict`: memory pressure may drop items; `none`: a write that finds no room is refused with 507. */
  eviction: z.enum(['evict', 'none']),
  /** At least the longest counter, 20 digits and sign, so that no increment can go beyond it. */
  value_size_bytes_max: z.int().min(limits.valueSizeBytesMaxMin).max(limits.itemSizeBytesMax),
  /** `Cache-Control` of a GET answer. */
  cache_control: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/),
  // Not `multipleOf`: the remainder of a double by 0.001 is seldom 0, and validators differ in what they make of it.
  memory_share: z
    .number()
    .min(0)
    .max(limits.memoryShareSumMax)
    .refine((share) => stepsOfShare(share) / memoryShareSteps === share, {
      params: { demand: `must be a multiple of ${1 / memoryShareSteps}` },
    })
    .meta({
      description: `Part of the fleet’s memory that other caches cannot push this cache below, in steps of ${1 / memoryShareSteps}; 0: none. At most ${limits.cachesWithShareMax} caches of the fleet have one, together at most ${limits.memoryShareSumMax}.`,
    }),
  topic_messages_max: z.int().min(0).max(limits.topicMessagesMaxMax).meta({
    description: 'Messages that each topic keeps for those who come back or begin in the past; 0: none.',
  }),
  topic_retention_ms: z
    .int()
    .min(0)
    .max(limits.topicRetentionMsMax)
    .meta({ description: 'How long a topic keeps a message, in milliseconds; 0: not at all.' }),
  topic_log_bytes_max: z
    .int()
    .min(0)
    .max(limits.topicLogBytesMaxMax)
    .meta({ description: 'Bytes that the kept messages of each topic may take, with what belongs to them.' }),
  topic_message_bytes_max: z.int().min(1).max(limits.itemSizeBytesMax).meta({ description: 'Bytes of a message.' }),
  min_in_sync: z.int().min(1).max(limits.minInSyncMax).meta({
    description:
      'Copies of a key that must be in sync for a write to be taken; with fewer it is refused with `not_enough_copies`. More than the fleet keeps copies refuses every write.',
  }),
});
export type CacheSettings = z.infer<typeof cacheSettingsSchema>;

export const cacheSettingsDefault: CacheSettings = {
  default_ttl_ms: limits.ttlMsDefault,
  eviction: 'evict',
  value_size_bytes_max: limits.itemSizeBytesMax,
  cache_control: 'no-store',
  memory_share: 0,
  topic_messages_max: limits.topicMessagesMaxDefault,
  topic_retention_ms: limits.topicRetentionMsDefault,
  topic_log_bytes_max: limits.topicLogBytesMaxDefault,
  topic_message_bytes_max: limits.topicMessageBytesMaxDefault,
  min_in_sync: 1,
};

const { shape } = cacheSettingsSchema;
/** Settings as they are kept: those of an earlier version lack what was added since, which then has its default. */
const keptSettingsSchema = cacheSettingsSchema.extend({
  memory_share: shape.memory_share.default(cacheSettingsDefault.memory_share),
  topic_messages_max: shape.topic_messages_max.default(cacheSettingsDefault.topic_messages_max),
  topic_retention_ms: shape.topic_retention_ms.default(cacheSettingsDefault.topic_retention_ms),
  topic_log_bytes_max: shape.topic_log_bytes_max.default(cacheSettingsDefault.topic_log_bytes_max),
  topic_message_bytes_max: shape.topic_message_bytes_max.default(cacheSettingsDefault.topic_message_bytes_max),
  min_in_sync: shape.min_in_sync.default(cacheSettingsDefault.min_in_sync),
});

/** Number of a cache among all that there ever were, of 32 bits. */
const namespaceSchema = z.int().min(1).max(0xffff_ffff);

export const cacheRecordSchema = z
  .object({
    account: z.string().min(1),
    name: z.string().min(1),
    /**
     * Number under which the items of this generation of the cache are stored, never used again. A flush takes a
     * new one, which makes it O(1).
     */
    namespace: namespaceSchema,
    /**
     * Number under which its topics are kept: its first namespace. A flush empties items, not topics, so that this
     * one stays. A record of an earlier version has none, and no topics either.
     */
    topic_space: namespaceSchema.optional(),
    settings: keptSettingsSchema,
    created_at_ms: z.number(),
  })
  .transform((record) => ({ ...record, topic_space: record.topic_space ?? record.namespace }));
export type CacheRecord = z.infer<typeof cacheRecordSchema>;

export const registrySchema = z.object({
  revision: z.int().nonnegative(),
  caches: z.array(cacheRecordSchema),
});
export type Registry = z.infer<typeof registrySchema>;

export const tokenAuthoritySchema = z.object({
  revision: z.int().nonnegative(),
  issuer: z.string(),
  /** Public JSON Web Keys, current first; retired ones stay until their last token has expired. */
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string(), alg: z.string() })),
  /** Revoked tokens by `jti`; an entry may go once the token would have expired (`expires_at` seconds, null = never). */
  revocations: z.array(z.object({ jti: z.string(), expires_at: z.number().nullable() })),
});
export type TokenAuthority = z.infer<typeof tokenAuthoritySchema>;

/** A process with an internal listener, for gathering metrics. */
export const processSchema = z.object({
  id: z.string(),
  role: z.enum(['gateway', 'storage', 'control']),
  url: z.url(),
});
export type FleetProcess = z.infer<typeof processSchema>;

export const fleetStateSchema = z.object({
  revision: z.int().nonnegative(),
  view: viewSchema,
  registry: registrySchema,
  tokens: tokenAuthoritySchema,
  processes: z.object({ revision: z.int().nonnegative(), list: z.array(processSchema) }),
});
export type FleetState = z.infer<typeof fleetStateSchema>;

/** A reader's copy of the fleet's state. */
export interface FleetStateSource {
  /** The newest state known here. */
  current(): FleetState;
  /** Calls `listener` after each change; returns the way to stop. */
  onChange(listener: (state: FleetState) => void): () => void;
  /** Asks the control plane now; resolves with a state not older than the call, or rejects at the deadline. */
  refresh(deadlineMs: number): Promise<FleetState>;
}
