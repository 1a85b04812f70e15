/** Faults of the network: links that carry nothing, in one direction or both, or too slowly. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { chaosLimits } from '../limits.ts';
import { between, type Fault, type FaultContext, type FaultOutcome } from './fault.ts';

/** A direction that is to carry nothing. */
interface Cut {
  readonly from: string;
  readonly to: string;
}

const cutMsMin = 500;
const cutMsMax = 6_000;
/** What arrives late does so by this time, in ms. */
const slowMs = 250;

const both = (one: string, other: string): Cut[] => [
  { from: one, to: other },
  { from: other, to: one },
];
const names = (processes: readonly { readonly name: string }[]) => processes.map(({ name }) => name);

/** Cuts, looks whether it is one, lasts, heals, and looks whether the link is back. */
async function cutFor({ fleet, choices }: FaultContext, target: string, cuts: readonly Cut[]): Promise<FaultOutcome> {
  const { network } = fleet;
  const looked = choices.of(cuts);
  const carries = () => network.carries(looked.from, looked.to, fleet.portOf(looked.to));
  const lastsMs = between(choices, cutMsMin, cutMsMax);
  let ineffective: string | undefined;
  try {
    for (const { from, to } of cuts) await network.cut(from, to);
    const [carried] = await Promise.all([carries(), pause(lastsMs)]);
    if (carried) ineffective = `${looked.from} still reached ${looked.to}`;
  } finally {
    await network.heal();
  }
  const untilMs = systemClock.monotonicMs() + chaosLimits.reachMs;
  let back = await carries();
  while (!back && systemClock.monotonicMs() < untilMs) back = await carries();
  if (!back) ineffective ??= `${looked.from} did not reach ${looked.to} after the cut`;
  const described = `${target} for ${(lastsMs / 1_000).toFixed(1)} s`;
  return {
    target: described,
    figures: { directions: cuts.length },
    ...(ineffective === undefined ? {} : { ineffective }),
  };
}

/** A storage node that its peers do not reach, while gateways and control plane do. */
function cutFromPeers(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices, victims } = context;
  const { name } = choices.of(victims);
  const peers = names(fleet.storage).filter((peer) => peer !== name);
  return cutFor(
    context,
    `${name} from its peers`,
    peers.flatMap((peer) => both(name, peer)),
  );
}

function cutOneWay(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices } = context;
  const [from, to] = pair(context);
  // now and then to all peers: it hears everybody and nobody hears it
  const toAll = choices.chance(0.3);
  const targets = toAll ? names(fleet.storage).filter((peer) => peer !== from) : [to];
  return cutFor(
    context,
    `${from} to ${toAll ? 'its peers' : to}, one way`,
    targets.map((peer) => ({ from, to: peer })),
  );
}

function cutPair(context: FaultContext): Promise<FaultOutcome> {
  const [one, other] = pair(context);
  return cutFor(context, `${one} and ${other}`, both(one, other));
}

function pair({ fleet, choices, victims }: FaultContext): [string, string] {
  const { name } = choices.of(victims);
  return [name, choices.of(names(fleet.storage).filter((peer) => peer !== name))];
}

function cutFromControl(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices, victims } = context;
  const { name } = choices.of(victims);
  return cutFor(
    context,
    `${name} from the control plane`,
    names(fleet.controls).flatMap((control) => both(name, control)),
  );
}

function cutFromGateway(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices, victims } = context;
  const { name } = choices.of(victims);
  const gateway = choices.of(fleet.gateways).name;
  return cutFor(context, `${name} and ${gateway}`, both(name, gateway));
}

function isolate(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices, victims } = context;
  const { name } = choices.of(victims);
  const others = names(fleet.processes).filter((other) => other !== name);
  return cutFor(
    context,
    `${name} from everybody`,
    others.flatMap((other) => both(name, other)),
  );
}

/** Storage and gateways of one zone from everything else. */
function cutZone(context: FaultContext): Promise<FaultOutcome> {
  const { fleet, choices } = context;
  const zone = choices.of(fleet.options.zones);
  const inside = fleet.machinesOf(zone);
  const outside = names(fleet.processes).filter((name) => !inside.includes(name));
  return cutFor(
    context,
    `zone ${zone}`,
    inside.flatMap((one) => outside.flatMap((other) => both(one, other))),
  );
}

async function slowNode({ fleet, choices, victims }: FaultContext): Promise<FaultOutcome> {
  const { network } = fleet;
  const { name } = choices.of(victims);
  const lastsMs = between(choices, 2_000, 6_000);
  let ineffective: string | undefined;
  try {
    await network.slow(name, slowMs);
    await pause(lastsMs);
    if (!(await network.hasSlowed(name))) ineffective = 'nothing was held up';
  } finally {
    await network.heal();
  }
  const target = `${name} for ${(lastsMs / 1_000).toFixed(1)} s`;
  return { target, ...(ineffective === undefined ? {} : { ineffective }) };
}

const cutMissing = ({ network }: Fleet) => network.missing.cut;
const slowMissing = ({ network }: Fleet) => network.missing.slow;

export const networkFaults: readonly Fault[] = [
  { kind: 'cut-peers', run: cutFromPeers, missing: cutMissing },
  { kind: 'cut-pair', run: cutPair, missing: cutMissing },
  { kind: 'cut-one-way', run: cutOneWay, missing: cutMissing },
  { kind: 'cut-control', run: cutFromControl, missing: cutMissing },
  { kind: 'cut-gateway', run: cutFromGateway, missing: cutMissing },
  { kind: 'isolate-node', run: isolate, missing: cutMissing },
  { kind: 'cut-zone', run: cutZone, missing: cutMissing },
  { kind: 'slow-node', run: slowNode, missing: slowMissing },
];
