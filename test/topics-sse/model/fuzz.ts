/** The topics' model test: a schedule of a seed; a disagreement comes shrunk, as a unit test to paste. */
import { inspect } from 'node:util';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import { shrink } from '../../storage-node/engine/fuzz/shrink.ts';
import { generate } from './generate.ts';
import { simulate, type Tally } from './simulation.ts';
import type { Step } from './step.ts';
import { type Profile, type World, worldOf } from './world.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** The seed's own when absent. */
  readonly profile?: Profile;
  /** Wall time for shrinking, in ms; 0: none. */
  readonly shrinkMs?: number;
  readonly clock?: Clock;
}

/** Runs the schedule of a seed; throws an Error with the seed and a unit test when anything is not as it must be. */
export function fuzzTopics({ seed, profile, shrinkMs = 10_000, clock = systemClock }: FuzzOptions): Tally {
  const world = worldOf(seed, profile);
  const steps = generate(world);
  try {
    return simulate(world, steps);
  } catch (error) {
    const report = `seed ${seed} (${world.profile}): ${(error as Error).message}`;
    if (shrinkMs === 0) throw new Error(report, { cause: error });
    const least = shrinkSteps(world, steps, { clock, shrinkMs });
    throw new Error(`${report}\n${pastedTest(world, least)}`, { cause: error });
  }
}

/** The fewest and plainest steps found that still fail, in whatever way. */
export function shrinkSteps(
  world: World,
  steps: readonly Step[],
  { clock, shrinkMs }: { clock: Clock; shrinkMs: number },
): readonly Step[] {
  return shrink(steps, {
    fails: (list) => (fails(world, list) ? list.length : undefined),
    simpler,
    clock,
    budgetMs: shrinkMs,
  });
}

function fails(world: World, steps: readonly Step[]): boolean {
  try {
    simulate(world, steps);
    return false;
  } catch {
    return true;
  }
}

function simpler(step: Step): readonly Step[] {
  switch (step.kind) {
    case 'publish':
      return [
        { ...step, count: 1, bytes: 0, binary: false },
        { ...step, bytes: 0, binary: false },
      ].filter(({ count, bytes, binary }) => count !== step.count || bytes !== step.bytes || binary !== step.binary);
    case 'cut':
      return step.back === 0 && step.downMs === 0 ? [] : [{ ...step, back: 0, downMs: 0 }];
    default:
      return [];
  }
}

/** A unit test to paste. */
export function pastedTest(world: World, steps: readonly Step[]): string {
  const text = (value: object): string => inspect(value, { breakLength: Infinity, depth: 3, maxArrayLength: null });
  return [
    `it('topics: what seed ${world.seed} came by', () => {`,
    `  simulate(${text(world)}, [`,
    ...steps.map((step) => `    ${text(step)},`),
    '  ]);',
    '});',
  ].join('\n');
}
