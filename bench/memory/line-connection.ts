import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { benchLimits } from './limits.ts';

/** Bytes of a value that are looked at. */
const markBytes = 4;
const lineFeed = 10;

/** What the lines of an answer mean, in one protocol. */
export interface LineProtocol {
  /** Takes a line without its end; returns the length of the value that follows, or -1 for none. */
  line(text: string): number;
  /** Takes the first bytes of a value, when all of it has come. */
  value(size: number, head: Uint8Array): void;
}

/**
 * A connection on which answers are lines and values between them: memcached's text protocol and RESP. Values are
 * not gathered, only passed by.
 */
export class LineConnection {
  readonly #socket: Socket;
  readonly #protocol: LineProtocol;
  readonly #head = new Uint8Array(markBytes);
  #line = '';
  #valueSize = -1;
  /** Bytes of the value, and the line end after it, that are yet to come. */
  #left = 0;
  #fail: (error: Error) => void = () => {};

  private constructor(socket: Socket, protocol: LineProtocol) {
    this.#socket = socket;
    this.#protocol = protocol;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the cache closed the connection')));
  }

  /** `stack` closes it. */
  static async open(stack: AsyncDisposableStack, port: number, protocol: LineProtocol): Promise<LineConnection> {
    const socket = connect({ host: '127.0.0.1', port });
    stack.defer(() => void socket.destroy());
    await once(socket, 'connect');
    return new LineConnection(socket, protocol);
  }

  /** Sends bytes; `answered` is called by whoever reads the protocol when all answers are there. */
  exchange<T>(bytes: Buffer, begin: (answered: (result: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the cache does not answer')), benchLimits.answerTimeoutMs);
      this.#fail = (error) => {
        clearTimeout(timer);
        reject(error);
      };
      begin((result) => {
        clearTimeout(timer);
        resolve(result);
      });
      this.#socket.write(bytes);
    });
  }

  #take(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) at = this.#left > 0 ? this.#takeValue(chunk, at) : this.#takeLine(chunk, at);
  }

  #takeLine(chunk: Buffer, start: number): number {
    const end = chunk.indexOf(lineFeed, start);
    if (end < 0) {
      this.#line += chunk.toString('latin1', start);
      return chunk.length;
    }
    const text = this.#line + chunk.toString('latin1', start, end);
    this.#line = '';
    this.#valueSize = this.#protocol.line(text.endsWith('\r') ? text.slice(0, -1) : text);
    if (this.#valueSize >= 0) this.#left = this.#valueSize + 2;
    return end + 1;
  }

  #takeValue(chunk: Buffer, start: number): number {
    const count = Math.min(this.#left, chunk.length - start);
    const from = this.#valueSize + 2 - this.#left;
    for (let i = from; i < markBytes && i < from + count; i++) this.#head[i] = chunk[start + i - from]!;
    this.#left -= count;
    if (this.#left === 0) this.#protocol.value(this.#valueSize, this.#head);
    return start + count;
  }
}
