/**
 * Simulated fleets under faults, run after run, checked for linearizability and more (docs/replication.md).
 *
 *     node scripts/sim.ts [--seeds N] [--seed S] [--shape mixed|lossy|moves|aimed|memory|leaders] [--stop]
 *
 * `--seeds N` (1,000) runs so many seeds, from S (1) on; without `--shape` they take the shapes in turn. `--seed S` alone
 * runs that one, and prints all that happened in it if something is wrong. `--stop` ends at the first violation. Exit
 * code 1 if there was a violation, or a history that could not be decided.
 */
import { systemClock } from '../src/shared/clock.ts';
import { type ShapeName, shapeNames } from '../test/replication/sim/shapes.ts';
import { simulate } from '../test/replication/sim/simulation.ts';
import { shapeOf, sweep } from '../test/replication/sim/sweep.ts';
import { flagsOf, refuse, wholeNumber } from './flags.ts';

/** Between two lines of progress, in ms. */
const progressMs = 10_000;
/** Violating runs that are told in full. */
const toldMax = 5;

const values = flagsOf({
  seeds: { type: 'string' },
  seed: { type: 'string' },
  shape: { type: 'string', default: '' },
  stop: { type: 'boolean', default: false },
});
const chosen = shapeNames.find((name) => name === values.shape);
if (chosen === undefined && values.shape !== '')
  refuse(`there is no shape "${values.shape}"; there are ${shapeNames.join(', ')}`);

function tell(seed: number, shape: ShapeName, violations: readonly string[]): void {
  console.log(
    `seed ${seed}, ${shape}: ${violations.length} violations; npm run sim -- --seed ${seed} --shape ${shape}`,
  );
  for (const violation of violations.slice(0, 3)) console.log(`  ${violation}`);
}

function runOne(seed: number): void {
  const lines: string[] = [];
  const shape = shapeOf(seed, chosen);
  const { violations, undecided, figures, faults } = simulate({ seed, shape, onTrace: (line) => lines.push(line) });
  if (violations.length > 0 || undecided > 0) for (const line of lines) console.log(line);
  console.log(`seed ${seed}, ${shape}: ${JSON.stringify(figures)}, undecided ${undecided}`);
  for (const [fault, count] of [...faults].sort()) console.log(`  ${String(count).padStart(4)} ${fault}`);
  for (const violation of violations) console.log(`VIOLATION: ${violation}`);
  if (violations.length > 0 || undecided > 0) process.exitCode = 1;
}

function runMany(from: number, seeds: number): void {
  const startedMs = systemClock.monotonicMs();
  let [saidMs, told] = [startedMs, 0];
  const { runs, violating, undecided, figures, faults } = sweep({
    from,
    seeds,
    shape: chosen,
    onRun: (seed, shape, { violations, undecided: isUndecided }) => {
      const nowMs = systemClock.monotonicMs();
      if (isUndecided) console.log(`seed ${seed}, ${shape}: undecided`);
      if (violations.length > 0 && told++ < toldMax) tell(seed, shape, violations);
      if (nowMs - saidMs > progressMs) {
        saidMs = nowMs;
        console.log(`up to seed ${seed}, ${((nowMs - startedMs) / (seed - from + 1)).toFixed(0)} ms a run`);
      }
      return values.stop && violations.length > 0;
    },
  });
  const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
  const count = (kinds: RegExp): number => [...faults].reduce((sum, [name, n]) => sum + (kinds.test(name) ? n : 0), 0);
  for (const [fault, times] of [...faults].sort()) console.log(`  ${String(times).padStart(7)} ${fault}`);
  console.log(
    [
      `${runs} runs (seeds ${from} to ${from + runs - 1}, ${chosen ?? 'all shapes'}) in ${seconds.toFixed(0)} s`,
      `${figures.acknowledged} operations acknowledged, ${figures.unknown} unknown, ${figures.notDone} not done, ${figures.balancedReads} balanced reads`,
      `${count(/^crash/)} crashes, ${count(/^(pause|stall)/)} pauses, ${count(/^partition/)} partitions, ${count(/^aimed/)} aimed faults`,
      `${figures.joins} joins, ${figures.moves} planned moves, ${figures.takeovers} takeovers, ${figures.resets} resets, ${figures.views} views`,
      `${figures.evictions} evictions, ${figures.expiring} writes of what expires, ${figures.leaders} changes of the leader`,
      `${violating} runs with a violation, ${undecided} undecided`,
    ].join('\n'),
  );
  if (violating > 0 || undecided > 0) process.exitCode = 1;
}

const seed = wholeNumber('seed', values.seed ?? '1', 0);
if (values.seed !== undefined && values.seeds === undefined) runOne(seed);
else runMany(seed, wholeNumber('seeds', values.seeds ?? '1000', 1));
