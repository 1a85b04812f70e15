/**
 * Which eviction policy misses least: the engine's own, by segment, against LRU, FIFO, SIEVE and S3-FIFO by
 * object, over recorded and generated workloads and cache sizes.
 *
 *     node bench/eviction/main.ts [--traces DIR] [--only NAME,…] [--sizes 1,3,10,30] [--memory-mib N] [--seed N]
 *                                 [--small] [--out FILE]
 *
 * Sizes are percents of the footprint. Every cache has the same memory and objects are scaled to make it that
 * percent. The object-level policies are charged for each object what the engine needed for an item with S3-FIFO,
 * so that what differs is policy and granularity; a second pair of columns charges them memcached's 56 bytes,
 * scaled as the objects are, and lets expired objects stay until they are asked for. "points" is how much more
 * the engine's S3-FIFO misses than the object-level one; "+waste" compares with objects that are charged only an
 * item's own header, slot and ghost, and so counts the unwritten and dead bytes of segments too.
 *
 * Each object-level policy is first run beside a naive implementation of its own, request by request; a
 * disagreement ends the bench.
 *
 * The figures go to the terminal and, unless small, to `bench/results/eviction.json`. `--traces` names a folder
 * of recorded traces (formats of `godwit replay`, oracleGeneral as `*oracleGeneral*`, each plain, .xz, or .zst
 * for the latter); without it the generated workloads run alone. `--small` is a short run over few of those.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { prepared, runCell } from './cells.ts';
import { checkObjectPolicies } from './naive/check.ts';
import { evictionBench } from './policies.ts';
import { type CellReport, cellLine, cellReport, closingLines, type EvictionReport, headingLines } from './report.ts';
import { synthetic, syntheticNames } from './workloads/synthetic.ts';
import { traceWorkloads } from './workloads/trace-files.ts';
import type { Workload } from './workloads/workload.ts';

const resultsFile = fileURLToPath(new URL('../results/eviction.json', import.meta.url));

const { values: args } = parseArgs({
  options: {
    traces: { type: 'string' },
    only: { type: 'string' },
    sizes: { type: 'string' },
    'memory-mib': { type: 'string' },
    seed: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

/** Cache of the comparison with the naive policies, as a share of what is compared. */
const checkedShare = 0.1;
const smallSizes = [0.03, 0.3];
const smallWorkloads = ['zipf-1.0', 'ttl-mixed'];
const scale = args.small ? { objects: 40_000, requests: 80_000 } : { objects: 400_000, requests: 2_000_000 };

const seed = inRange('seed', args.seed, 0, 2 ** 31);
const mib = 2 ** 20;
const memoryBytes = args['memory-mib']
  ? inRange('memory-mib', args['memory-mib'], 16, 1_024) * mib
  : evictionBench.memoryBytes;
const shares = args.sizes?.split(',').map((text) => inRange('sizes', text, 0.1, 100) / 100) ?? [
  ...(args.small ? smallSizes : evictionBench.shares),
];
const names = args.only?.split(',') ?? (args.small ? smallWorkloads : undefined);
const wanted = (name: string) => names === undefined || names.some((start) => name.startsWith(start));

/** One after the other, so that only one is in memory at a time. */
async function* workloads(): AsyncGenerator<Workload> {
  if (args.traces !== undefined) {
    for (const workload of await traceWorkloads(args.traces))
      if (wanted(workload.name)) yield prepared(workload, Math.min(...shares));
  }
  for (const name of syntheticNames) if (wanted(name)) yield synthetic(name, scale, seed);
}

const about: { name: string; about: string; requests: number }[] = [];
const cells: CellReport[] = [];
let requestsChecked = 0;
for (const line of headingLines()) console.log(line);
for await (const workload of workloads()) {
  about.push({ name: workload.name, about: workload.about, requests: workload.objects.length });
  requestsChecked += checkObjectPolicies(workload, checkedShare);
  for (const share of shares) {
    const cell = cellReport(runCell(workload, share, { memoryBytes, seed }));
    cells.push(cell);
    console.log(cellLine(cell));
  }
}
if (cells.length === 0) {
  console.error(`--only names no workload; without --traces there are ${syntheticNames.join(', ')}`);
  process.exit(2);
}
const report: EvictionReport = {
  date: new Date(systemClock.wallMs()).toISOString(),
  machine: machineFacts([]),
  seed,
  memory_bytes: memoryBytes,
  requests_checked: requestsChecked,
  points_above_object_max: evictionBench.pointsAboveObjectMax,
  workloads: about,
  cells,
  as_expected: cells.every((cell) => cell.as_expected),
};
for (const line of closingLines(report)) console.log(line);
const file = args.out ?? (args.small ? undefined : resultsFile);
if (file !== undefined) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
}

function inRange(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (value >= min && value <= max) return value;
  console.error(`--${name} must be ${min} to ${max}`);
  process.exit(2);
}
