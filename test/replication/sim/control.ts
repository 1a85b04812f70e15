/**
 * A simulation's control plane: the functions by which the real one decides (health, deaths, proposals, planner), on a
 * store that never fails, and everything that it hears and says travelling late, in any order, or not at all. Its leader
 * may change: the next one reads the store, and has none of the memory of the former.
 */
import { Avoidance } from '../../../src/control-plane/avoidance.ts';
import { Health } from '../../../src/control-plane/health.ts';
import { LearnerWatch } from '../../../src/control-plane/learner-watch.ts';
import { controlPlaneLimits } from '../../../src/control-plane/limits.ts';
import { holdingsOf, idOfLife, indexOfLife, isEmpty, isLive, isPlaced } from '../../../src/control-plane/lives.ts';
import { planSteps, targetOf } from '../../../src/control-plane/planner.ts';
import { ScoreTable } from '../../../src/control-plane/score-table.ts';
import { Serving } from '../../../src/control-plane/serving.ts';
import { withFirstPlacement, withRegistration } from '../../../src/control-plane/view-changes.ts';
import { type DeathOutcome, withDead, withHeard, withSilent } from '../../../src/control-plane/view-deaths.ts';
import { type SlotChange, withNode, withProposals, withSlotChanges } from '../../../src/control-plane/view-moves.ts';
import type { Heartbeat, NodeRegistration } from '../../../src/shared/control-link/protocol.ts';
import type { FleetNode, SlotAssignment, View } from '../../../src/shared/fleet-state.ts';
import type { Proposal } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf } from '../../../src/storage-node/replication/messages.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { Network, Process } from './network.ts';

/** Who follows the views. */
export interface ViewReader extends Process {
  onView(view: View): void;
}

export interface ControlEvents {
  /** A slot restarts empty: all that it held in this data epoch is lost. `former` had the last copies. */
  onReset(slot: number, dataEpoch: number, former: readonly Life[]): void;
  onProposalApplied(proposal: Proposal, proposer: Life): void;
  onPlannedMove(slot: number, from: Life, to: Life): void;
  onFailover(slot: number): void;
  /** A life was registered in the place of another of its node. */
  onReplaced(former: Life, by: Life): void;
  trace(text: () => string): void;
}

export interface ControlOptions {
  readonly nodes: readonly FleetNode[];
  readonly slots: number;
  readonly replicationFactor: number;
  /** Whether nodes that come and go often are held back. */
  readonly damps: boolean;
  /** Part of the registrations that arrive late. */
  readonly standingShare: number;
}

/** What a leader knows besides the store. */
class LeaderMemory {
  readonly health: Health;
  readonly scores = new ScoreTable();
  readonly avoidance = new Avoidance();
  readonly learners = new LearnerWatch();
  readonly serving: Serving;
  /** When the last node registered. */
  registeredMs: number;

  constructor(view: View, nowMs: number) {
    this.health = new Health(nowMs);
    this.serving = new Serving(view);
    this.registeredMs = nowMs;
  }
}

/** Why a node was not registered: the life that has its id, and whether that may be running. */
export interface RegistrationRefusal {
  readonly incarnation: string;
  readonly running: boolean;
}

/**
 * A learner that is not taken in for so long is withdrawn, and not tried there for a while: a run has no minutes. A
 * primary takes three seconds to see that a learner has forgotten a session.
 */
const learnerStuckMs = 6_000;
const learnerAvoidedMs = 1_000;
const planMs = 100;
/** How long a leader whose tenure is over may answer without knowing it, at most. */
const deposedMs = 400;
const goneAgainMs = 100;
/** How long a registration stands in a socket at the longest. */
const standingMsMax = 5_000;

export class ControlModel implements Process {
  readonly host = 'control';
  isAlive = true;
  /** Additional delay of views on their way. */
  viewDelayMs = 0;
  /** How often a node was held back for coming and going. */
  heldBack = 0;
  readonly #network: Network;
  readonly #choices: Choices;
  readonly #events: ControlEvents;
  readonly #replicationFactor: number;
  readonly #damps: boolean;
  /** Part of the registrations that arrive late. */
  standingShare: number;
  readonly #readers = new Set<ViewReader>();
  #memory: LeaderMemory;
  #tenure = 1;
  /** A former leader that does not know of its end yet, and what it takes for the newest view. */
  #deposed: { readonly view: View; readonly untilMs: number } | null = null;
  /** Lives that have ended: a registration of one of them that comes late is nobody's. */
  readonly #ended = new Set<Life>();
  #view: View;
  #isPublishing = false;

  constructor(network: Network, choices: Choices, events: ControlEvents, options: ControlOptions) {
    const { nodes, slots, replicationFactor, damps, standingShare } = options;
    this.#network = network;
    this.#choices = choices;
    this.#events = events;
    this.#replicationFactor = replicationFactor;
    this.#damps = damps;
    this.standingShare = standingShare;
    const copiesOf = (slot: number): number[] => {
      return nodes.map((_, index) => (index + slot) % nodes.length).slice(0, replicationFactor);
    };
    const assignments = Array.from({ length: slots }, (_, slot): SlotAssignment => [1, 1, copiesOf(slot), []]);
    this.#view = { number: 1, nodes: [...nodes], slots: assignments };
    this.#memory = new LeaderMemory(this.#view, network.timeline.nowMs);
    this.#loop(controlPlaneLimits.lookMs, () => this.#look());
    this.#loop(planMs, () => this.#plan());
  }

  get view(): View {
    return this.#view;
  }

  /** How many leaders there have been. */
  get tenure(): number {
    return this.#tenure;
  }

  enter(action: () => void): void {
    if (this.isAlive) action();
  }

  #loop(pauseMs: number, action: () => void): void {
    this.#network.timeline.after(pauseMs, () => {
      if (this.isAlive) action();
      this.#loop(pauseMs, action);
    });
  }

  get #nowMs(): number {
    return this.#network.timeline.nowMs;
  }

  /** Whoever reads views; they come by themselves when there is a newer one. */
  follow(reader: ViewReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: ViewReader): void {
    this.#readers.delete(reader);
  }

  /** A question for the newest view; the answer may be late. */
  poll(reader: ViewReader): void {
    this.#network.datagram(reader, this, () => {
      this.#answer(reader, this.#reachesDeposed() ? this.#deposed!.view : this.#view);
    });
  }

  /** Whether a call comes to a leader whose tenure is over; the store takes nothing from it (`fenced-store.ts`). */
  #reachesDeposed(): boolean {
    return this.#deposed !== null && this.#nowMs < this.#deposed.untilMs && this.#choices.chance(0.3);
  }

  /** The leader is gone, with all that it has not told yet; `beginTenure` is the next one's. */
  endTenure(): void {
    this.isAlive = false;
    this.#isPublishing = false;
    this.#tenure++;
    this.#deposed = { view: this.#view, untilMs: Number.NEGATIVE_INFINITY };
  }

  beginTenure(): void {
    this.isAlive = true;
    this.#memory = new LeaderMemory(this.#view, this.#nowMs);
    // What the former one takes for the newest view may be older than the store: that it learned of no answer.
    if (this.#deposed !== null)
      this.#deposed = { ...this.#deposed, untilMs: this.#nowMs + this.#choices.next() * deposedMs };
    this.#events.trace(() => `another leader: ${this.describe()}`);
    for (const reader of this.#readers)
      this.#network.timeline.after(this.#choices.next() * 300, () => this.isAlive && this.#answer(reader, this.#view));
  }

  #answer(reader: ViewReader, view: View): void {
    this.#network.timeline.after(this.#choices.next() * this.viewDelayMs, () => {
      this.#network.datagram(this, reader, () => reader.onView(view));
    });
  }

  #set(view: View): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#memory.serving.apply(view);
    this.#events.trace(() => `view ${view.number}: ${this.describe()}`);
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    // Some changes leave together, others each by itself; each reader gets each when it may.
    const tenure = this.#tenure;
    this.#network.timeline.after(this.#choices.next() * 8, () => {
      if (tenure !== this.#tenure) return;
      this.#isPublishing = false;
      const published = this.#view;
      for (const reader of this.#readers) if (this.isAlive) this.#answer(reader, published);
    });
  }

  /** What deaths make of the view. */
  #setDeaths({ view }: DeathOutcome): void {
    const before = this.#view;
    this.#set(view);
    for (const [slot, [, dataEpoch, copies]] of view.slots.entries()) {
      const [, formerDataEpoch, formerCopies] = before.slots[slot]!;
      const isReset = dataEpoch > formerDataEpoch || (copies.length === 0 && formerCopies.length > 0);
      if (isReset) this.#events.onReset(slot, formerDataEpoch, this.#livesOf(before, formerCopies));
      else if (copies[0] !== formerCopies[0]) this.#events.onFailover(slot);
    }
  }

  #livesOf(view: View, indices: readonly number[]): Life[] {
    return indices.map((index) => lifeOf(view.nodes[index]!));
  }

  describe(): string {
    const { nodes, slots } = this.#view;
    const states = nodes.map((node) => `${lifeOf(node)}:${node.state}`).join(' ');
    const assignments = slots.map(([epoch, dataEpoch, copies, learners], slot) => {
      const [inSync, filled] = [copies, learners].map((list) => this.#livesOf(this.#view, list).join(','));
      return `${slot}@${epoch}/${dataEpoch}[${inSync}|${filled}]`;
    });
    return `${assignments.join(' ')} (${states})`;
  }

  /** The answer, as a number of the newest view and whether the life is in it, is sent to `answer`. */
  heartbeat(from: ViewReader, beat: Heartbeat, answer: (viewNumber: number, isKnown: boolean) => void): void {
    this.#network.datagram(from, this, () => {
      const isDeposed = this.#reachesDeposed();
      const view = isDeposed ? this.#deposed!.view : this.#view;
      const node = view.nodes[indexOfLife(view, lifeOf(beat))];
      const isKnown = node !== undefined && node.state !== 'dead';
      if (isKnown && !isDeposed) this.#memory.health.heard(lifeOf(beat), beat, this.#nowMs);
      this.#network.datagram(this, from, () => answer(view.number, isKnown));
    });
  }

  /** `refused` is called when another life has the node's id: by the rules of `Membership`. */
  register(from: ViewReader, registration: NodeRegistration, refused: (refusal: RegistrationRefusal) => void): void {
    const standsMs = this.#choices.chance(this.standingShare) ? this.#choices.next() * standingMsMax : 0;
    const arrive = (): void => {
      if (this.#reachesDeposed() || this.#ended.has(lifeOf(registration))) return;
      const former = this.#view.nodes.find(({ id }) => id === registration.id)!;
      if (lifeOf(former) !== lifeOf(registration)) {
        const running = this.#mayRun(former);
        const { incarnation } = former;
        if (running || registration.replaces !== incarnation)
          return this.#network.datagram(this, from, () => refused({ incarnation, running }));
        this.#events.onReplaced(lifeOf(former), lifeOf(registration));
        this.#ended.add(lifeOf(former));
        this.#memory.health.flapped(registration.id, this.#nowMs);
        this.#memory.registeredMs = this.#nowMs;
      }
      this.#setDeaths(withRegistration(this.#view, registration, this.#resetOptions));
    };
    this.#network.timeline.after(standsMs, () => this.#network.datagram(from, this, arrive));
  }

  #mayRun(node: FleetNode): boolean {
    return node.state !== 'dead' && this.#memory.health.mayRun(lifeOf(node), this.#nowMs);
  }

  /** Somebody is certain that this life has ended. */
  gone(from: Process, life: Life): void {
    this.#network.datagram(from, this, () => {
      if (!this.#reachesDeposed()) this.#end(life);
      // A leader that is none says so, and who knows it tries again.
      else this.#network.timeline.after(goneAgainMs, () => this.gone(from, life));
    });
  }

  #end(life: Life): void {
    this.#ended.add(life);
    this.#setDeaths(withDead(this.#view, new Set([life]), this.#resetOptions));
  }

  get #resetOptions() {
    const { scores } = this.#memory;
    return {
      ...{ replicationFactor: this.#replicationFactor, wallMs: 0, scoresOf: (id: string) => scores.of(id) },
      accepts: ({ id }: FleetNode) => !this.#isHeldBack(id),
    };
  }

  /** Whether a node has come and gone too often to be given anything now. */
  #isHeldBack(id: string): boolean {
    if (!this.#damps || !this.#memory.health.isFlapping(id, this.#nowMs)) return false;
    this.heldBack++;
    return true;
  }

  /** An operator has everything tried again that is held back. */
  rebalance(): void {
    this.#memory.health.forgiveFlapping();
    this.#memory.avoidance.clear();
  }

  propose(from: ViewReader, proposer: Life, proposal: Proposal): void {
    this.#network.datagram(from, this, () => {
      if (this.#reachesDeposed()) return;
      const [outcome] = withProposals(this.#view, [{ life: proposer, proposals: [proposal] }]);
      const { view, applied } = outcome!;
      this.#events.trace(
        () => `${proposer} proposes ${JSON.stringify(proposal)}: ${applied.length > 0 ? 'done' : 'refused'}`,
      );
      this.#set(view);
      if (applied.length === 0) return;
      if (proposal.kind === 'shrink') {
        const untilMs = this.#nowMs + controlPlaneLimits.shrunkAvoidedMs;
        this.#memory.avoidance.add(proposal.slot, idOfLife(proposal.life), untilMs);
      }
      this.#events.onProposalApplied(proposal, proposer);
    });
  }

  /** Who is heard, and who is heard again. */
  #look(): void {
    const { health } = this.#memory;
    const { nodes } = this.#view;
    const silent = health.look(nodes.filter(isLive).map(lifeOf), new Set(nodes.map(lifeOf)), this.#nowMs);
    for (const life of silent) health.flapped(idOfLife(life), this.#nowMs);
    if (silent.length > 0) this.#setDeaths(withSilent(this.#view, new Set(silent)));
    const holdings = holdingsOf(this.#view);
    const back = this.#view.nodes.filter((node, index) => {
      if (node.state !== 'silent' || health.freshReport(lifeOf(node), this.#nowMs) === undefined) return false;
      return !this.#isHeldBack(node.id) || !isEmpty(holdings[index]!);
    });
    if (back.length > 0) this.#setDeaths(withHeard(this.#view, new Set(back.map(lifeOf))));
  }

  #served(): (slot: number) => boolean {
    const { serving, health } = this.#memory;
    return serving.served((life) => health.freshReport(life, this.#nowMs));
  }

  /** The first placement again, when everything has ended and processes have begun anew. */
  #settle(): void {
    if (isPlaced(this.#view) || !this.#view.nodes.some(({ state }) => state === 'joining')) return;
    if (this.#nowMs - this.#memory.registeredMs < controlPlaneLimits.firstViewSettleMs) return;
    this.#set(withFirstPlacement(this.#view, this.#replicationFactor, 0));
  }

  #plan(): void {
    const nowMs = this.#nowMs;
    const { learners, avoidance, scores } = this.#memory;
    this.#settle();
    for (const { slot, node } of learners.stuck(this.#view, nowMs, learnerStuckMs)) {
      const { id } = this.#view.nodes[node]!;
      if (!avoidance.has(slot, id)) avoidance.add(slot, id, nowMs + learnerAvoidedMs);
    }
    avoidance.prune(nowMs);
    const target = targetOf({
      view: this.#view,
      replicationFactor: this.#replicationFactor,
      scoresOf: (id) => scores.of(id),
      accepts: ({ id }) => !this.#isHeldBack(id),
      avoids: (slot, node) => avoidance.has(slot, node.id),
    });
    this.#change(planSteps(this.#view, target, this.#served()).map(({ change }) => change));
  }

  #change(changes: readonly SlotChange[]): void {
    const { nodes } = this.#view;
    this.#set(withSlotChanges(this.#view, changes, 0));
    for (const change of changes)
      if (change.kind === 'move_primary')
        this.#events.onPlannedMove(change.slot, lifeOf(nodes[change.from]!), lifeOf(nodes[change.to]!));
  }

  get isDraining(): boolean {
    return this.#view.nodes.some(({ state, standing }) => state === 'draining' || standing === 'draining');
  }

  /** Has a node emptied, or takes it into use again. */
  drain(id: string, isDraining: boolean): void {
    const index = this.#view.nodes.findIndex((node) => node.id === id);
    const standing = isDraining ? 'draining' : 'active';
    const node = this.#view.nodes[index]!;
    this.#set(withNode(this.#view, index, isLive(node) ? { standing, state: standing } : { standing }));
  }

  /** Withdraws the learner of a slot and makes it one again: whoever misses the first view sees no change. */
  flicker(slot: number): boolean {
    const node = this.#view.slots[slot]![3][0];
    if (node === undefined) return false;
    this.#change([{ kind: 'drop_learner', slot, from: node }]);
    // Somebody may see the view between the two.
    for (const reader of this.#readers) if (this.#choices.chance(0.5)) this.#answer(reader, this.#view);
    this.#network.timeline.after(this.#choices.next() * 30, () => {
      const [, , copies, learners] = this.#view.slots[slot]!;
      const isFree = this.#view.nodes[node]?.state === 'active' && ![...copies, ...learners].includes(node);
      if (this.isAlive && copies.length > 0 && isFree) this.#change([{ kind: 'add_learner', slot, to: node }]);
    });
    return true;
  }

  /** A planned move that the target does not ask for: the primary to another copy, or one copy more, for a while. */
  move(slot: number): boolean {
    const [, , copies, learners] = this.#view.slots[slot]!;
    if (copies.length === 0 || learners.length > 0 || !this.#served()(slot)) return false;
    if (copies.length > 1 && this.#choices.chance(0.6)) {
      this.#change([{ kind: 'move_primary', slot, from: copies[0]!, to: this.#choices.of(copies.slice(1)) }]);
      return true;
    }
    const indices = this.#view.nodes.map((_, index) => index);
    const able = indices.filter((index) => this.#view.nodes[index]!.state === 'active' && !copies.includes(index));
    if (able.length === 0) return false;
    this.#change([{ kind: 'add_learner', slot, to: this.#choices.of(able) }]);
    return true;
  }
}
