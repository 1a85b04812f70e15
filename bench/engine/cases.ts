/** What the engine bench compares, and on which items. */

export const subjectIds = ['segcache', 'lru_cache', 'map'] as const;
export type SubjectId = (typeof subjectIds)[number];

export const subjectTitles: Readonly<Record<SubjectId, string>> = {
  segcache: 'segcache',
  lru_cache: 'lru-cache',
  map: 'Map<string, Buffer>',
};

export const measures = ['get', 'miss', 'set'] as const;
/**
 * `get`: keys drawn by Zipf 1.0 over all items, the value copied out; `miss`: keys that were never stored; `set`: new
 * keys for ever, so that each pushes an older item out.
 */
export type Measure = (typeof measures)[number];

export interface BenchCase {
  readonly id: 'small' | 'small_ttl' | 'mid';
  readonly title: string;
  readonly items: number;
  readonly valueLength: number;
  /** Whether items have TTLs of their own, minutes to hours; without, a day for all. */
  readonly mixedTtl: boolean;
  readonly subjects: readonly SubjectId[];
}

/** Bytes of every key: what a client's keys look like, a prefix and a number. */
export const keyLength = 20;

/**
 * Bytes an item may cost beside key and value. The engine's memory is sized by it: items that cost more do not all
 * fit, which its hit ratio then shows.
 */
export const overheadBytesMax = 28;

/** The least memory that an engine takes, in bytes (`engineLimits.memoryBytesMin`). */
const memoryBytesMin = 16 * 1024 * 1024;
const mib = 1024 * 1024;

export function benchCases(items: number): BenchCase[] {
  const fewer = Math.ceil(items / 10);
  return [
    {
      id: 'small',
      title: 'small items',
      items,
      valueLength: 100,
      mixedTtl: false,
      subjects: ['segcache', 'lru_cache', 'map'],
    },
    {
      id: 'small_ttl',
      title: 'small items, each with a TTL',
      items,
      valueLength: 100,
      mixedTtl: true,
      // a Map has no TTL
      subjects: ['segcache', 'lru_cache'],
    },
    {
      id: 'mid',
      title: 'items of 1 KiB',
      items: fewer,
      valueLength: 1_024,
      mixedTtl: false,
      subjects: ['segcache', 'lru_cache', 'map'],
    },
  ];
}

/** Memory in which all items of a case just fit, in bytes, whole MiB. */
export function memoryBytesOf({ items, valueLength }: BenchCase): number {
  const bytes = items * (keyLength + valueLength + overheadBytesMax);
  return Math.max(memoryBytesMin, Math.ceil(bytes / mib) * mib);
}
