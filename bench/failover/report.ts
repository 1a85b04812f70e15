import type { MachineFacts } from '../support/machine.ts';
import type { AddResult } from './add-node.ts';
import type { CostResult } from './cost.ts';
import type { FaultGaps } from './fault-gaps.ts';
import type { CopyResult } from './learner-copy.ts';
import { aims } from './limits.ts';
import type { MoveResult } from './planned-moves.ts';
import { percentile } from './write-gaps.ts';

/** Results of the parts that ran. */
export interface Results {
  kills?: FaultGaps;
  kills_told?: FaultGaps;
  stops?: FaultGaps;
  drain?: MoveResult;
  upgrade?: MoveResult;
  add?: AddResult;
  copy?: CopyResult;
  cost?: CostResult;
}

/** What is written to `bench/results/failover.json`: each part with the day on which it was measured. */
export interface FailoverReport {
  readonly machine: MachineFacts;
  readonly dates: Readonly<Record<string, string>>;
  readonly results: Results;
  readonly comparisons: readonly Comparison[];
}

export interface Comparison {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly aim: string;
  readonly as_expected: boolean;
}

/** Faults of the bench's own subject, not figures that are lower than hoped: each makes it fail. */
export function faultsOf(results: Results): string[] {
  const { add, copy, cost } = results;
  const gaps = [results.kills, results.kills_told, results.stops].filter((part) => part !== undefined);
  const plain = (load: { readonly failures: number; readonly kinds: object }) => JSON.stringify(load.kinds);
  return [
    ...gaps
      .filter(({ slots_lost }) => slots_lost > 0)
      .map(({ kind, slots_lost }) => `${kind}: ${slots_lost} slots lost`),
    ...(add !== undefined && add.load.failures > 0 ? [`add: requests failed ${plain(add.load)}`] : []),
    ...(copy !== undefined && copy.during.failures > 0 ? [`copy: reads failed ${plain(copy.during)}`] : []),
    ...(copy !== undefined && copy.during.misses > 0 ? [`copy: ${copy.during.misses} reads missed`] : []),
    ...Object.entries(cost?.errors ?? {}).map(([kind, count]) => `cost: ${count} requests failed, ${kind}`),
  ];
}

export function compare(results: Results): Comparison[] {
  const { kills, kills_told: told, stops, drain, upgrade, add, copy, cost } = results;
  return [
    ...gapsOf('kill of a primary', kills),
    ...gapsOf('kill of a primary, told by its supervisor', told),
    ...gapsOf('stop of a primary', stops),
    ...movesOf('drain', drain),
    ...movesOf('rolling upgrade', upgrade),
    ...(add === undefined
      ? []
      : [
          atMost(
            'fourth node: copies moved to its even share',
            add.moved / add.even_share,
            '',
            1 + aims.movedBeyondShare,
          ),
          atMost('fourth node: failed requests', add.load.failures, '', aims.plannedFailures),
        ]),
    ...(copy === undefined
      ? []
      : [atMost('learner copy: p99 of reads to that without', copy.p99_ratio, '', aims.readsDuringCopy)]),
    ...(cost === undefined
      ? []
      : [
          atLeast('PUT with two copies to one', cost.put_ratio, aims.putFactor),
          atLeast('GET with two copies to one', cost.get_ratio, aims.getFactor),
        ]),
  ];
}

function gapsOf(name: string, gaps: FaultGaps | undefined): Comparison[] {
  if (gaps === undefined) return [];
  const primary = gaps.faults.map((fault) => fault.primary_gap_ms);
  const replica = gaps.faults.map((fault) => fault.replica_gap_ms);
  return [
    atMost(`${name}: write gap p50`, percentile(primary, 0.5), 'ms', aims.writeGapP50Ms),
    atMost(`${name}: write gap p99`, percentile(primary, 0.99), 'ms', aims.writeGapP99Ms),
    atMost(`${name}: write gap where it was the replica, p99`, percentile(replica, 0.99), 'ms', aims.replicaGapP99Ms),
  ];
}

function movesOf(name: string, move: MoveResult | undefined): Comparison[] {
  if (move === undefined) return [];
  return [
    atMost(`${name}: failed requests`, move.failures, '', aims.plannedFailures),
    atMost(`${name}: longest operation`, move.longest_ms, 'ms', aims.plannedLongestMs),
    atMost(`${name}: hit ratio lost`, move.hit_ratio_before - move.hit_ratio_after, 'points', aims.hitRatioLoss),
  ];
}

function atMost(name: string, value: number, unit: string, most: number): Comparison {
  return { name, value, unit, aim: `at most ${most}`, as_expected: value <= most };
}

function atLeast(name: string, value: number, least: number): Comparison {
  return { name, value, unit: '', aim: `at least ${least}`, as_expected: value >= least };
}

export function reportLines({ machine, results, comparisons }: FailoverReport): string[] {
  const gaps = [results.kills, results.kills_told, results.stops].filter((part) => part !== undefined);
  const figure = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));
  const width = Math.max(...comparisons.map(({ name }) => name.length));
  return [
    '',
    `${machine.cores} x ${machine.cpu}, ${machine.memory_gib} GiB, ${machine.platform}; load and fleet share the cores`,
    ...gaps.map(({ kind, faults, requests }) => {
      const primary = faults.map((fault) => fault.primary_gap_ms);
      const other = faults.map((fault) => fault.other_gap_ms);
      return (
        `${faults.length} of ${kind}, ${requests} writes: gap p50 ${percentile(primary, 0.5)}, p99 ${percentile(primary, 0.99)}, ` +
        `most ${Math.max(...primary)} ms; of keys that it had no copy of at most ${Math.max(...other)} ms`
      );
    }),
    ...[results.drain, results.upgrade].flatMap((move) =>
      move === undefined
        ? []
        : [
            `${move.kind}: ${move.seconds.toFixed(1)} s, ${move.requests} requests, failures ${JSON.stringify(move.kinds)}, ${move.left_out} left out, ` +
              `p99 ${move.p99_ms.toFixed(1)} ms (${move.p99_before_ms.toFixed(1)} before), longest ${move.longest_ms.toFixed(0)} ms`,
          ],
    ),
    ...(results.add === undefined
      ? []
      : [
          `fourth node: ${results.add.moved} of ${results.add.copies} copies moved in ${results.add.seconds.toFixed(1)} s, ` +
            `${results.add.share} to it (even share ${results.add.even_share}), ${results.add.moved_between_others} between the others`,
        ]),
    ...(results.copy === undefined
      ? []
      : [
          `learner copy: ${(results.copy.bytes / 1e6).toFixed(0)} MB in ${results.copy.copy_seconds.toFixed(1)} s; p99 of reads ` +
            `${results.copy.before.latency.p99.toFixed(2)} ms before, ${results.copy.during.latency.p99.toFixed(2)} during, ${results.copy.after.latency.p99.toFixed(2)} after`,
        ]),
    ...(results.cost === undefined
      ? []
      : [
          `requests a second with one and two copies: PUT ${results.cost.put.factor_1} and ${results.cost.put.factor_2}, ` +
            `GET ${results.cost.get.factor_1} and ${results.cost.get.factor_2}`,
        ]),
    '',
    ...comparisons.map(
      ({ name, value, unit, aim, as_expected }) =>
        `${name.padEnd(width)}  ${figure(value).padStart(8)} ${unit.padEnd(6)}  ${aim}${as_expected ? '' : '   MISSED'}`,
    ),
  ];
}
