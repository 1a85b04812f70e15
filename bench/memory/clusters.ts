/**
 * Parameters of production clusters of Twitter. Source: "A large scale analysis of hundreds of in-memory cache
 * clusters at Twitter" (Yang, Yue, Rashmi, OSDI'20) and its data, github.com/twitter/cache-trace, `2020Mar.md`,
 * by Twitter, under CC-BY-4.0 (creativecommons.org/licenses/by/4.0). Only the columns and the rows that this bench
 * needs are here, in another form; `--traces` reads them from the table itself.
 */
export interface Cluster {
  /** Mean sizes in bytes. */
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Requests per second, in production. */
  readonly requestsPerSecond: number;
  /** Share of the objects that are requested once. */
  readonly oneHitShare: number;
  /** TTL in seconds, with the share of each; the shares need not add up to 1. */
  readonly ttls: readonly (readonly [seconds: number, share: number])[];
  /** Share of each operation, by memcached's names; the shares need not add up to 1. */
  readonly operations: Readonly<Record<string, number>>;
  readonly zipfAlpha: number;
}

const hour = 3_600;
const day = 24 * hour;

// biome-ignore format: a table
const rows: Readonly<Record<string, readonly [number, number, number, number, Cluster['ttls'], Cluster['operations'], number]>> = {
  //        key  value  per second  one-hit  TTLs                                                     operations                              alpha
  cluster4: [67, 2439, 5_260, 0.2933, [[60, 0.39], [300, 0.24], [hour, 0.13], [600, 0.12], [4 * hour, 0.09], [day, 0.03]], { get: 0.93, set: 0.07 }, 1.1004],
  cluster14: [96, 414, 5_810, 0.1094, [[day, 1]], { get: 0.65, delete: 0.22, set: 0.13 }, 1.2959],
  cluster25: [49, 28, 18_970, 0.0322, [[30 * day, 0.99]], { get: 0.95, add: 0.02, gets: 0.02, cas: 0.02 }, 0.9929],
  cluster27: [66, 8, 24_550, 0.2221, [[92.6 * day, 0.28], [day, 0.25], [hour, 0.2], [4 * hour, 0.18], [6 * hour, 0.06], [12 * hour, 0.02]], { get: 0.85, set: 0.15 }, 1.065],
  cluster40: [44, 155, 6_260, 0.001, [[8 * hour, 0.95], [day, 0.05]], { set: 0.5, get: 0.5 }, 0.8551],
  cluster45: [10, 120, 330, 0.4874, [[15 * day, 1]], { add: 0.15, get: 0.85 }, 0.6372],
  cluster50: [18, 67_485, 240, 0.0786, [[900, 0.73], [1_200, 0.24], [1_199, 0.03]], { get: 0.52, set: 0.48 }, 1.2816],
  cluster52: [20, 273, 24_250, 0.1936, [[day, 0.65], [14 * day, 0.27], [12 * hour, 0.07]], { get: 0.91, add: 0.04, gets: 0.02, cas: 0.02 }, 1.2117],
  cluster53: [36, 9_213, 1_380, 0.1319, [[30 * day, 0.66], [21 * day, 0.34]], { get: 0.89, set: 0.03, prepend: 0.09 }, 1.2061],
};

export const clusters: ReadonlyMap<string, Cluster> = new Map(
  Object.entries(rows).map(
    ([name, [keyBytes, valueBytes, requestsPerSecond, oneHitShare, ttls, operations, zipfAlpha]]) => [
      name,
      { keyBytes, valueBytes, requestsPerSecond, oneHitShare, ttls, operations, zipfAlpha },
    ],
  ),
);

const secondsOfUnit: Readonly<Record<string, number>> = { s: 1, h: hour, d: day };

/** The clusters of the published table; those with a gap in a column that is needed are left out. */
export function parseClusters(markdown: string): Map<string, Cluster> {
  const found = new Map<string, Cluster>();
  for (const line of markdown.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (!/^cluster\d+$/.test(cells[1] ?? '') || cells.length < 15) continue;
    const ttls = pairs(cells[10]!).map(([text, share]) => [ttlSeconds(text), share] as const);
    const cluster: Cluster = {
      keyBytes: Number(cells[4]),
      valueBytes: Number(cells[5]),
      requestsPerSecond: Number(cells[6]) * 1_000,
      oneHitShare: Number(cells[8]) / 100,
      ttls,
      operations: Object.fromEntries(pairs(cells[13]!)),
      zipfAlpha: Number(cells[14]),
    };
    const { keyBytes, valueBytes, requestsPerSecond, oneHitShare, zipfAlpha } = cluster;
    const numbers = [keyBytes, valueBytes, requestsPerSecond, oneHitShare, zipfAlpha, ...ttls.flat()];
    if (ttls.length > 0 && numbers.every(Number.isFinite)) found.set(cells[1]!, cluster);
  }
  return found;
}

/** `a:0.97, b:0.03` */
function pairs(cell: string): [string, number][] {
  return [...cell.matchAll(/([\w.]+):([\d.]+)/g)].map(([, name, share]) => [name!, Number(share)]);
}

/** `20s`, `1.4h`, `5d` */
function ttlSeconds(text: string): number {
  const [, number, unit] = /^([\d.]+)([shd])$/.exec(text) ?? [];
  return unit === undefined ? Number.NaN : Number(number) * secondsOfUnit[unit]!;
}
