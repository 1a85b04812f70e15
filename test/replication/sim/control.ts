/**
 * A simulation's control plane: who is heard, which view follows from it, and who gets it when. It alone makes views,
 * and what it has decided is stored at once; everything that it hears and says travels, late, in any order, or not.
 */
import type { FleetNode, View } from '../../../src/shared/fleet-state.ts';
import type { Proposal } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf } from '../../../src/storage-node/replication/messages.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { Network, Process } from './network.ts';
import * as views from './views.ts';

/** What a node says of itself. */
export interface ModelHeartbeat {
  readonly life: Life;
  readonly viewNumber: number;
  readonly notServing: readonly number[];
  readonly silences: readonly { readonly life: Life; readonly silentMs: number }[];
}

/** Who follows the views. */
export interface ViewReader extends Process {
  onView(view: View): void;
}

export interface ControlEvents {
  /** A slot restarted empty: all that it held is lost. `former` had its last copy. */
  onReset(slot: number, former: Life): void;
  onProposalApplied(proposal: Proposal, proposer: Life): void;
  onPlannedMove(slot: number, from: Life, to: Life): void;
  onFailover(slot: number): void;
  trace(text: () => string): void;
}

const silentAfterMs = 1_300;
const peersHeardMs = 600;
const tickMs = 50;
const planMs = 100;
/** A look that is late by so much was a pause of the control plane's own. */
const lateMs = 500;
/** A learner that is not taken in for so long is withdrawn, and another tried. */
const learnerStuckMs = 4_000;

interface KnownNode {
  heardMs: number;
  silences: ModelHeartbeat['silences'];
  notServing: ReadonlySet<number>;
  viewNumber: number;
}

export class ControlModel implements Process {
  readonly host = 'control';
  isAlive = true;
  /** Additional delay of views on their way. */
  viewDelayMs = 0;
  readonly draining = new Set<string>();
  readonly #network: Network;
  readonly #choices: Choices;
  readonly #events: ControlEvents;
  readonly #slots: number;
  readonly #factor: number;
  readonly #readers = new Set<ViewReader>();
  readonly #known = new Map<Life, KnownNode>();
  readonly #learnerSince = new Map<string, number>();
  /** Lives that have ended: a registration of one of them that comes late is nobody's. */
  readonly #ended = new Set<Life>();
  #view: View;
  #tickedMs = 0;
  #isPublishing = false;

  constructor(
    network: Network,
    choices: Choices,
    events: ControlEvents,
    { nodes, slots, factor }: { nodes: readonly FleetNode[]; slots: number; factor: number },
  ) {
    this.#network = network;
    this.#choices = choices;
    this.#events = events;
    this.#slots = slots;
    this.#factor = factor;
    const indices = nodes.map((_, index) => index);
    const copiesOf = (slot: number): number[] => {
      return indices.map((index) => (index + slot) % nodes.length).slice(0, factor);
    };
    this.#view = views.firstView(nodes, copiesOf, slots);
    for (const node of nodes) this.#note(lifeOf(node));
    this.#loop(tickMs, () => this.#look());
    this.#loop(planMs, () => this.#plan());
  }

  get view(): View {
    return this.#view;
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

  /** Whoever reads views; they come by themselves when there is a newer one. */
  follow(reader: ViewReader): void {
    this.#readers.add(reader);
  }

  unfollow(reader: ViewReader): void {
    this.#readers.delete(reader);
  }

  /** A question for the newest view; the answer may be late. */
  poll(reader: ViewReader): void {
    this.#network.datagram(reader, this, () => this.#answer(reader, this.#view));
  }

  #answer(reader: ViewReader, view: View): void {
    this.#network.timeline.after(this.#choices.next() * this.viewDelayMs, () => {
      this.#network.datagram(this, reader, () => reader.onView(view));
    });
  }

  #set(view: View): void {
    if (view === this.#view) return;
    this.#view = view;
    this.#events.trace(() => `view ${view.number}: ${this.describe()}`);
    if (this.#isPublishing) return;
    this.#isPublishing = true;
    // Some changes leave together, others each by itself; each reader gets each when it may.
    this.#network.timeline.after(this.#choices.next() * 8, () => {
      this.#isPublishing = false;
      const published = this.#view;
      for (const reader of this.#readers) if (this.isAlive) this.#answer(reader, published);
    });
  }

  describe(): string {
    const { nodes, slots } = this.#view;
    const names = (list: readonly number[]): string => list.map((index) => lifeOf(nodes[index]!)).join(',');
    const states = nodes.map((node) => `${lifeOf(node)}:${node.state}`).join(' ');
    const assignments = slots.map(([epoch, dataEpoch, copies, learners], slot) => {
      return `${slot}@${epoch}/${dataEpoch}[${names(copies)}|${names(learners)}]`;
    });
    return `${assignments.join(' ')} (${states})`;
  }

  #note(life: Life): KnownNode {
    const known = { heardMs: this.#network.timeline.nowMs, silences: [], notServing: new Set<number>(), viewNumber: 0 };
    this.#known.set(life, known);
    return known;
  }

  #indexOf(life: Life): number {
    return this.#view.nodes.findIndex((node) => lifeOf(node) === life);
  }

  /** The answer, as a number of the newest view and whether the life is in it, is sent to `answer`. */
  heartbeat(from: ViewReader, beat: ModelHeartbeat, answer: (viewNumber: number, isKnown: boolean) => void): void {
    this.#network.datagram(from, this, () => {
      const index = this.#indexOf(beat.life);
      const isKnown = index >= 0;
      if (isKnown) {
        const known = this.#known.get(beat.life) ?? this.#note(beat.life);
        known.heardMs = this.#network.timeline.nowMs;
        known.silences = beat.silences;
        known.notServing = new Set(beat.notServing);
        known.viewNumber = beat.viewNumber;
        if (this.#view.nodes[index]!.state === 'silent') this.#set(views.withBack(this.#view, index));
      }
      const { number } = this.#view;
      this.#network.datagram(this, from, () => answer(number, isKnown));
    });
  }

  register(from: ViewReader, id: string, incarnation: string): void {
    this.#network.datagram(from, this, () => {
      const index = this.#view.nodes.findIndex((node) => node.id === id);
      const former = this.#view.nodes[index]!;
      if (former.incarnation === incarnation || this.#ended.has(lifeOf({ id, incarnation }))) return;
      if (former.state !== 'dead') this.#end(index);
      this.#set(views.withLife(this.#view, index, incarnation));
      this.#known.delete(lifeOf(former));
      this.#note(lifeOf(this.#view.nodes[index]!));
      this.#placeOrphans();
    });
  }

  /** Somebody is certain that this life has ended. */
  gone(from: Process, life: Life): void {
    this.#network.datagram(from, this, () => {
      const index = this.#indexOf(life);
      if (index >= 0 && this.#view.nodes[index]!.state !== 'dead') this.#end(index);
    });
  }

  propose(from: ViewReader, proposer: Life, proposal: Proposal): void {
    this.#network.datagram(from, this, () => {
      const next = views.withProposal(this.#view, proposer, proposal);
      this.#events.trace(
        () => `${proposer} proposes ${JSON.stringify(proposal)}: ${next === null ? 'refused' : 'done'}`,
      );
      if (next === null) return;
      this.#set(next);
      this.#events.onProposalApplied(proposal, proposer);
    });
  }

  #end(index: number): void {
    const before = this.#view;
    const former = lifeOf(before.nodes[index]!);
    this.#ended.add(former);
    const fresh = (): number[] => this.#freshCopies(index);
    this.#set(
      views.withEnded(before, index, fresh, (slot) => {
        this.#events.onReset(slot, former);
      }),
    );
    this.#tellFailovers(before, index);
  }

  #tellFailovers(before: View, index: number): void {
    for (let slot = 0; slot < this.#slots; slot++)
      if (before.slots[slot]![2][0] === index && this.#view.slots[slot]![2][0] !== index) this.#events.onFailover(slot);
  }

  #isActive(index: number): boolean {
    const node = this.#view.nodes[index]!;
    return node.state === 'active' && !this.draining.has(node.id);
  }

  #freshCopies(except: number): number[] {
    const active = this.#view.nodes
      .map((_, index) => index)
      .filter((index) => index !== except && this.#isActive(index));
    const start = this.#choices.below(Math.max(active.length, 1));
    const count = Math.min(active.length, this.#choices.chance(0.5) ? 1 : this.#factor);
    return Array.from({ length: count }, (_, i) => active[(start + i) % active.length]!);
  }

  #placeOrphans(): void {
    if (this.#view.slots.every(([, , copies]) => copies.length > 0)) return;
    this.#set(views.withOrphansPlaced(this.#view, () => this.#freshCopies(-1)));
  }

  /** Health: who has not been heard, by this process and by others. */
  #look(): void {
    const { nowMs } = this.#network.timeline;
    const late = nowMs - this.#tickedMs > lateMs + tickMs;
    this.#tickedMs = nowMs;
    if (late) for (const known of this.#known.values()) known.heardMs = nowMs;
    for (const [index, node] of this.#view.nodes.entries()) {
      const known = this.#known.get(lifeOf(node));
      if (known === undefined || node.state === 'silent' || node.state === 'dead') continue;
      if (nowMs - known.heardMs < silentAfterMs || this.#isHeardByPeers(lifeOf(node))) continue;
      const before = this.#view;
      this.#set(views.withSilent(before, index));
      this.#tellFailovers(before, index);
    }
  }

  #isHeardByPeers(life: Life): boolean {
    const { nowMs } = this.#network.timeline;
    let peers = 0;
    let hearing = 0;
    for (const [other, { heardMs, silences }] of this.#known) {
      if (other === life || nowMs - heardMs > peersHeardMs) continue;
      peers++;
      const heard = silences.find((silence) => silence.life === life);
      if (heard !== undefined && nowMs - heardMs + heard.silentMs < peersHeardMs) hearing++;
    }
    return peers > 0 && hearing >= Math.min(2, peers);
  }

  /** Repair before moves; a few steps at a time. */
  #plan(): void {
    this.#placeOrphans();
    for (let slot = 0; slot < this.#slots; slot++) this.#planSlot(slot);
  }

  #planSlot(slot: number): void {
    const [epoch, dataEpoch, copies, learners] = this.#view.slots[slot]!;
    const { nowMs } = this.#network.timeline;
    if (copies.length === 0) return;
    const name = `${slot}:${learners.map((index) => lifeOf(this.#view.nodes[index]!)).join()}`;
    if (learners.length > 0) {
      const since = this.#learnerSince.get(name) ?? nowMs;
      this.#learnerSince.set(name, since);
      if (nowMs - since < learnerStuckMs) return;
      this.#learnerSince.delete(name);
      return this.#set(views.withSlot(this.#view, slot, [epoch + 1, dataEpoch, copies, []]));
    }
    const steady = copies.filter((index) => !this.draining.has(this.#view.nodes[index]!.id));
    if (steady.length < this.#factor) {
      const others = this.#view.nodes.map((_, index) => index);
      const able = others.filter((index) => this.#isActive(index) && !copies.includes(index));
      if (able.length > 0 && this.#choices.chance(0.7))
        return this.#set(views.withSlot(this.#view, slot, [epoch + 1, dataEpoch, copies, [this.#choices.of(able)]]));
    }
    if (!this.#isServed(slot)) return;
    if (copies.length > this.#factor) return this.#dropSurplus(slot, steady);
  }

  /** Whether the primary of the newest view says that it serves the slot. */
  #isServed(slot: number): boolean {
    const primary = this.#view.slots[slot]![2][0]!;
    const known = this.#known.get(lifeOf(this.#view.nodes[primary]!));
    return known !== undefined && known.viewNumber >= this.#view.number && !known.notServing.has(slot);
  }

  #dropSurplus(slot: number, steady: readonly number[]): void {
    const [epoch, dataEpoch, copies, learners] = this.#view.slots[slot]!;
    const draining = copies.filter((index) => !steady.includes(index));
    const victim = draining[0] ?? this.#choices.of(copies);
    if (victim === copies[0])
      return this.#movePrimary(
        slot,
        steady.find((index) => index !== victim),
      );
    const left = copies.filter((index) => index !== victim);
    this.#set(views.withSlot(this.#view, slot, [epoch + 1, dataEpoch, left, learners]));
  }

  #movePrimary(slot: number, target: number | undefined): void {
    const [epoch, dataEpoch, copies, learners] = this.#view.slots[slot]!;
    if (target === undefined) return;
    const { nodes } = this.#view;
    const ordered = [target, ...copies.filter((index) => index !== target)];
    this.#set(views.withSlot(this.#view, slot, [epoch + 1, dataEpoch, ordered, learners]));
    this.#events.onPlannedMove(slot, lifeOf(nodes[copies[0]!]!), lifeOf(nodes[target]!));
  }

  /** A planned move: the primary to another copy, or a copy more, after which one of them is dropped. */
  move(slot: number): boolean {
    const [epoch, dataEpoch, copies, learners] = this.#view.slots[slot]!;
    if (copies.length === 0 || !this.#isServed(slot)) return false;
    if (copies.length > 1 && this.#choices.chance(0.6)) {
      this.#movePrimary(slot, this.#choices.of(copies.slice(1)));
      return true;
    }
    const able = this.#view.nodes
      .map((_, index) => index)
      .filter((index) => {
        return this.#isActive(index) && !copies.includes(index);
      });
    if (able.length === 0 || learners.length > 0) return false;
    this.#set(views.withSlot(this.#view, slot, [epoch + 1, dataEpoch, copies, [this.#choices.of(able)]]));
    return true;
  }
}
