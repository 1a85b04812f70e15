import { median } from '../support/statistics.ts';
import type { BenchCase, Measure, SubjectId } from './cases.ts';
import { measures, overheadBytesMax } from './cases.ts';
import { type EngineMemory, type Overhead, overheadOf } from './memory-breakdown.ts';
import type { CaseRun } from './run.ts';

/** What is said of one subject in one case: medians of its rounds and processes. */
export interface SubjectSummary {
  readonly subject: SubjectId;
  /** Millions of operations a second. */
  readonly rates: Readonly<Record<Measure, number>>;
  /** Share of `get` that found its item, 0 … 1. */
  readonly hit_ratio: number;
  readonly items: number;
  /** Resident bytes for each item, just filled and after the mixed phase. */
  readonly resident_bytes_per_item: number;
  readonly resident_bytes_per_item_after_churn: number;
  readonly heap_bytes_per_item: number;
  readonly gc: {
    readonly longest_pause_ms: number;
    /** Longest of all its processes. */
    readonly longest_pause_ms_max: number;
    readonly total_ms: number;
    readonly count: number;
    /** A whole collection, asked for. */
    readonly full_ms: number;
  };
  readonly wrong: number;
}

export interface CaseSummary {
  readonly benchCase: BenchCase;
  readonly subjects: readonly SubjectSummary[];
  /** The engine after the mixed phase, full. */
  readonly engine: EngineMemory;
  readonly overhead_bytes_per_item: Overhead;
}

export type Target = { readonly atLeast: number } | { readonly atMost: number };

export interface Comparison {
  readonly name: string;
  readonly value: number;
  /** null: told, and nothing is promised. */
  readonly target: Target | null;
  readonly as_expected: boolean | null;
}

export function summarize({ benchCase, rates, memory }: CaseRun): CaseSummary {
  const subjects = benchCase.subjects.map((subject): SubjectSummary => {
    const rounds = rates.filter((sample) => sample.subject === subject);
    const runs = memory.filter((sample) => sample.subject === subject);
    const of = (figure: (run: (typeof runs)[number]) => number): number => median(runs.map(figure));
    const gets = rounds.filter(({ measure }) => measure === 'get').map(({ round }) => round);
    return {
      subject,
      rates: Object.fromEntries(
        measures.map((measure) => [
          measure,
          median(
            rounds
              .filter((sample) => sample.measure === measure)
              .map(({ round }) => round.operations / round.seconds / 1e6),
          ),
        ]),
      ) as Record<Measure, number>,
      hit_ratio: sum(gets, ({ hits }) => hits) / sum(gets, ({ operations }) => operations),
      items: of(({ filled }) => filled.items),
      resident_bytes_per_item: of(({ filled }) => filled.residentBytes / filled.items),
      resident_bytes_per_item_after_churn: of(({ churn }) => churn.residentBytes / churn.items),
      heap_bytes_per_item: of(({ churn }) => churn.heapBytes / churn.items),
      gc: {
        longest_pause_ms: of(({ churn }) => churn.gc.longestMs),
        longest_pause_ms_max: Math.max(...runs.map(({ churn }) => churn.gc.longestMs)),
        total_ms: of(({ churn }) => churn.gc.totalMs),
        count: of(({ churn }) => churn.gc.count),
        full_ms: of(({ churn }) => churn.fullGcMs),
      },
      wrong: sum(rounds, ({ round }) => round.wrong),
    };
  });
  const engine = memory.find(({ churn }) => churn.memory !== null)!.churn.memory!;
  return { benchCase, subjects, engine, overhead_bytes_per_item: overheadOf(engine) };
}

/** Targets of the small case (docs/performance.md); the others are told beside. */
export function compare({ benchCase, subjects, engine, overhead_bytes_per_item }: CaseSummary): Comparison[] {
  const segcache = subjects.find(({ subject }) => subject === 'segcache')!;
  const lru = subjects.find(({ subject }) => subject === 'lru_cache')!;
  const map = subjects.find(({ subject }) => subject === 'map');
  const promised = (target: Target): Target | null => (benchCase.id === 'small' ? target : null);
  const ratio = (measure: Measure, to: SubjectSummary): number => segcache.rates[measure] / to.rates[measure];
  const comparisons = [
    judged(
      'resident bytes of an item, to lru-cache',
      segcache.resident_bytes_per_item / lru.resident_bytes_per_item,
      promised({ atMost: 0.45 }),
    ),
    judged('get, to lru-cache', ratio('get', lru), promised({ atLeast: 1.5 })),
    judged('get of what is not there, to lru-cache', ratio('miss', lru), null),
    judged('set with eviction, to lru-cache', ratio('set', lru), promised({ atLeast: 1.5 })),
    judged('longest pause, ms', segcache.gc.longest_pause_ms, promised({ atMost: 10 })),
    judged("longest pause of lru-cache's process, ms", lru.gc.longest_pause_ms, null),
  ];
  if (map !== undefined)
    comparisons.push(
      judged('get, to Map', ratio('get', map), null),
      judged('set with eviction, to Map', ratio('set', map), null),
    );
  if (engine.evictions > 0)
    comparisons.push(
      judged(
        'overhead of an item when full, bytes',
        overhead_bytes_per_item.total,
        promised({ atMost: overheadBytesMax }),
      ),
    );
  return comparisons;
}

function judged(name: string, value: number, target: Target | null): Comparison {
  if (target === null) return { name, value, target, as_expected: null };
  return { name, value, target, as_expected: 'atLeast' in target ? value >= target.atLeast : value <= target.atMost };
}

function sum<T>(list: readonly T[], figure: (of: T) => number): number {
  return list.reduce((total, one) => total + figure(one), 0);
}
