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
 * The control plane names the life that the id had before, and takes the place of that one only: at once when it has
 * ended, else when nobody hears it any more. A second process with the id of a running node so waits, and says so.
 *
 * Resolves with the number of a view that names this incarnation. Rejects with `invalid_argument` when the
 * registration is malformed or a newer incarnation has taken its place: trying again would not help.
 */
export async function registerNode(options: RegisterNodeOptions): Promise<{ view: number }> {
  const { urls, registration, log, signal, sleep: pause = sleep, random = Math.random } = options;
  const { backoffMsMin, backoffMsMax, pollGraceMs, idInUseRetryMs } = controlLinkLimits;
  if (urls.length === 0) throw new RangeError('registering needs the URL of a control plane');
  let replaces: string | null = null;
  let triesInUse = 0;
  for (let failures = 0; !signal.aborted; ) {
    const url = urls[failures % urls.length]!;
    try {
      const body = { ...registration, replaces };
      const call = { path: controlPaths.nodes, body, timeoutMs: pollGraceMs, signal };
      return (await callControl(options, url, call)) as { view: number };
    } catch (error) {
      if (error instanceof GodwitError && error.code === 'node_id_in_use') {
        const { incarnation, running } = error.extra;
        const isNews = incarnation !== replaces;
        if (typeof incarnation === 'string') replaces = incarnation;
        // Each further one of these tries needs yet another life in the view.
        if (running === false && isNews) continue;
        if (isToBeSaid(++triesInUse)) log.warn({ err: error, node: registration.id }, idInUse);
        await pause(idInUseRetryMs, signal);
        continue;
      }
      if (error instanceof GodwitError && !error.kind.retryable) throw error;
      failures++;
      if (failures === urls.length) log.warn({ err: error }, 'the control plane does not take the registration yet');
      await pause(roundBackoffMs(failures, urls.length, backoffMsMin, backoffMsMax, random), signal);
    }
  }
  throw new GodwitError('control_plane_unavailable', 'Registering the node was given up.');
}

const idInUse =
  'another process with this --node-id is running: two nodes must not share one. Trying again until that one has ended';

function isToBeSaid(tries: number): boolean {
  const { idInUseTriesSilent, idInUseTriesRepeat } = controlLinkLimits;
  return tries >= idInUseTriesSilent && (tries - idInUseTriesSilent) % idInUseTriesRepeat === 0;
}
