import { formatBytes } from '../option-values.ts';
import type { OptionsOf } from '../options.ts';
import { zonesShortOf } from '../zones-short.ts';
import {
  type EventsAnswer,
  type FleetAnswer,
  type FleetNodeAnswer,
  fleetOf,
  type PlanAnswer,
  slotsOf,
} from './fleet-answers.ts';
import { ApiClient } from './http.ts';
import { cell, type Output, printJson, tableText } from './print.ts';

/** `a-2` before `a-10`. */
const byName = new Intl.Collator('en', { numeric: true });

/** `godwit fleet status` */
export async function fleetStatus(options: OptionsOf<'fleet status'>, output: Output): Promise<void> {
  const fleet = await fleetOf(new ApiClient(options));
  if (options.json) return printJson(output, fleet);
  output.stdout(
    tableText(
      ['NODE', 'ZONE', 'STATE', 'PRIMARY', 'COPY', 'LEARNER', 'MEMORY', 'OPERATIONS/S', 'HEARD'],
      [...fleet.nodes].sort((one, other) => byName.compare(one.id, other.id)).map(nodeRow),
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
    node.state === 'draining' && slotsOf(node) === 0 ? 'drained' : node.state,
    node.not_serving > 0 ? `${node.primaries} (${node.not_serving} not yet serving)` : cell(node.primaries),
    cell(node.copies),
    cell(node.learners),
    memory === null || used === null ? '-' : `${formatBytes(used)} of ${formatBytes(memory)}`,
    load === null ? '-' : cell(Math.round(load)),
    age === null ? '-' : `${(age / 1_000).toFixed(1)} s ago`,
  ];
}

/** What the slots want, in words; nothing when all is well. */
export function wantsOf(fleet: FleetAnswer): string[] {
  const { slots } = fleet;
  const why = zonesShort(fleet);
  const wants = [
    // a slot that has just changed hands counts until its node has said so
    slots.unserved > 0 ? `${slots.unserved} not known to be served` : '',
    slots.under_replicated > 0 ? `${slots.under_replicated} with too few copies${why ? ` (${why})` : ''}` : '',
    slots.moving > 0 ? `${slots.moving} moving` : '',
  ];
  return wants.filter((part) => part !== '');
}

/** Why slots cannot have all their copies, in words; undefined when there are zones enough. */
export function zonesShort({ nodes, replication_factor: factor }: FleetAnswer): string | undefined {
  const inUse = nodes.filter(({ state }) => state === 'active');
  return zonesShortOf(
    inUse.map(({ zone }) => zone),
    factor,
  );
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
  const client = new ApiClient(options);
  const plan = (await client.callJson({ method: 'GET', path: '/fleet/plan' })) as PlanAnswer;
  if (options.json) return printJson(output, plan);
  if (plan.steps_total === 0) return output.stdout(`${nothingToDo(await fleetOf(client))}\n`);
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

/** A plan without steps, in words: the planner also has none when copies are wanting and no node may take them. */
function nothingToDo(fleet: FleetAnswer): string {
  const { under_replicated: wanting } = fleet.slots;
  if (wanting === 0) return 'nothing to do: every slot is where it belongs';
  const why = zonesShort(fleet);
  const slots = wanting === 1 ? '1 slot has' : `${wanting} slots have`;
  return `nothing to do now, though ${slots} too few copies${why ? ` (${why})` : ''}`;
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
