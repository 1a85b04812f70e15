import { fleetAuthorization, frameContentType, framePath } from '../shared/frame/transport.ts';
import type { FrameReceiver, Lane, NodeConnection, Transport } from './transport.ts';

/** Frames over `fetch`, for runtimes without sockets of their own; connections are the runtime's affair. */
export class FetchTransport implements Transport {
  readonly #fetch: typeof fetch;
  readonly #headers: Record<string, string>;

  constructor(fleetSecret: string, fetchFunction: typeof fetch) {
    this.#fetch = fetchFunction;
    this.#headers = { [fleetAuthorization]: `Bearer ${fleetSecret}`, 'content-type': frameContentType };
  }

  connect(url: string): NodeConnection {
    return {
      send: (_lane: Lane, frame: Uint8Array, timeoutMs: number, receiver: FrameReceiver) => {
        void this.#post(`${url}${framePath}`, frame, timeoutMs, receiver);
      },
      reset() {},
      close() {},
    };
  }

  allocate(sizeBytes: number): Uint8Array {
    return new Uint8Array(sizeBytes);
  }

  defer(callback: () => void): void {
    queueMicrotask(callback);
  }

  /** A failed `fetch` does not tell whether bytes left, so every failure counts as sent. */
  async #post(url: string, frame: Uint8Array, timeoutMs: number, receiver: FrameReceiver): Promise<void> {
    let reply: Uint8Array;
    try {
      const response = await this.#fetch(url, {
        method: 'POST',
        headers: this.#headers,
        body: frame as Uint8Array<ArrayBuffer>,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (response.status !== 200)
        return receiver.onFailure({ sent: true, reason: `node answered ${response.status}` });
      reply = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      return receiver.onFailure({ sent: true, reason: error instanceof Error ? error.name : 'unknown' });
    }
    receiver.onReply(reply);
  }
}
