/** Changes of a view as a simulation's control plane makes them: pure, from one view to the next. */
import type { FleetNode, SlotAssignment, View } from '../../../src/shared/fleet-state.ts';
import type { Proposal } from '../../../src/storage-node/replication/environment.ts';
import { lifeOf } from '../../../src/storage-node/replication/messages.ts';

type SlotChange = (slot: SlotAssignment, number: number) => SlotAssignment;

/** The view with a first placement of a few slots. */
export function firstView(nodes: readonly FleetNode[], copiesOf: (slot: number) => number[], slots: number): View {
  const assignments = Array.from({ length: slots }, (_, slot): SlotAssignment => [1, 1, copiesOf(slot), []]);
  return { number: 1, nodes: [...nodes], slots: assignments };
}

function changed(view: View, change: SlotChange, nodes: FleetNode[] = view.nodes): View {
  return { number: view.number + 1, nodes, slots: view.slots.map(change) };
}

function withState(view: View, index: number, state: FleetNode['state']): FleetNode[] {
  return view.nodes.with(index, { ...view.nodes[index]!, state });
}

const isLive = (view: View, index: number): boolean => ['active', 'draining'].includes(view.nodes[index]!.state);

/** A node is not heard any more: it leaves all in-sync sets in which somebody else remains. */
export function withSilent(view: View, index: number): View {
  return changed(view, (slot) => withoutNode(view, slot, index), withState(view, index, 'silent'));
}

function withoutNode(view: View, slot: SlotAssignment, index: number): SlotAssignment {
  const [epoch, dataEpoch, copies, learners] = slot;
  const leaves = copies.includes(index) && copies.length > 1;
  if (!leaves && !learners.includes(index)) return slot;
  const others = leaves ? copies.filter((copy) => copy !== index) : copies;
  if (others.length === 0) return [epoch + 1, dataEpoch, [], learners.filter((learner) => learner !== index)];
  // The first live one leads, if there is one.
  const first = others.find((copy) => copy !== index && isLive(view, copy)) ?? others[0]!;
  const ordered = [first, ...others.filter((copy) => copy !== first)];
  return [epoch + 1, dataEpoch, ordered, learners.filter((learner) => learner !== index)];
}

export function withBack(view: View, index: number): View {
  return { ...view, number: view.number + 1, nodes: withState(view, index, 'active') };
}

/**
 * A life has certainly ended. Slots whose last copy it had restart empty on `freshOf(slot)`, or are not served when
 * that is nobody; `onReset` hears of them.
 */
export function withEnded(
  view: View,
  index: number,
  freshOf: (slot: number) => number[],
  onReset: (slot: number) => void,
): View {
  const change: SlotChange = (slot, number) => {
    const [epoch, dataEpoch, copies, learners] = slot;
    if (copies.length !== 1 || copies[0] !== index) return withoutNode(view, slot, index);
    onReset(number);
    const fresh = freshOf(number);
    return [epoch + 1, dataEpoch + 1, fresh, learners.filter((one) => one !== index && !fresh.includes(one))];
  };
  return changed(view, change, withState(view, index, 'dead'));
}

/** Another life of a node, empty, in the place of one that has ended. */
export function withLife(view: View, index: number, incarnation: string): View {
  const node = { ...view.nodes[index]!, incarnation, state: 'active' as const };
  return { ...view, number: view.number + 1, nodes: view.nodes.with(index, node) };
}

/** Slots that nobody has a copy of begin anew on a live node: in a data epoch of their own, as all that begins empty. */
export function withOrphansPlaced(view: View, freshOf: (slot: number) => number[]): View {
  return changed(view, ([epoch, dataEpoch, copies, learners], number) => {
    const fresh = copies.length === 0 ? freshOf(number) : copies;
    if (copies.length > 0 || fresh.length === 0) return [epoch, dataEpoch, copies, learners];
    return [epoch + 1, dataEpoch + 1, fresh, learners.filter((learner) => !fresh.includes(learner))];
  });
}

/** Carries out what a slot's primary asks for, by compare-and-swap on the epoch; null when it is refused. */
export function withProposal(view: View, proposer: string, { slot, epoch, kind, life }: Proposal): View | null {
  const [viewEpoch, dataEpoch, copies, learners] = view.slots[slot]!;
  if (viewEpoch !== epoch || copies.length === 0 || lifeOf(view.nodes[copies[0]!]!) !== proposer) return null;
  const index = view.nodes.findIndex((node) => lifeOf(node) === life);
  if (index < 0) return null;
  if (kind === 'join') {
    if (!learners.includes(index)) return null;
    const left = learners.filter((learner) => learner !== index);
    return withSlot(view, slot, [epoch + 1, dataEpoch, [...copies, index], left]);
  }
  if (copies[0] === index) return null;
  if (!copies.includes(index) && !learners.includes(index)) return null;
  const [copiesLeft, learnersLeft] = [copies, learners].map((list) => list.filter((one) => one !== index));
  return withSlot(view, slot, [epoch + 1, dataEpoch, copiesLeft!, learnersLeft!]);
}

export function withSlot(view: View, slot: number, assignment: SlotAssignment): View {
  return { ...view, number: view.number + 1, slots: view.slots.with(slot, assignment) };
}
