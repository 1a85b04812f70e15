import { fleetAuthorization } from '../shared/frame/transport.ts';
import { subscribeKinds, topicLinkPath } from '../shared/topics/link-layout.ts';
import type { LinkConnection, LinkReceiver, LinkTransport } from './link-transport.ts';

/**
 * Topic links where there is `fetch` and no more: what is said in the turn in which a link opens is the body of a
 * POST, and what the node says is its answer, which goes on. Whatever is to be said later opens another link, so
 * it suits a hub that serves one request and its topics.
 */
export class FetchLinkTransport implements LinkTransport {
  readonly #authorization: string;
  readonly #fetch: typeof fetch;

  constructor(fleetSecret: string, fetch: typeof globalThis.fetch) {
    this.#authorization = `Bearer ${fleetSecret}`;
    this.#fetch = fetch;
  }

  open(url: string, receiver: LinkReceiver): LinkConnection {
    const link = new FetchLink(receiver);
    queueMicrotask(() => void link.run(this.#fetch, new URL(topicLinkPath, url), this.#authorization));
    return link;
  }
}

class FetchLink implements LinkConnection {
  readonly #receiver: LinkReceiver;
  readonly #abort = new AbortController();
  #frames: Uint8Array[] | null = [];
  #ended = false;

  constructor(receiver: LinkReceiver) {
    this.#receiver = receiver;
  }

  send(frame: Uint8Array): void {
    if (this.#frames !== null) this.#frames.push(frame);
    // What tells of leaving or of numbers of readers is passed over: the link ends with its request.
    else if (isQuestion(frame)) queueMicrotask(() => this.#end());
  }

  close(): void {
    this.#ended = true;
    this.#abort.abort();
  }

  async run(fetch: typeof globalThis.fetch, url: URL, authorization: string): Promise<void> {
    const body = concatenated(this.#frames!);
    this.#frames = null;
    if (this.#ended) return;
    try {
      const headers = { [fleetAuthorization]: authorization };
      const response = await fetch(url, { method: 'POST', headers, body, signal: this.#abort.signal });
      if (response.status !== 200 || response.body === null) return this.#end();
      this.#receiver.onOpen();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.#ended) return this.#end();
        this.#receiver.onData(value);
      }
    } catch {
      this.#end();
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.close();
    this.#receiver.onClose();
  }
}

function isQuestion(frame: Uint8Array): boolean {
  return frame[8] === subscribeKinds.join || frame[8] === subscribeKinds.watch;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
