import { flushCompileCache } from 'node:module';
import type { Clock } from '../../shared/clock.ts';
import type { DrainOptions, Log, RunningRole } from '../../shared/process.ts';
import { CliError, exitCodes, explainStartError } from '../cli-error.ts';
import type { Environment } from '../parse-options.ts';
import { onStopSignals, stopSignals } from '../signals.ts';
import {
  type ChildMessage,
  type ParentMessage,
  successorVariable,
  supervisedVariable,
} from '../supervisor/messages.ts';

/** The part of `process` that a role's life depends on. */
export type RoleProcess = Pick<NodeJS.Process, 'on' | 'exit' | 'connected'> & {
  readonly env: Environment;
  readonly send?: ((message: ChildMessage, handle?: unknown) => boolean) | undefined;
};

export interface RoleRun {
  readonly log: Log;
  readonly clock: Clock;
  readonly drainTimeoutMs: number;
  /** @param inherited the handle of a socket that already listens, for a role that has a public listener */
  readonly start: (inherited?: unknown) => Promise<RunningRole>;
}

/**
 * Runs one role until it is told to stop, then drains it and exits with code 0. By itself it obeys SIGTERM, with
 * which it leaves the fleet, and SIGINT, with which it only stops: the first is what a service manager sends to one
 * process of many, the second a person who ends a trial. Under a supervisor it obeys the supervisor, since a signal to
 * the whole process group must not stop storage under gateways that still have work, and leaves when the supervisor
 * says so. It also stops when its supervisor is gone.
 *
 * @throws CliError for what kept the role from starting, where a person can put it right
 */
export async function runRole(run: RoleRun, host: RoleProcess = process as RoleProcess): Promise<void> {
  const supervised = host.env[supervisedVariable] === '1' && host.connected;
  const life = new RoleLife(run, host);
  exitOnDefects(run.log, host);
  if (supervised) obeySupervisor(life, run, host);
  else
    onStopSignals(host, run.clock, {
      drain: (signal) => life.stop(run.drainTimeoutMs, { leave: signal === 'SIGTERM' }),
      exitNow: (code) => host.exit(code),
    });
  let role: RunningRole;
  try {
    role = await run.start(supervised ? await inheritedListener(host) : undefined);
  } catch (error) {
    const explained = explainStartError(error);
    if (explained instanceof CliError) throw explained;
    run.log.error({ err: explained }, 'could not start');
    host.exit(exitCodes.failure);
    return;
  }
  life.started(role);
  // What was compiled is kept before there is work: a process that is killed would keep nothing.
  flushCompileCache();
  run.log.info({ url: role.url, internal_url: role.internalUrl }, 'ready');
  const { url, internalUrl, incarnation } = role;
  if (supervised)
    host.send?.({ type: 'ready', url, internalUrl, ...(incarnation === undefined ? {} : { incarnation }) });
}

/** From starting to stopped, whatever comes first. */
class RoleLife {
  readonly #run: RoleRun;
  readonly #host: RoleProcess;
  #role: RunningRole | undefined;
  #stopping = false;
  /** Ends the leaving, while it leaves. */
  #cutShort: ((deadlineMs: number) => void) | undefined;

  constructor(run: RoleRun, host: RoleProcess) {
    this.#run = run;
    this.#host = host;
  }

  started(role: RunningRole): void {
    this.#role = role;
  }

  /** What the public listener is to the system; it goes on listening here as well. */
  listenerHandle(): unknown {
    return (this.#role?.listener as { _handle?: unknown } | undefined)?._handle;
  }

  /**
   * Drains and exits. A role that is still starting has no work to finish. One that leaves already and is now only to
   * stop hands over nothing more: the whole fleet stops, or nobody is there any more who waits for it.
   */
  stop(deadlineMs: number, { leave = false }: { readonly leave?: boolean } = {}): void {
    if (this.#stopping) return leave ? undefined : this.#cutShort?.(deadlineMs);
    this.#stopping = true;
    const { promise, resolve } = Promise.withResolvers<number>();
    if (leave) this.#cutShort = resolve;
    void this.#drainAndExit(deadlineMs, leave ? { leave, cutShort: promise } : { leave });
  }

  async #drainAndExit(deadlineMs: number, options: DrainOptions): Promise<void> {
    const { log } = this.#run;
    try {
      log.info({ deadline_ms: deadlineMs, leave: options.leave === true }, 'draining');
      await this.#role?.drain(deadlineMs, options);
      log.info({}, 'stopped');
      this.#host.exit(exitCodes.ok);
    } catch (error) {
      log.error({ err: error }, 'draining failed');
      this.#host.exit(exitCodes.failure);
    }
  }
}

/** The listener of the process before this one; undefined when there is none, or none comes. */
function inheritedListener(host: RoleProcess): Promise<unknown> {
  if (host.env[successorVariable] !== '1') return Promise.resolve(undefined);
  return new Promise((resolve) => {
    host.on('message', (message: unknown, handle: unknown) => {
      if ((message as ParentMessage).type === 'listener') resolve(handle);
    });
  });
}

function obeySupervisor(life: RoleLife, run: RoleRun, host: RoleProcess): void {
  host.on('message', (message: unknown) => {
    const order = message as ParentMessage;
    if (order.type === 'drain') life.stop(order.deadlineMs, { leave: order.leave === true });
    if (order.type === 'hand_over') host.send?.({ type: 'listener' }, life.listenerHandle());
  });
  host.on('disconnect', () => life.stop(run.drainTimeoutMs));
  for (const signal of stopSignals) {
    host.on(signal, () => void (signal === 'SIGTERM' && host.connected && host.send?.({ type: 'terminated' })));
  }
}

/** A defect leaves the process in an unknown state: it says what it was, and the next life begins clean. */
function exitOnDefects(log: Log, host: RoleProcess): void {
  const exit = (error: unknown) => {
    log.error({ err: error }, 'unexpected error');
    host.exit(exitCodes.failure);
  };
  host.on('uncaughtException', exit);
  host.on('unhandledRejection', exit);
}
