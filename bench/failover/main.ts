/**
 * What faults and planned moves cost a fleet of real processes that is under load, and what a second copy costs.
 *
 *     node bench/failover/main.ts [--parts a,b] [--kills N] [--stops N] [--rounds N] [--seconds N] [--copy-mib N]
 *                                 [--small] [--out FILE]
 *
 * Parts: `kills` (a primary is killed, and nobody is told), `kills_told` (its supervisor tells the control plane),
 * `stops` (a primary stands still), `drain` and `upgrade` (under `godwit start`), `add` (a fourth node), `copy` (a learner
 * copies a lot), `cost` (two copies to one). The load is open: requests go out at a fixed rate, whether or not earlier
 * ones are answered.
 *
 * Starts everything itself on free ports and stops it at the end. The figures go to the terminal and, unless small, to
 * `bench/results/failover.json`, where the parts that ran replace their former figures. `--small` shows that the bench
 * works, not how fast anything is. Fails when something was lost, or a request failed that must not; not for a figure
 * that is less than hoped.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/shared/clock.ts';
import { machineFacts } from '../support/machine.ts';
import { stopOnSignal } from '../support/stop-on-signal.ts';
import { addNode } from './add-node.ts';
import { costOfCopies } from './cost.ts';
import { FaultBench, type FaultGaps } from './fault-gaps.ts';
import { learnerCopy } from './learner-copy.ts';
import { failoverLimits } from './limits.ts';
import { MoveBench } from './planned-moves.ts';
import { compare, type FailoverReport, faultsOf, type Results, reportLines } from './report.ts';

const resultsFile = fileURLToPath(new URL('../results/failover.json', import.meta.url));
const parts = ['kills', 'kills_told', 'stops', 'drain', 'upgrade', 'add', 'copy', 'cost'] as const;
type Part = (typeof parts)[number];

const { values: args } = parseArgs({
  options: {
    parts: { type: 'string' },
    kills: { type: 'string', default: '30' },
    stops: { type: 'string', default: '30' },
    rounds: { type: 'string', default: String(failoverLimits.costRounds) },
    seconds: { type: 'string', default: String(failoverLimits.costSeconds) },
    'copy-mib': { type: 'string', default: String(failoverLimits.copyBytes / 1024 ** 2) },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const { small } = args;
const chosen = choose(args.parts);
const counts = {
  kills: small ? 1 : inRange('kills', args.kills, 1_000),
  stops: small ? 1 : inRange('stops', args.stops, 1_000),
  rounds: small ? 1 : inRange('rounds', args.rounds, 100),
  seconds: small ? 0.3 : inRange('seconds', args.seconds, 60),
  copyBytes: (small ? 4 : inRange('copy-mib', args['copy-mib'], 8_192)) * 1024 ** 2,
  items: small ? 500 : failoverLimits.items,
};

const stack = new AsyncDisposableStack();
const signal = stopOnSignal(stack);
const say = (line: string): void => console.error(line);

try {
  const results: Results = {};
  for (const part of chosen) {
    if (part === 'upgrade' && chosen.includes('drain')) continue;
    say(part);
    // a part has the machine to itself
    const own = new AsyncDisposableStack();
    stack.defer(() => own.disposeAsync());
    Object.assign(results, await run(part, own));
    await own.disposeAsync();
  }
  await report(results);
} catch (error) {
  if (signal.stopping) await new Promise(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  if (!signal.stopping) await stack.disposeAsync();
}
// what an unreferenced handle would keep open
process.exit();

async function run(part: Part, own: AsyncDisposableStack): Promise<Results> {
  const gaps = async (kind: FaultGaps['kind'], count: number) => (await FaultBench.start(own, say)).run(kind, count);
  switch (part) {
    case 'kills':
      return { kills: await gaps('kill', counts.kills) };
    case 'kills_told':
      return { kills_told: await gaps('kill_told', counts.kills) };
    case 'stops':
      return { stops: await gaps('stop', counts.stops) };
    case 'drain':
    case 'upgrade': {
      const bench = await MoveBench.start(own, counts.items);
      const drain = chosen.includes('drain') ? { drain: await bench.drain('a-1') } : {};
      const upgrade = chosen.includes('upgrade') ? { upgrade: await bench.upgrade() } : {};
      return { ...drain, ...upgrade };
    }
    case 'add':
      return { add: await addNode(own) };
    case 'copy':
      return { copy: await learnerCopy(own, counts.copyBytes, say) };
    case 'cost':
      return {
        cost: await costOfCopies(own, {
          pairs: small ? 1 : failoverLimits.costPairs,
          rounds: counts.rounds,
          seconds: counts.seconds,
          warmUpSeconds: small ? counts.seconds : failoverLimits.costWarmUpSeconds,
        }),
      };
  }
}

async function report(fresh: Results): Promise<void> {
  const file = args.out ?? (small ? undefined : resultsFile);
  const former = file === undefined ? undefined : await read(file);
  const today = new Date(systemClock.wallMs()).toISOString();
  const results = { ...former?.results, ...fresh };
  const machine = machineFacts([]);
  const whole: FailoverReport = {
    machine: { ...machine, versions: { node: machine.versions['node']! } },
    dates: { ...former?.dates, ...Object.fromEntries(Object.keys(fresh).map((part) => [part, today])) },
    results,
    comparisons: compare(results),
  };
  for (const line of reportLines({ ...whole, results: fresh, comparisons: compare(fresh) })) console.log(line);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(whole, null, 2)}\n`);
  }
  const faults = faultsOf(fresh);
  for (const fault of faults) console.log(`FAILED: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

async function read(file: string): Promise<FailoverReport | undefined> {
  return readFile(file, 'utf8').then(
    (text) => (text === '' ? undefined : (JSON.parse(text) as FailoverReport)),
    () => undefined,
  );
}

function choose(text: string | undefined): readonly Part[] {
  const wanted = text?.split(',') ?? parts;
  const unknown = wanted.find((one) => !parts.includes(one as Part));
  if (unknown === undefined) return parts.filter((one) => wanted.includes(one));
  console.error(`--parts: there is no ${unknown}; there are ${parts.join(', ')}`);
  process.exit(2);
}

function inRange(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= max)) {
    console.error(`--${name} must be above 0 and at most ${max}`);
    process.exit(2);
  }
  return value;
}
