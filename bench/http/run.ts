import { gatewayCount, thisMachine } from '../../src/cli/machine.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { LoadClient } from '../support/load-client.ts';
import type { LoadFigures } from '../support/load-plan.ts';
import { cpuSeconds } from '../support/process-cpu.ts';
import { startGodwit } from './godwit.ts';
import { keyCount } from './items.ts';
import { startBareHono, startHomeMade, startWebdis } from './peers.ts';
import { type Measure, measures, type Subject } from './subject.ts';

export interface BenchOptions {
  /** Length of one load, in seconds. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** Requests after which a load ends however much time is left. */
  readonly requestsMax: number;
  /** Length of the load that warms up each subject and measure, in seconds. */
  readonly warmUpSeconds: number;
  /** Only Godwit with one gateway and the bare handler. */
  readonly small: boolean;
}

/** One load as it was measured. */
export interface Sample {
  readonly subject: string;
  readonly measure: Measure;
  readonly round: number;
  readonly figures: LoadFigures;
  /** CPU time by process name, in seconds, processes of one name together; absent where it cannot be read. */
  readonly cpu: Readonly<Record<string, number>>;
}

export interface BenchRun {
  readonly subjects: readonly { readonly id: string; readonly title: string }[];
  readonly skipped: readonly string[];
  readonly samples: readonly Sample[];
}

/**
 * Starts every subject and loads one after the other, in rounds, so that whatever else the machine does meets
 * all of them alike. `stack` gets what has to be stopped as soon as it runs.
 */
export async function runBench(
  options: BenchOptions,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<BenchRun> {
  const client = await LoadClient.start(stack);
  const subjects: Subject[] = [];
  const skipped: string[] = [];
  const started = async (title: string, start: (stack: AsyncDisposableStack) => Promise<Subject>) => {
    say(`starting ${title}`);
    try {
      subjects.push(await start(stack));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      const { path } = error as NodeJS.ErrnoException;
      skipped.push(`${title}: there is no ${path} on this machine; apt-get install -y webdis redis-server brings it`);
      say(`skipped ${skipped.at(-1)}`);
    }
  };
  await started('Godwit with 1 gateway', (on) => startGodwit(on, 'godwit_1', 1));
  await started('a bare Hono handler', startBareHono);
  if (!options.small) {
    // one gateway by default on a small machine: then "all processes" are a gateway for each core
    const gateways = Math.max(2, gatewayCount(undefined, thisMachine()));
    await started(`Godwit with ${gateways} gateways`, (on) => startGodwit(on, 'godwit_all', gateways));
    await started('the home-made service', startHomeMade);
    await started('webdis', startWebdis);
  }
  const runner = new Rounds(options, client, subjects);
  await runner.fillAndWarmUp(say);
  for (let round = 1; round <= options.rounds; round++) await runner.round(round, say);
  return { subjects: subjects.map(({ id, title }) => ({ id, title })), skipped, samples: runner.samples };
}

class Rounds {
  readonly samples: Sample[] = [];
  readonly #options: BenchOptions;
  readonly #client: LoadClient;
  readonly #subjects: readonly Subject[];

  constructor(options: BenchOptions, client: LoadClient, subjects: readonly Subject[]) {
    this.#options = options;
    this.#client = client;
    this.#subjects = subjects;
  }

  /** Stores every key, then lets each path run until it is compiled. */
  async fillAndWarmUp(say: (line: string) => void): Promise<void> {
    say('warming up');
    for (const subject of this.#subjects) {
      await this.#load(subject, 'put', 30, keyCount);
      for (const measure of measures)
        if (subject.loads[measure]) await this.#load(subject, measure, this.#options.warmUpSeconds);
    }
  }

  async round(round: number, say: (line: string) => void): Promise<void> {
    const startedMs = systemClock.monotonicMs();
    for (const measure of measures) {
      // another one first in each round
      const turn = this.#subjects.map((_, i) => this.#subjects[(i + round) % this.#subjects.length]!);
      for (const subject of turn) {
        if (subject.loads[measure] === undefined) continue;
        const before = processTimes(subject);
        const figures = await this.#load(subject, measure, this.#options.seconds);
        this.samples.push({
          subject: subject.id,
          measure,
          round,
          figures,
          cpu: difference(before, processTimes(subject)),
        });
      }
    }
    say(
      `round ${round} of ${this.#options.rounds} took ${((systemClock.monotonicMs() - startedMs) / 1_000).toFixed(0)} s`,
    );
  }

  #load(
    subject: Subject,
    measure: Measure,
    seconds: number,
    requestsMax = this.#options.requestsMax,
  ): Promise<LoadFigures> {
    return this.#client.run({
      origin: { host: '127.0.0.1', port: subject.port, tls: false },
      connections: this.#options.connections,
      durationMs: seconds * 1_000,
      requestsMax,
      requests: subject.loads[measure]!,
    });
  }
}

function processTimes(subject: Subject): Record<string, number> {
  const times: Record<string, number> = {};
  for (const { name, pid } of subject.processes) {
    const seconds = cpuSeconds(pid);
    if (seconds !== undefined) times[name] = (times[name] ?? 0) + seconds;
  }
  return times;
}

function difference(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));
}
