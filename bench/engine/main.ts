/**
 * The storage engine against `lru-cache` (with its TTL) and `Map<string, Buffer>`, in one run.
 *
 *     node bench/engine/main.ts [--items N] [--seconds S] [--rounds N] [--seed N] [--small] [--out FILE]
 *
 * Every subject is in processes of its own. Memory and garbage collection are measured one process at a time; for
 * rates all of a case's processes take turns, round by round. The figures go to the terminal and, unless small, to
 * `bench/results/engine.json`. `--small` leaves the mid-size case out and shows that the bench works, not how fast
 * anything is.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { benchCases } from './cases.ts';
import { type BenchReport, reportLines } from './report.ts';
import { type BenchOptions, runCase } from './run.ts';
import { compare, summarize } from './summary.ts';

const resultsFile = fileURLToPath(new URL('../results/engine.json', import.meta.url));
/** Items of `--small`: few, and still more than the least memory of an engine holds once new ones come. */
const smallItems = 120_000;

const { values: args } = parseArgs({
  options: {
    items: { type: 'string' },
    seconds: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const options: BenchOptions = {
  items: Math.floor(inRange('items', args.items ?? String(args.small ? smallItems : 1_000_000), 1_000, 10_000_000)),
  seconds: inRange('seconds', args.seconds ?? (args.small ? '0.03' : '0.5'), 0.01, 60),
  rounds: args.small ? 1 : Math.floor(inRange('rounds', args.rounds, 1, 100)),
  memoryRuns: args.small ? 1 : 3,
  seed: inRange('seed', args.seed, 1, 2 ** 31),
};

const say = (line: string) => console.error(line);
await using stack = new AsyncDisposableStack();

const cases: BenchReport['cases'][number][] = [];
for (const benchCase of benchCases(options.items).filter(({ id }) => !args.small || id !== 'mid')) {
  const summary = summarize(await runCase(benchCase, options, stack, say));
  cases.push({ ...summary, comparisons: compare(summary) });
}
const report: BenchReport = {
  date: new Date(systemClock.wallMs()).toISOString(),
  machine: machineFacts(['lru-cache']),
  options,
  cases,
};
for (const line of reportLines(report)) console.log(line);
const file = args.out ?? (args.small ? undefined : resultsFile);
if (file !== undefined) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}
if (cases.some(({ subjects }) => subjects.some(({ wrong }) => wrong > 0))) process.exitCode = 1;

function inRange(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) {
    console.error(`--${name} must be ${min} to ${max}`);
    process.exit(2);
  }
  return value;
}
