/** What operators do under load, and nobody may notice. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import { type FleetProcess, until } from '../fleet/fleet-process.ts';
import { chaosLimits } from '../limits.ts';
import type { Fault, FaultContext, FaultOutcome } from './fault.ts';

/** A storage node hands over what it holds, ends, and comes back empty; resolves when it has all its copies again. */
export async function upgradeStorage(fleet: Fleet, process: FleetProcess): Promise<string | undefined> {
  const life = fleet.views.lifeOf(process.name) ?? '';
  await process.terminate(chaosLimits.repairMs);
  const left = fleet.views.copiesOf(life).length;
  process.launch();
  await process.ready();
  if (!(await until(() => fleet.isComplete, chaosLimits.repairMs)))
    return `${process.name} did not get its copies back`;
  return left > 0 && fleet.factor > 1
    ? `${process.name} ended with ${left} copies that nobody had taken over`
    : undefined;
}

async function drainStorage({ fleet, choices, victims }: FaultContext): Promise<FaultOutcome> {
  const process = choices.of(victims);
  const ineffective = await upgradeStorage(fleet, process);
  return { target: process.name, ...(ineffective === undefined ? {} : { ineffective }) };
}

async function rollingUpgrade({ fleet }: FaultContext): Promise<FaultOutcome> {
  const target = 'all storage nodes and gateways';
  for (const process of fleet.storage) {
    const ineffective = await upgradeStorage(fleet, process);
    if (ineffective !== undefined) return { target, ineffective };
  }
  for (const process of fleet.gateways) {
    await process.terminate();
    process.launch();
    await process.ready();
    // its clients come back before the other one goes
    await pause(chaosLimits.reconnectMs * 5);
  }
  return { target };
}

export const plannedFaults: readonly Fault[] = [
  { kind: 'drain-storage', run: drainStorage, planned: true },
  { kind: 'rolling-upgrade', run: rollingUpgrade, planned: true },
];
