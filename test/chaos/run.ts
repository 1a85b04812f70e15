import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/shared/clock.ts';
import { Choices } from '../api/fuzz/random.ts';
import { Fleet, type FleetOptions } from './fleet/fleet.ts';
import { until } from './fleet/fleet-process.ts';
import { chaosLimits } from './limits.ts';
import { between, type Fault, type FaultContext } from './nemesis/fault.ts';
import { faults, missingOf } from './nemesis/faults.ts';
import type { Network } from './network/network.ts';
import type { ChaosReport, FaultReport } from './report.ts';
import { KeyLoad } from './workload/key-load.ts';
import { type Stretch, Tally } from './workload/tally.ts';
import { TopicLoad } from './workload/topic-load.ts';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly fleet: FleetOptions;
  /** Where what each process printed is to be kept. */
  readonly logDirectory: string | undefined;
  /** Kinds of faults to make; all that are possible when empty. */
  readonly kinds: readonly string[];
  /** Items are evicted all the time; eviction counts as a delete. */
  readonly evicts: boolean;
  /** The checks are not told of slots that restarted empty: shows that they would find it. */
  readonly hideLosses: boolean;
}

const cache = 'default';
/** Codes of connections that were not made, or ended. */
const connectionTroubles = new Set(['ECONNREFUSED', 'ECONNRESET', 'UND_ERR_SOCKET']);

/** One run: a fleet, its load, fault after fault, and what was found. */
export class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #network: Network;
  readonly #say: (line: string) => void;
  readonly #choices: Choices;
  readonly #tally = new Tally();
  readonly #reports: FaultReport[] = [];
  readonly #violations: string[] = [];
  readonly #worthless: string[] = [];

  constructor(options: ChaosOptions, network: Network, say: (line: string) => void) {
    this.#options = options;
    this.#network = network;
    this.#say = say;
    this.#choices = new Choices(options.seed);
  }

  async run(stack: AsyncDisposableStack): Promise<ChaosReport> {
    const { seed, evicts } = this.#options;
    const { logDirectory } = this.#options;
    const fleet = await Fleet.start(stack, this.#network, this.#options.fleet, logDirectory);
    const { urls, authorization, views } = fleet;
    const resets = this.#options.hideLosses ? [] : views.resets;
    const common = { urls, authorization, cache, seed, tally: this.#tally, resets };
    const keys = new KeyLoad({ ...common, evicts });
    const topics = new TopicLoad(common);
    await topics.start();
    this.#tally.reset();
    keys.start();
    if (!(await until(() => fleet.isComplete, chaosLimits.repairMs)))
      this.#violations.push(`copies are missing before the first fault: ${fleet.views.summary()}`);
    this.#tally.cut();
    await pause(chaosLimits.warmUpMs);
    const before = this.#tally.cut();
    if (before.done / before.seconds < chaosLimits.operationsPerSecondMin)
      this.#worthless.push(
        `only ${Math.round(before.done / before.seconds)} operations a second before the first fault`,
      );
    await this.#faults(fleet);
    await topics.finish();
    await keys.finish();
    const total = this.#tally.total;
    if (keys.checked < chaosLimits.operationsPerSecondMin * this.#options.minutes * 30)
      this.#worthless.push(`only ${keys.checked} operations were checked`);
    return {
      options: this.#options,
      network: this.#network.kind,
      missing: this.#missing(fleet),
      operations: { ...total, per_second_before: Math.round(before.done / before.seconds) },
      checked: { operations: keys.checked, rounds: keys.roundsChecked, undecided: keys.undecided },
      topics: {
        published: topics.published,
        delivered: topics.delivered,
        resumed: topics.resumed,
        discontinuities: topics.discontinuities,
      },
      views: views.views,
      resets: views.resets.length,
      longest_gap_ms: Math.round(this.#tally.longestGapMs),
      faults: this.#reports,
      worthless: this.#worthless,
      violations: [
        ...this.#violations,
        ...keys.violations,
        ...topics.violations,
        ...this.#tally.unexpected,
        ...views.faults,
        ...fleet.accidents,
      ],
    };
  }

  async #faults(fleet: Fleet): Promise<void> {
    const endMs = systemClock.monotonicMs() + this.#options.minutes * 60_000;
    const wanted = (fault: Fault) => this.#options.kinds.length === 0 || this.#options.kinds.includes(fault.kind);
    const possible = faults.filter((fault) => wanted(fault) && missingOf(fault, fleet) === undefined);
    if (possible.length === 0) throw new Error('none of these faults can be made here');
    let bag: Fault[] = [];
    while (systemClock.monotonicMs() < endMs) {
      // each kind once before any comes again
      if (bag.length === 0) bag = this.#shuffled(possible);
      await this.#fault(fleet, bag.pop()!);
      await pause(between(this.#choices, chaosLimits.calmMsMin, chaosLimits.calmMsMax));
    }
  }

  async #fault(fleet: Fleet, fault: Fault): Promise<void> {
    const context: FaultContext = { fleet, choices: this.#choices, victims: fleet.storage };
    this.#tally.cut();
    const wrongBefore = fleet.wrongResets.length;
    const resetsBefore = fleet.views.resets.length;
    const startMs = systemClock.monotonicMs();
    const outcome = await fault.run(context);
    const endMs = systemClock.monotonicMs();
    const isRepaired = await until(() => fleet.isComplete, chaosLimits.repairMs);
    if (!isRepaired) await fleet.keepMetrics();
    const repairMs = systemClock.monotonicMs() - endMs;
    const stretch = this.#tally.cut();
    const resets = fleet.views.resets.length - resetsBefore;
    const report: FaultReport = {
      kind: fault.kind,
      target: outcome.target,
      seconds: (endMs - startMs) / 1_000,
      repair_ms: Math.round(repairMs),
      resets,
      longest_gap_ms: Math.round(stretch.longestGapMs),
      longest_operation_ms: Math.round(stretch.longestDoneMs),
      not_done: stretch.notDone,
      unknown: stretch.unknown,
      troubles: stretch.troubles,
      ineffective: outcome.ineffective ?? null,
      figures: outcome.figures ?? {},
    };
    this.#reports.push(report);
    const name = `${fault.kind} (${outcome.target})`;
    if (outcome.ineffective !== undefined) this.#worthless.push(`${name}: ${outcome.ineffective}`);
    if (!isRepaired)
      this.#violations.push(
        `${name}: after ${chaosLimits.repairMs} ms copies are still missing: ${fleet.views.summary()}`,
      );
    const wrong = fleet.wrongResets.length - wrongBefore;
    if (wrong > 0) this.#violations.push(`${name}: ${wrong} slots restarted empty although a copy of each lived`);
    if (fault.planned && fleet.factor > 1) this.#violations.push(...failuresOfPlan(name, stretch));
    this.#say(
      `${name}: ${report.seconds.toFixed(1)} s, repaired ${report.repair_ms} ms later, ` +
        `longest gap ${report.longest_gap_ms} ms, ${stretch.notDone} not done, ${stretch.unknown} unknown` +
        (resets > 0 ? `, ${resets} slots lost` : ''),
    );
  }

  #missing(fleet: Fleet): Record<string, string> {
    const reasons = faults.map((fault) => [fault.kind, missingOf(fault, fleet)] as const);
    return Object.fromEntries(reasons.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const left = [...values];
    return values.map(() => left.splice(this.#choices.below(left.length), 1)[0]!);
  }
}

/**
 * Connections to a gateway that is just being started again are refused or reset, with nothing in front that would share
 * its port: a client's own affair. Answers that refuse, or do not know, are not.
 */
function failuresOfPlan(name: string, { troubles }: Stretch): string[] {
  const failures = Object.entries(troubles).filter(([code]) => !connectionTroubles.has(code));
  if (failures.length === 0) return [];
  return [
    `${name}: requests failed although all of it was planned: ${failures.map(([code, n]) => `${n} ${code}`).join(', ')}`,
  ];
}
