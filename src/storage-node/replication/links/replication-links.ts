import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock.ts';
import type { FrameMemory } from '../../../shared/frame/frame-memory.ts';
import type { Log } from '../../../shared/process.ts';
import type { TurnEnd } from '../../../shared/turn-end.ts';
import type { Life, ReplicationMessage } from '../messages.ts';
import { type LinkCounters, newLinkCounters } from './counters.ts';
import { IncomingLinks } from './incoming-links.ts';
import { type LinkLimits, linkLimits } from './limits.ts';
import { OutgoingLink, type OutgoingParts } from './outgoing-link.ts';

export interface ReplicationLinksParts {
  readonly self: Life;
  readonly fleetSecret: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where frames are made, and put together when they come in pieces. */
  readonly memory: FrameMemory;
  /** A message of a peer, in the order of its sending. It is the receiver's for good, payloads too. */
  readonly onMessage: (life: Life, message: ReplicationMessage) => void;
  /** This node has a connection to the peer, the first or a new one: whatever was sent before may be lost. */
  readonly onConnected: (life: Life) => void;
  /** The connection to the peer ended. */
  readonly onDisconnected: (life: Life) => void;
  /** At whose end what was gathered leaves. */
  readonly turn: TurnEnd;
  readonly limits?: LinkLimits;
}

/** A life that this node shares slots with, and the base URL of its internal listener. */
export interface Peer {
  readonly life: Life;
  readonly url: string;
}

/**
 * The links of a storage node to its peers. Each node dials every peer and sends only on the connections that it has
 * dialled: two connections for a pair of nodes, each of them ordered, and none that two could open at once.
 *
 * Nothing is sent twice and nothing is kept for later here; a message is lost when there is no connection, or when it
 * breaks. The host is never called back within `want`, `send` or `flush`.
 */
export class ReplicationLinks {
  readonly counters: LinkCounters = newLinkCounters();
  readonly #self: Life;
  readonly #clock: Clock;
  readonly #limits: LinkLimits;
  readonly #incoming: IncomingLinks;
  readonly #outgoingParts: OutgoingParts;
  readonly #outgoing = new Map<Life, OutgoingLink>();
  /** Links with gathered messages. */
  readonly #gathering = new Set<OutgoingLink>();
  readonly #looks: NodeJS.Timeout;
  readonly #turn: TurnEnd;
  #flushing = false;
  readonly #flush = (): void => {
    if (this.#flushing) this.flush();
  };
  #lookedMs: number;
  #dials = 0;
  #closed = false;

  constructor(parts: ReplicationLinksParts) {
    const { self, clock, log, memory, limits = linkLimits, onMessage, onConnected, onDisconnected } = parts;
    const { counters } = this;
    this.#self = self;
    this.#clock = clock;
    this.#turn = parts.turn;
    this.#limits = limits;
    this.#incoming = new IncomingLinks({ self, log, memory, limits, counters, onMessage });
    this.#outgoingParts = {
      self,
      authorization: `Bearer ${parts.fleetSecret}`,
      clock,
      log,
      memory,
      limits,
      counters,
      nextDial: () => ++this.#dials,
      onConnected,
      onDisconnected,
    };
    this.#lookedMs = clock.monotonicMs();
    this.#looks = setInterval(() => this.#look(), limits.receiptMs).unref();
  }

  /** Says which peers this node shares slots with; call it after each view. Links to others end after a while. */
  want(peers: readonly Peer[]): void {
    if (this.#closed) return;
    const wanted = new Map(peers.map(({ life, url }) => [life, url]));
    wanted.delete(this.#self);
    for (const [life, link] of this.#outgoing) {
      const url = wanted.get(life);
      if (url === link.url) link.want();
      else if (url === undefined && link.isOpen) link.unwant();
      else this.#end(link);
    }
    for (const [life, url] of wanted)
      if (!this.#outgoing.has(life)) this.#outgoing.set(life, new OutgoingLink(life, url, this.#outgoingParts));
  }

  /** Whether what is sent to this life would leave. */
  isConnected(life: Life): boolean {
    return this.#outgoing.get(life)?.isOpen ?? false;
  }

  /** Bytes that peers have not read, of all links. */
  get unreadBytes(): number {
    let bytes = 0;
    for (const link of this.#outgoing.values()) bytes += link.unreadBytes;
    return bytes;
  }

  /** Links that are open: those that this node has dialled, and those that peers have. */
  get open(): { outgoing: number; incoming: number } {
    let outgoing = 0;
    for (const link of this.#outgoing.values()) if (link.isOpen) outgoing++;
    return { outgoing, incoming: this.#incoming.size };
  }

  /** Gathers a message for a life; it leaves with the turn's others at `flush`, or at the end of the turn. */
  send(life: Life, message: ReplicationMessage): void {
    const link = this.#outgoing.get(life);
    if (link === undefined) {
      this.counters.messagesDropped++;
      return;
    }
    if (!link.send(message)) return;
    this.#gathering.add(link);
    if (this.#flushing) return;
    this.#flushing = true;
    this.#turn.depart(this.#flush);
  }

  /** Writes all that was gathered: one frame for each peer. */
  flush(): void {
    this.#flushing = false;
    for (const link of this.#gathering) link.flush();
    this.#gathering.clear();
    if (this.unreadBytes > this.#limits.unreadBytesMaxAll) this.#cutLargest();
  }

  /** Takes over a connection that asks for the protocol and has shown the fleet's secret. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#closed) socket.destroy();
    else this.#incoming.accept(request, socket, head);
  }

  /** Ends all links at once; nothing is heard of them from here on. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#looks);
    this.#flushing = false;
    for (const link of [...this.#outgoing.values()]) this.#end(link);
    this.#incoming.close();
  }

  #look(): void {
    const nowMs = this.#clock.monotonicMs();
    // When this process itself stood still, receipts may lie unread in its own sockets.
    const late = nowMs - this.#lookedMs > this.#limits.quietMs / 2;
    this.#lookedMs = nowMs;
    this.#incoming.sendReceipts();
    for (const link of this.#outgoing.values()) {
      if (late) link.forgiveQuiet(nowMs);
      link.checkQuiet(nowMs);
      const { unwantedSinceMs } = link;
      if (unwantedSinceMs !== null && (!link.isOpen || nowMs - unwantedSinceMs > this.#limits.lingerMs))
        this.#end(link);
    }
  }

  #cutLargest(): void {
    let largest: OutgoingLink | null = null;
    for (const link of this.#outgoing.values())
      if (largest === null || link.unreadBytes > largest.unreadBytes) largest = link;
    largest?.cutUnread();
  }

  #end(link: OutgoingLink): void {
    link.close();
    this.#gathering.delete(link);
    this.#outgoing.delete(link.life);
  }
}
