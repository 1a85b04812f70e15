/**
 * The leader keeps the history of the coordination store short. A store such as etcd keeps every value that an entry
 * ever had until it is told to give it up; views are rewritten as a whole, so that its space would be full some day.
 */
import type { Sleep } from '../shared/control-link/backoff.ts';
import type { Log } from '../shared/process.ts';
import { controlPlaneLimits } from './limits.ts';
import type { CoordinationStore } from './store/coordination-store.ts';

export interface HistoryOptions {
  /** The leader's view of the store, so that a former leader compacts nothing. */
  readonly store: Pick<CoordinationStore, 'revision' | 'compact'>;
  /** Aborts when the tenure is over; a call under way then goes on alone, and harms nobody. */
  readonly over: AbortSignal;
  readonly log: Log;
  readonly sleep: Sleep;
}

/**
 * Compacts every `compactPauseMs`, up to the revision that was the newest one pause before: a history between one
 * pause and two stays. Never rejects; resolves soon after `over`. What a store refuses, or whatever else fails, is
 * logged when it is not what failed last, and the next round tries a newer revision.
 */
export async function keepHistoryShort({ store, over, log, sleep }: HistoryOptions): Promise<void> {
  let seen: number | undefined;
  let compacted: number | undefined;
  let lastFailure: string | undefined;
  while (!over.aborted) {
    const target = seen;
    try {
      seen = await store.revision();
      // A store in which nothing happened would refuse the same revision again.
      if (target !== undefined && target !== compacted && !over.aborted) {
        await store.compact(target);
        compacted = target;
        log.debug({ revision: target }, 'compacted the history of the coordination store');
      }
    } catch (error) {
      const failure = String(error);
      if (!over.aborted && failure !== lastFailure) {
        log.warn({ err: error }, 'the history of the coordination store could not be compacted; trying on');
      }
      lastFailure = failure;
    }
    await sleep(controlPlaneLimits.compactPauseMs, over);
  }
}
