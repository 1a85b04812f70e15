import { hopLimits } from '../../../src/shared/limits.ts';
import type { LinkConnection, LinkReceiver, LinkTransport } from '../../../src/topics-sse/link-transport.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { BytePipe, type PipeShape } from './byte-pipe.ts';
import { PipeOutput, type SimNode } from './sim-node.ts';
import type { ProcessTime, VirtualTime } from './virtual-time.ts';

/** What lies between gateways and nodes. */
export interface LinkNetwork {
  readonly time: VirtualTime;
  readonly shape: PipeShape;
  /** A seed for a connection: that of the same connection is the same, whatever else happens. */
  seedOf(from: string, to: string): number;
  /** The process that listens there now. */
  nodeAt(url: string): SimNode | undefined;
}

/** A simulated connection between a gateway and a node. Each end hears of its end in its own time, or never. */
class SimLink implements LinkConnection {
  readonly url: string;
  readonly #network: LinkNetwork;
  readonly #gateway: ProcessTime;
  readonly #random: Choices;
  readonly #up: BytePipe;
  readonly #down: BytePipe;
  readonly #onOver: () => void;
  #receiver: LinkReceiver | null;
  #node: ReturnType<SimNode['accept']> | null = null;
  #opened = false;
  #silent = false;
  #severed = false;
  #early: Uint8Array[] = [];

  constructor(
    network: LinkNetwork,
    gateway: ProcessTime,
    from: string,
    url: string,
    parts: [LinkReceiver, () => void],
  ) {
    this.url = url;
    this.#network = network;
    this.#gateway = gateway;
    [this.#receiver, this.#onOver] = parts;
    this.#random = new Choices(network.seedOf(from, url));
    const { time, shape } = network;
    this.#up = new BytePipe(time, this.#random, shape, (chunk) => this.#node?.push(chunk));
    this.#down = new BytePipe(time, this.#random, shape, (chunk) => {
      if (gateway.alive) this.#receiver?.onData(chunk);
    });
    time.after(this.#pause(), () => this.#open());
  }

  send(frame: Uint8Array): void {
    if (this.#opened) this.#up.send(frame);
    else this.#early.push(frame);
  }

  /** The gateway closes its end, or dies. */
  close(): void {
    this.#receiver = null;
    this.#onOver();
    this.#up.close();
    if (this.#silent) return;
    this.#down.close();
    this.#network.time.after(this.#pause(), () => this.#closeNode());
  }

  /** The connection breaks: what is under way is lost. */
  sever(): void {
    this.#severed = true;
    this.#up.close();
    this.#down.close();
    const { time } = this.#network;
    time.after(this.#pause(), () => this.#closeNode());
    time.after(this.#pause(), () => this.#closeGateway());
  }

  /** Nothing goes through any more, in either direction, and nobody is told. */
  blackHole(): void {
    this.stall(Infinity);
    this.#silent = true;
  }

  /** Nothing goes through until a time. */
  stall(untilMs: number): void {
    if (this.#silent) return;
    this.#up.stall(untilMs);
    this.#down.stall(untilMs);
  }

  heal(): void {
    this.#up.heal();
    this.#down.heal();
  }

  #open(): void {
    if (this.#receiver === null || this.#severed || !this.#gateway.alive) return;
    const node = this.#network.nodeAt(this.url);
    if (node === undefined) {
      const ms = this.#random.chance(0.8) ? this.#pause() : hopLimits.connectTimeoutMs;
      this.#network.time.after(ms, () => this.#closeGateway());
      return;
    }
    this.#node = node.accept(new PipeOutput(this.#down), () => this.#cutByNode());
    this.#opened = true;
    this.#receiver.onOpen();
    for (const frame of this.#early) this.#up.send(frame);
    this.#early = [];
  }

  /** The node ends the connection, or dies. */
  #cutByNode(): void {
    this.#closeNode();
    this.#up.close();
    this.#down.close();
    if (!this.#silent) this.#network.time.after(this.#pause(), () => this.#closeGateway());
  }

  #closeNode(): void {
    this.#node?.close();
    this.#node = null;
  }

  #closeGateway(): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    if (receiver === null || !this.#gateway.alive) return;
    this.#onOver();
    receiver.onClose();
  }

  #pause(): number {
    return this.#network.shape.latencyMs * 2 * this.#random.next();
  }
}

/** The links of one gateway. */
export class SimTransport implements LinkTransport {
  readonly #network: LinkNetwork;
  readonly #gateway: ProcessTime;
  readonly #name: string;
  readonly #open = new Set<SimLink>();

  constructor(network: LinkNetwork, gateway: ProcessTime, name: string) {
    this.#network = network;
    this.#gateway = gateway;
    this.#name = name;
  }

  get size(): number {
    return this.#open.size;
  }

  open(url: string, receiver: LinkReceiver): LinkConnection {
    const over = (): void => void this.#open.delete(link);
    const link: SimLink = new SimLink(this.#network, this.#gateway, this.#name, url, [receiver, over]);
    this.#open.add(link);
    return link;
  }

  /** The links to one node, or all. */
  *links(url: string | null): Generator<SimLink> {
    for (const link of [...this.#open]) if (url === null || link.url === url) yield link;
  }
}
