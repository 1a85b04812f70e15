import type { Duplex } from 'node:stream';
import { Client } from 'undici';
import { fleetAuthorization } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import { topicLinkPath, topicLinkProtocol } from '../shared/topics/link-layout.ts';
import type { LinkConnection, LinkReceiver, LinkTransport } from './link-transport.ts';

/** Topic links over undici: one connection each, which HTTP's `Upgrade` has switched (RFC 9110 §7.8). */
export class UpgradeTransport implements LinkTransport {
  readonly #authorization: string;

  constructor(fleetSecret: string) {
    this.#authorization = `Bearer ${fleetSecret}`;
  }

  open(url: string, receiver: LinkReceiver): LinkConnection {
    return new UpgradeLink(url, this.#authorization, receiver);
  }
}

class UpgradeLink implements LinkConnection {
  readonly #client: Client;
  readonly #receiver: LinkReceiver;
  #early: Uint8Array[] = [];
  #socket: Duplex | null = null;
  #ended = false;

  constructor(url: string, authorization: string, receiver: LinkReceiver) {
    this.#receiver = receiver;
    this.#client = new Client(url, { connectTimeout: hopLimits.connectTimeoutMs, pipelining: 1 });
    const headers = { [fleetAuthorization]: authorization };
    this.#client.upgrade(
      { path: topicLinkPath, method: 'GET', protocol: topicLinkProtocol, headers },
      (error, data) => {
        if (error !== null) this.#end();
        else if (this.#ended) data.socket.destroy();
        else this.#open(data.socket);
      },
    );
  }

  send(frame: Uint8Array): void {
    if (this.#socket === null) this.#early.push(frame);
    else this.#socket.write(frame);
  }

  close(): void {
    this.#ended = true;
    this.#socket?.destroy();
    this.#client.destroy().catch(() => {});
  }

  #open(socket: Duplex): void {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      if (this.#ended) return;
      try {
        this.#receiver.onData(chunk);
      } catch {
        this.#end();
      }
    });
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
    this.#receiver.onOpen();
    if (this.#early.length > 0) socket.write(Buffer.concat(this.#early));
    this.#early = [];
  }

  #end(): void {
    if (this.#ended) return;
    this.close();
    this.#receiver.onClose();
  }
}
