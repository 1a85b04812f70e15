/** One run of a simulated fleet: a seed and a shape in, findings and figures out; the same in, the same out. */
import type { FleetNode } from '../../../src/shared/fleet-state.ts';
import { type Life, lifeOf } from '../../../src/storage-node/replication/messages.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { type AnnouncedLoss, type HistoryEntry, type KeyOperation, withLosses } from '../checker/history.ts';
import { checkInvariants, checkLateReads, checkStaleReads } from '../checker/invariants.ts';
import { NotedLifetimes } from '../checker/lifetimes.ts';
import { checkHistory } from '../checker/linearizability.ts';
import { ControlModel } from './control.ts';
import { Faults } from './faults.ts';
import { Gateway } from './gateway.ts';
import { Network } from './network.ts';
import { SimulatedNode } from './node.ts';
import { type Shape, type ShapeName, shapes } from './shapes.ts';
import { clockRateMax, clockRateMin } from './store.ts';
import { Timeline } from './timeline.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly shape: ShapeName;
  /** Where to tell what happens, for a reader. */
  readonly onTrace?: (line: string) => void;
}

export interface Figures {
  acknowledged: number;
  unknown: number;
  notDone: number;
  balancedReads: number;
  events: number;
  views: number;
  resets: number;
  joins: number;
  takeovers: number;
  moves: number;
  evictions: number;
  /** Writes of what expires. */
  expiring: number;
  /** Changes of the control plane's leader. */
  leaders: number;
  /** How often a node was held back for coming and going. */
  heldBack: number;
}

export interface SimulationResult {
  readonly violations: readonly string[];
  readonly undecided: number;
  readonly figures: Figures;
  /** Each kind of fault with the phase in which it came, and how often. */
  readonly faults: ReadonlyMap<string, number>;
}

/** Virtual ms after the last heal in which all that lives is to be served again. */
const serveAgainMs = 2_500;
/** How long the last reads may take. */
const lastReadMs = 5_000;
/** A planned move takes less, and is no fault. */
const plannedMoveMs = 100;
/** And in which all copies are to be made that there should be, and to be equal. */
const repairMs = 14_000;
/** The same where the control plane holds back a node that came and went too often, or a copy that was withdrawn. */
const repairMsMax = 120_000;

interface SlotLoss extends AnnouncedLoss {
  readonly slot: number;
  readonly dataEpoch: number;
  untilMs: number;
}

interface Key {
  readonly name: string;
  readonly slot: number;
  readonly hash: number;
  readonly kind: 'register' | 'counter' | 'lock';
  readonly copiesMin: number;
}

export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run();
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #shape: Shape;
  readonly #choices: Choices;
  readonly #timeline = new Timeline();
  readonly #network: Network;
  readonly #control: ControlModel;
  readonly #faults: Faults;
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #lives = new Map<Life, SimulatedNode>();
  readonly #gateways: readonly Gateway[];
  readonly #keys: readonly Key[];
  readonly #slots: number;
  readonly #factor: number;
  readonly #history: HistoryEntry[] = [];
  readonly #balanced: HistoryEntry[] = [];
  readonly #losses: SlotLoss[] = [];
  readonly #lifetimes = new NotedLifetimes();
  /** The newest data epoch in which each slot was served. */
  readonly #servedDataEpochs = new Map<number, number>();
  /** The last entry of a slot and data epoch that a life ever said to have, with all before it. */
  readonly #had = new Map<string, number>();
  readonly #violations: string[] = [];
  readonly #timeoutMs: number;
  /** The longest pause of a client between two operations. */
  readonly #thinkMs: number;
  readonly #figures: Figures = {
    acknowledged: 0,
    unknown: 0,
    notDone: 0,
    balancedReads: 0,
    events: 0,
    views: 0,
    resets: 0,
    joins: 0,
    takeovers: 0,
    moves: 0,
    evictions: 0,
    expiring: 0,
    leaders: 0,
    heldBack: 0,
  };
  #lastMoveMs = Number.NEGATIVE_INFINITY;
  #incarnations = 0;
  #values = 0;
  #isOver = false;

  constructor(options: SimulationOptions) {
    this.#options = options;
    const shape = shapes[options.shape];
    this.#shape = shape;
    const choices = new Choices(options.seed);
    this.#choices = choices;
    const ids = choices.chance(0.6) ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'd'];
    this.#factor = choices.of([1, 2, 2, 2, 2, 2, 3, 3, 3, 3]);
    this.#slots = 1 + choices.below(3);
    this.#timeoutMs = choices.of(shape.timeoutsMs);
    this.#keys = keysOf(this.#slots, this.#factor, choices.chance(0.3) ? 6 : 0);
    const { delayMs } = shape.network;
    this.#network = new Network(this.#timeline, choices, {
      ...shape.network,
      delayMs: delayMs * choices.of([1, 1, 5]),
    });
    this.#thinkMs = choices.of([20, 20, 50]);
    this.#control = this.#newControl(ids);
    const hosts = ['g1', 'g2'];
    const world = { network: this.#network, choices, control: this.#control };
    const nodeOf = (life: Life): SimulatedNode | undefined => this.#lives.get(life);
    const liveNode = (id: string): SimulatedNode | undefined => this.#nodes.get(id);
    this.#gateways = hosts.map((host) => new Gateway({ ...world, liveNode }, host));
    for (const id of ids) this.#start(id, `${id}0`);
    this.#faults = new Faults({
      ...world,
      nodeOf,
      shape,
      slots: this.#slots,
      nodeIds: ids,
      gatewayHosts: hosts,
      liveNode,
      crash: (node) => this.#crash(node),
      start: (id) => {
        if (!this.#nodes.has(id)) this.#start(id, `${id}${++this.#incarnations}`);
      },
      phase: () => this.#phase(),
      trace: (text) => this.#trace(text),
    });
  }

  #newControl(ids: readonly string[]): ControlModel {
    const nodes = ids.map((id): FleetNode => {
      return { id, incarnation: `${id}0`, zone: id, url: 'http://127.0.0.1', weight: 1, state: 'active' };
    });
    const events = {
      onReset: (slot: number, dataEpoch: number, former: readonly Life[]) => this.#onReset(slot, dataEpoch, former),
      onProposalApplied: (proposal: Parameters<Faults['onProposalApplied']>[0], proposer: Life) => {
        if (proposal.kind === 'join') this.#figures.joins++;
        this.#faults.onProposalApplied(proposal, proposer);
      },
      onPlannedMove: (_slot: number, from: Life, to: Life) => {
        this.#figures.moves++;
        this.#lastMoveMs = this.#timeline.nowMs;
        this.#faults.onPlannedMove(from, to);
      },
      onReplaced: (former: Life, by: Life) => {
        if (this.#lives.has(former)) this.#violate(`${by} was registered in the place of ${former}, which lives`);
      },
      onFailover: () => this.#faults.onFailover(),
      trace: (text: () => string) => this.#trace(text),
    };
    const { damps, standingShare } = this.#shape;
    const options = { nodes, slots: this.#slots, replicationFactor: this.#factor, damps, standingShare };
    return new ControlModel(this.#network, this.#choices, events, options);
  }

  #trace(text: () => string): void {
    this.#options.onTrace?.(`${this.#timeline.nowMs.toFixed(1).padStart(9)} ${text()}`);
  }

  #violate(text: string): void {
    if (this.#violations.length < 20) this.#violations.push(`${text} (at ${this.#timeline.nowMs.toFixed(1)})`);
    this.#trace(() => `VIOLATION: ${text}`);
  }

  #start(id: string, incarnation: string): void {
    const choices = this.#choices;
    const identity = {
      id,
      incarnation,
      clockRate: clockRateMin + choices.next() * (clockRateMax - clockRateMin),
      clockOffsetMs: choices.below(100_000),
    };
    const world = {
      network: this.#network,
      choices,
      control: this.#control,
      slots: this.#slots,
      lifetimes: this.#lifetimes,
      evictGapMs: this.#shape.evictGapMs,
      noRoomShare: this.#shape.noRoomShare,
      fullShare: this.#shape.fullShare,
      onEvicted: () => void this.#figures.evictions++,
      nodeOf: (life: Life) => this.#lives.get(life),
      onServed: (node: SimulatedNode, slot: number) => this.#onServed(node, slot),
      onHas: (node: SimulatedNode, slot: number, last: number) => this.#onHas(node, slot, last),
      onAcknowledged: (...told: [SimulatedNode, number, number, number]) => this.#onAcknowledged(...told),
      onMessage: (...message: Parameters<Faults['onMessage']>) => this.#faults.onMessage(...message),
      onSend: (...sent: Parameters<Faults['onSend']>) => this.#faults.onSend(...sent),
      trace: (text: () => string) => this.#trace(text),
      stallMs: () => this.#faults.stallMs(),
    };
    this.#trace(() => `start of ${id}/${incarnation}`);
    const node = new SimulatedNode(world, identity);
    this.#nodes.set(id, node);
    this.#lives.set(node.life, node);
  }

  #crash(node: SimulatedNode): void {
    this.#trace(() => `end of ${node.life}`);
    this.#figures.takeovers += node.replication.counters.takeovers;
    this.#nodes.delete(node.identity.id);
    this.#lives.delete(node.life);
    node.crash();
    for (const gateway of this.#gateways)
      if (!this.#network.isCut(node.host, gateway.host)) gateway.onEnded(node.identity.id);
  }

  #phase(): string {
    if (this.#timeline.nowMs - this.#lastMoveMs < 300) return 'handover';
    const { nodes, slots } = this.#control.view;
    let phase = 'calm';
    for (const [, , copies, learners] of slots) {
      const primary = copies.length === 0 ? undefined : this.#lives.get(lifeOf(nodes[copies[0]!]!));
      if (primary === undefined || primary.replication.notServing().length > 0) return 'takeover';
      if (learners.length > 0) phase = 'learner';
    }
    return phase;
  }

  /** Never do two nodes serve a slot at the same moment, and never is what was lost served after what came then. */
  #onServed(node: SimulatedNode, slot: number): void {
    const dataEpoch = node.replication.dataEpoch(slot);
    const newest = this.#servedDataEpochs.get(slot) ?? dataEpoch;
    if (dataEpoch < newest)
      this.#violate(`${node.life} serves slot ${slot} in data epoch ${dataEpoch} after it was served in ${newest}`);
    this.#servedDataEpochs.set(slot, Math.max(dataEpoch, newest));
    for (const loss of this.#losses)
      if (loss.slot === slot && dataEpoch > loss.dataEpoch) loss.untilMs = Math.min(loss.untilMs, this.#timeline.nowMs);
    for (const other of this.#lives.values())
      if (other !== node && other.replication.admission(slot) === 'serve')
        this.#violate(`${node.life} and ${other.life} both serve slot ${slot}`);
  }

  #onHas(node: SimulatedNode, slot: number, last: number): void {
    const key = `${node.life} ${slot} ${node.replication.dataEpoch(slot)}`;
    this.#had.set(key, Math.max(last, this.#had.get(key) ?? 0));
  }

  /**
   * What was answered as done is on as many copies as it demands, of those in sync by the newest view that the node
   * has. One that was left out and has wiped the entry counts until then: nobody can know of the view sooner.
   */
  #onAcknowledged(node: SimulatedNode, slot: number, sequence: number, copiesMin: number): void {
    const dataEpoch = node.replication.dataEpoch(slot);
    const copies = node
      .inSync(slot)
      .filter((life) => life === node.life || (this.#had.get(`${life} ${slot} ${dataEpoch}`) ?? 0) >= sequence);
    if (copies.length >= copiesMin) return;
    this.#violate(
      `${node.life} acknowledged ${sequence} of slot ${slot}, on ${copies.join(' and ')} alone, of ${copiesMin} demanded`,
    );
  }

  /** When that takes effect: `SPEC.md` of the replication. */
  #onReset(slot: number, dataEpoch: number, former: readonly Life[]): void {
    this.#figures.resets++;
    const { nowMs } = this.#timeline;
    this.#trace(() => `slot ${slot} restarts empty`);
    for (const life of former)
      if (this.#lives.has(life)) this.#violate(`slot ${slot} restarted empty although ${life} lives`);
    const keys = this.#keys.filter((key) => key.slot === slot).map(({ name }) => name);
    this.#losses.push({ slot, dataEpoch, keys, fromMs: nowMs, untilMs: Number.POSITIVE_INFINITY });
  }

  run(): SimulationResult {
    const { faultsMs } = shapes[this.#options.shape];
    const clients = 4 + this.#choices.below(4);
    for (let client = 0; client < clients; client++) this.#think(`c${client}`, new Map());
    this.#timeline.runUntil(faultsMs);
    this.#trace(() => 'everything heals');
    this.#faults.end();
    this.#network.options = { delayMs: 2, slowShare: 0, slowMs: 0, breakShare: 0 };
    this.#timeline.runUntil(faultsMs + serveAgainMs);
    this.#checkServed();
    this.#isOver = true;
    const last = this.#readAll();
    this.#timeline.runUntil(faultsMs + repairMs);
    this.#checkLastReads(last);
    if (!this.#isWhole()) this.#control.rebalance();
    while (!this.#isWhole() && this.#timeline.nowMs < faultsMs + repairMsMax)
      this.#timeline.runUntil(this.#timeline.nowMs + 1_000);
    this.#checkCopies();
    return this.#result();
  }

  /** The pause of a client before its next operation. */
  #think(client: string, seen: Map<string, string | null>): void {
    this.#timeline.after(this.#choices.next() * this.#thinkMs, () => {
      if (this.#isOver) return;
      const key = this.#choices.of(this.#keys);
      const operation = this.#operationOn(key, client, seen);
      this.#call(client, key, operation, (entry) => {
        if (entry.outcome.kind === 'done' && entry.outcome.value !== undefined) seen.set(key.name, entry.outcome.value);
        this.#think(client, seen);
      });
    });
  }

  #operationOn({ kind, name }: Key, client: string, seen: ReadonlyMap<string, string | null>): KeyOperation {
    const dice = this.#choices.next();
    const value = `${client}.${++this.#values}`;
    if (kind === 'counter') return dice < 0.6 ? { kind: 'increment', amount: 1 } : { kind: 'get' };
    if (kind === 'lock') {
      if (dice < 0.35) return { kind: 'put_if_absent', value };
      return dice < 0.6 ? { kind: 'delete' } : { kind: 'get' };
    }
    if (dice < 0.45) return { kind: 'get' };
    if (dice < 0.75) return { kind: 'put', value };
    if (dice < 0.83) return { kind: 'delete' };
    if (dice < 0.9) return { kind: 'put_if_absent', value };
    return { kind: 'compare_and_put', expected: seen.get(name) ?? null, value };
  }

  #ttlMs({ kind }: KeyOperation): number | null {
    const { ttlShare, ttlMsMax } = this.#shape;
    if (ttlShare === 0 || kind === 'get' || kind === 'delete' || !this.#choices.chance(ttlShare)) return null;
    this.#figures.expiring++;
    return 1 + this.#choices.below(ttlMsMax);
  }

  #call(client: string, key: Key, operation: KeyOperation, settled: (entry: HistoryEntry) => void, last = false): void {
    const choices = this.#choices;
    const invokeMs = this.#timeline.nowMs;
    const isRead = operation.kind === 'get';
    const isMarked = !isRead && choices.chance(0.4);
    const balanced = !last && isRead && choices.chance(0.12);
    const request = {
      slot: key.slot,
      key: key.name,
      hash: key.hash,
      operation,
      ttlMs: this.#ttlMs(operation),
      idempotencyId: isMarked ? `${client}-${this.#values}` : null,
      balanced,
      copiesMin: key.copiesMin,
    };
    const gateway = choices.of(this.#gateways);
    gateway.call(request, last ? lastReadMs : this.#timeoutMs, (outcome) => {
      const returnMs = this.#timeline.nowMs;
      const entry = { client, key: key.name, invokeMs, returnMs, operation, outcome, idempotent: isMarked };
      this.#trace(
        () => `${client} ${balanced ? 'balanced ' : ''}${key.name} ${JSON.stringify({ operation, outcome, invokeMs })}`,
      );
      if (outcome.kind === 'done') this.#figures.acknowledged++;
      else if (outcome.kind === 'unknown') this.#figures.unknown++;
      else this.#figures.notDone++;
      if (balanced) this.#figures.balancedReads++;
      (balanced ? this.#balanced : this.#history).push(entry);
      settled(entry);
    });
  }

  /** Liveness: every slot is served, but for the moment of a planned move; one that lost everything, empty. */
  #checkServed(): void {
    for (let looks = 0; looks < 5 && this.#timeline.nowMs - this.#lastMoveMs < plannedMoveMs; looks++)
      this.#timeline.runUntil(this.#timeline.nowMs + plannedMoveMs);
    const { nodes, slots } = this.#control.view;
    for (let slot = 0; slot < this.#slots; slot++) {
      const copies = slots[slot]![2].map((index) => this.#lives.get(lifeOf(nodes[index]!)));
      if (copies[0]?.replication.admission(slot) !== 'serve')
        this.#violate(
          `slot ${slot} is not served ${serveAgainMs} ms after the last fault: ${this.#control.describe()}`,
        );
    }
  }

  #readAll(): Map<string, HistoryEntry | null> {
    const last = new Map<string, HistoryEntry | null>();
    for (const key of this.#keys) {
      last.set(key.name, null);
      this.#call('last', key, { kind: 'get' }, (entry) => last.set(key.name, entry), true);
    }
    return last;
  }

  #checkLastReads(last: ReadonlyMap<string, HistoryEntry | null>): void {
    for (const [key, entry] of last)
      if (entry?.outcome.kind !== 'done') this.#violate(`the last read of ${key} failed`);
  }

  /** Whether every slot of which something is left has all its copies. */
  #isWhole(): boolean {
    const { nodes, slots } = this.#control.view;
    const wanted = Math.min(this.#factor, this.#nodes.size);
    return slots.slice(0, this.#slots).every(([, , copies]) => {
      const lives = copies.map((index) => this.#lives.get(lifeOf(nodes[index]!)));
      return lives.length >= wanted && !lives.includes(undefined);
    });
  }

  /** All copies are there, and in-sync copies hold the same. */
  #checkCopies(): void {
    const { nodes, slots } = this.#control.view;
    for (let slot = 0; slot < this.#slots; slot++) {
      const lives = slots[slot]![2].map((index) => lifeOf(nodes[index]!));
      const copies = lives.map((life) => this.#lives.get(life));
      const wanted = Math.min(this.#factor, this.#nodes.size);
      if (copies.length < wanted || copies.includes(undefined))
        this.#violate(`slot ${slot} has not ${wanted} copies: ${this.#control.describe()}`);
      for (const one of copies) {
        for (const other of copies) {
          if (one === undefined || other === undefined) continue;
          const lacked = one.store.lackedBy(other.store, slot).join(' ');
          if (lacked !== '')
            this.#violate(`copies of slot ${slot} differ: ${one.life} has ${lacked}, not ${other.life}`);
        }
      }
    }
  }

  #result(): SimulationResult {
    for (const { replication, life } of this.#lives.values()) {
      this.#figures.takeovers += replication.counters.takeovers;
      if (replication.counters.invalidRoles > 0) this.#violate(`${life} was given a role for data that it has not`);
    }
    this.#figures.events = this.#timeline.events;
    this.#figures.leaders = this.#control.tenure - 1;
    this.#figures.heldBack = this.#control.heldBack;
    this.#figures.views = this.#control.view.number;
    const history = withLosses(this.#history, this.#losses);
    for (const finding of checkInvariants(history, this.#lifetimes)) this.#violate(finding);
    for (const finding of checkLateReads(this.#balanced, this.#lifetimes)) this.#violate(finding);
    for (const finding of checkStaleReads(this.#balanced, this.#history)) this.#violate(finding);
    const verdict = checkHistory(history, { lifetimes: this.#lifetimes });
    if (verdict.kind === 'illegal') this.#violate(textOf(verdict));
    const undecided = verdict.kind === 'undecided' ? 1 : 0;
    return { violations: this.#violations, undecided, figures: this.#figures, faults: this.#faults.counts };
  }
}

function textOf({ key, entries, ordered }: { key: string; entries: readonly HistoryEntry[]; ordered: number }): string {
  const lines = entries.map(({ client, invokeMs, returnMs, operation, outcome }) => {
    return `  ${invokeMs.toFixed(1)}-${returnMs.toFixed(1)} ${client} ${JSON.stringify(operation)} ${JSON.stringify(outcome)}`;
  });
  const shown = lines.slice(Math.max(0, ordered - 12), ordered + 8);
  return `${key} is not linearizable; ${ordered} of ${entries.length} operations can be ordered, near these:\n${shown.join('\n')}`;
}

/** `more`: registers of each slot beside the four keys that it has. */
function keysOf(slots: number, factor: number, more: number): Key[] {
  const keys: Key[] = [];
  for (let slot = 0; slot < slots; slot++) {
    const kinds: Key['kind'][] = ['register', 'register', 'counter', 'lock'];
    for (const [i, kind] of [...kinds, ...Array<Key['kind']>(more).fill('register')].entries()) {
      const copiesMin = i === 1 && factor > 1 ? 2 : 1;
      keys.push({ name: `${kind}-${slot}-${i}`, slot, hash: i + 1, kind, copiesMin });
    }
  }
  return keys;
}
