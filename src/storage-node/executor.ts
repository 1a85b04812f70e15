import type { Clock } from '../shared/clock.ts';
import type { CacheRecord, Registry } from '../shared/fleet-state.ts';
import type { FrameMemory } from '../shared/frame/frame-memory.ts';
import { operationCodes, operationKindOfCode, readU32, statusCode, traceBytes } from '../shared/frame/layout.ts';
import { ReplyWriter } from '../shared/frame/reply-writer.ts';
import { RequestReader } from '../shared/frame/request-reader.ts';
import { hopLimits } from '../shared/limits.ts';
import { type OperationKind, type ResultStatus, resultStatuses } from '../shared/operation.ts';
import { ContentTypes } from './content-types.ts';
import type { StorageEngine } from './engine/storage-engine.ts';
import type { IdempotencyTable } from './idempotency-table.ts';
import { NodeMetrics, type ReadCounts } from './node-metrics.ts';
import { type OperationContext, plainResult } from './operations/context.ts';
import { executeIncrement } from './operations/increment.ts';
import { executePublish } from './operations/publish.ts';
import { executeDescribe, executeGet } from './operations/read.ts';
import { executeTopic, executeTopics } from './operations/topics.ts';
import { executeTtl } from './operations/ttl.ts';
import { executeDelete, executeSet, executeSwap, executeTake } from './operations/write.ts';
import type { SlotTable } from './slot-table.ts';
import type { TopicTable } from './topics/topic-table.ts';

/** Statuses that say what the write did; the others did nothing and may turn out otherwise on a retry. */
const answersToRemember = new Set(
  (
    [
      'done',
      'missing',
      'condition_not_met',
      'bound_reached',
      'ttl_not_changed',
      'not_an_integer',
      'integer_overflow',
    ] as const
  ).map((status) => statusCode[status]),
);

/** Operations on topics read no items. */
const noReads: ReadCounts = { hits: 0, misses: 0 };

/** Bytes of reply guessed per operation, so that most frames need no second buffer. */
const replyBytesPerOperation = 192;

interface ExecutorParts {
  readonly engine: StorageEngine;
  readonly slots: SlotTable;
  readonly idempotency: IdempotencyTable;
  readonly topics: TopicTable;
  readonly clock: Clock;
  /** Where replies are written. */
  readonly memory: FrameMemory;
  /** Called when a frame was routed by a newer view or registry than this node knows. */
  readonly onBehind: () => void;
  /** Called for each operation that belongs to a sampled trace, with its W3C trace id and parent id in hex. */
  readonly onTraced: (operation: TracedOperation) => void;
}

/** What a node tells of an operation that belongs to a trace. */
export interface TracedOperation {
  readonly traceId: string;
  readonly parentId: string;
  readonly kind: OperationKind;
  readonly status: ResultStatus;
}

/**
 * Executes request frames against the engine, one after the other, without waiting for anything: what one
 * frame does, and each operation in it, is atomic.
 */
export class FrameExecutor {
  readonly metrics = new NodeMetrics();
  readonly #parts: ExecutorParts;
  readonly #context: OperationContext;
  readonly #namespaces = new Map<number, ReadCounts>();
  #registryRevision = -1;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#context = {
      engine: parts.engine,
      slots: parts.slots,
      topics: parts.topics,
      contentTypes: new ContentTypes(),
      reader: new RequestReader(),
      writer: new ReplyWriter(parts.memory, 0),
      nowMs: 0,
    };
  }

  /** Takes over the registry: new namespaces are served, those that are gone are dropped. */
  applyRegistry(registry: Registry): void {
    if (registry.revision <= this.#registryRevision) return;
    this.#registryRevision = registry.revision;
    const { engine, topics } = this.#parts;
    topics.applyRegistry(registry.caches);
    const current = new Map<number, CacheRecord>(registry.caches.map((cache) => [cache.namespace, cache]));
    for (const namespace of this.#namespaces.keys()) {
      if (current.has(namespace)) continue;
      this.#namespaces.delete(namespace);
      this.metrics.reads.delete(namespace);
      engine.dropNamespace(namespace);
    }
    // Shares given back go first: the engine has room for as many as there may be, not for old and new together.
    const shareOf = (cache: CacheRecord) => cache.settings.memory_share;
    for (const [namespace, cache] of [...current].sort(([, a], [, b]) => shareOf(a) - shareOf(b))) {
      if (!this.#namespaces.has(namespace)) this.#namespaces.set(namespace, this.metrics.readsOf(namespace));
      engine.declareNamespace(namespace, { evictable: cache.settings.eviction === 'evict', share: shareOf(cache) });
    }
  }

  /** Executes one frame that arrived at `arrivedMs`; raises `FrameError` when it is broken. */
  execute(frame: Uint8Array, arrivedMs: number): Uint8Array {
    const { clock, slots, idempotency, memory } = this.#parts;
    const context = this.#context;
    const { reader } = context;
    const startMs = clock.monotonicMs();
    reader.open(frame);
    context.nowMs = startMs;
    context.writer = new ReplyWriter(memory, reader.operationCount * replyBytesPerOperation);
    idempotency.prune(startMs);
    if (reader.viewNumber > slots.viewNumber || reader.registryRevision > this.#registryRevision)
      this.#parts.onBehind();
    const tooLate = startMs - arrivedMs >= reader.deadlineMs;
    while (reader.next()) this.#executeOperation(tooLate);
    const serviceMicros = Math.round((clock.monotonicMs() - startMs) * 1_000);
    this.metrics.frames++;
    this.metrics.serviceMicros += serviceMicros;
    return context.writer.finish(
      reader.frameIdLow,
      reader.frameIdHigh,
      slots.viewNumber,
      Math.max(this.#registryRevision, 0),
      serviceMicros,
    );
  }

  #executeOperation(tooLate: boolean): void {
    const context = this.#context;
    const { reader, writer } = context;
    const ofTopics = reader.code >= operationCodes.publish;
    const reads = ofTopics ? noReads : this.#namespaces.get(reader.namespace);
    if (!this.#parts.slots.serves(reader.slot)) plainResult(context, 'moved');
    else if (reads === undefined) plainResult(context, 'behind');
    else if (ofTopics && !this.#parts.topics.knows(reader.namespace)) plainResult(context, 'behind');
    else if (tooLate) plainResult(context, 'overloaded');
    else if (writer.length >= hopLimits.replyBytesMax) plainResult(context, 'deferred');
    else if (reader.idempotencyStart >= 0) this.#executeMarked(reads);
    else this.#dispatch(reads);
    const status = writer.bytes[writer.resultStart]!;
    this.metrics.count(reader.code, status);
    if (reader.traceStart >= 0) this.#tellTraced(status);
  }

  #tellTraced(status: number): void {
    const { bytes, traceStart, code } = this.#context.reader;
    this.#parts.onTraced({
      traceId: bytes.subarray(traceStart, traceStart + 16).toHex(),
      parentId: bytes.subarray(traceStart + 16, traceStart + traceBytes).toHex(),
      kind: operationKindOfCode[code]!,
      status: resultStatuses[status]!,
    });
  }

  /** A write under an idempotency mark: done once, and answered the same afterwards. */
  #executeMarked(reads: ReadCounts): void {
    const context = this.#context;
    const { reader, writer, nowMs } = context;
    const { idempotency } = this.#parts;
    const known = idempotency.recall(reader.bytes, reader.idempotencyStart, nowMs);
    if (known === 'other_request') return plainResult(context, 'idempotency_key_reused');
    if (known === 'no_room') return plainResult(context, 'idempotency_full');
    if (known !== 'new') {
      // One request has one target: an answer that echoes another would break the whole frame for everybody in it.
      if (readU32(known, 4) !== reader.hash) return plainResult(context, 'idempotency_key_reused');
      return writer.replay(known);
    }
    this.#dispatch(reads);
    const result = writer.bytes.subarray(writer.resultStart, writer.length);
    if (answersToRemember.has(result[0]!)) idempotency.remember(reader.bytes, reader.idempotencyStart, result, nowMs);
  }

  #dispatch(reads: ReadCounts): void {
    const context = this.#context;
    switch (context.reader.code) {
      case operationCodes.get:
        executeGet(context);
        countRead(reads, context.writer.bytes[context.writer.resultStart]!);
        return;
      case operationCodes.describe:
        return executeDescribe(context);
      case operationCodes.set:
        return executeSet(context);
      case operationCodes.delete:
        return executeDelete(context);
      case operationCodes.take:
        return executeTake(context);
      case operationCodes.swap:
        return executeSwap(context);
      case operationCodes.increment:
        return executeIncrement(context);
      case operationCodes.ttl:
        return executeTtl(context);
      case operationCodes.claim:
        return plainResult(context, 'done');
      case operationCodes.publish:
        return executePublish(context);
      case operationCodes.topic:
        return executeTopic(context);
      case operationCodes.topics:
        return executeTopics(context);
    }
  }
}

/** A read that was put off (`deferred`) comes again, and counts then. */
function countRead(reads: ReadCounts, status: number): void {
  if (status === statusCode.done) reads.hits++;
  else if (status === statusCode.missing) reads.misses++;
}
