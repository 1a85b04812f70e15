import { emptyFleetState } from '../../../src/shared/control-link/state-watcher.ts';
import {
  cacheSettingsDefault,
  type FleetState,
  type SlotAssignment,
  type View,
} from '../../../src/shared/fleet-state.ts';
import { murmur3 } from '../../../src/shared/hash.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { account, testNode, utf8 } from '../../support/fleet-state.ts';
import type { PipeShape } from './byte-pipe.ts';
import { Published } from './published.ts';
import { SimGateway } from './sim-gateway.ts';
import type { LinkNetwork } from './sim-link.ts';
import { SimNode } from './sim-node.ts';
import type { Truth } from './topic-track.ts';
import { ProcessTime, VirtualTime } from './virtual-time.ts';
import { cacheName, isLossless, topicHashOf, topicNames, type World } from './world.ts';

/** Longest that news of the fleet's state take to a process, in ms. */
const newsMsMax = 400;
/** Longest until a dead node is found to be dead, in ms. */
const detectMsMax = 3_000;

interface Placement {
  epoch: number;
  dataEpoch: number;
  /** Numbers of the nodes that have it, the primary first. */
  copies: readonly number[];
  /** Entries of the slot so far. */
  sequence: number;
}

/** Longest that a node takes until it serves a slot that it was made the primary of, in ms. */
const takeoverMsMax = 300;

/** Nodes, gateways, what is between them, and the control plane that says who has which slot. */
export class SimFleet implements LinkNetwork, Truth {
  readonly world: World;
  readonly time: VirtualTime;
  readonly published = new Published();
  readonly nodes: (SimNode | null)[] = [];
  readonly gateways: (SimGateway | null)[] = [];
  shape: PipeShape;
  healed = false;
  readonly #random: Choices;
  readonly #placements = new Map<number, Placement>();
  /** Who had each slot by the last state. */
  readonly #holders = new Map<number, SimNode | null>();
  readonly #connections = new Map<string, number>();
  /** Nodes that stand still. */
  readonly #silent = new Set<SimNode>();
  #state: FleetState = emptyFleetState();
  #space: number | null = 1;
  #lastSpace = 1;
  #lives = 0;

  constructor(world: World) {
    this.world = world;
    this.time = new VirtualTime(world.seed ^ 0x71e);
    this.#random = new Choices(world.seed ^ 0xf1ee7);
    this.shape = { latencyMs: world.linkLatencyMs, chunkBytesMax: world.linkChunkBytesMax };
    for (let node = 0; node < world.nodes; node++) this.nodes.push(this.#newNode(node));
    for (const name of topicNames.slice(0, world.topics)) {
      const primary = this.#random.below(world.nodes);
      const others = this.nodes.flatMap((_, node) => (node === primary ? [] : [node]));
      const copies = this.#isReplicated ? [primary, ...others] : [primary];
      const placement = { epoch: 1, dataEpoch: 1_700_000, copies, sequence: 0 };
      this.#placements.set(slotOf(topicHashOf(name)), placement);
    }
    this.#change(true);
    for (let gateway = 0; gateway < world.gateways; gateway++) this.gateways.push(this.#newGateway(gateway));
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  get lossless(): boolean {
    return isLossless(this.world);
  }

  get forgetful(): boolean {
    return this.world.profile === 'pressure';
  }

  get topics(): readonly string[] {
    return topicNames.slice(0, this.world.topics);
  }

  /** Spaces of the cache that there are or were. */
  get spaces(): number[] {
    return Array.from({ length: this.#lastSpace }, (_, index) => index + 1);
  }

  seedOf(from: string, to: string): number {
    const key = `${from}>${to}`;
    const count = this.#connections.get(key) ?? 0;
    this.#connections.set(key, count + 1);
    const bytes = utf8(`${key}#${count}`);
    return murmur3(bytes, 0, bytes.length, this.world.seed);
  }

  nodeAt(url: string): SimNode | undefined {
    const found = this.nodes.find((node) => node !== null && urlOf(node.id) === url);
    return found == null || this.#silent.has(found) ? undefined : found;
  }

  /** The node that has a topic now. */
  primaryOf(topic: string): SimNode | null {
    return this.#nodeOf(this.#placementOf(topic).copies[0]);
  }

  /** The log of a topic at its node. */
  logOf(topic: string) {
    const node = this.primaryOf(topic);
    if (node === null || this.#space === null) return undefined;
    return node.table.spaces.find(this.#space, topic)?.log;
  }

  retains(topic: string, { page, sequence }: TopicPosition): boolean {
    const log = this.logOf(topic);
    if (log === undefined || log.page !== page || sequence < log.firstSequence || sequence > log.lastSequence)
      return false;
    return log.timeOf(sequence) > this.primaryOf(topic)!.time.monotonicMs() - this.world.retentionMs;
  }

  /** Publishes text, or bytes. */
  publish(topic: string, content: string | Uint8Array): void {
    const node = this.primaryOf(topic);
    if (node === null || this.#space === null) return;
    const address = { space: this.#space, slot: slotOf(topicHashOf(topic)), name: topic };
    const text = typeof content === 'string' ? content : null;
    const value = typeof content === 'string' ? utf8(content) : content;
    const placement = this.#placementOf(topic);
    const payload = { text: text !== null, tokenId: '', value };
    const position = node.publish(address, payload, ++placement.sequence, this.#copiesBeside(node, placement));
    if (position !== null) this.published.add(topic, { ...position, text, value, atMs: this.nowMs });
  }

  killNode(number: number, downMs: number): void {
    const node = this.nodes[number];
    if (node == null || (this.#isReplicated && !this.#canLose(number))) return;
    node.kill();
    this.nodes[number] = null;
    this.time.after(this.#random.next() * detectMsMax, () => this.#bury(number));
    this.time.after(downMs, () => this.#reviveNode(number));
  }

  killGateway(number: number, downMs: number, drain: boolean): void {
    const gateway = this.gateways[number];
    if (gateway == null) return;
    this.gateways[number] = null;
    if (drain) {
      gateway.drain();
      this.time.after(300, () => gateway.kill());
    } else gateway.kill();
    this.time.after(downMs, () => this.#reviveGateway(number));
  }

  /** Another copy of the topic's slot becomes its primary; the old one stays a copy. */
  handOver(topic: string): void {
    const placement = this.#placementOf(topic);
    const [primary, ...others] = placement.copies;
    const next = others.find((number) => this.#nodeOf(number) !== null);
    if (next === undefined) return;
    placement.epoch++;
    placement.copies = [next, ...others.filter((number) => number !== next), primary!];
    this.#change(false);
  }

  /** A node stands still: the others go on without it, and it begins anew, as a copy, when it is heard again. */
  silence(number: number, ms: number): void {
    const node = this.nodes[number];
    if (node == null || this.#silent.has(node) || !this.#canLose(number)) return;
    this.#silent.add(node);
    const untilMs = this.nowMs + ms;
    for (const gateway of this.gateways)
      for (const link of gateway?.transport.links(urlOf(node.id)) ?? []) link.stall(untilMs);
    this.time.after(this.#random.next() * detectMsMax, () => {
      if (this.#silent.has(node) && this.nodes[number] === node) this.#withdraw(number);
    });
    this.time.after(ms, () => this.#wake(number, node));
  }

  /** A slot begins anew at a node. */
  move(topic: string, node: number): void {
    if (this.nodes[node] === null) return;
    const placement = this.#placementOf(topic);
    this.#place(placement, node);
    this.#change(false);
  }

  deleteCache(downMs: number): void {
    if (this.#space === null) return;
    this.#space = null;
    this.#change(false);
    this.time.after(downMs, () => this.#recreateCache());
  }

  /** Everything that is broken works again, now or soon. */
  heal(): void {
    this.healed = true;
    this.shape = { latencyMs: 0.1, chunkBytesMax: Infinity };
    for (let number = 0; number < this.nodes.length; number++) {
      const node = this.nodes[number];
      if (node != null) this.#wake(number, node);
      this.#reviveNode(number);
    }
    for (let number = 0; number < this.gateways.length; number++) this.#reviveGateway(number);
    for (const gateway of this.gateways) for (const link of gateway!.transport.links(null)) link.heal();
    if (this.#space === null) this.#recreateCache();
  }

  urlOf(node: number): string {
    return urlOf(nodeId(node));
  }

  #newNode(number: number): SimNode {
    return new SimNode({
      id: nodeId(number),
      incarnation: `life-${this.#lives++}`,
      time: this.#processTime(),
      bytesMax: this.world.nodeBytesMax,
      maintenanceMs: this.world.maintenanceMs,
      takeoverMs: () => (this.#isReplicated && !this.healed ? this.#random.next() * takeoverMsMax : 0),
      onForget: ({ space, slot, name }, pagesGiven) => {
        const placement = this.#placements.get(slot)!;
        const sequence = ++placement.sequence;
        for (const copy of this.#copiesBeside(this.#nodeOf(placement.copies[0]), placement))
          copy.take(slot, sequence, { kind: 'forget', space, name, pagesGiven });
      },
    });
  }

  #newGateway(number: number): SimGateway {
    const gateway: SimGateway = new SimGateway({
      name: `gateway-${number}`,
      network: this,
      time: this.#processTime(),
      state: this.#state,
      onRefresh: () => {
        this.time.after(this.#random.next() * 50, () => gateway.apply(this.#state));
      },
    });
    return gateway;
  }

  #processTime(): ProcessTime {
    return new ProcessTime(this.time, this.#random.below(1e9), this.#random.below(4_000) - 2_000);
  }

  #recreateCache(): void {
    if (this.#space !== null) return;
    this.#space = ++this.#lastSpace;
    this.#change(false);
  }

  #reviveNode(number: number): void {
    if (this.nodes[number] !== null) return;
    this.#bury(number);
    this.nodes[number] = this.#newNode(number);
    if (this.#isReplicated) return this.#join(number);
    for (const placement of this.#placements.values()) {
      const primary = placement.copies[0];
      if (primary === undefined || (primary !== number && this.#random.chance(0.3))) this.#place(placement, number);
    }
    this.#change(false);
  }

  /** A node becomes a copy of every slot, with all that the others have. */
  #join(number: number): void {
    const node = this.nodes[number]!;
    const joined: [slot: number, from: SimNode | undefined][] = [];
    for (const [slot, placement] of this.#placements) {
      if (placement.copies.includes(number)) continue;
      joined.push([slot, this.#copiesBeside(node, placement)[0]]);
      placement.epoch++;
      placement.copies = [...placement.copies, number];
    }
    this.#change(false);
    node.apply(this.#state, this.#placements.keys());
    for (const [slot, from] of joined) if (from !== undefined) node.fill(slot, from);
  }

  /** A node that stood still goes on: whatever it had is void. */
  #wake(number: number, node: SimNode): void {
    if (!this.#silent.has(node)) return;
    if (this.nodes[number] === node && !this.#isWithdrawn(number)) this.#withdraw(number);
    this.#silent.delete(node);
    if (this.nodes[number] === node) this.#join(number);
  }

  /** The others go on without a node that is not heard. */
  #withdraw(number: number): void {
    for (const placement of this.#placements.values()) {
      if (!placement.copies.includes(number)) continue;
      placement.epoch++;
      placement.copies = placement.copies.filter((copy) => copy !== number);
    }
    this.#change(false);
  }

  #isWithdrawn(number: number): boolean {
    return [...this.#placements.values()].every(({ copies }) => !copies.includes(number));
  }

  /** Whether every slot has a copy that goes on when this node does not. */
  #canLose(number: number): boolean {
    return [...this.#placements.values()].every(({ copies }) =>
      copies.some((copy) => copy !== number && this.#nodeOf(copy) !== null),
    );
  }

  #placementOf(topic: string): Placement {
    return this.#placements.get(slotOf(topicHashOf(topic)))!;
  }

  /** The node of a number; null when there is none, or it stands still. */
  #nodeOf(number: number | undefined): SimNode | null {
    const node = number === undefined ? null : (this.nodes[number] ?? null);
    return node === null || this.#silent.has(node) ? null : node;
  }

  /** The other copies of a slot that go on. */
  #copiesBeside(node: SimNode | null, { copies }: Placement): SimNode[] {
    return copies.flatMap((copy) => this.#nodeOf(copy) ?? []).filter((copy) => copy !== node);
  }

  get #isReplicated(): boolean {
    return this.world.profile === 'replicated';
  }

  #reviveGateway(number: number): void {
    if (this.gateways[number] === null) this.gateways[number] = this.#newGateway(number);
  }

  /** The control plane finds a node dead: what it had begins anew elsewhere. */
  #bury(number: number): void {
    if (this.nodes[number] !== null) return;
    const living = this.nodes.flatMap((node, index) => (node === null ? [] : [index]));
    let changed = false;
    for (const placement of this.#placements.values()) {
      if (!placement.copies.includes(number)) continue;
      changed = true;
      if (placement.copies.length > 1) {
        placement.epoch++;
        placement.copies = placement.copies.filter((copy) => copy !== number);
      } else this.#place(placement, living.length === 0 ? null : this.#random.of(living));
    }
    if (changed) this.#change(false);
  }

  #place(placement: Placement, node: number | null): void {
    placement.epoch++;
    if (node !== null) placement.dataEpoch++;
    placement.copies = node === null ? [] : [node];
  }

  /** Makes a new state known: at once to nodes, those first that lose a slot; to gateways by and by. */
  #change(atOnce: boolean): void {
    this.#state = {
      ...this.#state,
      revision: this.#state.revision + 1,
      view: this.#view(this.#state.view.number + 1),
      registry: { revision: this.#state.registry.revision + 1, caches: this.#caches() },
    };
    const state = this.#state;
    for (const node of this.nodes) {
      if (node === null) continue;
      const apply = (): void => node.apply(state, this.#placements.keys());
      // Whoever loses a slot is fenced before another has it.
      const loses = [...this.#placements].some(
        ([slot, now]) => this.#holders.get(slot) === node && !this.#has(node, now),
      );
      if (atOnce || loses) apply();
      else this.time.after(this.#random.next() * newsMsMax, apply);
    }
    for (const [slot, { copies }] of this.#placements)
      this.#holders.set(slot, copies.length === 0 ? null : (this.nodes[copies[0]!] ?? null));
    for (const gateway of this.gateways)
      if (gateway !== null) this.time.after(this.#random.next() * newsMsMax, () => gateway.apply(state));
  }

  #has(node: SimNode, { copies }: Placement): boolean {
    return copies.length > 0 && this.nodes[copies[0]!] === node;
  }

  #view(number: number): View {
    const indexOf = new Map<number, number>();
    const nodes = this.nodes.flatMap((node, index) => {
      if (node === null) return [];
      indexOf.set(index, indexOf.size);
      const state = this.#silent.has(node) && this.#isWithdrawn(index) ? 'silent' : 'active';
      return [{ ...testNode(node.id, urlOf(node.id), node.incarnation), state } as const];
    });
    const slots: SlotAssignment[] = [];
    for (const [slot, { epoch, dataEpoch, copies }] of this.#placements)
      slots[slot] = [epoch, dataEpoch, copies.flatMap((copy) => indexOf.get(copy) ?? []), []];
    return { number, nodes, slots };
  }

  #caches(): FleetState['registry']['caches'] {
    if (this.#space === null) return [];
    const { messagesMax, retentionMs, logBytesMax } = this.world;
    const settings = {
      ...cacheSettingsDefault,
      topic_messages_max: messagesMax,
      topic_retention_ms: retentionMs,
      topic_log_bytes_max: logBytesMax,
    };
    const space = this.#space;
    return [{ account, name: cacheName, namespace: space, topic_space: space, settings, created_at_ms: 0 }];
  }
}

const nodeId = (number: number): string => `n${number}`;
const urlOf = (id: string): string => `http://${id}.test`;
