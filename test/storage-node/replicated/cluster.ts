import { ManualClock } from '../../../src/shared/clock.ts';
import type { CacheSettings, FleetNode, Registry, SlotAssignment } from '../../../src/shared/fleet-state.ts';
import type { Operation, OperationResult } from '../../../src/shared/operation.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import type { StorageEngine } from '../../../src/storage-node/engine/storage-engine.ts';
import { NodeCore } from '../../../src/storage-node/node-core.ts';
import type { Proposal } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf, type ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { replicationTimes } from '../../../src/storage-node/replication/times.ts';
import { sequenceOf } from '../../../src/storage-node/slot-lives.ts';
import { testNode, testRegistry, testView } from '../../support/fleet-state.ts';
import { readReplyFrame, requestFrame } from '../../support/storage.ts';

const mib = 1024 * 1024;
/** After so long, in ms, copies have been told what is committed, and nodes have noticed that they serve. */
export const toldMs = replicationTimes.tellCommittedMs + 3 * replicationTimes.tickMs;

/** What came of a frame; null while its reply is held back. */
export interface Sent {
  results: OperationResult[] | null;
}

/** An item as a node has it; the value as latin1 text. */
export interface Contents {
  readonly sequence: number;
  readonly expiresAtMs: number;
  readonly value: string;
}

/** One node of the cluster: everything but listeners and links. */
export class ClusterNode {
  readonly node: FleetNode;
  readonly life: Life;
  readonly core: NodeCore;
  readonly proposals: Proposal[] = [];
  alive = true;
  readonly #clock: ManualClock;
  readonly #deferred: (() => void)[] = [];

  constructor(
    id: string,
    incarnation: string,
    clock: ManualClock,
    engine: StorageEngine,
    send: (to: Life, message: ReplicationMessage) => void,
  ) {
    this.#clock = clock;
    this.node = testNode(id, undefined, incarnation);
    this.life = lifeOf(this.node);
    this.core = new NodeCore({
      self: this.node,
      engine,
      idempotencyBytesMax: mib,
      topicBytesMax: 16 * mib,
      clock,
      memory: { allocate: (size) => new Uint8Array(size).fill(0xa5) },
      send,
      propose: (proposal) => this.proposals.push(proposal),
      onBehind: () => {},
      onTraced: () => {},
      defer: (callback) => this.#deferred.push(callback),
    });
  }

  endTurn(): boolean {
    const callbacks = this.#deferred.splice(0);
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }

  send(operations: readonly Operation[], deadlineMs = 5_000): Sent {
    const sent: Sent = { results: null };
    const take = (reply: Uint8Array): void => {
      sent.results = readReplyFrame(reply, operations);
    };
    const frame = requestFrame(operations, { deadlineMs });
    const reply = this.core.executor.execute(frame, this.#clock.monotonicMs(), take);
    // The frame's memory is used again.
    frame.fill(0xcc);
    if (reply !== null) take(reply);
    return sent;
  }
}

/**
 * Storage nodes on one clock that stands still and with a network that the test moves: messages wait until `settle`,
 * or are lost. The test is the control plane, too.
 */
export class Cluster {
  readonly clock = new ManualClock({ monotonicMs: 10_000 });
  readonly nodes = new Map<string, ClusterNode>();
  registry: Registry;
  #viewNumber = 0;
  #messages: { from: Life; to: Life; message: ReplicationMessage }[] = [];
  /** Lives that nothing comes to. */
  readonly cut = new Set<Life>();
  readonly #newEngine: () => StorageEngine;

  constructor(ids: readonly string[], settings: Partial<CacheSettings> = {}, newEngine?: () => StorageEngine) {
    this.#newEngine = newEngine ?? (() => createSegcache({ memoryBytes: 16 * mib, hashSeed: 1 }));
    this.registry = testRegistry(1, { cache: 1 }, settings);
    for (const id of ids) this.start(id, `${id}-1`);
  }

  start(id: string, incarnation: string, engine: StorageEngine = this.#newEngine()): ClusterNode {
    const node: ClusterNode = new ClusterNode(id, incarnation, this.clock, engine, (to, message) =>
      this.#messages.push({ from: node.life, to, message }),
    );
    node.core.applyRegistry(this.registry);
    this.nodes.set(id, node);
    return node;
  }

  node(id: string): ClusterNode {
    return this.nodes.get(id)!;
  }

  /** Publishes a view in which all slots have these copies and learners, by ids; first is the primary. */
  view(copies: readonly string[], learners: readonly string[] = [], dataEpoch = 1): void {
    const number = ++this.#viewNumber;
    const nodes = [...this.nodes.values()].map(({ node }) => node);
    const places = (ids: readonly string[]) => ids.map((id) => nodes.findIndex((node) => node.id === id));
    const assignment: SlotAssignment = [number, dataEpoch, places(copies), places(learners)];
    const view = testView(number, nodes, () => assignment);
    for (const node of this.nodes.values()) if (node.alive) node.core.applyView(view);
  }

  /** The process ends; what is under way from it arrives still. */
  kill(id: string): void {
    const node = this.node(id);
    node.alive = false;
  }

  /** Delivers messages, and what they cause, until there are none. */
  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const node of this.nodes.values()) if (node.alive) busy = node.endTurn() || busy;
      const messages = this.#messages;
      this.#messages = [];
      for (const { from, to, message } of messages) {
        busy = true;
        const target = [...this.nodes.values()].find(({ life }) => life === to);
        // As the wire does it: nobody shares memory with the sender.
        if (target?.alive && !this.cut.has(to)) target.core.onMessage(from, structuredClone(message));
      }
    }
  }

  /** Lets time pass, with everything that nodes do by themselves. */
  advance(ms: number): void {
    for (let left = ms; left > 0; left -= replicationTimes.tickMs) {
      this.clock.advance(Math.min(left, replicationTimes.tickMs));
      for (const { alive, core } of this.nodes.values()) {
        if (!alive) continue;
        core.tick();
        for (let step = 0; step < 20; step++) core.readForLearners();
        core.store.sweeper.step(this.clock.monotonicMs());
        core.engine.maintain(this.clock.monotonicMs());
      }
      this.settle();
    }
  }

  /** Lets a long time pass at once, as if all nodes had been paused, and lets them find together again. */
  rest(ms: number): void {
    this.clock.advance(ms);
    this.advance(replicationTimes.beaconMs + 2 * replicationTimes.tickMs);
  }

  /** Begins to serve: all slots with these copies. */
  serve(...copies: string[]): this {
    this.view(copies);
    this.settle();
    this.advance(replicationTimes.beaconMs);
    return this;
  }

  /** Fills a learner and takes it in. */
  join(copies: readonly string[], learner: string, between: () => void = () => {}): void {
    this.view(copies, [learner]);
    const primary = this.node(copies[0]!);
    const slots = new Set<number>();
    for (let rounds = 0; slots.size < 4_096; rounds++) {
      if (rounds > 400) throw new Error(`only ${slots.size} slots have been filled`);
      this.advance(replicationTimes.tickMs);
      between();
      for (const { kind, slot } of primary.proposals) if (kind === 'join') slots.add(slot);
    }
    this.view([...copies, learner]);
    this.settle();
    this.advance(replicationTimes.beaconMs);
  }

  run(id: string, operation: Operation): OperationResult {
    const sent = this.node(id).send([operation]);
    this.settle();
    if (sent.results === null) throw new Error('no answer');
    return sent.results[0]!;
  }

  /** Everything that a node has of its slots, by key. */
  contents(id: string): Map<string, Contents> {
    const { core } = this.node(id);
    const found = new Map<string, Contents>();
    core.engine.forEach(this.clock.monotonicMs(), (item) => {
      const slot = core.store.slots.slotOf({ ...item, keyBytes: item.key, keyStart: 0, keyLength: item.key.length });
      if (!core.slots.isCurrent(slot, item.sequence)) return;
      const value = Buffer.from(item.value()).toString('latin1');
      const { expiresAtMs } = item;
      found.set(Buffer.from(item.key).toString('latin1'), { sequence: sequenceOf(item.sequence), expiresAtMs, value });
    });
    return found;
  }
}
