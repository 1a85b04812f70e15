/** What the API tells of a fleet: the control plane's own words. */
import type { FleetEvent, FleetPlan, FleetStatus } from '../../control-plane/protocol.ts';
import type { ApiClient } from './http.ts';

export type FleetAnswer = FleetStatus;
export type FleetNodeAnswer = FleetStatus['nodes'][number];
export type PlanAnswer = FleetPlan;
export interface EventsAnswer {
  readonly events: readonly FleetEvent[];
}

export async function fleetOf(client: ApiClient): Promise<FleetAnswer> {
  return (await client.callJson({ method: 'GET', path: '/fleet' })) as FleetAnswer;
}

/** Slots that a node has to do with, as primary, copy or learner: none of them when it may be stopped. */
export function slotsOf(node: FleetNodeAnswer): number {
  return node.primaries + node.copies + node.learners;
}
