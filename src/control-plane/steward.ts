/**
 * The keeper of the view: takes heartbeats and proposals, judges who is heard, and moves slots towards their target.
 * It decides with pure functions (`health.ts`, `view-deaths.ts`, `view-moves.ts`, `planner.ts`, `spares.ts`) and changes
 * the view through `Fleet` alone. Everything else that it holds is the leader's memory, which a new leader does without.
 */
import type { Clock } from '../shared/clock.ts';
import type { Sleep } from '../shared/control-link/backoff.ts';
import type { Heartbeat, HeartbeatAnswer, Proposals, ProposalsAnswer } from '../shared/control-link/protocol.ts';
import type { FleetNode, FleetState, View } from '../shared/fleet-state.ts';
import type { Log } from '../shared/process.ts';
import { Capacity } from './capacity.ts';
import type { Change, Fleet } from './fleet.ts';
import type { FleetEvent, FleetPlan, FleetStatus } from './fleet-answers.ts';
import { FleetEvents } from './fleet-events.ts';
import { fleetStatusOf, type StatusInput, slotCountsOf } from './fleet-status.ts';
import { Health } from './health.ts';
import { controlPlaneLimits } from './limits.ts';
import { type Holdings, holdingsOf, idOfLife, isEmptied, isEmpty, isLive, type Life, lifeOf } from './lives.ts';
import { Mover } from './mover.ts';
import { ProposalGate } from './proposal-gate.ts';
import type { SpareTargets } from './spares.ts';
import {
  type DeathOutcome,
  type ResetOptions,
  withDead,
  withHeard,
  withoutEmptyNodes,
  withSilent,
} from './view-deaths.ts';
import { leavingState, type ProposalOutcome, withNode } from './view-moves.ts';

export interface StewardOptions {
  readonly fleet: Fleet;
  readonly clock: Clock;
  readonly log: Log;
  readonly replicationFactor: number;
  readonly spareTargets?: SpareTargets;
  /** Events that the leader before has left. */
  readonly formerEvents?: readonly FleetEvent[];
  readonly sleep?: Sleep;
}

/** Counts since the start. */
export interface StewardCounts {
  views: number;
  failovers: number;
  silences: number;
  proposals_applied: number;
  proposals_refused: number;
}

export class Steward {
  readonly events: FleetEvents;
  readonly health: Health;
  readonly counts: StewardCounts = {
    views: 0,
    failovers: 0,
    silences: 0,
    proposals_applied: 0,
    proposals_refused: 0,
  };
  readonly #options: StewardOptions;
  readonly #fleet: Fleet;
  readonly #mover: Mover;
  readonly #capacity: Capacity;
  readonly #gate: ProposalGate;
  /** Since when silent and dead lives are so, for this leader. */
  readonly #goneSinceMs = new Map<Life, number>();
  /** Drained nodes of which it was said. */
  readonly #saidDrained = new Set<Life>();
  /** Lives whose leaving is being noted. */
  readonly #leaving = new Set<Life>();
  #indexed: { view: View; lives: Map<Life, number>; holdings: Holdings[] } | undefined;
  #view: View;
  #plannedMs = Number.NEGATIVE_INFINITY;
  #shouldPlan = true;
  #looking: Promise<void> | undefined;
  /** Looks in a row that failed. */
  #failedLooks = 0;

  constructor(options: StewardOptions) {
    const { fleet, clock, log, replicationFactor, spareTargets: targets = {} } = options;
    this.#options = options;
    this.#fleet = fleet;
    this.#view = fleet.state.view;
    this.health = new Health(clock.monotonicMs());
    this.events = new FleetEvents(clock, log, options.formerEvents);
    const { events, health } = this;
    this.#mover = new Mover({ fleet, clock, log, events, health, replicationFactor });
    this.#capacity = new Capacity({ fleet, clock, events, health, targets });
    const onApplied = (outcomes: readonly ProposalOutcome[]) => {
      for (const { applied } of outcomes) this.counts.proposals_applied += applied.length;
      this.#mover.applied(outcomes);
    };
    this.#gate = new ProposalGate({ fleet, onApplied, ...(options.sleep ? { sleep: options.sleep } : {}) });
    fleet.onCommit((state) => this.#follow(state));
  }

  /** How slots that lost everything are placed now. */
  get resetOptions(): ResetOptions {
    const { clock, replicationFactor } = this.#options;
    const nowMs = clock.monotonicMs();
    return {
      replicationFactor,
      wallMs: clock.wallMs(),
      scoresOf: (id) => this.#mover.scores.of(id),
      accepts: (node) => !this.health.isFlapping(node.id, nowMs),
    };
  }

  heartbeat(heartbeat: Heartbeat): HeartbeatAnswer {
    const { view } = this.#fleet.state;
    const life = lifeOf(heartbeat);
    const { lives, holdings } = this.#index(view);
    const index = lives.get(life);
    const node = index === undefined ? undefined : view.nodes[index];
    if (index === undefined || !node || node.state === 'dead')
      return { view: view.number, registered: false, left: true };
    this.health.heard(life, heartbeat, this.#options.clock.monotonicMs());
    if (leavingState(node, heartbeat.leaving) !== node.state) void this.#noteLeaving(life, heartbeat.leaving);
    const left = heartbeat.leaving && node.state === 'draining' && isEmpty(holdings[index]!);
    return { view: view.number, registered: true, left };
  }

  propose(batch: Proposals): Promise<ProposalsAnswer> {
    return this.#gate.propose(batch).then((answer) => {
      this.counts.proposals_refused += answer.refused;
      return answer;
    });
  }

  /** A life has certainly ended. Heard twice it is the same as once. */
  async confirmDead(life: Life): Promise<void> {
    await this.#fleet.change((state): Change<null> => {
      const replaced = this.#fleet.meta.replaced_incarnations;
      const outcome = withDead(state.view, new Set([life]), this.resetOptions);
      if (outcome.view === state.view && replaced.includes(life)) return { answer: null };
      const kept = [...replaced.filter((each) => each !== life), life].slice(
        -controlPlaneLimits.replacedIncarnationsMax,
      );
      const hasLeft = isEmptied(state.view, this.holdings(state.view), life);
      return this.lost(outcome, state, { replaced_incarnations: kept }, () => {
        if (hasLeft) this.health.leftInOrder(life);
        if (outcome.view !== state.view)
          this.events.record('node_dead', 'the life of the node has ended', { node: idOfLife(life) });
      });
    });
  }

  /** Whether the life of a node may be running; one that was declared silent only when it or its peers are heard. */
  mayRun(node: FleetNode): boolean {
    const { health } = this;
    const nowMs = this.#options.clock.monotonicMs();
    const life = lifeOf(node);
    if (isLive(node)) return health.mayRun(life, nowMs);
    if (node.state === 'dead') return false;
    return health.freshReport(life, nowMs) !== undefined || health.mayBeHeardByPeers(life, nowMs);
  }

  /** The change to the view of a fleet that its supervisor has started anew, with none of the former nodes. */
  startedAnew(outcome: DeathOutcome, state: FleetState): Change<null> {
    return this.lost(outcome, state, {}, () => {}, lossAtStart);
  }

  /** The change of a view by deaths, with what is to be counted and said of it. */
  lost(
    { view, failovers, resets }: DeathOutcome,
    state: FleetState,
    meta: { replaced_incarnations?: string[] },
    committed: () => void,
    dataLoss = lossByDeaths,
  ): Change<null> {
    const counted = resets > 0 ? { resets: this.#fleet.meta.resets + resets } : {};
    const change: Change<null> = {
      answer: null,
      meta: { ...meta, ...counted },
      ...(resets > 0 ? { puts: [this.events.entryWith('reset', dataLoss, { slots: resets })] } : {}),
      committed: () => {
        committed();
        this.counts.failovers += failovers;
        const slots = failovers;
        if (failovers > 0) this.events.record('failover', 'slots have another primary, and all they held', { slots });
        if (resets > 0) this.events.record('reset', dataLoss, { slots: resets });
      },
    };
    return view === state.view ? change : { ...change, view };
  }

  /** Looks who is heard, and takes the next steps of the plan when it is time. Looks never overlap. */
  look(): Promise<void> {
    const { log } = this.#options;
    this.#looking ??= this.#look()
      .then(() => {
        if (this.#failedLooks > 0) log.info({ looks: this.#failedLooks }, 'looking after the nodes succeeds again');
        this.#failedLooks = 0;
      })
      .catch((error: unknown) => {
        // While the store is away each look fails.
        if (++this.#failedLooks === 1) log.error({ err: error }, 'looking after the nodes failed; trying on');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /** Steps of the planner since the start. */
  get steps(): number {
    return this.#mover.steps;
  }

  /** All steps that there are to take now, were there no bounds. */
  plan(): FleetPlan {
    return this.#mover.plan();
  }

  status(): FleetStatus {
    return fleetStatusOf(this.#statusInput());
  }

  slotCounts(): FleetStatus['slots'] {
    return slotCountsOf(this.#statusInput());
  }

  /** Everything that is held back is tried again, and loads are weighed at once. */
  rebalance(): void {
    this.health.forgiveFlapping();
    this.#mover.forgive();
    this.#capacity.hurry();
    this.#shouldPlan = true;
  }

  /** What each node of the view holds. */
  holdings(view: View): readonly Holdings[] {
    return this.#index(view).holdings;
  }

  async close(): Promise<void> {
    this.#gate.close();
    await this.#looking;
    try {
      await this.events.store(this.#fleet, { always: true });
    } catch (error) {
      // As when another process leads already: what is lost is what had no second to be stored.
      this.#options.log.debug({ err: error }, 'the newest events are not stored');
    }
  }

  async #look(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs();
    const { nodes } = this.#fleet.state.view;
    const known = new Set(nodes.map(lifeOf));
    const silent = new Set(this.health.look(nodes.filter(isLive).map(lifeOf), known, nowMs));
    if (silent.size > 0) await this.#declareSilent(silent, nowMs);
    const back = new Set(this.#heardAgain(this.#fleet.state.view, nowMs));
    if (back.size > 0) await this.#takeBack(back);
    await this.events.store(this.#fleet);
    this.#noteGone(nowMs);
    await this.#dismiss(nowMs);
    const { planMs, planSoonMs } = controlPlaneLimits;
    if (nowMs - this.#plannedMs < (this.#shouldPlan ? planSoonMs : planMs)) return;
    this.#shouldPlan = false;
    this.#plannedMs = nowMs;
    await this.#capacity.round(this.#goneSinceMs, nowMs);
    if (!(await this.#mover.round(nowMs))) this.#plannedMs = Number.NEGATIVE_INFINITY;
  }

  async #declareSilent(lives: ReadonlySet<Life>, nowMs: number): Promise<void> {
    const heardByPeers = new Set([...lives].filter((life) => this.health.isHeardByPeers(life, nowMs)));
    await this.#fleet.change((state) => {
      const outcome = withSilent(state.view, lives);
      return this.lost(outcome, state, {}, () => {
        this.counts.silences += lives.size;
        for (const life of lives) {
          this.health.fellSilent(life, nowMs);
          const detail = heardByPeers.has(life)
            ? 'the node is cut off from the control plane, though other nodes hear it'
            : 'nobody hears the node';
          this.events.record('node_silent', detail, { node: idOfLife(life) });
        }
      });
    });
  }

  /** Silent lives that are heard; one that comes and goes is left out for a while, unless slots wait for it. */
  #heardAgain(view: View, nowMs: number): Life[] {
    const { holdings } = this.#index(view);
    return view.nodes.flatMap((node, index) => {
      const life = lifeOf(node);
      if (node.state !== 'silent' || !this.health.freshReport(life, nowMs)) return [];
      return this.health.isFlapping(node.id, nowMs) && isEmpty(holdings[index]!) ? [] : [life];
    });
  }

  async #takeBack(lives: ReadonlySet<Life>): Promise<void> {
    await this.#fleet.change((state) =>
      this.lost(withHeard(state.view, lives), state, {}, () => {
        for (const life of lives) {
          this.health.cameBack(life);
          this.events.record('node_back', 'the node is heard again', { node: idOfLife(life) });
        }
      }),
    );
  }

  #noteGone(nowMs: number): void {
    const gone = new Set(this.#fleet.state.view.nodes.filter((node) => !isLive(node)).map(lifeOf));
    for (const life of this.#goneSinceMs.keys()) if (!gone.has(life)) this.#goneSinceMs.delete(life);
    for (const life of gone) if (!this.#goneSinceMs.has(life)) this.#goneSinceMs.set(life, nowMs);
  }

  /** Removes nodes that are gone for good from the view, and says which have been emptied. */
  async #dismiss(nowMs: number): Promise<void> {
    const { view } = this.#fleet.state;
    const { holdings } = this.#index(view);
    const over = view.nodes.filter((node, index) => {
      const sinceMs = this.#goneSinceMs.get(lifeOf(node));
      if (sinceMs === undefined || !isEmpty(holdings[index]!)) return false;
      const keptMs = node.state === 'dead' ? controlPlaneLimits.deadKeptMs : controlPlaneLimits.silentKeptMs;
      return nowMs - sinceMs >= keptMs;
    });
    for (const [index, node] of view.nodes.entries()) {
      const life = lifeOf(node);
      if (node.state !== 'draining') this.#saidDrained.delete(life);
      else if (isEmpty(holdings[index]!) && !this.#saidDrained.has(life)) {
        this.#saidDrained.add(life);
        this.events.record('drained', 'the node holds nothing any more', { node: node.id });
      }
    }
    if (over.length === 0) return;
    await this.#fleet.change((state): Change<null> => {
      const held = this.#index(state.view).holdings;
      const lives = new Set(over.map(lifeOf));
      const empty = state.view.nodes.filter(
        (node, index) => lives.has(lifeOf(node)) && !isLive(node) && isEmpty(held[index]!),
      );
      const ids = new Set(empty.map(({ id }) => id));
      return { answer: null, view: withoutEmptyNodes(state.view, ids), committed: () => this.#sayRemoved(ids) };
    });
  }

  #sayRemoved(ids: ReadonlySet<string>): void {
    for (const node of ids) this.events.record('removed', 'the node has left the view', { node });
    this.#mover.scores.keepOnly(this.#fleet.state.view.nodes.map(({ id }) => id).filter((id) => !ids.has(id)));
  }

  async #noteLeaving(life: Life, leaving: boolean): Promise<void> {
    if (this.#leaving.has(life)) return;
    this.#leaving.add(life);
    try {
      await this.#fleet.change((state): Change<null> => {
        const index = state.view.nodes.findIndex((node) => lifeOf(node) === life);
        const node = state.view.nodes[index];
        const next = node && leavingState(node, leaving);
        if (!node || next === undefined || next === node.state) return { answer: null };
        const committed = () => {
          if (leaving) this.events.record('drain_begun', 'the node leaves by itself', { node: node.id });
        };
        return { answer: null, view: withNode(state.view, index, { state: next }), committed };
      });
    } catch (error) {
      this.#options.log.warn({ err: error }, 'that a node leaves could not be noted yet');
    } finally {
      this.#leaving.delete(life);
    }
  }

  #follow({ view }: FleetState): void {
    if (view === this.#view) return;
    this.#view = view;
    this.counts.views++;
    this.#mover.follow(view);
    this.#shouldPlan = true;
  }

  #statusInput(): StatusInput {
    return {
      view: this.#fleet.state.view,
      replicationFactor: this.#options.replicationFactor,
      reportOf: (life) => this.health.report(life),
      served: this.#mover.served(),
      resets: this.#fleet.meta.resets,
      nowMs: this.#options.clock.monotonicMs(),
    };
  }

  #index(view: View): { lives: Map<Life, number>; holdings: Holdings[] } {
    if (this.#indexed?.view !== view) {
      const lives = new Map(view.nodes.map((node, index) => [lifeOf(node), index]));
      this.#indexed = { view, lives, holdings: holdingsOf(view) };
    }
    return this.#indexed;
  }
}

const lossByDeaths = 'DATA LOSS: slots restart empty, because the last copy of each has ended';
const lossAtStart =
  'DATA LOSS: the fleet was started anew, after a stop or a crash; items are in memory, and slots restart empty';
