import type { Clock } from '../shared/clock.ts';
import type { FleetState, Registry, View } from '../shared/fleet-state.ts';
import type { FrameMemory } from '../shared/frame/frame-memory.ts';
import { ContentTypes } from './content-types.ts';
import type { StorageEngine } from './engine/storage-engine.ts';
import { FrameExecutor, type TracedOperation } from './executor.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import type { Proposal } from './replication/environment.ts';
import { type Life, lifeOf, type ReplicationMessage } from './replication/messages.ts';
import { Replication } from './replication/replication.ts';
import type { ReplicationTimes } from './replication/times.ts';
import { SlotLives } from './slot-lives.ts';
import { EngineSlotStore } from './slot-store.ts';
import { SlotTable } from './slot-table.ts';
import { TopicTable } from './topics/topic-table.ts';

export interface NodeCoreOptions<Engine extends StorageEngine> {
  readonly self: { readonly id: string; readonly incarnation: string };
  readonly engine: Engine;
  readonly idempotencyBytesMax: number;
  readonly topicBytesMax: number;
  readonly clock: Clock;
  /** Where replies are written. */
  readonly memory: FrameMemory;
  /** Sends on the ordered link to a life; lost when the link breaks. */
  readonly send: (to: Life, message: ReplicationMessage) => void;
  readonly propose: (proposal: Proposal) => void;
  /** Called when somebody knows a newer state of the fleet than this node. */
  readonly onBehind: () => void;
  readonly onTraced: (operation: TracedOperation) => void;
  /** Calls back at the end of the turn of the event loop. */
  readonly defer: (callback: () => void) => void;
  readonly times?: ReplicationTimes;
}

/** What a storage node holds and does, without listeners, links and timers. */
export class NodeCore<Engine extends StorageEngine = StorageEngine> {
  readonly engine: Engine;
  readonly idempotency: IdempotencyTable;
  readonly store: EngineSlotStore;
  readonly replication: Replication;
  readonly slots: SlotTable;
  readonly topics: TopicTable;
  readonly executor: FrameExecutor;
  readonly #clock: Clock;
  readonly #defer: (callback: () => void) => void;
  #flushing = false;

  constructor(options: NodeCoreOptions<Engine>) {
    const { self, engine, clock, memory, onBehind, onTraced, times } = options;
    this.engine = engine;
    this.#clock = clock;
    this.#defer = options.defer;
    this.idempotency = new IdempotencyTable(options.idempotencyBytesMax);
    const lives = new SlotLives();
    const contentTypes = new ContentTypes();
    this.store = new EngineSlotStore({
      engine,
      lives,
      idempotency: this.idempotency,
      topics: () => this.topics,
      contentTypes,
      clock,
      onAhead: onBehind,
    });
    this.replication = new Replication({
      self: lifeOf(self),
      environment: {
        nowMs: () => clock.monotonicMs(),
        send: options.send,
        propose: options.propose,
        behind: onBehind,
        onCommitted: (slot, committed) => this.executor.onCommitted(slot, committed),
        onLost: (slot) => this.executor.onLost(slot),
      },
      store: this.store,
      ...(times === undefined ? {} : { times }),
    });
    this.slots = new SlotTable(self, this.replication, lives);
    this.topics = new TopicTable({
      slots: {
        leads: (slot) => this.slots.leads(slot),
        admission: (slot) => this.replication.admission(slot),
        // A learner may be filled with data that begin with a view which is on its way.
        dataEpoch: (slot) => this.replication.dataEpoch(slot),
      },
      clock,
      bytesMax: options.topicBytesMax,
      onForget: (topic, pagesGiven) => this.executor.forgetTopic(topic, pagesGiven),
    });
    this.executor = new FrameExecutor({
      engine,
      slots: this.slots,
      replication: this.replication,
      idempotency: this.idempotency,
      topics: this.topics,
      contentTypes,
      clock,
      memory,
      onBehind,
      onAppended: () => this.#flushSoon(),
      onTraced,
    });
  }

  /** Takes a message of a peer. */
  onMessage(from: Life, message: ReplicationMessage): void {
    this.replication.onMessage(from, message);
    this.#flushSoon();
  }

  /** The link to a peer is new. */
  onConnected(life: Life): void {
    this.replication.onConnected(life);
    this.#flushSoon();
  }

  /** Goes on by one step with reading slots for their learners. */
  readForLearners(): void {
    for (const slot of this.store.readings.step()) this.replication.onReadable(slot);
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#defer(() => {
      this.#flushing = false;
      this.replication.flush();
    });
  }

  applyState({ registry, view }: FleetState): void {
    this.applyRegistry(registry);
    this.applyView(view);
  }

  applyRegistry(registry: Registry): void {
    this.store.applyRegistry(registry.caches);
    this.executor.applyRegistry(registry);
  }

  applyView(view: View): void {
    this.slots.apply(view);
    this.idempotency.apply((slot) => this.slots.leads(slot));
    this.topics.applyView();
  }

  /** To be called every `replicationTimes.tickMs`. */
  tick(): void {
    this.replication.onTick();
    this.topics.settle();
    this.executor.held.tick(this.#clock.monotonicMs(), (slot) => this.replication.committed(slot));
  }
}
