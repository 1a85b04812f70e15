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
  readonly rounds: number;
  readonly seconds: number;
  /** Requests a second, median of the rounds. */
  readonly put: { readonly factor_1: number; readonly factor_2: number };
  readonly get: { readonly factor_1: number; readonly factor_2: number };
  /** Medians of the ratios of each round. */
  readonly put_ratio: number;
  readonly get_ratio: number;
  readonly put_p99_ms: { readonly factor_1: number; readonly factor_2: number };
  /** Requests without the right answer, by kind. */
  readonly errors: Readonly<Record<string, number>>;
}

type Measure = 'put' | 'get';
const factors = [1, 2] as const;

export async function costOfCopies(stack: AsyncDisposableStack, rounds: number, seconds: number): Promise<CostResult> {
  const client = await LoadClient.start(stack);
  const fleets: Fleet[] = [];
  for (const replicationFactor of factors) {
    const fleet = await Fleet.start(stack, new PlainNetwork(), {
      zones: ['a', 'b', 'c'],
      nodesPerZone: 1,
      gateways: 1,
      store: 'embedded',
      replicationFactor,
      nodeMemoryBytes: failoverLimits.nodeMemoryBytes,
    });
    await settled(fleet);
    fleets.push(fleet);
  }
  const load = (
    index: number,
    measure: Measure,
    forSeconds: number,
    requestsMax = Number.MAX_SAFE_INTEGER,
  ): Promise<LoadFigures> => {
    const fleet = fleets[index]!;
    return client.run({
      origin: { host: '127.0.0.1', port: Number(new URL(fleet.urls[0]!).port), tls: false },
      connections: failoverLimits.costConnections,
      durationMs: forSeconds * 1_000,
      requestsMax,
      requests: requestsOf(fleet, measure),
    });
  };
  for (const index of factors.keys()) await load(index, 'put', failoverLimits.fillSeconds, keyCount);
  // lets each path run until it is compiled
  for (const measure of ['put', 'get'] as const)
    for (const index of factors.keys()) await load(index, measure, Math.min(seconds, 2));
  const samples: Record<Measure, LoadFigures[][]> = { put: [], get: [] };
  for (let round = 0; round < rounds; round++)
    for (const measure of ['put', 'get'] as const) {
      const pair: LoadFigures[] = [];
      // another one first in each round
      for (const index of round % 2 === 0 ? [0, 1] : [1, 0]) pair[index] = await load(index, measure, seconds);
      samples[measure].push(pair);
    }
  const rate = ({ requests, seconds: took }: LoadFigures) => requests / took;
  const rates = (measure: Measure, index: number) =>
    Math.round(median(samples[measure].map((pair) => rate(pair[index]!))));
  const ratio = (measure: Measure) => median(samples[measure].map(([one, two]) => rate(two!) / rate(one!)));
  const p99 = (index: number) => median(samples.put.map((pair) => pair[index]!.latency.p99));
  const all = [...samples.put, ...samples.get].flat();
  return {
    rounds,
    seconds,
    put: { factor_1: rates('put', 0), factor_2: rates('put', 1) },
    get: { factor_1: rates('get', 0), factor_2: rates('get', 1) },
    put_ratio: ratio('put'),
    get_ratio: ratio('get'),
    put_p99_ms: { factor_1: p99(0), factor_2: p99(1) },
    errors: errorsOf(all),
  };
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
