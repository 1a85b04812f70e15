import { ceilingBytes, soakLimits } from './limits.ts';
import type { PhaseSample, SoakOptions, SoakRun } from './run.ts';

/** The first and the last phase of one place in the cycle. */
export interface Throughput {
  readonly place: string;
  /** Operations a CPU second of the storage process. */
  readonly first: number;
  readonly last: number;
  readonly ratio: number;
}

export interface Verdict {
  readonly ceilingBytes: number;
  readonly peakBytes: number;
  readonly peakPlace: string;
  /** By place; the first of them is the first and the last phase of the soak. */
  readonly throughput: readonly Throughput[];
  /** Geometric mean of the ratios. */
  readonly meanRatio: number;
  /** Why the soak failed; empty when it passed. */
  readonly failures: readonly string[];
}

export function judge(run: SoakRun, options: SoakOptions): Verdict {
  const all = [...run.warmUp, ...run.phases];
  const ceiling = ceilingBytes(options.memoryBytes);
  const worst = all.reduce((most, sample) => (sample.resident.peakBytes > most.resident.peakBytes ? sample : most));
  const throughput = throughputOf(run.phases);
  const meanRatio = Math.exp(
    throughput.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / Math.max(1, throughput.length),
  );
  const failures: string[] = [];
  if (worst.resident.peakBytes > ceiling)
    failures.push(`${mb(worst.resident.peakBytes)} resident (${worst.place}), above the ceiling of ${mb(ceiling)}`);
  if (options.judgeThroughput) failures.push(...slowDowns(throughput, meanRatio));
  failures.push(...badAnswers(all), ...provedNothing(run, options));
  return {
    ceilingBytes: ceiling,
    peakBytes: worst.resident.peakBytes,
    peakPlace: worst.place,
    throughput,
    meanRatio,
    failures,
  };
}

function throughputOf(phases: readonly PhaseSample[]): Throughput[] {
  const places = [...new Set(phases.map(({ place }) => place))];
  return places.flatMap((place) => {
    const samples = phases.filter((sample) => sample.place === place);
    if (samples.length < 2) return [];
    const [first, last] = [samples[0]!, samples.at(-1)!].map(perCpuSecond) as [number, number];
    return [{ place, first, last, ratio: last / first }];
  });
}

export function perCpuSecond({ counts, cpuSeconds }: PhaseSample): number {
  return counts.operations / cpuSeconds;
}

function slowDowns(throughput: readonly Throughput[], meanRatio: number): string[] {
  const least = soakLimits.throughputRatioMin;
  const failures: string[] = [];
  const ends = throughput[0];
  if (ends === undefined) return ['no size came twice, so throughput was not compared'];
  if (!(ends.ratio >= least))
    failures.push(`the last phase did ${ends.ratio.toFixed(2)} of the first one's operations a CPU second`);
  if (!(meanRatio >= least))
    failures.push(
      `over all sizes the last cycle did ${meanRatio.toFixed(2)} of the first one's operations a CPU second`,
    );
  return failures;
}

function badAnswers(all: readonly PhaseSample[]): string[] {
  const failures: string[] = [];
  const wrong = all.reduce((sum, { counts }) => sum + counts.wrong, 0);
  if (wrong > 0) failures.push(`${wrong} wrong answers`);
  const failed: Record<string, number> = {};
  for (const { counts } of all)
    for (const [cause, count] of Object.entries(counts.failed)) failed[cause] = (failed[cause] ?? 0) + count;
  for (const [cause, count] of Object.entries(failed)) failures.push(`${count} operations failed: ${cause}`);
  return failures;
}

/** What must have happened for the rest to mean anything. */
function provedNothing({ phases, warmUp }: SoakRun, { minutes }: SoakOptions): string[] {
  const failures: string[] = [];
  const operations = phases.reduce((sum, { counts }) => sum + counts.operations, 0);
  const least = Math.floor(minutes * 60 * soakLimits.operationsPerSecondMin);
  if (operations < least) failures.push(`proved nothing: ${operations} operations, fewer than ${least}`);
  const freeShare = Math.min(...[...warmUp, ...phases].map(({ engine }) => engine.freeBytes / engine.limitBytes));
  if (!(freeShare < soakLimits.freeShareFull))
    failures.push(`proved nothing: the memory was never full, ${(freeShare * 100).toFixed(0)} % were free`);
  const last = phases.at(-1)!.engine;
  if (last.evictions === 0) failures.push('proved nothing: nothing was evicted');
  if (last.expirations === 0) failures.push('proved nothing: nothing expired');
  for (const { place, counts } of phases)
    if (counts.hits === 0 || counts.sets === 0) failures.push(`proved nothing: no hits or no sets in "${place}"`);
  return failures;
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
