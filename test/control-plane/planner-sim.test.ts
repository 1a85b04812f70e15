import { describe, expect, it } from 'vitest';
import { PlannerSim } from './planner-sim/sim.ts';

/** The small form of `scripts/sim-planner.ts`. */
describe('the planner through many events', () => {
  it.each([
    { nodes: 15, zones: 3, replicationFactor: 2 },
    { nodes: 15, zones: 5, replicationFactor: 3 },
  ])(
    'keeps balance, zones and copies, and moves what it must: $nodes nodes in $zones zones',
    (fleet) => {
      const result = new PlannerSim({ seed: 7, events: 25, ...fleet }).run();
      expect(Object.keys(result.events).sort()).toEqual(['add', 'crash', 'drain', 'remove', 'weight']);
      expect(result.violations).toBe(0);
      expect(result.resets).toBe(0);
      expect(result.balanceMax).toBeLessThanOrEqual(1.1);
      expect(result.primaryBalanceMax).toBeLessThanOrEqual(1.2);
      expect(result.moves / result.movesMin).toBeLessThanOrEqual(1.05);
      expect(result.moves / result.movesMin).toBeGreaterThan(0.8);
    },
    60_000,
  );
});
