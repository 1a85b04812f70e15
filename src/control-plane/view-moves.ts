/** What a view becomes by the steps of the planner, the proposals of primaries, and the words of operators. */
import type { SlotProposal } from '../shared/control-link/protocol.ts';
import type { FleetNode, SlotAssignment, View } from '../shared/fleet-state.ts';
import { indexOfLife, isLive, type Life, withHolders } from './lives.ts';

/** The data epoch after another. 32 bits of seconds last until 2106; a clock beyond that counts no further. */
export function nextDataEpoch(dataEpoch: number, wallMs: number): number {
  return Math.max(dataEpoch + 1, Math.min(Math.floor(wallMs / 1_000), 0xffff_ffff));
}

/** One change of one slot on the way to the target; nodes as indices into the view. */
export type SlotChange =
  | { readonly kind: 'add_learner'; readonly slot: number; readonly to: number }
  | { readonly kind: 'drop_learner'; readonly slot: number; readonly from: number }
  /** Another in-sync copy becomes primary, and the former one stays in sync. */
  | { readonly kind: 'move_primary'; readonly slot: number; readonly from: number; readonly to: number }
  | { readonly kind: 'drop_copy'; readonly slot: number; readonly from: number }
  /** A slot that nobody holds begins empty. */
  | { readonly kind: 'place_empty'; readonly slot: number; readonly copies: readonly number[] };

/** The view with all these changes, in the next number; the same view when there are none. */
export function withSlotChanges(view: View, changes: readonly SlotChange[], wallMs: number): View {
  if (changes.length === 0) return view;
  const slots = [...view.slots];
  for (const change of changes) slots[change.slot] = changedSlot(slots[change.slot]!, change, wallMs);
  return { ...view, number: view.number + 1, slots };
}

function changedSlot(slot: SlotAssignment, change: SlotChange, wallMs: number): SlotAssignment {
  const [epoch, dataEpoch, copies, learners] = slot;
  switch (change.kind) {
    case 'add_learner':
      assert(copies.length > 0 && !copies.includes(change.to) && !learners.includes(change.to));
      return withHolders(slot, copies, [...learners, change.to]);
    case 'drop_learner':
      assert(learners.includes(change.from));
      return withHolders(slot, copies, without(learners, change.from));
    case 'move_primary':
      assert(copies[0] === change.from && copies.includes(change.to));
      return withHolders(slot, [change.to, ...without(copies, change.to)], learners);
    case 'drop_copy':
      assert(copies.includes(change.from) && copies[0] !== change.from);
      return withHolders(slot, without(copies, change.from), learners);
    case 'place_empty':
      assert(copies.length === 0);
      return [epoch + 1, nextDataEpoch(dataEpoch, wallMs), [...change.copies], []];
  }
}

export interface ProposalOutcome {
  readonly view: View;
  readonly applied: readonly SlotProposal[];
  readonly refused: number;
}

/** Proposals of one life, in their order. */
export interface ProposalsOf {
  readonly life: Life;
  readonly proposals: readonly SlotProposal[];
}

/** The view with all proposals that hold (rules P6 and P9); the outcome of each batch, and the one view of all. */
export function withProposals(view: View, batches: readonly ProposalsOf[]): ProposalOutcome[] {
  const slots = [...view.slots];
  const outcomes = batches.map(({ life, proposals }) => {
    const proposer = indexOfLife(view, life);
    const applied = proposals.filter((proposal) => {
      const changed = proposedSlot(view, slots[proposal.slot]!, proposer, proposal);
      if (changed) slots[proposal.slot] = changed;
      return changed !== undefined;
    });
    return { applied, refused: proposals.length - applied.length };
  });
  const isChanged = outcomes.some(({ applied }) => applied.length > 0);
  const next = isChanged ? { ...view, number: view.number + 1, slots } : view;
  return outcomes.map((outcome) => ({ ...outcome, view: next }));
}

/** The slot as proposed; undefined when its copies have changed since, or the proposer is not its primary. */
function proposedSlot(
  view: View,
  slot: SlotAssignment,
  proposer: number,
  { epoch, kind, life }: SlotProposal,
): SlotAssignment | undefined {
  const [slotEpoch, , copies, learners] = slot;
  if (proposer < 0 || copies[0] !== proposer || slotEpoch !== epoch) return undefined;
  // A life that was confirmed dead does not speak; one that is only silent may still be the primary.
  if (view.nodes[proposer]!.state === 'dead') return undefined;
  const subject = indexOfLife(view, life);
  if (subject < 0 || subject === proposer) return undefined;
  if (kind === 'join') {
    if (!learners.includes(subject) || !isLive(view.nodes[subject]!)) return undefined;
    return withHolders(slot, [...copies, subject], without(learners, subject));
  }
  if (!copies.includes(subject) && !learners.includes(subject)) return undefined;
  return withHolders(slot, without(copies, subject), without(learners, subject));
}

/** The view with one node changed, and nothing else. */
export function withNode(view: View, index: number, change: Partial<FleetNode>): View {
  return { ...view, number: view.number + 1, nodes: view.nodes.with(index, { ...view.nodes[index]!, ...change }) };
}

function without(nodes: readonly number[], node: number): number[] {
  return nodes.filter((each) => each !== node);
}

function assert(holds: boolean): void {
  if (!holds) throw new Error('a step does not fit the slot that it changes');
}

/** A node that leaves by itself drains; one that has changed its mind is what it was, unless an operator drains it. */
export function leavingState(node: FleetNode, leaving: boolean): FleetNode['state'] {
  if (leaving) return isLive(node) ? 'draining' : node.state;
  return node.state === 'draining' && node.standing !== 'draining' ? (node.standing ?? 'active') : node.state;
}
