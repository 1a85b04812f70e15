import type { MachineFacts } from '../support/machine.ts';
import type { PhaseSample, SoakOptions, SoakRun } from './run.ts';
import { perCpuSecond, type Verdict } from './verdict.ts';

/** What is written to `bench/results/soak.json`. */
export interface SoakReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly options: SoakOptions;
  readonly run: SoakRun;
  readonly verdict: Verdict;
}

export function reportLines({ machine, options, run, verdict }: SoakReport): string[] {
  const all = [...run.warmUp, ...run.phases];
  const total = (figure: (sample: PhaseSample) => number): string =>
    whole(all.reduce((sum, one) => sum + figure(one), 0));
  return [
    '',
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}, node ${machine.versions['node']}`,
    `a node with ${(options.memoryBytes / 2 ** 20).toFixed(0)} MiB, ${options.minutes} minutes, ${options.cycles} cycles, seed ${options.seed}`,
    '',
    ...columns([
      [
        'cycle',
        'phase',
        'ops/s',
        'ops/CPU s',
        'hits %',
        'MB/s in',
        'MB/s out',
        'RSS MB',
        'peak MB',
        'free %',
        'dead %',
        'items',
      ],
      ...all.map(phaseRow),
    ]),
    '',
    `resident at most ${mb(verdict.peakBytes)} MB (${verdict.peakPlace}); the ceiling is ${mb(verdict.ceilingBytes)} MB`,
    ...columns([
      ['operations a CPU second', 'first', 'last', 'ratio'],
      ...verdict.throughput.map(({ place, first, last, ratio }) => [
        place,
        whole(first),
        whole(last),
        ratio.toFixed(2),
      ]),
      ['all sizes (geometric mean)', '', '', verdict.meanRatio.toFixed(2)],
    ]),
    `${total(({ counts }) => counts.operations)} operations, ${total(({ counts }) => counts.hits)} values checked, ` +
      `${total(({ counts }) => counts.wrong)} wrong, ${total(({ counts }) => counts.refused)} refused, ` +
      `${total(({ counts }) => counts.replays)} repeated under their idempotency mark`,
    ...run.described.map((what) => `  wrong: ${what}`),
    ...verdict.failures.map((failure) => `FAILED: ${failure}`),
    ...(verdict.failures.length === 0 ? ['passed'] : []),
  ];
}

function phaseRow(sample: PhaseSample): string[] {
  const { cycle, place, seconds, counts, resident, engine } = sample;
  return [
    cycle === 0 ? '-' : String(cycle),
    place,
    whole(counts.operations / seconds),
    whole(perCpuSecond(sample)),
    ((counts.hits / Math.max(1, counts.hits + counts.misses)) * 100).toFixed(0),
    (counts.bytesWritten / seconds / 1e6).toFixed(1),
    (counts.bytesRead / seconds / 1e6).toFixed(1),
    mb(resident.meanBytes),
    mb(resident.peakBytes),
    ((engine.freeBytes / engine.limitBytes) * 100).toFixed(0),
    ((engine.deadBytes / engine.limitBytes) * 100).toFixed(0),
    whole(engine.items),
  ];
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const mb = (bytes: number): string => (bytes / 1e6).toFixed(0);

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
