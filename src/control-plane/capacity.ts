/** What the fleet has to give: takes spares into use, and corrects weights by load. */
import type { Clock } from '../shared/clock.ts';
import type { Heartbeat } from '../shared/control-link/protocol.ts';
import type { FleetNode } from '../shared/fleet-state.ts';
import type { Change, Fleet } from './fleet.ts';
import type { FleetEvents } from './fleet-events.ts';
import type { Health } from './health.ts';
import { controlPlaneLimits } from './limits.ts';
import { type Life, lifeOf } from './lives.ts';
import { weightsByLoad } from './load-weights.ts';
import { chooseSpare, type FleetUse, type SpareTargets, targetPassed } from './spares.ts';
import { withNode } from './view-moves.ts';

export interface CapacityOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly events: FleetEvents;
  readonly health: Health;
  readonly targets: SpareTargets;
}

export class Capacity {
  readonly #options: CapacityOptions;
  /** Lost lives in whose place a spare was taken. */
  readonly #covered: Set<Life>;
  #weighedMs: number;
  /** The target that is passed, and since when. */
  #passed: { readonly target: string; readonly sinceMs: number } | undefined;

  constructor(options: CapacityOptions) {
    this.#options = options;
    this.#weighedMs = options.clock.monotonicMs();
    // What a former leader has done stands in the view.
    this.#covered = new Set(options.fleet.state.view.nodes.flatMap(({ covers }) => covers ?? []));
  }

  /** Loads are weighed in the next round. */
  hurry(): void {
    this.#weighedMs = Number.NEGATIVE_INFINITY;
  }

  /** `goneSinceMs`: since when silent and dead lives are so. */
  async round(goneSinceMs: ReadonlyMap<Life, number>, nowMs: number): Promise<void> {
    for (const life of this.#covered) if (!goneSinceMs.has(life)) this.#covered.delete(life);
    await this.#takeSpare(goneSinceMs, nowMs);
    await this.#weigh(nowMs);
  }

  async #takeSpare(goneSinceMs: ReadonlyMap<Life, number>, nowMs: number): Promise<void> {
    const { fleet, events } = this.#options;
    this.#lookAtTargets(nowMs);
    if (!fleet.state.view.nodes.some(({ state }) => state === 'spare')) return;
    await fleet.change(({ view }): Change<null> => {
      const covered = this.#covered;
      const choice = chooseSpare({ view, goneSinceMs, covered, passed: this.#passed, nowMs });
      if (!choice) return { answer: null };
      const { id } = view.nodes[choice.index]!;
      return {
        answer: null,
        view: withNode(view, choice.index, {
          state: 'active',
          standing: 'active',
          ...(choice.for === null ? {} : { covers: choice.for }),
        }),
        committed: () => {
          if (choice.for !== null) covered.add(choice.for);
          // what one more node changes is seen before another one is taken
          this.#passed = undefined;
          events.record('spare_activated', `the spare is taken into use: ${choice.reason}`, { node: id });
        },
      };
    });
  }

  #lookAtTargets(nowMs: number): void {
    const { fleet, targets } = this.#options;
    const target = targetPassed(targets, this.#use(fleet.state.view.nodes, nowMs));
    this.#passed = target === undefined ? undefined : { target, sinceMs: this.#passed?.sinceMs ?? nowMs };
  }

  #use(nodes: readonly FleetNode[], nowMs: number): FleetUse {
    const { health } = this.#options;
    const active = nodes.filter((node) => node.state === 'active');
    const reports = active.flatMap((node) => health.freshReport(lifeOf(node), nowMs)?.heartbeat ?? []);
    if (reports.length === 0 || reports.length < active.length) {
      return { memoryShare: undefined, operationsPerSecond: undefined };
    }
    const sum = (pick: (heartbeat: Heartbeat) => number) => reports.reduce((total, each) => total + pick(each), 0);
    return {
      memoryShare:
        sum((each) => each.memory_bytes_used) /
        Math.max(
          1,
          sum((each) => each.memory_bytes),
        ),
      operationsPerSecond: sum((each) => each.operations_per_second) / reports.length,
    };
  }

  async #weigh(nowMs: number): Promise<void> {
    if (nowMs - this.#weighedMs < controlPlaneLimits.weighMs) return;
    this.#weighedMs = nowMs;
    const { fleet, health } = this.#options;
    await fleet.change(({ view }): Change<null> => {
      const loadOf = (node: FleetNode) => health.freshReport(lifeOf(node), nowMs)?.heartbeat.operations_per_second;
      const weights = weightsByLoad(view, loadOf);
      if (weights.size === 0) return { answer: null };
      const nodes = view.nodes.map((node, index) => ({ ...node, weight: weights.get(index) ?? node.weight }));
      return { answer: null, view: { ...view, number: view.number + 1, nodes } };
    });
  }
}
