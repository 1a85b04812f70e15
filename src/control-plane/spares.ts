/** When a spare node is taken into use, and which one. */
import type { FleetNode, View } from '../shared/fleet-state.ts';
import { controlPlaneLimits } from './limits.ts';
import { type Life, lifeOf } from './lives.ts';

/** Above these a spare is taken into use; a fleet without targets keeps its spares for deaths. */
export interface SpareTargets {
  /** Used part of the memory of all active nodes, 0 to 1. A cache that evicts is full by nature. */
  readonly memoryShare?: number;
  /** Operations a second of a node, on average. */
  readonly operationsPerSecond?: number;
}

/** How much of what the active nodes have is in use; undefined while some of them have not said it. */
export interface FleetUse {
  readonly memoryShare: number | undefined;
  readonly operationsPerSecond: number | undefined;
}

/** The target that is passed, in words; undefined when none is. */
export function targetPassed(targets: SpareTargets, use: FleetUse): string | undefined {
  if (isAbove(use.memoryShare, targets.memoryShare)) return 'the memory in use is above its target';
  if (isAbove(use.operationsPerSecond, targets.operationsPerSecond)) return 'the load is above its target';
  return undefined;
}

function isAbove(value: number | undefined, target: number | undefined): boolean {
  return value !== undefined && target !== undefined && value > target;
}

export interface SpareInput {
  readonly view: View;
  /** Since when a node is silent or dead, in monotonic ms. */
  readonly goneSinceMs: ReadonlyMap<Life, number>;
  /** Lives for which a spare was taken already. */
  readonly covered: ReadonlySet<Life>;
  /** The target that is passed, and since when without a break, in monotonic ms. */
  readonly passed: { readonly target: string; readonly sinceMs: number } | undefined;
  readonly nowMs: number;
}

export interface SpareChoice {
  readonly index: number;
  /** The life whose place it takes; null for a target that was passed. */
  readonly for: Life | null;
  readonly reason: string;
}

/** The spare to take into use now, if any. */
export function chooseSpare(input: SpareInput): SpareChoice | undefined {
  const { view, goneSinceMs, covered, passed, nowMs } = input;
  const spares = view.nodes.flatMap((node, index) => (node.state === 'spare' ? [{ node, index }] : []));
  if (spares.length === 0) return undefined;
  const isLong = (sinceMs: number) => nowMs - sinceMs >= controlPlaneLimits.spareAfterMs;
  const isGone = (node: FleetNode) => isLong(goneSinceMs.get(lifeOf(node)) ?? Number.POSITIVE_INFINITY);
  // One that an operator had as a spare, or is emptying, is not missed.
  const isMissed = (node: FleetNode) => isGone(node) && (node.standing ?? 'active') === 'active';
  const lost = view.nodes.find((node) => isMissed(node) && !covered.has(lifeOf(node)));
  if (lost) {
    const spare = spares.find(({ node }) => node.zone === lost.zone) ?? spares[0]!;
    return { index: spare.index, for: lifeOf(lost), reason: `${lost.id} is ${lost.state}` };
  }
  // one that is in use stays so: a burst of a second is no reason
  if (passed && isLong(passed.sinceMs)) return { index: spares[0]!.index, for: null, reason: passed.target };
  return undefined;
}
