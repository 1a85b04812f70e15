import type { Clock } from '../shared/clock.ts';
import { cliLimits } from './limits.ts';

export const stopSignals = ['SIGTERM', 'SIGINT'] as const;
export type StopSignal = (typeof stopSignals)[number];

/** 128 and the signal's number, as shells count. */
const exitCodeOfSignal: Readonly<Record<StopSignal, number>> = { SIGTERM: 143, SIGINT: 130 };

/**
 * Tells a first signal to stop from a second one. A signal that comes right behind the first is the same
 * one: on Ctrl-C both the terminal and npm send it.
 */
export function onStopSignals(
  emitter: Pick<NodeJS.EventEmitter, 'on'>,
  clock: Clock,
  actions: { drain: (signal: StopSignal) => void; exitNow: (code: number) => void },
): void {
  let firstAtMs: number | undefined;
  for (const signal of stopSignals) {
    emitter.on(signal, () => {
      if (firstAtMs === undefined) {
        firstAtMs = clock.monotonicMs();
        actions.drain(signal);
      } else if (clock.monotonicMs() - firstAtMs > cliLimits.signalRepeatMs) {
        actions.exitNow(exitCodeOfSignal[signal]);
      }
    });
  }
}
