import { median } from '../support/statistics.ts';
import { multiGetKeys } from './items.ts';
import type { BenchRun, Sample } from './run.ts';
import { type Measure, measures } from './subject.ts';

/** Medians over the rounds. */
export interface SubjectSummary {
  readonly subject: string;
  readonly measure: Measure;
  readonly requests_per_second: number;
  /** Keys per second; as many as requests, or for a multi-get that many times the keys of one. */
  readonly keys_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** CPU time of one request by process, in µs. */
  readonly cpu_micros: Readonly<Record<string, number>>;
  readonly client_cpu_micros: number;
  /** Over all rounds. */
  readonly requests: number;
  readonly errors: number;
  readonly mismatches: number;
}

export interface Comparison {
  readonly name: string;
  readonly ratio: number;
  /** What the ratio is hoped to be: at least, or at most. */
  readonly expected: { readonly atLeast: number } | { readonly atMost: number } | null;
}

export function summarize(run: BenchRun): SubjectSummary[] {
  return measures.flatMap((measure) =>
    run.subjects.flatMap(({ id }) => {
      const samples = run.samples.filter((sample) => sample.subject === id && sample.measure === measure);
      return samples.length === 0 ? [] : [summaryOf(id, measure, samples)];
    }),
  );
}

function summaryOf(subject: string, measure: Measure, samples: readonly Sample[]): SubjectSummary {
  const over = (value: (sample: Sample) => number) => median(samples.map(value));
  const sum = (value: (sample: Sample) => number) => samples.reduce((total, sample) => total + value(sample), 0);
  const requestsPerSecond = over(({ figures }) => figures.requests / figures.seconds);
  const keys = measure.startsWith('multi_get') ? multiGetKeys : 1;
  return {
    subject,
    measure,
    requests_per_second: requestsPerSecond,
    keys_per_second: requestsPerSecond * keys,
    p50_ms: over(({ figures }) => figures.latency.p50),
    p99_ms: over(({ figures }) => figures.latency.p99),
    cpu_micros: Object.fromEntries(
      Object.keys(samples[0]!.cpu).map((name) => [
        name,
        over(({ cpu, figures }) => (cpu[name]! * 1e6) / figures.requests),
      ]),
    ),
    client_cpu_micros: over(({ figures }) => (figures.cpuSeconds * 1e6) / figures.requests),
    requests: sum(({ figures }) => figures.requests),
    errors: sum(({ figures }) => Object.values(figures.errors).reduce((total, count) => total + count, 0)),
    mismatches: sum(({ figures }) => figures.mismatches),
  };
}

/** The ratios that the figures are judged by; those of subjects that did not run are left out. */
export function compare(summaries: readonly SubjectSummary[]): Comparison[] {
  const find = (subject: string, measure: Measure) =>
    summaries.find((summary) => summary.subject === subject && summary.measure === measure);
  const comparisons: Comparison[] = [];
  const add = (
    name: string,
    ours: number | undefined,
    theirs: number | undefined,
    expected: Comparison['expected'] = null,
  ) => {
    if (ours !== undefined && theirs !== undefined && theirs > 0)
      comparisons.push({ name, ratio: ours / theirs, expected });
  };
  const perCpuSecond = (summary: SubjectSummary | undefined, process: string) => {
    const micros = summary?.cpu_micros[process];
    return micros === undefined || micros === 0 ? undefined : 1e6 / micros;
  };
  for (const measure of ['get', 'put'] as const) {
    const verb = measure.toUpperCase();
    const one = find('godwit_1', measure);
    const all = find('godwit_all', measure);
    const [bare, homeMade, webdis] = [find('bare_hono', measure), find('home_made', measure), find('webdis', measure)];
    const hoped = <E extends Comparison['expected']>(expected: E) => (measure === 'get' ? expected : null);
    add(
      `${verb} per CPU second of the gateway, to a bare Hono handler`,
      perCpuSecond(one, 'gateway'),
      perCpuSecond(bare, 'handler'),
      hoped({ atLeast: 0.8 }),
    );
    add(`${verb} a second, 1 gateway, to a bare Hono handler`, one?.requests_per_second, bare?.requests_per_second);
    add(
      `${verb} a second, 1 gateway, to home-made`,
      one?.requests_per_second,
      homeMade?.requests_per_second,
      hoped({ atLeast: 1.5 }),
    );
    add(
      `${verb} per CPU second of the gateway, to the handler of home-made`,
      perCpuSecond(one, 'gateway'),
      perCpuSecond(homeMade, 'handler'),
    );
    add(
      `${verb} a second, all processes, to webdis`,
      all?.requests_per_second,
      webdis?.requests_per_second,
      hoped({ atLeast: 1 }),
    );
    add(`${verb} p99, all processes, to webdis`, all?.p99_ms, webdis?.p99_ms, hoped({ atMost: 2 }));
  }
  const mget = find('webdis', 'multi_get_json')?.keys_per_second;
  for (const form of ['json', 'cbor'] as const)
    for (const [subject, which] of [
      ['godwit_1', '1 gateway'],
      ['godwit_all', 'all processes'],
    ] as const)
      add(
        `keys a second by multi-get (${form.toUpperCase()}), ${which}, to MGET of webdis`,
        find(subject, `multi_get_${form}`)?.keys_per_second,
        mget,
        { atLeast: 5 },
      );
  return comparisons;
}

export function isAsExpected({ ratio, expected }: Comparison): boolean | null {
  if (expected === null) return null;
  return 'atLeast' in expected ? ratio >= expected.atLeast : ratio <= expected.atMost;
}
