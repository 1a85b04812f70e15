import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { EventOutlet, OutletListener, StreamPiece } from '../../topics-sse/event-outlet.ts';
import type { HeaderList } from '../http/exchange.ts';
import { listenerLimits } from '../limits.ts';
import { takeOver } from './take-over.ts';

/** The end of a body in the chunked transfer coding (RFC 9112 §7.1). */
const lastChunk = '0\r\n\r\n';
const nothing = new Uint8Array(0);

/**
 * A stream to a client on Node. The head is Node's; the body goes straight to the socket, in chunks that all streams
 * share, because what `ServerResponse` does for each write costs as much again as the write (measured); then the connection is
 * taken from the HTTP server, which keeps more for each than all the rest together.
 *
 * The connection ends with the stream: there is no other way for an HTTP/1.0 client to see the end, and a client
 * that streams keeps a connection for it alone.
 */
export class NodeOutlet implements EventOutlet {
  readonly #socket: Socket;
  readonly #chunked: boolean;
  /** Slices of a large piece that wait for those before to leave. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #watching = false;
  #listener: OutletListener | null = null;

  constructor(request: IncomingMessage, response: ServerResponse, status: number, headers: HeaderList) {
    const socket = response.socket!;
    this.#socket = socket;
    this.#chunked = request.httpVersionMinor === 1;
    response.shouldKeepAlive = false;
    response.useChunkedEncodingByDefault = this.#chunked;
    response.writeHead(status, this.#chunked ? [...headers, 'transfer-encoding', 'chunked'] : headers);
    response.flushHeaders();
    const own = this.#listenTo(socket);
    // Not in this turn: the parser may be at work.
    setImmediate(takeOver, response, socket, own);
  }

  get unsentBytes(): number {
    return this.#socket.writableLength + this.#waitingBytes;
  }

  write(piece: StreamPiece): void {
    if (this.#ended) return;
    const bytes = this.#chunked ? piece.chunk : piece.bytes;
    if (this.#waitingBytes === 0 && bytes.length <= listenerLimits.streamSliceBytes) {
      this.#socket.write(bytes);
      if (this.#socket.writableLength > 0) this.#watch();
    } else this.#writeSliced(bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    // One that does not read is not waited for.
    this.#socket.setTimeout(listenerLimits.streamEndMs, () => this.#socket.destroy());
    for (const slice of this.#waiting) this.#socket.write(slice);
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#chunked) this.#socket.end(lastChunk);
    else this.#socket.end();
  }

  destroy(): void {
    this.#ended = true;
    this.#socket.destroy();
  }

  listen(listener: OutletListener): void {
    this.#listener = listener;
  }

  #listenTo(socket: Socket): ReadonlySet<unknown> {
    const destroy = () => socket.destroy();
    const closed = () => this.#listener?.onClose();
    socket.on('error', destroy).on('end', destroy).on('close', closed);
    return new Set([destroy, closed]);
  }

  /**
   * Has the listener told once all that was written has left. By an empty write behind it: Node's `drain` tells only of
   * what had come to 64 KiB, and who writes may stop far below.
   */
  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    this.#socket.write(nothing, () => {
      this.#watching = false;
      if (this.#socket.destroyed) return;
      this.#writeWaiting();
      if (this.unsentBytes > 0) this.#watch();
      else this.#listener?.onDrain();
    });
  }

  /** A large piece goes out by and by, so that a reader that takes it slowly is seen to move. */
  #writeSliced(bytes: Uint8Array): void {
    const { streamSliceBytes } = listenerLimits;
    for (let at = 0; at < bytes.length; at += streamSliceBytes)
      this.#waiting.push(bytes.subarray(at, at + streamSliceBytes));
    this.#waitingBytes += bytes.length;
    if (!this.#watching) this.#writeWaiting();
    if (this.unsentBytes > 0) this.#watch();
  }

  /** Writes slices, as long as each leaves at once. */
  #writeWaiting(): void {
    while (this.#waiting.length > 0 && this.#socket.writableLength === 0) {
      const slice = this.#waiting.shift()!;
      this.#waitingBytes -= slice.length;
      this.#socket.write(slice);
    }
  }
}
