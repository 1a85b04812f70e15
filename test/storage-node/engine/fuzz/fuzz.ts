/** The engine's fuzz test: a generated stream on Segcache and the model; a disagreement comes shrunk, as a unit test. */
import { inspect } from 'node:util';
import { type Clock, systemClock } from '../../../../src/shared/clock.ts';
import { Generator } from './generator.ts';
import type { EngineOperation, EngineWorld } from './operation.ts';
import { Disagreement, type ReplayCounts, type ReplayOptions, replay, replayStream } from './replay.ts';
import { type Shape, shapes, worldOf } from './shapes.ts';
import { shrink } from './shrink.ts';
import { renumbered, simplerOperations } from './simpler.ts';

export interface FuzzOptions extends ReplayOptions {
  seed: number;
  /** The seed's own when absent. */
  shape?: Shape;
  operations: number;
  /** Operations between two walks over everything. */
  checkEvery: number;
  /** Wall time for shrinking, in ms; 0: none. */
  shrinkMs?: number;
  clock?: Clock;
}

export const shapeOf = (seed: number): Shape => shapes[seed % shapes.length]!;

/** Shrinking checks a stream so many times in all: after each operation, once it is no longer than this. */
const checksMax = 50;
/** Operations printed at most; a longer list says nothing that the seed does not. */
const printedMax = 400;

/** Runs the stream of a seed; throws an Error with the seed and a unit test at the first disagreement. */
export function fuzzEngine(options: FuzzOptions): ReplayCounts {
  const { seed, shape = shapeOf(seed), operations, checkEvery, wrap } = options;
  const world = worldOf(shape, seed);
  const generator = new Generator(shape, seed);
  let left = operations;
  try {
    return replayStream(world, () => (left-- > 0 ? generator.next() : undefined), {
      checkEvery,
      ...(wrap && { wrap }),
    });
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error;
    const { message } = error;
    const report = `seed ${seed} (${shape.name}), ${message}`;
    if (options.shrinkMs === 0) throw new Error(report, { cause: error });
    const again = new Generator(shape, seed);
    const stream = Array.from({ length: Math.min(error.operation + 1, operations) }, () => again.next());
    const least = shrinkStream(world, stream, options);
    throw new Error(`${report}\n${pastedTest(world, least, seed)}`, { cause: error });
  }
}

/** The shortest stream found that still fails. */
export function shrinkStream(
  world: EngineWorld,
  stream: readonly EngineOperation[],
  { wrap, clock = systemClock, shrinkMs = 10_000 }: Pick<FuzzOptions, 'wrap' | 'clock' | 'shrinkMs'>,
): readonly EngineOperation[] {
  return shrink(stream, {
    fails: (list) => failsAt(world, list, wrap),
    simpler: simplerOperations,
    simplerLists: renumbered,
    clock,
    budgetMs: shrinkMs,
  });
}

function failsAt(world: EngineWorld, list: readonly EngineOperation[], wrap: FuzzOptions['wrap']): number | undefined {
  const checkEvery = Math.ceil(list.length / checksMax);
  try {
    replay(world, list, { checkEvery, ...(wrap && { wrap }) });
    return undefined;
  } catch (error) {
    return error instanceof Disagreement ? Math.min(error.operation + 1, list.length) : undefined;
  }
}

/** A unit test to paste. */
export function pastedTest(world: EngineWorld, operations: readonly EngineOperation[], seed: number): string {
  const text = (value: object): string => inspect(value, { breakLength: Infinity, depth: 1 });
  if (operations.length > printedMax) return `(${operations.length} operations are left after shrinking)`;
  return [
    `it('segcache agrees with the model on what seed ${seed} came by', () => {`,
    `  replay(${text(world)}, [`,
    ...operations.map((operation) => `    ${text(operation)},`),
    '  ]);',
    '});',
  ].join('\n');
}
