/** The node's fuzz test: generated steps on a node and the model; a disagreement comes shrunk, as a unit test. */
import { inspect } from 'node:util';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import { Disagreement } from '../engine/fuzz/replay.ts';
import { shrink } from '../engine/fuzz/shrink.ts';
import { NodeGenerator } from './generator.ts';
import { type NodeCounts, type NodeReplayOptions, replaySteps } from './replay.ts';
import type { NodeOperation, NodeWorld, Step } from './step.ts';

const mib = 1024 * 1024;

/** The node of a seed: half with ample memory, half under pressure, of each policy. */
export function nodeWorldOf(seed: number): NodeWorld {
  const ample = seed % 2 === 0;
  const eviction = (['s3-fifo', 'merge', 'fifo', 'random'] as const)[(seed >>> 1) % 4]!;
  return { memoryBytes: ample ? 512 * mib : 16 * mib, hashSeed: seed, eviction, ample };
}

export interface NodeFuzzOptions extends NodeReplayOptions {
  seed: number;
  steps: number;
  /** Steps between two walks over everything. */
  checkEvery: number;
  /** Wall time for shrinking, in ms; 0: none. */
  shrinkMs?: number;
  clock?: Clock;
}

/** Runs the steps of a seed; throws an Error with the seed and a unit test at the first disagreement. */
export function fuzzNode(options: NodeFuzzOptions): NodeCounts {
  const { seed, steps, checkEvery, shrinkMs = 10_000, clock = systemClock, wrap } = options;
  const world = nodeWorldOf(seed);
  const generator = new NodeGenerator(world, seed);
  let left = steps;
  try {
    return replaySteps(world, () => (left-- > 0 ? generator.next() : undefined), { checkEvery, ...(wrap && { wrap }) });
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error;
    const report = `seed ${seed}, step ${error.message}`;
    if (shrinkMs === 0) throw new Error(report, { cause: error });
    const again = new NodeGenerator(world, seed);
    const list = Array.from({ length: Math.min(error.operation + 1, steps) }, () => again.next());
    const least = shrinkSteps(world, list, shrinkMs, clock, wrap);
    throw new Error(`${report}\n${pastedTest(world, least, seed)}`, { cause: error });
  }
}

/** Runs a list of steps; throws a `Disagreement` at the first difference. */
export function replayList(world: NodeWorld, steps: readonly Step[], options?: NodeReplayOptions): NodeCounts {
  const iterator = steps[Symbol.iterator]();
  return replaySteps(world, () => iterator.next().value, options);
}

/** The shortest list found that still fails. */
export function shrinkSteps(
  world: NodeWorld,
  list: readonly Step[],
  budgetMs: number,
  clock: Clock,
  wrap?: NodeReplayOptions['wrap'],
): readonly Step[] {
  const fails = (steps: readonly Step[]): number | undefined => {
    try {
      replayList(world, steps, { checkEvery: Math.ceil(steps.length / 100), ...(wrap && { wrap }) });
      return undefined;
    } catch (error) {
      return error instanceof Disagreement ? Math.min(error.operation + 1, steps.length) : undefined;
    }
  };
  // One operation a frame is simpler than many; where they must be together, they stay.
  const single = list.flatMap((step): Step[] =>
    step.kind === 'frame' ? step.operations.map((one) => ({ ...step, operations: [one] })) : [step],
  );
  const from = fails(single) === undefined ? list : single;
  return shrink<Step>(from, { fails, simpler: simplerSteps, clock, budgetMs });
}

function simplerSteps(step: Step): Step[] {
  if (step.kind === 'advance') return step.ms > 1 ? [1, step.ms >> 1].map((ms) => ({ ...step, ms })) : [];
  if (step.kind !== 'frame') return [];
  const { operations } = step;
  if (operations.length > 1) return operations.map((_, i) => ({ ...step, operations: operations.toSpliced(i, 1) }));
  return simplerOperations(operations[0]!).map((operation) => ({ ...step, operations: [operation] }));
}

function simplerOperations(operation: NodeOperation): NodeOperation[] {
  const list: NodeOperation[] = [];
  if ('condition' in operation) {
    const { condition: _, ...rest } = operation;
    list.push(rest);
  }
  if ('mark' in operation) {
    const { mark: _, ...rest } = operation;
    list.push(rest as NodeOperation);
  }
  if ('value' in operation) {
    const { value } = operation;
    if (value !== 'a') list.push({ ...operation, value: 'a' });
    if (typeof value === 'object' && value.bytes > 1)
      list.push({ ...operation, value: { ...value, bytes: value.bytes >> 1 } });
    if (operation.contentType !== 'text/plain') list.push({ ...operation, contentType: 'text/plain' });
  }
  if ('ttlMs' in operation && operation.ttlMs !== 60_000) list.push({ ...operation, ttlMs: 60_000 });
  return list;
}

/** Steps printed at most; a longer list says nothing that the seed does not. */
const printedMax = 400;

function pastedTest(world: NodeWorld, steps: readonly Step[], seed: number): string {
  const text = (value: object): string => inspect(value, { breakLength: Infinity, depth: 6 });
  if (steps.length > printedMax) return `(${steps.length} steps are left after shrinking)`;
  return [
    `it('a node agrees with the model on what seed ${seed} came by', () => {`,
    `  replayList(${text(world)}, [`,
    ...steps.map((step) => `    ${text(step)},`),
    '  ]);',
    '});',
  ].join('\n');
}
