/**
 * Options, bounds and geometry of a Segcache, each with its unit and its reason.
 */
import { limits } from '../../shared/limits.ts';

export interface SegcacheOptions {
  /** Memory for items, table, ghost and headers together, in bytes: `memoryBytesMin` … `memoryBytesMax`. */
  readonly memoryBytes: number;
  /** Seed of the key hash, any finite number; random per engine when absent. */
  readonly hashSeed?: number;
  /** A power of two between 64 KiB and 1 MiB; chosen from the memory when absent. */
  readonly segmentSizeBytes?: number;
  /** Which eviction policy to run; S3-FIFO when absent. */
  readonly eviction?: 's3-fifo' | 'fifo';
}

const kib = 1024;
const mib = 1024 * kib;
const gib = 1024 * mib;

export const engineLimits = {
  /** The largest item takes a third of this, so that it can be replaced while the old one stays. */
  memoryBytesMin: 16 * mib,
  /** A location is an unsigned 32-bit count of 4-byte words. A larger machine runs several nodes, one per thread. */
  memoryBytesMax: 16 * gib,
  /** Segments are allocated in slabs of this size, so that every index into a view is a small integer. */
  slabSizeBytes: gib,
  segmentSizeBytesMin: 64 * kib,
  /** An item's value length has 19 bits, for up to half a segment. */
  segmentSizeBytesMax: mib,
  /** Fewer segments make eviction too coarse: one would be a large share of the memory. */
  segmentsMin: 128,
  keySizeBytesMax: limits.keySizeBytesMax,
  /** The public limit and room for what `operations` puts in front of a value (content type, record header). */
  valueSizeBytesMax: limits.itemSizeBytesMax + 64 * kib,
  /** An expiry is 32 bits of milliseconds from its segment's base; the base is at most the time of the write. */
  ttlMsMax: 0xffff_ffff - 1_000,
  /** Free segments that only moving survivors may take: one for each pool that survivors go to. */
  spareSegments: 2,
  /** Open segments are at most this share of all: each is a mostly empty one at worst. */
  openSegmentsShare: 1 / 8,
  /** Open segments at most, whatever the memory: the nearest is searched among them. */
  openSegmentsMax: 256,
  /** Share of the segments that non-evictable namespaces cannot take, so that the others keep working beside them. */
  evictableShareMin: 1 / 16,
  /** Above this share of dead bytes in written bytes, segments are compacted before any live item is evicted. */
  deadShareMax: 0.3,
  /** Such a segment has at least this share dead: each compaction must free a good part of one. */
  compactDeadShareMin: 0.4,
  /** The same when nothing may be evicted, so that only compaction makes room. */
  compactPinnedDeadShareMin: 1 / 16,
  /** Compactions for one put into a non-evictable namespace; then it is full. */
  compactPinnedRoundsMax: 16,
  /**
   * Rounds of eviction without a segment gained after which survivors are dropped: the proof of progress, and
   * the bound on one put's pause (a round moves at most a segment, about a millisecond per MiB).
   */
  stalledRoundsMax: 16,
  /** Items in a table bucket on average before the table grows (of 8 slots). */
  bucketItemsMax: 6,
  /** Puts to wait after growth found no segment for a table page. */
  growthRetryPuts: 4_096,
  /** Work units of one `maintain` call; unlinking costs `unlinkUnits`, passing an item 1: about half a millisecond. */
  maintainUnits: 16_384,
  unlinkUnits: 12,
  /** Background compaction runs only when less than this share of the segments is free. */
  compactFreeShareMax: 1 / 8,
  /** Ghost entries per byte of memory: about two thirds of the items at 150 bytes each, for 1/64 of the memory. */
  ghostBytesPerEntry: 256,
} as const;

/** What a Segcache is made of, derived once from its options. */
export interface Geometry {
  readonly memoryBytes: number;
  readonly segmentSizeBytes: number;
  readonly segmentsTotal: number;
  /** Entries of the ghost, a power of two; 0 when the policy has none. */
  readonly ghostEntries: number;
  /** Items larger than this, header included, are jumbo. */
  readonly plainSizeBytesMax: number;
  readonly openSegmentsMax: number;
  readonly pinnedSegmentsMax: number;
}

/** Bytes of the header arrays for each segment (`segments.ts`) and its entry in the table's page directory. */
const headerBytesPerSegment = 80;
/** Tails of the TTL buckets and other fixed arrays. */
const fixedBytes = 40 * kib;

/** Derives the geometry; throws a RangeError for memory or a segment size out of bounds. */
export function geometryOf(options: SegcacheOptions): Geometry {
  const { memoryBytes } = options;
  const { memoryBytesMin, memoryBytesMax } = engineLimits;
  if (!(memoryBytes >= memoryBytesMin && memoryBytes <= memoryBytesMax)) {
    throw new RangeError(`memoryBytes must be ${memoryBytesMin} to ${memoryBytesMax}, is ${memoryBytes}`);
  }
  const segmentSizeBytes = options.segmentSizeBytes ?? segmentSizeFor(memoryBytes);
  const { segmentSizeBytesMin, segmentSizeBytesMax } = engineLimits;
  const powerOfTwo = Number.isInteger(Math.log2(segmentSizeBytes));
  if (!powerOfTwo || segmentSizeBytes < segmentSizeBytesMin || segmentSizeBytes > segmentSizeBytesMax) {
    throw new RangeError(
      `segmentSizeBytes must be a power of two, ${segmentSizeBytesMin} to ${segmentSizeBytesMax}, is ${segmentSizeBytes}`,
    );
  }
  const ghostEntries =
    options.eviction === 'fifo' ? 0 : 2 ** Math.floor(Math.log2(memoryBytes / engineLimits.ghostBytesPerEntry));
  const left = memoryBytes - ghostEntries * 4 - fixedBytes;
  const segmentsTotal = Math.floor(left / (segmentSizeBytes + headerBytesPerSegment));
  const openShare = Math.floor(segmentsTotal * engineLimits.openSegmentsShare);
  return {
    memoryBytes,
    segmentSizeBytes,
    segmentsTotal,
    ghostEntries,
    plainSizeBytesMax: segmentSizeBytes / 2,
    openSegmentsMax: Math.max(4, Math.min(engineLimits.openSegmentsMax, openShare)),
    pinnedSegmentsMax: segmentsTotal - Math.max(4, Math.ceil(segmentsTotal * engineLimits.evictableShareMin)),
  };
}

function segmentSizeFor(memoryBytes: number): number {
  const size = 2 ** Math.floor(Math.log2(memoryBytes / engineLimits.segmentsMin));
  return Math.min(size, engineLimits.segmentSizeBytesMax);
}
