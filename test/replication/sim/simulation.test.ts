import { describe, expect, it } from 'vitest';
import { shapeNames, shapes } from './shapes.ts';
import { simulate } from './simulation.ts';
import { faultsOf, sweep } from './sweep.ts';

/** Seeds of each shape. All begin with 1; longer sweeps are `npm run sim`. */
const seedsPerShape = 60;

describe('simulated fleets', () => {
  it.each(shapeNames)(`${seedsPerShape} runs, %s: nothing is as it must not be`, { timeout: 120_000 }, (shape) => {
    const found: string[] = [];
    const { undecided, figures, faults } = sweep({
      from: 1,
      seeds: seedsPerShape,
      shape,
      onRun: (seed, _shape, { violations }) => {
        for (const violation of violations) found.push(`seed ${seed}: ${violation}`);
        return found.length > 0;
      },
    });
    expect(found).toEqual([]);
    expect(undecided).toBe(0);
    // What proves nothing is no proof.
    expect(figures.acknowledged / seedsPerShape).toBeGreaterThan(300);
    expect(figures.takeovers).toBeGreaterThan(seedsPerShape);
    for (const kind of ['crash', 'pause', 'partition one way', 'partition both ways', 'control plane down'])
      expect(faultsOf(faults, kind), kind).toBeGreaterThan(10);
    const { evictGapMs, ttlShare, leaderGapMs, damps } = shapes[shape];
    if (evictGapMs > 0) expect(figures.evictions / seedsPerShape).toBeGreaterThan(50);
    if (ttlShare > 0) expect(figures.expiring / seedsPerShape).toBeGreaterThan(50);
    if (leaderGapMs > 0) expect(figures.leaders).toBeGreaterThan(2 * seedsPerShape);
    // A new leader has forgotten how often nodes came and went.
    if (damps && leaderGapMs === 0) expect(figures.heldBack).toBeGreaterThan(seedsPerShape);
    for (const phase of ['calm', 'learner', 'takeover'])
      expect([...faults.keys()].some((name) => name.endsWith(`/ ${phase}`))).toBe(true);
  });

  it('the same seed gives the same run', () => {
    const traces = [1, 2].map(() => {
      const lines: string[] = [];
      simulate({ seed: 7, shape: 'aimed', onTrace: (line) => lines.push(line) });
      return lines;
    });
    expect(traces[0]!.length).toBeGreaterThan(500);
    expect(traces[0]).toEqual(traces[1]);
  });

  it('telling what happens changes nothing', () => {
    const [silent, told] = [
      simulate({ seed: 9, shape: 'lossy' }),
      simulate({ seed: 9, shape: 'lossy', onTrace: () => {} }),
    ];
    expect(silent).toEqual(told);
  });
});
