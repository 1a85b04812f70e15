/**
 * The steps from a view towards its target: add a learner, which joins by its primary's proposal → make the target's
 * primary primary → drop what is too much. Pure: the same input gives the same steps, each with its reason.
 *
 * Repair comes before the emptying of nodes, and that before balance. All steps of one round become one view, at most
 * one for each slot. The bounds are those of `controlPlaneLimits`; what is beyond them is taken up in a later round.
 */
import type { FleetNode, View } from '../shared/fleet-state.ts';
import { controlPlaneLimits } from './limits.ts';
import { isLive } from './lives.ts';
import { balancedTarget } from './target.ts';
import type { SlotChange } from './view-moves.ts';

export type StepPurpose = 'repair' | 'drain' | 'balance';

export interface PlannedStep {
  readonly change: SlotChange;
  readonly purpose: StepPurpose;
  /** A sentence for people. */
  readonly reason: string;
}

export interface PlannerInput {
  readonly view: View;
  readonly replicationFactor: number;
  readonly scoresOf: (id: string) => Float64Array;
  /** Whether a node may be given more. */
  readonly accepts: (node: FleetNode) => boolean;
  /** Whether a slot is not to be given to a node for now. */
  readonly avoids: (slot: number, node: FleetNode) => boolean;
}

export interface PlannerBounds {
  readonly learnersMax: number;
  readonly learnersPerTargetMax: number;
  readonly learnersPerSourceMax: number;
  readonly movesPerViewMax: number;
}

/** The nodes that should hold each slot, primary first. */
export function targetOf({ view, replicationFactor, scoresOf, accepts, avoids }: PlannerInput): number[][] {
  const nodes = view.nodes.map((node) => {
    const isActive = node.state === 'active';
    return { id: node.id, zone: node.zone, weight: node.weight, keeps: isActive, accepts: isActive && accepts(node) };
  });
  const holders = view.slots.map(([, , copies, learners]) => ({ copies, learners }));
  return balancedTarget(nodes, holders, {
    replicationFactor,
    scoresOf,
    avoids: (slot, node) => avoids(slot, view.nodes[node]!),
  });
}

/**
 * The steps to take now, in the order of their importance; `served`: whether a slot's primary serves it. Of several
 * `bounds` those count that are the first to let any step pass.
 */
export function planSteps(
  view: View,
  target: readonly (readonly number[])[],
  served: (slot: number) => boolean,
  ...bounds: readonly PlannerBounds[]
): PlannedStep[] {
  const steps = allSteps(view, target, served);
  if (steps.length === 0) return steps;
  for (const each of bounds.length > 0 ? bounds : [controlPlaneLimits]) {
    const passing = bounded(view, steps, served, each);
    if (passing.length > 0) return passing;
  }
  return [];
}

const purposes: readonly StepPurpose[] = ['repair', 'drain', 'balance'];

/** The next step of each slot that has one. */
function allSteps(
  view: View,
  target: readonly (readonly number[])[],
  served: (slot: number) => boolean,
): PlannedStep[] {
  const byPurpose = new Map<StepPurpose, PlannedStep[]>(purposes.map((purpose) => [purpose, []]));
  for (let slot = 0; slot < view.slots.length; slot++) {
    if (isReached(view, slot, target[slot]!)) continue;
    const step = nextStep(view, slot, target[slot]!, served);
    if (step) byPurpose.get(step.purpose)!.push(step);
  }
  return purposes.flatMap((purpose) => byPurpose.get(purpose)!);
}

/** Nearly all slots are, in nearly all rounds. */
function isReached(view: View, slot: number, wanted: readonly number[]): boolean {
  const [, , copies, learners] = view.slots[slot]!;
  if (learners.length > 0 || copies.length !== wanted.length || copies[0] !== wanted[0]) return false;
  for (const node of copies) if (!wanted.includes(node)) return false;
  return true;
}

function nextStep(
  view: View,
  slot: number,
  wanted: readonly number[],
  served: (slot: number) => boolean,
): PlannedStep | undefined {
  const [, , copies, learners] = view.slots[slot]!;
  const name = (node: number): string => view.nodes[node]!.id;
  if (copies.length === 0) {
    if (wanted.length === 0) return undefined;
    const reason = `repair: nobody holds slot ${slot}; it begins empty at ${wanted.map(name).join(' and ')}`;
    return { change: { kind: 'place_empty', slot, copies: wanted }, purpose: 'repair', reason };
  }
  // What is not served cannot be copied, and its copies are not ours to choose now. An empty target says that no node
  // may hold it: then everything stays.
  if (wanted.length === 0 || !served(slot)) return undefined;
  const unwanted = learners.find((node) => !wanted.includes(node));
  if (unwanted !== undefined) {
    const reason = `balance: slot ${slot} is not to go to ${name(unwanted)} any more`;
    return { change: { kind: 'drop_learner', slot, from: unwanted }, purpose: 'balance', reason };
  }
  const missing = wanted.filter((node) => !copies.includes(node) && !learners.includes(node));
  // First one in a zone without a copy: while there are too few, that is what the death of a zone would ask for.
  const isApart = (node: number) => copies.every((copy) => view.nodes[copy]!.zone !== view.nodes[node]!.zone);
  const next = missing.find(isApart) ?? missing[0];
  if (next !== undefined) return learnerStep(view, slot, wanted, next);
  // A change of the primary would begin learners anew.
  if (learners.length > 0) return undefined;
  const [primary] = copies as [number, ...number[]];
  const purpose = view.nodes[primary]!.state === 'draining' ? 'drain' : 'balance';
  if (wanted[0] !== primary) {
    const to = wanted[0]!;
    const why =
      purpose === 'drain' ? `${name(primary)} is being emptied` : `${name(primary)} leads more than its share`;
    const reason = `${purpose}: ${name(to)} becomes primary of slot ${slot}, because ${why}`;
    return { change: { kind: 'move_primary', slot, from: primary, to }, purpose, reason };
  }
  const surplus = copies.find((node) => !wanted.includes(node));
  if (surplus === undefined) return undefined;
  const isDrained = view.nodes[surplus]!.state === 'draining';
  const why = isDrained ? 'drain' : 'balance';
  const has = wanted.length === 1 ? 'its copy' : `its ${wanted.length} copies`;
  const reason = `${why}: slot ${slot} has ${has} without ${name(surplus)}`;
  return { change: { kind: 'drop_copy', slot, from: surplus }, purpose: why, reason };
}

function learnerStep(view: View, slot: number, wanted: readonly number[], to: number): PlannedStep {
  const [, , copies] = view.slots[slot]!;
  const { id, zone } = view.nodes[to]!;
  const change: SlotChange = { kind: 'add_learner', slot, to };
  if (copies.length < wanted.length) {
    const reason = `repair: slot ${slot} has ${copies.length} of ${wanted.length} copies; ${id} is the target's best in zone ${zone}`;
    return { change, purpose: 'repair', reason };
  }
  const leaving = copies.find((node) => !wanted.includes(node))!;
  const from = view.nodes[leaving]!;
  if (from.state === 'draining') {
    const reason = `drain: ${id} takes slot ${slot} from ${from.id}; it is the target's best in zone ${zone}`;
    return { change, purpose: 'drain', reason };
  }
  const reason = `balance: ${id} in zone ${zone} takes slot ${slot} from ${from.id}, which holds more than its share`;
  return { change, purpose: 'balance', reason };
}

/** Of all steps those that fit beside what is under way. */
function bounded(
  view: View,
  steps: readonly PlannedStep[],
  served: (slot: number) => boolean,
  bounds: PlannerBounds,
): PlannedStep[] {
  const toTarget = new Int32Array(view.nodes.length);
  const fromSource = new Int32Array(view.nodes.length);
  let learning = 0;
  let moves = 0;
  for (let slot = 0; slot < view.slots.length; slot++) {
    const [, , copies, learners] = view.slots[slot]!;
    for (const node of learners) {
      toTarget[node]!++;
      fromSource[copies[0]!]!++;
      learning++;
    }
    // Slots whose last change is not done yet pause as well.
    if (copies.length > 0 && isLive(view.nodes[copies[0]!]!) && !served(slot)) moves++;
  }
  return steps.filter(({ change }) => {
    if (change.kind === 'add_learner') {
      const source = view.slots[change.slot]![2][0]!;
      const fits =
        learning < bounds.learnersMax &&
        toTarget[change.to]! < bounds.learnersPerTargetMax &&
        fromSource[source]! < bounds.learnersPerSourceMax;
      if (!fits) return false;
      learning++;
      toTarget[change.to]!++;
      fromSource[source]!++;
      return true;
    }
    if (change.kind !== 'move_primary' && change.kind !== 'drop_copy') return true;
    if (moves >= bounds.movesPerViewMax) return false;
    moves++;
    return true;
  });
}
