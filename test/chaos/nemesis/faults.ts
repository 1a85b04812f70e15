import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import { between, type Fault, type FaultContext, type FaultOutcome } from './fault.ts';
import { networkFaults } from './network.ts';
import { plannedFaults } from './planned.ts';
import { processFaults } from './processes.ts';

const single: readonly Fault[] = [...processFaults, ...networkFaults, ...plannedFaults];

/** Pairs of which the second begins while the first lasts. */
const overlapping: readonly (readonly [string, string])[] = [
  ['control-down', 'kill-storage'],
  ['kill-storage', 'stop-storage'],
  ['stop-storage', 'cut-pair'],
  ['kill-leader', 'stop-storage'],
  ['kill-storage', 'kill-storage'],
  ['cut-one-way', 'kill-storage'],
  ['kill-gateway', 'kill-storage'],
  ['slow-node', 'kill-storage'],
];

async function overlap(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices, victims } = context;
  const possible = overlapping.filter((kinds) => kinds.every((kind) => !missingOf(find(kind), fleet)));
  const [first, second] = choices.of(possible).map(find) as [Fault, Fault];
  // two faults of one process would be one: each has nodes of its own to choose from
  const alone = choices.of(victims);
  const one = first.run({ ...context, victims: [alone] });
  await pause(between(choices, 50, 1_500));
  const other = second.run({ ...context, victims: victims.filter((process) => process !== alone) });
  const outcomes = await Promise.all([one, other]);
  return {
    target: `${first.kind} of ${outcomes[0].target} and ${second.kind} of ${outcomes[1].target}`,
    // what one was to do alone, the other may have kept from happening; not both each other's
    ...(outcomes.every(({ ineffective }) => ineffective !== undefined)
      ? { ineffective: outcomes.map(({ ineffective }) => ineffective).join('; and ') }
      : {}),
  };
}

export const faults: readonly Fault[] = [...single, { kind: 'overlap', run: overlap }];

export function missingOf(fault: Fault, fleet: Fleet): string | undefined {
  return fault.missing?.(fleet);
}

function find(kind: string): Fault {
  return single.find((fault) => fault.kind === kind)!;
}
