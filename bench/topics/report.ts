import type { MachineFacts } from '../support/machine.ts';
import type { IdleResult, StormResult } from './many.ts';
import type { BenchOptions, BenchRun } from './run.ts';
import type { SubjectId } from './subject.ts';
import { type Comparison, type FanOutSummary, isAsExpected, type PublishSummary } from './summary.ts';

/** What is written to `bench/results/topics.json`. */
export interface TopicsReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly options: BenchOptions;
  readonly skipped: readonly string[];
  readonly subjects: BenchRun['subjects'];
  readonly fan_out: readonly FanOutSummary[];
  readonly latency: readonly FanOutSummary[];
  readonly publish: readonly PublishSummary[];
  readonly idle: readonly IdleResult[];
  readonly storm: readonly StormResult[];
  readonly comparisons: readonly (Comparison & { readonly as_expected: boolean | null })[];
}

export function reportLines(report: TopicsReport): string[] {
  const { machine, options, subjects } = report;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const titles = new Map(subjects.map(({ id, title }) => [id, title]));
  const title = (id: SubjectId) => titles.get(id) ?? id;
  return [
    '',
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}`,
    versions.join(', '),
    `100-byte messages, medians of ${options.rounds} rounds of ${options.seconds} s; client and subjects share the cores`,
    ...fanOutLines('one topic, publishers never pause', report.fan_out, title),
    ...fanOutLines('one topic, messages at a fixed rate', report.latency, title),
    ...publishLines(report.publish, title),
    ...idleLines(report.idle, title),
    ...stormLines(report.storm, title),
    '',
    ...columns(
      report.comparisons.map((comparison) => [comparison.name, figure(comparison.value), verdict(comparison)]),
    ),
    ...report.skipped.map((reason) => `skipped ${reason}`),
    checkedLine(report),
  ];
}

type Title = (id: SubjectId) => string;

function fanOutLines(name: string, figures: readonly FanOutSummary[], title: Title): string[] {
  if (figures.length === 0) return [];
  const named = ({ subject, batch }: FanOutSummary) => `${title(subject)}${batch === 1 ? '' : `, batches of ${batch}`}`;
  return [
    '',
    name,
    ...columns([
      ['subscribers', 'subject', 'deliveries/s', 'messages/s', 'p50 ms', 'p99 ms', 'skipped', 'CPU µs per delivery'],
      ...figures.map((one) => [
        whole(one.subscribers),
        named(one),
        whole(one.deliveries_per_second),
        whole(one.published_per_second),
        one.p50_ms.toFixed(1),
        one.p99_ms.toFixed(1),
        one.skipped === 0 ? '0' : `${(one.skipped_share * 100).toFixed(1)} %`,
        micros(one.cpu_micros),
      ]),
    ]),
    ...figures.flatMap((one) =>
      Object.entries(one.troubles).map(
        ([kind, count]) => `${named(one)}, ${whole(one.subscribers)} subscribers: ${kind}, ${whole(count)} times`,
      ),
    ),
  ];
}

function publishLines(figures: readonly PublishSummary[], title: Title): string[] {
  if (figures.length === 0) return [];
  return [
    '',
    'requests without subscribers, 64 connections',
    ...columns([
      ['load', 'subject', 'requests/s', 'p50 ms', 'p99 ms', 'errors'],
      ...figures.map((one) => [
        one.load,
        title(one.subject),
        whole(one.requests_per_second),
        one.p50_ms.toFixed(2),
        one.p99_ms.toFixed(2),
        whole(one.errors),
      ]),
    ]),
  ];
}

function idleLines(results: readonly IdleResult[], title: Title): string[] {
  if (results.length === 0) return [];
  const kb = (bytes: number | null) => (bytes === null ? '-' : (bytes / 1_024).toFixed(1));
  return [
    '',
    'idle subscribers: resident KiB of the gateway for each',
    ...columns([
      ['subscribers', 'subject', 'idle', 'after messages', 'connected in s', 'connected of the most', 'got a message'],
      ...results.map(({ subject, most, figures, ...one }) => [
        whole(one.subscribers),
        title(subject),
        kb(one.bytes_each),
        kb(one.bytes_each_after_traffic),
        one.connect_seconds.toFixed(1),
        `${whole(most.connected)} of ${whole(most.asked)}`,
        `${whole(figures.connected)}, ${whole(figures.lost)} lost`,
      ]),
    ]),
  ];
}

function stormLines(results: readonly StormResult[], title: Title): string[] {
  if (results.length === 0) return [];
  const ms = (value: number | null) => (value === null ? '-' : value.toFixed(1));
  return [
    '',
    'storm: all cut at once, all come back at once',
    ...columns([
      [
        'subject',
        'back',
        'in s',
        'messages',
        'lost',
        'skipped',
        'wrong',
        'GET p99 ms before, during',
        'failed attempts',
      ],
      ...results.map(({ figures, ...one }) => [
        title(one.subject),
        `${whole(one.back)} of ${whole(one.subscribers)}`,
        one.seconds.toFixed(1),
        whole(one.published),
        whole(figures.lost),
        whole(figures.skipped),
        whole(figures.wrong),
        `${ms(one.get_p99_before_ms)}, ${ms(one.get_p99_during_ms)}`,
        Object.entries(figures.ended)
          .map(([kind, count]) => `${kind} ${whole(count)}`)
          .join(', '),
      ]),
    ]),
  ];
}

/** Whether anything came that should not have, or did not come and was not announced. */
export function faultsOf({ fan_out, latency, publish, idle, storm }: TopicsReport): number {
  const streams = [...fan_out, ...latency, ...[...idle, ...storm].map(({ figures }) => figures)];
  const inStreams = streams.reduce((sum, { lost, wrong }) => sum + Math.abs(lost) + wrong, 0);
  return inStreams + publish.reduce((sum, { errors }) => sum + errors, 0);
}

function checkedLine(report: TopicsReport): string {
  const { fan_out, latency, idle, storm } = report;
  const streams = [...fan_out, ...latency, ...[...idle, ...storm].map(({ figures }) => figures)];
  const deliveries = streams.reduce((sum, one) => sum + one.deliveries, 0);
  const inFull = streams.reduce((sum, one) => sum + one.checked_in_full, 0);
  return `${whole(deliveries)} deliveries checked, ${whole(inFull)} of them byte for byte; ${whole(faultsOf(report))} lost, wrong or refused`;
}

function verdict(comparison: Comparison): string {
  const { aim } = comparison;
  if (aim === null) return '';
  const hoped = 'atLeast' in aim ? `at least ${figure(aim.atLeast)}` : `at most ${figure(aim.atMost)}`;
  return `${isAsExpected(comparison) ? 'ok' : 'SHORT'} (${hoped})`;
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
const figure = (value: number) => (Number.isInteger(value) || value >= 1_000 ? whole(value) : value.toFixed(2));
const micros = (times: Readonly<Record<string, number>>) =>
  Object.entries(times)
    .map(([name, value]) => `${name} ${value.toFixed(2)}`)
    .join(', ');

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]!.length))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
