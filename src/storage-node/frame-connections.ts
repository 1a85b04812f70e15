import type { Duplex } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import { FrameSplitter } from '../shared/frame/frame-splitter.ts';
import { goawayFrame } from '../shared/frame/goaway.ts';
import { FrameError, requestMagic } from '../shared/frame/layout.ts';
import { frameProtocol } from '../shared/frame/transport.ts';
import type { Log } from '../shared/process.ts';
import type { TurnEnd } from '../shared/turn-end.ts';
import type { FrameExecutor } from './executor.ts';
import type { FrameBuffers } from './frame-buffers.ts';
import { freeChunk } from './free-memory.ts';
import { nodeLimits } from './limits.ts';

interface FrameConnectionsParts {
  readonly executor: FrameExecutor;
  /** Where the executor has its replies from. */
  readonly buffers: FrameBuffers;
  /** At whose end replies leave. */
  readonly turn: TurnEnd;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Connections that were switched to the frame protocol. Frames are executed as they come; a reply goes back when it may
 * be told, which for some is later than for those behind them (`HeldReplies`): it names its frame.
 */
export class FrameConnections {
  readonly #parts: FrameConnectionsParts;
  readonly #turn: TurnEnd;
  readonly #open = new Set<Duplex>();
  /** Bytes of replies that have not left, of all connections. */
  #unreadBytes = 0;
  /** Replies under way of each connection that have not been given to it. */
  readonly #held = new WeakMap<Duplex, number>();

  constructor(parts: FrameConnectionsParts) {
    this.#parts = parts;
    this.#turn = parts.turn;
  }

  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** Takes over a connection whose request to be switched has been found good. */
  accept(socket: Duplex, head: Buffer): void {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${frameProtocol}\r\n\r\n`);
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    // HTTP servers leave a connection half open when the peer ends it.
    socket.on('end', () => socket.end());
    this.#serve(socket, head);
  }

  /**
   * Says on every connection that the node is going, and resolves when the peers have closed them all, as they do
   * once they have their answers; at the deadline those that are left are cut off.
   */
  async drain(deadlineMs: number): Promise<void> {
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of this.#open) socket.write(goawayFrame());
    const timer = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, deadlineMs);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #serve(socket: Duplex, head: Buffer): void {
    const { buffers, clock } = this.#parts;
    let arrivedMs = 0;
    /** Frames that have come while answers wait to be read: at most those of one chunk. */
    const waiting: Uint8Array[] = [];
    const execute = (frame: Uint8Array): void => this.#execute(socket, frame, arrivedMs, goOn);
    const goOn = (): void => {
      try {
        while (waiting.length > 0 && !this.#isCrowded(socket)) execute(waiting.shift()!);
      } catch (error) {
        return this.#refuse(socket, error);
      }
      if (waiting.length === 0 && !this.#isCrowded(socket)) socket.resume();
    };
    const splitter = new FrameSplitter(requestMagic, nodeLimits.requestFrameBytesMax, buffers, (frame) => {
      if (waiting.length > 0 || this.#isCrowded(socket)) waiting.push(new Uint8Array(frame));
      else execute(frame);
    });
    const take = (chunk: Buffer): void => {
      if (socket.destroyed) return;
      arrivedMs = clock.monotonicMs();
      try {
        splitter.push(chunk);
      } catch (error) {
        return this.#refuse(socket, error);
      }
      freeChunk(chunk);
      if (waiting.length > 0 || this.#isCrowded(socket)) socket.pause();
    };
    if (head.length > 0) take(head);
    socket.on('data', take);
  }

  /** Executes a frame and calls `goOn` when its reply has left. */
  #execute(socket: Duplex, frame: Uint8Array, arrivedMs: number, goOn: () => void): void {
    const { executor, buffers } = this.#parts;
    let held = false;
    const answer = (reply: Uint8Array): void => {
      if (held) this.#hold(socket, -1);
      if (socket.destroyed) return buffers.release(reply);
      const { length } = reply;
      this.#unreadBytes += length;
      this.#turn.gather(socket);
      socket.write(reply, (error) => {
        this.#unreadBytes -= length;
        if (error) return;
        buffers.release(reply);
        if (socket.isPaused()) goOn();
      });
    };
    const reply = executor.execute(frame, arrivedMs, answer);
    if (reply !== null) return answer(reply);
    held = true;
    this.#hold(socket, 1);
  }

  #hold(socket: Duplex, change: number): void {
    this.#held.set(socket, (this.#held.get(socket) ?? 0) + change);
  }

  /**
   * Whether a peer has so many answers to read, or all peers together have, that its frames have to wait. Those that
   * are held back count with the bytes of all of them: each has one, at least, that will call `goOn`.
   */
  #isCrowded(socket: Duplex): boolean {
    const { unreadReplyBytesMax, unreadRepliesBytesMax } = nodeLimits;
    const unread = socket.writableLength;
    const held = this.#held.get(socket) ?? 0;
    if (unread > unreadReplyBytesMax) return true;
    const all = this.#unreadBytes + this.#parts.executor.held.bytes;
    return (unread > 0 || held > 0) && all > unreadRepliesBytesMax;
  }

  /** After a broken frame nothing that follows can be trusted. */
  #refuse(socket: Duplex, error: unknown): void {
    this.#parts.executor.metrics.framesRefused++;
    this.#parts.log.error({ err: error instanceof FrameError ? error.message : error }, 'frame refused');
    socket.destroy();
  }
}
