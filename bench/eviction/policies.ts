/** What is compared, on how much memory, and what is expected of it. */
import { type EvictionPolicyName, evictionPolicyNames } from '../../src/storage-node/engine/options.ts';

/** The engine's policies, each run by the engine itself. */
export const segmentPolicies: readonly EvictionPolicyName[] = evictionPolicyNames;
export type SegmentPolicy = EvictionPolicyName;

const mib = 2 ** 20;

export const evictionBench = {
  /** Cache sizes as shares of the footprint, key and value bytes of all objects: those of the papers. */
  shares: [0.01, 0.03, 0.1, 0.3],
  /**
   * Memory of every cache, in bytes; objects are scaled to make it the wanted share. Near the engine's least of
   * 16 MiB it is quick, and segments are as few as the engine ever has (about 150), which is its worst case.
   */
  memoryBytes: 20 * mib,
  /** Key of an object, in bytes, within the object's size: enough for its number. */
  keyBytes: 8,
  /** Copies of a short trace are made until a cache of the least share holds this many objects: 20 a segment. */
  objectsCachedMin: 3_000,
  /** … but not above this many requests: a few seconds for each run. */
  requestsMax: 1_000_000,
  /** Objects above this are left out, as the engine does not take them: the public limit of an item. */
  objectBytesMax: 5 * mib,
  /** Metadata of an item in memcached, in bytes, as the Segcache paper counts it. */
  memcachedOverheadBytes: 56,
  /** S3-FIFO by segment may be this much above S3-FIFO by object, in points of miss ratio. */
  pointsAboveObjectMax: 1.5,
  /** TTL of objects without one, in ms: longer than any workload. */
  noTtlMs: 30 * 86_400_000,
  /** Requests between two calls of the engine's background work. */
  maintainRequests: 256,
  /** Times that the engine's overhead is measured, evenly over the second half of a run. */
  overheadSamples: 4,
} as const;
