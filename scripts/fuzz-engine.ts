/**
 * The long form of the storage engine's fuzz test: shape after shape, seed after seed, until the time is up.
 *
 *     node scripts/fuzz-engine.ts [--seconds N] [--seed S] [--operations N]
 *
 * Exit code 1 and the seed at the first disagreement; `--seed S --seconds 0` runs that one again.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../src/shared/clock.ts';
import { fuzzEngine, fuzzShape } from '../test/storage-node/engine/fuzz.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    operations: { type: 'string', default: '300000' },
  },
});
const end = systemClock.monotonicMs() + Number(values.seconds) * 1_000;
let seed = Number(values.seed);
let operations = 0;
do {
  const result = fuzzEngine(fuzzShape(seed, Number(values.operations), 20_000));
  operations += Number(values.operations);
  console.log(`seed ${seed}: ${JSON.stringify(result)}`);
  seed++;
} while (systemClock.monotonicMs() < end);
console.log(`${operations} operations, no disagreement`);
