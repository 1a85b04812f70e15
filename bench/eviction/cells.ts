/** One cell of the table: a workload at one cache size, through every policy. */
import { createSegcache, type SegcacheEngine } from '../../src/storage-node/engine/segcache.ts';
import { type ObjectPolicy, objectPolicies, type RunCounts, runObjects } from './objects/run-objects.ts';
import { evictionBench, type SegmentPolicy, segmentPolicies } from './policies.ts';
import { runSegments, type SegmentRun } from './run-segments.ts';
import { footprintBytes, multiplied, scaled, type Workload } from './workloads/workload.ts';

export interface Cell {
  readonly workload: string;
  /** Memory as a share of the footprint. */
  readonly share: number;
  readonly requests: number;
  readonly objects: number;
  /** What sizes were multiplied by to make the memory that share. */
  readonly sizeFactor: number;
  readonly meanObjectBytes: number;
  /** What the object-level policies are charged for each object: what the engine needed with S3-FIFO. */
  readonly overheadBytes: number;
  readonly segments: Readonly<Record<SegmentPolicy, SegmentRun>>;
  readonly objectLevel: Readonly<Record<ObjectPolicy, RunCounts>>;
  /** S3-FIFO by object with memcached's metadata, scaled as the objects are, and expiry on request. */
  readonly memcachedLike: Readonly<Record<'lru' | 's3-fifo', RunCounts>>;
  /** Miss ratio of S3-FIFO by segment less that by object, in points. */
  readonly pointsAboveObject: number;
  /** The same against objects charged only what an item itself costs: with all that segments waste. */
  readonly pointsWithWaste: number;
}

/** Makes the engine of a policy; the tree's own unless another is to be measured. */
export type MakeEngine = (policy: SegmentPolicy, memoryBytes: number, seed: number) => SegcacheEngine;

const makeSegcache: MakeEngine = (policy, memoryBytes, seed) =>
  createSegcache({ memoryBytes, eviction: policy, hashSeed: seed, evictionSeed: seed });

export interface CellOptions {
  readonly memoryBytes: number;
  readonly seed: number;
}

/** Copies of a short trace, so that segments of a small cache hold enough objects. */
export function prepared(workload: Workload, shareMin: number): Workload {
  const { objectsCachedMin, requestsMax } = evictionBench;
  const wanted = Math.ceil(objectsCachedMin / (workload.objectBytes.length * shareMin));
  const possible = Math.max(1, Math.floor(requestsMax / workload.objects.length));
  return multiplied(workload, Math.min(wanted, possible));
}

/** The workload with objects so large that the memory is the given share of the footprint. */
export function sized(workload: Workload, share: number, memoryBytes: number): { factor: number; sized: Workload } {
  const factor = memoryBytes / (share * footprintBytes(workload));
  return { factor, sized: scaled(workload, factor, evictionBench.keyBytes) };
}

export function runCell(workload: Workload, share: number, options: CellOptions, makeEngine = makeSegcache): Cell {
  const { memoryBytes, seed } = options;
  const { factor, sized: load } = sized(workload, share, memoryBytes);
  const bySegment = (policy: SegmentPolicy) => runSegments(load, makeEngine(policy, memoryBytes, seed));
  const segments = record(segmentPolicies, bySegment);
  const { overheadBytes, itemOverheadBytes } = segments['s3-fifo'];
  const byObject = (policy: ObjectPolicy) =>
    runObjects(load, policy, { capacityBytes: memoryBytes, overheadBytes, expiry: 'instant' });
  const objectLevel = record(Object.keys(objectPolicies) as ObjectPolicy[], byObject);
  const likeMemcached = (policy: ObjectPolicy) =>
    runObjects(load, policy, {
      capacityBytes: memoryBytes,
      overheadBytes: evictionBench.memcachedOverheadBytes * factor,
      expiry: 'lazy',
    });
  const packed = runObjects(load, 's3-fifo', {
    capacityBytes: memoryBytes,
    overheadBytes: itemOverheadBytes,
    expiry: 'instant',
  });
  const pointsAbove = (counts: RunCounts) => (missRatio(segments['s3-fifo']) - missRatio(counts)) * 100;
  return {
    workload: workload.name,
    share,
    requests: load.objects.length,
    objects: load.objectBytes.length,
    sizeFactor: factor,
    meanObjectBytes: footprintBytes(load) / load.objectBytes.length,
    overheadBytes,
    segments,
    objectLevel,
    memcachedLike: record(['lru', 's3-fifo'] as const, likeMemcached),
    pointsAboveObject: pointsAbove(objectLevel['s3-fifo']),
    pointsWithWaste: pointsAbove(packed),
  };
}

export function missRatio({ misses, requests }: RunCounts): number {
  return misses / requests;
}

function record<K extends string, V>(keys: readonly K[], value: (key: K) => V): Record<K, V> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>;
}
