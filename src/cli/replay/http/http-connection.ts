import { connect as connectTcp, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { replayLimits } from '../limits.ts';
import { AnswerHead } from './answer-head.ts';

/** Whom to talk to. */
export interface Origin {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** What becomes of a request: exactly one of the two is called for each. */
export interface AnswerHandler {
  /** The whole answer; its body lies in `bytes` from `start` to `end` until the call returns. */
  answered(status: number, bytes: Buffer, start: number, end: number): void;
  /** No answer: a system error's code (`ECONNRESET`), `timeout`, `closed`, or what was wrong with the bytes. */
  failed(kind: string): void;
}

/** The origin of a base URL. */
export function originOf(baseUrl: string): Origin {
  const url = new URL(baseUrl);
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? (tls ? 443 : 80) : Number(url.port), tls };
}

/**
 * One kept-alive HTTP/1.1 connection that has one request under way at a time. It writes bytes that its owner
 * has made ready and reads status, length and body, nothing else, so that a machine's cores are the server's:
 * see `bench/http` for what a request costs. A connection that ended is opened again by the next request.
 */
export class HttpConnection {
  readonly #origin: Origin;
  readonly #timeoutMs: number;
  readonly #handler: AnswerHandler;
  readonly #readBuffer: OnReadOpts;
  readonly #head = new AnswerHead();
  #socket: Socket | null = null;
  #busy = false;
  /** Bytes of a head that came in parts; null nearly always. */
  #partialHead: Buffer | null = null;
  /** A body that did not come with its head: where it gathers, how much of it is there. */
  #body: Buffer | null = null;
  #bodyFilled = 0;

  constructor(origin: Origin, handler: AnswerHandler, timeoutMs: number = replayLimits.answerTimeoutMs) {
    this.#origin = origin;
    this.#timeoutMs = timeoutMs;
    this.#handler = handler;
    this.#readBuffer = {
      buffer: Buffer.allocUnsafeSlow(replayLimits.readBufferBytes),
      callback: (length, buffer) => {
        this.#read(buffer as Buffer, length);
        return true;
      },
    };
  }

  /** Sends a request; `head` ends with its empty line, and `body` may be part of it. One at a time. */
  send(head: string | Uint8Array, body?: Uint8Array): void {
    if (this.#busy) throw new Error('a request is under way');
    this.#busy = true;
    const socket = this.#socket ?? this.#open();
    if (body === undefined || body.length === 0) {
      write(socket, head);
      return;
    }
    socket.cork();
    write(socket, head);
    socket.write(body);
    socket.uncork();
  }

  /** Ends the connection; a request under way fails. */
  close(): void {
    this.#end('closed');
  }

  #open(): Socket {
    const { host, port, tls } = this.#origin;
    const options = { host, port, onread: this.#readBuffer };
    const socket = tls
      ? connectTls({ ...options, servername: host, ALPNProtocols: ['http/1.1'] })
      : connectTcp(options);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(this.#timeoutMs);
    // a socket that was given up may still have things to say
    const ending = (kind: string) => this.#socket === socket && this.#end(kind);
    socket.on('timeout', () => ending('timeout'));
    socket.on('error', (error: NodeJS.ErrnoException) => ending(error.code ?? 'connection_error'));
    socket.on('end', () => ending('closed'));
    socket.on('close', () => ending('closed'));
    return socket;
  }

  #end(kind: string): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#partialHead = null;
    this.#body = null;
    socket?.destroy();
    if (!this.#busy) return;
    this.#busy = false;
    this.#handler.failed(kind);
  }

  #read(buffer: Buffer, length: number): void {
    if (!this.#busy) return this.#end('closed');
    if (this.#body !== null) return this.#readBody(this.#body, buffer, length);
    if (this.#partialHead === null) return this.#readHead(buffer, length);
    const joined = Buffer.concat([this.#partialHead, buffer.subarray(0, length)]);
    this.#partialHead = null;
    this.#readHead(joined, joined.length);
  }

  #readHead(buffer: Buffer, end: number): void {
    const head = this.#head;
    let start = 0;
    let at = head.read(buffer, 0, end);
    // interim answers (RFC 9110 §15.2) precede the answer
    while (typeof at === 'number' && at >= 0 && head.status < 200) {
      start = at;
      at = head.read(buffer, start, end);
    }
    if (typeof at === 'string') return this.#end(at);
    if (at < 0) {
      if (end - start > replayLimits.answerHeadBytesMax) return this.#end('answer_head_too_large');
      this.#partialHead = Buffer.from(buffer.subarray(start, end));
      return;
    }
    if (head.bodyLength > replayLimits.answerBodyBytesMax || end - at > head.bodyLength)
      return this.#end('answer_too_long');
    if (end - at === head.bodyLength) return this.#finish(buffer, at, end);
    this.#body = Buffer.allocUnsafe(head.bodyLength);
    this.#bodyFilled = buffer.copy(this.#body, 0, at, end);
  }

  #readBody(body: Buffer, buffer: Buffer, length: number): void {
    if (this.#bodyFilled + length > body.length) return this.#end('answer_too_long');
    this.#bodyFilled += buffer.copy(body, this.#bodyFilled, 0, length);
    if (this.#bodyFilled < body.length) return;
    this.#body = null;
    this.#finish(body, 0, body.length);
  }

  #finish(bytes: Buffer, start: number, end: number): void {
    this.#busy = false;
    const { status, closes } = this.#head;
    if (closes) this.#end('closed');
    this.#handler.answered(status, bytes, start, end);
  }
}

function write(socket: Socket, head: string | Uint8Array): void {
  if (typeof head === 'string') socket.write(head, 'latin1');
  else socket.write(head);
}
