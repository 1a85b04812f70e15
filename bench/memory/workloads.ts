import { join } from 'node:path';
import type { RequestStream } from './cache-operation.ts';
import type { Cluster } from './clusters.ts';
import { SyntheticStream } from './synthetic-stream.ts';
import { type LoadedTrace, loadTrace, TraceStream } from './trace-stream.ts';

interface Common {
  readonly id: string;
  readonly title: string;
  /** Memory of each system, in MiB, ascending. */
  readonly sizesMib: readonly number[];
  /** Whether the target for memory holds: small objects with mixed TTL. */
  readonly smallMixedTtl: boolean;
}

/** Requests made after the parameters of a production cluster. */
export interface ClusterWorkload extends Common {
  readonly kind: 'cluster';
  readonly cluster: string;
  readonly requestsPerSecond: number;
  /** Core objects. */
  readonly objects: number;
  /**
   * Seconds of production that are one second of the run. The shortest TTL is then 3 s or more, because memcached
   * tells time by whole seconds; and long enough for the objects requested within a TTL not to fit the least memory,
   * or memory would make no difference.
   */
  readonly timeFactor: number;
}

/** A recorded trace, spread evenly over the run. */
export interface TraceWorkload extends Common {
  readonly kind: 'trace';
  readonly file: string;
  /** Length of its run, to that of the others: more where the bytes would be too many for a second. */
  readonly secondsFactor: number;
}

export type Workload = ClusterWorkload | TraceWorkload;

/** The numbers in brackets: requests per second, core objects, time factor; then the sizes in MiB. */
const cluster = (
  id: string,
  title: string,
  name: string,
  [requestsPerSecond, objects, timeFactor]: readonly [number, number, number],
  sizesMib: readonly number[],
  smallMixedTtl = false,
): Workload => ({
  kind: 'cluster',
  id,
  title,
  cluster: name,
  requestsPerSecond,
  objects,
  timeFactor,
  sizesMib,
  smallMixedTtl,
});

// sizes: from where little fits to where the best system holds nearly all, about 1.5 times apart
export const workloads: readonly Workload[] = [
  cluster('small-long', 'small values, long TTL', 'cluster25', [25_000, 400_000, 3_600], [18, 26, 38, 56]),
  cluster('mixed-ttl', 'tiny values, TTL 1 h to 93 d', 'cluster27', [25_000, 400_000, 300], [18, 26, 38, 56], true),
  cluster(
    'mixed-ttl-2',
    'small values, TTL 12 h to 14 d',
    'cluster52',
    [25_000, 250_000, 1_200],
    [18, 26, 38, 56],
    true,
  ),
  cluster('one-hit', 'small values, many one-hit objects', 'cluster45', [25_000, 200_000, 3_600], [18, 26, 38, 56]),
  cluster('write-heavy', 'half of the requests are sets', 'cluster40', [20_000, 250_000, 480], [20, 32, 50, 80]),
  cluster('deletes', 'a fifth of the requests are deletes', 'cluster14', [15_000, 150_000, 1_200], [20, 32, 50, 80]),
  cluster('medium-short', '2.4 KB values, TTL 60 s to 1 d', 'cluster4', [8_000, 40_000, 20], [32, 48, 72, 104]),
  cluster('large-9k', '9 KB values, long TTL', 'cluster53', [4_000, 20_000, 21_600], [40, 64, 96, 144]),
  cluster('large-67k', '67 KB values, half of the requests are sets', 'cluster50', [600, 4_000, 90], [40, 64, 96, 144]),
  {
    kind: 'trace',
    id: 'adaptsize',
    title: 'AdaptSize, a CDN: 2.4 KB median, no TTL',
    file: 'adaptsize_request.trace.xz',
    secondsFactor: 1,
    sizesMib: [40, 64, 104, 160],
    smallMixedTtl: false,
  },
  {
    kind: 'trace',
    id: 'bigcache',
    title: 'CacheLib BigCache, a CDN: objects up to 5 MiB',
    file: 'cachelib_short_bigcache_traces.csv',
    secondsFactor: 2,
    sizesMib: [96, 160, 256, 400],
    smallMixedTtl: false,
  },
];

/** What a run of a workload is made of. */
export interface Prepared {
  readonly workload: Workload;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly timeFactor: number;
  /** Largest value that may come, in bytes. */
  readonly valueSizeMax: number;
  /** Of the source, for the report. */
  readonly facts: Readonly<Record<string, number | string>>;
  /** The same requests each time. */
  stream(): RequestStream;
}

const valueSizeFactorMax = 10;

/** Reads what the workload needs, once for all of its runs. */
export async function prepare(
  workload: Workload,
  clusters: ReadonlyMap<string, Cluster>,
  options: {
    readonly seconds: number;
    /** Share of the workload's requests per second; a trace has all of its requests. */
    readonly rate: number;
    readonly seed: number;
    readonly traces: string | undefined;
  },
): Promise<Prepared> {
  const { seconds, seed } = options;
  if (workload.kind === 'trace')
    return preparedTrace(
      workload,
      await loadTrace(join(options.traces!, workload.file)),
      seconds * workload.secondsFactor,
    );
  const { objects, timeFactor } = workload;
  const requestsPerSecond = workload.requestsPerSecond * options.rate;
  const parameters = clusters.get(workload.cluster);
  if (parameters === undefined) throw new Error(`there are no parameters of ${workload.cluster}`);
  const requests = Math.round(requestsPerSecond * seconds);
  return {
    workload,
    requests,
    requestsPerSecond,
    timeFactor,
    valueSizeMax: Math.ceil(parameters.valueBytes * valueSizeFactorMax),
    facts: {
      source: `${workload.cluster} of Twitter's table`,
      core_objects: objects,
      zipf_alpha: parameters.zipfAlpha,
      one_hit_share: parameters.oneHitShare,
      shortest_ttl_seconds: Math.round(Math.min(...parameters.ttls.map(([ttl]) => ttl)) / timeFactor),
      // the whole cluster, sped up so, would make that many times the requests
      sample_of_keys: `1 in ${Math.max(1, Math.round((parameters.requestsPerSecond * timeFactor) / requestsPerSecond)).toLocaleString('en-US')}`,
    },
    stream: () => new SyntheticStream({ cluster: parameters, objects, requests, timeFactor, seed }),
  };
}

function preparedTrace(workload: TraceWorkload, trace: LoadedTrace, seconds: number): Prepared {
  const { requests, tooLarge, withoutSize } = trace;
  const timed = requests.some(({ ttlMs }) => ttlMs !== undefined);
  const timeFactor = timed ? trace.seconds / seconds : 1;
  return {
    workload,
    requests: requests.length,
    requestsPerSecond: requests.length / seconds,
    timeFactor,
    valueSizeMax: requests.reduce((most, { size }) => Math.max(most, size!), 0),
    facts: { source: workload.file, left_out_above_5_mib: tooLarge, left_out_without_size: withoutSize },
    stream: () => new TraceStream(requests, timeFactor),
  };
}

/** Two workloads in which a second or two shows everything: expiry, eviction, every operation. */
export const smallWorkloads: readonly Workload[] = [
  cluster('mixed-ttl', 'tiny values, TTL 1 h to 93 d', 'cluster27', [4_000, 5_000, 3_600], [18, 24], true),
  cluster('large-9k', '9 KB values, long TTL', 'cluster53', [1_500, 4_000, 21_600], [18, 36]),
];
