import { chaosLimits } from './limits.ts';
import type { ChaosOptions } from './run.ts';

export interface FaultReport {
  readonly kind: string;
  readonly target: string;
  readonly seconds: number;
  /** From the end of the fault until each slot had all its copies. */
  readonly repair_ms: number;
  /** Slots that restarted empty. */
  readonly resets: number;
  /** Longest time without a success of anybody, and longest success. */
  readonly longest_gap_ms: number;
  readonly longest_operation_ms: number;
  readonly not_done: number;
  readonly unknown: number;
  readonly troubles: Readonly<Record<string, number>>;
  /** Why it proves nothing. */
  readonly ineffective: string | null;
  readonly figures: Readonly<Record<string, number>>;
}

export interface ChaosReport {
  readonly options: ChaosOptions;
  readonly network: string;
  /** Faults that cannot be made here, with the reason. */
  readonly missing: Readonly<Record<string, string>>;
  readonly operations: {
    readonly done: number;
    readonly not_done: number;
    readonly unknown: number;
    readonly per_second_before: number;
  };
  readonly checked: { readonly operations: number; readonly rounds: number; readonly undecided: number };
  readonly topics: {
    readonly published: number;
    readonly delivered: number;
    readonly resumed: number;
    readonly discontinuities: number;
  };
  readonly views: number;
  readonly resets: number;
  readonly longest_gap_ms: number;
  readonly faults: readonly FaultReport[];
  /** Why the run proved nothing, or less than it should. */
  readonly worthless: readonly string[];
  readonly violations: readonly string[];
}

export function isClean({ violations, worthless }: ChaosReport): boolean {
  return violations.length === 0 && worthless.length === 0;
}

export function reportLines(report: ChaosReport): string[] {
  const { operations, checked, topics, options } = report;
  const { fleet } = options;
  const number = (value: number) => value.toLocaleString('en');
  const byKind = [...Map.groupBy(report.faults, ({ kind }) => kind)].map(
    ([kind, some]) =>
      `  ${kind.padEnd(20)} ${String(some.length).padStart(3)}   longest gap ${Math.max(...some.map((one) => one.longest_gap_ms))} ms, longest repair ${Math.max(...some.map((one) => one.repair_ms))} ms`,
  );
  const { violationsShown } = chaosLimits;
  return [
    '',
    `seed ${options.seed}, ${options.minutes} minutes, ${fleet.zones.length} zones, ${fleet.gateways} gateways, ` +
      `replication factor ${fleet.replicationFactor}, state ${fleet.store}, network: ${report.network}`,
    `operations: ${number(operations.done)} done, ${number(operations.not_done)} certainly not, ${number(operations.unknown)} unknown; ` +
      `${number(operations.per_second_before)} a second before the first fault`,
    `checked: ${number(checked.operations)} operations in ${number(checked.rounds)} rounds, ${checked.undecided} keys undecided`,
    `topics: ${number(topics.published)} published, ${number(topics.delivered)} delivered, ${topics.resumed} reconnects, ` +
      `${topics.discontinuities} discontinuities`,
    `views: ${report.views}; slots that restarted empty: ${report.resets}; longest time without any success: ${report.longest_gap_ms} ms`,
    'faults:',
    ...byKind,
    ...Object.entries(report.missing).map(([kind, reason]) => `  ${kind.padEnd(20)}   -   left out: ${reason}`),
    ...report.worthless.map((reason) => `PROVED NOTHING: ${reason}`),
    ...report.violations.slice(0, violationsShown).map((violation) => `VIOLATION: ${violation}`),
    ...(report.violations.length > violationsShown
      ? [`and ${report.violations.length - violationsShown} violations more`]
      : []),
    isClean(report) ? 'all as it must be' : `${report.violations.length} violations`,
  ];
}
