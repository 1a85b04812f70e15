/**
 * A simulated storage node: the replication as it is, on a store of maps, with an executor that does what the node's
 * does (`src/storage-node/executor.ts`), link by link and turn by turn.
 */
import type { NodeRegistration } from '../../../src/shared/control-link/protocol.ts';
import type { View } from '../../../src/shared/fleet-state.ts';
import type { Proposal, ReplicationEnvironment } from '../../../src/storage-node/replication/environment.ts';
import { type Life, lifeOf, type ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { Replication } from '../../../src/storage-node/replication/replication.ts';
import { replicationTimes } from '../../../src/storage-node/replication/times.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { KeyOperation, Outcome } from '../checker/history.ts';
import type { ControlModel, ViewReader } from './control.ts';
import type { Link, Network } from './network.ts';
import { type Effect, type Mark, ModelStore, payloadOf } from './store.ts';

export interface Request {
  readonly slot: number;
  readonly key: string;
  /** In place of a hash of the key. */
  readonly hash: number;
  readonly operation: KeyOperation;
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
  readonly respond: (answer: Answer) => void;
}

export interface NodeWorld {
  readonly network: Network;
  readonly choices: Choices;
  readonly control: ControlModel;
  /** How many slots there are. */
  readonly slots: number;
  /** The node that is this life, if it lives. */
  nodeOf(life: Life): SimulatedNode | undefined;
  onServed(node: SimulatedNode, slot: number): void;
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

  constructor(world: NodeWorld, identity: NodeIdentity) {
    this.#world = world;
    this.identity = identity;
    this.host = identity.id;
    this.life = lifeOf(identity);
    this.store = new ModelStore(world.choices);
    const environment = this.#environment();
    this.replication = new Replication({ self: this.life, environment, store: this.store, slots: world.slots });
    this.#beat(world.choices.next() * heartbeatMs);
    this.#tick(world.choices.next() * replicationTimes.tickMs);
    world.control.follow(this);
    world.control.register(this, this.#registration());
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
      },
      propose: (proposal: Proposal) => world.control.propose(this, this.life, proposal),
      behind: () => world.control.poll(this),
      onCommitted: (slot, committed) => this.#settled.push(() => this.#release(slot, committed)),
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
      link?.send(() => this.#deliver(to, messages));
      if (link) this.#world.onSend(messages, link);
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
    if (timersFirst) this.enter(() => this.replication.onTick());
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

  #tick(firstMs: number): void {
    this.#world.network.timeline.after(firstMs, () => {
      if (!this.isAlive) return;
      // Timers that fall due while the process stands still are one.
      if (!this.isPaused && !this.#isStalled) this.enter(() => this.replication.onTick());
      this.#tick(replicationTimes.tickMs / this.identity.clockRate);
    });
  }

  #beat(firstMs: number): void {
    this.#world.network.timeline.after(firstMs, () => {
      if (!this.isAlive) return;
      if (!this.isPaused && !this.#isStalled) this.enter(() => this.#sendHeartbeat());
      this.#beat(heartbeatMs / this.identity.clockRate);
    });
  }

  #registration(): NodeRegistration {
    const { id, incarnation } = this.identity;
    return { id, incarnation, zone: id, url: 'http://127.0.0.1', weight: 1 };
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
      if (!isKnown) control.register(this, this.#registration());
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
    const known = idempotencyId === null ? undefined : store.of(slot).marks.get(idempotencyId);
    if (known !== undefined) {
      if (!replication.leaseHolds(slot)) return respond({ status: 'not_ready' });
      return this.#respondWhenCommitted(
        slot,
        known.sequence,
        { status: 'answered', outcome: known.mark.outcome },
        true,
        respond,
      );
    }
    const sequence = replication.nextSequence(slot);
    const { outcome, value } = this.#result(slot, key, operation, sequence);
    const mark: Mark | null = idempotencyId === null ? null : { id: idempotencyId, outcome };
    const answer: Answer = { status: 'answered', outcome };
    if (value === undefined && mark === null) {
      const pending = replication.pendingSequence(slot, hash);
      if (!replication.leaseHolds(slot)) return respond({ status: 'not_ready' });
      return this.#respondWhenCommitted(slot, pending, answer, false, respond);
    }
    if (replication.admission(slot) !== 'serve') return respond({ status: 'not_ready' });
    const effect: Effect = { key, ...(value !== undefined && { value }), ...(mark !== null && { mark }) };
    const payload = payloadOf(effect);
    store.apply(slot, { sequence, hash, payload });
    const appended = replication.hasFollowers(slot)
      ? replication.append(slot, hash, payload)
      : replication.appendAlone(slot);
    if (appended !== sequence) throw new Error('an entry has another sequence than was said');
    this.#respondWhenCommitted(slot, sequence, answer, true, respond);
  }

  #balancedRead(slot: number, key: string): Answer {
    const item = this.store.of(slot).items.get(key);
    return { status: 'answered', outcome: { kind: 'done', value: item?.value ?? null } };
  }

  /** What the operation answers, and what the key holds after it; undefined: as before. */
  #result(
    slot: number,
    key: string,
    operation: KeyOperation,
    sequence: number,
  ): { outcome: Outcome; value?: string | null } {
    const item = this.store.of(slot).items.get(key);
    const held = item?.value ?? null;
    const version = { dataEpoch: this.replication.dataEpoch(slot), sequence };
    switch (operation.kind) {
      case 'get': {
        const seen = item === undefined ? {} : { version: { ...version, sequence: item.sequence } };
        return { outcome: { kind: 'done', value: held, ...seen } };
      }
      case 'put':
        return { outcome: { kind: 'done', version }, value: operation.value };
      case 'delete':
        return { outcome: { kind: 'done', applied: held !== null }, ...(held !== null && { value: null }) };
      case 'increment': {
        const value = String(Number(held ?? 0) + operation.amount);
        return { outcome: { kind: 'done', value, version }, value };
      }
      case 'put_if_absent':
      case 'compare_and_put': {
        const holds = held === (operation.kind === 'put_if_absent' ? null : operation.expected);
        if (!holds) return { outcome: { kind: 'done', applied: false } };
        return { outcome: { kind: 'done', applied: true, version }, value: operation.value };
      }
    }
  }

  #respondWhenCommitted(
    slot: number,
    sequence: number,
    answer: Answer,
    isWrite: boolean,
    respond: (answer: Answer) => void,
  ): void {
    if (sequence <= this.replication.committed(slot)) return respond(answer);
    const held = { sequence, answer, isWrite, respond };
    const others = this.#held.get(slot);
    if (others === undefined) this.#held.set(slot, [held]);
    else others.push(held);
  }

  #release(slot: number, committed: number): void {
    const held = this.#held.get(slot);
    if (held === undefined) return;
    const waiting = held.filter((one) => one.sequence > committed);
    this.#held.set(slot, waiting);
    for (const one of held) if (one.sequence <= committed) one.respond(one.answer);
  }

  #giveUp(slot: number): void {
    const held = this.#held.get(slot) ?? [];
    this.#held.delete(slot);
    for (const { isWrite, respond } of held) respond({ status: isWrite ? 'unknown' : 'not_ready' });
  }
}
