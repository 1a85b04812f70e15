import { describe, expect, it } from 'vitest';
import { bestOf, memoryForMisses, memoryRatio } from '../../bench/memory/equal-misses.ts';

/** Misses at 16, 32, 64 … MiB. */
const curve = (...missRatios: number[]) => missRatios.map((missRatio, i) => ({ memoryMib: 16 * 2 ** i, missRatio }));

describe('memory for misses', () => {
  it('inside: is linear in the logarithm of the memory', () => {
    expect(memoryForMisses(curve(0.4, 0.2), 0.4)).toBe(16);
    expect(memoryForMisses(curve(0.4, 0.2), 0.2)).toBe(32);
    expect(memoryForMisses(curve(0.4, 0.2), 0.3)).toBeCloseTo(16 * Math.SQRT2);
    expect(memoryForMisses(curve(0.4, 0.2, 0.1), 0.15)).toBeCloseTo(32 * Math.SQRT2);
  });

  it('outside: is not known', () => {
    expect(memoryForMisses(curve(0.4, 0.2), 0.41)).toBeUndefined();
    expect(memoryForMisses(curve(0.4, 0.2), 0.19)).toBeUndefined();
    expect(memoryForMisses([], 0.2)).toBeUndefined();
  });

  it('not falling: a point above one with less memory counts as that one', () => {
    expect(memoryForMisses(curve(0.3, 0.31, 0.1), 0.3)).toBe(16);
    expect(memoryForMisses(curve(0.3, 0.31, 0.1), 0.2)).toBeCloseTo(32 * Math.SQRT2);
  });
});

describe('memory ratio', () => {
  it('same shape: is the shift between the curves', () => {
    // half the memory for the same misses
    const ours = [0.4, 0.3, 0.2].map((missRatio, i) => ({ memoryMib: 8 * 2 ** i, missRatio }));
    const ratio = memoryRatio(ours, curve(0.4, 0.3, 0.2));
    expect(ratio).toMatchObject({ kind: 'measured' });
    if (ratio.kind !== 'measured') return;
    expect(ratio.ratio).toBeCloseTo(0.5);
    expect(ratio.from).toBeCloseTo(0.5);
    expect(ratio.to).toBeCloseTo(0.5);
  });

  it('equal curves: is 1', () => {
    expect(memoryRatio(curve(0.4, 0.3, 0.2), curve(0.4, 0.3, 0.2))).toMatchObject({ kind: 'measured', ratio: 1 });
  });

  it('apart: is a bound and no figure', () => {
    expect(memoryRatio(curve(0.2, 0.1), curve(0.4, 0.3))).toEqual({ kind: 'at_most', ratio: 0.5 });
    expect(memoryRatio(curve(0.4, 0.3), curve(0.2, 0.1))).toEqual({ kind: 'at_least', ratio: 2 });
  });

  it('nothing measured, or nothing but a flat end in common: is none', () => {
    expect(memoryRatio([], curve(0.2))).toEqual({ kind: 'none' });
    expect(memoryRatio(curve(0.2, 0.1), curve(0.101, 0.05))).toEqual({ kind: 'none' });
  });
});

it('best of: is the lower of the misses at each size', () => {
  expect(bestOf([curve(0.4, 0.2), curve(0.3, 0.25)])).toEqual(curve(0.3, 0.2));
});

it('memory ratio: finite for any two curves that share misses; a level a bit above the highest by rounding was none', () => {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const curve = () => {
    const first = 0.1 + random() * 0.2;
    return [16, 32].map((memoryMib, i) => ({ memoryMib, missRatio: first * (1 - i * 0.95 * random()) }));
  };
  let measured = 0;
  for (let i = 0; i < 5_000; i++) {
    const ratio = memoryRatio(curve(), curve());
    if (ratio.kind === 'none') continue;
    measured++;
    expect(Number.isFinite(ratio.ratio)).toBe(true);
  }
  expect(measured).toBeGreaterThan(1_000);
});
