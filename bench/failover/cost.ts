/** What a second copy costs: PUT and GET of a fleet with two copies to those of one with a single copy, in turn. */
import { Fleet } from '../../test/chaos/fleet/fleet.ts';
import { PlainNetwork } from '../../test/chaos/network/network.ts';
import { base64, forEachKey, keyCount, keyOf, planned, textOf } from '../http/items.ts';
import { LoadClient } from '../support/load-client.ts';
import type { LoadFigures, PlannedRequest } from '../support/load-plan.ts';
import { median } from '../support/statistics.ts';
import { failoverLimits } from './limits.ts';
import { settled } from './settled.ts';

export interface CostResult {
  readonly pairs: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Requests a second, median of all rounds. */
  readonly put: { readonly factor_1: number; readonly factor_2: number };
  readonly get: { readonly factor_1: number; readonly factor_2: number };
  /** Medians of the ratios of all rounds. */
  readonly put_ratio: number;
  readonly get_ratio: number;
  /** The same of each pair of fleets by itself. */
  readonly put_ratio_of_pairs: readonly number[];
  readonly put_p99_ms: { readonly factor_1: number; readonly factor_2: number };
  /** Requests without the right answer, by kind. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface CostSize {
  /** Pairs of fleets, each begun anew. */
  readonly pairs: number;
  /** Rounds of each pair. */
  readonly rounds: number;
  /** Length of each load. */
  readonly seconds: number;
  /** Time that each path runs before it counts, in s. */
  readonly warmUpSeconds: number;
}

type Measure = 'put' | 'get';
/** Of each round the figures with one copy and with two. */
type Samples = Record<Measure, (readonly [LoadFigures, LoadFigures])[]>;

export async function costOfCopies(stack: AsyncDisposableStack, size: CostSize): Promise<CostResult> {
  const client = await LoadClient.start(stack);
  const pairs: Samples[] = [];
  for (let pair = 0; pair < size.pairs; pair++) {
    const own = new AsyncDisposableStack();
    stack.defer(() => own.disposeAsync());
    pairs.push(await measurePair(own, client, size));
    await own.disposeAsync();
  }
  const all: Samples = { put: pairs.flatMap(({ put }) => put), get: pairs.flatMap(({ get }) => get) };
  const rate = ({ requests, seconds }: LoadFigures) => requests / seconds;
  const rates = (measure: Measure, index: 0 | 1) => Math.round(median(all[measure].map((pair) => rate(pair[index]))));
  const ratio = (samples: Samples[Measure]) => median(samples.map(([one, two]) => rate(two) / rate(one)));
  const p99 = (index: 0 | 1) => median(all.put.map((pair) => pair[index].latency.p99));
  return {
    pairs: size.pairs,
    rounds: size.rounds,
    seconds: size.seconds,
    put: { factor_1: rates('put', 0), factor_2: rates('put', 1) },
    get: { factor_1: rates('get', 0), factor_2: rates('get', 1) },
    put_ratio: ratio(all.put),
    get_ratio: ratio(all.get),
    put_ratio_of_pairs: pairs.map(({ put }) => ratio(put)),
    put_p99_ms: { factor_1: p99(0), factor_2: p99(1) },
    errors: errorsOf([...all.put, ...all.get].flat()),
  };
}

async function measurePair(stack: AsyncDisposableStack, client: LoadClient, size: CostSize): Promise<Samples> {
  const start = async (replicationFactor: number): Promise<Fleet> => {
    const fleet = await Fleet.start(stack, new PlainNetwork(), {
      zones: ['a', 'b', 'c'],
      nodesPerZone: 1,
      gateways: 1,
      store: 'embedded',
      replicationFactor,
      nodeMemoryBytes: failoverLimits.nodeMemoryBytes,
    });
    await settled(fleet);
    return fleet;
  };
  const fleets = [await start(1), await start(2)] as const;
  const load = (index: 0 | 1, measure: Measure, seconds: number, requestsMax = Number.MAX_SAFE_INTEGER) => {
    const fleet = fleets[index];
    return client.run({
      origin: { host: '127.0.0.1', port: Number(new URL(fleet.urls[0]!).port), tls: false },
      connections: failoverLimits.costConnections,
      durationMs: seconds * 1_000,
      requestsMax,
      requests: requestsOf(fleet, measure),
    });
  };
  for (const index of [0, 1] as const) await load(index, 'put', failoverLimits.fillSeconds, keyCount);
  for (const measure of ['put', 'get'] as const)
    for (const index of [0, 1] as const) await load(index, measure, size.warmUpSeconds);
  const samples: Samples = { put: [], get: [] };
  for (let round = 0; round < size.rounds; round++)
    for (const measure of ['put', 'get'] as const) {
      // another one first in each round
      const isReverse = round % 2 === 1;
      const first = await load(isReverse ? 1 : 0, measure, size.seconds);
      const second = await load(isReverse ? 0 : 1, measure, size.seconds);
      samples[measure].push(isReverse ? [second, first] : [first, second]);
    }
  return samples;
}

function errorsOf(all: readonly LoadFigures[]): Record<string, number> {
  const sum: Record<string, number> = {};
  const add = (kind: string, count: number) => {
    if (count > 0) sum[kind] = (sum[kind] ?? 0) + count;
  };
  for (const { errors, mismatches } of all) {
    add('wrong answer', mismatches);
    for (const [kind, count] of Object.entries(errors)) add(kind, count);
  }
  return sum;
}

function requestsOf(fleet: Fleet, measure: Measure): PlannedRequest[] {
  const headers = [`Authorization: ${fleet.authorization}`];
  const target = (index: number) => `/cache/default?key=${keyOf(index)}`;
  return forEachKey((index) =>
    measure === 'get'
      ? planned({ method: 'GET', target: target(index), headers }, { status: 200, body: base64(textOf(index)) })
      : planned({ method: 'PUT', target: target(index), headers, body: textOf(index) }, { status: 204, body: '' }),
  );
}
