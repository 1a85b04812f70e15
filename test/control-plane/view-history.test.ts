import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { emptyView } from '../../src/control-plane/view-changes.ts';
import { ViewHistory } from '../../src/control-plane/view-history.ts';
import { viewChangesOf, withViewChanges } from '../../src/shared/control-link/view-check.ts';
import type { FleetNode, SlotAssignment, View } from '../../src/shared/fleet-state.ts';
import { slotCount } from '../../src/shared/slots.ts';
import { Choices } from '../api/fuzz/random.ts';

function node(id: string): FleetNode {
  return { id, incarnation: 'x', zone: id, url: 'http://127.0.0.1:1', weight: 1, state: 'active' };
}

/** The view with some slots given to other nodes. */
function changed(view: View, slots: readonly number[]): View {
  const rows = [...view.slots];
  for (const slot of slots) {
    const [epoch, dataEpoch] = rows[slot]!;
    const row: SlotAssignment = [epoch + 1, dataEpoch, [epoch % view.nodes.length], []];
    rows[slot] = row;
  }
  return { ...view, number: view.number + 1, slots: rows };
}

const begun: View = { ...emptyView(), number: 7, nodes: [node('a'), node('b')] };
/** As it comes over the wire. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('view history', () => {
  it('brings whoever holds one of the last views to the newest, whatever was between', () => {
    const choices = new Choices(3);
    let view = begun;
    const history = new ViewHistory(view);
    const held: View[] = [];
    for (let round = 0; round < 200; round++) {
      held.push(view);
      const slots = Array.from({ length: 1 + choices.below(40) }, () => choices.below(slotCount));
      view = changed(view, slots);
      if (choices.below(10) === 0) view = { ...view, nodes: [...view.nodes, node(`n-${round}`)] };
      history.follow(view);
      const old = held[Math.max(0, held.length - 1 - choices.below(40))]!;
      const changes = history.changesSince(old.number);
      expect(changes).not.toBeNull();
      const made = withViewChanges(old, viewChangesOf(sent(changes)));
      expect(made).toEqual(view);
      // What is the same is known to be so.
      const same = view.slots.findIndex((row, slot) => row === old.slots[slot]);
      expect(made.slots[same]).toBe(old.slots[same]);
    }
  });

  it('may be applied to any view since the one that it was made for', () => {
    const first = begun;
    const history = new ViewHistory(first);
    const second = changed(first, [1, 2]);
    history.follow(second);
    const third = changed(second, [2, 3]);
    history.follow(third);
    const changes = sent(history.changesSince(first.number)!);
    expect(withViewChanges(first, changes)).toEqual(third);
    expect(withViewChanges(second, changes)).toEqual(third);
  });

  it('knows nothing of views before its first, and forgets the oldest', () => {
    let view = begun;
    const history = new ViewHistory(view);
    for (let round = 0; round <= controlPlaneLimits.viewsKept; round++) {
      view = changed(view, [round]);
      history.follow(view);
    }
    expect(history.changesSince(begun.number - 1)).toBeNull();
    expect(history.changesSince(begun.number)).toBeNull();
    expect(history.changesSince(begun.number + 1)?.slots).toHaveLength(controlPlaneLimits.viewsKept);
    expect(history.changesSince(view.number + 1)).toBeNull();
  });

  it('gives no changes where most has changed', () => {
    const history = new ViewHistory(begun);
    history.follow(
      changed(
        begun,
        Array.from({ length: slotCount / 2 + 1 }, (_, slot) => slot),
      ),
    );
    expect(history.changesSince(begun.number)).toBeNull();
  });

  it('two of them never have the same name', () => {
    expect(new ViewHistory(begun).source).not.toBe(new ViewHistory(begun).source);
  });
});

describe('check of changes', () => {
  const good = () => ({ since: 7, number: 8, slots: [[3, 2, 1, [0], [1]]] as unknown[] });

  it('takes what is sent', () => {
    expect(withViewChanges(begun, viewChangesOf(good())).slots[3]).toEqual([2, 1, [0], [1]]);
  });

  it.each([
    ['a slot that is not there', [slotCount, 1, 1, [], []]],
    ['a short row', [1, 1, 1, []]],
    ['text for a slot', ['1', 1, 1, [], []]],
    ['a node that is not there', [1, 1, 1, [2], []]],
    ['a negative epoch', [1, -1, 1, [], []]],
  ])('refuses %s', (_name, row) => {
    expect(() => withViewChanges(begun, viewChangesOf({ ...good(), slots: [row] }))).toThrow();
  });

  it('refuses changes without slots, and with a bad node', () => {
    expect(() => viewChangesOf({ since: 7, number: 8 })).toThrow();
    expect(() => viewChangesOf({ ...good(), nodes: [{ id: 'a' }] })).toThrow();
  });
});
