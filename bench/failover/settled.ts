import { systemClock } from '../../src/shared/clock.ts';
import type { Fleet } from '../../test/chaos/fleet/fleet.ts';
import { until } from '../../test/chaos/fleet/fleet-process.ts';
import { failoverLimits } from './limits.ts';

/**
 * Waits until for a while nothing has changed: every slot has all its copies, no view has come, and `also` holds.
 * Rejects when that does not come about.
 */
export async function settled(fleet: Fleet, also: () => boolean = () => true): Promise<void> {
  const { views } = fleet;
  let seen = views.view.number;
  let sinceMs = systemClock.monotonicMs();
  const isQuiet = () => {
    const nowMs = systemClock.monotonicMs();
    if (views.view.number !== seen || !fleet.isSettled || !also()) {
      seen = views.view.number;
      sinceMs = nowMs;
    }
    return nowMs - sinceMs >= failoverLimits.quietMs;
  };
  if (!(await until(isQuiet, failoverLimits.moveMs))) throw new Error(`the fleet did not settle: ${views.summary()}`);
}
