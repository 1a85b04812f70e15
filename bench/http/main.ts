/**
 * Godwit over HTTP against what one would use otherwise, in one run, on loopback.
 *
 *     node bench/http/main.ts [--seconds N] [--rounds N] [--small] [--out FILE]
 *
 * Starts everything itself on free ports and stops it at the end. The figures go to the terminal and, unless
 * small, to `bench/results/http.json`. `--small` is one short round against the bare handler only: it shows
 * that the bench works, not how fast anything is.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { stopOnSignal } from '../support/stop-on-signal.ts';
import { type BenchReport, reportLines } from './report.ts';
import { type BenchOptions, runBench } from './run.ts';
import { compare, isAsExpected, summarize } from './summary.ts';

const resultsFile = fileURLToPath(new URL('../results/http.json', import.meta.url));
const packages = ['hono', '@hono/node-server', 'undici', 'jose', 'ioredis'];

const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const options: BenchOptions = args.small
  ? { seconds: 1, rounds: 1, connections: 8, requestsMax: 400, warmUpSeconds: 0.1, small: true }
  : {
      seconds: inRange('seconds', args.seconds, 60),
      rounds: inRange('rounds', args.rounds, 100),
      connections: 64,
      requestsMax: Number.MAX_SAFE_INTEGER,
      warmUpSeconds: 2,
      small: false,
    };

const say = (line: string) => console.error(line);
const stack = new AsyncDisposableStack();
const signal = stopOnSignal(stack);

try {
  const run = await runBench(options, stack, say);
  const figures = summarize(run);
  const report: BenchReport = {
    date: new Date(systemClock.wallMs()).toISOString(),
    machine: machineFacts(packages),
    options,
    skipped: run.skipped,
    subjects: run.subjects,
    figures,
    comparisons: compare(figures).map((comparison) => ({ ...comparison, as_expected: isAsExpected(comparison) })),
  };
  for (const line of reportLines(report)) console.log(line);
  const file = args.out ?? (args.small ? undefined : resultsFile);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (figures.some(({ errors, mismatches }) => errors + mismatches > 0)) process.exitCode = 1;
} catch (error) {
  if (signal.stopping) await new Promise(() => {});
  throw error;
} finally {
  if (!signal.stopping) await stack.disposeAsync();
}
// what an unreferenced handle would keep open
process.exit();

function inRange(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) {
    console.error(`--${name} must be above 0 and at most ${max}`);
    process.exit(2);
  }
  return value;
}
