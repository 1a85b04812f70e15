import { GodwitError } from '../errors.ts';
import type { Log } from '../process.ts';
import { roundBackoffMs, type Sleep, sleep } from './backoff.ts';
import { type ControlLinkOptions, callControl } from './call.ts';
import { controlLinkLimits } from './limits.ts';
import { controlPaths, type NodeRegistration } from './protocol.ts';

export interface RegisterNodeOptions extends ControlLinkOptions {
  readonly registration: NodeRegistration;
  readonly log: Log;
  /** Gives up; the promise then rejects with `control_plane_unavailable`. */
  readonly signal: AbortSignal;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/**
 * Registers a storage node's life with the control plane, trying again until it answers. Registering the
 * same incarnation twice is the same as once, so a lost answer is no harm.
 *
 * Resolves with the number of a view that names this incarnation. Rejects with `invalid_argument` when the
 * registration is malformed or a newer incarnation has taken its place: trying again would not help.
 */
export async function registerNode(options: RegisterNodeOptions): Promise<{ view: number }> {
  const { urls, registration, log, signal } = options;
  const { backoffMsMin, backoffMsMax, pollGraceMs } = controlLinkLimits;
  if (urls.length === 0) throw new RangeError('registering needs the URL of a control plane');
  for (let failures = 0; !signal.aborted; ) {
    const url = urls[failures % urls.length]!;
    try {
      const call = { path: controlPaths.nodes, body: registration, timeoutMs: pollGraceMs, signal };
      return (await callControl(options, url, call)) as { view: number };
    } catch (error) {
      if (error instanceof GodwitError && !error.kind.retryable) throw error;
      failures++;
      if (failures === urls.length) log.warn({ err: error }, 'the control plane does not take the registration yet');
      const { sleep: pause = sleep, random = Math.random } = options;
      await pause(roundBackoffMs(failures, urls.length, backoffMsMin, backoffMsMax, random), signal);
    }
  }
  throw new GodwitError('control_plane_unavailable', 'Registering the node was given up.');
}
