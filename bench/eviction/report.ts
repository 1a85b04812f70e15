import type { MachineFacts } from '../support/machine.ts';
import { type Cell, missRatio } from './cells.ts';
import type { ObjectPolicy } from './objects/run-objects.ts';
import { evictionBench, segmentPolicies } from './policies.ts';

/** What is printed and kept: snake_case, miss ratios from 0 to 1. */
export interface EvictionReport {
  readonly date: string;
  readonly machine: MachineFacts;
  readonly seed: number;
  readonly memory_bytes: number;
  /** Requests on which the object-level policies agreed with naive implementations. */
  readonly requests_checked: number;
  readonly points_above_object_max: number;
  readonly workloads: readonly { readonly name: string; readonly about: string; readonly requests: number }[];
  readonly cells: readonly CellReport[];
  readonly as_expected: boolean;
}

export interface CellReport {
  readonly workload: string;
  readonly cache_share: number;
  readonly requests: number;
  readonly objects: number;
  readonly object_bytes_mean: number;
  readonly size_factor: number;
  readonly overhead_bytes: number;
  readonly segments: number;
  readonly items_per_segment: number;
  readonly miss_ratio: {
    readonly segment: Readonly<Record<string, number>>;
    readonly object: Readonly<Record<string, number>>;
    readonly memcached_like: Readonly<Record<string, number>>;
  };
  readonly copies_per_miss: Readonly<Record<string, number>>;
  readonly refused: number;
  readonly item_overhead_bytes: number;
  readonly s3_fifo_points_above_object: number;
  /** Against objects charged `item_overhead_bytes`, which leaves out what segments waste. */
  readonly s3_fifo_points_with_waste: number;
  readonly as_expected: boolean;
}

export function cellReport(cell: Cell): CellReport {
  const run = cell.segments['s3-fifo'];
  return {
    workload: cell.workload,
    cache_share: cell.share,
    requests: cell.requests,
    objects: cell.objects,
    object_bytes_mean: rounded(cell.meanObjectBytes, 1),
    size_factor: rounded(cell.sizeFactor, 4),
    overhead_bytes: rounded(cell.overheadBytes, 1),
    segments: run.segments,
    items_per_segment: rounded(run.itemsPerSegment, 1),
    miss_ratio: {
      segment: mapped(cell.segments, (counts) => rounded(missRatio(counts), 5)),
      object: mapped(cell.objectLevel, (counts) => rounded(missRatio(counts), 5)),
      memcached_like: mapped(cell.memcachedLike, (counts) => rounded(missRatio(counts), 5)),
    },
    copies_per_miss: mapped(cell.segments, (counts) => rounded(counts.copiesPerMiss, 3)),
    refused: Object.values(cell.segments).reduce((sum, { refused }) => sum + refused, 0),
    item_overhead_bytes: rounded(run.itemOverheadBytes, 1),
    s3_fifo_points_above_object: rounded(cell.pointsAboveObject, 2),
    s3_fifo_points_with_waste: rounded(cell.pointsWithWaste, 2),
    as_expected: cell.pointsAboveObject <= evictionBench.pointsAboveObjectMax,
  };
}

const objectColumns: readonly ObjectPolicy[] = ['lru', 'fifo', 'sieve', 's3-fifo'];
const memcachedColumns = ['lru', 's3-fifo'] as const;

export function headingLines(): string[] {
  const groups = [
    ' '.repeat(36),
    'engine, by segment'.padEnd(segmentPolicies.length * 8),
    'by object, same overhead'.padEnd(objectColumns.length * 8),
    'by object, 56 B'.padEnd(memcachedColumns.length * 8),
    'S3-FIFO segment - object',
  ];
  const names = [...segmentPolicies, ...objectColumns, ...memcachedColumns].map((name) => name.padStart(7)).join(' ');
  return [
    'miss ratio in %',
    groups.join('  '),
    `${'workload'.padEnd(24)} ${'cache'.padStart(5)} ${'B/item'.padStart(6)}  ${names}    points  +waste copies/miss`,
  ];
}

export function cellLine(cell: CellReport): string {
  const { segment, object, memcached_like } = cell.miss_ratio;
  const ratios = [
    ...segmentPolicies.map((policy) => segment[policy]),
    ...objectColumns.map((policy) => object[policy]),
    ...memcachedColumns.map((policy) => memcached_like[policy]),
  ].map((ratio) => (ratio! * 100).toFixed(2).padStart(7));
  const points = cell.s3_fifo_points_above_object;
  return [
    cell.workload.slice(0, 24).padEnd(24),
    `${cell.cache_share * 100} %`.padStart(5),
    `${cell.overhead_bytes.toFixed(0)}`.padStart(6),
    ` ${ratios.join(' ')} `,
    signed(points),
    signed(cell.s3_fifo_points_with_waste),
    cell.copies_per_miss['s3-fifo']!.toFixed(2).padStart(9),
    cell.as_expected ? '' : `  above ${evictionBench.pointsAboveObjectMax}`,
  ].join(' ');
}

export function closingLines({ cells, requests_checked }: EvictionReport): string[] {
  const worst = cells.reduce((a, b) => (b.s3_fifo_points_above_object > a.s3_fifo_points_above_object ? b : a));
  const within = cells.filter((cell) => cell.as_expected).length;
  const points = cells.map((cell) => cell.s3_fifo_points_above_object);
  const mean = points.reduce((sum, value) => sum + value, 0) / points.length;
  const most = evictionBench.pointsAboveObjectMax;
  return [
    `object-level policies agree with naive implementations on ${requests_checked} requests`,
    `S3-FIFO by segment at most ${most} points above S3-FIFO by object: ${within} of ${cells.length} cells; ` +
      `mean ${mean.toFixed(2)}, worst ${worst.s3_fifo_points_above_object.toFixed(2)} ` +
      `(${worst.workload}, ${worst.cache_share * 100} %)`,
  ];
}

function signed(points: number): string {
  return `${points > 0 ? '+' : ''}${points.toFixed(2)}`.padStart(7);
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function mapped<T>(values: Readonly<Record<string, T>>, map: (value: T) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
