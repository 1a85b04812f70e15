import type { Clock } from '../shared/clock.ts';
import type { CacheRecord, Registry } from '../shared/fleet-state.ts';
import type { FrameMemory } from '../shared/frame/frame-memory.ts';
import {
  operationCodes,
  operationFlags,
  operationKindOfCode,
  readU16,
  readU32,
  resultFlags,
  statusCode,
  traceBytes,
} from '../shared/frame/layout.ts';
import { ReplyWriter } from '../shared/frame/reply-writer.ts';
import { RequestReader } from '../shared/frame/request-reader.ts';
import { hopLimits, limits } from '../shared/limits.ts';
import { type OperationKind, type ResultStatus, resultStatuses } from '../shared/operation.ts';
import { hashInSlot } from '../shared/slots.ts';
import type { ContentTypes } from './content-types.ts';
import type { StorageEngine } from './engine/storage-engine.ts';
import { type Dependency, HeldReplies } from './held-replies.ts';
import type { IdempotencyTable } from './idempotency-table.ts';
import { nodeLimits } from './limits.ts';
import { NodeMetrics, type ReadCounts } from './node-metrics.ts';
import { type OperationContext, plainResult } from './operations/context.ts';
import { dispatch } from './operations/dispatch.ts';
import { answersToRemember, grows, writes } from './operations/traits.ts';
import { encodeEffect, type MarkRecord, noEffect } from './replication/effect.ts';
import type { Replication } from './replication/replication.ts';
import { resultStarts, rewriteResults } from './reply-edit.ts';
import { slotSequenceMax } from './slot-lives.ts';
import type { SlotTable } from './slot-table.ts';
import type { TopicAddress } from './topics/topic.ts';
import type { TopicTable } from './topics/topic-table.ts';
import { UncommittedBytes } from './uncommitted-bytes.ts';

/** A cache as the executor knows it: of its items, or of its topics, which have no reads to count. */
interface ServedCache {
  readonly reads: ReadCounts;
  readonly minInSync: number;
  /** It does not evict. */
  readonly pinned: boolean;
}

/** Operations on topics read no items. */
const noReads: ReadCounts = { hits: 0, misses: 0 };

/** Bytes of reply guessed per operation, so that most frames need no second buffer. */
const replyBytesPerOperation = 192;

/** How a result stands to the lease under which its slot was served. */
const freeOfLease = 0;
const readUnderLease = 1;

interface ExecutorParts {
  readonly engine: StorageEngine;
  readonly slots: SlotTable;
  readonly replication: Replication;
  readonly idempotency: IdempotencyTable;
  readonly topics: TopicTable;
  readonly contentTypes: ContentTypes;
  readonly clock: Clock;
  /** Where replies are written. */
  readonly memory: FrameMemory;
  /** Called when a frame was routed by a newer view or registry than this node knows. */
  readonly onBehind: () => void;
  /** Called when there is something to send to the copies, at the end of the turn. */
  readonly onAppended: () => void;
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
 *
 * A write changes the node's own store at once, so that the next operation on the key goes on from there, and its
 * result is an entry of the slot for the copies. What a reply tells of an entry that not all copies have is held back
 * until they do. Frames without such results, all of a fleet with one copy and nearly all reads of any, are answered
 * at once.
 */
export class FrameExecutor {
  readonly metrics = new NodeMetrics();
  readonly held: HeldReplies;
  readonly uncommitted = new UncommittedBytes();
  readonly #parts: ExecutorParts;
  readonly #context: OperationContext;
  readonly #namespaces = new Map<number, ServedCache>();
  readonly #spaces = new Map<number, ServedCache>();
  #registryRevision = -1;
  /** Of the frame that is being executed: what its results wait for, and how each stands to its slot's lease. */
  #dependencies: Dependency[] = [];
  #leases = new Uint8Array(hopLimits.frameOperationsMax);
  #operation = 0;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    const { replication } = parts;
    this.held = new HeldReplies({
      readMsMax: nodeLimits.heldReadMsMax,
      inSyncCopies: (slot) => (replication.isViewBehind(slot) ? null : replication.inSyncCopies(slot)),
    });
    this.#context = {
      engine: parts.engine,
      slots: parts.slots,
      topics: parts.topics,
      contentTypes: parts.contentTypes,
      reader: new RequestReader(),
      writer: new ReplyWriter(parts.memory, 0),
      nowMs: 0,
      replicates: false,
      changed: false,
      effect: noEffect,
    };
  }

  /** Takes over the registry: new namespaces are served, those that are gone are dropped. */
  applyRegistry(registry: Registry): void {
    if (registry.revision <= this.#registryRevision) return;
    this.#registryRevision = registry.revision;
    const { engine, topics } = this.#parts;
    topics.applyRegistry(registry.caches);
    this.#spaces.clear();
    for (const { topic_space, settings } of registry.caches)
      this.#spaces.set(topic_space, { reads: noReads, minInSync: settings.min_in_sync, pinned: false });
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
      this.#namespaces.set(namespace, {
        reads: this.metrics.readsOf(namespace),
        minInSync: cache.settings.min_in_sync,
        pinned: cache.settings.eviction === 'none',
      });
      engine.declareNamespace(namespace, { evictable: cache.settings.eviction === 'evict', share: shareOf(cache) });
    }
  }

  /**
   * Executes one frame that arrived at `arrivedMs`; raises `FrameError` when it is broken. Null when the reply has to
   * wait for other nodes: then `onHeld` gets it.
   */
  execute(frame: Uint8Array, arrivedMs: number, onHeld: (reply: Uint8Array) => void): Uint8Array | null {
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
    if (this.#dependencies.length > 0) this.#dependencies = [];
    if (this.#leases.length < reader.operationCount) this.#leases = new Uint8Array(reader.operationCount);
    this.#operation = 0;
    while (reader.next()) this.#executeOperation(tooLate);
    const endMs = clock.monotonicMs();
    const serviceMicros = Math.round((endMs - startMs) * 1_000);
    this.metrics.frames++;
    this.metrics.serviceMicros += serviceMicros;
    const reply = context.writer.finish(
      reader.frameIdLow,
      reader.frameIdHigh,
      slots.viewNumber,
      Math.max(this.#registryRevision, 0),
      serviceMicros,
    );
    const lapsed = endMs - startMs < nodeLimits.leaseCheckMs ? [] : this.#lapsed(reply);
    if (this.#dependencies.length > 0) {
      this.held.hold(reply, this.#dependencies, lapsed, startMs, arrivedMs + reader.deadlineMs, onHeld);
      return null;
    }
    if (lapsed.length === 0) return reply;
    return rewriteResults(reply, new Map(lapsed.map(({ resultStart }) => [resultStart, statusCode.not_ready])));
  }

  /** What was read in slots whose leases ran out meanwhile: it may have been true no longer. */
  #lapsed(reply: Uint8Array): Dependency[] {
    const lapsed: Dependency[] = [];
    resultStarts(reply).forEach((resultStart, index) => {
      const slot = readU16(reply, resultStart + 2);
      if (this.#leases[index] !== readUnderLease || this.#parts.replication.leaseHolds(slot)) return;
      lapsed.push({ slot, sequence: 0, resultStart, isWrite: false, copiesMin: 1 });
    });
    return lapsed;
  }

  #executeOperation(tooLate: boolean): void {
    const context = this.#context;
    const { reader, writer } = context;
    const index = this.#operation++;
    this.#leases[index] = freeOfLease;
    const refusal = this.#refusal(tooLate);
    if (refusal !== null) plainResult(context, refusal);
    else {
      const { reads, minInSync } = this.#served()!;
      context.changed = false;
      context.replicates = this.#parts.replication.hasFollowers(reader.slot);
      const record = reader.idempotencyStart >= 0 ? this.#executeMarked(reads) : this.#execute(reads);
      if (context.changed || record !== null) this.#append(record, minInSync);
      else this.#waitForPending(index, minInSync);
    }
    const status = writer.bytes[writer.resultStart]!;
    this.metrics.count(reader.code, status);
    if (reader.traceStart >= 0) this.#tellTraced(status);
  }

  /** The cache that the operation is about. */
  #served(): ServedCache | undefined {
    const { reader } = this.#context;
    return reader.code >= operationCodes.publish
      ? this.#spaces.get(reader.namespace)
      : this.#namespaces.get(reader.namespace);
  }

  /** Why the operation cannot be done here or now; null when it can. */
  #refusal(tooLate: boolean): ResultStatus | null {
    const { reader, writer } = this.#context;
    const { replication } = this.#parts;
    const admission = replication.admission(reader.slot);
    const balanced = (reader.flags & operationFlags.balanced) !== 0;
    if (admission !== 'serve' && !(balanced && replication.mayReadCopy(reader.slot))) return admission;
    const cache = this.#served();
    if (cache === undefined) return 'behind';
    if (tooLate) return 'overloaded';
    if (writer.length >= hopLimits.replyBytesMax) return 'deferred';
    if (!writes[reader.code]) return null;
    if (this.uncommitted.total >= nodeLimits.uncommittedBytesMax) return 'overloaded';
    if (cache.minInSync > 1 && replication.inSyncCopies(reader.slot) < cache.minInSync) return 'not_enough_copies';
    if (cache.pinned && grows[reader.code] && this.#leavesNoRoom()) return 'cache_full';
    return replication.nextSequence(reader.slot) > slotSequenceMax ? 'failed' : null;
  }

  /** Whether a write might find room here and none at a copy. */
  #leavesNoRoom(): boolean {
    const { slot, namespace } = this.#context.reader;
    const { replication, engine } = this.#parts;
    return replication.hasFollowers(slot) && engine.pinnedFill(namespace) > 1 - nodeLimits.pinnedHeadroom;
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

  #execute(reads: ReadCounts): null {
    dispatch(this.#context);
    if (this.#context.reader.code === operationCodes.get) countRead(reads, this.#status());
    return null;
  }

  #status(): number {
    const { writer } = this.#context;
    return writer.bytes[writer.resultStart]!;
  }

  /** A write under an idempotency mark: done once, and answered the same afterwards. Returns what was noted of it. */
  #executeMarked(reads: ReadCounts): MarkRecord | null {
    const context = this.#context;
    const { reader, writer, nowMs } = context;
    const { bytes, idempotencyStart, slot } = reader;
    const { idempotency } = this.#parts;
    const known = idempotency.recall(bytes, idempotencyStart, nowMs);
    if (known !== 'new') {
      // One request has one target: an answer that echoes another would break the whole frame for everybody in it.
      const isOther = known === 'other_request' || (known !== 'no_room' && readU32(known, 4) !== reader.hash);
      if (isOther) plainResult(context, 'idempotency_key_reused');
      else if (known === 'no_room') plainResult(context, 'idempotency_full');
      else writer.replay(known);
      return null;
    }
    this.#execute(reads);
    const result = writer.bytes.subarray(writer.resultStart, writer.length);
    if (!answersToRemember.has(result[0]!)) return null;
    idempotency.remember(slot, bytes, idempotencyStart, result, nowMs);
    // With one copy there is nobody to tell of an answer to a write that changed nothing.
    if (!context.replicates) return null;
    return {
      id: bytes.subarray(idempotencyStart, idempotencyStart + 16),
      fingerprint: bytes.subarray(idempotencyStart + 16, idempotencyStart + 32),
      remainingMs: limits.idempotencyWindowMs,
      result,
    };
  }

  /** Makes an entry of what the operation left; its result waits until all copies have it, of which so many there must be. */
  #append(record: MarkRecord | null, copiesMin: number): void {
    const { reader, writer, replicates, changed, effect } = this.#context;
    const { replication, topics, onAppended } = this.#parts;
    const { slot, hash } = reader;
    if (!replicates) {
      const sequence = replication.appendAlone(slot);
      if (reader.code === operationCodes.publish) topics.commit(slot, sequence);
      return;
    }
    const payload = encodeEffect(changed ? effect : noEffect, record);
    const sequence = replication.nextSequence(slot);
    this.uncommitted.add(slot, sequence, payload.length);
    replication.append(slot, hash, payload);
    onAppended();
    // At once only where no other copy is in sync, and there nothing that demands another was admitted in this turn.
    if (replication.committed(slot) >= sequence) return;
    this.#dependencies.push({ slot, sequence, resultStart: writer.resultStart, isWrite: true, copiesMin });
  }

  /** The operation changed nothing; what it told may be of an entry that not all copies have. */
  #waitForPending(index: number, minInSync: number): void {
    const { reader, writer, replicates } = this.#context;
    // A balanced read may be of any copy, and lag or lead.
    if (reader.flags & operationFlags.balanced) return;
    this.#leases[index] = readUnderLease;
    // Of topics, only what is committed is told.
    if (!replicates || reader.code > operationCodes.publish || !this.uncommitted.has(reader.slot)) return;
    const { replication } = this.#parts;
    const { slot, hash } = reader;
    // Of a mark that another request has, the other's key is not known.
    const sequence =
      this.#status() === statusCode.idempotency_key_reused
        ? replication.nextSequence(slot) - 1
        : replication.pendingSequence(slot, hash);
    if (sequence <= replication.committed(slot)) return;
    const { resultStart } = writer;
    // The first answer again says once more that the write was done.
    const isWrite = (writer.bytes[resultStart + 1]! & resultFlags.replayed) !== 0;
    this.#dependencies.push({ slot, sequence, resultStart, isWrite, copiesMin: isWrite ? minInSync : 1 });
  }

  /** Has the copies give up a topic that this node, as primary, has given up. */
  forgetTopic({ space, slot, name }: TopicAddress, pagesGiven: number): void {
    const { replication, onAppended } = this.#parts;
    if (!replication.hasFollowers(slot)) {
      replication.appendAlone(slot);
      return;
    }
    const payload = encodeEffect({ kind: 'forget', space, name, pagesGiven }, null);
    this.uncommitted.add(slot, replication.nextSequence(slot), payload.length);
    replication.append(slot, hashInSlot(slot), payload);
    onAppended();
  }

  /** Everything in the slot up to this sequence is on all copies that are in sync now. */
  onCommitted(slot: number, sequence: number): void {
    this.uncommitted.committed(slot, sequence);
    this.#parts.topics.commit(slot, sequence);
    this.held.committed(slot, sequence);
  }

  /** What of the slot is not committed will not be known to be. */
  onLost(slot: number): void {
    this.uncommitted.lost(slot);
    this.held.lost(slot, this.#parts.replication.committed(slot));
  }
}

/** A read that was put off (`deferred`) comes again, and counts then. */
function countRead(reads: ReadCounts, status: number): void {
  if (status === statusCode.done) reads.hits++;
  else if (status === statusCode.missing) reads.misses++;
}
