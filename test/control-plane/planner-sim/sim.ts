/**
 * A fleet that only plans: nodes come, go, drain, crash and change their weight, and after each event the planner's
 * steps are taken until there are none, every learner joining at once. Told are the balance, the copies that moved
 * beside those that had to, and how long a round of planning took.
 *
 * The minimum of an event is honest when it counts what no planner can do without: a copy for each one that a leaving
 * node held, or else what the fair shares of the other nodes grow by, whichever is more.
 */
import { fairShares } from '../../../src/control-plane/fair-shares.ts';
import { isLive, lifeOf } from '../../../src/control-plane/lives.ts';
import { planSteps, targetOf } from '../../../src/control-plane/planner.ts';
import { ScoreTable } from '../../../src/control-plane/score-table.ts';
import { emptyView, withFirstPlacement, withRegistration } from '../../../src/control-plane/view-changes.ts';
import { withDead, withoutEmptyNodes } from '../../../src/control-plane/view-deaths.ts';
import { withNode, withProposals, withSlotChanges } from '../../../src/control-plane/view-moves.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import type { View } from '../../../src/shared/fleet-state.ts';
import { slotCount } from '../../../src/shared/slots.ts';
import { seededRandom } from './random.ts';

export interface PlannerSimOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly zones: number;
  readonly replicationFactor: number;
  readonly events: number;
  /** Called after each event, for progress. */
  readonly onEvent?: (done: number) => void;
}

export interface PlannerSimResult {
  readonly events: Record<string, number>;
  /** Fullest node to the mean, by weight, after each event: the worst, and its mean. */
  readonly balanceMax: number;
  readonly balanceMean: number;
  readonly primaryBalanceMax: number;
  /** Copies made, and those that had to be made. */
  readonly moves: number;
  readonly movesMin: number;
  readonly primaryMoves: number;
  readonly resets: number;
  /** The round that balances the first placement, in which all nodes are out of their bands and no code is compiled yet. */
  readonly firstRoundProcessorMs: number;
  /** Time of each round after that, and the processor's time of it: the same on an idle machine. */
  readonly roundsMs: number[];
  readonly roundsProcessorMs: number[];
  /** Slots that had two copies in a zone, or fewer copies than they could; must be 0. */
  readonly violations: number;
}

type EventKind = 'add' | 'remove' | 'drain' | 'crash' | 'weight';

export class PlannerSim {
  readonly #options: PlannerSimOptions;
  readonly #random: () => number;
  readonly #scores = new ScoreTable();
  readonly #counts: Record<string, number> = {};
  #view: View = emptyView();
  #nextId = 0;
  #moves = 0;
  #movesMin = 0;
  #primaryMoves = 0;
  #resets = 0;
  #violations = 0;
  readonly #roundsMs: number[] = [];
  readonly #roundsProcessorMs: number[] = [];

  constructor(options: PlannerSimOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  run(): PlannerSimResult {
    const { nodes, zones, replicationFactor, events, onEvent } = this.#options;
    for (let index = 0; index < nodes; index++) this.#register(index % zones);
    this.#view = withFirstPlacement(this.#view, replicationFactor, 0);
    this.#settle();
    // What the first placement cost to balance is told apart: chance made it, no event.
    const firstRoundProcessorMs = this.#roundsProcessorMs[0]!;
    this.#roundsMs.length = 0;
    this.#roundsProcessorMs.length = 0;
    this.#moves = 0;
    this.#primaryMoves = 0;
    let balanceMax = 0;
    let balanceSum = 0;
    let primaryBalanceMax = 0;
    for (let done = 0; done < events; done++) {
      this.#event();
      this.#check();
      const { copies, primaries } = this.#balance();
      balanceMax = Math.max(balanceMax, copies);
      balanceSum += copies;
      primaryBalanceMax = Math.max(primaryBalanceMax, primaries);
      onEvent?.(done + 1);
    }
    return {
      events: this.#counts,
      balanceMax,
      balanceMean: balanceSum / events,
      primaryBalanceMax,
      moves: this.#moves,
      movesMin: Math.round(this.#movesMin),
      primaryMoves: this.#primaryMoves,
      resets: this.#resets,
      firstRoundProcessorMs,
      roundsMs: this.#roundsMs,
      roundsProcessorMs: this.#roundsProcessorMs,
      violations: this.#violations,
    };
  }

  #event(): void {
    const kind = this.#kind();
    this.#counts[kind] = (this.#counts[kind] ?? 0) + 1;
    const before = this.#shares();
    const index = this.#pick();
    const node = this.#view.nodes[index]!;
    let held = 0;
    if (kind === 'add') {
      this.#register(this.#emptiestZone());
    } else if (kind === 'weight') {
      const weight = 0.75 + Math.round(this.#random() * 20) / 40;
      this.#view = withNode(this.#view, index, { weight });
    } else {
      held = this.#held(index);
      if (kind === 'crash') this.#kill(index);
      else this.#view = withNode(this.#view, index, { state: 'draining', standing: 'draining' });
    }
    const after = this.#shares();
    let grown = 0;
    for (const [id, share] of after) grown += Math.max(0, share - (before.get(id) ?? 0));
    this.#movesMin += Math.max(held, grown);
    this.#settle();
    if (kind === 'crash') this.#view = withoutEmptyNodes(this.#view, new Set([node.id]));
    if (kind !== 'remove' && kind !== 'drain') return;
    if (this.#held(this.#view.nodes.findIndex(({ id }) => id === node.id)) > 0) this.#violations++;
    if (kind === 'remove') this.#view = withoutEmptyNodes(this.#view, new Set([node.id]));
    else this.#undrain(node.id);
  }

  /** A drained node comes back as a new life. Counted as an event of its own, with its own minimum. */
  #undrain(id: string): void {
    const before = this.#shares();
    const index = this.#view.nodes.findIndex((node) => node.id === id);
    this.#view = withNode(this.#view, index, { state: 'active', standing: 'active' });
    let grown = 0;
    for (const [each, share] of this.#shares()) grown += Math.max(0, share - (before.get(each) ?? 0));
    this.#movesMin += grown;
    this.#settle();
  }

  /** The number of nodes stays near the one that was asked for. */
  #kind(): EventKind {
    const { nodes } = this.#options;
    const draw = this.#random();
    if (draw < 0.2) return 'weight';
    if (draw < 0.4) return 'drain';
    const surplus = this.#view.nodes.length - nodes;
    const addChance = surplus > nodes * 0.05 ? 0.2 : surplus < -nodes * 0.05 ? 0.8 : 0.5;
    if (this.#random() < addChance) return 'add';
    return this.#random() < 0.5 ? 'remove' : 'crash';
  }

  #pick(): number {
    return Math.floor(this.#random() * this.#view.nodes.length);
  }

  #emptiestZone(): number {
    const { zones } = this.#options;
    const sizes = Array.from({ length: zones }, () => 0);
    for (const node of this.#view.nodes) sizes[Number(node.zone.slice(1))]!++;
    return sizes.indexOf(Math.min(...sizes));
  }

  #register(zone: number): void {
    const id = `n${this.#nextId++}`;
    const registration = { id, incarnation: 'x', zone: `z${zone}`, url: `http://${id}.test`, weight: 1 };
    this.#view = withRegistration(this.#view, registration, this.#resetOptions()).view;
  }

  #kill(index: number): void {
    const lives = new Set([lifeOf(this.#view.nodes[index]!)]);
    const { view, resets } = withDead(this.#view, lives, this.#resetOptions());
    this.#view = view;
    this.#resets += resets;
  }

  #resetOptions() {
    const { replicationFactor } = this.#options;
    return { replicationFactor, wallMs: 0, scoresOf: (id: string) => this.#scores.of(id) };
  }

  /** Rounds of planning until there is nothing to do. */
  #settle(): void {
    // The control plane computes the scores of new nodes before, a few at a time.
    this.#scores.prepare(
      this.#view.nodes.map(({ id }) => id),
      this.#view.nodes.length,
    );
    for (let round = 0; round < 200; round++) {
      const startMs = systemClock.monotonicMs();
      const startUse = process.threadCpuUsage();
      const target = targetOf({
        view: this.#view,
        replicationFactor: this.#options.replicationFactor,
        scoresOf: (id) => this.#scores.of(id),
        accepts: () => true,
        avoids: () => false,
      });
      const steps = planSteps(this.#view, target, () => true);
      this.#roundsMs.push(systemClock.monotonicMs() - startMs);
      const { user, system } = process.threadCpuUsage(startUse);
      this.#roundsProcessorMs.push((user + system) / 1_000);
      if (steps.length === 0) return;
      for (const { change } of steps) {
        if (change.kind === 'add_learner') this.#moves++;
        if (change.kind === 'move_primary') this.#primaryMoves++;
      }
      const changes = steps.map(({ change }) => change);
      this.#view = withSlotChanges(this.#view, changes, 0);
      this.#joinAll();
    }
    this.#violations++;
  }

  #joinAll(): void {
    const { nodes, slots } = this.#view;
    const batches = new Map<string, { slot: number; epoch: number; kind: 'join'; life: string }[]>();
    for (const [slot, [epoch, , copies, learners]] of slots.entries()) {
      for (const learner of learners) {
        const primary = lifeOf(nodes[copies[0]!]!);
        const batch = batches.get(primary) ?? [];
        batch.push({ slot, epoch, kind: 'join', life: lifeOf(nodes[learner]!) });
        batches.set(primary, batch);
      }
    }
    const outcomes = withProposals(
      this.#view,
      [...batches].map(([life, proposals]) => ({ life, proposals })),
    );
    this.#view = outcomes[0]?.view ?? this.#view;
  }

  #held(index: number): number {
    return this.#view.slots.filter(([, , copies]) => copies.includes(index)).length;
  }

  #shares(): Map<string, number> {
    const active = this.#view.nodes.filter((node) => node.state === 'active');
    const shares = fairShares(active, slotCount, this.#options.replicationFactor);
    return new Map(active.map(({ id }, at) => [id, shares[at]!]));
  }

  #balance(): { copies: number; primaries: number } {
    const shares = this.#shares();
    const copies = this.#view.nodes.map(() => 0);
    const primaries = this.#view.nodes.map(() => 0);
    for (const [, , held] of this.#view.slots) {
      for (const node of held) copies[node]!++;
      primaries[held[0]!]!++;
    }
    const factor = this.#options.replicationFactor;
    let worst = 0;
    let worstPrimary = 0;
    for (const [index, node] of this.#view.nodes.entries()) {
      const share = shares.get(node.id);
      if (share === undefined) continue;
      worst = Math.max(worst, copies[index]! / share);
      worstPrimary = Math.max(worstPrimary, (primaries[index]! * factor) / share);
    }
    return { copies: worst, primaries: worstPrimary };
  }

  #check(): void {
    const { nodes, slots } = this.#view;
    const zones = new Set(nodes.filter((node) => node.state === 'active').map(({ zone }) => zone)).size;
    const factor = Math.min(zones, this.#options.replicationFactor);
    for (const [, , copies] of slots) {
      const held = new Set(copies.map((node) => nodes[node]!.zone));
      const isWhole = copies.length === factor && held.size === copies.length;
      if (!isWhole || copies.some((node) => !isLive(nodes[node]!))) this.#violations++;
    }
  }
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
