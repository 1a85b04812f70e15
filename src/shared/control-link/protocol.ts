/**
 * What gateways and storage nodes say to the control plane: polls of the fleet's state, registrations, heartbeats, and
 * proposals to change a slot's copies.
 * HTTP/1.1 with JSON; every call but the health check carries the fleet's secret as a bearer token.
 */
import { z } from 'zod';
import { type FleetState, processSchema, registrySchema, tokenAuthoritySchema, type View } from '../fleet-state.ts';
import { slotCount } from '../slots.ts';
import { controlLinkLimits } from './limits.ts';
import { type ViewChanges, viewChangesOf, viewOf } from './view-check.ts';

export const controlPaths = {
  health: '/internal/v1/health',
  metrics: '/internal/v1/metrics',
  state: '/internal/v1/state',
  nodes: '/internal/v1/nodes',
  processes: '/internal/v1/processes',
  heartbeats: '/internal/v1/heartbeats',
  proposals: '/internal/v1/proposals',
  gone: '/internal/v1/gone',
} as const;

/** Who polls: an id of one life of a process, and what it is. */
export const watcherIdSchema = z.string().regex(/^[A-Za-z0-9._~:-]{1,128}$/);
export const watcherRoleSchema = z.enum(['gateway', 'storage']);
export type WatcherRole = z.infer<typeof watcherRoleSchema>;

const countSchema = z.coerce.number().pipe(z.int().nonnegative());

/**
 * Query of a state poll: the section numbers that the caller holds, and the revision that it has applied,
 * which acknowledges everything up to there.
 */
export const stateQuerySchema = z.object({
  watcher: watcherIdSchema,
  role: watcherRoleSchema,
  view: countSchema,
  registry: countSchema,
  tokens: countSchema,
  processes: countSchema,
  revision: countSchema,
  wait_ms: countSchema,
  /** Who gave the caller its view, empty when nobody did; a caller that does not say so takes whole views only. */
  view_source: z.string().max(64).optional(),
});
export type StateQuery = z.infer<typeof stateQuerySchema>;

/** A node's registration; the answer comes when the view names this incarnation. */
export const nodeRegistrationSchema = z.object({
  id: watcherIdSchema,
  incarnation: watcherIdSchema,
  zone: watcherIdSchema,
  url: z.url({ protocol: /^https?$/ }).max(512),
  weight: z.number().positive().max(1_000_000),
  /** Its memory for items; slots are dealt out in proportion to it and to the weight. */
  memory_bytes: z.int().positive().optional(),
  /** It is to be kept empty until it is needed; counts for an id that the view does not know. */
  spare: z.boolean().optional(),
  /**
   * The incarnation in whose place this one comes; null: none that it knows of. Any other life of the id in the view
   * refuses the registration, and is named: so one that was overtaken by the node's next life replaces nobody. Nodes
   * of an earlier version leave it out.
   */
  replaces: watcherIdSchema.nullable().optional(),
});
export type NodeRegistration = z.infer<typeof nodeRegistrationSchema>;

/** A process with an internal listener; `id` is that of its watcher, whose silence removes it. */
export const processRegistrationSchema = z.object({
  id: watcherIdSchema,
  role: watcherRoleSchema,
  url: z.url({ protocol: /^https?$/ }).max(512),
});
export type ProcessRegistration = z.infer<typeof processRegistrationSchema>;

const slotNumberSchema = z
  .int()
  .min(0)
  .max(slotCount - 1);
const amountSchema = z.number().nonnegative();
/** `id/incarnation` of a node's life. */
const lifeSchema = z.string().regex(/^[A-Za-z0-9._~:-]{1,128}\/[A-Za-z0-9._~:-]{1,128}$/);

/** What a storage node says of itself, every `heartbeatMs`. */
export const heartbeatSchema = z.object({
  id: watcherIdSchema,
  incarnation: watcherIdSchema,
  /** Number of the newest view that it has applied. */
  view: z.int().nonnegative(),
  /** Slots of which it is the primary by that view, and which it does not serve yet; the first of them by number. */
  not_serving: z.int().min(0).max(slotCount),
  not_serving_slots: z.array(slotNumberSchema).max(controlLinkLimits.notServingSlotsMax),
  memory_bytes: amountSchema,
  memory_bytes_used: amountSchema,
  operations_per_second: amountSchema,
  /** How long each peer has been silent for this node. */
  peers: z.array(z.object({ life: lifeSchema, silent_ms: amountSchema })).max(controlLinkLimits.heartbeatPeersMax),
  /** In-sync copies that have not acknowledged something for a while. */
  copies_lagging: z.int().nonnegative(),
  /** Bytes of entries that some copy has not acknowledged. */
  log_bytes: amountSchema,
  /** It wants to end, and asks that others take what it holds. */
  leaving: z.boolean(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const heartbeatAnswerSchema = z.object({
  /** Number of the newest view. */
  view: z.int().nonnegative(),
  /** False: the view does not name this life, which has to register again. */
  registered: z.boolean(),
  /** No slot has a copy or learner there any more. */
  left: z.boolean(),
});
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswerSchema>;

/** Changes of slots' copies that their primary asks for, each by compare-and-swap on the slot's epoch. */
export const proposalsSchema = z.object({
  id: watcherIdSchema,
  incarnation: watcherIdSchema,
  proposals: z
    .array(
      z.object({
        slot: slotNumberSchema,
        epoch: z.int().nonnegative(),
        kind: z.enum(['shrink', 'join']),
        life: lifeSchema,
        /** Of a `shrink`: the copy has no room for what must not be evicted. */
        full: z.literal(true).optional(),
      }),
    )
    .max(controlLinkLimits.proposalsMax),
});
export type Proposals = z.infer<typeof proposalsSchema>;
export type SlotProposal = Proposals['proposals'][number];

/** How many were carried out; `view` is the number of a view that shows it. */
export const proposalsAnswerSchema = z.object({
  view: z.int().nonnegative(),
  applied: z.int().nonnegative(),
  refused: z.int().nonnegative(),
});
export type ProposalsAnswer = z.infer<typeof proposalsAnswerSchema>;

/** Said by whoever knows for certain that this life of a node has ended. */
export const goneSchema = z.object({ id: watcherIdSchema, incarnation: watcherIdSchema });
export type GoneLife = z.infer<typeof goneSchema>;

/**
 * The answer to a poll: the revision that it shows, and the sections that are newer than the caller's. The view comes
 * whole, or as what has changed since the one that the caller holds, if the same control process gave it that one.
 */
export interface StateAnswer {
  readonly revision: number;
  readonly view?: View | undefined;
  readonly view_changes?: ViewChanges | undefined;
  /** Names the control process whose views these are, for as long as it leads. */
  readonly view_source?: string | undefined;
  readonly registry?: FleetState['registry'] | undefined;
  readonly tokens?: FleetState['tokens'] | undefined;
  readonly processes?: FleetState['processes'] | undefined;
}

const answerSchema = z.object({
  revision: z.int().nonnegative(),
  view: z.unknown().optional(),
  view_changes: z.unknown().optional(),
  view_source: z.string().max(64).optional(),
  registry: registrySchema.optional(),
  tokens: tokenAuthoritySchema.optional(),
  processes: z.object({ revision: z.int().nonnegative(), list: z.array(processSchema) }).optional(),
});

/** A checked answer; throws when it is not one. */
export function parseStateAnswer(body: unknown): StateAnswer {
  const { view, view_changes, ...sections } = answerSchema.parse(body);
  return {
    ...sections,
    ...(view === undefined ? {} : { view: viewOf(view) }),
    ...(view_changes === undefined ? {} : { view_changes: viewChangesOf(view_changes) }),
  };
}
