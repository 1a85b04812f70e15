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
  readonly eviction?: EvictionPolicyName;
  /** Seed of what a policy draws by lot, any integer; random per engine when absent. */
  readonly evictionSeed?: number;
}

export const evictionPolicyNames = ['s3-fifo', 'merge', 'fifo', 'random'] as const;
export type EvictionPolicyName = (typeof evictionPolicyNames)[number];

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
  /** The paper's size; an item's place in a segment would allow for more. */
  segmentSizeBytesMax: mib,
  /**
   * Chosen at most, whatever the memory: a put may have to evict a whole segment, which costs about 0.6 ms for each
   * thousand items on a busy machine, and a MiB of tiny items has 30,000.
   */
  segmentSizeBytesChosenMax: 256 * kib,
  /**
   * Segments that there are at least, memory permitting. Fewer make eviction coarse, and the open ones and the
   * newest pages of the table, half empty on average, a large share of the memory.
   */
  segmentsMin: 512,
  /** Blocks that a segment is divided into at most, for jumbos: an item wastes half of one on average. */
  blocksPerSegmentMax: 64,
  /** A block holds header and key of a jumbo, and is a page of the machine at least. */
  blockSizeBytesMin: 4 * kib,
  keySizeBytesMax: limits.keySizeBytesMax,
  /** The public limit and room for what `operations` puts in front of a value (content type, record header). */
  valueSizeBytesMax: limits.itemSizeBytesMax + 64 * kib,
  /** An expiry is 32 bits of milliseconds from its segment's base; the base is at most the time of the write. */
  ttlMsMax: 0xffff_ffff - 1_000,
  /** Free segments that only moving survivors may take: one for each pool that survivors go to. */
  spareSegments: 2,
  /** Namespaces with a share of the memory; each has open segments of its own. */
  sharesMax: limits.cachesWithShareMax,
  /** Open segments are at most this share of all: each is a mostly empty one at worst. */
  openSegmentsShare: 1 / 8,
  /** Up to this share of the segments every TTL bucket has an open one of its own: their empty parts are about half. */
  openSegmentsFewShare: 1 / 32,
  /** Beyond that a bucket shares the segment of another whose TTL is at most so many times its own, or the reverse. */
  nearTtlRatioMax: 1.5,
  /** Open segments at most, whatever the memory: the nearest is searched among them. */
  openSegmentsMax: 256,
  /** A tail is set aside for smaller items, rather than sealed, when it has at least this share of a segment left. */
  asideShareMin: 1 / 64,
  /** Share of the segments that non-evictable namespaces cannot take, so that the others keep working beside them. */
  evictableShareMin: 1 / 16,
  /**
   * How much earlier than its segment an item may expire and yet be written in place: what is expired holds
   * memory until its segment goes. In ms, or as a share of the longest TTL of the segment, whichever is more.
   */
  stayEarlyMs: 1_000,
  stayEarlyShare: 1 / 8,
  /** Below this share of dead bytes in written bytes nothing is compacted: it is what evictions leave behind anyway. */
  deadShareMin: 1 / 32,
  /**
   * A segment is compacted, before any live item is evicted, when it has at least this share dead, and at least
   * `compactMoveBytes` for each live item that has to move: moving costs time by the item, and gains by the byte.
   */
  compactDeadShareMin: 1 / 10,
  compactMoveBytes: 16,
  /** The same when nothing may be evicted, so that only compaction makes room. */
  compactPinnedDeadShareMin: 1 / 16,
  /** Compactions for one put into a non-evictable namespace; then it is full. */
  compactPinnedRoundsMax: 16,
  /**
   * Rounds of eviction without a segment gained after which survivors are dropped: the proof of progress, and
   * the bound on one put's pause (a round moves at most a segment).
   */
  stalledRoundsMax: 16,
  /** A jumbo this many times as large as the mean item survives its eviction only if it was used twice. */
  largeJumboFactor: 2,
  /** Items in a table bucket on average before the table grows (of 8 slots). */
  bucketItemsMax: 7,
  /** Items in a table bucket on average below which the table shrinks: half of the above, so that it does not swing. */
  bucketItemsMin: 3.5,
  /** Buckets that one `maintain` call joins at most: about a tenth of a millisecond. */
  tableShrinkSteps: 512,
  /** Items in one chain; more need a broken hash. The scratch of a split is sized for it. */
  chainItemsMax: 4_096,
  /** Overflow buckets at hand that joining two buckets may need: for twice the items of a full one. */
  shrinkOverflowMin: 16,
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
  readonly blockSizeBytes: number;
  /** Items larger than this, header included, are jumbo. */
  readonly plainSizeBytesMax: number;
  /** Jumbos there can be at most: as many as the smallest of them fill the memory. */
  readonly jumbosMax: number;
  readonly openSegmentsFew: number;
  readonly openSegmentsMax: number;
  /** Memory that items of non-evictable namespaces may take, in bytes. */
  readonly pinnedBytesMax: number;
}

/** Bytes in arrays for each segment or jumbo (`segments.ts`), for each segment besides, and for each block. */
const headerBytes = 80;
const headerBytesPerSegment = 24;
const headerBytesPerBlock = 12;
/** Tails of the TTL buckets, kinds, heads of lists and other fixed arrays. */
const fixedBytes = 128 * kib;

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
  const { blocksPerSegmentMax, blockSizeBytesMin, ghostBytesPerEntry, openSegmentsShare } = engineLimits;
  const blockSizeBytes = Math.max(blockSizeBytesMin, segmentSizeBytes / blocksPerSegmentMax);
  // In a segment an item wastes half of its size at the end, on average; in blocks, half of a block. Equal at this size:
  const plainSizeBytesMax = 2 ** Math.floor(Math.log2(segmentSizeBytes * blockSizeBytes) / 2);
  const jumbosPerSegment = segmentSizeBytes / plainSizeBytesMax;
  const usesGhost = options.eviction === undefined || options.eviction === 's3-fifo';
  const ghostEntries = usesGhost ? 2 ** Math.floor(Math.log2(memoryBytes / ghostBytesPerEntry)) : 0;
  const perSegment =
    segmentSizeBytes +
    headerBytesPerSegment +
    headerBytes * (1 + jumbosPerSegment) +
    headerBytesPerBlock * (segmentSizeBytes / blockSizeBytes);
  const segmentsTotal = Math.floor((memoryBytes - ghostEntries * 4 - fixedBytes) / perSegment);
  const openShare = Math.floor(segmentsTotal * openSegmentsShare);
  const evictableSegments = Math.max(4, Math.ceil(segmentsTotal * engineLimits.evictableShareMin));
  return {
    memoryBytes,
    segmentSizeBytes,
    segmentsTotal,
    ghostEntries,
    blockSizeBytes,
    plainSizeBytesMax,
    jumbosMax: segmentsTotal * jumbosPerSegment,
    openSegmentsFew: Math.max(2, Math.floor(segmentsTotal * engineLimits.openSegmentsFewShare)),
    openSegmentsMax: Math.max(4, Math.min(engineLimits.openSegmentsMax, openShare)),
    pinnedBytesMax: (segmentsTotal - evictableSegments) * segmentSizeBytes,
  };
}

function segmentSizeFor(memoryBytes: number): number {
  const size = 2 ** Math.floor(Math.log2(memoryBytes / engineLimits.segmentsMin));
  return Math.min(Math.max(size, engineLimits.segmentSizeBytesMin), engineLimits.segmentSizeBytesChosenMax);
}
