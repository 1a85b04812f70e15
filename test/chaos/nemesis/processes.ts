/** Faults of processes: killed, stopped, started again. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Fleet } from '../fleet/fleet.ts';
import { type FleetProcess, until } from '../fleet/fleet-process.ts';
import { chaosLimits } from '../limits.ts';
import { between, type Fault, type FaultContext, type FaultOutcome } from './fault.ts';

/** Longest stop of a process, in ms, and the shortest in which it is asked whether it is silent. */
const stopMsMin = 200;
const stopMsMax = 10_000;
const probedStopMsMin = 800;
/** A storage node that is stopped for longer must have lost its slots to others by then, in ms. */
const stopThatFailsOverMs = 6_000;

/** Mostly the storage node that is the primary of most slots; one that just came back is given time to be of some. */
async function storageVictim({ fleet, choices, victims }: FaultContext): Promise<FleetProcess> {
  const primaries = (process: FleetProcess) => fleet.views.primaryOf(fleet.views.lifeOf(process.name) ?? '').length;
  const victim = choices.chance(0.4)
    ? choices.of(victims)
    : victims.reduce((best, process) => (primaries(process) > primaries(best) ? process : best));
  await until(() => primaries(victim) > 0, chaosLimits.failoverMs);
  return victim;
}

async function killAndRestart(
  process: FleetProcess,
  { choices }: FaultContext,
  isGone?: () => Promise<void>,
): Promise<void> {
  await process.kill();
  await isGone?.();
  await pause(between(choices, chaosLimits.restartMsMin, chaosLimits.restartMsMax));
  process.launch();
  await process.ready();
}

/** Whether all of these slots have another primary than that life, within the time of a failover. */
function haveLeft(fleet: Fleet, slots: readonly number[], life: string): Promise<boolean> {
  return until(() => slots.every((slot) => fleet.views.placement(slot).copies[0] !== life), chaosLimits.failoverMs);
}

async function killStorage(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices } = context;
  const process = await storageVictim(context);
  const life = fleet.views.lifeOf(process.name) ?? '';
  const slots = fleet.views.primaryOf(life);
  // half of the deaths are told of, as by a supervisor; half have to be found out, as those of machines
  const told = choices.chance(0.5);
  await killAndRestart(process, context, told ? () => fleet.tellGone(life) : undefined);
  const target = `${process.name}${told ? ', told' : ''}`;
  const figures = { primaries: slots.length };
  if (slots.length === 0) return { target, figures, ineffective: 'it was the primary of nothing' };
  if (!(await haveLeft(fleet, slots, life))) return { target, figures, ineffective: 'its slots never failed over' };
  return { target, figures };
}

/** Killed again while others copy their slots to it. */
async function restartDuringCopy(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, victims } = context;
  let process = await storageVictim(context);
  const tried: string[] = [];
  while (tried.length < victims.length) {
    tried.push(process.name);
    await restartTold(fleet, process);
    const isCopied = () => fleet.views.learnersOf(fleet.views.lifeOf(process.name) ?? '') > 0;
    if (await until(isCopied, chaosLimits.failoverMs)) {
      await restartTold(fleet, process);
      return { target: process.name, figures: { tried: tried.length } };
    }
    // one that came back again and again is given nothing for a while
    process = victims.find(({ name }) => !tried.includes(name)) ?? process;
  }
  return { target: tried.join(', '), ineffective: 'no copy was under way' };
}

async function restartTold(fleet: Fleet, process: FleetProcess): Promise<void> {
  const former = fleet.views.lifeOf(process.name) ?? '';
  await process.kill();
  await fleet.tellGone(former);
  await pause(chaosLimits.restartMsMin);
  process.launch();
  await process.ready();
}

async function stopFor(
  process: FleetProcess,
  fleet: Fleet,
  stopMs: number,
  during: () => Promise<void>,
): Promise<string | undefined> {
  process.stop();
  let ineffective: string | undefined;
  try {
    await pause(stopMs / 2);
    if (stopMs >= probedStopMsMin && (await fleet.answers(process.name)))
      ineffective = 'it answered while it was stopped';
    await pause(stopMs / 2);
    await during();
  } finally {
    process.resume();
  }
  return ineffective;
}

async function stopStorage(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices } = context;
  const process = await storageVictim(context);
  const life = fleet.views.lifeOf(process.name) ?? '';
  const slots = fleet.views.primaryOf(life);
  // short ones as often as long ones
  const stopMs = stopMsMin * (stopMsMax / stopMsMin) ** choices.next();
  let failedOver = true;
  const ineffective = await stopFor(process, fleet, stopMs, async () => {
    if (stopMs < stopThatFailsOverMs || fleet.factor < 2) return;
    failedOver = slots.every((slot) => fleet.views.placement(slot).copies[0] !== life);
  });
  const target = `${process.name} for ${(stopMs / 1_000).toFixed(1)} s`;
  const figures = { primaries: slots.length };
  if (ineffective !== undefined) return { target, figures, ineffective };
  return failedOver ? { target, figures } : { target, figures, ineffective: 'its slots never failed over' };
}

async function killGateway(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices } = context;
  const process = choices.of(fleet.gateways);
  let answered = false;
  await killAndRestart(process, context, async () => {
    answered = await fleet.answers(process.name);
  });
  return answered ? { target: process.name, ineffective: 'it answered after its death' } : { target: process.name };
}

async function stopGateway({ fleet, choices }: FaultContext): Promise<FaultOutcome> {
  const process = choices.of(fleet.gateways);
  const ineffective = await stopFor(process, fleet, between(choices, probedStopMsMin, 4_000), async () => {});
  return { target: process.name, ...(ineffective === undefined ? {} : { ineffective }) };
}

async function killLeader(context: FaultContext): Promise<FaultOutcome> {
  const { fleet } = context;
  const process = (await fleet.leader()) ?? fleet.controls[0]!;
  let answered = false;
  await killAndRestart(process, context, async () => {
    answered = await fleet.answers(process.name);
  });
  if (answered) return { target: process.name, ineffective: 'it answered after its death' };
  const led = await until(async () => (await fleet.leader()) !== undefined, chaosLimits.failoverMs);
  return led ? { target: process.name } : { target: process.name, ineffective: 'nobody leads any more' };
}

async function stopLeader({ fleet, choices }: FaultContext): Promise<FaultOutcome> {
  const process = (await fleet.leader()) ?? fleet.controls[0]!;
  const ineffective = await stopFor(process, fleet, between(choices, probedStopMsMin, 6_000), async () => {});
  return { target: process.name, ...(ineffective === undefined ? {} : { ineffective }) };
}

/** All processes of some part are gone for a while; clients must not notice. */
async function down(processes: readonly FleetProcess[], { fleet, choices }: FaultContext): Promise<FaultOutcome> {
  const target = processes.map(({ name }) => name).join(' and ');
  await Promise.all(processes.map((process) => process.kill()));
  const answers = await Promise.all(processes.map(({ name }) => fleet.answers(name)));
  await pause(between(choices, 2_000, 6_000));
  for (const process of processes) process.launch();
  await Promise.all(processes.map((process) => process.ready()));
  const led = await until(async () => (await fleet.leader()) !== undefined, chaosLimits.readyMs);
  if (answers.includes(true)) return { target, ineffective: 'it answered while it was gone' };
  return led ? { target } : { target, ineffective: 'nobody leads any more' };
}

export const processFaults: readonly Fault[] = [
  { kind: 'kill-storage', run: killStorage },
  { kind: 'stop-storage', run: stopStorage },
  {
    kind: 'restart-during-copy',
    run: restartDuringCopy,
    missing: (fleet) => (fleet.factor < 2 ? 'nothing is copied with one copy of each slot' : undefined),
  },
  { kind: 'kill-gateway', run: killGateway },
  { kind: 'stop-gateway', run: stopGateway },
  { kind: 'kill-leader', run: killLeader },
  { kind: 'stop-leader', run: stopLeader },
  { kind: 'control-down', run: (context) => down(context.fleet.controls, context) },
  {
    kind: 'etcd-down',
    run: (context) => down(context.fleet.etcd, context),
    missing: (fleet) => (fleet.etcd.length === 0 ? 'the state is embedded (--store etcd)' : undefined),
  },
];
