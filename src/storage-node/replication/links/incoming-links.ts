import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FrameMemory } from '../../../shared/frame/frame-memory.ts';
import { FrameSplitter } from '../../../shared/frame/frame-splitter.ts';
import { FrameError, writeU64 } from '../../../shared/frame/layout.ts';
import type { Log } from '../../../shared/process.ts';
import { freeChunk } from '../../free-memory.ts';
import type { Life, ReplicationMessage } from '../messages.ts';
import { readReplicationFrame } from '../wire/frame-reader.ts';
import { newestForm, receiptBytes, replicationMagic } from '../wire/layout.ts';
import type { LinkCounters } from './counters.ts';
import { formHeader, readHandshake, replicationProtocol } from './handshake.ts';
import type { LinkLimits } from './limits.ts';

export interface IncomingParts {
  readonly self: Life;
  readonly log: Log;
  /** Where frames that come in pieces are put together. */
  readonly memory: FrameMemory;
  readonly limits: LinkLimits;
  readonly counters: LinkCounters;
  readonly onMessage: (life: Life, message: ReplicationMessage) => void;
}

/** A connection that a peer has dialled. */
interface Incoming {
  readonly life: Life;
  readonly dial: number;
  /** The form of its messages. */
  readonly form: number;
  readonly socket: Duplex;
  frames: number;
  receivedBytes: number;
  receiptedBytes: number;
}

/**
 * Connections on which peers send: one of each life, the one that it dialled last. Their messages are handed on in
 * order; a frame of which a part is wrong hands on nothing, and ends its connection.
 */
export class IncomingLinks {
  readonly #parts: IncomingParts;
  readonly #byLife = new Map<Life, Incoming>();

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#byLife.size;
  }

  /** Takes over a connection that asks for the protocol and has shown the fleet's secret. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const handshake = readHandshake(request);
    if (handshake === null) return this.#refuse(socket, '400 Bad Request');
    const { from: life, to, dial, form } = handshake;
    const former = this.#byLife.get(life);
    // Another life of this node does not hold what the peer believes (P1); an older dial was given up by the peer.
    if (to !== this.#parts.self || (former !== undefined && former.dial >= dial))
      return this.#refuse(socket, '409 Conflict');
    const link: Incoming = { life, dial, form, socket, frames: 0, receivedBytes: 0, receiptedBytes: 0 };
    this.#byLife.set(life, link);
    former?.socket.destroy();
    this.#parts.counters.accepted++;
    if (socket instanceof Socket) socket.setKeepAlive(true, this.#parts.limits.keepAliveMs);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => {
      if (this.#byLife.get(life) === link) this.#byLife.delete(life);
    });
    const names = `Upgrade: ${replicationProtocol}\r\n${formHeader}: ${newestForm}\r\n`;
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n${names}\r\n`);
    this.#receive(link, head);
  }

  /** Tells each peer how much has come since it was told last. */
  sendReceipts(): void {
    for (const link of this.#byLife.values()) {
      const { socket, receivedBytes } = link;
      // A peer that does not read its receipts needs no more of them.
      if (receivedBytes === link.receiptedBytes || socket.destroyed || socket.writableLength > 0) continue;
      const receipt = new Uint8Array(receiptBytes);
      writeU64(receipt, 0, receivedBytes);
      socket.write(receipt);
      link.receiptedBytes = receivedBytes;
    }
  }

  /** Ends all connections. */
  close(): void {
    for (const { socket } of this.#byLife.values()) socket.destroy();
    this.#byLife.clear();
  }

  #receive(link: Incoming, head: Buffer): void {
    const { memory, limits, counters, log } = this.#parts;
    const { socket } = link;
    const splitter = new FrameSplitter(replicationMagic, limits.frameBytesMax, memory, (frame) =>
      this.#onFrame(link, frame),
    );
    const take = (chunk: Buffer): void => {
      if (socket.destroyed) return;
      link.receivedBytes += chunk.length;
      counters.bytesReceived += chunk.length;
      try {
        splitter.push(chunk);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        counters.framesRefused++;
        log.error({ peer: link.life, err: error.message }, 'replication frame refused');
        return void socket.destroy();
      }
      freeChunk(chunk);
    };
    if (head.length > 0) take(head);
    socket.on('data', take);
  }

  #onFrame(link: Incoming, frame: Uint8Array): void {
    // What a message brought about may have ended the connection, with frames left in the chunk.
    if (link.socket.destroyed) return;
    const { counters, onMessage } = this.#parts;
    const { number, messages } = readReplicationFrame(frame, link.form);
    if (number !== ++link.frames) throw new FrameError('replication frame out of order');
    counters.framesReceived++;
    counters.messagesReceived += messages.length;
    for (const message of messages) {
      if (link.socket.destroyed) return;
      onMessage(link.life, message);
    }
  }

  #refuse(socket: Duplex, status: string): void {
    this.#parts.counters.handshakesRefused++;
    socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  }
}
