import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/process.ts';
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
}

/** A running process, as the supervisor sees it. */
export interface ChildProcessHandle {
  send(message: ParentMessage): void;
  /** Ends it at once (SIGKILL). */
  kill(): void;
  onMessage(listener: (message: ChildMessage) => void): void;
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

/** One child over all its lives: started, watched, restarted with back-off, drained. */
export class SupervisedChild {
  readonly plan: ChildPlan;
  readonly #dependencies: ChildDependencies;
  readonly #onReady: (address: RoleAddress) => void;
  readonly #onExit: (exit: ChildExit) => void;
  #process: ChildProcessHandle | undefined;
  #startedAtMs = 0;
  #deaths = 0;
  #everReady = false;
  #failedMessage: string | undefined;
  #stopping = false;
  #fleetStops = false;
  #cancelRestart: (() => void) | undefined;
  #cancelTerm: (() => void) | undefined;
  #exited: (() => void) | undefined;

  constructor(
    plan: ChildPlan,
    dependencies: ChildDependencies,
    events: { onReady: (address: RoleAddress) => void; onExit: (exit: ChildExit) => void },
  ) {
    this.plan = plan;
    this.#dependencies = dependencies;
    this.#onReady = events.onReady;
    this.#onExit = events.onExit;
  }

  start(): void {
    const { launch, clock } = this.#dependencies;
    this.#startedAtMs = clock.monotonicMs();
    this.#failedMessage = undefined;
    const { flags, firstFlags = [] } = this.plan;
    const handle = launch(this.#everReady ? this.plan : { ...this.plan, flags: [...flags, ...firstFlags] });
    this.#process = handle;
    handle.onMessage((message) => this.#message(message));
    handle.onExit((code, signal) => this.#exit(code, signal));
  }

  /** From now on it is drained in its tier's turn only, whatever signal it gets itself. */
  fleetStops(): void {
    this.#fleetStops = true;
    this.#cancelTerm?.();
  }

  /** Ends it for good: asks it to drain, and cuts it off when it is still there a moment after the deadline. */
  drain(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#cancelTimers();
    const running = this.#process;
    if (!running) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#dependencies.timers.after(deadlineMs + cliLimits.drainGraceMs, () => {
        this.#dependencies.log.warn({ child: this.plan.id }, 'child did not drain in time and is cut off');
        running.kill();
      });
      this.#exited = () => {
        cancel();
        resolve();
      };
      running.send({ type: 'drain', deadlineMs });
    });
  }

  /** Ends it for good and at once. */
  kill(): void {
    this.#stopping = true;
    this.#cancelTimers();
    this.#process?.kill();
  }

  #message(message: ChildMessage): void {
    switch (message.type) {
      case 'ready':
        this.#everReady = true;
        this.#onReady({ url: message.url, internalUrl: message.internalUrl });
        return;
      case 'failed':
        this.#failedMessage = message.message;
        return;
      case 'terminated':
        this.#terminated();
    }
  }

  /** A SIGTERM for the child alone: it drains and is started again, unless the whole fleet stops just then. */
  #terminated(): void {
    const running = this.#process;
    if (this.#stopping || this.#fleetStops || this.#cancelTerm) return;
    this.#cancelTerm = this.#dependencies.timers.after(cliLimits.childTermDelayMs, () => {
      running?.send({ type: 'drain', deadlineMs: cliLimits.childDrainMs });
    });
  }

  #exit(code: number | null, signal: string | null): void {
    const { clock, timers, random, log } = this.#dependencies;
    this.#process = undefined;
    this.#cancelTimers();
    this.#exited?.();
    if (this.#stopping) return;
    const livedMs = clock.monotonicMs() - this.#startedAtMs;
    this.#deaths = livedMs >= cliLimits.restartResetMs ? 1 : this.#deaths + 1;
    this.#onExit({ code, signal, message: this.#failedMessage, wasReady: this.#everReady, deaths: this.#deaths });
    // the listener may have stopped it meanwhile
    if (this.#stopping) return;
    const delayMs = restartDelayMs(this.#deaths, random());
    log.warn(
      {
        child: this.plan.id,
        code,
        signal,
        reason: this.#failedMessage,
        lived_ms: Math.round(livedMs),
        restart_in_ms: delayMs,
      },
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
