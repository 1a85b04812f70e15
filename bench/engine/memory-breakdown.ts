/** Where the memory of a full engine is, for each item. */

/** What an engine counts of its memory, in bytes, and its items. */
export interface EngineMemory {
  readonly memoryBytes: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
  readonly freeBytes: number;
  readonly tableBytes: number;
  readonly ghostBytes: number;
  readonly items: number;
  readonly evictions: number;
  readonly tableLoad: number;
  /** Key and value of one item. */
  readonly itemBytes: number;
}

/** Bytes for each item that are neither key nor value. */
export interface Overhead {
  /** Header of its record, and padding. */
  readonly record: number;
  readonly table: number;
  readonly ghost: number;
  /** Dead records, and the ends of segments that nothing fitted into. */
  readonly dead: number;
  /** Headers of segments, tails of TTL buckets, and what is left over when memory is cut into segments. */
  readonly headers: number;
  /** All of it: `(memory − free) / items − key − value`. */
  readonly total: number;
}

export function overheadOf(memory: EngineMemory): Overhead {
  const { items, itemBytes, memoryBytes, liveBytes, deadBytes, freeBytes, tableBytes, ghostBytes } = memory;
  return {
    record: liveBytes / items - itemBytes,
    table: tableBytes / items,
    ghost: ghostBytes / items,
    dead: deadBytes / items,
    headers: (memoryBytes - liveBytes - deadBytes - freeBytes - tableBytes - ghostBytes) / items,
    total: (memoryBytes - freeBytes) / items - itemBytes,
  };
}
