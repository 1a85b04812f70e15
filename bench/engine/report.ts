import type { MachineFacts } from '../support/machine.ts';
import { keyLength, memoryBytesOf, subjectTitles } from './cases.ts';
import { referenceFigures } from './reference.ts';
import type { BenchOptions } from './run.ts';
import type { CaseSummary, Comparison } from './summary.ts';

/** What is written to `bench/results/engine.json`. */
export interface BenchReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  readonly cases: readonly (CaseSummary & { readonly comparisons: readonly Comparison[] })[];
}

export function reportLines({ machine, options, cases }: BenchReport): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    '',
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}`,
    versions.join(', '),
    `medians of ${options.rounds} rounds of ${options.seconds} s and of ${options.memoryRuns} processes, seed ${options.seed}`,
    ...cases.flatMap((one) => caseLines(one)),
    '',
    'A prototype of the same shape, measured before on Node 20 (see bench/engine/reference.ts):',
    ...columns(referenceFigures.map(([what, figure]) => [`  ${what}`, figure])),
  ];
}

function caseLines(one: BenchReport['cases'][number]): string[] {
  const { benchCase, subjects, engine, overhead_bytes_per_item: overhead, comparisons } = one;
  const memoryMib = memoryBytesOf(benchCase) / 1024 / 1024;
  return [
    '',
    `${benchCase.title}: ${benchCase.items.toLocaleString('en-US')} of ${keyLength} + ${benchCase.valueLength} bytes, engine with ${memoryMib} MiB`,
    ...columns([
      [
        'subject',
        'get M/s',
        'hits %',
        'miss M/s',
        'set M/s',
        'resident B/item',
        'after churn',
        'longest pause ms',
        'all pauses ms',
        'whole GC ms',
      ],
      ...subjects.map((subject) => [
        subjectTitles[subject.subject],
        subject.rates.get.toFixed(2),
        (subject.hit_ratio * 100).toFixed(1),
        subject.rates.miss.toFixed(2),
        subject.rates.set.toFixed(2),
        subject.resident_bytes_per_item.toFixed(0),
        subject.resident_bytes_per_item_after_churn.toFixed(0),
        subject.gc.longest_pause_ms.toFixed(1),
        subject.gc.total_ms.toFixed(0),
        subject.gc.full_ms.toFixed(1),
      ]),
    ]),
    engine.evictions > 0
      ? `overhead of an item when full: ${overhead.total.toFixed(1)} bytes = record and padding ${overhead.record.toFixed(1)}` +
        ` + table ${overhead.table.toFixed(1)} (load ${engine.tableLoad.toFixed(2)}) + ghost ${overhead.ghost.toFixed(1)}` +
        ` + dead and tails ${overhead.dead.toFixed(1)} + segment headers and remainder ${overhead.headers.toFixed(1)}`
      : 'overhead of an item: not told, because the engine never became full',
    ...columns(comparisons.map((comparison) => [comparison.name, comparison.value.toFixed(2), verdict(comparison)])),
    wrongAnswers(one),
  ];
}

function wrongAnswers({ subjects }: CaseSummary): string {
  const wrong = subjects.reduce((sum, subject) => sum + subject.wrong, 0);
  return wrong === 0 ? 'values checked, none wrong' : `${wrong} WRONG VALUES`;
}

function verdict({ target, as_expected }: Comparison): string {
  if (target === null) return '';
  const hoped = 'atLeast' in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`;
  return `${as_expected ? 'as expected' : 'SHORT'} (${hoped})`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
