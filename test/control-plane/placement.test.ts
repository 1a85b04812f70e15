import { describe, expect, it } from 'vitest';
import { type PlacementNode, placeSlots } from '../../src/control-plane/placement.ts';
import { slotCount } from '../../src/shared/slots.ts';

const nodes = (count: number, zones: number, weight = 1): PlacementNode[] =>
  Array.from({ length: count }, (_, i) => ({ id: `n-${i}`, zone: 'abcdefgh'[i % zones]!, weight }));

function share(placement: number[][], node: number): number {
  return placement.filter((copies) => copies[0] === node).length / slotCount;
}

describe('placement', () => {
  it('gives every slot a primary, in nearly equal shares', () => {
    const placement = placeSlots(nodes(3, 3), 1);
    expect(placement).toHaveLength(slotCount);
    for (const node of [0, 1, 2]) expect(share(placement, node)).toBeCloseTo(1 / 3, 1);
    expect(placement.every((copies) => copies.length === 1)).toBe(true);
  });

  it('copies of a slot are in different zones', () => {
    const fleet = nodes(9, 3);
    for (const copies of placeSlots(fleet, 3)) {
      expect(copies).toHaveLength(3);
      expect(new Set(copies.map((index) => fleet[index]!.zone)).size).toBe(3);
    }
  });

  it('fewer zones than the replication factor give fewer copies', () => {
    expect(placeSlots(nodes(4, 2), 3).every((copies) => copies.length === 2)).toBe(true);
    expect(placeSlots(nodes(4, 1), 3).every((copies) => copies.length === 1)).toBe(true);
  });

  it('no nodes give no copies', () => {
    expect(placeSlots([], 2).every((copies) => copies.length === 0)).toBe(true);
  });

  it('a node of twice the weight gets twice the slots', () => {
    const fleet = nodes(3, 3).map((node, i) => ({ ...node, weight: i === 0 ? 2 : 1 }));
    const placement = placeSlots(fleet, 1);
    expect(share(placement, 0)).toBeGreaterThan(0.46);
    expect(share(placement, 0)).toBeLessThan(0.54);
  });

  it('adding a node moves only what it wins: no slot changes hands between the old ones', () => {
    const before = placeSlots(nodes(3, 3), 1);
    const after = placeSlots(nodes(4, 3), 1);
    const moved = before.filter((copies, slot) => copies[0] !== after[slot]![0]);
    const movedElsewhere = after.filter((copies, slot) => copies[0] !== before[slot]![0] && copies[0] !== 3);
    expect(movedElsewhere).toEqual([]);
    expect(moved.length / slotCount).toBeGreaterThan(0.22);
    expect(moved.length / slotCount).toBeLessThan(0.28);
  });

  it('does not depend on the order of the nodes', () => {
    const fleet = nodes(6, 3);
    const ids = placeSlots(fleet, 2).map((copies) => copies.map((index) => fleet[index]!.id));
    const reversed = fleet.toReversed();
    const reversedIds = placeSlots(reversed, 2).map((copies) => copies.map((index) => reversed[index]!.id));
    expect(reversedIds).toEqual(ids);
  });

  it('is the same for ever: a known slot stays where it was first placed', () => {
    const first = placeSlots(nodes(3, 3), 2).slice(0, 8);
    expect(first.map((copies) => copies.join(' '))).toEqual(['1 0', '0 2', '1 2', '2 1', '1 0', '2 0', '2 1', '1 2']);
  });
});
