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

export interface SpareInput {
  readonly view: View;
  /** Since when a node is silent or dead, in monotonic ms. */
  readonly goneSinceMs: ReadonlyMap<Life, number>;
  /** Lives for which a spare was taken already. */
  readonly covered: ReadonlySet<Life>;
  readonly memoryShare: number | undefined;
  readonly operationsPerSecond: number | undefined;
  readonly targets: SpareTargets;
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
  const { view, goneSinceMs, covered, nowMs } = input;
  const spares = view.nodes.flatMap((node, index) => (node.state === 'spare' ? [{ node, index }] : []));
  if (spares.length === 0) return undefined;
  const isLong = (node: FleetNode) => {
    const sinceMs = goneSinceMs.get(lifeOf(node));
    return sinceMs !== undefined && nowMs - sinceMs >= controlPlaneLimits.spareAfterMs;
  };
  const lost = view.nodes.find((node) => isLong(node) && !covered.has(lifeOf(node)) && node.standing === undefined);
  if (lost) {
    const spare = spares.find(({ node }) => node.zone === lost.zone) ?? spares[0]!;
    return { index: spare.index, for: lifeOf(lost), reason: `${lost.id} is ${lost.state}` };
  }
  const { memoryShare, operationsPerSecond } = input.targets;
  const spare = spares[0]!;
  if (memoryShare !== undefined && input.memoryShare !== undefined && input.memoryShare > memoryShare) {
    return { index: spare.index, for: null, reason: 'the memory in use is above its target' };
  }
  const load = input.operationsPerSecond;
  if (operationsPerSecond !== undefined && load !== undefined && load > operationsPerSecond) {
    return { index: spare.index, for: null, reason: 'the load is above its target' };
  }
  return undefined;
}
