import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import type { FleetState, FleetStateSource } from '../shared/fleet-state.ts';
import { hopLimits, retryAfterSeconds } from '../shared/limits.ts';
import type { CacheHandle, Operation, OperationResult, ReadOperation } from '../shared/operation.ts';
import type { Log } from '../shared/process.ts';
import { keyHash } from '../shared/slots.ts';
import { CacheDirectory } from './cache-directory.ts';
import { FrameIds } from './frame-ids.ts';
import { type LaneOwner, NodeLane } from './node-lane.ts';
import { type OutcomeReceiver, PendingOperation } from './pending-operation.ts';
import { type RetryReason, RoutingMetrics } from './routing-metrics.ts';
import { lanesOf, type NodeLink, SlotRoutes } from './slot-routes.ts';
import { SlotWaits } from './slot-waits.ts';
import type { Transport, TransportFailure } from './transport.ts';

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
  /** The client's zone, whose copies balanced reads go to. */
  readonly zone?: string | undefined;
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
 *
 * What a slot that is not served refuses waits inside its deadline (`slot-waits.ts`). A node that the newest view
 * declares silent is not waited for: reads and marked writes that it has been sent go to the new primary at once, and
 * its answers to them are ignored; other writes may still be answered, until their deadline.
 */
export class FleetClient implements LaneOwner {
  readonly directory: CacheDirectory;
  readonly metrics = new RoutingMetrics();
  readonly transport: Transport;
  readonly clock: Clock;
  readonly frameIds: FrameIds;
  readonly #parts: FleetClientParts;
  readonly #routes: SlotRoutes;
  readonly #waits: SlotWaits;
  readonly #stopFollowing: () => void;
  #cancelExpiry: (() => void) | null = null;
  #closed = false;

  constructor(parts: FleetClientParts) {
    this.#parts = parts;
    this.directory = parts.directory ?? new CacheDirectory();
    this.transport = parts.transport;
    this.clock = parts.clock;
    this.frameIds = new FrameIds(parts.random);
    const { clock, random, delay } = parts;
    this.#routes = new SlotRoutes((url) => this.#connect(url), parts.zone);
    this.#waits = new SlotWaits({
      clock,
      random,
      delay,
      send: (pending) => this.#send(pending),
      hasRoom: (pending) => this.#hasRoom(pending),
    });
    this.#apply(parts.source.current());
    this.#stopFollowing = parts.source.onChange((state) => this.#apply(state));
  }

  viewNumber(): number {
    return this.#routes.viewNumber;
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
   * for a hash whose slot the node serves. When slots get another primary meanwhile, all nodes are asked again: one
   * would be asked twice, or not at all. Raises as `execute` does, for the first node that fails.
   */
  async executeAtAll(
    operation: (hash: number) => ReadOperation,
    trace: Uint8Array | null = null,
    deadlineMs: number = hopLimits.deadlineMs,
  ): Promise<OperationResult[]> {
    const endMs = this.clock.monotonicMs() + deadlineMs;
    for (;;) {
      const { version } = this.#routes;
      const hashes = this.#routes.hashOfEachNode();
      const leftMs = endMs - this.clock.monotonicMs();
      if (hashes.length === 0 || leftMs <= 0) throw unavailable();
      const results = await Promise.all(hashes.map((hash) => this.execute(operation(hash), trace, leftMs)));
      if (this.#routes.version === version) return results;
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
    for (const link of this.#routes.links()) link.connection.close();
    for (const pending of this.#waits.close()) this.#giveUp(pending);
  }

  /** Operations that wait for another attempt, and their bytes. */
  get waiting(): { readonly operations: number; readonly bytes: number } {
    return this.#waits;
  }

  onResult(pending: PendingOperation, result: OperationResult): void {
    // Its deadline has passed meanwhile, and the outcome was told: it must not be tried again.
    if (pending.settled) return;
    switch (result.status) {
      case 'moved':
        this.#refresh();
        return this.#retry(pending, 'moved', hopLimits.notReadyDelayMsMax);
      case 'not_ready':
        return this.#retry(pending, 'not_ready', hopLimits.notReadyDelayMsMax);
      case 'behind':
        this.#refresh();
        this.metrics.retried('behind');
        return this.#waits.enterAlone(pending) ? undefined : this.#refuseOverload(pending);
      case 'deferred':
        if (pending.alone) return this.#refuse(pending, failed());
        pending.alone = true;
        return this.#send(pending);
      case 'unknown':
        pending.maybeDone = true;
        return pending.repeatable
          ? this.#retry(pending, 'unknown', hopLimits.notReadyDelayMsMax)
          : this.#giveUp(pending);
      case 'overloaded':
        return this.#refuse(pending, overloaded());
      case 'failed':
        return this.#refuse(pending, failed());
      case 'idempotency_full':
      case 'not_enough_copies':
        return pending.maybeDone ? this.#giveUp(pending) : this.#settle(pending, result);
      default:
        return this.#settle(pending, result);
    }
  }

  onFailure(pending: PendingOperation, failure: TransportFailure): void {
    if (failure.sent) pending.maybeDone = true;
    const late = pending.deadlineMs <= this.clock.monotonicMs();
    if (late || this.#closed || (failure.sent && !pending.repeatable)) return this.#giveUp(pending);
    this.#refresh();
    this.#retry(pending, failure.sent ? 'broken' : 'unreachable', hopLimits.retryDelayMsMax);
  }

  /** Tries an operation that has just come, unless others wait for its slot already. */
  #attempt(pending: PendingOperation, nowMs: number): void {
    if (!pending.balanced && this.#waits.has(pending.slot) && !this.#closed) return this.#waitForSlot(pending);
    this.#send(pending, nowMs);
  }

  #send(pending: PendingOperation, nowMs = this.clock.monotonicMs()): void {
    const { operation, slot } = pending;
    if (pending.settled) return;
    if (this.#closed || pending.deadlineMs <= nowMs) return this.#giveUp(pending);
    if (operation.cache.namespace === 0)
      return pending.settle(null, new GodwitError('cache_not_found', 'The account has no cache of this name.'));
    const primary = this.#routes.primary(slot);
    const link = pending.balanced ? (this.#routes.copy(slot, operation.hash) ?? primary) : primary;
    if (link === null) return this.#retry(pending, 'unserved', hopLimits.retryDelayMsMax);
    pending.atCopy = link !== primary;
    if (this.#laneOf(link, pending).enqueue(pending, nowMs)) {
      if (pending.read) this.metrics.countRead(pending);
      return;
    }
    // What has waited once goes on waiting: after a failover everything comes at once.
    if (pending.attempts > 0 || pending.atCopy) return this.#retry(pending, 'lane_full', hopLimits.retryDelayMsMax);
    this.#refuseOverload(pending);
  }

  /** Whether the lane that an operation would take now has room; true when there is none, which is no matter of room. */
  #hasRoom(pending: PendingOperation): boolean {
    const link = this.#routes.primary(pending.slot);
    return link === null || this.#laneOf(link, pending).hasRoom(pending);
  }

  /** Tries again: a read that a copy did not serve at its primary at once, all else when its slot is served. */
  #retry(pending: PendingOperation, reason: RetryReason, delayMsMax: number): void {
    if (pending.settled) return;
    this.metrics.retried(reason);
    pending.balanced = false;
    if (!pending.atCopy) return this.#waitForSlot(pending, delayMsMax);
    pending.atCopy = false;
    this.#attempt(pending, this.clock.monotonicMs());
  }

  #waitForSlot(pending: PendingOperation, delayMsMax?: number): void {
    if (!this.#waits.enter(pending, delayMsMax)) return this.#refuseOverload(pending);
    if (pending.waitsSinceMs < 0) pending.waitsSinceMs = this.clock.monotonicMs();
  }

  #refresh(): void {
    void this.#parts.source.refresh(hopLimits.deadlineMs).catch(() => {});
  }

  /** Hands out a result, which also says that its slot is served. */
  #settle(pending: PendingOperation, result: OperationResult): void {
    if (pending.waitsSinceMs >= 0)
      this.metrics.waitSeconds.observe((this.clock.monotonicMs() - pending.waitsSinceMs) / 1_000);
    pending.settle(result, null);
    if (!pending.atCopy && this.#waits.has(pending.slot)) this.#waits.release(pending.slot);
  }

  #refuseOverload(pending: PendingOperation): void {
    this.metrics.refused++;
    this.#refuse(pending, overloaded());
  }

  /** Settles with a refusal that says that nothing was done, unless an earlier attempt may have done it. */
  #refuse(pending: PendingOperation, refusal: GodwitError): void {
    if (pending.maybeDone && !pending.read) this.#giveUp(pending);
    else pending.settle(null, refusal);
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
      for (const link of this.#routes.links()) {
        for (const lane of lanesOf(link)) {
          if (lane.idle) continue;
          lane.expire(nowMs);
          busy = true;
        }
      }
      if (this.#waits.operations > 0) {
        busy = true;
        for (const pending of this.#waits.expired(nowMs)) this.#giveUp(pending);
      }
      this.#cancelExpiry = null;
      if (busy && !this.#closed) this.#scheduleExpiry();
    });
  }

  #apply(state: FleetState): void {
    const { revision } = this.directory;
    this.directory.apply(state.registry);
    if (state.view.number > this.#routes.viewNumber) this.#applyView(state);
    if (this.directory.revision > revision) this.#waits.releaseAll();
  }

  #applyView({ view }: FleetState): void {
    const change = this.#routes.apply(view);
    const elsewhere: PendingOperation[] = [];
    for (const link of change.gone) {
      for (const lane of lanesOf(link)) elsewhere.push(...lane.takeWaiting(() => true));
      link.connection.close();
    }
    for (const link of new Set([...change.deposed, ...change.silent])) {
      const isElsewhere = (pending: PendingOperation): boolean => !this.#routes.leadsTo(link, pending);
      for (const lane of lanesOf(link)) {
        elsewhere.push(...lane.takeWaiting(isElsewhere));
        if (change.silent.has(link)) elsewhere.push(...lane.abandon(isElsewhere));
      }
    }
    for (const slot of change.slots) if (this.#waits.has(slot)) this.#waits.probe(slot);
    const nowMs = this.clock.monotonicMs();
    for (const pending of elsewhere) {
      if (pending.settled) continue;
      this.metrics.retried('rerouted');
      pending.balanced = false;
      pending.attempts++;
      this.#attempt(pending, nowMs);
    }
  }

  #connect(url: string): NodeLink {
    const connection = this.transport.connect(url);
    return {
      connection,
      lanes: {
        read: new NodeLane(this, connection, 'read'),
        bulk_read: new NodeLane(this, connection, 'bulk_read'),
      },
      writes: Array.from({ length: hopLimits.writeLanes }, () => new NodeLane(this, connection, 'write')),
      bulkWrites: Array.from({ length: hopLimits.writeLanes }, () => new NodeLane(this, connection, 'bulk_write')),
    };
  }

  #laneOf({ lanes, writes, bulkWrites }: NodeLink, pending: PendingOperation): NodeLane {
    const isLarge = pending.alone || pending.bytes > hopLimits.ownFrameBytes;
    if (pending.read) return isLarge ? lanes.bulk_read : lanes.read;
    return (isLarge ? bulkWrites : writes)[this.#routes.writeLane(pending.slot)]!;
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
