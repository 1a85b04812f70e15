/**
 * The network of a simulation: ordered links between processes, as TCP gives them. A link loses nothing but by
 * breaking, and then loses an end of what is under way. Where packets do not get through, what is under way waits,
 * until they do or the link breaks.
 */
import type { Choices } from '../../api/fuzz/random.ts';
import type { Timeline } from './timeline.ts';

export interface NetworkOptions {
  /** Most of the delays are up to this many ms. */
  readonly delayMs: number;
  /** Part of the messages that take up to `slowMs`. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** Part of the messages with which their link breaks. */
  readonly breakShare: number;
}

/** Someone who sends and receives. */
export interface Process {
  /** Machine that it runs on: what partitions divide. */
  readonly host: string;
  readonly isAlive: boolean;
  /** Has it take in what arrives; later, when it is paused. */
  enter(action: () => void): void;
}

export class Network {
  readonly timeline: Timeline;
  readonly choices: Choices;
  options: NetworkOptions;
  /** `from>to`, how many partitions cut it. */
  readonly #cuts = new Map<string, number>();
  /** Added to the delay of what goes to or from a host. */
  readonly slowHosts = new Map<string, number>();
  readonly #links = new Set<Link>();

  constructor(timeline: Timeline, choices: Choices, options: NetworkOptions) {
    this.timeline = timeline;
    this.choices = choices;
    this.options = options;
  }

  delayMs(from: string, to: string): number {
    const { choices, options } = this;
    const slow = (this.slowHosts.get(from) ?? 0) + (this.slowHosts.get(to) ?? 0);
    const base = options.slowShare > 0 && choices.chance(options.slowShare) ? options.slowMs : options.delayMs;
    return 0.2 + choices.next() * base + slow;
  }

  isCut(from: string, to: string): boolean {
    return this.#cuts.size > 0 && this.#cuts.has(`${from}>${to}`);
  }

  /** Cuts one direction; returns the way to heal. */
  cut(from: string, to: string): () => void {
    const name = `${from}>${to}`;
    this.#cuts.set(name, (this.#cuts.get(name) ?? 0) + 1);
    return () => {
      const left = this.#cuts.get(name)! - 1;
      if (left > 0) this.#cuts.set(name, left);
      else this.#cuts.delete(name);
      if (left === 0) for (const link of this.#links) link.onHealed();
    };
  }

  /**
   * One message without an order or an answer of its own, such as a call to the control plane. Where it is cut it is
   * lost, or comes once more a good while later.
   */
  datagram(from: Process, to: Process, action: () => void): void {
    const arrive = (again: boolean): void => {
      if (!this.isCut(from.host, to.host)) {
        if (to.isAlive) to.enter(action);
      } else if (again && this.choices.chance(0.3)) {
        this.timeline.after(100 + this.choices.next() * 3_000, () => arrive(false));
      }
    };
    this.timeline.after(this.delayMs(from.host, to.host), () => arrive(true));
  }

  link(from: Process, to: Process, onBroken: () => void): Link {
    const link = new Link(this, from, to, onBroken);
    this.#links.add(link);
    return link;
  }

  forget(link: Link): void {
    this.#links.delete(link);
  }

  /** Breaks some of the links, as a middlebox that restarts does. */
  breakSome(share: number): void {
    for (const link of [...this.#links]) if (this.choices.chance(share)) link.break();
  }
}

/** One direction of a connection. */
export class Link {
  readonly from: Process;
  readonly to: Process;
  readonly #network: Network;
  readonly #onBroken: () => void;
  #queue: { readonly action: () => void; atMs: number }[] = [];
  #lastMs = 0;
  #isWaiting = false;
  #isStalled = false;
  isBroken = false;

  constructor(network: Network, from: Process, to: Process, onBroken: () => void) {
    this.#network = network;
    this.from = from;
    this.to = to;
    this.#onBroken = onBroken;
  }

  send(action: () => void): void {
    if (this.isBroken) return;
    const network = this.#network;
    const { timeline, options, choices } = network;
    const atMs = Math.max(this.#lastMs, timeline.nowMs + network.delayMs(this.from.host, this.to.host));
    this.#lastMs = atMs;
    this.#queue.push({ action, atMs });
    if (options.breakShare > 0 && choices.chance(options.breakShare)) return this.break();
    this.#wait();
  }

  /** Ends the link; what is under way may still arrive, up to some message. */
  break(): void {
    if (this.isBroken) return;
    this.isBroken = true;
    const { choices } = this.#network;
    if (this.#isStalled || choices.chance(0.5)) this.#queue = [];
    else this.#queue.length = choices.below(this.#queue.length + 1);
    this.#network.forget(this);
    this.#wait();
    this.#onBroken();
  }

  /** What is left of a broken link is dropped: a newer one has been accepted in its place. */
  abandon(): void {
    this.#queue = [];
  }

  onHealed(): void {
    if (!this.#isStalled || this.#network.isCut(this.from.host, this.to.host)) return;
    this.#isStalled = false;
    const { timeline, choices } = this.#network;
    const atMs = timeline.nowMs + choices.next() * 20;
    for (const message of this.#queue) message.atMs = Math.max(message.atMs, atMs);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#wait();
  }

  #wait(): void {
    if (this.#isWaiting || this.#isStalled || this.#queue.length === 0) return;
    this.#isWaiting = true;
    this.#network.timeline.at(this.#queue[0]!.atMs, () => this.#arrive());
  }

  #arrive(): void {
    this.#isWaiting = false;
    if (this.#queue.length === 0) return;
    if (!this.to.isAlive) return this.break();
    const network = this.#network;
    if (network.isCut(this.from.host, this.to.host)) {
      if (this.isBroken) return;
      this.#isStalled = true;
      // Somebody gives up the link while nothing gets through: some do, some have patience.
      if (network.choices.chance(0.5)) {
        network.timeline.after(100 + network.choices.next() * 1_500, () => {
          if (this.#isStalled) this.break();
        });
      }
      return;
    }
    const { action } = this.#queue.shift()!;
    this.to.enter(action);
    this.#wait();
  }
}
