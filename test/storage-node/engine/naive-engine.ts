/**
 * The storage engine as plainly as it can be said: a Map with expiry times, and a memory limit on the bytes of
 * the items. The model for the fuzzer, and the proof that the conformance suite asks for nothing peculiar.
 */
import { murmur3 } from '../../../src/shared/hash.ts';
import type {
  EngineStatistics,
  FoundItem,
  NamespacePolicy,
  NamespaceStatistics,
  PutOutcome,
  ScannedItem,
  StorageEngine,
  VisitedItem,
} from '../../../src/storage-node/engine/storage-engine.ts';

interface Item extends FoundItem {
  namespace: number;
  key: Uint8Array;
  bytes: Uint8Array;
}

interface Counts {
  evictable: boolean;
  evictions: number;
  expirations: number;
}

const keySizeBytesMax = 2_048;
const valueSizeBytesMax = 5 * 1024 * 1024 + 64 * 1024;
const headerBytes = 20;

export class NaiveEngine implements StorageEngine {
  found: FoundItem = { valueLength: 0, flags: 0, sequence: 0, expiresAtMs: 0 };
  readonly #memoryBytes: number;
  /** Oldest first. */
  readonly #items = new Map<string, Item>();
  readonly #namespaces = new Map<number, Counts>();
  #foundBytes = new Uint8Array(0);
  #usedBytes = 0;
  #evictions = 0;
  #expirations = 0;

  constructor(options: { memoryBytes: number }) {
    this.#memoryBytes = options.memoryBytes;
  }

  #counts(namespace: number): Counts {
    let counts = this.#namespaces.get(namespace);
    if (!counts) {
      counts = { evictable: true, evictions: 0, expirations: 0 };
      this.#namespaces.set(namespace, counts);
    }
    return counts;
  }

  #delete(id: string, item: Item): void {
    this.#items.delete(id);
    this.#usedBytes -= sizeOf(item);
  }

  #live(id: string, nowMs: number): Item | undefined {
    const item = this.#items.get(id);
    if (item === undefined || nowMs < item.expiresAtMs) return item;
    this.#delete(id, item);
    this.#counts(item.namespace).expirations++;
    this.#expirations++;
    return undefined;
  }

  find(namespace: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number): boolean {
    const item = this.#live(idOf(namespace, key, keyStart, keyLength), nowMs);
    if (item === undefined) return false;
    const { valueLength, flags, sequence, expiresAtMs } = item;
    this.found = { valueLength, flags, sequence, expiresAtMs };
    this.#foundBytes = item.bytes as Uint8Array<ArrayBuffer>;
    return true;
  }

  copyFound(valueStart: number, length: number, target: Uint8Array, targetStart: number): void {
    target.set(this.#foundBytes.subarray(valueStart, valueStart + length), targetStart);
  }

  foundEquals(valueStart: number, bytes: Uint8Array, start: number, length: number): boolean {
    const mine = this.#foundBytes.subarray(valueStart);
    return mine.length === length && mine.every((byte, i) => byte === bytes[start + i]);
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
    if (keyLength > keySizeBytesMax || valueLength > valueSizeBytesMax) return 'too_large';
    const id = idOf(namespace, key, keyStart, keyLength);
    const item = {
      namespace,
      key: key.slice(keyStart, keyStart + keyLength),
      bytes: value.slice(valueStart, valueStart + valueLength),
      valueLength,
      flags,
      sequence,
      expiresAtMs: Math.floor(expiresAtMs),
    };
    const old = this.#live(id, nowMs);
    this.#counts(namespace);
    if (item.expiresAtMs > nowMs) {
      const room = this.#memoryBytes - sizeOf(item) + (old ? sizeOf(old) : 0);
      if (this.#usedBytes > room && !this.#shrinkTo(room, id, nowMs)) return 'full';
    }
    if (old) this.#delete(id, old);
    if (item.expiresAtMs > nowMs) {
      this.#items.set(id, item);
      this.#usedBytes += sizeOf(item);
    }
    return 'stored';
  }

  #shrinkTo(bytes: number, exceptId: string, nowMs: number): boolean {
    for (const [id, item] of this.#items) {
      if (this.#usedBytes <= bytes) return true;
      if (this.#live(id, nowMs) === undefined || id === exceptId) continue;
      const counts = this.#counts(item.namespace);
      if (!counts.evictable) continue;
      this.#delete(id, item);
      counts.evictions++;
      this.#evictions++;
    }
    return this.#usedBytes <= bytes;
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
    const id = idOf(namespace, key, keyStart, keyLength);
    const item = this.#live(id, nowMs);
    if (item === undefined) return 'absent';
    item.sequence = sequence;
    item.expiresAtMs = Math.floor(expiresAtMs);
    if (item.expiresAtMs <= nowMs) this.#delete(id, item);
    return 'stored';
  }

  remove(namespace: number, key: Uint8Array, keyStart: number, keyLength: number, nowMs: number): boolean {
    const id = idOf(namespace, key, keyStart, keyLength);
    const item = this.#live(id, nowMs);
    if (item !== undefined) this.#delete(id, item);
    return item !== undefined;
  }

  declareNamespace(namespace: number, policy: NamespacePolicy): void {
    this.#counts(namespace).evictable = policy.evictable;
  }

  dropNamespace(namespace: number): void {
    this.#namespaces.delete(namespace);
    for (const [id, item] of this.#items) if (item.namespace === namespace) this.#delete(id, item);
  }

  maintain(nowMs: number): boolean {
    for (const id of [...this.#items.keys()]) this.#live(id, nowMs);
    return false;
  }

  forEach(nowMs: number, visit: (item: VisitedItem) => void): void {
    for (const item of this.#items.values()) {
      if (nowMs < item.expiresAtMs) visit({ ...item, value: () => item.bytes.slice() });
    }
  }

  scan(cursor: number, units: number, nowMs: number, visit: (item: ScannedItem) => void): number {
    return this.#inSteps(cursor, units, nowMs, (_id, item) => {
      const { valueLength, flags, sequence, expiresAtMs } = item;
      this.found = { valueLength, flags, sequence, expiresAtMs };
      this.#foundBytes = item.bytes as Uint8Array<ArrayBuffer>;
      visit(scanned(item));
    });
  }

  sweep(cursor: number, units: number, nowMs: number, isLitter: (item: ScannedItem) => boolean): number {
    return this.#inSteps(cursor, units, nowMs, (id, item) => {
      if (isLitter(scanned(item))) this.#delete(id, item);
    });
  }

  /** In the order of the ids' hashes, those of one hash together. */
  #inSteps(cursor: number, units: number, nowMs: number, visit: (id: string, item: Item) => void): number {
    const ahead = [...this.#items]
      .map(([id, item]) => ({ id, item, position: positionOf(id) }))
      .filter(({ position }) => position >= cursor)
      .sort((a, b) => a.position - b.position);
    let left = units;
    let last = -1;
    for (const { id, item, position } of ahead) {
      if (left <= 0 && position !== last) return position;
      last = position;
      left--;
      if (nowMs < item.expiresAtMs) visit(id, item);
    }
    return 0;
  }

  pinnedFill(): number {
    return this.#usedBytes / this.#memoryBytes;
  }

  statistics(): EngineStatistics {
    return {
      memoryBytes: this.#memoryBytes,
      liveBytes: this.#usedBytes,
      deadBytes: 0,
      freeBytes: this.#memoryBytes - this.#usedBytes,
      items: this.#items.size,
      evictions: this.#evictions,
      expirations: this.#expirations,
      segmentsTotal: 0,
      segmentsFree: 0,
      segmentsExpired: 0,
      segmentsEvicted: 0,
      itemsMoved: 0,
      tableLoad: 0,
    };
  }

  namespaceStatistics(namespace: number): NamespaceStatistics {
    const counts = this.#namespaces.get(namespace);
    const mine = [...this.#items.values()].filter((item) => item.namespace === namespace);
    return {
      items: mine.length,
      bytes: mine.reduce((sum, item) => sum + sizeOf(item), 0),
      evictions: counts?.evictions ?? 0,
      expirations: counts?.expirations ?? 0,
      earlyExpirations: 0,
    };
  }

  checkIntegrity(): void {
    let bytes = 0;
    for (const item of this.#items.values()) bytes += sizeOf(item);
    if (bytes !== this.#usedBytes || bytes > this.#memoryBytes) throw new Error('bytes do not add up');
  }
}

function sizeOf(item: Item): number {
  return headerBytes + item.key.length + item.bytes.length;
}

function idOf(namespace: number, key: Uint8Array, start: number, length: number): string {
  return `${namespace}:${Buffer.from(key.buffer, key.byteOffset + start, length).toString('latin1')}`;
}

function positionOf(id: string): number {
  const bytes = Buffer.from(id, 'latin1');
  return murmur3(bytes, 0, bytes.length, 0);
}

function scanned({ namespace, key, sequence }: Item): ScannedItem {
  return { namespace, keyBytes: key, keyStart: 0, keyLength: key.length, sequence };
}
