import { Client, type Dispatcher, Pool } from 'undici';
import { fleetAuthorization, frameContentType, framePath } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import { TurnEnd } from '../shared/turn-end.ts';
import { FrameSocket } from './frame-socket.ts';
import {
  type BulkLane,
  type FrameReceiver,
  isBulk,
  type Lane,
  type NodeConnection,
  type Transport,
} from './transport.ts';

/**
 * Frames over undici: the read and the write lane of a node on one connection each that is switched to frames, large
 * values as POST bodies on a pool of kept-alive connections.
 *
 * A POST for each frame of some 11 operations costs the gateway about 3 µs more of each operation, and the node
 * twice the time (measured), which is nothing for a large value and much for a small GET.
 */
export class UndiciTransport implements Transport {
  readonly #authorization: string;
  readonly #turn = new TurnEnd();

  constructor(fleetSecret: string) {
    this.#authorization = `Bearer ${fleetSecret}`;
  }

  connect(url: string): NodeConnection {
    return new UndiciConnection(url, this.#authorization, this.#turn);
  }

  allocate(sizeBytes: number): Uint8Array {
    return Buffer.allocUnsafe(sizeBytes);
  }

  defer(callback: () => void): void {
    this.#turn.defer(callback);
  }
}

class UndiciConnection implements NodeConnection {
  readonly #url: string;
  readonly #authorization: string;
  readonly #turn: TurnEnd;
  readonly #sockets: Record<'read' | 'write', FrameSocket | null> = { read: null, write: null };
  readonly #pools: Record<BulkLane, Pool>;
  #closed = false;

  constructor(url: string, authorization: string, turn: TurnEnd) {
    this.#url = url;
    this.#authorization = authorization;
    this.#turn = turn;
    this.#pools = { bulk_read: this.#openPool('bulk_read'), bulk_write: this.#openPool('bulk_write') };
  }

  send(lane: Lane, frame: Uint8Array, timeoutMs: number, receiver: FrameReceiver): void {
    if (!isBulk(lane)) return this.#socket(lane).send(frame, receiver);
    const options: Dispatcher.DispatchOptions = {
      path: framePath,
      method: 'POST',
      headers: [fleetAuthorization, this.#authorization, 'content-type', frameContentType],
      body: frame,
      // The lane ends what is late by its own clock; these only make sure that nothing stays for ever.
      headersTimeout: timeoutMs * 2,
      bodyTimeout: timeoutMs * 2,
    };
    this.#pools[lane].dispatch(options, new ReplyHandler(receiver));
  }

  reset(lane: Lane): void {
    if (!isBulk(lane)) return this.#sockets[lane]?.close('an answer could not be trusted');
    const broken = this.#pools[lane];
    this.#pools[lane] = this.#openPool(lane);
    broken.destroy(new Error('an answer could not be trusted')).catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.#sockets.read?.close('closed');
    this.#sockets.write?.close('closed');
    for (const pool of Object.values(this.#pools)) pool.destroy().catch(() => {});
  }

  /** The lane's connection; a new one when there is none, or none any more. */
  #socket(lane: 'read' | 'write'): FrameSocket {
    const open = this.#sockets[lane];
    if (open?.usable) return open;
    const client = new Client(this.#url, { connectTimeout: hopLimits.connectTimeoutMs, pipelining: 1 });
    const socket = new FrameSocket(client, { [fleetAuthorization]: this.#authorization }, this.#turn);
    if (this.#closed) socket.close('closed');
    this.#sockets[lane] = socket;
    return socket;
  }

  /** Writes that wait for different copies hold up each other's connections no more than they hold up reads. */
  #openPool(lane: BulkLane): Pool {
    return new Pool(this.#url, {
      connections: hopLimits.bulkConnectionsMax * (lane === 'bulk_write' ? hopLimits.writeLanes : 1),
      pipelining: 1,
      keepAliveTimeout: hopLimits.clientKeepAliveMs,
      keepAliveMaxTimeout: hopLimits.clientKeepAliveMs,
      connectTimeout: hopLimits.connectTimeoutMs,
      maxResponseSize: hopLimits.replyFrameBytesMax,
    });
  }
}

/** Gathers one answer. Most replies come in one piece, which is handed on where it lies. */
class ReplyHandler implements Dispatcher.DispatchHandler {
  readonly #receiver: FrameReceiver;
  #sent = false;
  #status = 0;
  #first: Buffer | null = null;
  #more: Buffer[] | null = null;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  onRequestStart(): void {
    this.#sent = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number): void {
    this.#status = statusCode;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#first === null) this.#first = chunk;
    else if (this.#more === null) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#status !== 200 || this.#first === null)
      return this.#receiver.onFailure({ sent: true, reason: `node answered ${this.#status}` });
    this.#receiver.onReply(this.#more === null ? this.#first : Buffer.concat(this.#more));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
    // A closed pool fails a request before `dispatch` returns, and a transport never calls back that early.
    queueMicrotask(() => this.#receiver.onFailure({ sent: this.#sent, reason: code }));
  }
}
