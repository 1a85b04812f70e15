/**
 * A rolling upgrade of the processes of one machine: each is started anew, from the code that is on the disk by then,
 * in an order and at a pace that clients do not notice. Storage nodes come first, one at a time: a node hands its slots
 * over, ends, comes back empty, and the next one waits until the fleet is in step again. Then gateways, each of which
 * is followed by its successor before it ends, where the system can share a port; the control plane is last.
 */
import type { Clock } from '../../shared/clock.ts';
import { failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import { Progress } from '../progress.ts';
import type { Timers } from '../timers.ts';
import { zonesShortOf } from '../zones-short.ts';
import type { FleetCondition } from './control-calls.ts';
import type { SupervisedChild } from './supervised-child.ts';

export interface UpgradeParts {
  /** In the order of their start. */
  readonly children: () => readonly SupervisedChild[];
  readonly condition: () => Promise<FleetCondition>;
  readonly sharesPorts: boolean;
  /** The only storage node may be restarted, which loses every item. */
  readonly force: boolean;
  readonly timers: Timers;
  readonly clock: Clock;
  /** One line of progress for the person. */
  readonly report: (line: string) => void;
  /** Whether the fleet stops, which ends the upgrade. */
  readonly stopping: () => boolean;
  /** Whether who asked for it is gone, which ends it as long as nothing was restarted. */
  readonly hungUp: () => boolean;
}

/**
 * @throws CliError (exit code 1) for what ended it before its end; what was not reached runs on as it was. Nothing
 * begins where the only storage node has nobody to hand its slots to, unless it is forced
 */
export async function upgradeFleet(parts: UpgradeParts): Promise<void> {
  const { children, report } = parts;
  const ofRole = (role: string) => children().filter(({ plan }) => plan.role === role);
  const storage = ofRole('storage');
  if (storage.length === 1 && !parts.force) {
    const { id } = storage[0]!.plan;
    throw failure(`${id} is the only storage node, so that an upgrade loses every item; --force does it all the same`);
  }
  await untilInStep(parts, parts.hungUp);
  for (const child of storage) {
    goesOn(parts);
    await upgradeNode(parts, child, storage.length > 1);
    await untilInStep(parts);
  }
  for (const child of ofRole('gateway')) {
    goesOn(parts);
    await upgradeGateway(parts, child);
  }
  for (const child of ofRole('control')) {
    goesOn(parts);
    await child.restart({ deadlineMs: cliLimits.childDrainMs, leave: false });
    report(`${child.plan.id}: restarted`);
  }
  await untilInStep(parts);
}

async function upgradeNode(parts: UpgradeParts, child: SupervisedChild, hasOthers: boolean): Promise<void> {
  const { clock, report } = parts;
  const { id } = child.plan;
  report(hasOthers ? `${id}: hands its slots over` : `${id}: is the only storage node, so its items are lost`);
  const beganMs = clock.monotonicMs();
  const deadlineMs = hasOthers ? cliLimits.childLeaveMs : cliLimits.childDrainMs;
  await child.restart({ deadlineMs, leave: hasOthers });
  report(`${id}: restarted after ${seconds(clock.monotonicMs() - beganMs)}, catches up`);
}

async function upgradeGateway({ sharesPorts, report }: UpgradeParts, child: SupervisedChild): Promise<void> {
  const order = { deadlineMs: cliLimits.childDrainMs, leave: false };
  if (sharesPorts) await child.replace(order);
  else await child.restart(order);
  report(`${child.plan.id}: ${sharesPorts ? 'replaced' : 'restarted'}`);
}

/** Resolves when every node serves, each slot has its copies, and nothing moves, for a moment without a break. */
async function untilInStep(parts: UpgradeParts, abandoned = () => false): Promise<void> {
  const { clock } = parts;
  const endMs = clock.monotonicMs() + cliLimits.catchUpMs;
  let calmSinceMs: number | undefined;
  const progress = new Progress(parts.report);
  for (;;) {
    goesOn(parts);
    if (abandoned()) throw failure('who asked for the upgrade hung up before it began');
    const wanting = await whatIsWanting(parts);
    const nowMs = clock.monotonicMs();
    if (wanting === undefined) {
      calmSinceMs ??= nowMs;
      if (nowMs - calmSinceMs >= cliLimits.calmMs) return;
    } else {
      calmSinceMs = undefined;
      if (nowMs >= endMs) throw failure(`the fleet did not come into step: ${wanting}; the upgrade stopped there`);
      progress.tell(`waiting: ${wanting}`);
    }
    await new Promise<void>((resolve) => void parts.timers.after(cliLimits.fleetPollMs, resolve));
  }
}

/**
 * Why the fleet is not in step, in words; undefined when it is.
 * @throws CliError (exit code 1) when it cannot come into step by itself
 */
async function whatIsWanting({ condition, children }: UpgradeParts): Promise<string | undefined> {
  let found: FleetCondition;
  try {
    found = await condition();
  } catch {
    return 'the control plane does not answer';
  }
  for (const { plan, address } of children().filter((child) => child.plan.role === 'storage')) {
    if (address === undefined) return `${plan.id} is starting`;
    const node = found.nodes.find(({ id }) => id === plan.id);
    const isHere = node !== undefined && (!address.incarnation || node.incarnation === address.incarnation);
    if (!isHere) return `${plan.id} is not in the view yet`;
    // a node that an operator drained is left as it is
    if (['joining', 'silent', 'dead'].includes(node.state)) return `${plan.id} is ${node.state}`;
  }
  const { under_replicated, unserved, moving } = found.slots;
  if (unserved > 0) return 'slots are not known to be served';
  if (under_replicated > 0) {
    const short = zonesShort(found);
    if (short)
      throw failure(`the fleet cannot come into step: slots have too few copies: ${short}; the upgrade stopped there`);
    return 'slots have too few copies';
  }
  return moving > 0 ? 'slots are moving' : undefined;
}

/**
 * Why copies will be wanting for as long as nobody takes a node into use; undefined when zones are enough, or not told.
 * A node that is not there now may come back, so that only one that is drained, or kept as a spare, does not count.
 */
function zonesShort({ nodes, replication_factor: factor }: FleetCondition): string | undefined {
  const zones = nodes.filter(({ spare, drained }) => !spare && !drained).map(({ zone }) => zone);
  const isTold = nodes.every(({ zone }) => zone !== undefined);
  if (factor === undefined || !isTold) return undefined;
  return zonesShortOf(zones as string[], factor);
}

function goesOn({ stopping }: UpgradeParts): void {
  if (stopping()) throw failure('the fleet stops');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
