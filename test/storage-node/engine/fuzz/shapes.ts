/** Shapes of load, so that growth, pressure, jumbos, sizes at every edge and many namespaces all come up. */
import type { EngineWorld } from './operation.ts';

/** What the generator draws from. */
export interface Load {
  /** Keys per namespace. */
  keys: number;
  /** Namespaces, numbered from 1: 4 does not evict, 5 changes its mind, 6 and 7 have a share. */
  namespaces: number;
  /** Most values are shorter than this. */
  valueBytesMax: number;
  /** One in so many values has up to the limit of an item; 0: none. */
  jumboEvery: number;
  /** One in so many values is a few bytes from a power of two or a fraction of a segment; 0: none. */
  edgeEvery: number;
  /** TTLs of minutes to a month only, so that items pile up and the table grows. */
  longTtls?: boolean;
  /** The only TTL there is, in ms. */
  ttlMs?: number;
  /** Drops of a namespace in a thousand operations. */
  drops?: number;
}

export interface Shape extends Omit<EngineWorld, 'hashSeed'>, Load {
  name: string;
}

const kib = 1024;
const mib = 1024 * kib;

export const shapes: readonly Shape[] = [
  {
    name: 'growth in ample memory',
    memoryBytes: 512 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: true,
    keys: 20_000,
    namespaces: 5,
    valueBytesMax: 200,
    jumboEvery: 0,
    edgeEvery: 0,
    longTtls: true,
  },
  {
    name: 's3-fifo under pressure',
    memoryBytes: 16 * mib,
    eviction: 's3-fifo',
    ample: false,
    keys: 5_000,
    namespaces: 7,
    valueBytesMax: 4_000,
    jumboEvery: 600,
    edgeEvery: 20,
  },
  {
    name: 's3-fifo, jumbos and small segments',
    memoryBytes: 16 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: false,
    keys: 1_500,
    namespaces: 5,
    valueBytesMax: 60_000,
    jumboEvery: 60,
    edgeEvery: 4,
  },
  {
    name: 'merge under pressure',
    memoryBytes: 16 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 'merge',
    ample: false,
    keys: 6_000,
    namespaces: 7,
    valueBytesMax: 2_500,
    jumboEvery: 900,
    edgeEvery: 30,
  },
  {
    name: 'fifo under pressure',
    memoryBytes: 16 * mib,
    eviction: 'fifo',
    ample: false,
    keys: 4_000,
    namespaces: 5,
    valueBytesMax: 6_000,
    jumboEvery: 500,
    edgeEvery: 20,
  },
  {
    name: 'random under pressure',
    memoryBytes: 16 * mib,
    segmentSizeBytes: 128 * kib,
    eviction: 'random',
    ample: false,
    keys: 6_000,
    namespaces: 7,
    valueBytesMax: 2_500,
    jumboEvery: 900,
    edgeEvery: 30,
  },
  {
    name: 'jumbos and edges in ample memory',
    memoryBytes: 1_024 * mib,
    segmentSizeBytes: 256 * kib,
    eviction: 's3-fifo',
    ample: true,
    keys: 60,
    namespaces: 5,
    valueBytesMax: 4_000,
    jumboEvery: 60,
    edgeEvery: 3,
  },
  {
    name: 'growth under pressure',
    memoryBytes: 16 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: false,
    keys: 60_000,
    namespaces: 7,
    valueBytesMax: 2_000,
    jumboEvery: 0,
    edgeEvery: 50,
    longTtls: true,
  },
  {
    name: 'hundreds of namespaces, often dropped',
    memoryBytes: 32 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: false,
    keys: 300,
    namespaces: 300,
    valueBytesMax: 1_000,
    jumboEvery: 2_000,
    edgeEvery: 100,
    drops: 2,
  },
  {
    name: 'thousands of namespaces',
    memoryBytes: 256 * mib,
    eviction: 's3-fifo',
    ample: true,
    keys: 20,
    namespaces: 5_000,
    valueBytesMax: 400,
    jumboEvery: 0,
    edgeEvery: 100,
    drops: 3,
  },
  {
    name: 'colliding hashes',
    memoryBytes: 64 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: true,
    narrowHash: true,
    keys: 4_000,
    namespaces: 4,
    valueBytesMax: 120,
    jumboEvery: 0,
    edgeEvery: 0,
    longTtls: true,
  },
  {
    name: 'growth and shrinking of the table',
    memoryBytes: 64 * mib,
    segmentSizeBytes: 64 * kib,
    eviction: 's3-fifo',
    ample: true,
    keys: 40_000,
    namespaces: 2,
    valueBytesMax: 60,
    jumboEvery: 0,
    edgeEvery: 0,
    longTtls: true,
    drops: 0.15,
  },
  {
    name: 'merge of large items',
    memoryBytes: 32 * mib,
    eviction: 'merge',
    ample: false,
    keys: 900,
    namespaces: 5,
    valueBytesMax: 40_000,
    jumboEvery: 100,
    edgeEvery: 6,
  },
  ...(['s3-fifo', 'merge', 'fifo', 'random'] as const).map((eviction) => ({
    name: `shares of the memory under ${eviction}`,
    memoryBytes: 16 * mib,
    segmentSizeBytes: 64 * kib,
    eviction,
    ample: false,
    watchShares: true,
    keys: 20_000,
    namespaces: 7,
    valueBytesMax: 6_000,
    jumboEvery: 0,
    edgeEvery: 0,
    ttlMs: 86_400_000,
  })),
];

export function worldOf(shape: Shape, seed: number): EngineWorld {
  const { memoryBytes, segmentSizeBytes, eviction, ample, narrowHash, watchShares } = shape;
  return {
    memoryBytes,
    hashSeed: seed,
    ...(segmentSizeBytes ? { segmentSizeBytes } : {}),
    eviction,
    ample,
    ...(narrowHash ? { narrowHash } : {}),
    ...(watchShares ? { watchShares } : {}),
  };
}
