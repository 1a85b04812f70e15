/** What is told of the fleet to its operators. */
import { z } from 'zod';
import { nodeStates } from '../shared/fleet-state.ts';

const countSchema = z.int().nonnegative();

/** Null stands for what a node has not told since this control process leads. */
export const fleetStatusSchema = z.object({
  view: countSchema,
  replication_factor: z.int().min(1),
  nodes: z.array(
    z.object({
      id: z.string(),
      incarnation: z.string(),
      zone: z.string(),
      url: z.string(),
      state: z.enum(nodeStates),
      /** It is kept empty until it is needed. */
      spare: z.boolean(),
      /** An operator has it emptied. */
      drained: z.boolean(),
      weight: z.number(),
      primaries: countSchema,
      /** In-sync copies of slots of which another node is the primary. */
      copies: countSchema,
      learners: countSchema,
      memory_bytes: z.number().nullable(),
      memory_bytes_used: z.number().nullable(),
      operations_per_second: z.number().nullable(),
      heartbeat_age_ms: countSchema.nullable(),
      /** Slots of which it is the primary and which it does not serve yet. */
      not_serving: countSchema,
    }),
  ),
  slots: z.object({
    total: countSchema,
    /** With fewer in-sync copies than the replication factor. */
    under_replicated: countSchema,
    /** Not known to be served. */
    unserved: countSchema,
    /** With a learner, or with a copy more than they are to keep. */
    moving: countSchema,
  }),
  /** Slots that restarted empty because all their copies had ended, since the fleet began. */
  resets_total: countSchema,
});
export type FleetStatus = z.infer<typeof fleetStatusSchema>;

/** What the planner would do now if it were not bounded, and its first steps. */
export const fleetPlanSchema = z.object({
  steps_total: countSchema,
  counts: z.record(z.string(), countSchema),
  steps: z.array(
    z.object({
      kind: z.string(),
      slot: countSchema,
      from: z.string().nullable(),
      to: z.string().nullable(),
      reason: z.string(),
    }),
  ),
});
export type FleetPlan = z.infer<typeof fleetPlanSchema>;

export const fleetEventKinds = [
  'node_registered',
  'node_silent',
  'node_back',
  'node_dead',
  'failover',
  'reset',
  'move_done',
  'drain_begun',
  'drained',
  'removed',
  'spare_activated',
  'left_out',
  'learner_withdrawn',
  'no_room',
] as const;
export type FleetEventKind = (typeof fleetEventKinds)[number];

export const fleetEventSchema = z.object({
  /** Grows with each event. Those of the last second before a leader was killed are lost, and their numbers used again. */
  number: countSchema,
  /** Wall-clock time. */
  at_ms: z.number(),
  kind: z.enum(fleetEventKinds),
  node: z.string().nullable(),
  /** How many slots it is about. */
  slots: countSchema.nullable(),
  detail: z.string(),
});
export type FleetEvent = z.infer<typeof fleetEventSchema>;
