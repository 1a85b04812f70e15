import type { MachineFacts } from '../support/machine.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import { type Comparison, isAsExpected, type SubjectSummary } from './summary.ts';

/** What is written to `bench/results/http.json`. */
export interface BenchReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  readonly skipped: readonly string[];
  readonly subjects: BenchRun['subjects'];
  readonly figures: readonly SubjectSummary[];
  readonly comparisons: readonly (Comparison & { readonly as_expected: boolean | null })[];
}

export function reportLines({ machine, options, subjects, figures, comparisons, skipped }: BenchReport): string[] {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const titles = new Map(subjects.map(({ id, title }) => [id, title]));
  return [
    '',
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}`,
    versions.join(', '),
    `${options.connections} connections, 100-byte values, medians of ${options.rounds} rounds of ${options.seconds} s`,
    '',
    ...columns([
      ['measure', 'subject', 'requests/s', 'keys/s', 'p50 ms', 'p99 ms', 'CPU µs per request'],
      ...figures.map((figure) => [
        figure.measure,
        titles.get(figure.subject) ?? figure.subject,
        whole(figure.requests_per_second),
        whole(figure.keys_per_second),
        figure.p50_ms.toFixed(2),
        figure.p99_ms.toFixed(2),
        [...Object.entries(figure.cpu_micros), ['client', figure.client_cpu_micros] as const]
          .map(([name, micros]) => `${name} ${micros.toFixed(1)}`)
          .join(', '),
      ]),
    ]),
    '',
    ...columns(comparisons.map((comparison) => [comparison.name, comparison.ratio.toFixed(2), verdict(comparison)])),
    ...skipped.map((reason) => `skipped ${reason}`),
    wrongAnswers(figures),
  ];
}

function wrongAnswers(figures: readonly SubjectSummary[]): string {
  const requests = figures.reduce((sum, figure) => sum + figure.requests, 0);
  const wrong = figures.reduce((sum, figure) => sum + figure.errors + figure.mismatches, 0);
  return `${whole(requests)} answers checked, ${whole(wrong)} of them wrong`;
}

function verdict(comparison: Comparison): string {
  const { expected } = comparison;
  if (expected === null) return '';
  const hoped = 'atLeast' in expected ? `at least ${expected.atLeast}` : `at most ${expected.atMost}`;
  return `${isAsExpected(comparison) ? 'as expected' : 'SHORT'} (${hoped})`;
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
