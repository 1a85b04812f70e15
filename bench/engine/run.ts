import type { BenchCase, Measure, SubjectId } from './cases.ts';
import { measures } from './cases.ts';
import { SubjectProcess } from './subject-process.ts';
import type { ChurnAnswer, FillAnswer, RoundAnswer } from './worker.ts';

export interface BenchOptions {
  /** Items of the small cases; the mid-size one has a tenth. */
  readonly items: number;
  /** Length of one round, in seconds; the mixed phase takes four times that. */
  readonly seconds: number;
  readonly rounds: number;
  /** Processes of each subject whose memory and pauses are measured. */
  readonly memoryRuns: number;
  readonly seed: number;
}

export interface RateSample {
  readonly subject: SubjectId;
  readonly measure: Measure;
  readonly round: RoundAnswer;
}

export interface MemorySample {
  readonly subject: SubjectId;
  readonly filled: FillAnswer;
  readonly churn: ChurnAnswer;
}

/** One case as it was measured. */
export interface CaseRun {
  readonly benchCase: BenchCase;
  readonly rates: readonly RateSample[];
  readonly memory: readonly MemorySample[];
}

const churnRounds = 4;

export async function runCase(
  benchCase: BenchCase,
  options: BenchOptions,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<CaseRun> {
  say(`${benchCase.title}: memory and pauses`);
  const memory = await measureMemory(benchCase, options, stack);
  say(`${benchCase.title}: rates`);
  const rates = await measureRates(benchCase, options, stack);
  return { benchCase, rates, memory };
}

/** One process after the other: each filled, then loaded with gets and sets, with nothing else going on. */
async function measureMemory(
  benchCase: BenchCase,
  options: BenchOptions,
  stack: AsyncDisposableStack,
): Promise<MemorySample[]> {
  const samples: MemorySample[] = [];
  for (let run = 0; run < options.memoryRuns; run++) {
    for (const id of inTurn(benchCase.subjects, run)) {
      await using own = new AsyncDisposableStack();
      stack.defer(() => own.disposeAsync());
      const { subject, filled } = await SubjectProcess.start(own, id, benchCase, options.seed);
      samples.push({ subject: id, filled, churn: await subject.churn(options.seconds * churnRounds * 1_000) });
    }
  }
  return samples;
}

/**
 * All subjects filled and waiting, then round by round each one in its turn, another first each time, so that
 * whatever else the machine does meets all of them alike. The first round of each measure warms up.
 */
async function measureRates(
  benchCase: BenchCase,
  options: BenchOptions,
  stack: AsyncDisposableStack,
): Promise<RateSample[]> {
  await using own = new AsyncDisposableStack();
  stack.defer(() => own.disposeAsync());
  const subjects: SubjectProcess[] = [];
  for (const id of benchCase.subjects)
    subjects.push((await SubjectProcess.start(own, id, benchCase, options.seed)).subject);
  const samples: RateSample[] = [];
  for (const measure of measures) {
    for (let round = 0; round <= options.rounds; round++) {
      for (const subject of inTurn(subjects, round)) {
        const answer = await subject.round(measure, options.seconds * 1_000);
        if (round > 0) samples.push({ subject: subject.id, measure, round: answer });
      }
    }
  }
  return samples;
}

function inTurn<T>(list: readonly T[], round: number): T[] {
  return list.map((_, i) => list[(i + round) % list.length]!);
}
