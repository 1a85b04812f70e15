/**
 * The memory ceiling of a node, held under mixed load whose values change from tiny to jumbo and back.
 *
 *     node scripts/soak-memory.ts [--minutes M] [--memory MIB] [--seed N] [--small] [--out FILE]
 *
 * Starts a control plane and a storage node of its own, loads the node as a gateway does, and stops both. Fails
 * (exit 1) when resident memory passes `--memory` x 1.1 + 150 MB, when the end is slower than 0.9 of the beginning
 * (operations a CPU second of the node, same sizes), when an answer was wrong, or when too little happened to tell.
 * Writes `bench/results/soak.json`. `--small` takes seconds and judges no throughput: it shows that the soak works.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { soakLimits } from '../bench/soak/limits.ts';
import { reportLines, type SoakReport } from '../bench/soak/report.ts';
import { residentMemory } from '../bench/soak/resident-memory.ts';
import { runSoak, type SoakOptions } from '../bench/soak/run.ts';
import { judge } from '../bench/soak/verdict.ts';
import { machineFacts } from '../bench/support/machine.ts';
import { stopOnSignal } from '../bench/support/stop-on-signal.ts';
import { systemClock } from '../src/shared/clock.ts';

const resultsFile = fileURLToPath(new URL('../bench/results/soak.json', import.meta.url));
const mib = 1024 * 1024;

const { values: args } = parseArgs({
  options: {
    minutes: { type: 'string' },
    memory: { type: 'string' },
    seed: { type: 'string', default: '1' },
    small: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});

const minutes = inRange('minutes', args.minutes ?? (args.small ? '0.08' : '60'), 0.01, soakLimits.minutesMax);
const options: SoakOptions = {
  memoryBytes:
    inRange('memory', args.memory ?? (args.small ? '32' : '256'), soakLimits.memoryBytesMin / mib, 16 * 1024) * mib,
  minutes,
  cycles: args.small ? 1 : Math.max(soakLimits.cyclesMin, Math.round(minutes / soakLimits.cycleMinutes)),
  seed: inRange('seed', args.seed, 1, 2 ** 31),
  judgeThroughput: !args.small,
};

if (residentMemory(process.pid) === undefined) {
  console.error('the soak reads /proc, which this system has not');
  process.exit(2);
}

const stack = new AsyncDisposableStack();
const signal = stopOnSignal(stack);

try {
  const run = await runSoak(options, stack, (line) => console.error(line));
  const report: SoakReport = {
    date: new Date(systemClock.wallMs()).toISOString(),
    machine: machineFacts([]),
    options,
    run,
    verdict: judge(run, options),
  };
  for (const line of reportLines(report)) console.log(line);
  const file = args.out ?? (args.small ? undefined : resultsFile);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  process.exitCode = report.verdict.failures.length === 0 ? 0 : 1;
} catch (error) {
  if (signal.stopping) await new Promise(() => {});
  throw error;
} finally {
  if (!signal.stopping) await stack.disposeAsync();
}
// what an unreferenced handle would keep open
process.exit();

function inRange(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!(value >= min && value <= max)) {
    console.error(`--${name} must be ${min} to ${max}`);
    process.exit(2);
  }
  return value;
}
