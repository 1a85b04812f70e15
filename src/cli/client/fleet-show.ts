import { formatBytes } from '../option-values.ts';
import type { OptionsOf } from '../options.ts';
import type { EventsAnswer, FleetAnswer, FleetNodeAnswer, PlanAnswer } from './fleet-answers.ts';
import { ApiClient } from './http.ts';
import { cell, type Output, printJson, tableText } from './print.ts';

/** `godwit fleet status` */
export async function fleetStatus(options: OptionsOf<'fleet status'>, output: Output): Promise<void> {
  const fleet = (await new ApiClient(options).callJson({ method: 'GET', path: '/fleet' })) as FleetAnswer;
  if (options.json) return printJson(output, fleet);
  output.stdout(
    tableText(
      ['NODE', 'ZONE', 'STATE', 'PRIMARY', 'COPY', 'LEARNER', 'MEMORY', 'OPERATIONS/S', 'HEARD'],
      fleet.nodes.map(nodeRow),
    ),
  );
  output.stdout(`\n${conditionText(fleet)}\n`);
}

function nodeRow(node: FleetNodeAnswer): string[] {
  const { memory_bytes: memory, memory_bytes_used: used, heartbeat_age_ms: age } = node;
  const load = node.operations_per_second;
  return [
    node.id,
    node.zone,
    node.state,
    node.not_serving > 0 ? `${node.primaries} (${node.not_serving} not yet serving)` : cell(node.primaries),
    cell(node.copies),
    cell(node.learners),
    memory === null || used === null ? '-' : `${formatBytes(used)} of ${formatBytes(memory)}`,
    load === null ? '-' : cell(Math.round(load)),
    age === null ? '-' : `${(age / 1_000).toFixed(1)} s ago`,
  ];
}

/** What the slots want, in words; nothing when all is well. */
export function wantsOf({ slots }: FleetAnswer): string[] {
  const wants = [
    slots.unserved > 0 ? `${slots.unserved} not served` : '',
    slots.under_replicated > 0 ? `${slots.under_replicated} with too few copies` : '',
    slots.moving > 0 ? `${slots.moving} moving` : '',
  ];
  return wants.filter((part) => part !== '');
}

function conditionText(fleet: FleetAnswer): string {
  const { view, replication_factor: factor, slots, resets_total: resets } = fleet;
  const wants = wantsOf(fleet);
  const copies = factor === 1 ? '1 copy' : `${factor} copies`;
  const condition = wants.length === 0 ? 'all served, with all their copies, at rest' : wants.join(', ');
  const lost = resets === 0 ? '' : `; ${resets} lost their items since the fleet began (godwit fleet events)`;
  return `view ${view}: ${slots.total} slots of ${copies}: ${condition}${lost}`;
}

/** `godwit fleet plan` */
export async function fleetPlan(options: OptionsOf<'fleet plan'>, output: Output): Promise<void> {
  const plan = (await new ApiClient(options).callJson({ method: 'GET', path: '/fleet/plan' })) as PlanAnswer;
  if (options.json) return printJson(output, plan);
  if (plan.steps_total === 0) return output.stdout('nothing to do: every slot is where it belongs\n');
  output.stdout(
    tableText(
      ['STEP', 'SLOT', 'FROM', 'TO', 'WHY'],
      plan.steps.map(({ kind, slot, from, to, reason }) => [kind, cell(slot), cell(from), cell(to), reason]),
    ),
  );
  const counts = Object.entries(plan.counts).map(([kind, count]) => `${count} ${kind}`);
  const shown = plan.steps.length < plan.steps_total ? `; the first ${plan.steps.length} are shown` : '';
  output.stdout(`\n${plan.steps_total} steps: ${counts.join(', ')}${shown}\n`);
}

/** `godwit fleet events` */
export async function fleetEvents(options: OptionsOf<'fleet events'>, output: Output): Promise<void> {
  const path = `/fleet/events?limit=${options.last}`;
  const { events } = (await new ApiClient(options).callJson({ method: 'GET', path })) as EventsAnswer;
  if (options.json) return printJson(output, { events });
  if (events.length === 0) return output.stdout('nothing happened since the control plane began to lead\n');
  output.stdout(
    tableText(
      ['TIME', 'EVENT', 'NODE', 'SLOTS', 'WHAT'],
      events.map((event) => [
        new Date(event.at_ms).toISOString(),
        event.kind,
        cell(event.node),
        cell(event.slots),
        event.detail,
      ]),
    ),
  );
}
