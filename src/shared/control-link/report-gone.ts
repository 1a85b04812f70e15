import { GodwitError } from '../errors.ts';
import { backoffMs, type Sleep, sleep } from './backoff.ts';
import { type ControlLinkOptions, callControl } from './call.ts';
import { controlLinkLimits } from './limits.ts';
import { controlPaths, type GoneLife } from './protocol.ts';

export interface ReportGoneOptions extends ControlLinkOptions {
  /** The life that has certainly ended: it never serves again. */
  readonly life: GoneLife;
  /** Gives up; the promise then resolves false. */
  readonly signal: AbortSignal;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/**
 * Tells the control plane that a life of a node has ended, trying again until it has heard it. Telling it twice is the
 * same as once. Resolves with whether it was told; false also when the report is refused for good.
 */
export async function reportGone(options: ReportGoneOptions): Promise<boolean> {
  const { urls, life, signal, random = Math.random, sleep: pause = sleep } = options;
  const { backoffMsMin, backoffMsMax, pollGraceMs } = controlLinkLimits;
  if (urls.length === 0) throw new RangeError('reporting needs the URL of a control plane');
  for (let failures = 0; !signal.aborted; ) {
    try {
      const call = { path: controlPaths.gone, body: life, timeoutMs: pollGraceMs, signal };
      await callControl(options, urls[failures % urls.length]!, call);
      return true;
    } catch (error) {
      if (error instanceof GodwitError && !error.kind.retryable) return false;
      failures++;
      await pause(backoffMs(failures, backoffMsMin, backoffMsMax, random), signal);
    }
  }
  return false;
}
