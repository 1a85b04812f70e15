import type { IncomingMessage, ServerResponse } from 'node:http';
import { GodwitError } from '../../shared/errors.ts';
import type { Exchange, HeaderList, Reply, RequestBody } from '../http/exchange.ts';
import { listenerLimits } from '../limits.ts';
import { NodeOutlet } from './node-outlet.ts';
import { prepareHead } from './prepared-head.ts';

/** A Node request as an exchange: nothing is copied or converted before it is asked for. */
export class NodeExchange implements Exchange, RequestBody {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly #request: IncomingMessage;

  constructor(request: IncomingMessage, path: string, query: string) {
    this.method = request.method!;
    this.path = path;
    this.query = query;
    this.#request = request;
  }

  get body(): RequestBody {
    return this;
  }

  /** Scans the raw headers: cheaper than Node's `headers` object, of which a request needs few members. */
  header(name: string): string | undefined {
    const raw = this.#request.rawHeaders;
    let value: string | undefined;
    for (let i = 0; i < raw.length; i += 2) {
      const candidate = raw[i]!;
      if (candidate.length !== name.length || (candidate !== name && candidate.toLowerCase() !== name)) continue;
      value = value === undefined ? raw[i + 1]! : `${value}, ${raw[i + 1]}`;
    }
    return value;
  }

  onAbort(callback: () => void): () => void {
    const { socket } = this.#request;
    socket.once('close', callback);
    return () => socket.off('close', callback);
  }

  read(limitBytes: number, tooLarge: () => Error): Promise<Uint8Array> {
    const request = this.#request;
    if (request.destroyed) return Promise.reject(brokenOff());
    return new Promise((resolve, reject) => {
      let first: Buffer | null = null;
      let chunks: Buffer[] | null = null;
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > limitBytes) {
          request.pause();
          request.removeAllListeners('data');
          return reject(tooLarge());
        }
        if (first === null) first = chunk;
        else if (chunks === null) chunks = [first, chunk];
        else chunks.push(chunk);
      });
      request.on('end', () => resolve(chunks === null ? (first ?? noBytes) : Buffer.concat(chunks, length)));
      // A request that was read to its end closes too; an error made for each would be a twentieth of a small publish.
      request.on('close', () => request.readableEnded || reject(brokenOff()));
      request.on('error', () => {});
    });
  }
}

/**
 * Up to this size a body goes out as a latin1 string, which Node joins with the head into one write; a buffer
 * beside a head costs a `writev`. Measured for 100 bytes: 2 µs less of a GET.
 */
const oneWriteBytesMax = 4_096;

function latin1Text(bytes: Uint8Array): string {
  const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1');
}

const noBytes = new Uint8Array(0);

function brokenOff(): GodwitError {
  return new GodwitError('request_timeout', 'The request ended before its body was complete.');
}

/**
 * Sends a reply. What is left of an unread body is read and dropped within bounds, then the connection ends.
 * `wallMs` is the time now, in ms.
 */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply, wallMs: number): void {
  const { status, headers, body, stream } = reply;
  if (reply.sent !== undefined) {
    if (response.destroyed) reply.sent();
    else response.once('close', reply.sent);
  }
  if (response.destroyed) return;
  if (!request.complete && stream !== undefined) {
    // A body that nobody asked for: the stream begins behind it.
    request.once('end', () => sendReply(request, response, { ...reply, headers: [...headers] }, wallMs));
    return void request.resume();
  }
  if (!request.complete) return sendEarly(request, response, reply);
  // A body that was refused half-way: what had arrived of it must not stand before the next request.
  if (request.isPaused()) request.resume();
  if (stream !== undefined && request.method !== 'HEAD') {
    // A response to a request that came behind another has no socket before its turn.
    const open = () => stream(new NodeOutlet(request, response, status, headers));
    if (response.socket === null) response.once('socket', open);
    else open();
    return;
  }
  if (request.method === 'HEAD') return void response.writeHead(status, withLength(request, reply)).end();
  if (status === 204 || status === 304 || body === null) {
    if (!prepareHead(request, response, status, headers, -1, wallMs)) response.writeHead(status, headers);
    response.end();
    return;
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  // Node ends a connection that has stood still for so long; with the end of the answer its keep-alive is set anew.
  if (length > listenerLimits.largeAnswerBytes) request.socket.setTimeout(listenerLimits.unreadAnswerMs);
  if (!prepareHead(request, response, status, headers, length, wallMs))
    response.writeHead(status, withLength(request, reply));
  if (typeof body === 'string' || body.length > oneWriteBytesMax) response.end(body);
  else response.end(latin1Text(body), 'latin1');
}

/** The reply's headers, and its length where one is told. */
function withLength(request: IncomingMessage, { status, headers, body, contentLength }: Reply): HeaderList {
  if (status === 204 || status === 304 || body === null) {
    if (contentLength !== undefined && status !== 204) headers.push('content-length', String(contentLength));
    return headers;
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  headers.push('content-length', String(request.method === 'HEAD' ? (contentLength ?? length) : length));
  return headers;
}

/**
 * Sends a reply to a request that is still arriving. The reply goes out whole at once, but ends only when the
 * rest of the request has been read and dropped, or its bound is reached: Node closes the socket with the end,
 * and to close one with unread data resets the connection, so that the client might never see why.
 */
function sendEarly(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  reply.headers.push('connection', 'close');
  response.writeHead(reply.status, withLength(request, reply));
  const silent = request.method === 'HEAD' || reply.status === 204 || reply.status === 304 || reply.body === null;
  if (silent) response.flushHeaders();
  else response.write(reply.body);
  let left = listenerLimits.lingerBytesMax;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, listenerLimits.lingerMs);
  timer.unref();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) end();
  });
  request.on('error', () => {});
  request.on('end', end);
  request.on('close', end);
  request.resume();
}
