/**
 * The changes of a view, as pure functions from one view to the next: who registers, and the first placement. Deaths
 * are in `view-deaths.ts`, moves in `view-moves.ts`. Rules that all of them keep: the number grows by one with each
 * change; a slot's epoch grows with every change of its copies or learners; its data epoch grows whenever it restarts
 * empty; neither ever goes back; a new primary was an in-sync copy (DESIGN §2, replication rules P1 and P8).
 *
 * A data epoch begins with the wall clock: it is at least the seconds since 1970 at which the slot restarted. So the
 * entity tags and sequence pages of a fleet whose state was lost, and which begins anew, meet none of those before.
 */
import type { NodeRegistration } from '../shared/control-link/protocol.ts';
import type { FleetNode, SlotAssignment, View } from '../shared/fleet-state.ts';
import { slotCount } from '../shared/slots.ts';
import { isPlaced, stateOf } from './lives.ts';
import { placeSlots } from './placement.ts';
import { type DeathOutcome, type ResetOptions, withNodeReplaced } from './view-deaths.ts';
import { nextDataEpoch } from './view-moves.ts';

export type { NodeRegistration };

/** The view before any node registered: no slot is served. */
export function emptyView(): View {
  return { number: 0, nodes: [], slots: Array.from({ length: slotCount }, () => [0, 0, [], []]) };
}

/** Gives every slot to the joining nodes, empty. `wallMs` is the time now. */
export function withFirstPlacement(view: View, replicationFactor: number, wallMs: number): View {
  const nodes = view.nodes.map((node): FleetNode => (node.state === 'joining' ? { ...node, state: 'active' } : node));
  const placed = nodes.map((node, index) => ({ ...node, index })).filter(({ state }) => state === 'active');
  const placement = placeSlots(placed, replicationFactor);
  const slots = view.slots.map(([epoch, dataEpoch], slot): SlotAssignment => {
    const copies = placement[slot]!.map((at) => placed[at]!.index);
    return [epoch + 1, nextDataEpoch(dataEpoch, wallMs), copies, []];
  });
  return { number: view.number + 1, nodes, slots };
}

/** Forgets all nodes and their copies, which are lost; for a fleet whose nodes have all ended with their control plane. */
export function withoutNodes(view: View): DeathOutcome {
  if (view.nodes.length === 0) return { view, failovers: 0, resets: 0 };
  let resets = 0;
  const slots = view.slots.map(([epoch, dataEpoch, copies, learners]): SlotAssignment => {
    if (copies.length > 0) resets++;
    const held = copies.length + learners.length > 0;
    return [held ? epoch + 1 : epoch, dataEpoch, [], []];
  });
  return { view: { number: view.number + 1, nodes: [], slots }, failovers: 0, resets };
}

/**
 * Takes a registration in. A new id joins without slots. The same life only refreshes its URL. A new life of a known
 * id says that the former one has ended (P1): that one's copies are gone, and the new one starts with none of them
 * (`withNodeReplaced`). Returns the same view when nothing changed.
 */
export function withRegistration(view: View, registration: NodeRegistration, options: ResetOptions): DeathOutcome {
  const index = view.nodes.findIndex((node) => node.id === registration.id);
  const unchanged = { failovers: 0, resets: 0 };
  if (index < 0) {
    const node = nodeOf(registration, registration.spare === true ? 'spare' : 'active', isPlaced(view));
    return { view: { ...view, number: view.number + 1, nodes: [...view.nodes, node] }, ...unchanged };
  }
  const known = view.nodes[index]!;
  if (known.incarnation === registration.incarnation) {
    if (known.url === registration.url) return { view, ...unchanged };
    const nodes = view.nodes.with(index, { ...known, url: registration.url });
    return { view: { ...view, number: view.number + 1, nodes }, ...unchanged };
  }
  const node = nodeOf(registration, known.standing ?? 'active', isPlaced(view));
  return withNodeReplaced(view, index, node, options);
}

const bytesPerUnit = 2 ** 30;

function nodeOf(
  { id, incarnation, zone, url, weight, memory_bytes }: NodeRegistration,
  standing: NonNullable<FleetNode['standing']>,
  isPlaced: boolean,
): FleetNode {
  const capacity = memory_bytes === undefined ? weight : (weight * memory_bytes) / bytesPerUnit;
  const node: FleetNode = { id, incarnation, zone, url, weight: capacity, capacity, state: 'active' };
  if (standing !== 'active') node.standing = standing;
  return { ...node, state: stateOf(node, isPlaced) };
}
