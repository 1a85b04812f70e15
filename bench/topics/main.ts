/**
 * Godwit's topics against nchan, and against a Node loop that does nothing but gather writes, in one run on loopback.
 *
 *     node bench/topics/main.ts [--seconds N] [--rounds N] [--parts a,b] [--subjects a,b] [--small] [--out FILE]
 *
 * Parts: `fan-out` (one topic, publishers never pause), `latency` (a fixed rate), `publish` (publishes to PUTs, no
 * subscribers), `many` (memory of idle subscribers, the most that connect, a storm of reconnects). Subjects:
 * `godwit`, `nchan`, `bare_loop`; one that is not installed is skipped with its reason.
 *
 * Starts everything itself on free ports and stops it at the end. The figures go to the terminal and, unless small
 * or in parts, to `bench/results/topics.json`. `--small` shows that the bench works, not how fast anything is. Every
 * delivery is checked for order and completeness, and one in 50 byte for byte; the process fails when one is wrong,
 * or missing without being announced.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { stopOnSignal } from '../support/stop-on-signal.ts';
import { topicsLimits } from './limits.ts';
import { nchanVersions } from './nchan.ts';
import { faultsOf, reportLines, type TopicsReport } from './report.ts';
import { type BenchOptions, parts, runBench } from './run.ts';
import { subjectIds } from './subject.ts';
import { compare, isAsExpected, summarizeFanOut, summarizePublish } from './summary.ts';

const resultsFile = fileURLToPath(new URL('../results/topics.json', import.meta.url));

const { values: args } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2.5' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string' },
    subjects: { type: 'string' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const chosen = {
  parts: choose('parts', parts, args.parts),
  subjects: choose('subjects', subjectIds, args.subjects),
  small: args.small,
};
const options: BenchOptions = args.small
  ? {
      ...chosen,
      rounds: 1,
      seconds: 0.3,
      fanOutSubscribers: [20],
      pacedSubscribers: 20,
      requestsMax: 400,
      many: { idle: 50, most: 60, storm: 50, topics: 5, settleMs: 50, getsBeforeMs: 200 },
    }
  : {
      ...chosen,
      rounds: inRange('rounds', args.rounds, 100),
      seconds: inRange('seconds', args.seconds, 60),
      fanOutSubscribers: topicsLimits.fanOutSubscribers,
      pacedSubscribers: topicsLimits.pacedSubscribers,
      requestsMax: Number.MAX_SAFE_INTEGER,
      many: {
        idle: topicsLimits.idleSubscribers,
        most: topicsLimits.manySubscribers,
        storm: topicsLimits.stormSubscribers,
        topics: topicsLimits.idleTopics,
        settleMs: topicsLimits.memorySettleMs,
        getsBeforeMs: topicsLimits.getsBeforeMs,
      },
    };

const stack = new AsyncDisposableStack();
const signal = stopOnSignal(stack);

try {
  const report = await bench();
  for (const line of reportLines(report)) console.log(line);
  const whole = !args.small && args.parts === undefined && args.subjects === undefined;
  const file = args.out ?? (whole ? resultsFile : undefined);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (faultsOf(report) > 0) process.exitCode = 1;
} catch (error) {
  if (signal.stopping) await new Promise(() => {});
  throw error;
} finally {
  if (!signal.stopping) await stack.disposeAsync();
}
// what an unreferenced handle would keep open
process.exit();

async function bench(): Promise<TopicsReport> {
  const machine = machineFacts([]);
  const run = await runBench(options, stack, (line) => console.error(line));
  const [fanOut, latency, publish] = [
    summarizeFanOut(run.fanOut),
    summarizeFanOut(run.latency),
    summarizePublish(run.publish),
  ];
  return {
    date: new Date(systemClock.wallMs()).toISOString(),
    machine: { ...machine, versions: { node: machine.versions['node']!, ...nchanVersions() } },
    options,
    skipped: run.skipped,
    subjects: run.subjects,
    fan_out: fanOut,
    latency,
    publish,
    idle: run.idle,
    storm: run.storm,
    comparisons: compare(run, fanOut, latency, publish).map((comparison) => ({
      ...comparison,
      as_expected: isAsExpected(comparison),
    })),
  };
}

function choose<T extends string>(name: string, all: readonly T[], text: string | undefined): readonly T[] {
  const wanted = text?.split(',') ?? all;
  const unknown = wanted.find((one) => !all.includes(one as T));
  if (unknown === undefined) return all.filter((one) => wanted.includes(one));
  console.error(`--${name}: there is no ${unknown}; there are ${all.join(', ')}`);
  process.exit(2);
}

function inRange(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) {
    console.error(`--${name} must be above 0 and at most ${max}`);
    process.exit(2);
  }
  return value;
}
