import { limits } from '../../shared/limits.ts';
import { formatBytes } from '../option-values.ts';
import type { LatencySummary } from './latency-histogram.ts';
import type { Tally } from './tally.ts';

/** What a replay found, as `--json` prints it. Latencies in ms. */
export interface ReplayReport {
  readonly trace: string;
  readonly format: string;
  readonly cache: string;
  readonly connections: number;
  readonly seconds: number;
  /** Requests of the trace that were made; a get that misses and the set that fills it are one. */
  readonly requests: number;
  readonly requests_per_second: number;
  readonly gets: number;
  readonly hits: number;
  readonly hit_ratio: number;
  readonly sets: number;
  readonly deletes: number;
  readonly bytes_read: number;
  readonly bytes_written: number;
  readonly latency_ms: { readonly get: LatencySummary; readonly set: LatencySummary; readonly delete: LatencySummary };
  readonly skipped_too_large: number;
  readonly skipped_unknown_size: number;
  readonly clamped_ttls: number;
  readonly dropped_lines: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly mismatches: number;
  readonly interrupted: boolean;
}

export interface ReportFacts {
  readonly trace: string;
  readonly format: string;
  readonly cache: string;
  readonly connections: number;
  readonly elapsedMs: number;
  readonly droppedLines: number;
  readonly interrupted: boolean;
}

export function replayReport(facts: ReportFacts, tally: Tally): ReplayReport {
  const seconds = facts.elapsedMs / 1_000;
  return {
    trace: facts.trace,
    format: facts.format,
    cache: facts.cache,
    connections: facts.connections,
    seconds,
    requests: tally.requests,
    requests_per_second: seconds > 0 ? tally.requests / seconds : 0,
    gets: tally.gets,
    hits: tally.hits,
    hit_ratio: tally.hitRatio,
    sets: tally.sets,
    deletes: tally.deletes,
    bytes_read: tally.bytesRead,
    bytes_written: tally.bytesWritten,
    latency_ms: {
      get: tally.getLatency.summary(),
      set: tally.setLatency.summary(),
      delete: tally.deleteLatency.summary(),
    },
    skipped_too_large: tally.skippedTooLarge,
    skipped_unknown_size: tally.skippedUnknownSize,
    clamped_ttls: tally.clampedTtls,
    dropped_lines: facts.droppedLines,
    errors: Object.fromEntries(tally.errorsByKind),
    mismatches: tally.mismatches,
    interrupted: facts.interrupted,
  };
}

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

/** The report for a person. */
export function reportText(report: ReplayReport): string {
  const errors = Object.entries(report.errors).map(([kind, count]) => `${whole(count)} ${kind}`);
  const rows: [string, string][] = [
    ['Trace', `${report.trace} (${report.format}), into cache ${report.cache} over ${report.connections} connections`],
    [
      'Requests',
      `${whole(report.requests)} in ${report.seconds.toFixed(2)} s, ${whole(report.requests_per_second)} a second`,
    ],
    ['Hits', `${whole(report.hits)} of ${whole(report.gets)} gets, hit ratio ${(report.hit_ratio * 100).toFixed(2)} %`],
    ['Writes', `${whole(report.sets)} sets, ${whole(report.deletes)} ${report.deletes === 1 ? 'delete' : 'deletes'}`],
    ['Values', `${formatBytes(report.bytes_read)} read, ${formatBytes(report.bytes_written)} written`],
  ];
  for (const [name, latency] of Object.entries(report.latency_ms))
    if (latency.count > 0) rows.push([`Latency ${name}`, latencyText(latency)]);
  if (report.skipped_too_large > 0)
    rows.push([
      'Not made',
      `${whole(report.skipped_too_large)} requests for objects over ${formatBytes(limits.itemSizeBytesMax)}, or with too long a key`,
    ]);
  if (report.skipped_unknown_size > 0)
    rows.push(['Not made', `${whole(report.skipped_unknown_size)} requests for objects of unknown size`]);
  if (report.clamped_ttls > 0)
    rows.push(['Clamped', `TTL of ${whole(report.clamped_ttls)} requests, to ${limits.ttlMsMax / 86_400_000} days`]);
  if (report.dropped_lines > 0) rows.push(['Dropped', 'the last line, which the end of the file cuts off']);
  rows.push(['Errors', errors.length === 0 ? 'none' : errors.join(', ')]);
  rows.push([
    'Mismatches',
    report.mismatches === 0 ? 'none; every hit was compared byte for byte' : whole(report.mismatches),
  ]);
  if (report.interrupted) rows.push(['Interrupted', 'the figures are those of the part before']);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
}

function latencyText({ p50, p99, p999, max }: LatencySummary): string {
  return `p50 ${ms(p50)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}, max ${ms(max)}`;
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}
