import { cliLimits } from '../limits.ts';

/**
 * The wait in ms before a child is started again: doubles with each death in a row up to a bound, and the
 * upper half of it is random, so that children which died together do not start together.
 *
 * @param deaths deaths in a row, 1 for the first
 * @param random a number in [0, 1)
 */
export function restartDelayMs(deaths: number, random: number): number {
  const doublings = Math.min(deaths - 1, 20);
  const full = Math.min(cliLimits.restartDelayMsMax, cliLimits.restartDelayMsMin * 2 ** doublings);
  return Math.round(full / 2 + (full / 2) * random);
}
