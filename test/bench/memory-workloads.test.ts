import { describe, expect, it } from 'vitest';
import type { CacheOperation } from '../../bench/memory/cache-operation.ts';
import { type Cluster, clusters, parseClusters } from '../../bench/memory/clusters.ts';
import { SyntheticStream } from '../../bench/memory/synthetic-stream.ts';
import { TraceStream } from '../../bench/memory/trace-stream.ts';
import { workloads } from '../../bench/memory/workloads.ts';
import { Zipf } from '../../bench/memory/zipf.ts';

const cluster: Cluster = {
  keyBytes: 40,
  valueBytes: 200,
  requestsPerSecond: 1_000,
  oneHitShare: 0.4,
  ttls: [
    [60, 0.5],
    [600, 0.25],
    [3_600, 0.15],
  ],
  operations: { get: 0.6, gets: 0.05, set: 0.2, delete: 0.1, add: 0.05 },
  zipfAlpha: 0.9,
};
const requests = 100_000;
const objects = 5_000;
const timeFactor = 20;

function streamOf(changes: Partial<Cluster> = {}, seed = 1): SyntheticStream {
  return new SyntheticStream({ cluster: { ...cluster, ...changes }, objects, requests, timeFactor, seed });
}

function all(stream: SyntheticStream | TraceStream): CacheOperation[] {
  const operations: CacheOperation[] = [];
  for (let next = stream.next(); next !== null; next = stream.next()) operations.push(next);
  return operations;
}

function countBy<T>(values: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

describe('bench:memory synthetic workloads', () => {
  it('popularity: ranks come as often as Zipf’s alpha says', () => {
    for (const alpha of [0, 0.6, 1, 1.4]) {
      const zipf = new Zipf(alpha, 1_000);
      const drawn = new Float64Array(1_000);
      const draws = 500_000;
      for (let i = 0; i < draws; i++) drawn[zipf.rank((i + 0.5) / draws)]!++;
      // the slope of the logarithms over the ranks that are drawn often is −alpha
      for (const [a, b] of [
        [0, 9],
        [1, 19],
      ] as const) {
        const slope = Math.log(drawn[a]! / drawn[b]!) / Math.log((b + 1) / (a + 1));
        expect(slope).toBeCloseTo(alpha, 1);
      }
    }
  });

  it('popularity: the stream’s own frequencies have the cluster’s alpha', () => {
    const counts = [...countBy(all(streamOf()).map(({ key }) => key)).values()].sort((a, b) => b - a);
    const slope = Math.log(counts[9]! / counts[499]!) / Math.log(500 / 10);
    expect(slope).toBeGreaterThan(0.85);
    expect(slope).toBeLessThan(0.95);
  });

  it('one-hit share: objects requested once are the share asked for', () => {
    for (const oneHitShare of [0.2, 0.4, 0.7]) {
      const stream = streamOf({ oneHitShare });
      const counts = [...countBy(all(stream).map(({ key }) => key)).values()];
      const once = counts.filter((count) => count === 1).length;
      expect(once / counts.length).toBeGreaterThan(oneHitShare - 0.02);
      expect(once / counts.length).toBeLessThan(oneHitShare + 0.02);
      expect(stream.counts).toMatchObject({ objects: counts.length, oneHitObjects: once });
    }
  });

  it('one-hit share: no new objects where the tail alone has more', () => {
    const stream = streamOf({ oneHitShare: 0, zipfAlpha: 1.3 });
    const keys = new Set([...stream.prefill].map(({ key }) => key));
    expect(all(stream).every(({ key }) => keys.has(key))).toBe(true);
  });

  it('operations: come in the table’s mix without add, gets as gets', () => {
    const stream = streamOf({ oneHitShare: 0 });
    all(stream);
    const { counts } = stream;
    const share = (count: number) => count / requests;
    expect(share(counts.gets)).toBeCloseTo(0.65 / 0.95, 2);
    expect(share(counts.sets)).toBeCloseTo(0.2 / 0.95, 2);
    expect(share(counts.deletes)).toBeCloseTo(0.1 / 0.95, 2);
  });

  it('operations: one that is not known is refused', () => {
    expect(() => streamOf({ operations: { get: 0.9, touch: 0.1 } })).toThrow('touch');
  });

  it('TTL: objects have the table’s mix, divided by the time factor, each always the same', () => {
    const ttls = new Map<string, number>();
    const changed: string[] = [];
    for (const { key, ttlSeconds } of all(streamOf())) {
      if ((ttls.get(key) ?? ttlSeconds) !== ttlSeconds) changed.push(key);
      ttls.set(key, ttlSeconds);
    }
    expect(changed).toEqual([]);
    const counts = countBy([...ttls.values()]);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([3, 30, 180]);
    expect(counts.get(3)! / ttls.size).toBeCloseTo(0.5 / 0.9, 1);
    expect(counts.get(180)! / ttls.size).toBeCloseTo(0.15 / 0.9, 1);
  });

  it('filling: sets each core object once, with 1 s to all of its TTL left', () => {
    const filled = [...streamOf().prefill];
    const ttlOf = new Map(all(streamOf()).map(({ key, ttlSeconds }) => [key, ttlSeconds]));
    expect(filled).toHaveLength(objects);
    expect(filled.every(({ kind }) => kind === 'set')).toBe(true);
    expect(filled.every(({ key, ttlSeconds }) => ttlSeconds >= 1 && ttlSeconds <= (ttlOf.get(key) ?? 180))).toBe(true);
    const long = filled.filter(({ key }) => ttlOf.get(key) === 180).map(({ ttlSeconds }) => ttlSeconds);
    expect(long.reduce((sum, left) => sum + left, 0) / long.length / 180).toBeCloseTo(0.5, 1);
  });

  it('sizes: keys and values have the table’s means, and keys name their object', () => {
    const filled = [...streamOf().prefill];
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(new Set(filled.map(({ key }) => key)).size).toBe(objects);
    expect(mean(filled.map(({ key }) => key.length))).toBeCloseTo(40, 0);
    expect(mean(filled.map(({ size }) => size)) / 200).toBeCloseTo(1, 1);
    expect(Math.max(...filled.map(({ key }) => key.length))).toBeLessThanOrEqual(44);
  });

  it('seed: the same one makes the same stream, another one another', () => {
    const told = (seed: number) => JSON.stringify(all(streamOf({}, seed)));
    const [seven, again, eight] = [told(7), told(7), told(8)];
    expect(seven === again).toBe(true);
    expect(seven === eight).toBe(false);
  });

  it('catalogue: every cluster is known, its shortest TTL is 3 s or more of the run, and it has 3 sizes or more', () => {
    for (const workload of workloads) {
      expect(workload.sizesMib.length).toBeGreaterThanOrEqual(3);
      expect(workload.sizesMib).toEqual(workload.sizesMib.toSorted((a, b) => a - b));
      if (workload.kind === 'trace') continue;
      const shortest = Math.min(...clusters.get(workload.cluster)!.ttls.map(([seconds]) => seconds));
      expect(shortest / workload.timeFactor).toBeGreaterThanOrEqual(3);
    }
  });
});

describe('bench:memory cluster table', () => {
  const row = (cells: readonly string[]) => `|  ${cells.join('  |  ')}  |`;
  const cells = ['cluster4', '0.39', '2', '67', '2439', '5.26', '26.5', '29.33', '3.77'];

  it('rows: columns become numbers in seconds, shares and bytes', () => {
    const table = [
      row(['cluster', 'miss', 'category', 'key size']),
      row([...cells, '60s:0.39, 1.5h:0.13, 1d:0.03,', '0', '0', 'get:0.93 set:0.07', '1.1004']),
    ].join('\n');
    expect(parseClusters(table).get('cluster4')).toEqual({
      keyBytes: 67,
      valueBytes: 2439,
      requestsPerSecond: 5260,
      oneHitShare: 0.2933,
      ttls: [
        [60, 0.39],
        [5400, 0.13],
        [86400, 0.03],
      ],
      operations: { get: 0.93, set: 0.07 },
      zipfAlpha: 1.1004,
    });
  });

  it('rows: one with a gap is left out', () => {
    expect(parseClusters(row([...cells, '60s:1.00,', '0', '0', 'get:1.00', 'NA'])).size).toBe(0);
    expect(parseClusters(row(['cluster5', 'N/A', '3', ...Array(11).fill('N/A')])).size).toBe(0);
  });
});

describe('bench:memory trace workloads', () => {
  it('requests: come in their order, with TTLs in whole seconds of the run', () => {
    const request = { size: 10, atSeconds: 0, count: 1 };
    const stream = new TraceStream(
      [
        { ...request, operation: 'get', key: 'a', ttlMs: 100_000 },
        { ...request, operation: 'set', key: 'b', ttlMs: undefined },
        { ...request, operation: 'get', key: 'a', ttlMs: 1 },
      ],
      20,
    );
    expect(all(stream).map(({ kind, key, ttlSeconds }) => [kind, key, ttlSeconds])).toEqual([
      ['get', 'a', 5],
      ['set', 'b', 0],
      ['get', 'a', 1],
    ]);
    expect(stream.counts).toMatchObject({ gets: 2, sets: 1, objects: 2, oneHitObjects: 1, objectBytes: 22 });
  });
});
