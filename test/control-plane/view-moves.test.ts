import { describe, expect, it } from 'vitest';
import { nextDataEpoch, type SlotChange, withProposals, withSlotChanges } from '../../src/control-plane/view-moves.ts';
import type { SlotProposal } from '../../src/shared/control-link/protocol.ts';
import type { FleetNode, SlotAssignment, View } from '../../src/shared/fleet-state.ts';
import { slotCount } from '../../src/shared/slots.ts';

const node = (id: string, state: FleetNode['state'] = 'active'): FleetNode => {
  return { id, incarnation: 'x', zone: id[0]!, url: `http://${id}.test`, weight: 1, state };
};
const nodes = ['a', 'b', 'c', 'd'].map((id) => node(id));

function viewOf(first: readonly SlotAssignment[], of: readonly FleetNode[] = nodes): View {
  const slots = Array.from({ length: slotCount }, (_, slot): SlotAssignment => first[slot] ?? [1, 1, [0, 1], []]);
  return { number: 5, nodes: [...of], slots };
}

function propose(view: View, life: string, ...proposals: SlotProposal[]) {
  return withProposals(view, [{ life, proposals }])[0]!;
}

const shrink = (life: string, epoch = 7, slot = 0): SlotProposal => ({ slot, epoch, kind: 'shrink', life });
const join = (life: string, epoch = 7, slot = 0): SlotProposal => ({ slot, epoch, kind: 'join', life });

describe('proposals', () => {
  const view = viewOf([[7, 3, [0, 1], [2]]]);

  it('shrink: the primary has a silent copy removed', () => {
    const { view: next, applied, refused } = propose(view, 'a/x', shrink('b/x'));
    expect([next.number, next.slots[0], applied.length, refused]).toEqual([6, [8, 3, [0], [2]], 1, 0]);
  });

  it('shrink: of a learner withdraws it', () => {
    expect(propose(view, 'a/x', shrink('c/x')).view.slots[0]).toEqual([8, 3, [0, 1], []]);
  });

  it('join: a learner becomes a copy in sync, and not the primary', () => {
    expect(propose(view, 'a/x', join('c/x')).view.slots[0]).toEqual([8, 3, [0, 1, 2], []]);
  });

  it.each([
    ['of an older epoch', 'a/x', shrink('b/x', 6)],
    ['of a newer epoch', 'a/x', shrink('b/x', 8)],
    ['by a copy that is not the primary', 'b/x', shrink('a/x')],
    ['by another life of the primary', 'a/y', shrink('b/x')],
    ['by nobody of the view', 'z/x', shrink('b/x')],
    ['to remove the primary itself', 'a/x', shrink('a/x')],
    ['to remove another life of a copy', 'a/x', shrink('b/y')],
    ['to remove who holds nothing', 'a/x', shrink('d/x')],
    ['to join a node that is no learner', 'a/x', join('d/x')],
    ['to join another life of the learner', 'a/x', join('c/y')],
    ['to join a copy that is in sync already', 'a/x', join('b/x')],
  ])('are refused %s', (_what, life, proposal) => {
    const outcome = propose(view, life, proposal);
    expect(outcome.view).toBe(view);
    expect([outcome.applied.length, outcome.refused]).toEqual([0, 1]);
  });

  it('are refused from a life that is over, and for a learner that nobody hears', () => {
    const slot: SlotAssignment = [7, 3, [0, 1], [2]];
    const dead = viewOf([slot], [node('a', 'dead'), ...nodes.slice(1)]);
    expect(propose(dead, 'a/x', shrink('b/x')).refused).toBe(1);
    const silent = viewOf([slot], [nodes[0]!, nodes[1]!, node('c', 'silent'), nodes[3]!]);
    expect(propose(silent, 'a/x', join('c/x')).refused).toBe(1);
  });

  it('of one batch: all slots in one view, and the second of a slot comes too late', () => {
    const both = viewOf([
      [7, 3, [0, 1], [2]],
      [9, 3, [0, 1], []],
    ]);
    const { view: next, applied, refused } = propose(both, 'a/x', join('c/x'), shrink('b/x'), shrink('b/x', 9, 1));
    expect([next.number, applied.length, refused]).toEqual([6, 2, 1]);
    expect(next.slots.slice(0, 2)).toEqual([
      [8, 3, [0, 1, 2], []],
      [10, 3, [0], []],
    ]);
  });

  it('of several nodes become one view, and each is told its own', () => {
    const of = viewOf([
      [7, 3, [0, 1], []],
      [7, 3, [1, 0], []],
    ]);
    const [one, two] = withProposals(of, [
      { life: 'a/x', proposals: [shrink('b/x')] },
      { life: 'b/x', proposals: [shrink('a/x', 7, 1), shrink('a/x')] },
    ]);
    expect(one!.view).toBe(two!.view);
    expect([one!.view.number, one!.refused, two!.applied.length, two!.refused]).toEqual([6, 0, 1, 1]);
  });
});

describe('steps of the planner', () => {
  const slot: SlotAssignment = [7, 3, [0, 1], [2]];
  const step = (change: SlotChange, of = slot) => withSlotChanges(viewOf([of]), [change], 0).slots[0];

  it('each makes a new epoch in the old data epoch', () => {
    expect(step({ kind: 'add_learner', slot: 0, to: 3 })).toEqual([8, 3, [0, 1], [2, 3]]);
    expect(step({ kind: 'drop_learner', slot: 0, from: 2 })).toEqual([8, 3, [0, 1], []]);
    expect(step({ kind: 'move_primary', slot: 0, from: 0, to: 1 })).toEqual([8, 3, [1, 0], [2]]);
    expect(step({ kind: 'drop_copy', slot: 0, from: 1 })).toEqual([8, 3, [0], [2]]);
  });

  it('only a slot that nobody holds begins empty', () => {
    const change: SlotChange = { kind: 'place_empty', slot: 0, copies: [2, 3] };
    expect(step(change, [7, 3, [], []])).toEqual([8, 4, [2, 3], []]);
    expect(() => step(change)).toThrow('does not fit');
  });

  it.each<SlotChange>([
    { kind: 'add_learner', slot: 0, to: 1 },
    { kind: 'add_learner', slot: 0, to: 2 },
    { kind: 'drop_learner', slot: 0, from: 1 },
    { kind: 'move_primary', slot: 0, from: 0, to: 2 },
    { kind: 'move_primary', slot: 0, from: 1, to: 0 },
    { kind: 'drop_copy', slot: 0, from: 0 },
    { kind: 'drop_copy', slot: 0, from: 2 },
  ])('one that does not fit is a bug: %o', (change) => {
    expect(() => step(change)).toThrow('does not fit');
  });

  it('none change nothing', () => {
    const view = viewOf([]);
    expect(withSlotChanges(view, [], 0)).toBe(view);
  });
});

describe('data epochs', () => {
  it('are the seconds of the clock, and grow when that stands', () => {
    expect(nextDataEpoch(3, 0)).toBe(4);
    expect(nextDataEpoch(3, 9_500)).toBe(9);
    expect(nextDataEpoch(9, 9_500)).toBe(10);
  });
});
