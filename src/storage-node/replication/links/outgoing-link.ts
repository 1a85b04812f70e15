import type { Socket } from 'node:net';
import type { Clock } from '../../../shared/clock.ts';
import type { FrameMemory } from '../../../shared/frame/frame-memory.ts';
import { FrameError } from '../../../shared/frame/layout.ts';
import type { Log } from '../../../shared/process.ts';
import type { Life, ReplicationMessage } from '../messages.ts';
import { readCount } from '../wire/frame-reader.ts';
import { messageBytes, ReplicationFrameWriter } from '../wire/frame-writer.ts';
import { receiptBytes, replicationHeaderBytes } from '../wire/layout.ts';
import type { LinkCounters } from './counters.ts';
import { type Dialled, dialPeer } from './handshake.ts';
import type { LinkLimits } from './limits.ts';

type Connection = Exclude<Dialled, { readonly refused: string }>;

/** What all outgoing links of a node share. */
export interface OutgoingParts {
  readonly self: Life;
  readonly authorization: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Where frames are made. */
  readonly memory: FrameMemory;
  readonly limits: LinkLimits;
  readonly counters: LinkCounters;
  /** Counts the dials of this node, from 1. */
  readonly nextDial: () => number;
  readonly onConnected: (life: Life) => void;
  readonly onDisconnected: (life: Life) => void;
}

/**
 * The link to one life of a peer, on which this node only sends: dialled again for as long as it is wanted. What is
 * sent while there is no connection is dropped; the host hears of each new connection and sends anew what matters.
 *
 * Receipts come back: the peer's count of bytes. They decide nothing but that a dead connection is noticed in time.
 */
export class OutgoingLink {
  readonly life: Life;
  readonly url: string;
  readonly #parts: OutgoingParts;
  readonly #gathered: ReplicationFrameWriter;
  #socket: Socket | null = null;
  #callOff: (() => void) | null = null;
  #redial: NodeJS.Timeout | null = null;
  #delayMs: number;
  #closed = false;
  /** Of the current connection. */
  #openedMs = 0;
  #frames = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** When the last receipt told of progress, or bytes were sent with none on the way. */
  #progressMs = 0;
  /** The receipt that has begun. */
  readonly #receipt = new Uint8Array(receiptBytes);
  #receiptFilled = 0;
  #unwantedSinceMs: number | null = null;

  constructor(life: Life, url: string, parts: OutgoingParts) {
    this.life = life;
    this.url = url;
    this.#parts = parts;
    this.#gathered = new ReplicationFrameWriter(parts.memory);
    this.#delayMs = parts.limits.redialMsMin;
    this.#dial();
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** Bytes written that the system has not taken yet. */
  get unreadBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** When the last view that wanted the link was replaced; null while it is wanted. */
  get unwantedSinceMs(): number | null {
    return this.#unwantedSinceMs;
  }

  /** A view wants the link: from here on it is dialled again whenever it breaks. */
  want(): void {
    if (this.#unwantedSinceMs === null) return;
    this.#unwantedSinceMs = null;
    if (this.#socket === null && this.#callOff === null && this.#redial === null) this.#dial();
  }

  /** No view wants the link any more: it lives on, but is not dialled again. */
  unwant(): void {
    this.#unwantedSinceMs ??= this.#parts.clock.monotonicMs();
  }

  /** Gathers a message for the next frame; false when there is no connection and it is dropped. */
  send(message: ReplicationMessage): boolean {
    const { limits, counters, log } = this.#parts;
    const bytes = messageBytes(message, this.#gathered.form);
    if (replicationHeaderBytes + bytes > limits.frameBytesMax) {
      // The peer would refuse it each time.
      log.error({ peer: this.life, kind: message.kind, bytes }, 'replication message too large');
      counters.messagesDropped++;
      return false;
    }
    if (this.#gathered.bytes + bytes > limits.frameBytes) this.flush();
    if (this.#socket === null) {
      counters.messagesDropped++;
      return false;
    }
    this.#gathered.add(message, bytes);
    return true;
  }

  /** Writes what was gathered as one frame. */
  flush(): void {
    const { messages, bytes } = this.#gathered;
    if (messages === 0) return;
    const { counters, clock, memory, limits } = this.#parts;
    const socket = this.#socket;
    if (socket === null) return this.#dropGathered();
    if (socket.writableLength > limits.unreadBytesMax) return this.cutUnread();
    if (this.#sentBytes === this.#receivedBytes) this.#progressMs = clock.monotonicMs();
    const frame = this.#gathered.take(++this.#frames);
    this.#sentBytes += bytes;
    counters.framesSent++;
    counters.messagesSent += messages;
    counters.bytesSent += bytes;
    socket.write(frame, (error) => {
      // After an error the system may still be reading it.
      if (!error) memory.release?.(frame);
    });
  }

  /** Cuts the connection because too much is unread. */
  cutUnread(): void {
    if (this.#socket === null) return;
    this.#parts.counters.cutUnread++;
    this.#cut('peer does not read');
  }

  /** Cuts the connection when bytes are on the way and nothing of them has arrived for too long. */
  checkQuiet(nowMs: number): void {
    if (this.#socket === null || this.#sentBytes === this.#receivedBytes) return;
    if (nowMs - this.#progressMs <= this.#parts.limits.quietMs) return;
    this.#parts.counters.cutQuiet++;
    this.#cut('nothing arrives');
  }

  /** Counts quiet anew from now: this process was not there to hear. */
  forgiveQuiet(nowMs: number): void {
    this.#progressMs = nowMs;
  }

  /** Ends the link for good; nothing is heard of it from here on. */
  close(): void {
    this.#closed = true;
    this.#callOff?.();
    if (this.#redial !== null) clearTimeout(this.#redial);
    this.#socket?.destroy();
    this.#socket = null;
    this.#dropGathered();
  }

  #dial(): void {
    const { self, authorization, limits, nextDial } = this.#parts;
    const number = nextDial();
    const { life: to, url } = this;
    const dial = { url, authorization, from: self, to, number, timeoutMs: limits.dialTimeoutMs };
    this.#callOff = dialPeer(dial, (dialled) => {
      this.#callOff = null;
      if ('socket' in dialled) return this.#open(dialled);
      this.#onRefused(dialled.refused);
    });
  }

  #onRefused(reason: string): void {
    const { counters, log, limits } = this.#parts;
    counters.dialsFailed++;
    // A peer that stays away is told of once.
    const level = this.#delayMs === limits.redialMsMin ? 'warn' : 'debug';
    log[level]({ peer: this.life, reason }, 'replication link refused');
    this.#dialLater();
  }

  #dialLater(): void {
    if (this.#closed || this.#unwantedSinceMs !== null) return;
    this.#redial = setTimeout(() => {
      this.#redial = null;
      this.#dial();
    }, this.#delayMs).unref();
    this.#delayMs = Math.min(this.#delayMs * 2, this.#parts.limits.redialMsMax);
  }

  #open({ socket, head, form }: Connection): void {
    const { clock, counters, onConnected } = this.#parts;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, this.#parts.limits.keepAliveMs);
    this.#socket = socket;
    this.#openedMs = clock.monotonicMs();
    this.#frames = 0;
    this.#sentBytes = 0;
    this.#receivedBytes = 0;
    this.#receiptFilled = 0;
    this.#gathered.form = form;
    socket.on('data', (chunk: Buffer) => this.#take(socket, chunk));
    socket.on('close', () => this.#onClose(socket));
    counters.connects++;
    if (head.length > 0) this.#take(socket, head);
    onConnected(this.life);
  }

  #take(socket: Socket, chunk: Buffer): void {
    if (this.#socket !== socket) return;
    try {
      for (const byte of chunk) {
        this.#receipt[this.#receiptFilled++] = byte;
        if (this.#receiptFilled === receiptBytes) this.#onReceipt();
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#parts.counters.framesRefused++;
      this.#cut(error.message);
    }
  }

  #onReceipt(): void {
    this.#receiptFilled = 0;
    const receivedBytes = readCount(this.#receipt, 0);
    if (receivedBytes < this.#receivedBytes || receivedBytes > this.#sentBytes) throw new FrameError('no receipt');
    if (receivedBytes === this.#receivedBytes) return;
    this.#receivedBytes = receivedBytes;
    this.#progressMs = this.#parts.clock.monotonicMs();
  }

  /** Never calls the host: `#onClose` does, in a turn of its own. */
  #cut(reason: string): void {
    this.#parts.log.warn({ peer: this.life, reason }, 'replication link cut');
    this.#socket?.destroy();
    this.#socket = null;
  }

  #onClose(socket: Socket): void {
    const { clock, counters, limits, onDisconnected } = this.#parts;
    if (this.#socket === socket) this.#socket = null;
    this.#dropGathered();
    counters.disconnects++;
    if (this.#closed) return;
    if (clock.monotonicMs() - this.#openedMs >= limits.redialMsMax) this.#delayMs = limits.redialMsMin;
    this.#dialLater();
    onDisconnected(this.life);
  }

  #dropGathered(): void {
    this.#parts.counters.messagesDropped += this.#gathered.messages;
    this.#gathered.clear();
  }
}
