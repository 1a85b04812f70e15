/**
 * Plants defects in copies of the replication and of the simulator's model, one at a time, and holds the simulator to
 * finding each of them.
 *
 *     node scripts/sim-mutants.ts [--only TEXT] [--runs N] [--jobs N]
 *
 * A mutant is killed by a violation within N (1000) runs of some shape. First the code without a defect, in which
 * nothing may be found in as many. Exit code 1 if something is found there, or a defect by nobody.
 */
import { systemClock } from '../src/shared/clock.ts';
import { type Mutant, mutants } from '../test/replication/mutants/mutants.ts';
import { type Verdict, Workspace } from '../test/replication/mutants/workspace.ts';
import { shapeNames } from '../test/replication/sim/shapes.ts';
import { flagsOf, refuse, wholeNumber } from './flags.ts';

/** All shapes, each for as many runs as there may be. */
const timeoutMs = 1_800_000;
/** Runs of each shape at the end, in which a copy has to be as it was. */
const healedRuns = 50;

const values = flagsOf({
  only: { type: 'string', default: '' },
  runs: { type: 'string', default: '1000' },
  jobs: { type: 'string', default: '2' },
});
const runs = wholeNumber('runs', values.runs, 1);
const jobs = wholeNumber('jobs', values.jobs, 1);

async function work(queue: Mutant[], survivors: Mutant[]): Promise<void> {
  const workspace = new Workspace();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      workspace.plant(mutant);
      const begunMs = systemClock.monotonicMs();
      const { shape } = mutant;
      const shapes = shape === undefined ? shapeNames : [shape, ...shapeNames.filter((name) => name !== shape)];
      const verdict: Verdict = await workspace.simulate(runs, shapes, timeoutMs).catch((error: Error) => {
        throw new Error(`mutant "${mutant!.name}": ${error.message}`);
      });
      workspace.heal();
      if (verdict === null) survivors.push(mutant);
      const seconds = ((systemClock.monotonicMs() - begunMs) / 1_000).toFixed(1).padStart(6);
      console.log(
        `${verdict === null ? 'SURVIVED' : 'killed  '} ${seconds} s  ${mutant.name}\n    ${verdict?.slice(0, 160) ?? ''}`,
      );
    }
    const left = await workspace.simulate(healedRuns, shapeNames, timeoutMs);
    if (left !== null) throw new Error(`found in a copy that was healed: ${left}`);
  } finally {
    workspace.remove();
  }
}

const queue = mutants.filter(({ name }) => name.includes(values.only));
if (queue.length === 0) refuse(`no mutant has "${values.only}" in its name`);
const total = queue.length;
if (values.only === '') {
  const control = new Workspace();
  const verdict = await control.simulate(runs, shapeNames, timeoutMs).finally(() => control.remove());
  if (verdict !== null) throw new Error(`found without a defect: ${verdict}`);
  console.log(`nothing found without a defect, in ${runs} runs of each shape`);
}
const survivors: Mutant[] = [];
await Promise.all(Array.from({ length: jobs }, () => work(queue, survivors)));
console.log(`${total - survivors.length} of ${total} mutants killed`);
for (const { name } of survivors) console.log(`survived: ${name}`);
if (survivors.length > 0) process.exitCode = 1;
