/** The fleet as its operators are told of it. */
import type { View } from '../shared/fleet-state.ts';
import { slotCount } from '../shared/slots.ts';
import type { FleetPlan, FleetStatus } from './fleet-answers.ts';
import type { NodeReport } from './health.ts';
import { controlPlaneLimits } from './limits.ts';
import { holdingsOf, type Life, lifeOf } from './lives.ts';
import type { PlannedStep } from './planner.ts';

export interface StatusInput {
  readonly view: View;
  readonly replicationFactor: number;
  readonly reportOf: (life: Life) => NodeReport | undefined;
  readonly served: (slot: number) => boolean;
  readonly resets: number;
  readonly nowMs: number;
}

export function fleetStatusOf(input: StatusInput): FleetStatus {
  const { view, replicationFactor, reportOf, nowMs } = input;
  const holdings = holdingsOf(view);
  const nodes = view.nodes.map((node, index) => {
    const { id, incarnation, zone, url, state, weight } = node;
    const report = reportOf(lifeOf(node));
    const heartbeat = report?.heartbeat;
    return {
      ...{ id, incarnation, zone, url, state, weight },
      spare: node.standing === 'spare',
      drained: node.standing === 'draining',
      ...holdings[index]!,
      memory_bytes: heartbeat?.memory_bytes ?? null,
      memory_bytes_used: heartbeat?.memory_bytes_used ?? null,
      operations_per_second: heartbeat?.operations_per_second ?? null,
      heartbeat_age_ms: report ? Math.max(0, Math.round(nowMs - report.atMs)) : null,
      not_serving: heartbeat?.not_serving ?? 0,
    };
  });
  return {
    view: view.number,
    replication_factor: replicationFactor,
    nodes,
    slots: slotCountsOf(input),
    resets_total: input.resets,
  };
}

export function slotCountsOf({ view, replicationFactor, served }: StatusInput): FleetStatus['slots'] {
  const counts = { total: slotCount, under_replicated: 0, unserved: 0, moving: 0 };
  for (const [slot, [, , copies, learners]] of view.slots.entries()) {
    if (copies.length < replicationFactor) counts.under_replicated++;
    if (copies.length === 0 || !served(slot)) counts.unserved++;
    if (learners.length > 0 || copies.length > replicationFactor) counts.moving++;
  }
  return counts;
}

export function fleetPlanOf(view: View, steps: readonly PlannedStep[]): FleetPlan {
  const counts: Record<string, number> = {};
  for (const { change } of steps) counts[change.kind] = (counts[change.kind] ?? 0) + 1;
  const nameOf = (node: number | undefined) => (node === undefined ? null : view.nodes[node]!.id);
  const shown = steps.slice(0, controlPlaneLimits.planStepsShown).map(({ change, reason }) => ({
    kind: change.kind,
    slot: change.slot,
    from: nameOf('from' in change ? change.from : undefined),
    to: nameOf('to' in change ? change.to : 'copies' in change ? change.copies[0] : undefined),
    reason,
  }));
  return { steps_total: steps.length, counts, steps: shown };
}
