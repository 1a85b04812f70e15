/**
 * One Godwit node against memcached and Redis with the same memory: who misses how much, on the same requests.
 *
 *     node bench/memory/main.ts [--workloads a,b] [--sizes 16,32] [--seconds N] [--seed N] [--traces DIR]
 *                               [--rate SHARE] [--small] [--out FILE]
 *
 * Look-aside: a get that misses is followed by a set of the item. Time is compressed: requests come at a steady
 * rate in real time, and TTLs are divided by the workload's time factor, one and the same for all systems, so that
 * an hour of production passes in a few seconds and every system still expires by its own real clock. `--traces`
 * names a folder with the recorded traces and Twitter's table of clusters; without it the workloads of those traces
 * are skipped, and the few parameters that the others need are in `clusters.ts`.
 *
 * Nothing depends on speed: the requests of each 4 ms (20 ms where they are few) are fixed beforehand, and a run in which a system
 * could not keep that time is done again, then marked as not valid. The figures go to the terminal and, unless small,
 * to `bench/results/memory.json`. `--rate 0.5` makes half of the requests in the same time, for a machine that has
 * other work too. `--small` shows that the bench works, not who misses less.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { stopOnSignal } from '../support/stop-on-signal.ts';
import { clusters, parseClusters } from './clusters.ts';
import { benchLimits, targets } from './limits.ts';
import { headLines, type MemoryReport, summaryLines, type WorkloadReport, workloadLines } from './report.ts';
import { installed, type RunResult, runWorkload } from './run.ts';
import { type SubjectId, subjectIds } from './subject.ts';
import { compare } from './summary.ts';
import { peerVersions } from './versions.ts';
import { type Prepared, prepare, smallWorkloads, type Workload, workloads } from './workloads.ts';

const resultsFile = fileURLToPath(new URL('../results/memory.json', import.meta.url));
const clusterTable = 'twitter_2020Mar_stat.md';

const { values: args } = parseArgs({
  options: {
    workloads: { type: 'string' },
    sizes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    traces: { type: 'string' },
    rate: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const options = {
  seconds: inRange('seconds', args.seconds ?? (args.small ? '1.5' : '45'), 0.5, 600),
  seed: inRange('seed', args.seed, 0, 2 ** 32 - 1),
  rate: inRange('rate', args.rate, 0.05, 1),
  traces: args.traces,
  small: args.small,
};
const sizesMib = args.sizes?.split(',').map((size) => inRange('sizes', size, 18, 4_096));
const chosen = chooseWorkloads(options.small ? smallWorkloads : workloads, args.workloads);

const say = (line: string) => console.error(line);
const stack = new AsyncDisposableStack();
const signal = stopOnSignal(stack);

try {
  const report = await bench();
  for (const line of [...headLines(report), ...report.workloads.flatMap(workloadLines), ...summaryLines(report)])
    console.log(line);
  if (report.workloads.some(({ runs }) => runs.some(({ systems }) => systems.some(({ wrong }) => wrong > 0))))
    process.exitCode = 1;
} catch (error) {
  if (signal.stopping) await new Promise(() => {});
  throw error;
} finally {
  if (!signal.stopping) await stack.disposeAsync();
}
// what an unreferenced handle would keep open
process.exit();

/** Runs everything; what is done so far is written after each workload. */
async function bench(): Promise<MemoryReport> {
  const { present, skipped } = await installed(subjectIds);
  const parameters = await clusterParameters();
  const machine = machineFacts(['undici']);
  const { runnable, reasons } = withTheirTraces(chosen);
  for (const reason of [...skipped, ...reasons]) say(`skipped ${reason}`);
  let report: MemoryReport = {
    date: new Date(systemClock.wallMs()).toISOString(),
    machine: { ...machine, versions: { ...machine.versions, ...peerVersions() } },
    options: { seconds: options.seconds, rate: options.rate, seed: options.seed, small: options.small },
    method: {
      batch_ms_min: benchLimits.batchMsMin,
      batch_ms_max: benchLimits.batchMsMax,
      warm_up_share: benchLimits.warmUpShare,
      lag_ms_max: benchLimits.lagMsMax,
      late_share_max: benchLimits.lateShareMax,
    },
    targets,
    skipped: [...skipped, ...reasons],
    workloads: [],
    comparisons: [],
  };
  for (const workload of runnable) {
    const done = await runAllSizes(workload, await prepare(workload, parameters, options), present);
    report = {
      ...report,
      workloads: [...report.workloads, done],
      comparisons: [...report.comparisons, compare(workload, done.runs)],
    };
    await write(report);
  }
  await write(report);
  return report;
}

async function runAllSizes(
  workload: Workload,
  prepared: Prepared,
  present: readonly SubjectId[],
): Promise<WorkloadReport> {
  const runs: RunResult[] = [];
  for (const memoryMib of sizesMib ?? workload.sizesMib) {
    const run = await runWorkload(prepared, memoryMib, present, stack);
    runs.push(run);
    const misses = run.systems.map(({ subject, miss_ratio }) => `${subject} ${miss_ratio.toFixed(4)}`);
    say(`${workload.id}, ${memoryMib} MiB: ${misses.join(', ')}${run.valid ? '' : ' (not valid)'}`);
  }
  return {
    id: workload.id,
    title: workload.title,
    small_mixed_ttl: workload.smallMixedTtl,
    requests: prepared.requests,
    requests_per_second: prepared.requestsPerSecond,
    time_factor: prepared.timeFactor,
    facts: prepared.facts,
    runs,
  };
}

async function write(report: MemoryReport): Promise<void> {
  const file = args.out ?? (options.small ? undefined : resultsFile);
  if (file === undefined) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** The workloads whose trace is at hand, and why the others are not run. */
function withTheirTraces(all: readonly Workload[]): { runnable: Workload[]; reasons: string[] } {
  const reasonOf = (workload: Workload): string | undefined => {
    if (workload.kind === 'cluster') return undefined;
    if (options.traces === undefined) return `${workload.id}: --traces names no folder with ${workload.file}`;
    return existsSync(join(options.traces, workload.file))
      ? undefined
      : `${workload.id}: there is no ${workload.file} in the folder of --traces`;
  };
  return {
    runnable: all.filter((workload) => reasonOf(workload) === undefined),
    reasons: all.map(reasonOf).filter((reason) => reason !== undefined),
  };
}

/** Of the table itself when it is at hand, else those that are kept here. */
async function clusterParameters(): Promise<typeof clusters> {
  const file = options.traces === undefined ? undefined : join(options.traces, clusterTable);
  return file !== undefined && existsSync(file) ? parseClusters(await readFile(file, 'utf8')) : clusters;
}

function chooseWorkloads(all: readonly Workload[], names: string | undefined): readonly Workload[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find(({ id }) => id === name);
    if (found !== undefined) return found;
    console.error(`there is no workload ${name}; there are ${all.map(({ id }) => id).join(', ')}`);
    return process.exit(2);
  });
}

function inRange(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(text !== '' && value >= min && value <= max)) {
    console.error(`--${name} must be at least ${min} and at most ${max}`);
    process.exit(2);
  }
  return value;
}
