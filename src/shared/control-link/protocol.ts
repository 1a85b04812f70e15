/**
 * What gateways and storage nodes say to the control plane: polls of the fleet's state, and registrations.
 * HTTP/1.1 with JSON; every call but the health check carries the fleet's secret as a bearer token.
 */
import { z } from 'zod';
import { type FleetState, processSchema, registrySchema, tokenAuthoritySchema, type View } from '../fleet-state.ts';
import { viewOf } from './view-check.ts';

export const controlPaths = {
  health: '/internal/v1/health',
  metrics: '/internal/v1/metrics',
  state: '/internal/v1/state',
  nodes: '/internal/v1/nodes',
  processes: '/internal/v1/processes',
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
});
export type StateQuery = z.infer<typeof stateQuerySchema>;

/** A node's registration; the answer comes when the view names this incarnation. */
export const nodeRegistrationSchema = z.object({
  id: watcherIdSchema,
  incarnation: watcherIdSchema,
  zone: watcherIdSchema,
  url: z.url({ protocol: /^https?$/ }).max(512),
  weight: z.number().positive().max(1_000_000),
});
export type NodeRegistration = z.infer<typeof nodeRegistrationSchema>;

/** A process with an internal listener; `id` is that of its watcher, whose silence removes it. */
export const processRegistrationSchema = z.object({
  id: watcherIdSchema,
  role: watcherRoleSchema,
  url: z.url({ protocol: /^https?$/ }).max(512),
});
export type ProcessRegistration = z.infer<typeof processRegistrationSchema>;

/** The answer to a poll: the revision that it shows, and the sections that are newer than the caller's. */
export interface StateAnswer {
  readonly revision: number;
  readonly view?: View | undefined;
  readonly registry?: FleetState['registry'] | undefined;
  readonly tokens?: FleetState['tokens'] | undefined;
  readonly processes?: FleetState['processes'] | undefined;
}

const answerSchema = z.object({
  revision: z.int().nonnegative(),
  view: z.unknown().optional(),
  registry: registrySchema.optional(),
  tokens: tokenAuthoritySchema.optional(),
  processes: z.object({ revision: z.int().nonnegative(), list: z.array(processSchema) }).optional(),
});

/** A checked answer; throws when it is not one. */
export function parseStateAnswer(body: unknown): StateAnswer {
  const answer = answerSchema.parse(body);
  const { view, ...sections } = answer;
  return view === undefined ? sections : { ...sections, view: viewOf(view) };
}
