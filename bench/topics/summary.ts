import { median } from '../support/statistics.ts';
import type { FanOutSample } from './fan-out.ts';
import { aims, topicsLimits } from './limits.ts';
import type { PublishSample } from './publish-rate.ts';
import type { BenchRun } from './run.ts';
import type { SubjectId } from './subject.ts';

/** Medians over the rounds of one load of one topic; counts are sums. */
export interface FanOutSummary {
  readonly subject: SubjectId;
  readonly subscribers: number;
  readonly batch: number;
  readonly per_second: number | null;
  readonly deliveries_per_second: number;
  readonly published_per_second: number;
  /** From publish to delivery. */
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly cpu_micros: Readonly<Record<string, number>>;
  readonly deliveries: number;
  readonly checked_in_full: number;
  readonly skipped: number;
  /** Share of what was due to all subscribers that was skipped. */
  readonly skipped_share: number;
  readonly lost: number;
  readonly wrong: number;
  /** Refused publishes and ended streams, by kind. */
  readonly troubles: Readonly<Record<string, number>>;
}

export interface PublishSummary {
  readonly subject: SubjectId;
  readonly load: PublishSample['load'];
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly errors: number;
}

export interface Comparison {
  readonly name: string;
  readonly value: number;
  /** What the value is hoped to be: at least, or at most. */
  readonly aim: { readonly atLeast: number } | { readonly atMost: number } | null;
}

export function summarizeFanOut(samples: readonly FanOutSample[]): FanOutSummary[] {
  return [...Map.groupBy(samples, ({ subject, plan }) => JSON.stringify([subject, plan])).values()].map(fanOutSummary);
}

function fanOutSummary(samples: readonly FanOutSample[]): FanOutSummary {
  const { subject, plan, cpu_micros } = samples[0]!;
  const over = (value: (sample: FanOutSample) => number) => median(samples.map(value));
  const sum = (value: (sample: FanOutSample) => number) => samples.reduce((total, one) => total + value(one), 0);
  const due = sum(({ published }) => published * plan.subscribers);
  const skipped = sum(({ figures }) => figures.skipped);
  return {
    subject,
    subscribers: plan.subscribers,
    batch: plan.batch,
    per_second: plan.perSecond,
    deliveries_per_second: over(({ figures, seconds }) => figures.deliveries / seconds),
    published_per_second: over(
      ({ published, publishing }) => (published * 1e6) / (publishing.ended_micros - publishing.started_micros),
    ),
    p50_ms: over(({ figures }) => figures.latency.p50),
    p99_ms: over(({ figures }) => figures.latency.p99),
    cpu_micros: Object.fromEntries(
      Object.keys(cpu_micros).map((name) => [name, over((sample) => sample.cpu_micros[name]!)]),
    ),
    deliveries: sum(({ figures }) => figures.deliveries),
    checked_in_full: sum(({ figures }) => figures.checked_in_full),
    skipped,
    skipped_share: due === 0 ? 0 : skipped / due,
    lost: sum(({ figures }) => figures.lost),
    wrong: sum(({ figures }) => figures.wrong),
    troubles: countsTogether(
      samples.flatMap(({ figures, publishing }) => [
        figures.ended,
        publishing.errors,
        publishing.left_out === 0 ? {} : { left_out: publishing.left_out },
      ]),
    ),
  };
}

export function summarizePublish(samples: readonly PublishSample[]): PublishSummary[] {
  return [...Map.groupBy(samples, ({ subject, load }) => `${load} ${subject}`).values()].map((group) => {
    const over = (value: (sample: PublishSample) => number) => median(group.map(value));
    return {
      subject: group[0]!.subject,
      load: group[0]!.load,
      requests_per_second: over(({ figures }) => figures.requests / figures.seconds),
      p50_ms: over(({ figures }) => figures.latency.p50),
      p99_ms: over(({ figures }) => figures.latency.p99),
      errors: group.reduce(
        (total, { figures }) =>
          total + figures.mismatches + Object.values(figures.errors).reduce((sum, count) => sum + count, 0),
        0,
      ),
    };
  });
}

function countsTogether(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [kind, count] of Object.entries(counts)) sums[kind] = (sums[kind] ?? 0) + count;
  return sums;
}

/** What the figures are judged by; subjects that did not run are left out. */
export function compare(
  run: BenchRun,
  fanOuts: readonly FanOutSummary[],
  latencies: readonly FanOutSummary[],
  publishes: readonly PublishSummary[],
): Comparison[] {
  return [
    ...fanOutComparisons(fanOuts),
    ...latencyComparisons(latencies),
    ...publishComparisons(publishes),
    ...manyComparisons(run),
  ];
}

function ratio(name: string, ours: number | undefined, theirs: number | undefined, aim: Comparison['aim']) {
  return ours === undefined || theirs === undefined || theirs === 0 ? [] : [{ name, value: ours / theirs, aim }];
}

function fanOutComparisons(fanOuts: readonly FanOutSummary[]): Comparison[] {
  const levels = [...new Set(fanOuts.map(({ subscribers }) => subscribers))];
  const find = (subject: SubjectId, subscribers: number, batch: number) =>
    fanOuts.find((one) => one.subject === subject && one.subscribers === subscribers && one.batch === batch)
      ?.deliveries_per_second;
  return levels.flatMap((subscribers) => {
    const nchan = find('nchan', subscribers, 1);
    const aim = subscribers >= 1_000 ? { atLeast: aims.deliveriesToNchan } : null;
    const named = (what: string) => `deliveries a second, ${subscribers} subscribers, ${what} to nchan's`;
    return [
      ...ratio(named('Godwit'), find('godwit', subscribers, 1), nchan, aim),
      ...ratio(named('Godwit with batches'), find('godwit', subscribers, topicsLimits.batchMessages), nchan, null),
      ...ratio(named('the bare loop'), find('bare_loop', subscribers, 1), nchan, null),
    ];
  });
}

function latencyComparisons(latencies: readonly FanOutSummary[]): Comparison[] {
  const find = (subject: SubjectId) => latencies.find((one) => one.subject === subject)?.p99_ms;
  const aim = { atMost: aims.latencyToNchan };
  return [
    ...ratio("p99 at the fixed rate, Godwit to nchan's", find('godwit'), find('nchan'), aim),
    ...ratio("p99 at the fixed rate, the bare loop to nchan's", find('bare_loop'), find('nchan'), null),
  ];
}

function publishComparisons(publishes: readonly PublishSummary[]): Comparison[] {
  const find = (load: PublishSummary['load']) =>
    publishes.find((one) => one.subject === 'godwit' && one.load === load)?.requests_per_second;
  const aim = { atLeast: aims.publishToPut };
  return [
    ...ratio("publishes a second to one topic, to PUT's", find('publish'), find('put'), aim),
    ...ratio("publishes a second to many topics, to PUT's", find('publish_topics'), find('put'), aim),
  ];
}

function manyComparisons({ idle, storm, subjects }: BenchRun): Comparison[] {
  const title = (id: SubjectId) => subjects.find((subject) => subject.id === id)!.title;
  const ofGodwit = (id: SubjectId, aim: Comparison['aim']) => (id === 'godwit' ? aim : null);
  return [
    ...idle.flatMap(({ subject, bytes_each, most, subscribers }) => [
      ...(bytes_each === null
        ? []
        : [
            {
              name: `resident bytes of each of ${subscribers} idle subscribers, ${title(subject)}`,
              value: bytes_each,
              aim: ofGodwit(subject, { atMost: aims.idleBytes }),
            },
          ]),
      {
        name: `connected of ${most.asked}, ${title(subject)}`,
        value: most.connected,
        aim: ofGodwit(subject, { atLeast: most.asked }),
      },
    ]),
    ...storm.flatMap(({ subject, subscribers, back, seconds, figures, ...gets }) => [
      {
        name: `seconds until ${back} of ${subscribers} are back, ${title(subject)}`,
        value: back < subscribers ? Number.POSITIVE_INFINITY : seconds,
        aim: ofGodwit(subject, { atMost: aims.stormSeconds }),
      },
      {
        name: `messages lost or skipped in the storm, ${title(subject)}`,
        value: figures.lost + figures.skipped + figures.wrong,
        aim: ofGodwit(subject, { atMost: 0 }),
      },
      ...ratio(
        'p99 of a GET during the storm, to before',
        gets.get_p99_during_ms ?? undefined,
        gets.get_p99_before_ms ?? undefined,
        null,
      ),
    ]),
  ];
}

export function isAsExpected({ value, aim }: Comparison): boolean | null {
  if (aim === null) return null;
  return 'atLeast' in aim ? value >= aim.atLeast : value <= aim.atMost;
}
