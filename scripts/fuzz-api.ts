/**
 * Fuzzes a fleet of its own over HTTP: `node scripts/fuzz-api.ts --seconds 60 --seed 1`. Prints what went wrong
 * and exits 1, or a count of the answers by status. `test/api/fuzz` runs a small form of it.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../src/shared/clock.ts';
import { Fuzz } from '../test/api/fuzz/fuzz.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' }, seed: { type: 'string' } } });
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  console.error('usage: node scripts/fuzz-api.ts [--seconds N] [--seed S]');
  process.exit(2);
}

console.log(`seed ${seed}, ${seconds} s, Node ${process.version}`);
const fuzz = await Fuzz.start();
const endMs = systemClock.monotonicMs() + seconds * 1_000;
const raw = await fuzz.runRawCases();
const { requests, byStatus, findings } = await fuzz.run({ seed, goOn: () => systemClock.monotonicMs() < endMs });
await fuzz.stop();
console.log(`${requests} requests:`, byStatus);
for (const finding of [...raw, ...findings]) console.error(finding);
process.exitCode = raw.length + findings.length === 0 ? 0 : 1;
