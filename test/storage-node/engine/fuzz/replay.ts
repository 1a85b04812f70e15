/**
 * A stream of operations on Segcache, held against the model.
 *
 * The model has memory without end, so the one difference allowed is a miss, and of each namespace no more
 * misses than the engine says it has evicted from it; with ample memory, or from a namespace that does not
 * evict, none.
 */
import { KeyHash } from '../../../../src/storage-node/engine/hash-table/key-hash.ts';
import { itemExpiryMax } from '../../../../src/storage-node/engine/item/item.ts';
import { engineLimits, geometryOf, type SegcacheOptions } from '../../../../src/storage-node/engine/options.ts';
import { createSegcache, type SegcacheEngine } from '../../../../src/storage-node/engine/segcache.ts';
import type { NamespacePolicy, StorageEngine } from '../../../../src/storage-node/engine/storage-engine.ts';
import { checkConservation, checkContents, checkNamespaces, expectNothingLeft, ShareCheck } from './checks.ts';
import { keyBytes, pattern, patternLength } from './key-space.ts';
import { Model, type ModelItem, type ModelNamespace } from './model.ts';
import type { EngineOperation, EngineWorld, ExpiryOperation, GetOperation, PutOperation } from './operation.ts';

/** Time of the first operation; a stream's clock only goes on. */
const startMs = 1_000;
/** `maintain` ends in far fewer calls, whatever is waiting. */
const maintainCallsMax = 100_000;

export interface ReplayOptions {
  /** Operations between two walks over everything; every one when absent. */
  checkEvery?: number;
  /** Wraps the engine, for planted defects. */
  wrap?: (engine: SegcacheEngine) => StorageEngine;
}

/** What a replay came by. */
export interface ReplayCounts {
  stored: number;
  full: number;
  misses: number;
  evictions: number;
  operations: number;
}

/** Runs a whole stream on a new engine; throws an Error at the first disagreement, that `failedAt` tells the place of. */
export function replay(
  world: EngineWorld,
  operations: readonly EngineOperation[],
  options?: ReplayOptions,
): ReplayCounts {
  const iterator = operations[Symbol.iterator]();
  return replayStream(world, () => iterator.next().value, options);
}

/** As `replay`, of operations from a source that ends with undefined. */
export function replayStream(
  world: EngineWorld,
  next: () => EngineOperation | undefined,
  { checkEvery = 1, wrap }: ReplayOptions = {},
): ReplayCounts {
  const widen = world.narrowHash ? narrowHash() : undefined;
  let done = 0;
  try {
    const run = new Replay(world, wrap);
    for (let operation = next(); operation !== undefined; operation = next()) {
      run.step(operation);
      if (++done % checkEvery === 0) run.check();
    }
    run.finish();
    return { ...run.counts, operations: done };
  } catch (error) {
    throw new Disagreement(done, error as Error);
  } finally {
    widen?.();
  }
}

/** How a stream failed: `operation` counts from 0, and is the stream's length when it was at the end. */
export class Disagreement extends Error {
  readonly operation: number;

  constructor(operation: number, cause: Error) {
    super(`operation ${operation}: ${cause.message}`, { cause });
    this.operation = operation;
  }
}

/** Lets only 1,024 buckets and eight tags come out of the key hash, until the function that it returns is called. */
function narrowHash(): () => void {
  const { compute } = KeyHash.prototype;
  KeyHash.prototype.compute = function (...key) {
    compute.apply(this, key);
    this.low &= 0x3ff;
    this.tag &= 0x7000;
  };
  return () => {
    KeyHash.prototype.compute = compute;
  };
}

export class Replay {
  readonly counts = { stored: 0, full: 0, misses: 0, evictions: 0 };
  readonly #world: EngineWorld;
  readonly #engine: SegcacheEngine;
  readonly #subject: StorageEngine;
  readonly #model = new Model();
  readonly #capacityBytes: number;
  readonly #shares: ShareCheck;
  readonly #value = new Uint8Array(patternLength);
  #nowMs = startMs;

  constructor(world: EngineWorld, wrap: (engine: SegcacheEngine) => StorageEngine = (engine) => engine) {
    const { memoryBytes, hashSeed, segmentSizeBytes, eviction } = world;
    this.#world = world;
    const options: SegcacheOptions = {
      memoryBytes,
      hashSeed,
      ...(segmentSizeBytes ? { segmentSizeBytes } : {}),
      eviction: eviction as NonNullable<SegcacheOptions['eviction']>,
    };
    const geometry = geometryOf(options);
    this.#capacityBytes = geometry.segmentsTotal * geometry.segmentSizeBytes;
    this.#engine = createSegcache(options);
    this.#subject = wrap(this.#engine);
    this.#shares = new ShareCheck(this.#engine, this.#model, this.#capacityBytes, geometry.segmentSizeBytes);
  }

  step(operation: EngineOperation): void {
    switch (operation.kind) {
      case 'put':
        return this.#put(operation);
      case 'get':
        return this.#get(operation);
      case 'setExpiry':
        return this.#setExpiry(operation);
      case 'remove': {
        const { namespace, key } = operation;
        const bytes = keyBytes(key);
        const expected = this.#held(namespace, key) !== undefined;
        const was = this.#subject.remove(namespace, bytes, 0, bytes.length, this.#nowMs);
        if (was !== expected) throw new Error(`remove says ${was}`);
        if (was) this.#model.of(namespace).remove(key);
        return;
      }
      case 'declare': {
        const { namespace, evictable, share } = operation;
        this.#subject.declareNamespace(namespace, policyOf(evictable, share));
        const known = this.#model.of(namespace);
        const mayLose = !evictable && (known.mayLose || (known.evictable && known.items.size > 0));
        Object.assign(known, { evictable, share, mayLose, evictedBefore: this.#evictionsOf(namespace) });
        this.#shares.declared(namespace);
        return;
      }
      case 'drop':
        this.#subject.dropNamespace(operation.namespace);
        this.#model.drop(operation.namespace);
        this.#shares.declared(operation.namespace);
        return;
      case 'maintain':
        this.#subject.maintain(this.#nowMs);
        return;
      case 'advance':
        this.#nowMs += operation.ms;
    }
  }

  #put({ namespace, key, length, from, flags, sequence, ttlMs }: PutOperation): void {
    const nowMs = this.#nowMs;
    const bytes = keyBytes(key);
    const expiresAtMs = Math.floor(nowMs + ttlMs);
    const present = this.#held(namespace, key) !== undefined;
    if (this.#world.watchShares) this.#shares.before();
    const outcome = this.#subject.put(
      namespace,
      bytes,
      0,
      bytes.length,
      pattern,
      from,
      length,
      flags,
      sequence,
      nowMs + ttlMs,
      nowMs,
    );
    if (this.#world.watchShares) this.#shares.after();
    const tooLarge = length > engineLimits.valueSizeBytesMax;
    if (tooLarge !== (outcome === 'too_large') || (outcome === 'full' && this.#world.ample))
      throw new Error(`put of ${length} bytes is ${outcome}`);
    const known = this.#model.of(namespace);
    if (outcome !== 'stored') {
      this.counts.full++;
      this.#compare(namespace, key, false, present);
      return;
    }
    this.counts.stored++;
    if (present) known.remove(key);
    if (expiresAtMs > nowMs) known.add(key, { length, from, flags, sequence, expiresAtMs });
  }

  #get({ namespace, key, touch, skip }: GetOperation): void {
    const item = this.#compare(namespace, key, touch);
    if (item === undefined) return;
    const { length, from } = item;
    const engine = this.#subject;
    const start = Math.min(skip, length);
    const value = this.#value;
    value.fill(0xa5, 0, Math.min(length + 2, patternLength));
    engine.copyFound(0, length, value, 1);
    if (value[0] !== 0xa5 || value[length + 1] !== 0xa5) throw new Error('bytes written outside of the value');
    if (!equals(value, 1, from, length)) throw new Error('another value');
    engine.copyFound(start, length - start, value, 0);
    if (!equals(value, 0, from + start, length - start)) throw new Error(`another value from byte ${start} on`);
    if (!engine.foundEquals(start, pattern, from + start, length - start)) throw new Error('foundEquals says no');
    if (engine.foundEquals(0, pattern, from, length + 1)) throw new Error('foundEquals of a longer value says yes');
    if (length > 8 && engine.foundEquals(0, pattern, from === 0 ? 1 : from - 1, length))
      throw new Error('foundEquals of another value says yes');
  }

  #setExpiry({ namespace, key, sequence, ttlMs }: ExpiryOperation): void {
    const nowMs = this.#nowMs;
    const bytes = keyBytes(key);
    const item = this.#held(namespace, key);
    const expiresAtMs = Math.floor(nowMs + ttlMs);
    const outcome = this.#subject.setExpiry(namespace, bytes, 0, bytes.length, sequence, nowMs + ttlMs, nowMs);
    // The item has to move for an expiry that its segment cannot tell, or a sequence that its header cannot, and
    // may find no room.
    const mustMove = expiresAtMs - startMs > itemExpiryMax || sequence >= 2 ** 32;
    const mayBeFull = !this.#world.ample && mustMove;
    if (outcome !== (item === undefined ? 'absent' : 'stored') && !(outcome === 'full' && mayBeFull))
      throw new Error(`setExpiry says ${outcome}`);
    if (item === undefined) return;
    if (outcome === 'full') this.counts.full++;
    else if (expiresAtMs <= nowMs) this.#model.of(namespace).remove(key);
    else Object.assign(item, { sequence, expiresAtMs });
    this.#compare(namespace, key, false, true);
  }

  #evictionsOf(namespace: number): number {
    return this.#engine.namespaceStatistics(namespace).evictions;
  }

  /** The item, if both have it. What has expired is left for the caller to meet first. */
  #held(namespace: number, key: number): ModelItem | undefined {
    if (this.#model.of(namespace).live(key, this.#nowMs) === undefined) return undefined;
    return this.#compare(namespace, key, false);
  }

  /** Holds the two items of a key against each other; the item, if it is there. `keep`: it must not have gone just now. */
  #compare(namespace: number, key: number, touch: boolean, keep = false): ModelItem | undefined {
    const known = this.#model.of(namespace);
    const item = known.live(key, this.#nowMs);
    const bytes = keyBytes(key);
    const has = this.#subject.find(namespace, bytes, 0, bytes.length, this.#nowMs, touch);
    if (item === undefined && has) throw new Error('found an item that is gone');
    if (item !== undefined && !has) this.#miss(namespace, known, key, keep);
    if (item === undefined || !has) return undefined;
    const { found } = this.#subject;
    const same =
      found.valueLength === item.length &&
      found.flags === item.flags &&
      found.sequence === item.sequence &&
      found.expiresAtMs === item.expiresAtMs;
    if (same) return item;
    const told = { ...found };
    const { from: _, ...expected } = item;
    throw new Error(`found ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`);
  }

  #miss(namespace: number, known: ModelNamespace, key: number, keep: boolean): void {
    this.counts.misses++;
    known.missing++;
    if (this.#world.ample) throw new Error('a live item is missing');
    if (keep) throw new Error('a live item went missing in a call that must keep it');
    if (known.missing > this.#evictionsOf(namespace)) throw new Error('more items missing than evicted');
    known.items.delete(key);
  }

  /** Walks over everything. */
  check(): void {
    this.#engine.checkIntegrity();
    checkConservation(this.#engine, this.#capacityBytes);
    checkNamespaces(this.#engine, this.#model);
    if (this.#world.ample && this.#engine.statistics().evictions > 0) throw new Error('evictions from ample memory');
  }

  /** Every item of the engine is in the model, and the other way round; then all expires, and all memory is free. */
  finish(): void {
    this.check();
    checkContents(this.#engine, this.#model, this.#nowMs, this.#world.ample);
    this.counts.evictions = this.#engine.statistics().evictions;
    const afterAllMs = this.#nowMs + 2 * engineLimits.ttlMsMax;
    let calls = 0;
    while (this.#subject.maintain(afterAllMs))
      if (++calls > maintainCallsMax) throw new Error('maintenance does not end');
    this.check();
    expectNothingLeft(this.#engine);
  }
}

function equals(value: Uint8Array, start: number, from: number, length: number): boolean {
  return Buffer.prototype.compare.call(pattern, value, start, start + length, from, from + length) === 0;
}

/** A policy with a share, whether or not the engine knows shares. */
function policyOf(evictable: boolean, share: number): NamespacePolicy & { share: number } {
  return { evictable, share };
}
