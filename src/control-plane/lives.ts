/** Words about the nodes of a view. A *life* is one process of a node, `id/incarnation`: one that restarted is another. */
import type { FleetNode, SlotAssignment, View } from '../shared/fleet-state.ts';
import { type Life, lifeOf } from '../shared/life.ts';

export { type Life, lifeOf };

/** The id of the node of a life. */
export function idOfLife(life: Life): string {
  return life.slice(0, life.indexOf('/'));
}

/** Whether a node is taken to be running. */
export function isLive(node: FleetNode): boolean {
  return node.state !== 'silent' && node.state !== 'dead';
}

/** Position of a life in the view; -1 when the view does not name it. */
export function indexOfLife(view: View, life: Life): number {
  return view.nodes.findIndex((node) => lifeOf(node) === life);
}

/** The state of a node that is heard, by what it is there for. */
export function stateOf(node: FleetNode, isPlaced: boolean): FleetNode['state'] {
  const standing = node.standing ?? 'active';
  return standing === 'active' && !isPlaced ? 'joining' : standing;
}

/**
 * Whether slots were given to nodes; until then registered nodes are `joining`. Where a node is active they were: slots
 * that nobody holds for a moment, since they lost everything, are given to it next.
 */
export function isPlaced(view: View): boolean {
  return view.nodes.some(({ state }) => state === 'active') || view.slots.some(([, , copies]) => copies.length > 0);
}

/** Whether slots were given to nodes at any time: no epoch grows before. */
export function wasPlaced(view: View): boolean {
  return view.slots.some(([epoch]) => epoch > 0);
}

/** For each node, what it holds. */
export interface Holdings {
  readonly primaries: number;
  /** Beside those as primary. */
  readonly copies: number;
  readonly learners: number;
}

export function holdingsOf(view: View): Holdings[] {
  const held = view.nodes.map(() => ({ primaries: 0, copies: 0, learners: 0 }));
  for (const [, , copies, learners] of view.slots) {
    for (let place = 0; place < copies.length; place++) held[copies[place]!]![place === 0 ? 'primaries' : 'copies']++;
    for (const node of learners) held[node]!.learners++;
  }
  return held;
}

export function isEmpty({ primaries, copies, learners }: Holdings): boolean {
  return primaries + copies + learners === 0;
}

/** Whether a life was told to leave, or left by itself, and has nothing any more. */
export function isEmptied(view: View, holdings: readonly Holdings[], life: Life): boolean {
  const index = indexOfLife(view, life);
  return index >= 0 && view.nodes[index]!.state === 'draining' && isEmpty(holdings[index]!);
}

/** The slot with other copies or learners, in its next epoch. */
export function withHolders(
  [epoch, dataEpoch]: SlotAssignment,
  copies: readonly number[],
  learners: readonly number[],
): SlotAssignment {
  return [epoch + 1, dataEpoch, [...copies], [...learners]];
}
