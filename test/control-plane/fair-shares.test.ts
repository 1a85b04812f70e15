import { describe, expect, it } from 'vitest';
import { fairShares } from '../../src/control-plane/fair-shares.ts';

const nodes = (...of: [zone: string, weight: number][]) => of.map(([zone, weight]) => ({ zone, weight }));

describe('fair shares', () => {
  it('follow the weights', () => {
    expect(fairShares(nodes(['a', 1], ['b', 2], ['c', 1]), 100, 2)).toEqual([50, 100, 50]);
  });

  it('a zone has at most one copy of each slot; the rest goes to the others', () => {
    expect(fairShares(nodes(['a', 6], ['a', 2], ['b', 1], ['c', 3]), 100, 2)).toEqual([75, 25, 25, 75]);
    expect(fairShares(nodes(['a', 9], ['b', 1]), 100, 2)).toEqual([100, 100]);
  });

  it('with fewer zones than copies there are fewer copies', () => {
    expect(fairShares(nodes(['a', 1], ['a', 1]), 100, 3)).toEqual([50, 50]);
    expect(fairShares([], 100, 2)).toEqual([]);
  });
});
