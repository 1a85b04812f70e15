/** A simulated gateway: routes by its view, and tries again only what was certainly not done, or bears it. */
import type { View } from '../../../src/shared/fleet-state.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import type { Outcome } from '../checker/history.ts';
import type { ControlModel, ViewReader } from './control.ts';
import type { Link, Network } from './network.ts';
import type { Answer, Request, SimulatedNode } from './node.ts';

export interface GatewayWorld {
  readonly network: Network;
  readonly choices: Choices;
  readonly control: ControlModel;
  /** The process that a node has now, if it has one. */
  liveNode(id: string): SimulatedNode | undefined;
}

/** A call of a client, from its beginning to its outcome. */
interface Call {
  readonly request: Request;
  readonly deadlineMs: number;
  readonly settle: (outcome: Outcome) => void;
  isSettled: boolean;
  /** An attempt was sent, and how it went is not known. */
  isInDoubt: boolean;
}

/** A connection to a node, both ways; what waits for an answer on it is told when it breaks. */
interface Connection {
  readonly node: SimulatedNode;
  readonly up: Link;
  readonly down: Link;
  readonly waiting: Set<() => void>;
  isOpen: boolean;
}

const retryMs = 20;

export class Gateway implements ViewReader {
  readonly host: string;
  readonly isAlive = true;
  readonly #world: GatewayWorld;
  /** By node: a process that starts again has the address of the former. */
  readonly #connections = new Map<string, Connection>();
  #view: View | null = null;

  constructor(world: GatewayWorld, host: string) {
    this.#world = world;
    this.host = host;
    world.control.follow(this);
    world.control.poll(this);
  }

  enter(action: () => void): void {
    action();
  }

  onView(view: View): void {
    if (this.#view === null || view.number > this.#view.number) this.#view = view;
  }

  /** The outcome comes at the deadline at the latest. */
  call(request: Request, timeoutMs: number, settle: (outcome: Outcome) => void): void {
    const { timeline } = this.#world.network;
    const call: Call = { request, deadlineMs: timeline.nowMs + timeoutMs, settle, isSettled: false, isInDoubt: false };
    timeline.at(call.deadlineMs, () => this.#settle(call, { kind: call.isInDoubt ? 'unknown' : 'not_done' }));
    this.#attempt(call);
  }

  #settle(call: Call, outcome: Outcome): void {
    if (call.isSettled) return;
    call.isSettled = true;
    call.settle(outcome);
  }

  #attempt(call: Call): void {
    if (call.isSettled) return;
    const target = this.#targetOf(call.request);
    const connection = target === null ? null : this.#connectionTo(target);
    if (target === null || connection === null) return this.#again(call, true);
    const wasInDoubt = call.isInDoubt;
    call.isInDoubt = true;
    let isAnswered = false;
    const onBroken = (): void => {
      if (isAnswered || call.isSettled) return;
      isAnswered = true;
      if (call.request.operation.kind === 'get' || call.request.idempotencyId !== null) return this.#again(call, true);
      this.#settle(call, { kind: 'unknown' });
    };
    connection.waiting.add(onBroken);
    const respond = (answer: Answer): void => {
      connection.down.send(() => {
        connection.waiting.delete(onBroken);
        if (isAnswered || call.isSettled) return;
        isAnswered = true;
        this.#onAnswer(call, answer, wasInDoubt);
      });
    };
    connection.up.send(() => connection.node.onRequest(call.request, respond));
  }

  #onAnswer(call: Call, answer: Answer, wasInDoubt: boolean): void {
    switch (answer.status) {
      case 'answered':
        return this.#settle(call, answer.outcome);
      case 'unknown':
        if (call.request.idempotencyId !== null) return this.#again(call, false);
        return this.#settle(call, { kind: 'unknown' });
      case 'not_enough_copies':
        call.isInDoubt = wasInDoubt;
        return this.#settle(call, { kind: wasInDoubt ? 'unknown' : 'not_done' });
      case 'moved':
      case 'not_ready':
        call.isInDoubt = wasInDoubt;
        return this.#again(call, answer.status === 'moved');
    }
  }

  #again(call: Call, needsView: boolean): void {
    if (needsView) this.#world.control.poll(this);
    const { network, choices } = this.#world;
    network.timeline.after(retryMs * (0.5 + choices.next()), () => this.#attempt(call));
  }

  #targetOf({ slot, balanced }: Request): string | null {
    const view = this.#view;
    if (view === null) return null;
    const copies = view.slots[slot]![2];
    if (copies.length === 0) return null;
    const index = balanced ? this.#world.choices.of(copies) : copies[0]!;
    return view.nodes[index]!.id;
  }

  #connectionTo(id: string): Connection | null {
    const known = this.#connections.get(id);
    if (known?.isOpen) return known;
    const { network } = this.#world;
    const node = this.#world.liveNode(id);
    if (node === undefined || network.isCut(this.host, node.host) || network.isCut(node.host, this.host)) return null;
    const onBroken = (): void => {
      if (!connection.isOpen) return;
      connection.isOpen = false;
      connection.up.break();
      connection.down.break();
      const waiting = [...connection.waiting];
      connection.waiting.clear();
      for (const tell of waiting) tell();
    };
    const connection: Connection = {
      node,
      up: network.link(this, node, onBroken),
      down: network.link(node, this, onBroken),
      waiting: new Set(),
      isOpen: true,
    };
    this.#connections.set(id, connection);
    return connection;
  }

  /** Those that led to a process that has ended are reset. */
  onEnded(id: string): void {
    this.#connections.get(id)?.up.break();
  }
}
