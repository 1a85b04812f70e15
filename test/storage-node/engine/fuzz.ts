/**
 * A stream of random operations, run on Segcache and on the naive engine, which must agree. Everything is drawn
 * from the seed, the clock too.
 *
 * The naive engine has memory without end, so the one difference allowed is a miss of an evictable item, and
 * no more of those than Segcache has counted evictions; with ample memory none.
 */
import { createSegcache, type SegcacheEngine } from '../../../src/storage-node/engine/segcache.ts';
import { patternBytes } from './driver.ts';
import { NaiveEngine } from './naive-engine.ts';

export interface FuzzOptions {
  seed: number;
  operations: number;
  memoryBytes: number;
  segmentSizeBytes?: number;
  eviction?: 's3-fifo' | 'fifo';
  /** Keys per namespace. */
  keys: number;
  /** Most values are shorter than this; one in `jumboEvery` puts has up to the limit. */
  valueBytesMax: number;
  jumboEvery: number;
  /** TTLs of minutes to a month only, so that items pile up and the table grows. */
  longTtls?: boolean;
  /** Whether memory suffices for everything, so that nothing may be evicted or refused. */
  ample: boolean;
  /** Operations between two calls of `checkIntegrity`. */
  checkEvery: number;
}

/** Namespaces 1-3 evict, 4 does not, 5 changes its mind. */
const namespaceCount = 5;
const pinned = 4;
const fickle = 5;
const pattern = patternBytes(6 * 1024 * 1024, 42);
const ttlsMs = [1, 40, 700, 3_000, 9_000, 60_000, 1_000_000, 86_400_000, 2_592_000_000];
const longTtlsMs = [1_000_000, 86_400_000, 2_592_000_000];

export interface FuzzResult {
  stored: number;
  full: number;
  misses: number;
  evictions: number;
}

/** Runs the operations; throws an Error that names seed and operation at the first disagreement. */
export function fuzzEngine(options: FuzzOptions): FuzzResult {
  const run = new FuzzRun(options);
  for (let i = 0; i < options.operations; i++) {
    try {
      run.step(i);
    } catch (error) {
      throw new Error(`seed ${options.seed}, operation ${i}: ${(error as Error).message}`, { cause: error });
    }
  }
  run.finish();
  return run.result();
}

class FuzzRun {
  readonly #options: FuzzOptions;
  readonly #engine: SegcacheEngine;
  readonly #model = new NaiveEngine({ memoryBytes: Number.MAX_SAFE_INTEGER });
  readonly #key = new Uint8Array(64);
  readonly #mine = new Uint8Array(6 * 1024 * 1024);
  readonly #theirs = new Uint8Array(6 * 1024 * 1024);
  #state: number;
  #nowMs = 1_000;
  #fickleEvicts = true;
  #stored = 0;
  #full = 0;
  #misses = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#state = Math.imul(options.seed, 0x9e3779b1) ^ 0x5bd1e995 || 1;
    const { memoryBytes, segmentSizeBytes, eviction, seed } = options;
    this.#engine = createSegcache({
      memoryBytes,
      hashSeed: seed,
      ...(segmentSizeBytes ? { segmentSizeBytes } : {}),
      ...(eviction ? { eviction } : {}),
    });
    this.#engine.declareNamespace(pinned, { evictable: false });
  }

  #below(bound: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % bound;
  }

  /** Writes a key and returns its length. Low numbers are drawn more often. */
  #drawKey(): number {
    const { keys } = this.#options;
    const number = Math.min(this.#below(keys), this.#below(keys));
    const text = number % 7 === 0 ? `${number}` : `key:${number}:${'x'.repeat(number % 40)}`;
    return new TextEncoder().encodeInto(text, this.#key).written;
  }

  step(index: number): void {
    const dice = this.#below(1_000);
    const namespace = 1 + this.#below(namespaceCount);
    if (dice < 400) this.#put(namespace, this.#drawKey());
    else if (dice < 780) this.#compare(namespace, this.#drawKey());
    else if (dice < 850) this.#remove(namespace, this.#drawKey());
    else if (dice < 920) this.#setExpiry(namespace, this.#drawKey());
    else if (dice < 960) this.#engine.maintain(this.#nowMs);
    else if (dice < 995) this.#nowMs += this.#below(20) === 0 ? this.#below(5_000) : this.#below(100) / 2;
    else if (dice < 998) this.#flip();
    else if (this.#below(8) === 0) this.#drop(namespace);
    else if (this.#below(60) === 0) this.#nowMs += this.#below(90_000_000);
    if (index % this.#options.checkEvery === 0) this.#engine.checkIntegrity();
  }

  #drawLength(): number {
    const { jumboEvery, valueBytesMax } = this.#options;
    if (jumboEvery > 0 && this.#below(jumboEvery) === 0) return this.#below(5 * 1024 * 1024);
    return this.#below(3) === 0 ? this.#below(64) : this.#below(valueBytesMax);
  }

  #drawExpiry(): number {
    const choices = this.#options.longTtls ? longTtlsMs : ttlsMs;
    return Math.floor(this.#nowMs) + 1 + this.#below(choices[this.#below(choices.length)]!);
  }

  #put(namespace: number, keyLength: number): void {
    const length = this.#drawLength();
    const start = this.#below(pattern.length - length);
    const flags = this.#below(65_536);
    const sequence = this.#below(65_536) * 2 ** 32 + this.#below(2 ** 31) * 2;
    const expiresAtMs = this.#drawExpiry();
    const rest = [this.#key, 0, keyLength, pattern, start, length, flags, sequence, expiresAtMs, this.#nowMs] as const;
    const outcome = this.#engine.put(namespace, ...rest);
    if (outcome === 'stored') {
      this.#stored++;
      this.#model.put(namespace, ...rest);
      return;
    }
    this.#full++;
    if (outcome !== 'full' || this.#options.ample) throw new Error(`put of ${length} bytes is ${outcome}`);
    this.#compare(namespace, keyLength, true);
  }

  #mayEvict(namespace: number): boolean {
    return !this.#options.ample && namespace !== pinned && (namespace !== fickle || this.#fickleEvicts);
  }

  /** Holds the two engines' items against each other. `keep`: a live one must not have gone just now. */
  #compare(namespace: number, keyLength: number, keep = false): boolean {
    const nowMs = this.#nowMs;
    const expected = this.#model.find(namespace, this.#key, 0, keyLength, nowMs);
    const has = this.#engine.find(namespace, this.#key, 0, keyLength, nowMs, !keep && this.#below(2) === 0);
    if (!expected && has) throw new Error('found an item that is gone');
    if (expected && !has) {
      this.#miss(namespace, keyLength);
      return false;
    }
    if (!has) return false;
    const { found } = this.#engine;
    for (const field of ['valueLength', 'flags', 'sequence', 'expiresAtMs'] as const) {
      if (found[field] === this.#model.found[field]) continue;
      throw new Error(`${field} is ${found[field]}, not ${this.#model.found[field]}`);
    }
    const length = found.valueLength;
    this.#engine.copyFound(0, length, this.#mine, 0);
    this.#model.copyFound(0, length, this.#theirs, 0);
    if (Buffer.compare(this.#mine.subarray(0, length), this.#theirs.subarray(0, length)) !== 0) {
      throw new Error('another value');
    }
    if (!this.#engine.foundEquals(0, this.#theirs, 0, length)) throw new Error('foundEquals says no');
    return true;
  }

  #miss(namespace: number, keyLength: number): void {
    this.#misses++;
    if (!this.#mayEvict(namespace) && namespace !== fickle) throw new Error('a live item is missing');
    if (this.#options.ample) throw new Error('a live item is missing');
    if (this.#misses > this.#engine.statistics().evictions) throw new Error('more items missing than evicted');
    this.#model.remove(namespace, this.#key, 0, keyLength, this.#nowMs);
  }

  #remove(namespace: number, keyLength: number): void {
    this.#compare(namespace, keyLength);
    const expected = this.#model.remove(namespace, this.#key, 0, keyLength, this.#nowMs);
    const was = this.#engine.remove(namespace, this.#key, 0, keyLength, this.#nowMs);
    if (was !== expected) throw new Error(`remove says ${was}`);
  }

  #setExpiry(namespace: number, keyLength: number): void {
    this.#compare(namespace, keyLength);
    const expiresAtMs = this.#drawExpiry();
    const sequence = this.#below(2 ** 31);
    const outcome = this.#engine.setExpiry(namespace, this.#key, 0, keyLength, sequence, expiresAtMs, this.#nowMs);
    if (outcome === 'full') throw new Error('setExpiry found no room');
    const expected = this.#model.setExpiry(namespace, this.#key, 0, keyLength, sequence, expiresAtMs, this.#nowMs);
    if (outcome !== expected) throw new Error(`setExpiry says ${outcome}`);
    this.#compare(namespace, keyLength, true);
  }

  #flip(): void {
    this.#fickleEvicts = !this.#fickleEvicts;
    this.#engine.declareNamespace(fickle, { evictable: this.#fickleEvicts });
  }

  #drop(namespace: number): void {
    this.#engine.dropNamespace(namespace);
    this.#model.dropNamespace(namespace);
    if (namespace === pinned) this.#engine.declareNamespace(pinned, { evictable: false });
    if (namespace === fickle) this.#engine.declareNamespace(fickle, { evictable: this.#fickleEvicts });
  }

  /** Every item of the one engine is in the other; then all expires, and all memory is free. */
  finish(): void {
    const { seed, ample } = this.#options;
    const fail = (text: string): never => {
      throw new Error(`seed ${seed}, at the end: ${text}`);
    };
    let visited = 0;
    this.#engine.forEach(this.#nowMs, (item) => {
      visited++;
      if (!this.#model.find(item.namespace, item.key, 0, item.key.length, this.#nowMs)) fail('an item too many');
    });
    let expected = 0;
    this.#model.forEach(this.#nowMs, () => expected++);
    const { evictions } = this.#engine.statistics();
    if (ample ? visited !== expected || evictions > 0 : visited + evictions < expected) {
      fail(`${visited} items of ${expected}, ${evictions} evictions`);
    }
    this.#nowMs += 2 * 2_592_000_000;
    while (this.#engine.maintain(this.#nowMs));
    this.#engine.checkIntegrity();
    const after = this.#engine.statistics();
    if (after.items !== 0 || after.liveBytes !== 0 || after.deadBytes !== 0) fail('memory is not free again');
  }

  result(): FuzzResult {
    const { evictions } = this.#engine.statistics();
    return { stored: this.#stored, full: this.#full, misses: this.#misses, evictions };
  }
}

const mib = 1024 * 1024;

/** Shapes of load, so that growth, pressure, jumbos and small segments all come up. */
export function fuzzShape(seed: number, operations: number, checkEvery: number): FuzzOptions {
  const base = { seed, operations, checkEvery };
  const shapes: Omit<FuzzOptions, 'seed' | 'operations' | 'checkEvery'>[] = [
    {
      memoryBytes: 512 * mib,
      keys: 20_000,
      valueBytesMax: 200,
      jumboEvery: 0,
      ample: true,
      segmentSizeBytes: 65_536,
      longTtls: true,
    },
    { memoryBytes: 16 * mib, keys: 5_000, valueBytesMax: 4_000, jumboEvery: 400, ample: false },
    {
      memoryBytes: 16 * mib,
      keys: 3_000,
      valueBytesMax: 60_000,
      jumboEvery: 60,
      ample: false,
      segmentSizeBytes: 65_536,
    },
    { memoryBytes: 16 * mib, keys: 4_000, valueBytesMax: 9_000, jumboEvery: 300, ample: false, eviction: 'fifo' },
    {
      memoryBytes: 1_024 * mib,
      keys: 300,
      valueBytesMax: 4_000,
      jumboEvery: 50,
      ample: true,
      segmentSizeBytes: 262_144,
    },
    {
      memoryBytes: 16 * mib,
      keys: 100_000,
      valueBytesMax: 1_500,
      jumboEvery: 0,
      ample: false,
      segmentSizeBytes: 65_536,
      longTtls: true,
    },
  ];
  return { ...base, ...shapes[seed % shapes.length]! };
}
export const fuzzShapeCount = 6;
