import { type Dispatcher, Pool } from 'undici';
import { fleetAuthorization, frameContentType, framePath } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import { type FrameReceiver, type Lane, lanes, type NodeConnection, type Transport } from './transport.ts';

/** Frames over kept-alive HTTP/1.1 connections, one undici pool for each node and lane. */
export class UndiciTransport implements Transport {
  readonly #headers: string[];

  constructor(fleetSecret: string) {
    this.#headers = [fleetAuthorization, `Bearer ${fleetSecret}`, 'content-type', frameContentType];
  }

  connect(url: string): NodeConnection {
    return new UndiciConnection(url, this.#headers);
  }

  allocate(sizeBytes: number): Uint8Array {
    return Buffer.allocUnsafe(sizeBytes);
  }

  defer(callback: () => void): void {
    setImmediate(callback);
  }
}

class UndiciConnection implements NodeConnection {
  readonly #url: string;
  readonly #headers: string[];
  readonly #pools: Record<Lane, Pool>;

  constructor(url: string, headers: string[]) {
    this.#url = url;
    this.#headers = headers;
    this.#pools = { read: this.#open('read'), write: this.#open('write'), bulk: this.#open('bulk') };
  }

  send(lane: Lane, frame: Uint8Array, timeoutMs: number, receiver: FrameReceiver): void {
    const options: Dispatcher.DispatchOptions = {
      path: framePath,
      method: 'POST',
      headers: this.#headers,
      body: frame,
      // The lane ends what is late by its own clock; these only make sure that nothing stays for ever.
      headersTimeout: timeoutMs * 2,
      bodyTimeout: timeoutMs * 2,
    };
    this.#pools[lane].dispatch(options, new ReplyHandler(receiver));
  }

  reset(lane: Lane): void {
    const broken = this.#pools[lane];
    this.#pools[lane] = this.#open(lane);
    broken.destroy(new Error('an answer could not be trusted')).catch(() => {});
  }

  close(): void {
    for (const lane of lanes) this.#pools[lane].destroy().catch(() => {});
  }

  #open(lane: Lane): Pool {
    return new Pool(this.#url, {
      connections: lane === 'bulk' ? hopLimits.bulkConnectionsMax : hopLimits.laneFramesInFlightMax,
      pipelining: 1,
      keepAliveTimeout: hopLimits.clientKeepAliveMs,
      keepAliveMaxTimeout: hopLimits.clientKeepAliveMs,
      connectTimeout: hopLimits.connectTimeoutMs,
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
    this.#receiver.onFailure({ sent: this.#sent, reason: code });
  }
}
