import { describe, expect, it } from 'vitest';
import { fuzzTopics } from './fuzz.ts';
import { mutants } from './mutants.ts';
import type { Profile } from './world.ts';

/** Schedules in which a planted defect has to show at the latest. */
const schedulesToFind = 60;

describe('planted defects', () => {
  it.each(mutants.map(({ name, profile, plant }) => [name, profile, plant] as const))(
    '%s: found',
    (_name, profile, plant) => {
      expect(seedThatFinds(profile, plant)).toBeLessThan(schedulesToFind);
    },
    60_000,
  );

  it('a schedule that fails is cut down to a unit test', () => {
    const { profile, plant } = mutants.find(({ name }) => name === 'a stream is not told of gaps')!;
    const seed = seedThatFinds(profile, plant);
    const heal = plant();
    try {
      expect(() => fuzzTopics({ seed, profile })).toThrow(
        /^seed \d+ \(trimmed\): reader[\s\S]*\nit\('topics: what seed/,
      );
    } finally {
      heal();
    }
  });
});

function seedThatFinds(profile: Profile, plant: () => () => void): number {
  for (let seed = 0; seed < schedulesToFind; seed++) {
    const heal = plant();
    try {
      fuzzTopics({ seed, profile, shrinkMs: 0 });
    } catch {
      return seed;
    } finally {
      heal();
    }
  }
  return Infinity;
}
