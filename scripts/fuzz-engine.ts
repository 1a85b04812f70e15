/**
 * The long form of the storage engine's fuzz tests: shape after shape, seed after seed, until the time is up.
 * Every fourth round is a node with its operations on top, the others are the engine by itself.
 *
 *     node scripts/fuzz-engine.ts [--seconds N] [--seed S] [--operations N] [--shape TEXT]
 *
 * `--shape` keeps to the shapes with this text in their name. Exit code 1 at the first disagreement, with its
 * seed and a unit test; `--seed S --seconds 0` runs that one again.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../src/shared/clock.ts';
import { fuzzEngine } from '../test/storage-node/engine/fuzz/fuzz.ts';
import { shapes } from '../test/storage-node/engine/fuzz/shapes.ts';
import { fuzzNode, nodeWorldOf } from '../test/storage-node/node-fuzz/fuzz.ts';

/** Operations of a node cost about ten of the engine's. */
const stepsShare = 1 / 20;
const shrinkMs = 60_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    operations: { type: 'string', default: '200000' },
    shape: { type: 'string', default: '' },
  },
});
const chosen = shapes.filter(({ name }) => name.includes(values.shape));
if (chosen.length === 0) throw new Error(`no shape has "${values.shape}" in its name`);
const started = systemClock.monotonicMs();
const operations = Number(values.operations);
/** One seed; returns the operations done. */
function round(seed: number): number {
  const begun = systemClock.monotonicMs();
  let name = '';
  let counts: object = {};
  let count = operations;
  if (seed % 4 === 3 && values.shape === '') {
    const { ample, eviction } = nodeWorldOf(seed >>> 2);
    name = `node, ${eviction}, ${ample ? 'ample memory' : 'under pressure'}`;
    const steps = operations * stepsShare;
    const { statuses, ...rest } = fuzzNode({ seed: seed >>> 2, steps, checkEvery: 1_000, shrinkMs });
    count = rest.operations;
    counts = { ...rest, ...Object.fromEntries(statuses) };
  } else {
    // Counted without the seeds of nodes, so that each shape has its turn.
    const shape = chosen[(values.shape === '' ? seed - (seed >>> 2) : seed) % chosen.length]!;
    name = shape.name;
    counts = fuzzEngine({ seed, shape, operations, checkEvery: 5_000, shrinkMs });
  }
  const ms = systemClock.monotonicMs() - begun;
  console.log(`seed ${seed} (${name}): ${Math.round(count / ms)} operations/ms, ${JSON.stringify(counts)}`);
  return count;
}

let total = 0;
let seed = Number(values.seed);
try {
  do total += round(seed++);
  while (systemClock.monotonicMs() - started < Number(values.seconds) * 1_000);
  const perMinute = (total / (systemClock.monotonicMs() - started)) * 60_000;
  console.log(`${total} operations, no disagreement; ${(perMinute / 1e6).toFixed(1)} million a minute`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
