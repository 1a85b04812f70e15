import { once } from 'node:events';
import { request, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../../src/shared/clock.ts';
import { SecretCheck } from '../../../src/shared/secret-check.ts';
import { TurnEnd } from '../../../src/shared/turn-end.ts';
import { FrameBuffers } from '../../../src/storage-node/frame-buffers.ts';
import { createFrameServer } from '../../../src/storage-node/frame-server.ts';
import { replicationPath, replicationProtocol } from '../../../src/storage-node/replication/links/handshake.ts';
import { type LinkLimits, linkLimits } from '../../../src/storage-node/replication/links/limits.ts';
import { ReplicationLinks } from '../../../src/storage-node/replication/links/replication-links.ts';
import type { Life, ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { messageBytes, ReplicationFrameWriter } from '../../../src/storage-node/replication/wire/frame-writer.ts';
import { fleetSecret, KeptLog, listen } from '../../support/loopback.ts';

interface LinkPeerOptions {
  readonly limits?: Partial<LinkLimits>;
  readonly clock?: Clock;
  readonly secret?: string;
  readonly onMessage?: (from: Life, message: ReplicationMessage) => void;
  readonly onConnected?: (life: Life) => void;
}

/** The links of a storage node behind its real listener, and what they told their host. */
export class LinkPeer {
  readonly life: Life;
  readonly links: ReplicationLinks;
  readonly turn = new TurnEnd();
  readonly server: Server;
  readonly log = new KeptLog();
  readonly messages: ReplicationMessage[] = [];
  readonly events: string[] = [];
  url = '';
  readonly #sockets = new Set<Socket>();
  #calling = false;

  constructor(life: Life, { limits, clock = systemClock, secret = fleetSecret, ...on }: LinkPeerOptions = {}) {
    this.life = life;
    const memory = new FrameBuffers();
    this.links = new ReplicationLinks({
      self: life,
      fleetSecret: secret,
      clock,
      log: this.log,
      memory,
      turn: this.turn,
      limits: { ...linkLimits, ...limits },
      onMessage: (from, message) => {
        this.messages.push(message);
        on.onMessage?.(from, message);
      },
      onConnected: (peer) => {
        this.#told(`connected ${peer}`);
        on.onConnected?.(peer);
      },
      onDisconnected: (peer) => this.#told(`disconnected ${peer}`),
    });
    // Of the listener only what switches connections is used.
    ({ server: this.server } = createFrameServer({
      executor: {} as never,
      topicLinks: {} as never,
      buffers: memory,
      turn: this.turn,
      replicationLinks: this.links,
      secret: new SecretCheck(secret),
      clock,
      log: this.log,
      metrics: () => '',
      isReady: () => true,
    }));
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get counters() {
    return this.links.counters;
  }

  /** Sockets that the listener has. */
  get sockets(): number {
    return this.#sockets.size;
  }

  async listen(port = 0): Promise<this> {
    this.url = await listen(this.server, port);
    return this;
  }

  /** As the host does after a view. */
  want(...peers: { readonly life: Life; readonly url: string }[]): void {
    this.#call(() => this.links.want(peers.map(({ life, url }) => ({ life, url }))));
  }

  send(to: { readonly life: Life }, ...messages: ReplicationMessage[]): void {
    this.#call(() => {
      for (const message of messages) this.links.send(to.life, message);
    });
  }

  /** Breaks every connection that peers have dialled. */
  breakIncoming(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Dies as a killed process does. */
  async kill(): Promise<void> {
    this.links.close();
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.breakIncoming();
    await closed;
  }

  #told(event: string): void {
    if (this.#calling) throw new Error('called back within a call of the host');
    this.events.push(event);
  }

  #call(act: () => void): void {
    this.#calling = true;
    act();
    this.#calling = false;
  }
}

/** A request to be switched, as a peer sends it: the socket when it was, the status when it was refused. */
export function shakeHands(
  url: string,
  headers: Record<string, string>,
  path = replicationPath,
  protocol = replicationProtocol,
): Promise<Duplex | number> {
  return new Promise((resolve, reject) => {
    const all = { connection: 'upgrade', upgrade: protocol, authorization: `Bearer ${fleetSecret}`, ...headers };
    const asking = request(url + path, { headers: all, agent: false });
    asking.on('upgrade', (_response, socket) => {
      socket.on('error', () => {});
      resolve(socket);
    });
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** The frame of these messages. */
export function replicationFrame(messages: readonly ReplicationMessage[], number: number): Uint8Array {
  const writer = new ReplicationFrameWriter({ allocate: (size) => new Uint8Array(size) });
  for (const message of messages) writer.add(message, messageBytes(message));
  return writer.take(number);
}

export const ack = (last: number): ReplicationMessage => ({ kind: 'ack', slot: 1, epoch: 2, session: 0, last });

/** An append with one entry of this size. */
export const append = (sequence: number, bytes: number): ReplicationMessage => ({
  kind: 'append',
  slot: 1,
  epoch: 2,
  dataEpoch: 3,
  session: 0,
  committed: 0,
  entries: [{ sequence, hash: 4, payload: new Uint8Array(bytes).fill(sequence & 0xff) }],
});
