import { describe, expect, it } from 'vitest';
import { isPlaced } from '../../src/control-plane/lives.ts';
import { ScoreTable } from '../../src/control-plane/score-table.ts';
import {
  emptyView,
  type NodeRegistration,
  withFirstPlacement as placedAt,
  withRegistration as registeredAt,
  withoutNodes,
} from '../../src/control-plane/view-changes.ts';
import { type View, viewSchema } from '../../src/shared/fleet-state.ts';
import { slotCount } from '../../src/shared/slots.ts';

const node = (id: string, incarnation = `${id}-life-1`): NodeRegistration => ({
  id,
  incarnation,
  zone: id[0]!,
  url: `http://127.0.0.1:7000/${id}`,
  weight: 1,
});

/** Before any slot's data epoch, so that they grow by one. */
const longAgoMs = 0;
const scores = new ScoreTable();
const scoresOf = (id: string) => scores.of(id);
const withRegistration = (view: View, registration: NodeRegistration, wallMs = longAgoMs): View =>
  registeredAt(view, registration, { wallMs, replicationFactor: 1, scoresOf }).view;
const withFirstPlacement = (view: View, replicationFactor: number, wallMs = longAgoMs): View =>
  placedAt(view, replicationFactor, wallMs);

const placed = (replicationFactor = 1): View =>
  withFirstPlacement(
    ['a-1', 'b-1', 'c-1'].map((id) => node(id)).reduce((view, each) => withRegistration(view, each), emptyView()),
    replicationFactor,
  );

describe('view changes', () => {
  it('the empty view serves no slot and is valid', () => {
    expect(viewSchema.safeParse(emptyView()).success).toBe(true);
    expect(isPlaced(emptyView())).toBe(false);
  });

  it('nodes join without slots until the first placement, which starts every slot at data epoch 1', () => {
    const joining = withRegistration(emptyView(), node('a-1'));
    expect(joining.nodes[0]!.state).toBe('joining');
    const view = placed();
    expect(view.number).toBe(4);
    expect(view.nodes.every((each) => each.state === 'active')).toBe(true);
    expect(
      view.slots.every(([epoch, dataEpoch, copies]) => epoch === 1 && dataEpoch === 1 && copies.length === 1),
    ).toBe(true);
    expect(viewSchema.safeParse(view).success).toBe(true);
  });

  it('register: the same incarnation refreshes its URL only, and nothing when it is the same', () => {
    const view = placed();
    expect(withRegistration(view, node('a-1'))).toBe(view);
    const moved = withRegistration(view, { ...node('a-1'), url: 'http://127.0.0.1:9999' });
    expect(moved.number).toBe(view.number + 1);
    expect(moved.nodes[0]!.url).toBe('http://127.0.0.1:9999');
    expect(moved.slots).toBe(view.slots);
  });

  it('register: a new incarnation keeps its slots, empty, and touches no other slot', () => {
    const view = placed();
    const after = withRegistration(view, node('b-1', 'b-1-life-2'));
    expect(after.number).toBe(view.number + 1);
    expect(after.nodes[1]!.incarnation).toBe('b-1-life-2');
    for (const [slot, [epoch, dataEpoch, copies]] of after.slots.entries()) {
      const [oldEpoch, oldDataEpoch, oldCopies] = view.slots[slot]!;
      const lost = oldCopies.includes(1) ? 1 : 0;
      expect([epoch - oldEpoch, dataEpoch - oldDataEpoch]).toEqual([lost, lost]);
      expect(copies).toEqual(oldCopies);
    }
  });

  it('register: with another copy alive the new incarnation is empty and no data epoch moves', () => {
    const view = placed(2);
    const after = withRegistration(view, node('b-1', 'b-1-life-2'));
    for (const [slot, [epoch, dataEpoch, copies, learners]] of after.slots.entries()) {
      const [oldEpoch, oldDataEpoch, oldCopies] = view.slots[slot]!;
      expect(dataEpoch).toBe(oldDataEpoch);
      expect(copies).toEqual(oldCopies.filter((copy) => copy !== 1));
      expect(learners).toEqual([]);
      expect(epoch).toBe(oldCopies.includes(1) ? oldEpoch + 1 : oldEpoch);
    }
  });

  it('register: a new id after the first placement is active and moves no slot', () => {
    const view = placed();
    const after = withRegistration(view, node('a-2'));
    expect(after.nodes.at(-1)).toMatchObject({ id: 'a-2', state: 'active' });
    expect(after.slots).toBe(view.slots);
  });

  it('forgetting all nodes and placing again never lets an epoch go back', () => {
    const view = placed();
    const { view: forgotten, resets } = withoutNodes(view);
    expect(resets).toBe(slotCount);
    expect(forgotten.number).toBe(view.number + 1);
    expect(
      forgotten.slots.every(([epoch, dataEpoch, copies]) => epoch === 2 && dataEpoch === 1 && !copies.length),
    ).toBe(true);
    const again = withFirstPlacement(withRegistration(forgotten, node('a-1', 'x')), 1);
    expect(again.slots.every(([epoch, dataEpoch]) => epoch === 3 && dataEpoch === 2)).toBe(true);
  });

  it('a data epoch begins with the seconds of the wall clock, and still grows when that stands or goes back', () => {
    const wallMs = 1_900_000_000_999;
    const joining = withRegistration(emptyView(), node('a-1'));
    const dataEpochs = (view: View) => [...new Set(view.slots.map(([, dataEpoch]) => dataEpoch))];
    const first = withFirstPlacement(joining, 1, wallMs);
    expect(dataEpochs(first)).toEqual([1_900_000_000]);
    const second = withRegistration(first, node('a-1', 'life-2'), wallMs);
    expect(dataEpochs(second)).toEqual([1_900_000_001]);
    const third = withRegistration(second, node('a-1', 'life-3'), wallMs - 3_600_000);
    expect(dataEpochs(third)).toEqual([1_900_000_002]);
    const later = withRegistration(third, node('a-1', 'life-4'), wallMs + 60_000);
    expect(dataEpochs(later)).toEqual([1_900_000_060]);
    const anew = withFirstPlacement(joining, 1, wallMs + 120_000);
    expect(dataEpochs(anew)).toEqual([1_900_000_120]);
  });

  it('a data epoch stays a number of 32 bits when the clock is beyond them', () => {
    const joining = withRegistration(emptyView(), node('a-1'));
    expect(withFirstPlacement(joining, 1, 2 ** 32 * 1_000).slots[0]![1]).toBe(2 ** 32 - 1);
  });
});
