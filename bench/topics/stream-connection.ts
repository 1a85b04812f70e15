import { connect, type Socket } from 'node:net';
import type { Origin } from '../../src/cli/replay/http/http-connection.ts';
import { topicsLimits } from './limits.ts';

/** Who follows a stream. */
export interface StreamListener {
  /** The stream's head came, with status 200 and the right type. */
  opened(): void;
  /** Bytes of the stream, without the framing of chunks; they are there until the call returns. */
  read(bytes: Buffer, start: number, end: number): void;
  /** The connection is gone, though nobody here closed it. */
  closed(kind: string): void;
}

const headEnd = Buffer.from('\r\n\r\n');
/** One for all sockets of the process: what is read is used up before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(topicsLimits.readBufferBytes);

/** One HTTP/1.1 connection with one stream. It reads heads and chunks, and nothing else, so as to cost little. */
export class StreamConnection {
  readonly #socket: Socket;
  readonly #listener: StreamListener;
  /** Bytes that wait for the rest of a head or of a chunk's first line. */
  #partial: Buffer | null = null;
  #state: 'head' | 'plain' | 'size' | 'data' = 'head';
  /** Bytes of the chunk that are to come, with its line end. */
  #left = 0;
  #done = false;

  /** @param localAddress where it connects from; each has its own ports */
  constructor(origin: Origin, localAddress: string, request: string, listener: StreamListener) {
    this.#listener = listener;
    const { host, port } = origin;
    const onread = {
      buffer: readBuffer,
      callback: (length: number) => {
        this.#read(readBuffer, 0, length);
        return true;
      },
    };
    this.#socket = connect({ host, port, localAddress, onread, noDelay: true });
    this.#socket.on('connect', () => this.#socket.write(request, 'latin1'));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code ?? 'connection_error'));
    this.#socket.on('close', () => this.#end('closed'));
  }

  /** Resets the connection, which leaves its port free at once. */
  close(): void {
    this.#done = true;
    this.#socket.resetAndDestroy();
  }

  #end(kind: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#socket.destroy();
    this.#listener.closed(kind);
  }

  #read(bytes: Buffer, start: number, end: number): void {
    if (this.#partial !== null) {
      const joined = Buffer.concat([this.#partial, bytes.subarray(start, end)]);
      this.#partial = null;
      return this.#read(joined, 0, joined.length);
    }
    let at = start;
    while (at < end && !this.#done) {
      const next = this.#step(bytes, at, end);
      if (next < 0) {
        this.#partial = Buffer.from(bytes.subarray(at, end));
        return;
      }
      at = next;
    }
  }

  /** Reads on from `at`; where it came to, or -1 when what is there does not suffice. */
  #step(bytes: Buffer, at: number, end: number): number {
    if (this.#state === 'plain') {
      this.#listener.read(bytes, at, end);
      return end;
    }
    if (this.#state === 'data') {
      const taken = Math.min(this.#left, end - at);
      // the chunk's own line end is not the stream's
      const ours = Math.min(taken, this.#left - 2);
      if (ours > 0) this.#listener.read(bytes, at, at + ours);
      this.#left -= taken;
      if (this.#left === 0) this.#state = 'size';
      return at + taken;
    }
    return this.#state === 'head' ? this.#readHead(bytes, at, end) : this.#readSize(bytes, at, end);
  }

  #readHead(bytes: Buffer, at: number, end: number): number {
    const found = bytes.indexOf(headEnd, at);
    if (found < 0 || found + 4 > end) return -1;
    const head = bytes.toString('latin1', at, found).toLowerCase();
    if (!head.startsWith('http/1.1 200 ')) this.#end(`status_${head.slice(9, 12)}`);
    else if (!head.includes('\r\ncontent-type: text/event-stream')) this.#end('content_type');
    else {
      this.#state = head.includes('\r\ntransfer-encoding: chunked') ? 'size' : 'plain';
      this.#listener.opened();
    }
    return found + 4;
  }

  #readSize(bytes: Buffer, at: number, end: number): number {
    const found = bytes.indexOf('\r\n', at, 'latin1');
    if (found < 0 || found + 2 > end) return -1;
    const size = Number.parseInt(bytes.toString('latin1', at, found), 16);
    if (!(size > 0)) {
      this.#end(size === 0 ? 'ended' : 'chunk');
      return end;
    }
    this.#left = size + 2;
    this.#state = 'data';
    return found + 2;
  }
}
