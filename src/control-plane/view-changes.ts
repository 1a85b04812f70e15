/**
 * The changes of a view, as pure functions from one view to the next. Rules that all of them keep: the
 * number grows by one with each change; a slot's epoch grows with every change of its copies; its data epoch
 * grows whenever it restarts empty; neither ever goes back (DESIGN §2, replication rules P1 and P8).
 *
 * A data epoch begins with the wall clock: it is at least the seconds since 1970 at which the slot restarted. So the
 * entity tags and sequence pages of a fleet whose state was lost, and which begins anew, meet none of those before.
 *
 * The planner of moves (learners, hand-off, balance) is to add its steps here.
 */
import type { FleetNode, SlotAssignment, View } from '../shared/fleet-state.ts';
import { slotCount } from '../shared/slots.ts';
import { placeSlots } from './placement.ts';

/** What a storage node says of itself when it registers. */
export type NodeRegistration = Omit<FleetNode, 'state'>;

/** The view before any node registered: no slot is served. */
export function emptyView(): View {
  return { number: 0, nodes: [], slots: Array.from({ length: slotCount }, () => [0, 0, [], []]) };
}

/** Whether slots were ever given to nodes; until then registered nodes are `joining`. */
export function isPlaced(view: View): boolean {
  return view.slots.some(([, , copies]) => copies.length > 0);
}

/** Gives every slot to the joining nodes, empty. `wallMs` is the time now. */
export function withFirstPlacement(view: View, replicationFactor: number, wallMs: number): View {
  const nodes = view.nodes.map((node): FleetNode => ({ ...node, state: 'active' }));
  const placement = placeSlots(nodes, replicationFactor);
  const slots = view.slots.map(([epoch, dataEpoch], slot): SlotAssignment => {
    return [epoch + 1, nextDataEpoch(dataEpoch, wallMs), placement[slot]!, []];
  });
  return { number: view.number + 1, nodes, slots };
}

/** Forgets all nodes and their copies; for a fleet whose nodes have all ended with their control plane. */
export function withoutNodes(view: View): View {
  if (view.nodes.length === 0) return view;
  const slots = view.slots.map(([epoch, dataEpoch, copies, learners]): SlotAssignment => {
    const held = copies.length + learners.length > 0;
    return [held ? epoch + 1 : epoch, dataEpoch, [], []];
  });
  return { number: view.number + 1, nodes: [], slots };
}

/**
 * Takes a registration in. A new id joins without slots. The same incarnation only refreshes its URL. A new
 * incarnation of a known id is empty (P1): slots of which it had the only copy restart empty with it, and in
 * those with other copies it falls back to learner. Returns the same view when nothing changed. `wallMs` is the time
 * now.
 */
export function withRegistration(view: View, registration: NodeRegistration, wallMs: number): View {
  const index = view.nodes.findIndex((node) => node.id === registration.id);
  if (index < 0) {
    const node: FleetNode = { ...registration, state: isPlaced(view) ? 'active' : 'joining' };
    return { ...view, number: view.number + 1, nodes: [...view.nodes, node] };
  }
  const known = view.nodes[index]!;
  if (known.incarnation === registration.incarnation) {
    if (known.url === registration.url) return view;
    return { ...view, number: view.number + 1, nodes: view.nodes.with(index, { ...known, url: registration.url }) };
  }
  const state = known.state === 'dead' ? 'active' : known.state;
  return {
    number: view.number + 1,
    nodes: view.nodes.with(index, { ...registration, state }),
    slots: view.slots.map((slot) => withCopyLost(slot, index, wallMs)),
  };
}

function withCopyLost(slot: SlotAssignment, node: number, wallMs: number): SlotAssignment {
  const [epoch, dataEpoch, copies, learners] = slot;
  if (!copies.includes(node)) return slot;
  if (copies.length === 1) return [epoch + 1, nextDataEpoch(dataEpoch, wallMs), copies, learners];
  const others = copies.filter((copy) => copy !== node);
  return [epoch + 1, dataEpoch, others, [...learners.filter((learner) => learner !== node), node]];
}

/** The data epoch after another. 32 bits of seconds last until 2106; a clock beyond that counts no further. */
function nextDataEpoch(dataEpoch: number, wallMs: number): number {
  return Math.max(dataEpoch + 1, Math.min(Math.floor(wallMs / 1_000), 0xffff_ffff));
}
