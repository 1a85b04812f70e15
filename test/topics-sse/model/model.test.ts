import { describe, expect, it } from 'vitest';
import { fuzzTopics } from './fuzz.ts';
import { generate } from './generate.ts';
import { simulate } from './simulation.ts';
import { profiles, worldOf } from './world.ts';

const firstSeed = Number(process.env['GODWIT_FUZZ_SEED'] ?? 1);
/** Schedules of each profile. */
const schedules = 340;

describe('topics against the model', () => {
  it.each(profiles)(
    'seeded schedules, %s: no duplicate, no reorder, no silent gap, nothing left over',
    (profile) => {
      const sum = { published: 0, delivered: 0, gaps: 0 };
      for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
        const { published, delivered, gaps } = fuzzTopics({ seed, profile });
        sum.published += published;
        sum.delivered += delivered;
        sum.gaps += gaps;
      }
      // What was not put to the test was not tested.
      expect(sum.published).toBeGreaterThan(schedules * 20);
      expect(sum.delivered).toBeGreaterThan(schedules * 20);
      expect(sum.gaps).toBeGreaterThan(schedules / 4);
    },
    60_000,
  );

  it('a schedule runs the same way each time', () => {
    const world = worldOf(firstSeed, 'faults');
    const steps = generate(world);
    expect(steps.length).toBeGreaterThan(10);
    expect(simulate(world, steps)).toEqual(simulate(world, steps));
  });
});
