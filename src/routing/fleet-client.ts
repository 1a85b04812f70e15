import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import type { FleetState, FleetStateSource } from '../shared/fleet-state.ts';
import { hopLimits, retryAfterSeconds } from '../shared/limits.ts';
import type { CacheHandle, Operation, OperationResult, ReadOperation } from '../shared/operation.ts';
import type { Log } from '../shared/process.ts';
import { hashInSlot, keyHash, slotCount, slotOf } from '../shared/slots.ts';
import { CacheDirectory } from './cache-directory.ts';
import { FrameIds } from './frame-ids.ts';
import { type LaneOwner, NodeLane } from './node-lane.ts';
import { type OutcomeReceiver, PendingOperation } from './pending-operation.ts';
import { RoutingMetrics } from './routing-metrics.ts';
import type { Lane, NodeConnection, Transport, TransportFailure } from './transport.ts';

interface FleetClientParts {
  readonly source: FleetStateSource;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** One that several clients share; left out, a client has one of its own. */
  readonly directory?: CacheDirectory;
}

interface NodeLink {
  readonly connection: NodeConnection;
  readonly lanes: Record<Lane, NodeLane>;
}

/** How often deadlines are looked at, in ms: a late outcome is at most this much later. */
const expiryIntervalMs = 25;

/**
 * The one door to storage: routes each operation by its slot to the node that holds it, gathered with others,
 * and answers with what is certain.
 *
 * Outcomes are three-valued. A result says what happened; `storage_unavailable`, `overloaded` and
 * `cache_not_found` say that nothing was done; `outcome_unknown` says that a write may or may not have been
 * (rule P11: only what was certainly not done, what reads, or what carries an idempotency mark is repeated).
 */
export class FleetClient implements LaneOwner {
  readonly directory: CacheDirectory;
  readonly metrics = new RoutingMetrics();
  readonly transport: Transport;
  readonly clock: Clock;
  readonly frameIds: FrameIds;
  readonly #parts: FleetClientParts;
  readonly #links = new Map<string, NodeLink>();
  readonly #linkOfSlot: (NodeLink | null)[] = new Array(slotCount).fill(null);
  /** Operations between two attempts. */
  readonly #retrying = new Set<PendingOperation>();
  #retryingBytes = 0;
  readonly #stopFollowing: () => void;
  #viewNumber = -1;
  #cancelExpiry: (() => void) | null = null;
  #closed = false;

  constructor(parts: FleetClientParts) {
    this.#parts = parts;
    this.directory = parts.directory ?? new CacheDirectory();
    this.transport = parts.transport;
    this.clock = parts.clock;
    this.frameIds = new FrameIds(parts.random);
    this.#apply(parts.source.current());
    this.#stopFollowing = parts.source.onChange((state) => this.#apply(state));
  }

  viewNumber(): number {
    return this.#viewNumber;
  }

  registryRevision(): number {
    return Math.max(this.directory.revision, 0);
  }

  /** Where a key of a cache goes. */
  target(cache: CacheHandle, key: Uint8Array): { cache: CacheHandle; key: Uint8Array; hash: number } {
    return { cache, key, hash: keyHash(cache.seed, key) };
  }

  /** Executes an operation; raises `GodwitError` as the class says. `deadlineMs` is the time it may take. */
  execute(
    operation: Operation,
    trace: Uint8Array | null = null,
    deadlineMs: number = hopLimits.deadlineMs,
  ): Promise<OperationResult> {
    return new Promise((resolve, reject) => {
      this.submit(operation, trace, deadlineMs, (result, error) => (result === null ? reject(error) : resolve(result)));
    });
  }

  /**
   * Executes a read once at every node that serves slots, and gives the results in no order; `operation` makes it
   * for a hash whose slot the node serves. When the view changes meanwhile, all of them are asked again: a node
   * would be asked twice, or not at all. Raises as `execute` does, for the first node that fails.
   */
  async executeAtAll(
    operation: (hash: number) => ReadOperation,
    trace: Uint8Array | null = null,
    deadlineMs: number = hopLimits.deadlineMs,
  ): Promise<OperationResult[]> {
    const endMs = this.clock.monotonicMs() + deadlineMs;
    for (;;) {
      const viewNumber = this.#viewNumber;
      const hashes = this.#hashOfEachNode();
      const leftMs = endMs - this.clock.monotonicMs();
      if (hashes.length === 0 || leftMs <= 0) throw unavailable();
      const results = await Promise.all(hashes.map((hash) => this.execute(operation(hash), trace, leftMs)));
      if (this.#viewNumber === viewNumber) return results;
    }
  }

  /** `execute` without a promise, for the path where each counts. */
  submit(operation: Operation, trace: Uint8Array | null, deadlineMs: number, receiver: OutcomeReceiver): void {
    const nowMs = this.clock.monotonicMs();
    const pending = new PendingOperation(operation, trace, nowMs + deadlineMs, receiver);
    if (this.#cancelExpiry === null) this.#scheduleExpiry();
    this.#attempt(pending, nowMs);
  }

  /** Stops; what is still under way fails. */
  close(): void {
    this.#closed = true;
    this.#stopFollowing();
    this.#cancelExpiry?.();
    for (const link of this.#links.values()) link.connection.close();
    this.#links.clear();
    for (const pending of this.#retrying) this.#giveUp(pending);
  }

  onResult(pending: PendingOperation, result: OperationResult): void {
    // Its deadline has passed meanwhile, and the outcome was told: it must not be tried again.
    if (pending.settled) return;
    switch (result.status) {
      case 'moved':
      case 'behind':
        void this.#parts.source.refresh(hopLimits.deadlineMs).catch(() => {});
        return this.#retryLater(pending);
      case 'deferred':
        if (pending.alone) return this.#refuse(pending, failed());
        pending.alone = true;
        return this.#attempt(pending);
      case 'overloaded':
        return this.#refuse(pending, overloaded());
      case 'idempotency_full':
        return pending.maybeDone ? this.#giveUp(pending) : pending.settle(result, null);
      case 'failed':
        return this.#refuse(pending, failed());
      default:
        return pending.settle(result, null);
    }
  }

  onFailure(pending: PendingOperation, failure: TransportFailure): void {
    if (failure.sent) pending.maybeDone = true;
    const late = pending.deadlineMs <= this.clock.monotonicMs();
    if (late || this.#closed || (failure.sent && !pending.repeatable)) return this.#giveUp(pending);
    void this.#parts.source.refresh(hopLimits.deadlineMs).catch(() => {});
    this.#retryLater(pending);
  }

  #attempt(pending: PendingOperation, nowMs = this.clock.monotonicMs()): void {
    const { operation } = pending;
    if (this.#closed) return this.#giveUp(pending);
    if (operation.cache.namespace === 0)
      return pending.settle(null, new GodwitError('cache_not_found', 'The account has no cache of this name.'));
    const link = this.#linkOfSlot[slotOf(operation.hash)]!;
    if (link === null) return this.#retryLater(pending);
    const bulk = pending.alone || pending.bytes > hopLimits.ownFrameBytes;
    const lane = link.lanes[bulk ? 'bulk' : pending.read ? 'read' : 'write'];
    if (lane.enqueue(pending, nowMs)) return;
    this.metrics.refused++;
    this.#refuse(pending, overloaded());
  }

  /** Settles with a refusal that says that nothing was done, unless an earlier attempt may have done it. */
  #refuse(pending: PendingOperation, refusal: GodwitError): void {
    if (pending.maybeDone && !pending.read) this.#giveUp(pending);
    else pending.settle(null, refusal);
  }

  /** Tries again after a while, or as soon as the state has changed. */
  #retryLater(pending: PendingOperation): void {
    if (pending.settled) return;
    const { retryingOperationsMax, retryingBytesMax } = hopLimits;
    if (this.#retrying.size >= retryingOperationsMax || this.#retryingBytes + pending.bytes > retryingBytesMax) {
      this.metrics.refused++;
      return this.#refuse(pending, overloaded());
    }
    this.metrics.retries++;
    const backOffMs = Math.min(
      hopLimits.retryDelayMsMax,
      hopLimits.retryDelayMsMin * 2 ** Math.min(pending.attempts++, 10),
    );
    this.#retrying.add(pending);
    this.#retryingBytes += pending.bytes;
    this.#parts.delay(backOffMs * (0.5 + this.#parts.random() / 2), () => this.#retry(pending));
  }

  #retry(pending: PendingOperation): void {
    if (this.#leaveRetrying(pending) && !pending.settled) this.#attempt(pending);
  }

  #leaveRetrying(pending: PendingOperation): boolean {
    const left = this.#retrying.delete(pending);
    if (left) this.#retryingBytes -= pending.bytes;
    return left;
  }

  /** Settles an operation that has no answer, by what is known of it. */
  #giveUp(pending: PendingOperation): void {
    if (pending.settled) return;
    if (!pending.maybeDone) return pending.settle(null, unavailable());
    if (pending.read)
      return pending.settle(null, new GodwitError('deadline_exceeded', 'The read was not answered in time.'));
    this.metrics.unknownOutcomes++;
    pending.settle(
      null,
      new GodwitError('outcome_unknown', 'The write was sent, but its answer did not come back.', {
        extra: { outcome: 'unknown' },
      }),
    );
  }

  #scheduleExpiry(): void {
    this.#cancelExpiry = this.#parts.delay(expiryIntervalMs, () => {
      const nowMs = this.clock.monotonicMs();
      let busy = false;
      for (const link of this.#links.values()) {
        for (const lane of Object.values(link.lanes)) {
          if (lane.idle) continue;
          lane.expire(nowMs);
          busy = true;
        }
      }
      for (const pending of this.#retrying) {
        busy = true;
        if (pending.deadlineMs > nowMs) continue;
        this.#leaveRetrying(pending);
        this.#giveUp(pending);
      }
      this.#cancelExpiry = null;
      if (busy && !this.#closed) this.#scheduleExpiry();
    });
  }

  #apply(state: FleetState): void {
    this.directory.apply(state.registry);
    if (state.view.number > this.#viewNumber) this.#applyView(state);
    const retrying = [...this.#retrying];
    for (const pending of retrying) this.#retry(pending);
  }

  #applyView({ view }: FleetState): void {
    this.#viewNumber = view.number;
    const links = view.nodes.map((node) => {
      const name = `${node.id}/${node.incarnation}/${node.url}`;
      let link = this.#links.get(name);
      if (link === undefined) {
        link = this.#connect(node.url);
        this.#links.set(name, link);
      }
      return { name, link };
    });
    for (let slot = 0; slot < slotCount; slot++) {
      const primary = view.slots[slot]![2][0];
      this.#linkOfSlot[slot] = primary === undefined ? null : links[primary]!.link;
    }
    const current = new Set(links.map(({ name }) => name));
    for (const [name, link] of this.#links) {
      if (current.has(name)) continue;
      this.#links.delete(name);
      const stranded = Object.values(link.lanes).flatMap((lane) => lane.drainWaiting());
      link.connection.close();
      for (const pending of stranded) if (!pending.settled) this.#attempt(pending);
    }
  }

  /** For each node that serves slots, a hash whose slot it serves. */
  #hashOfEachNode(): number[] {
    const hashes = new Map<NodeLink, number>();
    this.#linkOfSlot.forEach((link, slot) => {
      if (link !== null && !hashes.has(link)) hashes.set(link, hashInSlot(slot));
    });
    return [...hashes.values()];
  }

  #connect(url: string): NodeLink {
    const connection = this.transport.connect(url);
    return {
      connection,
      lanes: {
        read: new NodeLane(this, connection, 'read'),
        write: new NodeLane(this, connection, 'write'),
        bulk: new NodeLane(this, connection, 'bulk'),
      },
    };
  }
}

function overloaded(): GodwitError {
  return new GodwitError('overloaded', 'A queue is full; nothing was done.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

function failed(): GodwitError {
  return new GodwitError('internal_error', 'The storage node failed.');
}

function unavailable(): GodwitError {
  return new GodwitError('storage_unavailable', 'The storage node could not be reached in time; nothing was done.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
