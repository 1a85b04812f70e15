/** Moves slots towards their target, round by round, and remembers what did not work. */
import type { Clock } from '../shared/clock.ts';
import type { FleetNode, View } from '../shared/fleet-state.ts';
import type { Log } from '../shared/process.ts';
import { Avoidance } from './avoidance.ts';
import type { Change, Fleet } from './fleet.ts';
import type { FleetPlan } from './fleet-answers.ts';
import type { FleetEvents } from './fleet-events.ts';
import { fleetPlanOf } from './fleet-status.ts';
import type { Health } from './health.ts';
import { LearnerWatch } from './learner-watch.ts';
import { controlPlaneLimits } from './limits.ts';
import { idOfLife, isLive, lifeOf } from './lives.ts';
import { type PlannedStep, type PlannerBounds, planSteps, targetOf } from './planner.ts';
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

/** A target, the newest view that it was found to hold for, and what else it depends on. */
interface Target {
  view: View;
  readonly key: string;
  readonly copies: number[][];
  /** Whether it was computed from just that view. */
  isExact: boolean;
}

const unbounded = {
  learnersMax: Number.POSITIVE_INFINITY,
  learnersPerTargetMax: Number.POSITIVE_INFINITY,
  learnersPerSourceMax: Number.POSITIVE_INFINITY,
  movesPerViewMax: Number.POSITIVE_INFINITY,
};

function partOfBounds(share: number): PlannerBounds {
  const { learnersMax, learnersPerTargetMax, learnersPerSourceMax, movesPerViewMax } = controlPlaneLimits;
  return {
    learnersMax: learnersMax * share,
    learnersPerTargetMax: learnersPerTargetMax * share,
    learnersPerSourceMax: learnersPerSourceMax * share,
    movesPerViewMax: movesPerViewMax * share,
  };
}

export class Mover {
  readonly scores = new ScoreTable();
  readonly #options: MoverOptions;
  readonly #serving: Serving;
  readonly #avoidance = new Avoidance();
  readonly #learners = new LearnerWatch();
  #target: Target | undefined;
  #watchedMs = Number.NEGATIVE_INFINITY;
  /** When it was last said of a node that it has no room. */
  readonly #saidFullMs = new Map<string, number>();
  #steps = 0;
  /** When the last steps were taken, and the views with steps since the last rest. */
  #steppedMs = Number.NEGATIVE_INFINITY;
  #viewsInRow = 0;
  /** Copies that their primaries have removed and nobody was told of, by node, and since when. */
  readonly #leftOut = new Map<string, { slots: number; readonly sinceMs: number }>();
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
    this.#sayLeftOut(nowMs);
    this.#avoidance.prune(nowMs);
    await fleet.change((state): Change<null> => {
      let steps = this.#stepsTowards(this.#targetOf(state.view), state.view, nowMs);
      // Where the slots are now, another look at all of them may still find one to be improved.
      if (steps.length === 0 && this.#target?.isExact === false)
        steps = this.#stepsTowards(this.#newTargetOf(state.view), state.view, nowMs);
      if (steps.length === 0) return { answer: null };
      const changes = steps.map(({ change }) => change);
      const view = withSlotChanges(state.view, changes, clock.wallMs());
      return { answer: null, view, committed: () => this.#taken(steps, nowMs) };
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
    const nowMs = this.#options.clock.monotonicMs();
    const { shrunkAvoidedMs, noRoomAvoidedMs } = controlPlaneLimits;
    for (const { slot, kind, life, full } of outcomes.flatMap(({ applied }) => applied)) {
      const node = idOfLife(life);
      if (kind === 'join') this.#joined++;
      else this.#avoidance.add(slot, node, nowMs + (full ? noRoomAvoidedMs : shrunkAvoidedMs));
      if (full) this.#sayFull(node, nowMs);
      else if (kind === 'shrink') this.#noteLeftOut(node, nowMs);
    }
  }

  #noteLeftOut(node: string, nowMs: number): void {
    const known = this.#leftOut.get(node);
    if (known === undefined) this.#leftOut.set(node, { slots: 1, sinceMs: nowMs });
    else known.slots++;
  }

  /** Its primaries leave a node out one after another: once all of them had time to, it is said. */
  #sayLeftOut(nowMs: number): void {
    for (const [node, { slots, sinceMs }] of this.#leftOut) {
      if (nowMs - sinceMs < controlPlaneLimits.leftOutSaidMs) continue;
      this.#leftOut.delete(node);
      const detail = 'primaries did not hear the node, or got no acknowledgement, and went on without its copies';
      this.#options.events.record('left_out', detail, { node, slots });
    }
  }

  /** Slots come one by one, for as long as there is no room. */
  #sayFull(node: string, nowMs: number): void {
    const saidMs = this.#saidFullMs.get(node) ?? Number.NEGATIVE_INFINITY;
    if (nowMs - saidMs < controlPlaneLimits.noRoomSaidMs) return;
    this.#saidFullMs.set(node, nowMs);
    const detail =
      'slots have fewer copies, or stay where they are: the node has no room for items that must not be evicted';
    this.#options.events.record('no_room', detail, { node });
  }

  /**
   * The steps to take now: after a rest an eighth of what may be under way, with each view twice as much. Who is asked for
   * it runs code that nothing has run for a while, if ever, and a gateway may have just begun. As long as copies are on
   * their way it is no rest; and where nothing fits into a part of the bounds, they count whole.
   */
  #stepsTowards(target: readonly (readonly number[])[], view: View, nowMs: number): PlannedStep[] {
    const { movesRestMs, movesBeginShare } = controlPlaneLimits;
    if (this.#learning === 0 && nowMs - this.#steppedMs > movesRestMs) this.#viewsInRow = 0;
    const share = movesBeginShare * 2 ** this.#viewsInRow;
    return planSteps(view, target, this.served(), partOfBounds(Math.min(1, share)), controlPlaneLimits);
  }

  #taken(steps: readonly PlannedStep[], nowMs: number): void {
    this.#steps += steps.length;
    this.#steppedMs = nowMs;
    this.#viewsInRow++;
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
    if (nowMs - this.#watchedMs < controlPlaneLimits.learnersWatchMs) return;
    this.#watchedMs = nowMs;
    const { fleet, events } = this.#options;
    const { view } = fleet.state;
    const byNode = new Map<string, number>();
    for (const { slot, node } of this.#learners.stuck(view, nowMs, this.#stuckMs(view))) {
      const { id } = view.nodes[node]!;
      if (this.#avoidance.has(slot, id)) continue;
      this.#avoidance.add(slot, id, nowMs + controlPlaneLimits.learnerAvoidedMs);
      byNode.set(id, (byNode.get(id) ?? 0) + 1);
    }
    for (const [node, slots] of byNode) {
      events.record('learner_withdrawn', 'slots were not copied to the node in time', { node, slots });
    }
  }

  /** How long a learner may take: the more the nodes hold, the longer. */
  #stuckMs(view: View): number {
    const { learnerStuckMs, learnerBytesPerSecondMin } = controlPlaneLimits;
    const held = view.nodes.map((node) => this.#options.health.report(lifeOf(node))?.heartbeat.memory_bytes_used ?? 0);
    return learnerStuckMs + Math.round((Math.max(0, ...held) / learnerBytesPerSecondMin) * 1_000);
  }

  /**
   * The target of a view. What a view has done towards the last target leaves it as it is; all else, and a change of the
   * nodes or of what may be given to whom, asks for a new one.
   */
  #targetOf(view: View): number[][] {
    const known = this.#target;
    if (known === undefined || known.key !== this.#targetKey(view)) return this.#newTargetOf(view);
    if (known.view === view) return known.copies;
    if (!isOnTheWay(known.view, view, known.copies)) return this.#newTargetOf(view);
    known.view = view;
    known.isExact = false;
    return known.copies;
  }

  #newTargetOf(view: View): number[][] {
    const copies = targetOf({
      view,
      replicationFactor: this.#options.replicationFactor,
      scoresOf: (id) => this.scores.of(id),
      accepts: (node) => !this.#isHeldBack(node.id),
      avoids: (slot, node) => this.#avoidance.has(slot, node.id),
    });
    const target = copies.map((wanted, slot) => this.#orStays(view, slot, wanted));
    this.#target = { view, key: this.#targetKey(view), copies: target, isExact: true };
    return target;
  }

  /**
   * A slot that finds too few nodes only because one of them is silent, or avoided for now, keeps the copies that it
   * has: what is planned never leaves fewer of them than there may be a moment later.
   */
  #orStays(view: View, slot: number, wanted: number[]): number[] {
    const [, , copies] = view.slots[slot]!;
    if (wanted.length >= copies.length || wanted.length >= this.#options.replicationFactor) return wanted;
    const zones = wanted.map((index) => view.nodes[index]!.zone);
    const mayTakeLater = (node: FleetNode, index: number) =>
      !copies.includes(index) &&
      !zones.includes(node.zone) &&
      (node.state === 'silent' || (node.state === 'active' && this.#avoidance.has(slot, node.id)));
    return view.nodes.some(mayTakeLater) ? [...copies] : wanted;
  }

  #targetKey(view: View): string {
    const held = view.nodes.map(({ id }) => id).filter((id) => this.#isHeldBack(id));
    return `${this.#avoidance.version} ${held.join(' ')}`;
  }

  #isHeldBack(id: string): boolean {
    const { clock, health } = this.#options;
    return health.isFlapping(id, clock.monotonicMs());
  }
}

/** Whether nothing has changed from one view to another but that slots came nearer to a target. */
function isOnTheWay(from: View, to: View, target: readonly (readonly number[])[]): boolean {
  if (from.nodes !== to.nodes) return false;
  for (let slot = 0; slot < to.slots.length; slot++) {
    const [before, after] = [from.slots[slot]!, to.slots[slot]!];
    if (before === after) continue;
    const [, , copiesBefore, learnersBefore] = before;
    const [, , copies, learners] = after;
    const wanted = target[slot]!;
    const isHolder = (node: number) => copies.includes(node) || learners.includes(node);
    const wasHolder = (node: number) => copiesBefore.includes(node) || learnersBefore.includes(node);
    const isLost = (node: number) => wanted.includes(node) && !isHolder(node);
    const isStray = (node: number) => !wanted.includes(node) && !wasHolder(node);
    if (copiesBefore.some(isLost) || learnersBefore.some(isLost)) return false;
    if (copies.some(isStray) || learners.some(isStray)) return false;
  }
  return true;
}
