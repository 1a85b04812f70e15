/** The nemesis of a simulation: faults at random moments, and aimed ones. */
import type { Proposal } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf, type ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { ControlModel } from './control.ts';
import type { Link, Network } from './network.ts';
import type { SimulatedNode } from './node.ts';
import type { Shape } from './shapes.ts';

export interface FaultWorld {
  readonly network: Network;
  readonly choices: Choices;
  readonly control: ControlModel;
  readonly shape: Shape;
  readonly slots: number;
  readonly nodeIds: readonly string[];
  readonly gatewayHosts: readonly string[];
  /** The process of a node that lives. */
  liveNode(id: string): SimulatedNode | undefined;
  nodeOf(life: Life): SimulatedNode | undefined;
  crash(node: SimulatedNode): void;
  /** A new, empty process of a node that has none. */
  start(id: string): void;
  /** In what the slots are at this moment: `calm`, `learner`, `takeover` or `handover`. */
  phase(): string;
  trace(text: () => string): void;
}

export class Faults {
  readonly #world: FaultWorld;
  /** Each kind with the phase in which it came, and how often. */
  readonly counts = new Map<string, number>();
  /** What is to be healed at the end, if it has not been. */
  readonly #heals = new Set<() => void>();
  #isOver = false;
  #aimedMs = 0;

  constructor(world: FaultWorld) {
    this.#world = world;
    this.#loop(world.shape.gapMs, () => this.#any());
    if (world.shape.moveGapMs > 0) this.#loop(world.shape.moveGapMs, () => this.#move());
    if (world.shape.leaderGapMs > 0) this.#loop(world.shape.leaderGapMs, () => this.#changeLeader());
  }

  #loop(gapMs: number, action: () => void): void {
    this.#world.network.timeline.after(this.#world.choices.next() * gapMs, () => {
      if (this.#isOver) return;
      action();
      this.#loop(gapMs, action);
    });
  }

  #count(kind: string, phase = this.#world.phase()): void {
    const name = `${kind} / ${phase}`;
    this.#world.trace(() => `fault: ${name}`);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** Heals everything and brings up what is down, but for some of the ended processes, which are said to be so. */
  end(): void {
    const { choices, control, nodeIds, network } = this.#world;
    this.#isOver = true;
    for (const heal of this.#heals) heal();
    this.#heals.clear();
    control.isAlive = true;
    control.viewDelayMs = 0;
    control.standingShare = 0;
    for (const { id } of control.view.nodes) control.drain(id, false);
    network.slowHosts.clear();
    for (const id of nodeIds) {
      const node = this.#world.liveNode(id);
      // By now it has been seen what has ended: a new life waits 1.3 s for one that nobody was told of.
      if (control.view.nodes.some((one) => one.id === id && lifeOf(one) !== node?.life)) this.#sayGone(id);
      if (node !== undefined) node.resume();
      else if (choices.chance(0.8) || this.#living() < 2) this.#world.start(id);
    }
  }

  #living(): number {
    return this.#world.nodeIds.filter((id) => this.#world.liveNode(id) !== undefined).length;
  }

  #sayGone(id: string): void {
    const { control } = this.#world;
    const node = control.view.nodes.find((one) => one.id === id)!;
    control.gone(control, `${id}/${node.incarnation}`);
  }

  /** Something that ends by itself after a while, or at the end. */
  #during(minMs: number, maxMs: number, heal: () => void): void {
    const { network, choices } = this.#world;
    const once = (): void => {
      if (this.#heals.delete(once)) heal();
    };
    this.#heals.add(once);
    network.timeline.after(minMs + choices.next() * (maxMs - minMs), once);
  }

  #any(): void {
    const { choices } = this.#world;
    const kind = choices.next();
    if (kind < 0.22) return this.#crash(this.#randomNode());
    if (kind < 0.42) return this.#pause(this.#randomNode(), 3_000);
    if (kind < 0.7) return this.#partition();
    if (kind < 0.78) return this.#break();
    if (kind < 0.86) return this.#slow();
    if (kind < 0.93) return this.#controlDown();
    this.#lateViews();
  }

  #randomNode(): SimulatedNode | undefined {
    return this.#world.liveNode(this.#world.choices.of(this.#world.nodeIds));
  }

  #crash(node: SimulatedNode | undefined): void {
    if (node === undefined || !node.isAlive) return;
    const { choices, network, control } = this.#world;
    this.#count('crash');
    this.#world.crash(node);
    const { id } = node.identity;
    if (choices.chance(0.5)) network.timeline.after(choices.next() * 800, () => control.gone(control, node.life));
    if (choices.chance(0.85)) this.#during(30, 3_000, () => this.#world.start(id));
  }

  #pause(node: SimulatedNode | undefined, mostMs: number): void {
    if (node === undefined || node.isPaused) return;
    this.#count('pause');
    node.pause();
    this.#during(Math.min(100, mostMs), mostMs, () => node.resume());
  }

  #cut(pairs: readonly (readonly [from: string, to: string])[], mostMs: number): void {
    const { network } = this.#world;
    const heals = pairs.map(([from, to]) => network.cut(from, to));
    this.#during(150, mostMs, () => {
      for (const heal of heals) heal();
    });
  }

  #partition(): void {
    const { choices, nodeIds, gatewayHosts } = this.#world;
    const one = choices.of(nodeIds);
    const others = nodeIds.filter((id) => id !== one);
    const oneWay = choices.chance(0.4);
    const to = (hosts: readonly string[]) => hosts.map((host) => [one, host] as const);
    const from = (hosts: readonly string[]) => hosts.map((host) => [host, one] as const);
    const both = (hosts: readonly string[]) =>
      oneWay ? (choices.chance(0.5) ? to : from)(hosts) : [...to(hosts), ...from(hosts)];
    const kind = choices.below(5);
    this.#count(`partition ${oneWay ? 'one way' : 'both ways'}`);
    if (kind === 0) this.#cut(both([choices.of(others)]), 3_000);
    else if (kind === 1) this.#cut(both(['control']), 3_000);
    else if (kind === 2) this.#cut(both(others), 3_000);
    else if (kind === 3) this.#cut(both([...others, 'control']), 3_000);
    else this.#cut(both([...others, 'control', ...gatewayHosts]), 3_000);
  }

  /** How long a process stands still in the middle of the request that it is about to execute. */
  stallMs(): number {
    const { shape, choices, network } = this.#world;
    if (this.#isOver || !choices.chance(shape.stallShare)) return 0;
    this.#count('stall in a request');
    const stallMs = choices.next() * (choices.chance(0.5) ? 4_000 : 500);
    return Math.min(stallMs, shape.faultsMs - network.timeline.nowMs);
  }

  #break(): void {
    this.#count('links broken');
    this.#world.network.breakSome(0.2 + this.#world.choices.next() * 0.8);
  }

  #slow(): void {
    const { choices, nodeIds, network } = this.#world;
    const host = choices.of(nodeIds);
    this.#count('slow link');
    network.slowHosts.set(host, 10 + choices.next() * 300);
    this.#during(200, 2_000, () => network.slowHosts.delete(host));
  }

  #controlDown(): void {
    const { control } = this.#world;
    if (!control.isAlive) return;
    this.#count('control plane down');
    control.isAlive = false;
    this.#during(100, 2_500, () => {
      control.isAlive = true;
    });
  }

  /** The leader is gone; another one leads when its lease is over, or at once when it has given it up. */
  #changeLeader(): void {
    const { control, choices } = this.#world;
    if (!control.isAlive) return;
    this.#count('another leader');
    control.endTenure();
    this.#during(0, choices.chance(0.5) ? 100 : 3_000, () => control.beginTenure());
  }

  #lateViews(): void {
    const { control, choices } = this.#world;
    this.#count('late views');
    control.viewDelayMs = 100 + choices.next() * 1_500;
    this.#during(300, 2_000, () => {
      control.viewDelayMs = 0;
    });
  }

  #move(): void {
    const { control, choices, slots, nodeIds } = this.#world;
    if (!control.isAlive) return;
    if (choices.chance(0.25) && !control.isDraining) {
      const id = choices.of(nodeIds);
      this.#count('drain');
      control.drain(id, true);
      return this.#during(1_000, 4_000, () => control.drain(id, false));
    }
    const phase = this.#world.phase();
    if (choices.chance(0.3) && control.flicker(choices.below(slots))) return this.#count('learner withdrawn', phase);
    if (control.move(choices.below(slots))) this.#count('planned move', phase);
  }

  /** Whether an aimed fault is due; they are not to come in crowds. */
  #takesAim(probability: number): boolean {
    const { shape, choices, network } = this.#world;
    if (!shape.isAimed || this.#isOver || network.timeline.nowMs < this.#aimedMs || !choices.chance(probability))
      return false;
    this.#aimedMs = network.timeline.nowMs + 700;
    return true;
  }

  /** A change was accepted, and its proposer does not know it yet. */
  onProposalApplied(proposal: Proposal, proposer: Life): void {
    if (proposal.kind === 'shrink' && this.#endsAfterShrink(proposal, proposer)) return;
    if (!this.#takesAim(0.5)) return;
    const { choices, nodeIds, shape } = this.#world;
    // It is stored, and was told to nobody.
    if (shape.leaderGapMs > 0 && choices.chance(0.5)) return this.#changeLeader();
    const node = this.#world.nodeOf(proposer);
    if (node === undefined) return;
    this.#count('aimed: proposal accepted');
    this.#cut([['control', node.host]], 2_500);
    if (choices.chance(0.6)) this.#soon(40, () => this.#crash(node));
    if (choices.chance(0.5)) for (const id of nodeIds) if (id !== node.host) this.#pause(this.#world.liveNode(id), 600);
  }

  /** Whoever had a copy removed that lives ends at once, and is known to: nobody is left who knows what it promised. */
  #endsAfterShrink({ life }: Proposal, proposer: Life): boolean {
    const { shape, choices, control } = this.#world;
    const [node, removed] = [this.#world.nodeOf(proposer), this.#world.nodeOf(life)];
    if (!shape.isAimed || this.#isOver || node === undefined || removed === undefined || !choices.chance(0.4))
      return false;
    this.#count('aimed: shrunk, and ended');
    this.#soon(10, () => {
      if (!node.isAlive) return;
      this.#crash(node);
      control.gone(control, proposer);
    });
    return true;
  }

  #soon(mostMs: number, action: () => void): void {
    this.#world.network.timeline.after(this.#world.choices.next() * mostMs, () => {
      if (!this.#isOver) action();
    });
  }

  /** What was just sent, and all that is under way with it, is lost. */
  onSend(messages: readonly ReplicationMessage[], link: Link): void {
    const { shape, choices } = this.#world;
    if (!shape.isAimed || this.#isOver || !messages.some(({ kind }) => kind === 'copy') || !choices.chance(0.1)) return;
    this.#count('aimed: copy lost');
    link.abandon();
    link.break();
  }

  onMessage(from: Life, to: Life, { kind }: ReplicationMessage): void {
    if (kind === 'copy' && this.#takesAim(0.2)) {
      if (this.#world.choices.chance(0.5)) this.#hit('copy', from, to);
      else this.#withdrawUnseen(from);
    }
    if (kind === 'query' && this.#takesAim(0.15)) this.#hit('takeover', from, to);
    if (kind === 'report' && this.#takesAim(0.15)) this.#hit('report', to, from);
  }

  /** The learners that a primary is filling are withdrawn and come again, while it gets no views. */
  #withdrawUnseen(primary: Life): void {
    const { nodeOf, control, slots, choices } = this.#world;
    const node = nodeOf(primary);
    if (node === undefined) return;
    this.#count('aimed: learner withdrawn unseen');
    this.#cut([['control', node.host]], 600);
    this.#soon(60, () => {
      if (control.isAlive) for (let slot = 0; slot < slots; slot++) if (choices.chance(0.8)) control.flicker(slot);
    });
  }

  onPlannedMove(from: Life, to: Life): void {
    if (!this.#takesAim(0.4)) return;
    const [former, next] = [this.#world.nodeOf(from), this.#world.nodeOf(to)];
    if (former === undefined || next === undefined || this.#world.choices.chance(0.6))
      return this.#hit('handover', from, to);
    // The former one learns of nothing, and goes on while it may.
    this.#count('aimed: handover unseen');
    this.#cut(
      [
        [former.host, next.host],
        [next.host, former.host],
        ['control', former.host],
      ],
      2_500,
    );
  }

  onFailover(): void {
    const { choices, nodeIds } = this.#world;
    if (this.#takesAim(0.2)) this.#hit('failover', choices.of(nodeIds), choices.of(nodeIds));
  }

  /** One of the two, or what is between them. */
  #hit(what: string, from: string, to: string): void {
    const { choices, nodeOf, liveNode } = this.#world;
    const [one, other] = [nodeOf(from) ?? liveNode(from), nodeOf(to) ?? liveNode(to)];
    if (one === undefined || other === undefined) return;
    this.#count(`aimed: ${what}`);
    const victim = choices.chance(0.5) ? one : other;
    const kind = choices.below(5);
    // Not in the turn of whoever is hit.
    this.#soon(5, () => {
      if (kind === 0) this.#crash(victim);
      else if (kind === 1) this.#pause(victim, 2_500);
      else if (kind === 2) this.#cut([[one.host, other.host]], 2_000);
      else if (kind === 3) this.#cut([['control', victim.host]], 2_000);
      else this.#break();
    });
  }
}
