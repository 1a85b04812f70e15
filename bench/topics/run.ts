import { systemClock } from '../../src/shared/clock.ts';
import { LoadClient } from '../support/load-client.ts';
import { startBareLoop } from './bare-loop.ts';
import { TopicsClient } from './client.ts';
import { type FanOutPlan, type FanOutSample, fanOut, fanOutPlans, pacedPlan } from './fan-out.ts';
import { startGodwit } from './godwit.ts';
import { type IdleResult, type ManyPlan, many, type StormResult } from './many.ts';
import { startNchan } from './nchan.ts';
import { type PublishSample, publishLoads, publishRate } from './publish-rate.ts';
import { MissingPeer, type Subject, type SubjectId } from './subject.ts';

/** What can be measured. */
export const parts = ['fan-out', 'latency', 'publish', 'many'] as const;
export type Part = (typeof parts)[number];

export interface BenchOptions {
  readonly subjects: readonly SubjectId[];
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Length of one load, in s. */
  readonly seconds: number;
  readonly fanOutSubscribers: readonly number[];
  readonly pacedSubscribers: number;
  /** Requests after which a load of publishes or PUTs ends, however much time is left. */
  readonly requestsMax: number;
  readonly many: Omit<ManyPlan, 'resumes'>;
  /** Shows that everything works: nothing is warmed up. */
  readonly small: boolean;
}

export interface BenchRun {
  readonly subjects: readonly { readonly id: SubjectId; readonly title: string }[];
  readonly skipped: readonly string[];
  readonly fanOut: readonly FanOutSample[];
  readonly latency: readonly FanOutSample[];
  readonly publish: readonly PublishSample[];
  readonly idle: readonly IdleResult[];
  readonly storm: readonly StormResult[];
}

const starts: Readonly<Record<SubjectId, (stack: AsyncDisposableStack) => Promise<Subject>>> = {
  godwit: startGodwit,
  nchan: startNchan,
  bare_loop: startBareLoop,
};

/**
 * Starts the subjects and loads one after the other, in rounds, so that whatever else the machine does meets all of
 * them alike; then each alone, and new, with many subscribers. `stack` gets what has to be stopped.
 */
export async function runBench(
  options: BenchOptions,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<BenchRun> {
  const own = stack.use(new AsyncDisposableStack());
  const subjects: Subject[] = [];
  const skipped: string[] = [];
  for (const id of options.subjects) {
    say(`starting ${id}`);
    try {
      subjects.push(await starts[id](own));
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      skipped.push(`${id}: ${error.message}`);
      say(`skipped ${skipped.at(-1)}`);
    }
  }
  const runner = new Rounds(options, subjects, await TopicsClient.start(own, 1), await LoadClient.start(own), say);
  if (options.parts.some((part) => part !== 'many')) {
    if (!options.small) await runner.warmUp();
    for (let round = 1; round <= options.rounds; round++) await runner.round(round);
  }
  // the others' memory and timers are none of what comes
  await own.disposeAsync();
  const idle: IdleResult[] = [];
  const storm: StormResult[] = [];
  if (options.parts.includes('many'))
    for (const { id, title } of subjects) {
      say(`many subscribers: ${title}`);
      const result = await many(stack, starts[id], { ...options.many, resumes: id !== 'bare_loop' });
      idle.push(result.idle);
      if (result.storm !== null) storm.push(result.storm);
    }
  const { fanOuts, latencies, publishes } = runner;
  const ran = subjects.map(({ id, title }) => ({ id, title }));
  return { subjects: ran, skipped, fanOut: fanOuts, latency: latencies, publish: publishes, idle, storm };
}

class Rounds {
  readonly fanOuts: FanOutSample[] = [];
  readonly latencies: FanOutSample[] = [];
  readonly publishes: PublishSample[] = [];
  readonly #options: BenchOptions;
  readonly #subjects: readonly Subject[];
  readonly #client: TopicsClient;
  readonly #loadClient: LoadClient;
  readonly #say: (line: string) => void;

  constructor(
    options: BenchOptions,
    subjects: readonly Subject[],
    client: TopicsClient,
    loadClient: LoadClient,
    say: (line: string) => void,
  ) {
    this.#options = options;
    this.#subjects = subjects;
    this.#client = client;
    this.#loadClient = loadClient;
    this.#say = say;
  }

  /** Lets each path run until it is compiled, with the fewest subscribers. */
  async warmUp(): Promise<void> {
    this.#say('warming up');
    const seconds = Math.min(1, this.#options.seconds);
    const [fewest] = this.#options.fanOutSubscribers;
    for (const subject of this.#subjects) {
      if (this.#does('fan-out') || this.#does('latency'))
        for (const plan of fanOutPlans(subject, seconds, [fewest!])) await fanOut(this.#client, subject, plan, 0);
      if (this.#does('publish'))
        for (const load of publishLoads) await publishRate(this.#loadClient, subject, load, 0, this.#bounds(seconds));
    }
  }

  async round(round: number): Promise<void> {
    const { seconds, fanOutSubscribers, pacedSubscribers, rounds } = this.#options;
    const startedMs = systemClock.monotonicMs();
    // another one first in each round
    const turn = this.#subjects.map((_, index) => this.#subjects[(index + round) % this.#subjects.length]!);
    if (this.#does('fan-out'))
      for (const subscribers of fanOutSubscribers)
        for (const subject of turn)
          for (const plan of fanOutPlans(subject, seconds, [subscribers]))
            this.fanOuts.push(await this.#fanOut(subject, plan, round));
    if (this.#does('latency'))
      for (const subject of turn)
        this.latencies.push(await this.#fanOut(subject, pacedPlan(seconds, pacedSubscribers), round));
    if (this.#does('publish'))
      for (const load of publishLoads)
        for (const subject of turn) {
          const sample = await publishRate(this.#loadClient, subject, load, round, this.#bounds(seconds));
          if (sample !== null) this.publishes.push(sample);
        }
    this.#say(`round ${round} of ${rounds} took ${((systemClock.monotonicMs() - startedMs) / 1_000).toFixed(0)} s`);
  }

  #fanOut(subject: Subject, plan: FanOutPlan, round: number): Promise<FanOutSample> {
    return fanOut(this.#client, subject, plan, round);
  }

  #does(part: Part): boolean {
    return this.#options.parts.includes(part);
  }

  #bounds(seconds: number): { seconds: number; requestsMax: number } {
    return { seconds, requestsMax: this.#options.requestsMax };
  }
}
