import type { FrameReceiver, Lane, NodeConnection, Transport, TransportFailure } from '../../src/routing/transport.ts';
import { RequestReader } from '../../src/shared/frame/request-reader.ts';

/** A frame on the fake wire, until it is answered or lost. */
export class SentFrame {
  readonly url: string;
  readonly lane: Lane;
  readonly bytes: Uint8Array;
  readonly timeoutMs: number;
  readonly operationCount: number;
  /** Operation codes, in order. */
  readonly codes: number[] = [];
  readonly keys: string[] = [];
  #receiver: FrameReceiver | null;

  constructor(url: string, lane: Lane, bytes: Uint8Array, timeoutMs: number, receiver: FrameReceiver) {
    this.url = url;
    this.lane = lane;
    this.bytes = bytes;
    this.timeoutMs = timeoutMs;
    this.#receiver = receiver;
    const reader = new RequestReader();
    reader.open(bytes);
    this.operationCount = reader.operationCount;
    while (reader.next()) {
      this.codes.push(reader.code);
      this.keys.push(new TextDecoder().decode(bytes.subarray(reader.keyStart, reader.keyStart + reader.keyLength)));
    }
  }

  get open(): boolean {
    return this.#receiver !== null;
  }

  reply(bytes: Uint8Array): void {
    this.#end().onReply(bytes);
  }

  fail(failure: TransportFailure): void {
    this.#end().onFailure(failure);
  }

  #end(): FrameReceiver {
    const receiver = this.#receiver;
    if (receiver === null) throw new Error('a frame ends only once');
    this.#receiver = null;
    return receiver;
  }
}

/** A transport whose wire the test holds in its hands. Breaks connections as undici does: at once, with what is on them. */
export class FakeTransport implements Transport {
  /** Every frame ever sent. */
  readonly sent: SentFrame[] = [];
  readonly resets: string[] = [];
  readonly closed: string[] = [];
  readonly #deferred: (() => void)[] = [];

  /** The frames that are neither answered nor lost. */
  get open(): SentFrame[] {
    return this.sent.filter((frame) => frame.open);
  }

  connect(url: string): NodeConnection {
    const frames: SentFrame[] = [];
    let closed = false;
    const lose = (lost: (frame: SentFrame) => boolean): void => {
      for (const frame of frames) if (frame.open && lost(frame)) frame.fail({ sent: true, reason: 'broken' });
    };
    return {
      send: (lane, bytes, timeoutMs, receiver) => {
        const frame = new SentFrame(url, lane, bytes, timeoutMs, receiver);
        if (closed) return void this.#deferred.push(() => frame.fail({ sent: false, reason: 'closed' }));
        frames.push(frame);
        this.sent.push(frame);
      },
      reset: (lane) => {
        this.resets.push(`${url} ${lane}`);
        lose((frame) => frame.lane === lane);
      },
      close: () => {
        closed = true;
        this.closed.push(url);
        lose(() => true);
      },
    };
  }

  allocate(sizeBytes: number): Uint8Array {
    return new Uint8Array(sizeBytes).fill(0xa5);
  }

  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Ends the turn of the event loop: what was put off runs. */
  turn(): void {
    for (const callback of this.#deferred.splice(0)) callback();
  }
}
