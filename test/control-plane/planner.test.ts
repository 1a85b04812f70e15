import { describe, expect, it } from 'vitest';
import { type PlannedStep, planSteps, targetOf } from '../../src/control-plane/planner.ts';
import { ScoreTable } from '../../src/control-plane/score-table.ts';
import { withSlotChanges } from '../../src/control-plane/view-moves.ts';
import type { FleetNode, SlotAssignment, View } from '../../src/shared/fleet-state.ts';
import { slotCount } from '../../src/shared/slots.ts';

const node = (id: string, state: FleetNode['state'] = 'active'): FleetNode => {
  return { id, incarnation: 'x', zone: id[0]!, url: `http://${id}.test`, weight: 1, state };
};
const nodes = ['a-1', 'b-1', 'c-1', 'd-1'].map((id) => node(id));

function viewOf(first: readonly SlotAssignment[], of: readonly FleetNode[] = nodes): View {
  const slots = Array.from({ length: slotCount }, (_, slot): SlotAssignment => first[slot] ?? [1, 1, [0, 1], []]);
  return { number: 5, nodes: [...of], slots };
}

const unbounded = {
  learnersMax: Number.POSITIVE_INFINITY,
  learnersPerTargetMax: Number.POSITIVE_INFINITY,
  learnersPerSourceMax: Number.POSITIVE_INFINITY,
  movesPerViewMax: Number.POSITIVE_INFINITY,
};

/** The steps of the first slot, which should be held by `wanted`; all other slots are where they should be. */
function stepsOf(slot: SlotAssignment, wanted: number[], of: readonly FleetNode[] = nodes, isServed = true) {
  const target = Array.from({ length: slotCount }, (_, number) => (number === 0 ? wanted : [0, 1]));
  return planSteps(viewOf([slot], of), target, () => isServed, unbounded);
}

const stepOf = (...args: Parameters<typeof stepsOf>): PlannedStep['change'] | undefined => stepsOf(...args)[0]?.change;

describe('the next step of a slot', () => {
  it('nothing, where it is as it should be', () => {
    expect(stepsOf([7, 3, [0, 1], []], [0, 1])).toEqual([]);
  });

  it('a copy too few: a learner, for repair, with its reason', () => {
    expect(stepsOf([7, 3, [0], []], [0, 1])).toEqual([
      {
        change: { kind: 'add_learner', slot: 0, to: 1 },
        purpose: 'repair',
        reason: "repair: slot 0 has 1 of 2 copies; b-1 is the target's best in zone b",
      },
    ]);
  });

  it('a move goes learner, primary, surplus: one step at a time, and never below its copies', () => {
    const learner = stepOf([7, 3, [0, 1], []], [2, 1]);
    expect(learner).toEqual({ kind: 'add_learner', slot: 0, to: 2 });
    expect(stepOf([8, 3, [0, 1], [2]], [2, 1])).toBeUndefined();
    expect(stepOf([9, 3, [0, 1, 2], []], [2, 1])).toEqual({ kind: 'move_primary', slot: 0, from: 0, to: 2 });
    expect(stepOf([10, 3, [2, 0, 1], []], [2, 1])).toEqual({ kind: 'drop_copy', slot: 0, from: 0 });
  });

  it('nothing, while its primary does not serve it', () => {
    const slots: [SlotAssignment, number[]][] = [
      [
        [7, 3, [0], []],
        [0, 1],
      ],
      [
        [7, 3, [0, 1], []],
        [1, 0],
      ],
      [
        [7, 3, [0, 1, 2], []],
        [0, 1],
      ],
    ];
    for (const [slot, wanted] of slots) expect(stepOf(slot, wanted, nodes, false)).toBeUndefined();
  });

  it('a learner that is wanted no more is withdrawn first', () => {
    expect(stepOf([7, 3, [0], [2]], [0, 1])).toEqual({ kind: 'drop_learner', slot: 0, from: 2 });
  });

  it('nobody may hold it: everything stays', () => {
    expect(stepOf([7, 3, [0, 1], []], [])).toBeUndefined();
  });

  it('nobody holds it: it begins empty where it should be', () => {
    expect(stepOf([7, 3, [], []], [2, 1], nodes, false)).toEqual({ kind: 'place_empty', slot: 0, copies: [2, 1] });
  });

  it('of a node that drains, the reason is that', () => {
    const draining = [node('a-1', 'draining'), ...nodes.slice(1)];
    const [step] = stepsOf([7, 3, [0, 1], []], [2, 1], draining);
    expect(step).toMatchObject({ purpose: 'drain', reason: expect.stringContaining('c-1 takes slot 0 from a-1') });
  });
});

describe('steps of a round', () => {
  const target = Array.from({ length: slotCount }, () => [0, 1]);

  it('repair comes first, then what drains, then balance', () => {
    const draining = [...nodes.slice(0, 3), node('d-1', 'draining')];
    const view = viewOf(
      [
        [7, 3, [0, 2], []],
        [7, 3, [0, 3], []],
        [7, 3, [0], []],
      ],
      draining,
    );
    const steps = planSteps(view, target, () => true);
    expect(steps.map(({ purpose, change }) => [purpose, change.slot])).toEqual([
      ['repair', 2],
      ['drain', 1],
      ['balance', 0],
    ]);
  });

  it('are bounded in the fleet, for a target and for a source, what is under way included', () => {
    const alone = Array.from({ length: slotCount }, (_, slot): SlotAssignment => [7, 3, [slot % 2], []]);
    const view = viewOf(alone);
    const wanted = alone.map(([, , [primary]], slot) => [primary!, slot % 4 < 2 ? 2 : 3]);
    const count = (bounds: Partial<typeof unbounded>, of = view) =>
      planSteps(of, wanted, () => true, { ...unbounded, ...bounds }).length;
    expect(count({})).toBe(slotCount);
    expect(count({ learnersMax: 10 })).toBe(10);
    expect(count({ learnersPerTargetMax: 10 })).toBe(20);
    expect(count({ learnersPerSourceMax: 7 })).toBe(14);
    const first = planSteps(view, wanted, () => true, { ...unbounded, learnersMax: 10 });
    const begun = withSlotChanges(
      view,
      first.map(({ change }) => change),
      0,
    );
    expect(count({ learnersMax: 10 }, begun)).toBe(0);
  });

  it('planned changes of primaries are bounded, slots that pause already included', () => {
    const view = viewOf([]);
    const swapped = Array.from({ length: slotCount }, () => [1, 0]);
    const count = (served: (slot: number) => boolean) =>
      planSteps(view, swapped, served, { ...unbounded, movesPerViewMax: 100 }).length;
    expect(count(() => true)).toBe(100);
    expect(count((slot) => slot >= 60)).toBe(40);
    expect(count((slot) => slot >= 200)).toBe(0);
  });
});

describe('target', () => {
  const scores = new ScoreTable();
  const targetFor = (view: View, more: Partial<Parameters<typeof targetOf>[0]> = {}) =>
    targetOf({
      view,
      replicationFactor: 2,
      scoresOf: (id) => scores.of(id),
      accepts: () => true,
      avoids: () => false,
      ...more,
    });
  const counts = (target: readonly number[][], of: readonly FleetNode[]) =>
    of.map((_, index) => target.filter((held) => held.includes(index)).length);

  /** The view once its target is reached: copies first, and then primaries among those that are in sync. */
  const reached = (view: View): View => {
    const next = { ...view, slots: targetFor(view).map((held): SlotAssignment => [1, 1, held, []]) };
    return { ...next, slots: targetFor(next).map((held): SlotAssignment => [1, 1, held, []]) };
  };

  it('is even over copies and primaries, in different zones', () => {
    const { slots } = reached(viewOf([]));
    const target = slots.map(([, , copies]) => copies);
    for (const count of counts(target, nodes)) expect(Math.abs(count / (slotCount / 2) - 1)).toBeLessThan(0.09);
    for (const [index] of nodes.entries()) {
      const primaries = target.filter(([primary]) => primary === index).length;
      expect(primaries).toBeLessThan((slotCount / 4) * 1.12);
    }
    expect(target.every(([one, two]) => one !== two)).toBe(true);
  });

  it('is what there is, once it is reached', () => {
    for (const first of [viewOf([]), viewOf(Array.from({ length: slotCount }, () => [0, 0, [], []]))]) {
      const view = reached(first);
      expect(planSteps(view, targetFor(view), () => true)).toEqual([]);
    }
  });

  it('a zone that would have to hold a slot twice holds it once', () => {
    const two = [node('a-1'), node('a-2'), node('b-1')];
    const target = targetFor(
      viewOf(
        Array.from({ length: slotCount }, () => [1, 1, [2], []]),
        two,
      ),
    );
    expect(target.every((held) => held.length === 2 && held.includes(2))).toBe(true);
    const [first, second] = counts(target, two);
    expect(Math.abs(first! / second! - 1)).toBeLessThan(0.17);
    const one = [node('a-1'), node('a-2')];
    expect(targetFor(viewOf([], one)).every((held) => held.length === 1)).toBe(true);
  });

  it('gives nothing to nodes that are held back, and nothing of a slot where it is avoided', () => {
    const alone = viewOf(Array.from({ length: slotCount }, () => [1, 1, [0], []]));
    const held = targetFor(alone, { accepts: ({ id }) => id !== 'd-1' });
    expect(counts(held, nodes)[3]).toBe(0);
    const avoided = targetFor(alone, { avoids: (slot, { id }) => slot < 10 && id !== 'b-1' && id !== 'a-1' });
    for (const copies of avoided.slice(0, 10)) expect(copies.toSorted()).toEqual([0, 1]);
  });

  it('a node that is held back keeps what it holds', () => {
    const view = reached(viewOf([]));
    const target = targetFor(view, { accepts: ({ id }) => id !== 'a-1' });
    expect(planSteps(view, target, () => true)).toEqual([]);
  });

  it('drains nodes, and leaves alone what silent ones hold alone', () => {
    const states = [node('a-1', 'silent'), node('b-1', 'draining'), nodes[2]!, nodes[3]!];
    const target = targetFor(
      viewOf(
        Array.from({ length: slotCount }, (_, slot) => [1, 1, [slot % 2], []]),
        states,
      ),
    );
    expect(counts(target, states).slice(0, 2)).toEqual([0, 0]);
    // Those are not served, so nothing is planned for them.
    const view = viewOf(
      Array.from({ length: slotCount }, () => [1, 1, [0], []]),
      states,
    );
    expect(planSteps(view, targetFor(view), () => false)).toEqual([]);
  });

  it('a slot that waits for its last copy is nobody’s', () => {
    expect(targetFor(viewOf([], [node('a-1', 'silent'), node('b-1', 'dead')])).every((held) => held.length === 0)).toBe(
      true,
    );
  });
});
