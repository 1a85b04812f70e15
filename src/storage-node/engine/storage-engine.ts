/**
 * The storage engine of a node: scalars as bytes, with expiry, eviction and accounting, in one thread and
 * without I/O. It knows no slots, no conditions and no text: `operations` builds those on top of it.
 *
 * Vocabulary: a *namespace* is one generation of one cache (unsigned 32 bit); an item's identity is
 * namespace and key bytes. Times are milliseconds of the caller's monotonic clock, never decreasing from
 * call to call.
 *
 * Every method is synchronous, and none allocates on the paths of `find`, `copyFound` and `put`.
 */
export interface StorageEngine {
  /** The item of the last successful `find`; valid until the next call of any other method than `copyFound` and `foundEquals`. */
  readonly found: FoundItem;

  /**
   * Looks up a live item and points `found` at it. `touch` counts it as a use for eviction.
   * An item is live while `nowMs < expiresAtMs`, to the millisecond.
   */
  find(namespace: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number, touch: boolean): boolean;

  /** Copies `length` bytes of the found item's value, from `valueStart` on, into `target`. */
  copyFound(valueStart: number, length: number, target: Uint8Array, targetStart: number): void;

  /** Whether the found item's value from `valueStart` on equals the given bytes, in length too. */
  foundEquals(valueStart: number, bytes: Uint8Array, start: number, length: number): boolean;

  /**
   * Stores an item, over any older one of the same identity. All or nothing: after any outcome but
   * `stored` the older item is still there, unchanged.
   * `flags`: unsigned 16 bit, the caller's. `sequence`: an integer below 2^48, the caller's.
   */
  put(
    namespace: number,
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    value: Uint8Array,
    valueStart: number,
    valueLength: number,
    flags: number,
    sequence: number,
    expiresAtMs: number,
    nowMs: number,
  ): PutOutcome;

  /** Gives a live item another expiry and sequence, keeping value and flags. `absent` when there is none. */
  setExpiry(
    namespace: number,
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    sequence: number,
    expiresAtMs: number,
    nowMs: number,
  ): PutOutcome | 'absent';

  /** Removes an item; whether a live one was there. */
  remove(namespace: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number): boolean;

  /**
   * Declares a namespace and how it is treated; a namespace never declared evicts. One that stops to evict keeps of
   * its items what such namespaces may hold; more than that stays evictable.
   */
  declareNamespace(namespace: number, policy: NamespacePolicy): void;

  /**
   * How full the memory is that a namespace without eviction may take, with the items of all such namespaces: 0 to 1,
   * a little more where others were given a share since. In a time that does not depend on its items.
   */
  pinnedFill(namespace: number): number;

  /**
   * Forgets a whole namespace at once, in a time that does not depend on its items; its bytes become free memory by
   * and by through `maintain` and eviction.
   */
  dropNamespace(namespace: number): void;

  /**
   * Does a bounded piece of background work: frees expired segments, sweeps dropped namespaces, compacts.
   * Returns whether more is waiting. At most about a millisecond a call.
   */
  maintain(nowMs: number): boolean;

  /** Visits every live item once, in no order; `visit` must not change the engine. For copies and checks, not for the hot path. */
  forEach(nowMs: number, visit: (item: VisitedItem) => void): void;

  /**
   * A pass over all items in steps, between which the engine may change: begins at cursor 0 and goes on from the
   * cursor that the last step returned, which grows until 0 says that the pass is complete. An item that is there from
   * the beginning to the end is visited at least once, in its form of that moment; some are visited twice. A pass may
   * begin at any cursor: it is complete when it has come round to it. Expired items are left out.
   *
   * During a visit `found` is the item, and the visit may call `copyFound` and `foundEquals`, nothing else.
   * `units` bounds the work of one step: an item, or the empty place of some, is one.
   */
  scan(cursor: number, units: number, nowMs: number, visit: (item: ScannedItem) => void): number;

  /** As `scan`, but removes the items for which `isLitter` is true; that one must not use `found`. */
  sweep(cursor: number, units: number, nowMs: number, isLitter: (item: ScannedItem) => boolean): number;

  statistics(): EngineStatistics;

  /** Counts of one namespace; zeros when nothing is known of it. */
  namespaceStatistics(namespace: number): NamespaceStatistics;

  /** Walks everything and throws on the first broken invariant. For tests. */
  checkIntegrity(): void;
}

/** The item that `find` met. Fields are overwritten by the next `find`. */
export interface FoundItem {
  valueLength: number;
  flags: number;
  sequence: number;
  expiresAtMs: number;
}

export interface VisitedItem extends FoundItem {
  namespace: number;
  key: Uint8Array;
  /** Copies out the value. */
  value(): Uint8Array;
}

/** An item that a scan meets. One object for all; its key lies in memory of the engine, readable during the visit. */
export interface ScannedItem {
  namespace: number;
  keyBytes: Uint8Array;
  keyStart: number;
  keyLength: number;
  sequence: number;
}

/** `full`: no room, and nothing may be evicted for it. `too_large`: can never fit this engine. */
export type PutOutcome = 'stored' | 'full' | 'too_large';

export interface NamespacePolicy {
  /** Whether memory pressure may drop live items of this namespace. */
  readonly evictable: boolean;
  /**
   * Part of the engine's memory, 0 … 1, that no other namespace can push this one below; 0 for none. The sum over
   * all namespaces is to be at most `limits.memoryShareSumMax`, and their number at most `cachesWithShareMax`.
   */
  readonly share: number;
}

export interface NamespaceStatistics {
  items: number;
  /** Bytes of the items, headers and padding included. */
  bytes: number;
  evictions: number;
  expirations: number;
  /** Expirations before their time, which are defects. */
  earlyExpirations: number;
}

export interface EngineStatistics {
  /** Memory the engine may use for items and table, in bytes. */
  memoryBytes: number;
  /** Bytes of live items, headers and padding included. */
  liveBytes: number;
  /** Bytes of dead items and unused tails in segments that are in use. */
  deadBytes: number;
  /** Bytes of segments that are not in use. */
  freeBytes: number;
  items: number;
  evictions: number;
  expirations: number;
  segmentsTotal: number;
  segmentsFree: number;
  segmentsExpired: number;
  segmentsEvicted: number;
  /** Items copied to survive the eviction of their segment. */
  itemsMoved: number;
  /** Items per slot of the hash table, 0 … 1. */
  tableLoad: number;
}
