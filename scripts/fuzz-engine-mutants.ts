/**
 * Plants defects in copies of the storage engine, one at a time, and holds its fuzz test and its unit tests to
 * finding each of them.
 *
 *     node scripts/fuzz-engine-mutants.ts [--only TEXT] [--operations N] [--jobs N]
 *
 * First an engine without a defect, in which nothing may be found. Exit code 1 if something is found there, or
 * a defect by nobody.
 */
import { parseArgs } from 'node:util';
import { systemClock } from '../src/shared/clock.ts';
import { type Mutant, mutants } from '../test/storage-node/engine/mutants/mutants.ts';
import { type Verdict, Workspace } from '../test/storage-node/engine/mutants/workspace.ts';

/** A check hangs when it takes so many times what it does in the engine as it is, and this besides. */
const timeoutFactor = 3;
const timeoutMsMin = 20_000;
/** For the engine as it is. */
const controlTimeoutMs = 300_000;

/** Wall time that each of the two checks may take, in ms. */
interface Timeouts {
  fuzzMs: number;
  testsMs: number;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    operations: { type: 'string', default: '30000' },
    jobs: { type: 'string', default: '2' },
  },
});
const operations = Number(values.operations);

interface Outcome {
  by: 'fuzz' | 'tests' | 'nobody';
  verdict: Verdict;
  took: Timeouts;
}

async function judge(workspace: Workspace, timeouts: Timeouts): Promise<Outcome> {
  const begun = systemClock.monotonicMs();
  const fuzz = await workspace.fuzz(operations, timeouts.fuzzMs);
  const fuzzMs = systemClock.monotonicMs() - begun;
  if (fuzz !== null) return { by: 'fuzz', verdict: fuzz, took: { fuzzMs, testsMs: 0 } };
  const tests = await workspace.tests(timeouts.testsMs);
  const testsMs = systemClock.monotonicMs() - begun - fuzzMs;
  return { by: tests === null ? 'nobody' : 'tests', verdict: tests, took: { fuzzMs, testsMs } };
}

const seconds = ({ fuzzMs, testsMs }: Timeouts): string => ((fuzzMs + testsMs) / 1_000).toFixed(1);

async function work(queue: Mutant[], survivors: Mutant[], timeouts: Timeouts): Promise<void> {
  const workspace = new Workspace();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      workspace.plant(mutant);
      const { by, verdict, took } = await judge(workspace, timeouts);
      workspace.heal(mutant);
      if (by === 'nobody') survivors.push(mutant);
      const how = by === 'nobody' ? 'SURVIVED' : `killed by ${by}`;
      console.log(
        `${how.padEnd(16)} ${seconds(took).padStart(6)} s  ${mutant.name}\n    ${verdict?.slice(0, 160) ?? ''}`,
      );
    }
  } finally {
    workspace.remove();
  }
}

const queue = mutants.filter(({ name }) => name.includes(values.only));
if (queue.length === 0) throw new Error(`no mutant has "${values.only}" in its name`);
const total = queue.length;
const control = new Workspace();
const controlTimeouts = { fuzzMs: controlTimeoutMs, testsMs: controlTimeoutMs };
const { by, verdict, took } = await judge(control, controlTimeouts).finally(() => control.remove());
if (by !== 'nobody') throw new Error(`found in the engine as it is, by ${by}: ${verdict}`);
console.log(`nothing found in the engine as it is, in ${seconds(took)} s`);
const timeouts = {
  fuzzMs: timeoutMsMin + timeoutFactor * took.fuzzMs,
  testsMs: timeoutMsMin + timeoutFactor * took.testsMs,
};
const survivors: Mutant[] = [];
await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(queue, survivors, timeouts)));
console.log(`${total - survivors.length} of ${total} mutants killed`);
for (const { name } of survivors) console.log(`survived: ${name}`);
if (survivors.length > 0) process.exitCode = 1;
