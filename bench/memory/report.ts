import type { MachineFacts } from '../support/machine.ts';
import type { MemoryRatio } from './equal-misses.ts';
import { targets } from './limits.ts';
import type { RunResult, SystemResult } from './run.ts';
import { type SubjectId, subjectIds } from './subject.ts';
import type { Comparison } from './summary.ts';
import type { Prepared } from './workloads.ts';

/** What is written to `bench/results/memory.json`. */
export interface MemoryReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly options: {
    readonly seconds: number;
    readonly rate: number;
    readonly seed: number;
    readonly small: boolean;
  };
  readonly method: Readonly<Record<string, number>>;
  readonly targets: typeof targets;
  readonly skipped: readonly string[];
  readonly workloads: readonly WorkloadReport[];
  readonly comparisons: readonly Comparison[];
}

export interface WorkloadReport {
  readonly id: string;
  readonly title: string;
  readonly small_mixed_ttl: boolean;
  readonly requests: number;
  readonly requests_per_second: number;
  readonly time_factor: number;
  readonly facts: Prepared['facts'];
  readonly runs: readonly RunResult[];
}

/** A cache that takes this many times its limit, by its own account, is named: memcached gives every class a page. */
const overstepShare = 1.05;

const titles: Readonly<Record<SubjectId, string>> = {
  godwit: 'Godwit',
  memcached: 'memcached',
  redis_lru: 'Redis LRU',
  redis_lfu: 'Redis LFU',
};

/** What ran, on what. */
export function headLines({ machine, method }: Pick<MemoryReport, 'machine' | 'method'>): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}`,
    versions.join(', '),
    `the first ${percent(method['warm_up_share']!)} of each run is not counted; all systems get the same requests at the same time, every ${method['batch_ms_min']} to ${method['batch_ms_max']} ms`,
  ];
}

/** One workload with its table. */
export function workloadLines(workload: WorkloadReport): string[] {
  const { facts, runs } = workload;
  const stream = runs[0]?.stream;
  const told = Object.entries(facts).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  const ids = subjectIds.filter((id) => runs.some(({ systems }) => systems.some(({ subject }) => subject === id)));
  return [
    '',
    `${workload.id}: ${workload.title}`,
    `  ${workload.requests.toLocaleString('en-US')} requests, ${Math.round(workload.requests_per_second).toLocaleString('en-US')} a second; 1 s is ${Number(workload.time_factor.toPrecision(3)).toLocaleString('en-US')} s of the source; ${told.join(', ')}`,
    ...(stream === undefined
      ? []
      : [
          `  ${stream.gets} gets, ${stream.sets} sets, ${stream.deletes} deletes; ${stream.objects} objects, ${percent(stream.oneHitObjects / stream.objects)} requested once, ${mib(stream.objectBytes)} MiB of keys and values`,
        ]),
    ...columns([
      ['  memory', ...ids.map((id) => `${titles[id]} misses`), ...ids.map((id) => `${titles[id]}: items, RSS`)],
      ...runs.map((run) => {
        const of = (id: SubjectId) => run.systems.find(({ subject }) => subject === id)!;
        return [
          `  ${run.memory_mib} MiB${run.valid ? '' : ' (NOT VALID: too late)'}`,
          ...ids.map((id) => of(id).miss_ratio.toFixed(4)),
          ...ids.map((id) => `${of(id).items}, ${of(id).resident_mib?.toFixed(0) ?? '?'} MiB`),
        ];
      }),
    ]),
    ...notes(runs.flatMap(({ memory_mib, systems }) => systems.map((system) => ({ memory_mib, system })))),
  ];
}

function notes(all: readonly { readonly memory_mib: number; readonly system: SystemResult }[]): string[] {
  const told = (verb: string, count: (system: SystemResult) => number) =>
    all
      .filter(({ system }) => count(system) > 0)
      .map(({ memory_mib, system }) => `  ${titles[system.subject]} ${verb} ${count(system)} at ${memory_mib} MiB`);
  const overstepping = all
    .filter(({ memory_mib, system }) => system.used_bytes > memory_mib * 2 ** 20 * overstepShare)
    .map(
      ({ memory_mib, system }) =>
        `  ${titles[system.subject]} with ${memory_mib} MiB takes ${mib(system.used_bytes)} MiB for items`,
    );
  return [
    ...overstepping,
    ...told('refused sets:', ({ refused }) => refused),
    ...told('ANSWERED ANOTHER KEY:', ({ wrong }) => wrong),
  ];
}

/** The table of what was hoped for. */
export function summaryLines({
  comparisons,
  skipped,
  workloads,
}: Pick<MemoryReport, 'comparisons' | 'skipped' | 'workloads'>): string[] {
  const judged = (as: boolean | null) => (as === null ? '' : as ? 'as expected' : 'SHORT');
  return [
    '',
    `memory for equal misses (hoped: at most ${targets.memoryRatioMax} on small objects with mixed TTL), and misses to the better of memcached and Redis (hoped: at most ${targets.missRatioMax})`,
    ...columns([
      ['workload', 'to memcached', 'to Redis', '', 'misses to the better, by size', ''],
      ...comparisons.map((comparison) => [
        comparison.workload,
        ratioText(comparison.memory_to_memcached),
        ratioText(comparison.memory_to_redis),
        judged(comparison.memory_as_expected),
        comparison.miss_ratio_to_better.map(({ memory_mib, ratio }) => `${memory_mib}: ${ratio.toFixed(3)}`).join('  '),
        judged(comparison.misses_as_expected),
      ]),
    ]),
    ...workloads.flatMap(({ id, runs }) =>
      runs.filter(({ valid }) => !valid).map(({ memory_mib }) => `not valid: ${id} with ${memory_mib} MiB`),
    ),
    ...skipped.map((reason) => `skipped ${reason}`),
  ];
}

function ratioText(ratio: MemoryRatio): string {
  if (ratio.kind === 'none') return '-';
  if (ratio.kind === 'measured')
    return `${ratio.ratio.toFixed(2)} (${ratio.from.toFixed(2)} to ${ratio.to.toFixed(2)})`;
  return `${ratio.kind === 'at_most' ? 'at most' : 'at least'} ${ratio.ratio.toFixed(2)} (outside the range)`;
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
