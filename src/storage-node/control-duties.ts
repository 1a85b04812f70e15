import type { Clock } from '../shared/clock.ts';
import type { ControlLinkOptions } from '../shared/control-link/call.ts';
import { HeartbeatSender } from '../shared/control-link/heartbeat-sender.ts';
import { controlLinkLimits } from '../shared/control-link/limits.ts';
import { ProposalSender } from '../shared/control-link/proposal-sender.ts';
import type { Heartbeat, HeartbeatAnswer, NodeRegistration } from '../shared/control-link/protocol.ts';
import { registerNode } from '../shared/control-link/register-node.ts';
import { reportGone } from '../shared/control-link/report-gone.ts';
import type { Log } from '../shared/process.ts';
import type { SegcacheEngine } from './engine/segcache.ts';
import { nodeLimits } from './limits.ts';
import type { NodeCore } from './node-core.ts';
import type { Proposal } from './replication/environment.ts';

interface ControlDutiesParts extends ControlLinkOptions {
  readonly registration: Omit<NodeRegistration, 'url'>;
  readonly core: NodeCore<SegcacheEngine>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBehind: () => void;
  readonly onDismissed: () => void;
}

/** What a storage node owes the control plane: its registration, heartbeats, proposals, and to say when it leaves. */
export class ControlDuties {
  readonly #parts: ControlDutiesParts;
  readonly #heartbeats: HeartbeatSender;
  readonly #proposals: ProposalSender;
  readonly #stopped = new AbortController();
  #url = '';
  #registering = false;
  #leaving = false;
  #onLeft: () => void = () => {};
  #operations = 0;
  #countedMs = 0;
  #operationsPerSecond = 0;
  #notServing = 0;

  constructor(parts: ControlDutiesParts) {
    this.#parts = parts;
    const { id, incarnation } = parts.registration;
    this.#heartbeats = new HeartbeatSender({
      ...parts,
      heartbeat: () => this.#heartbeat(),
      onAnswer: (answer) => this.#onAnswer(answer),
    });
    this.#proposals = new ProposalSender({
      ...parts,
      id,
      incarnation,
      onAnswer: ({ view }) => this.#notice(view),
    });
  }

  get counts() {
    return { heartbeats: this.#heartbeats.counts, proposals: this.#proposals.counts };
  }

  /** Resolves with the number of a view that names this life. */
  register(url: string): Promise<{ view: number }> {
    this.#url = url;
    const { registration, log } = this.#parts;
    return registerNode({
      ...this.#parts,
      log,
      signal: this.#stopped.signal,
      registration: { ...registration, url },
    });
  }

  start(): void {
    this.#heartbeats.start();
  }

  propose(proposal: Proposal): void {
    this.#proposals.propose(proposal);
  }

  /** A view was applied: the planner may be waiting for what it says. */
  onApplied(): void {
    this.#heartbeats.hurry();
  }

  /** Has others take what this node holds; resolves when that is done, after the deadline, or when it is cut short. */
  async leave(deadlineMs: number, cutShort?: Promise<void>): Promise<void> {
    this.#leaving = true;
    this.#heartbeats.hurry();
    await new Promise<void>((resolve) => {
      const isTooSoon = (): void => {
        this.#parts.log.warn({}, 'left before all slots were taken over');
        done();
      };
      const timer = setTimeout(isTooSoon, deadlineMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#onLeft = done;
      void cutShort?.then(isTooSoon);
    });
  }

  /** Ends; `gone` says so to the control plane, which then need not wait for this life's silence. */
  async stop({ gone }: { readonly gone: boolean }): Promise<void> {
    this.#stopped.abort();
    await Promise.all([this.#heartbeats.stop(), this.#proposals.stop()]);
    if (!gone) return;
    const { id, incarnation } = this.#parts.registration;
    const signal = AbortSignal.timeout(nodeLimits.goneReportMsMax);
    await reportGone({ ...this.#parts, life: { id, incarnation }, signal });
  }

  #heartbeat(): Heartbeat {
    const { registration, core } = this.#parts;
    const { replication, slots, engine } = core;
    this.#countOperations();
    const notServing = replication.notServing();
    this.#notServing = notServing.length;
    const { memoryBytes, freeBytes } = engine.statistics();
    return {
      id: registration.id,
      incarnation: registration.incarnation,
      view: slots.viewNumber,
      not_serving: notServing.length,
      not_serving_slots: notServing.slice(0, controlLinkLimits.notServingSlotsMax),
      memory_bytes: memoryBytes,
      memory_bytes_used: memoryBytes - freeBytes,
      operations_per_second: this.#operationsPerSecond,
      peers: replication
        .silences()
        .slice(0, controlLinkLimits.heartbeatPeersMax)
        .map(({ life, silentMs }) => ({ life, silent_ms: silentMs })),
      copies_lagging: replication.slotsLagging(),
      log_bytes: replication.logBytes(),
      leaving: this.#leaving,
    };
  }

  /** An average of about the last second. */
  #countOperations(): void {
    const { core, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const elapsedMs = nowMs - this.#countedMs;
    if (elapsedMs < 1_000) return;
    const operations = core.executor.metrics.operations.reduce((sum, count) => sum + count, 0);
    this.#operationsPerSecond = Math.max(0, ((operations - this.#operations) * 1_000) / elapsedMs);
    this.#operations = operations;
    this.#countedMs = nowMs;
  }

  #onAnswer({ view, registered, left }: HeartbeatAnswer): void {
    this.#notice(view);
    if (left && this.#leaving) this.#onLeft();
    if (!registered && !this.#leaving) void this.#registerAgain();
    // The sooner it is known that slots are served, the sooner their former copies may go.
    if (this.#notServing > 0 && this.#parts.core.replication.notServing().length === 0) this.#heartbeats.hurry();
  }

  #notice(view: number): void {
    if (view > this.#parts.core.slots.viewNumber) this.#parts.onBehind();
  }

  /** The view does not name this life: it was given up while it was silent, or the control plane lost its state. */
  async #registerAgain(): Promise<void> {
    if (this.#registering) return;
    this.#registering = true;
    const { log, onBehind, onDismissed } = this.#parts;
    log.warn({}, 'the view does not name this life: registering again');
    try {
      await this.register(this.#url);
      onBehind();
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      log.error({ err: error }, 'the fleet takes this life for ended');
      onDismissed();
    } finally {
      this.#registering = false;
    }
  }
}
