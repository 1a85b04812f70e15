import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/process.ts';
import { failure } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import type { Timers } from '../timers.ts';
import { restartDelayMs } from './back-off.ts';
import type { ChildMessage, ParentMessage, RoleAddress } from './messages.ts';

export type RoleName = 'control' | 'storage' | 'gateway';

/** One process that should be running. */
export interface ChildPlan {
  readonly id: string;
  readonly role: RoleName;
  /** Arguments after the role's command. */
  readonly flags: readonly string[];
  /** Further ones, as long as the child has never been ready. */
  readonly firstFlags?: readonly string[];
  /** It is given the listener of the process before it. */
  readonly isSuccessor?: boolean;
}

/** A running process, as the supervisor sees it. */
export interface ChildProcessHandle {
  /** @param handle a socket that goes with it, and is closed here then */
  send(message: ParentMessage, handle?: unknown): void;
  /** Ends it at once (SIGKILL). */
  kill(): void;
  onMessage(listener: (message: ChildMessage, handle?: unknown) => void): void;
  /** Called once; `code` is null when a signal ended the process. */
  onExit(listener: (code: number | null, signal: string | null) => void): void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The line of a child that could not start as configured. */
  readonly message: string | undefined;
  /** Whether this child was ever ready, in any of its lives. */
  readonly wasReady: boolean;
  /** Deaths in a row. */
  readonly deaths: number;
}

export interface ChildDependencies {
  readonly launch: (plan: ChildPlan) => ChildProcessHandle;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** What a supervisor wants to know of a child. */
export interface ChildEvents {
  onReady(address: RoleAddress): void;
  /** It ended without having been told to, and is started again after a wait unless the listener stops it. */
  onExit(exit: ChildExit): void;
  /** A process of it has ended, whatever the cause; `address` is what it was reached at if it was ever ready. */
  onEnd?(address: RoleAddress | undefined): void;
}

/** How a running process is to end. */
export interface EndOrder {
  readonly deadlineMs: number;
  /** A storage node hands its slots over first. */
  readonly leave: boolean;
}

/** One process of a child. */
class ChildLife {
  readonly handle: ChildProcessHandle;
  readonly startedAtMs: number;
  address: RoleAddress | undefined;
  failedMessage: string | undefined;
  /** Whether its end was asked for, so that it is no death. */
  endExpected = false;
  ended = false;
  onReady: () => void = () => {};
  onListener: (handle: unknown) => void = () => {};
  onEnded: () => void = () => {};

  constructor(handle: ChildProcessHandle, startedAtMs: number) {
    this.handle = handle;
    this.startedAtMs = startedAtMs;
  }
}

/** One child over all its lives: started, watched, restarted with back-off, replaced by a newer one, drained. */
export class SupervisedChild {
  readonly plan: ChildPlan;
  readonly #dependencies: ChildDependencies;
  readonly #events: ChildEvents;
  /** The process that counts; a second one lives beside it only while one replaces the other. */
  #life: ChildLife | undefined;
  readonly #lives = new Set<ChildLife>();
  #deaths = 0;
  #everReady = false;
  #incarnation: string | undefined;
  #stopping = false;
  #fleetStops = false;
  #cancelRestart: (() => void) | undefined;
  #cancelTerm: (() => void) | undefined;

  constructor(plan: ChildPlan, dependencies: ChildDependencies, events: ChildEvents) {
    this.plan = plan;
    this.#dependencies = dependencies;
    this.#events = events;
  }

  /** Where it is reached; undefined while it is starting. */
  get address(): RoleAddress | undefined {
    return this.#life?.address;
  }

  /** Of the newest life that was ready: a node that has just died is still known to its fleet by it. */
  get incarnation(): string | undefined {
    return this.#incarnation;
  }

  start(): void {
    this.#life = this.#launch();
  }

  /** From now on it is drained in its tier's turn only, whatever signal it gets itself. */
  fleetStops(): void {
    this.#fleetStops = true;
    this.#cancelTerm?.();
  }

  /** Ends it for good: asks it to drain, and cuts it off when it is still there a moment after the deadline. */
  async drain(deadlineMs: number, options: { leave?: boolean } = {}): Promise<void> {
    this.#stopping = true;
    this.#cancelTimers();
    await Promise.all([...this.#lives].map((life) => this.#end(life, { deadlineMs, leave: options.leave === true })));
  }

  /**
   * Ends the process and starts it anew, from the entry file as it is by then; resolves when that one is ready.
   * @throws CliError (exit code 1) when it is not ready in time; it is tried on all the same
   */
  async restart(order: EndOrder): Promise<void> {
    if (this.#life) await this.#end(this.#life, order);
    if (this.#stopping) throw failure(`${this.plan.id} was stopped`);
    this.#cancelTimers();
    const next = this.#launch();
    this.#life = next;
    await this.#untilReady(next);
  }

  /**
   * Starts the process anew beside the running one, and ends that when the new one is ready. The new one is given the
   * socket that the old one listens on: were that closed, the system would reset the connections that wait in it.
   * @throws CliError (exit code 1) when it does not become ready; the old one runs on
   */
  async replace(order: EndOrder): Promise<void> {
    const listener = await this.#listenerOf(this.#life);
    if (this.#stopping) throw failure(`${this.plan.id} was stopped`);
    const next = this.#launch({ isSuccessor: true });
    next.handle.send({ type: 'listener' }, listener);
    // whatever becomes of it, the one that runs is there
    next.endExpected = true;
    try {
      await this.#untilReady(next);
    } catch (error) {
      next.handle.kill();
      throw error;
    }
    if (this.#stopping) throw failure(`${this.plan.id} was stopped`);
    this.#cancelTimers();
    const previous = this.#life;
    this.#life = next;
    next.endExpected = false;
    if (previous) await this.#end(previous, order);
  }

  /** Ends it for good and at once. */
  kill(): void {
    this.#stopping = true;
    this.#cancelTimers();
    for (const life of this.#lives) life.handle.kill();
  }

  /** The socket of the process's public listener; undefined when it has none, or does not answer. */
  #listenerOf(life: ChildLife | undefined): Promise<unknown> {
    if (!life?.address) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const cancel = this.#dependencies.timers.after(cliLimits.handOverMs, () => resolve(undefined));
      life.onListener = (handle) => {
        cancel();
        resolve(handle);
      };
      life.handle.send({ type: 'hand_over' });
    });
  }

  #launch(more: Pick<ChildPlan, 'isSuccessor'> = {}): ChildLife {
    const { launch, clock } = this.#dependencies;
    const { flags, firstFlags = [] } = this.plan;
    const plan = { ...this.plan, ...more };
    const handle = launch(this.#everReady ? plan : { ...plan, flags: [...flags, ...firstFlags] });
    const life = new ChildLife(handle, clock.monotonicMs());
    this.#lives.add(life);
    handle.onMessage((message, socket) => this.#message(life, message, socket));
    handle.onExit((code, signal) => this.#exit(life, code, signal));
    return life;
  }

  #end(life: ChildLife, { deadlineMs, leave }: EndOrder): Promise<void> {
    if (life.ended) return Promise.resolve();
    life.endExpected = true;
    return new Promise((resolve) => {
      const cancel = this.#dependencies.timers.after(deadlineMs + cliLimits.drainGraceMs, () => {
        this.#dependencies.log.warn({ child: this.plan.id }, 'child did not drain in time and is cut off');
        life.handle.kill();
      });
      const told = life.onEnded;
      life.onEnded = () => {
        cancel();
        told();
        resolve();
      };
      life.handle.send({ type: 'drain', deadlineMs, ...(leave ? { leave } : {}) });
    });
  }

  #untilReady(life: ChildLife): Promise<void> {
    const { timers } = this.#dependencies;
    const { id } = this.plan;
    return new Promise((resolve, reject) => {
      const fail = (what: string) => reject(failure(`${id} ${what}; its log lines say why`));
      const cancel = timers.after(cliLimits.startTimeoutMs, () =>
        fail(`was not ready within ${cliLimits.startTimeoutMs / 1_000} s`),
      );
      life.onReady = () => {
        cancel();
        resolve();
      };
      const told = life.onEnded;
      life.onEnded = () => {
        cancel();
        told();
        fail(life.failedMessage === undefined ? 'ended before it was ready' : `cannot start: ${life.failedMessage}`);
      };
    });
  }

  #message(life: ChildLife, message: ChildMessage, socket: unknown): void {
    switch (message.type) {
      case 'ready': {
        const { type: _, ...address } = message;
        this.#everReady = true;
        this.#incarnation = address.incarnation;
        life.address = address;
        life.onReady();
        this.#events.onReady(address);
        return;
      }
      case 'listener':
        life.onListener(socket);
        return;
      case 'failed':
        life.failedMessage = message.message;
        return;
      case 'terminated':
        this.#terminated(life);
    }
  }

  /** A SIGTERM for the child alone: it leaves, drains and is started again, unless the whole fleet stops just then. */
  #terminated(life: ChildLife): void {
    if (this.#stopping || this.#fleetStops || this.#cancelTerm || life.endExpected) return;
    const leave = this.plan.role === 'storage';
    const deadlineMs = leave ? cliLimits.childLeaveMs : cliLimits.childDrainMs;
    this.#cancelTerm = this.#dependencies.timers.after(cliLimits.childTermDelayMs, () => {
      life.handle.send({ type: 'drain', deadlineMs, ...(leave ? { leave } : {}) });
    });
  }

  #exit(life: ChildLife, code: number | null, signal: string | null): void {
    const { clock, timers, random, log } = this.#dependencies;
    life.ended = true;
    this.#lives.delete(life);
    if (this.#life === life) {
      this.#life = undefined;
      this.#cancelTimers();
    }
    this.#events.onEnd?.(life.address);
    life.onEnded();
    if (this.#stopping || life.endExpected) return;
    const livedMs = clock.monotonicMs() - life.startedAtMs;
    this.#deaths = livedMs >= cliLimits.restartResetMs ? 1 : this.#deaths + 1;
    const message = life.failedMessage;
    this.#events.onExit({ code, signal, message, wasReady: this.#everReady, deaths: this.#deaths });
    // the listener may have stopped it meanwhile
    if (this.#stopping) return;
    const delayMs = restartDelayMs(this.#deaths, random());
    log.warn(
      { child: this.plan.id, code, signal, reason: message, lived_ms: Math.round(livedMs), restart_in_ms: delayMs },
      'child exited and will be started again',
    );
    this.#cancelRestart = timers.after(delayMs, () => this.start());
  }

  #cancelTimers(): void {
    this.#cancelRestart?.();
    this.#cancelTerm?.();
    this.#cancelTerm = undefined;
  }
}
