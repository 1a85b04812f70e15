/**
 * The planner at scale: a fleet of 300 nodes in 3 zones through 10,000 seeded events.
 *
 *     node scripts/sim-planner.ts [--nodes N] [--zones Z] [--factor F] [--events E] [--seed S]
 *
 * Prints the balance, the copies moved against the least that could be, and the time of a round. Exit code 1 when one
 * of them is not as it must be; of times, the processor's, which does not depend on what else the machine does.
 */
import { systemClock } from '../src/shared/clock.ts';
import { PlannerSim, percentile } from '../test/control-plane/planner-sim/sim.ts';
import { flagsOf, wholeNumber } from './flags.ts';

/** Between two lines of progress, in ms. */
const progressMs = 15_000;

const values = flagsOf({
  nodes: { type: 'string', default: '300' },
  zones: { type: 'string', default: '3' },
  factor: { type: 'string', default: '2' },
  events: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
});
const started = systemClock.monotonicMs();
let saidMs = started;
const result = new PlannerSim({
  seed: wholeNumber('seed', values.seed, 0),
  nodes: wholeNumber('nodes', values.nodes, 1),
  zones: wholeNumber('zones', values.zones, 1),
  replicationFactor: wholeNumber('factor', values.factor, 1),
  events: wholeNumber('events', values.events, 1),
  onEvent: (done) => {
    if (systemClock.monotonicMs() - saidMs < progressMs) return;
    saidMs = systemClock.monotonicMs();
    console.log(`${done} events`);
  },
}).run();
const { roundsMs, roundsProcessorMs, ...figures } = result;
const figuresShown = {
  ...figures,
  movesToMinimum: figures.moves / figures.movesMin,
  rounds: roundsMs.length,
  roundMsP50: percentile(roundsMs, 0.5),
  roundMsP99: percentile(roundsMs, 0.99),
  roundMsMax: percentile(roundsMs, 1),
  roundProcessorMsP99: percentile(roundsProcessorMs, 0.99),
  roundProcessorMsMax: percentile(roundsProcessorMs, 1),
  seconds: (systemClock.monotonicMs() - started) / 1_000,
};
console.log(JSON.stringify(figuresShown, null, 2));
const holds =
  figures.violations === 0 &&
  figures.balanceMax <= 1.1 &&
  figuresShown.movesToMinimum <= 1.05 &&
  figuresShown.roundProcessorMsMax < 100;
if (!holds) process.exitCode = 1;
