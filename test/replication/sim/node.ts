/**
 * A simulated storage node: the replication as it is, on a store of maps, with an executor that does what the node's
 * does (`src/storage-node/executor.ts`), link by link and turn by turn.
 */
import type { View } from '../../../src/shared/fleet-state.ts';
import type { Proposal, ReplicationEnvironment } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf, type ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { Replication } from '../../../src/storage-node/replication/replication.ts';
import { type ReplicationTimes, replicationTimes } from '../../../src/storage-node/replication/times.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { KeyOperation, Outcome } from '../checker/history.ts';
import type { NotedLifetimes } from '../checker/lifetimes.ts';
import type { ControlModel, ViewReader } from './control.ts';
import { type Executed, executed } from './executor-model.ts';
import type { Link, Network } from './network.ts';
import { clockRateMax, clockRateMin, type Effect, type Expiry, type Mark, ModelStore, payloadOf } from './store.ts';

/** A few slots are written all the time with small values: what waits for quiet, or for much, would never come. */
const simulatedTimes: ReplicationTimes = { ...replicationTimes, tellCommittedMs: 50, untoldBytesMax: 150 };

export interface Request {
  readonly slot: number;
  readonly key: string;
  /** In place of a hash of the key. */
  readonly hash: number;
  readonly operation: KeyOperation;
  /** How long what is written lasts; null: it lasts. */
  readonly ttlMs: number | null;
  readonly idempotencyId: string | null;
  /** A read that any in-sync copy may answer. */
  readonly balanced: boolean;
  /** In-sync copies that a write needs. */
  readonly copiesMin: number;
}

export type Answer =
  | { readonly status: 'answered'; readonly outcome: Outcome }
  /** Nothing was done. */
  | { readonly status: 'moved' | 'not_ready' | 'not_enough_copies' }
  /** The fate of a write is not known here. */
  | { readonly status: 'unknown' };

interface HeldAnswer {
  readonly sequence: number;
  readonly answer: Answer;
  readonly isWrite: boolean;
  /** In-sync copies that it takes to say so; 1 for what only read. */
  readonly copiesMin: number;
  readonly respond: (answer: Answer) => void;
}

export interface NodeWorld {
  readonly network: Network;
  readonly choices: Choices;
  readonly control: ControlModel;
  /** How many slots there are. */
  readonly slots: number;
  readonly lifetimes: NotedLifetimes;
  /** Pause between two evictions of a node, at most; 0: it has memory for all. */
  readonly evictGapMs: number;
  readonly noRoomShare: number;
  readonly fullShare: number;
  /** The node that is this life, if it lives. */
  nodeOf(life: Life): SimulatedNode | undefined;
  onServed(node: SimulatedNode, slot: number): void;
  /** The node says that it has every entry of the slot up to here. */
  onHas(node: SimulatedNode, slot: number, last: number): void;
  /** The node answers that a write was done for which it demands so many copies. */
  onAcknowledged(node: SimulatedNode, slot: number, sequence: number, copiesMin: number): void;
  onEvicted(): void;
  onMessage(from: Life, to: Life, message: ReplicationMessage): void;
  onSend(messages: readonly ReplicationMessage[], link: Link): void;
  trace(text: () => string): void;
  /** How long the process stands still in the middle of a request; mostly 0. */
  stallMs(): number;
}

export interface NodeIdentity {
  readonly id: string;
  readonly incarnation: string;
  /** How fast its clock runs, and what it shows at the beginning. */
  readonly clockRate: number;
  readonly clockOffsetMs: number;
}

const heartbeatMs = 150;

export class SimulatedNode implements ViewReader {
  readonly host: string;
  readonly life: Life;
  readonly identity: NodeIdentity;
  readonly store: ModelStore;
  readonly replication: Replication;
  isAlive = true;
  isPaused = false;
  readonly #world: NodeWorld;
  readonly #inbox: (() => void)[] = [];
  readonly #links = new Map<Life, Link | null>();
  readonly #formerLinks = new Map<Life, Link>();
  readonly #outbox = new Map<Life, ReplicationMessage[]>();
  readonly #held = new Map<number, HeldAnswer[]>();
  readonly #settled: (() => void)[] = [];
  #view: View | null = null;
  #isStalled = false;
  #replaces: string | null = null;

  constructor(world: NodeWorld, identity: NodeIdentity) {
    this.#world = world;
    this.identity = identity;
    this.host = identity.id;
    this.life = lifeOf(identity);
    this.store = new ModelStore(world.choices, {
      nowMs: () => this.nowMs(),
      trueMs: () => world.network.timeline.nowMs,
      lifetimes: world.lifetimes,
      noRoomShare: world.noRoomShare,
      fullShare: world.fullShare,
    });
    const environment = this.#environment();
    const parts = { self: this.life, environment, store: this.store, times: simulatedTimes, slots: world.slots };
    this.replication = new Replication(parts);
    this.#beat(world.choices.next() * heartbeatMs);
    this.#tick(world.choices.next() * replicationTimes.tickMs);
    if (world.evictGapMs > 0) this.#evict();
    world.control.follow(this);
    this.#register();
    world.control.poll(this);
  }

  #environment(): ReplicationEnvironment {
    const world = this.#world;
    return {
      nowMs: () => this.nowMs(),
      send: (to, message) => {
        const messages = this.#outbox.get(to);
        if (messages === undefined) this.#outbox.set(to, [message]);
        else messages.push(message);
        if (message.kind === 'ack' || message.kind === 'report') world.onHas(this, message.slot, message.last);
        else if (message.kind === 'append') world.onHas(this, message.slot, message.committed);
      },
      propose: (proposal: Proposal) => world.control.propose(this, this.life, proposal),
      behind: () => world.control.poll(this),
      onCommitted: (slot, committed) => {
        // Judged at this moment, as the executor does it.
        const copies = this.#inSyncCopies(slot);
        this.#settled.push(() => this.#release(slot, committed, copies));
      },
      onLost: (slot) => this.#settled.push(() => this.#giveUp(slot)),
    };
  }

  nowMs(): number {
    return this.identity.clockOffsetMs + this.#world.network.timeline.nowMs * this.identity.clockRate;
  }

  /** One turn; while the process stands still it waits for its end. */
  enter(action: () => void): void {
    if (!this.isAlive) return;
    if (this.isPaused || this.#isStalled) {
      this.#inbox.push(action);
      return;
    }
    action();
    this.#endTurn();
  }

  #endTurn(): void {
    this.replication.flush();
    while (this.#settled.length > 0) this.#settled.shift()!();
    for (const [to, messages] of this.#outbox) {
      const link = this.#links.get(to);
      if (!link) continue;
      // Much for one peer leaves in several frames, of which a link that breaks may have brought some.
      const first = this.#world.choices.chance(0.1) ? this.#world.choices.below(messages.length + 1) : messages.length;
      for (const frame of [messages.slice(0, first), messages.slice(first)])
        if (frame.length > 0) link.send(() => this.#deliver(to, frame));
      this.#world.onSend(messages, link);
    }
    this.#outbox.clear();
  }

  #deliver(to: Life, messages: readonly ReplicationMessage[]): void {
    const node = this.#world.nodeOf(to);
    if (node === undefined) return;
    for (const message of messages) {
      this.#world.onMessage(this.life, to, message);
      this.#world.trace(() => `${this.life} → ${to} ${JSON.stringify(message)}`);
      node.replication.onMessage(this.life, message);
    }
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.#wake();
  }

  #wake(): void {
    // The loop begins with timers or with what has arrived, as it happens.
    if (!this.isAlive || this.isPaused || this.#isStalled) return;
    const timersFirst = this.#world.choices.chance(0.5);
    if (timersFirst) this.enter(() => this.#onTick());
    while (this.#inbox.length > 0 && !this.isPaused && !this.#isStalled && this.isAlive)
      this.enter(this.#inbox.shift()!);
  }

  crash(): void {
    this.isAlive = false;
    this.#world.control.unfollow(this);
    for (const link of this.#links.values()) link?.break();
    this.#links.clear();
    this.#inbox.length = 0;
  }

  #onTick(): void {
    this.replication.onTick();
    this.#judgeAgain();
  }

  #tick(firstMs: number): void {
    this.#world.network.timeline.after(firstMs, () => {
      if (!this.isAlive) return;
      // Timers that fall due while the process stands still are one.
      if (!this.isPaused && !this.#isStalled) this.enter(() => this.#onTick());
      this.#tick(replicationTimes.tickMs / this.identity.clockRate);
    });
  }

  /** Each node evicts by itself, whatever role it has. */
  #evict(): void {
    const { network, choices, evictGapMs, onEvicted } = this.#world;
    network.timeline.after(choices.next() * evictGapMs, () => {
      if (!this.isAlive) return;
      if (!this.isPaused && !this.#isStalled && this.store.evict(choices)) onEvicted();
      this.#evict();
    });
  }

  #beat(firstMs: number): void {
    this.#world.network.timeline.after(firstMs, () => {
      if (!this.isAlive) return;
      if (!this.isPaused && !this.#isStalled) this.enter(() => this.#sendHeartbeat());
      this.#beat(heartbeatMs / this.identity.clockRate);
    });
  }

  /** As `registerNode` does it: names the life in whose place this one comes, once it has been told. */
  #register(): void {
    const { id, incarnation } = this.identity;
    const registration = { id, incarnation, zone: id, url: 'http://127.0.0.1', weight: 1, replaces: this.#replaces };
    this.#world.control.register(this, registration, ({ incarnation: known, running }) => {
      const isNews = known !== this.#replaces;
      this.#replaces = known;
      // While that life may be running, the answers to heartbeats have it tried again.
      if (!running && isNews) this.#register();
    });
  }

  #sendHeartbeat(): void {
    const { control } = this.#world;
    const notServing = this.replication.notServing();
    const beat = {
      id: this.identity.id,
      incarnation: this.identity.incarnation,
      view: this.replication.viewNumber,
      not_serving: notServing.length,
      not_serving_slots: notServing,
      memory_bytes: 1,
      memory_bytes_used: 0,
      operations_per_second: 0,
      peers: this.replication.silences().map(({ life, silentMs }) => ({ life, silent_ms: silentMs })),
      copies_lagging: 0,
      log_bytes: 0,
      leaving: false,
    };
    control.heartbeat(this, beat, (viewNumber, isKnown) => {
      if (!isKnown) this.#register();
      if (viewNumber > beat.view) control.poll(this);
    });
  }

  onView(view: View): void {
    if (this.#view !== null && view.number <= this.#view.number) return;
    this.#view = view;
    this.#world.trace(() => `${this.life} has view ${view.number}`);
    this.replication.applyView(view);
    const wanted = new Set(view.nodes.map(lifeOf));
    wanted.delete(this.life);
    for (const life of this.#links.keys()) {
      if (wanted.has(life)) continue;
      const link = this.#links.get(life);
      this.#links.delete(life);
      link?.break();
    }
    for (const life of wanted) if (!this.#links.has(life)) this.#connect(life, 0);
  }

  /** Copies of a slot in sync by the newest view. */
  inSync(slot: number): Life[] {
    const { nodes, slots } = this.#view!;
    return slots[slot]![2].map((index) => lifeOf(nodes[index]!));
  }

  /** Dials until it succeeds, or the view does not name the other any more. */
  #connect(life: Life, pauseMs: number): void {
    this.#links.set(life, null);
    const { network, choices } = this.#world;
    network.timeline.after(pauseMs + 0.5 + choices.next(), () => {
      if (!this.isAlive || this.#links.get(life) !== null) return;
      const other = this.#world.nodeOf(life);
      const isReached =
        other !== undefined && !network.isCut(this.host, other.host) && !network.isCut(other.host, this.host);
      if (!isReached || other.isPaused || this.isPaused) return this.#connect(life, 20 + choices.next() * 200);
      const link = network.link(this, other, () => {
        if (this.#links.get(life) === link && this.isAlive) this.#connect(life, 20 + choices.next() * 100);
      });
      this.#links.set(life, link);
      this.#formerLinks.get(life)?.abandon();
      this.#formerLinks.set(life, link);
      this.enter(() => {
        this.#world.trace(() => `${this.life} is connected to ${life}`);
        this.replication.onConnected(life);
      });
    });
  }

  /** Takes a request, which came in a turn of its own. */
  onRequest(request: Request, respond: (answer: Answer) => void): void {
    const { network } = this.#world;
    const admission = request.balanced ? this.#admitBalanced(request) : this.replication.admission(request.slot);
    if (admission !== 'serve') return respond({ status: admission });
    if (!request.balanced) this.#world.onServed(this, request.slot);
    const stallMs = this.#world.stallMs();
    if (stallMs > 0) {
      // Between the look at the lease and what is done by it.
      this.#isStalled = true;
      network.timeline.after(stallMs, () => {
        this.#isStalled = false;
        if (!this.isAlive) return;
        const go = (): void => this.#execute(request, respond);
        if (this.isPaused) this.#inbox.unshift(go);
        else {
          this.enter(go);
          this.#wake();
        }
      });
      return;
    }
    this.#execute(request, respond);
  }

  #admitBalanced({ slot }: Request): 'serve' | 'moved' {
    return this.replication.mayReadCopy(slot) ? 'serve' : 'moved';
  }

  #execute(request: Request, respond: (answer: Answer) => void): void {
    const { slot, key, hash, operation, idempotencyId, balanced, copiesMin } = request;
    const { replication, store } = this;
    if (balanced) return respond(this.#balancedRead(slot, key));
    const isRead = operation.kind === 'get';
    if (!isRead && replication.inSyncCopies(slot) < copiesMin) return respond({ status: 'not_enough_copies' });
    const known = idempotencyId === null ? undefined : store.recall(slot, idempotencyId);
    if (known !== undefined) {
      if (!replication.leaseHolds(slot)) return respond({ status: 'not_ready' });
      return this.#respondWhenCommitted(
        request,
        known.sequence,
        { status: 'answered', outcome: known.mark.outcome },
        copiesMin,
        true,
        respond,
      );
    }
    const replicates = replication.hasFollowers(slot);
    const sequence = replication.nextSequence(slot);
    const item = store.find(slot, key);
    const result = executed(operation, item?.value ?? null, replicates);
    const outcome = this.#outcomeOf(slot, result, isRead ? item?.sequence : sequence);
    const mark: Mark | null = idempotencyId === null ? null : { id: idempotencyId, outcome };
    const answer: Answer = { status: 'answered', outcome };
    const value = result.leaves;
    if (value === undefined && (mark === null || !replicates)) {
      const pending = replication.pendingSequence(slot, hash);
      if (!replication.leaseHolds(slot)) return respond({ status: 'not_ready' });
      if (mark !== null) store.remember(slot, key, mark, sequence - 1);
      return this.#respondWhenCommitted(request, pending, answer, 1, false, respond);
    }
    if (replication.admission(slot) !== 'serve') return respond({ status: 'not_ready' });
    const expiry = typeof value === 'string' ? this.#expiryOf(key, value, request.ttlMs) : null;
    const effect: Effect = {
      key,
      ...(value !== undefined && { value }),
      ...(expiry !== null && { expiry }),
      ...(mark !== null && { mark }),
    };
    store.applyOwn(slot, sequence, effect);
    const appended = replicates ? replication.append(slot, hash, payloadOf(effect)) : replication.appendAlone(slot);
    if (appended !== sequence) throw new Error('an entry has another sequence than was said');
    this.#respondWhenCommitted(request, sequence, answer, copiesMin, true, respond);
  }

  #balancedRead(slot: number, key: string): Answer {
    const item = this.store.find(slot, key);
    return { status: 'answered', outcome: { kind: 'done', value: item?.value ?? null } };
  }

  /** `sequence`: of the item that was read or written, if there is one. */
  #outcomeOf(slot: number, { told, applied, leaves }: Executed, sequence: number | undefined): Outcome {
    const dataEpoch = this.replication.dataEpoch(slot);
    const hasItem = typeof leaves === 'string' || typeof told === 'string';
    return {
      kind: 'done',
      ...(told !== undefined && { value: told }),
      ...(applied !== undefined && { applied }),
      ...(hasItem && sequence !== undefined && { version: { dataEpoch, sequence } }),
      dataEpoch,
    };
  }

  /** Of what is written now; notes how soon some node may let it go. */
  #expiryOf(key: string, value: string, ttlMs: number | null): Expiry | null {
    if (ttlMs === null) return null;
    const { nowMs } = this.#world.network.timeline;
    this.#world.lifetimes.mayLast(key, value, nowMs + ttlMs / clockRateMin);
    this.#world.lifetimes.mayBeMissing(key, value, nowMs + ttlMs / clockRateMax);
    return { ttlMs, toldMs: nowMs, endMs: nowMs + ttlMs / clockRateMin };
  }

  #respondWhenCommitted(
    request: Request,
    sequence: number,
    answer: Answer,
    copiesMin: number,
    isWrite: boolean,
    respondOnly: (answer: Answer) => void,
  ): void {
    const { slot } = request;
    const respond = (told: Answer): void => {
      if (told.status === 'answered' && isWrite && request.copiesMin > 1)
        this.#world.onAcknowledged(this, slot, sequence, request.copiesMin);
      respondOnly(told);
    };
    if (sequence <= this.replication.committed(slot)) return respond(answer);
    const held = { sequence, answer, isWrite, copiesMin, respond };
    const others = this.#held.get(slot);
    if (others === undefined) this.#held.set(slot, [held]);
    else others.push(held);
  }

  /** In-sync copies by the newest view; null while there is a newer one. */
  #inSyncCopies(slot: number): number | null {
    return this.replication.isViewBehind(slot) ? null : this.replication.inSyncCopies(slot);
  }

  /** Answers what is committed; what demands copies waits until it is known how many there are. */
  #release(slot: number, committed: number, copies: number | null): void {
    const held = this.#held.get(slot);
    if (held === undefined) return;
    const isDue = (one: HeldAnswer): boolean => one.sequence <= committed && (one.copiesMin === 1 || copies !== null);
    this.#held.set(
      slot,
      held.filter((one) => !isDue(one)),
    );
    for (const one of held) {
      if (!isDue(one)) continue;
      one.respond(isTooFew(copies, one.copiesMin) ? { status: 'unknown' } : one.answer);
    }
  }

  #judgeAgain(): void {
    for (const slot of this.#held.keys())
      this.#release(slot, this.replication.committed(slot), this.#inSyncCopies(slot));
  }

  #giveUp(slot: number): void {
    const held = this.#held.get(slot) ?? [];
    this.#held.delete(slot);
    for (const { isWrite, respond } of held) respond({ status: isWrite ? 'unknown' : 'not_ready' });
  }
}

/** Whether what demands so many copies was committed with fewer. */
function isTooFew(copies: number | null, copiesMin: number): boolean {
  return copiesMin > 1 && copies! < copiesMin;
}
