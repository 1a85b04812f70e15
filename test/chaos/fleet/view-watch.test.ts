import { describe, expect, it } from 'vitest';
import type { SlotAssignment, View } from '../../../src/shared/fleet-state.ts';
import { slotCount } from '../../../src/shared/slots.ts';
import { ViewWatch } from './view-watch.ts';

let nowMs = 0;
const nodes = ['a', 'b', 'c'].map((id) => ({
  id,
  incarnation: 'first',
  zone: id,
  url: `http://${id}.invalid`,
  weight: 1,
  state: 'active' as const,
}));

/** A view whose slots are all alike but slot 0. */
function view(number: number, first: SlotAssignment): View {
  const slots = Array.from({ length: slotCount }, (): SlotAssignment => [1, 1, [0, 1], []]);
  slots[0] = first;
  return { number, nodes, slots };
}

function watched(...views: readonly SlotAssignment[]): ViewWatch {
  const watch = new ViewWatch(() => nowMs);
  for (const [index, first] of views.entries()) {
    nowMs = index * 100;
    watch.see(view(index + 1, first));
  }
  return watch;
}

describe('what the views say', () => {
  it('names primaries, copies, learners, and slots that lack copies', () => {
    const watch = watched([1, 1, [1], [2]]);
    expect(watch.placement(0)).toEqual({ epoch: 1, dataEpoch: 1, copies: ['b/first'], learners: ['c/first'] });
    expect(watch.primaryOf('b/first')).toEqual([0]);
    expect(watch.copiesOf('a/first')).toHaveLength(slotCount - 1);
    expect(watch.learnersOf('c/first')).toBe(1);
    expect(watch.incomplete(2)).toBe(1);
    expect(watch.incomplete(1)).toBe(0);
    expect(watch.moving(2)).toBe(1);
    expect(watch.moving(1)).toBe(slotCount);
    expect(watch.lifeOf('c')).toBe('c/first');
    expect(watch.lifeOf('d')).toBeUndefined();
  });

  it('a failover and a planned move are no faults', () => {
    const watch = watched(
      [1, 1, [0, 1], []],
      [2, 1, [1], []],
      [3, 1, [1], [2]],
      [4, 1, [1, 2], []],
      [5, 1, [2, 1], []],
    );
    expect(watch.faults).toEqual([]);
    expect(watch.resets).toEqual([]);
    expect(watch.views).toBe(4);
  });

  it('a slot that restarts empty is a reset, in the time between two looks', () => {
    const watch = watched([1, 1, [0, 1], []], [2, 2, [2], []]);
    expect(watch.resets).toEqual([{ slot: 0, dataEpoch: 2, fromMs: 0, untilMs: 100, copies: ['a/first', 'b/first'] }]);
    expect(watch.faults).toEqual([]);
  });

  it('a primary that was not in sync, and an epoch that goes back, are faults', () => {
    expect(watched([1, 1, [0, 1], []], [2, 1, [2], []]).faults).toEqual([
      'view 2: slot 0 has a primary that was not in sync',
    ]);
    expect(watched([2, 1, [0, 1], []], [1, 1, [0, 1], []]).faults).toEqual(['view 2: the epoch of slot 0 went back']);
  });

  it('views that were passed over prove nothing about who was in sync', () => {
    const watch = watched([1, 1, [0, 1], []]);
    watch.see(view(9, [5, 1, [2, 1], []]));
    expect(watch.faults).toEqual([]);
  });
});
