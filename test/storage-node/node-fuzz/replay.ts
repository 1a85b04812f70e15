/**
 * Steps on a storage node with a Segcache, held against the operations' model.
 *
 * The model has memory without end. Before each operation the engine is asked whether it still holds what the
 * model does; when it does not, and may have evicted it, the model's item goes too.
 */
import { isDeepStrictEqual } from 'node:util';
import { cacheSettingsDefault } from '../../../src/shared/fleet-state.ts';
import type { Condition, Operation, OperationResult, ResultStatus } from '../../../src/shared/operation.ts';
import type { SegcacheOptions } from '../../../src/storage-node/engine/options.ts';
import { createSegcache, type SegcacheEngine } from '../../../src/storage-node/engine/segcache.ts';
import type { StorageEngine } from '../../../src/storage-node/engine/storage-engine.ts';
import { account, target, testCache, utf8 } from '../../support/fleet-state.ts';
import { asModelResult, OperationModel } from '../../support/operation-model.ts';
import { TestStorage } from '../../support/storage.ts';
import { patternBytes } from '../engine/driver.ts';
import { Disagreement } from '../engine/fuzz/replay.ts';
import { cacheCount } from './generator.ts';
import type { NodeOperation, NodeWorld, Step, StepCondition, Value } from './step.ts';

/** Cache 3 is the last. */
const notEvicting = cacheCount - 1;
/** `maintain` ends in far fewer calls, whatever is waiting. */
const maintainCallsMax = 100_000;

export interface NodeReplayOptions {
  /** Steps between two walks over everything; every one when absent. */
  checkEvery?: number;
  /** Wraps the engine, for planted defects. */
  wrap?: (engine: SegcacheEngine) => StorageEngine;
}

export interface NodeCounts {
  operations: number;
  evicted: number;
  statuses: Map<ResultStatus, number>;
}

/** Runs the steps on a new node; throws a `Disagreement` with the step's number at the first difference. */
export function replaySteps(
  world: NodeWorld,
  next: () => Step | undefined,
  { checkEvery = 1, wrap = (engine) => engine }: NodeReplayOptions = {},
): NodeCounts {
  let done = 0;
  try {
    const run = new NodeReplay(world, wrap);
    for (let step = next(); step !== undefined; step = next()) {
      run.step(step);
      if (++done % checkEvery === 0) run.engine.checkIntegrity();
    }
    run.finish();
    return run.counts;
  } catch (error) {
    throw new Disagreement(done, error as Error);
  }
}

class NodeReplay {
  readonly counts: NodeCounts = { operations: 0, evicted: 0, statuses: new Map() };
  readonly engine: SegcacheEngine;
  readonly #ample: boolean;
  readonly #node: TestStorage;
  readonly #model = new OperationModel();
  readonly #caches = Array.from({ length: cacheCount }, (_, i) => testCache(`cache-${i}`, i + 1));
  #registryRevision = 1;
  #namespaces = cacheCount;
  /** How often a key of the model has been evicted: its items are under another name after each. */
  readonly #lives = new Map<string, number>();

  constructor(world: NodeWorld, wrap: (engine: SegcacheEngine) => StorageEngine) {
    const { memoryBytes, hashSeed, eviction, ample } = world;
    this.#ample = ample;
    this.engine = createSegcache({
      memoryBytes,
      hashSeed,
      eviction: eviction as NonNullable<SegcacheOptions['eviction']>,
    });
    this.#node = new TestStorage({ engine: wrap(this.engine), idempotencyBytesMax: 64 * 1024 * 1024 });
    this.#applyRegistry();
  }

  #applyRegistry(): void {
    this.#node.executor.applyRegistry({
      revision: ++this.#registryRevision,
      caches: this.#caches.map(({ name, namespace }, i) => ({
        account,
        name,
        namespace,
        topic_space: namespace,
        settings: { ...cacheSettingsDefault, eviction: i === notEvicting ? 'none' : 'evict' },
        created_at_ms: 0,
      })),
    });
  }

  step(step: Step): void {
    switch (step.kind) {
      case 'frame':
        // Under pressure one at a time: what one evicts, the next must not be held to.
        if (this.#ample) return this.#frame(step.operations);
        for (const operation of step.operations) this.#frame([operation]);
        return;
      case 'advance':
        return this.#node.clock.advance(step.ms);
      case 'maintain':
        this.#node.engine.maintain(this.#nowMs);
        return;
      case 'flush':
        this.#caches[step.cache]!.namespace = ++this.#namespaces;
        this.#applyRegistry();
    }
  }

  get #nowMs(): number {
    return this.#node.clock.monotonicMs();
  }

  #frame(described: readonly NodeOperation[]): void {
    const operations = described.map((operation) => this.#operation(operation));
    if (!this.#ample) for (const operation of operations) this.#noteEviction(operation);
    const results = this.#node.frame(operations, { registryRevision: this.#registryRevision });
    for (const [i, result] of results.entries()) this.#expect(operations[i]!, result);
  }

  #expect(operation: Operation, result: OperationResult): void {
    const { status } = result;
    this.counts.operations++;
    this.counts.statuses.set(status, (this.counts.statuses.get(status) ?? 0) + 1);
    // Put off because of its size, or refused for want of memory: nothing was done, as the model is not asked.
    if (status === 'deferred') return;
    if (status === 'cache_full' && !this.#ample) return;
    const expected = this.#model.apply(this.#renamed(operation), this.#nowMs);
    const found = asModelResult(result);
    if (isDeepStrictEqual(found, expected)) return;
    throw new Error(`${operation.kind} answers ${brief(found)}, not ${brief(expected)}`);
  }

  /** The operation on the model's name of its item, which is another after a flush and after an eviction. */
  #renamed(operation: Operation): Operation {
    const { namespace } = operation.cache;
    const name = `${namespace}/${operation.key.toHex()}`;
    return { ...operation, key: utf8(`${name}/${this.#lives.get(name) ?? 0}`) };
  }

  #noteEviction(operation: Operation): void {
    const { cache, key, hash } = operation;
    const look = { kind: 'describe', cache, key, hash } as const;
    const expected = this.#model.apply(this.#renamed(look), this.#nowMs).status === 'done';
    const has = this.engine.find(cache.namespace, key, 0, key.length, this.#nowMs, false);
    if (has === expected) return;
    if (has) throw new Error('the node holds an item that is gone');
    const { evictions } = this.engine.namespaceStatistics(cache.namespace);
    if (evictions === 0) throw new Error('an item is missing from a cache without evictions');
    if (++this.counts.evicted > this.engine.statistics().evictions) throw new Error('more items missing than evicted');
    const name = `${cache.namespace}/${key.toHex()}`;
    this.#lives.set(name, (this.#lives.get(name) ?? 0) + 1);
  }

  #operation(described: NodeOperation): Operation {
    const cache = this.#caches[described.cache]!;
    const to = target(cache, `key ${described.key}`);
    if (described.kind === 'get' || described.kind === 'describe') return { kind: described.kind, ...to };
    const { cache: _cache, key: _key, condition, mark, ...fields } = described;
    return {
      ...fields,
      ...('value' in fields ? { value: bytesOf(fields.value) } : {}),
      ...to,
      ...(condition ? { condition: conditionOf(condition) } : {}),
      ...(mark ? { idempotency: markOf(mark, cache.namespace) } : {}),
    } as Operation;
  }

  /** After all has expired all memory is free. */
  finish(): void {
    this.engine.checkIntegrity();
    const afterAllMs = this.#nowMs + 2 ** 33;
    for (let calls = 0; this.engine.maintain(afterAllMs); )
      if (++calls > maintainCallsMax) throw new Error('maintenance does not end');
    this.engine.checkIntegrity();
    const { items, liveBytes, deadBytes } = this.engine.statistics();
    if (items !== 0 || liveBytes !== 0 || deadBytes !== 0) throw new Error('memory is not free again');
  }
}

function bytesOf(value: Value): Uint8Array {
  return typeof value === 'string' ? utf8(value) : patternOf(value.seed).subarray(0, value.bytes);
}

const patterns = new Map<number, Uint8Array>();
function patternOf(seed: number): Uint8Array {
  let pattern = patterns.get(seed);
  if (pattern === undefined) {
    pattern = patternBytes(5 * 1024 * 1024, seed * 77 + 1);
    patterns.set(seed, pattern);
  }
  return pattern;
}

function conditionOf({ value, ...lists }: StepCondition): Condition {
  return { ...lists, ...(value ? { value: { kind: value.kind, compare: bytesOf(value.compare) } } : {}) };
}

/** A mark belongs to one generation of one cache: the model names an item otherwise after a flush. */
function markOf({ id, fingerprint }: { id: number; fingerprint: number }, namespace: number) {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(0, id);
  new DataView(bytes.buffer).setUint32(4, namespace);
  return { id: bytes, fingerprint: new Uint8Array(16).fill(fingerprint) };
}

function brief(result: object): string {
  return JSON.stringify(result, (_name, value) => (typeof value === 'string' ? value.slice(0, 40) : value));
}
