import type { Duplex } from 'node:stream';
import type { Client } from 'undici';
import { FrameSplitter } from '../shared/frame/frame-splitter.ts';
import { isGoaway } from '../shared/frame/goaway.ts';
import { FrameError, readU32, replyMagic } from '../shared/frame/layout.ts';
import { framePath, frameProtocol } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import type { TurnEnd } from '../shared/turn-end.ts';
import type { FrameReceiver } from './transport.ts';

/** Where a frame's id begins. */
const frameIdAt = 8;

/**
 * One connection to a node that carries frames and nothing else: an HTTP/1.1 connection, switched to the frame
 * protocol by `Upgrade` (RFC 9110 §7.8). Replies find their frame by its id, in whatever order they come.
 *
 * Ends with the first thing that is not as it should be; it never opens again.
 */
export class FrameSocket {
  readonly #client: Client;
  readonly #turn: TurnEnd;
  readonly #underWay = new Map<number, FrameReceiver>();
  /** Frames that came before the connection was there. */
  #early: { frame: Uint8Array; receiver: FrameReceiver }[] = [];
  #socket: Duplex | null = null;
  #ended = false;
  /** The node is about to go: it answers what it has, and is sent nothing more. */
  #retiring = false;

  /** `client` is the socket's own; it is closed with it. */
  constructor(client: Client, headers: Record<string, string>, turn: TurnEnd) {
    this.#client = client;
    this.#turn = turn;
    client.upgrade({ path: framePath, method: 'GET', protocol: frameProtocol, headers }, (error, data) => {
      if (error !== null) return this.#end(reasonOf(error));
      if (this.#ended) return void data.socket.destroy();
      this.#open(data.socket);
    });
  }

  /** Whether frames may still be given to it. */
  get usable(): boolean {
    return !this.#ended && !this.#retiring;
  }

  send(frame: Uint8Array, receiver: FrameReceiver): void {
    if (this.#ended) queueMicrotask(() => receiver.onFailure({ sent: false, reason: 'closed' }));
    else if (this.#socket === null) this.#early.push({ frame, receiver });
    else {
      this.#underWay.set(readU32(frame, frameIdAt), receiver);
      this.#turn.gather(this.#socket);
      this.#socket.write(frame);
    }
  }

  /** Ends the connection; frames that were written count as sent. */
  close(reason: string): void {
    this.#end(reason);
  }

  #open(socket: Duplex): void {
    this.#socket = socket;
    const splitter = new FrameSplitter(
      replyMagic,
      hopLimits.replyFrameBytesMax,
      { allocate: (size) => Buffer.allocUnsafe(size) },
      (reply) => this.#onReply(reply),
    );
    socket.on('data', (chunk: Buffer) => {
      try {
        splitter.push(chunk);
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        this.#end(error.message);
      }
    });
    socket.on('error', (error) => this.#end(reasonOf(error)));
    socket.on('close', () => this.#end('node closed the connection'));
    const early = this.#early;
    this.#early = [];
    for (const { frame, receiver } of early) this.send(frame, receiver);
  }

  #onReply(reply: Uint8Array): void {
    if (isGoaway(reply)) {
      this.#retiring = true;
      return this.#endWhenRetired();
    }
    const id = readU32(reply, frameIdAt);
    const receiver = this.#underWay.get(id);
    if (receiver === undefined) throw new FrameError('reply to no frame');
    this.#underWay.delete(id);
    receiver.onReply(reply);
    this.#endWhenRetired();
  }

  #endWhenRetired(): void {
    if (this.#retiring && this.#underWay.size === 0) this.#end('node is going');
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket?.destroy();
    this.#client.destroy().catch(() => {});
    const early = this.#early;
    const underWay = [...this.#underWay.values()];
    this.#early = [];
    this.#underWay.clear();
    // Never within the caller's own call.
    queueMicrotask(() => {
      for (const { receiver } of early) receiver.onFailure({ sent: false, reason });
      for (const receiver of underWay) receiver.onFailure({ sent: true, reason });
    });
  }
}

function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
