/**
 * Segcache (Yang, Yue and Vinayak, NSDI'21), off the JavaScript heap: items of near-equal TTL are appended to
 * segments, found through a table of cache-line buckets, and reclaimed by whole segments.
 *
 * Goals: few bytes per item beside its own; memory of expired items free at once; exact expiry; no work for
 * the garbage collector; evictions that look at use. Non-goals: concurrency (one engine per thread),
 * persistence, iteration in order.
 *
 * Vocabulary: *segment* a piece of memory that items are appended to; *tail* the open segment of a TTL bucket;
 * *pool* small, main or pinned (eviction); *address* where a record is; *tag* hash bits kept in the table;
 * *jumbo* an item that lies in blocks; *pinned* not evictable.
 *
 * Unlike the paper: an item carries its own expiry and is exact to the millisecond; eviction is S3-FIFO by
 * segment rather than merging; the table grows; jumbo items; equal-sized overwrites happen in place.
 */
import { copyBytes, equalBytes } from './copy-bytes.ts';
import type { EvictionPolicy } from './eviction/eviction-policy.ts';
import { newEvictionPolicy } from './eviction/new-eviction-policy.ts';
import { HashTable } from './hash-table/hash-table.ts';
import { KeyHash, loadKeyWords } from './hash-table/key-hash.ts';
import { checkIntegrity, forEachRecord } from './integrity.ts';
import * as record from './item/item.ts';
import { ItemWriter } from './item/item-writer.ts';
import { Items, noItem } from './item/items.ts';
import { Kinds } from './item/kinds.ts';
import { noBlock } from './jumbo/blocks.ts';
import { RunCursor } from './jumbo/run-cursor.ts';
import { Namespaces, noNamespace } from './namespaces/namespaces.ts';
import { engineLimits, type Geometry, geometryOf, type SegcacheOptions } from './options.ts';
import { Maintenance } from './reclaim/maintenance.ts';
import { MemoryShares } from './reclaim/memory-shares.ts';
import { Reclaimer } from './reclaim/reclaimer.ts';
import { SegmentEmptier } from './reclaim/segment-emptier.ts';
import { Sweeper } from './reclaim/sweeper.ts';
import { Scan } from './scan.ts';
import { commonOwner } from './segments/pools.ts';
import { holdsRecords, Segments } from './segments/segments.ts';
import { slabMask, slabShift } from './segments/slabs.ts';
import type {
  EngineStatistics,
  FoundItem,
  NamespacePolicy,
  NamespaceStatistics,
  PutOutcome,
  ScannedItem,
  StorageEngine,
  VisitedItem,
} from './storage-engine.ts';
import { Tails } from './ttl-buckets/tails.ts';

/** A Segcache's counts, with those that other engines do not have. */
export interface SegcacheStatistics extends EngineStatistics {
  /** Bytes of the segments that are pages of the hash table. */
  tableBytes: number;
  /** Bytes of ghost fingerprints. */
  ghostBytes: number;
}

export interface SegcacheEngine extends StorageEngine {
  statistics(): SegcacheStatistics;
}

/**
 * Makes an empty engine. Fractions of a millisecond in expiry times are dropped.
 * Throws a RangeError for memory or a segment size out of bounds (`engineLimits`).
 */
export function createSegcache(options: SegcacheOptions): SegcacheEngine {
  return new Segcache(options);
}

class Segcache implements SegcacheEngine {
  readonly found: FoundItem = { valueLength: 0, flags: 0, sequence: 0, expiresAtMs: 0 };

  readonly #geometry: Geometry;
  readonly #segments: Segments;
  readonly #table: HashTable;
  readonly #namespaces = new Namespaces();
  readonly #hash: KeyHash;
  readonly #items: Items;
  readonly #policy: EvictionPolicy;
  readonly #shares: MemoryShares;
  readonly #sweeper: Sweeper;
  readonly #reclaimer: Reclaimer;
  readonly #maintenance: Maintenance;
  readonly #writer: ItemWriter;
  readonly #cursor: RunCursor;
  readonly #scan: Scan;
  readonly #keyWords = new Int32Array(engineLimits.keySizeBytesMax / 4 + 1);
  readonly #kinds = new Kinds();
  #foundAddress = noItem;
  /** Where its value begins, in bytes after the record's start; and its first block if it is a jumbo. */
  #foundValueAt = 0;
  #foundBlock = noBlock;

  constructor(options: SegcacheOptions) {
    const geometry = geometryOf(options);
    this.#geometry = geometry;
    this.#segments = new Segments(geometry);
    this.#table = new HashTable(this.#segments, this.#kinds);
    this.#hash = new KeyHash(options.hashSeed ?? randomSeed());
    const items = new Items(this.#segments, this.#table, this.#namespaces, this.#hash, this.#kinds);
    this.#items = items;
    const tails = new Tails(this.#segments, geometry.openSegmentsFew, geometry.openSegmentsMax);
    const policy = newEvictionPolicy(options.eviction ?? 's3-fifo', geometry, options.evictionSeed ?? randomSeed());
    this.#policy = policy;
    this.#shares = new MemoryShares(items, geometry);
    this.#sweeper = new Sweeper(items);
    const emptier = new SegmentEmptier(items, tails, policy, this.#shares);
    this.#reclaimer = new Reclaimer(items, policy, this.#shares, emptier, this.#sweeper);
    this.#maintenance = new Maintenance(items, this.#reclaimer, this.#sweeper);
    this.#cursor = new RunCursor(this.#segments.blocks, this.#segments.slabs);
    this.#scan = new Scan(items);
    this.#writer = new ItemWriter(items, tails, policy, this.#reclaimer, geometry, this.#cursor);
  }

  /** Points the table's slot and the hash at the live item of this key; an expired one is unlinked. */
  #seek(index: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number): boolean {
    loadKeyWords(this.#keyWords, key, keyStart, keyLength);
    const hash = this.#hash;
    hash.compute(this.#keyWords, 0, keyLength, index);
    if (!this.#table.find(hash.low, hash.tag, index, this.#keyWords, keyLength)) return false;
    if (nowMs < this.#items.expiryMsAt(this.#table.location)) return true;
    this.#items.expire(hash.low, hash.tag, nowMs);
    return false;
  }

  find(
    namespace: number,
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    nowMs: number,
    touch: boolean,
  ): boolean {
    const index = this.#namespaces.find(namespace);
    if (index === noNamespace || keyLength > engineLimits.keySizeBytesMax) return false;
    loadKeyWords(this.#keyWords, key, keyStart, keyLength);
    const hash = this.#hash;
    hash.compute(this.#keyWords, 0, keyLength, index);
    const table = this.#table;
    if (!table.find(hash.low, hash.tag, index, this.#keyWords, keyLength)) return false;
    const address = table.location;
    const segments = this.#segments;
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const segment = segments.of(address);
    const found = this.found;
    const expiresAtMs = segments.baseMs[segment]! + record.itemExpiry(words, at);
    if (expiresAtMs <= nowMs) {
      this.#items.expire(hash.low, hash.tag, nowMs);
      return false;
    }
    if (touch) this.#policy.touch(table, nowMs);
    found.expiresAtMs = expiresAtMs;
    this.#foundValueAt = record.readItem(this.#kinds, words, at, found);
    this.#foundAddress = address;
    this.#foundBlock = segment < segments.total ? noBlock : segments.headOf(segment);
    return true;
  }

  scan(cursor: number, units: number, nowMs: number, visit: (item: ScannedItem) => void): number {
    return this.#scan.visit(cursor, units, nowMs, (item, address) => {
      const segment = this.#segments.of(address);
      const words = this.#segments.slabs.words[address >>> slabShift]!;
      this.found.expiresAtMs = this.#items.expiryMsAt(address);
      this.#foundValueAt = record.readItem(this.#kinds, words, address & slabMask, this.found);
      this.#foundAddress = address;
      this.#foundBlock = segment < this.#segments.total ? noBlock : this.#segments.headOf(segment);
      visit(item);
    });
  }

  sweep(cursor: number, units: number, nowMs: number, isLitter: (item: ScannedItem) => boolean): number {
    return this.#scan.sweep(cursor, units, nowMs, isLitter);
  }

  copyFound(valueStart: number, length: number, target: Uint8Array, targetStart: number): void {
    const from = this.#foundValueAt + valueStart;
    if (this.#foundBlock !== noBlock) {
      this.#cursor.seek(this.#foundBlock, from);
      this.#cursor.read(length, target, targetStart);
      return;
    }
    const address = this.#foundAddress;
    const bytes = this.#segments.slabs.bytes[address >>> slabShift]!;
    copyBytes(bytes, (address & slabMask) * 4 + from, target, targetStart, length);
  }

  foundEquals(valueStart: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.found.valueLength - valueStart !== length) return false;
    const from = this.#foundValueAt + valueStart;
    if (this.#foundBlock !== noBlock) {
      this.#cursor.seek(this.#foundBlock, from);
      return this.#cursor.equals(bytes, start, length);
    }
    const address = this.#foundAddress;
    const mine = this.#segments.slabs.bytes[address >>> slabShift]!;
    return equalBytes(mine, (address & slabMask) * 4 + from, bytes, start, length);
  }

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
  ): PutOutcome {
    if (keyLength > engineLimits.keySizeBytesMax || valueLength > engineLimits.valueSizeBytesMax) return 'too_large';
    const expiryMs = wholeExpiry(expiresAtMs, nowMs);
    const index = this.#namespaces.ensure(namespace);
    const exists = this.#seek(index, key, keyStart, keyLength, nowMs);
    if (expiryMs <= nowMs) {
      if (exists) this.#items.unlink(this.#hash.low, this.#hash.tag);
      return 'stored';
    }
    return this.#writer.put(
      index,
      this.#keyWords,
      keyLength,
      value,
      valueStart,
      valueLength,
      flags,
      sequence,
      expiryMs,
      nowMs,
      exists,
    );
  }

  setExpiry(
    namespace: number,
    key: Uint8Array,
    keyStart: number,
    keyLength: number,
    sequence: number,
    expiresAtMs: number,
    nowMs: number,
  ): PutOutcome | 'absent' {
    const expiryMs = wholeExpiry(expiresAtMs, nowMs);
    const index = this.#namespaces.find(namespace);
    if (index === noNamespace || keyLength > engineLimits.keySizeBytesMax) return 'absent';
    if (!this.#seek(index, key, keyStart, keyLength, nowMs)) return 'absent';
    if (expiryMs > nowMs) {
      const address = this.#table.location;
      const words = this.#segments.slabs.words[address >>> slabShift]!;
      if (record.itemTakesSequence(words, address & slabMask, sequence)) {
        return this.#writer.setExpiry(sequence, expiryMs, nowMs);
      }
      return this.#writer.rewrite(this.#keyWords, sequence, expiryMs, nowMs);
    }
    this.#items.unlink(this.#hash.low, this.#hash.tag);
    return 'stored';
  }

  remove(namespace: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number): boolean {
    const index = this.#namespaces.find(namespace);
    if (index === noNamespace || keyLength > engineLimits.keySizeBytesMax) return false;
    if (!this.#seek(index, key, keyStart, keyLength, nowMs)) return false;
    this.#items.unlink(this.#hash.low, this.#hash.tag);
    return true;
  }

  declareNamespace(namespace: number, policy: NamespacePolicy): void {
    const index = this.#namespaces.ensure(namespace);
    this.#setShare(index, policy.share);
    if (this.#namespaces.isPinned(index) !== policy.evictable) return;
    this.#namespaces.setPinned(index, !policy.evictable);
    if (this.#namespaces.items[index]! > 0) this.#reclaimer.repool(index);
  }

  pinnedFill(namespace: number): number {
    const index = this.#namespaces.ensure(namespace);
    return this.#namespaces.pinnedBytes / Math.max(1, this.#shares.pinnedBytesMax(index));
  }

  #setShare(index: number, share: number): void {
    const left = this.#shares.set(index, share);
    if (left !== commonOwner) this.#reclaimer.releaseOwner(left);
  }

  dropNamespace(namespace: number): void {
    const index = this.#namespaces.find(namespace);
    if (index === noNamespace) return;
    this.#setShare(index, 0);
    if (this.#namespaces.isPinned(index)) {
      this.#namespaces.setPinned(index, false);
      this.#reclaimer.repool(index);
    }
    this.#namespaces.drop(namespace);
  }

  maintain(nowMs: number): boolean {
    return this.#maintenance.run(nowMs);
  }

  forEach(nowMs: number, visit: (item: VisitedItem) => void): void {
    const { state, ids } = this.#segments;
    for (let segment = 0; segment < ids; segment++) {
      if (!holdsRecords(state[segment]!)) continue;
      forEachRecord(this.#items, segment, (address, words, at) => {
        if (record.itemIsDead(words, at) || this.#items.expiryMsAt(address) <= nowMs) return;
        if (this.#namespaces.isDropped(record.itemNamespaceIndex(this.#kinds, words, at))) return;
        visit(this.#visited(address, words, at));
      });
    }
  }

  #visited(address: number, words: Int32Array, at: number): VisitedItem {
    const segments = this.#segments;
    const segment = segments.of(address);
    const keyLength = record.itemKeyLength(words, at);
    const valueLength = record.itemValueLength(words, at);
    const valueAt = record.itemValueOffset(words, at);
    const bytes = segments.slabs.bytes[address >>> slabShift]!;
    return {
      namespace: this.#namespaces.id[record.itemNamespaceIndex(this.#kinds, words, at)]!,
      key: bytes.slice(at * 4 + valueAt - keyLength, at * 4 + valueAt),
      valueLength,
      flags: record.itemFlags(this.#kinds, words, at),
      sequence: record.itemSequence(words, at),
      expiresAtMs: this.#items.expiryMsAt(address),
      value: () => {
        if (!segments.isJumbo(segment)) return bytes.slice(at * 4 + valueAt, at * 4 + valueAt + valueLength);
        const value = new Uint8Array(valueLength);
        this.#cursor.seek(segments.headOf(segment), valueAt);
        this.#cursor.read(valueLength, value, 0);
        return value;
      },
    };
  }

  statistics(): SegcacheStatistics {
    const segments = this.#segments;
    const { droppedItems, droppedBytes } = this.#namespaces;
    const liveBytes = this.#items.liveBytes - droppedBytes;
    const inUse = segments.total - segments.free - segments.tablePages;
    return {
      memoryBytes: this.#geometry.memoryBytes,
      liveBytes,
      deadBytes: inUse * segments.sizeBytes - liveBytes,
      freeBytes: segments.free * segments.sizeBytes,
      items: this.#table.items - droppedItems,
      evictions: this.#items.evictions,
      expirations: this.#items.expirations,
      segmentsTotal: segments.total,
      segmentsFree: segments.free,
      segmentsExpired: this.#sweeper.segmentsExpired,
      segmentsEvicted: this.#reclaimer.segmentsEvicted,
      itemsMoved: this.#items.moved,
      tableLoad: this.#table.load,
      tableBytes: segments.tablePages * segments.sizeBytes,
      ghostBytes: this.#geometry.ghostEntries * 4,
    };
  }

  namespaceStatistics(namespace: number): NamespaceStatistics {
    const index = this.#namespaces.find(namespace);
    if (index === noNamespace) return { items: 0, bytes: 0, evictions: 0, expirations: 0, earlyExpirations: 0 };
    const { items, bytes, evictions, expirations, earlyExpirations } = this.#namespaces;
    return {
      items: items[index]!,
      bytes: bytes[index]!,
      evictions: evictions[index]!,
      expirations: expirations[index]!,
      earlyExpirations: earlyExpirations[index]!,
    };
  }

  checkIntegrity(): void {
    checkIntegrity(this.#items);
  }
}

/** Whole ms, rounded down. Throws a RangeError for a time to live above `ttlMsMax`, which is a bug of the caller. */
function wholeExpiry(expiresAtMs: number, nowMs: number): number {
  if (!(expiresAtMs - nowMs <= engineLimits.ttlMsMax)) {
    throw new RangeError(`a time to live is at most ${engineLimits.ttlMsMax} ms`);
  }
  return Math.floor(expiresAtMs);
}

function randomSeed(): number {
  const words = crypto.getRandomValues(new Uint32Array(2));
  return words[0]! * 2 ** 21 + (words[1]! >>> 11);
}
