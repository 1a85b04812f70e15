/** Moves slots towards their target, round by round, and remembers what did not work. */
import type { Clock } from '../shared/clock.ts';
import type { View } from '../shared/fleet-state.ts';
import type { Log } from '../shared/process.ts';
import { Avoidance } from './avoidance.ts';
import type { Change, Fleet } from './fleet.ts';
import type { FleetPlan } from './fleet-answers.ts';
import type { FleetEvents } from './fleet-events.ts';
import { fleetPlanOf } from './fleet-status.ts';
import type { Health } from './health.ts';
import { LearnerWatch } from './learner-watch.ts';
import { controlPlaneLimits } from './limits.ts';
import { idOfLife, isLive } from './lives.ts';
import { type PlannedStep, planSteps, targetOf } from './planner.ts';
import { ScoreTable } from './score-table.ts';
import { Serving } from './serving.ts';
import { type ProposalOutcome, withSlotChanges } from './view-moves.ts';

export interface MoverOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: FleetEvents;
  readonly health: Health;
  readonly replicationFactor: number;
}

const unbounded = {
  learnersMax: Number.POSITIVE_INFINITY,
  learnersPerTargetMax: Number.POSITIVE_INFINITY,
  learnersPerSourceMax: Number.POSITIVE_INFINITY,
  movesPerViewMax: Number.POSITIVE_INFINITY,
};

export class Mover {
  readonly scores = new ScoreTable();
  readonly #options: MoverOptions;
  readonly #serving: Serving;
  readonly #avoidance = new Avoidance();
  readonly #learners = new LearnerWatch();
  #target: { view: View; key: string; copies: number[][] } | undefined;
  #steps = 0;
  /** Slots with learners when last looked at, and copies that joined since there were none. */
  #learning = 0;
  #joined = 0;

  constructor(options: MoverOptions) {
    this.#options = options;
    this.#serving = new Serving(options.fleet.state.view);
  }

  /** Steps since the start. */
  get steps(): number {
    return this.#steps;
  }

  follow(view: View): void {
    this.#serving.apply(view);
  }

  /** Takes the steps that are to be taken now; false when there is more to be prepared first. */
  async round(nowMs: number): Promise<boolean> {
    const { fleet, clock } = this.#options;
    const ids = fleet.state.view.nodes.map(({ id }) => id);
    if (!this.scores.prepare(ids, controlPlaneLimits.scoresPerLook)) return false;
    this.#withdrawStuck(nowMs);
    this.#avoidance.prune(nowMs);
    await fleet.change((state): Change<null> => {
      const steps = planSteps(state.view, this.#targetOf(state.view), this.served());
      if (steps.length === 0) return { answer: null };
      const changes = steps.map(({ change }) => change);
      const view = withSlotChanges(state.view, changes, clock.wallMs());
      return { answer: null, view, committed: () => this.#taken(steps) };
    });
    this.#sayMoved();
    return true;
  }

  /** The next step of each slot that is not where it should be, were there no bounds and were all that may be served. */
  plan(): FleetPlan {
    const { view } = this.#options.fleet.state;
    const mayServe = (slot: number) => view.slots[slot]![2].slice(0, 1).some((node) => isLive(view.nodes[node]!));
    return fleetPlanOf(view, planSteps(view, this.#targetOf(view), mayServe, unbounded));
  }

  /** What is avoided is tried again. */
  forgive(): void {
    this.#avoidance.clear();
  }

  /** Which slots are served, by what their primaries said last. */
  served(): (slot: number) => boolean {
    const { clock, health } = this.#options;
    const nowMs = clock.monotonicMs();
    return this.#serving.served((life) => health.freshReport(life, nowMs));
  }

  /** Proposals have become part of the view. */
  applied(outcomes: readonly ProposalOutcome[]): void {
    const untilMs = this.#options.clock.monotonicMs() + controlPlaneLimits.shrunkAvoidedMs;
    for (const { slot, kind, life } of outcomes.flatMap(({ applied }) => applied)) {
      if (kind === 'join') this.#joined++;
      else this.#avoidance.add(slot, idOfLife(life), untilMs);
    }
  }

  #taken(steps: readonly PlannedStep[]): void {
    this.#steps += steps.length;
    this.#options.log.debug({ steps: steps.length, first: steps[0]!.reason }, 'slots are moved');
  }

  /** Says once that slots have moved, when all that were on their way have come to their end. */
  #sayMoved(): void {
    const { fleet, events } = this.#options;
    const learning = fleet.state.view.slots.filter(([, , , learners]) => learners.length > 0).length;
    if (learning === 0 && this.#learning > 0 && this.#joined > 0) {
      events.record('move_done', 'all copies that were on their way are in sync', { slots: this.#joined });
      this.#joined = 0;
    }
    this.#learning = learning;
  }

  #withdrawStuck(nowMs: number): void {
    const { fleet, events } = this.#options;
    const { view } = fleet.state;
    const byNode = new Map<string, number>();
    for (const { slot, node } of this.#learners.stuck(view, nowMs, controlPlaneLimits.learnerStuckMs)) {
      const { id } = view.nodes[node]!;
      if (this.#avoidance.has(slot, id)) continue;
      this.#avoidance.add(slot, id, nowMs + controlPlaneLimits.learnerAvoidedMs);
      byNode.set(id, (byNode.get(id) ?? 0) + 1);
    }
    for (const [node, slots] of byNode) {
      events.record('learner_withdrawn', 'slots were not copied to the node in time', { node, slots });
    }
  }

  /** The target of a view; computed anew only when the view has changed, or what may be given to whom. */
  #targetOf(view: View): number[][] {
    const { clock, health, replicationFactor } = this.#options;
    const nowMs = clock.monotonicMs();
    const held = new Set(view.nodes.map(({ id }) => id).filter((id) => health.isFlapping(id, nowMs)));
    const key = `${this.#avoidance.version} ${[...held].join(' ')}`;
    if (this.#target?.view === view && this.#target.key === key) return this.#target.copies;
    const copies = targetOf({
      view,
      replicationFactor,
      scoresOf: (id) => this.scores.of(id),
      accepts: (node) => !held.has(node.id),
      avoids: (slot, node) => this.#avoidance.has(slot, node.id),
    });
    this.#target = { view, key, copies };
    return copies;
  }
}
