import { describe, expect, it } from 'vitest';
import { lifeOf } from '../../src/control-plane/lives.ts';
import { ScoreTable } from '../../src/control-plane/score-table.ts';
import {
  withDead,
  withHeard,
  withNodeReplaced,
  withoutEmptyNodes,
  withSilent,
} from '../../src/control-plane/view-deaths.ts';
import type { FleetNode, SlotAssignment, View } from '../../src/shared/fleet-state.ts';
import { slotCount } from '../../src/shared/slots.ts';

const scores = new ScoreTable();
const options = { wallMs: 0, replicationFactor: 2, scoresOf: (id: string) => scores.of(id) };

const node = (id: string, state: FleetNode['state'] = 'active'): FleetNode => {
  return { id, incarnation: 'x', zone: id[0]!, url: `http://${id}.test`, weight: 1, state };
};

/** A view whose first slots are these; all others are held by the node before last and the last. */
function viewOf(nodes: readonly FleetNode[], first: readonly SlotAssignment[]): View {
  const rest: SlotAssignment = [1, 1, [nodes.length - 2, nodes.length - 1], []];
  const slots = Array.from({ length: slotCount }, (_, slot) => first[slot] ?? rest);
  return { number: 5, nodes: [...nodes], slots };
}

const [a, b, c, d] = [node('a-1'), node('b-1'), node('c-1'), node('d-1')];
const nodes = [a, b, c, d];
const lives = (...which: FleetNode[]) => new Set(which.map(lifeOf));

describe('silence', () => {
  it('takes a node out of in-sync sets, and the next copy becomes primary, in one view', () => {
    const view = viewOf(nodes, [
      [7, 3, [0, 1, 2], []],
      [4, 3, [1, 0], []],
      [2, 2, [2, 3], [0]],
    ]);
    const { view: next, failovers, resets } = withSilent(view, lives(a));
    expect(next.number).toBe(6);
    expect(next.nodes[0]!.state).toBe('silent');
    expect(next.slots.slice(0, 3)).toEqual([
      [8, 3, [1, 2], []],
      [5, 3, [1], []],
      [3, 2, [2, 3], []],
    ]);
    expect(next.slots[3]).toBe(view.slots[3]);
    expect([failovers, resets]).toEqual([1, 0]);
  });

  it('a sole copy stays where it is, with its epochs: nobody else has what it holds', () => {
    const view = viewOf(nodes, [[7, 3, [0], []]]);
    expect(withSilent(view, lives(a)).view.slots[0]).toBe(view.slots[0]);
  });

  it('the primary is a copy that is heard, never a silent one, never a learner', () => {
    const view = viewOf([a, node('b-1', 'silent'), c, d], [[7, 3, [0, 1, 2], [3]]]);
    expect(withSilent(view, lives(a)).view.slots[0]).toEqual([8, 3, [2], [3]]);
    const alone = viewOf(nodes, [[7, 3, [0], [3]]]);
    expect(withSilent(alone, lives(a)).view.slots[0]).toBe(alone.slots[0]);
  });

  it('when no copy is heard all stay, and the first that is heard again goes on without the others', () => {
    const view = viewOf(nodes, [[7, 3, [0, 1], []]]);
    const { view: both } = withSilent(view, lives(a, b));
    expect(both.slots[0]).toBe(view.slots[0]);
    const { view: back, failovers } = withHeard(both, lives(b));
    expect(back.slots[0]).toEqual([8, 3, [1], []]);
    expect(failovers).toBe(1);
    expect(back.nodes.map(({ state }) => state)).toEqual(['silent', 'active', 'active', 'active']);
  });

  it('of nobody, or of a life that the view does not have, changes nothing', () => {
    const view = viewOf(nodes, []);
    expect(withSilent(view, new Set()).view).toBe(view);
    expect(withSilent(view, new Set(['a-1/another'])).view).toBe(view);
  });
});

describe('a node that is heard again', () => {
  it('has the state that it is there for, and its sole copies', () => {
    const drained: FleetNode = { ...node('a-1', 'silent'), standing: 'draining' };
    const spare: FleetNode = { ...node('b-1', 'silent'), standing: 'spare' };
    const view = viewOf([drained, spare, c, d], [[7, 3, [0], []]]);
    const { view: next } = withHeard(view, lives(drained, spare));
    expect(next.nodes.map(({ state }) => state)).toEqual(['draining', 'spare', 'active', 'active']);
    expect(next.slots[0]).toBe(view.slots[0]);
  });

  it('is not one that has certainly ended', () => {
    const view = viewOf([node('a-1', 'dead'), b, c, d], []);
    expect(withHeard(view, lives(a)).view).toBe(view);
  });
});

describe('confirmed death', () => {
  it('with another copy in sync is a failover, and nothing is lost', () => {
    const view = viewOf(nodes, [[7, 3, [0, 1], []]]);
    const { view: next, failovers, resets } = withDead(view, lives(a), options);
    expect(next.slots[0]).toEqual([8, 3, [1], []]);
    expect([failovers, resets]).toEqual([1, 0]);
    expect(next.nodes[0]!.state).toBe('dead');
  });

  it('of the last copy restarts the slot empty, in a new data epoch, with as many copies as it should have', () => {
    const view = viewOf(nodes, [[7, 3, [0], [1]]]);
    const { view: next, resets } = withDead(view, lives(a), options);
    const [epoch, dataEpoch, copies, learners] = next.slots[0]!;
    expect([epoch, dataEpoch, learners, resets]).toEqual([8, 4, [], 1]);
    expect(copies).toHaveLength(2);
    expect(copies).not.toContain(0);
  });

  it('does not give up a slot of which a silent node still has a copy', () => {
    const view = viewOf([a, node('b-1', 'silent'), c, d], [[7, 3, [0, 1], []]]);
    const { view: next, resets } = withDead(view, lives(a), options);
    expect(next.slots[0]).toEqual([8, 3, [1], []]);
    expect(resets).toBe(0);
  });

  it('when no node may hold what is lost, the slot waits without copies, in its old data epoch', () => {
    const view = viewOf([a, node('b-1', 'draining'), node('c-1', 'spare')], [[7, 3, [0], []]]);
    const { view: next, resets } = withDead(view, lives(a), options);
    expect(next.slots[0]).toEqual([8, 3, [], []]);
    expect(resets).toBe(1);
  });

  it('of several at once is one view', () => {
    const view = viewOf(nodes, [[7, 3, [0, 1], []]]);
    const { view: next, resets } = withDead(view, lives(a, b), options);
    expect(next.number).toBe(6);
    expect(next.slots[0]![1]).toBe(4);
    expect(resets).toBe(1);
  });

  it('said again changes nothing', () => {
    const { view } = withDead(viewOf(nodes, []), lives(a), options);
    expect(withDead(view, lives(a), options).view).toBe(view);
  });

  it('a new life in the place of the former has none of its copies', () => {
    const view = viewOf(nodes, [
      [7, 3, [0, 1], []],
      [7, 3, [1], [0]],
    ]);
    const { view: next, failovers } = withNodeReplaced(view, 0, { ...a, incarnation: 'y' }, options);
    expect(next.slots.slice(0, 2)).toEqual([
      [8, 3, [1], []],
      [8, 3, [1], []],
    ]);
    expect([next.nodes[0]!.incarnation, next.nodes[0]!.state, failovers]).toEqual(['y', 'active', 1]);
  });
});

describe('a node that leaves the view', () => {
  it('renumbers what the others hold, in the same view and the same epochs', () => {
    const view = viewOf([a, node('b-1', 'dead'), c, d], [[7, 3, [0, 3], [2]]]);
    const next = withoutEmptyNodes(view, new Set(['b-1']));
    expect(next.nodes.map(({ id }) => id)).toEqual(['a-1', 'c-1', 'd-1']);
    expect([next.number, next.slots[0]]).toEqual([6, [7, 3, [0, 2], [1]]]);
    expect(withoutEmptyNodes(next, new Set(['b-1']))).toBe(next);
  });

  it('holds nothing: anything else is a bug', () => {
    const view = viewOf(nodes, []);
    expect(() => withoutEmptyNodes(view, new Set(['d-1']))).toThrow('holds a slot');
  });
});
