import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Gateway } from '../../src/api/gateway.ts';
import { GatewayMetrics } from '../../src/api/gateway-metrics.ts';
import { createPublicServer } from '../../src/api/node/public-server.ts';
import type { ControlClient } from '../../src/control-plane/client.ts';
import { FleetClient } from '../../src/routing/fleet-client.ts';
import type { Transport } from '../../src/routing/transport.ts';
import { UndiciTransport } from '../../src/routing/undici-transport.ts';
import { systemClock } from '../../src/shared/clock.ts';
import type { CacheSettings, FleetNode, FleetStateSource, Registry, View } from '../../src/shared/fleet-state.ts';
import { type Log, silentLog } from '../../src/shared/process.ts';
import { SecretCheck } from '../../src/shared/secret-check.ts';
import { TurnEnd } from '../../src/shared/turn-end.ts';
import { runBackground } from '../../src/storage-node/background.ts';
import { createSegcache, type SegcacheEngine } from '../../src/storage-node/engine/segcache.ts';
import type { FrameExecutor } from '../../src/storage-node/executor.ts';
import { FrameBuffers } from '../../src/storage-node/frame-buffers.ts';
import type { FrameConnections } from '../../src/storage-node/frame-connections.ts';
import { createFrameServer } from '../../src/storage-node/frame-server.ts';
import { NodeCore } from '../../src/storage-node/node-core.ts';
import type { Proposal } from '../../src/storage-node/replication/environment.ts';
import { ReplicationLinks } from '../../src/storage-node/replication/links/replication-links.ts';
import { lifeOf } from '../../src/storage-node/replication/messages.ts';
import type { SlotTable } from '../../src/storage-node/slot-table.ts';
import { TopicLinks } from '../../src/storage-node/topics/topic-links.ts';
import type { TopicTable } from '../../src/storage-node/topics/topic-table.ts';
import { signAccessToken } from '../../src/tokens/signing-keys.ts';
import { StreamKeeper } from '../../src/topics-sse/stream-keeper.ts';
import { TopicHub } from '../../src/topics-sse/topic-hub.ts';
import { UpgradeTransport } from '../../src/topics-sse/upgrade-transport.ts';
import { Fleet } from '../tokens/fixture.ts';
import { ManualSource, testNode, testRegistry, testState, testView } from './fleet-state.ts';

export const fleetSecret = 'a secret of these tests only';

/** A log that keeps what it is told. */
export class KeptLog implements Log {
  readonly lines: { level: string; fields: object; message: string }[] = [];
  readonly debug = (fields: object, message: string): void => void this.lines.push({ level: 'debug', fields, message });
  readonly info = (fields: object, message: string): void => void this.lines.push({ level: 'info', fields, message });
  readonly warn = (fields: object, message: string): void => void this.lines.push({ level: 'warn', fields, message });
  readonly error = (fields: object, message: string): void => void this.lines.push({ level: 'error', fields, message });
}

/** A storage node with its real listener, engine and links, but without a control plane: the test gives it its state. */
export class LoopbackNode {
  readonly id: string;
  readonly incarnation: string;
  readonly core: NodeCore<SegcacheEngine>;
  readonly links: ReplicationLinks;
  readonly slots: SlotTable;
  readonly topics: TopicTable;
  readonly topicLinks: TopicLinks;
  readonly executor: FrameExecutor;
  readonly server: Server;
  readonly connections: FrameConnections;
  readonly log = new KeptLog();
  /** What the node's slots asked of the control plane. */
  readonly proposals: Proposal[] = [];
  url = '';
  readonly #sockets = new Set<Socket>();
  #stopBackground: () => void = () => {};

  /** `stalledMs`: time without progress after which the node gives up a posted frame. */
  constructor(id: string, life = 1, stalledMs = 300) {
    this.id = id;
    this.incarnation = `${id}-${life}`;
    const buffers = new FrameBuffers();
    const clock = systemClock;
    const turn = new TurnEnd();
    this.core = new NodeCore({
      self: this,
      engine: createSegcache({ memoryBytes: 64 * 1024 * 1024, hashSeed: 1 }),
      idempotencyBytesMax: 4 * 1024 * 1024,
      topicBytesMax: 16 * 1024 * 1024,
      clock,
      memory: buffers,
      send: (to, message) => this.links.send(to, message),
      propose: (proposal) => this.proposals.push(proposal),
      onBehind: () => {},
      onTraced: () => {},
      defer: (callback) => turn.defer(callback),
    });
    this.links = new ReplicationLinks({
      self: lifeOf(this),
      fleetSecret,
      clock,
      log: this.log,
      memory: buffers,
      turn,
      onMessage: (life, message) => this.core.onMessage(life, message),
      onConnected: (life) => this.core.onConnected(life),
      onDisconnected: () => {},
    });
    ({ slots: this.slots, topics: this.topics, executor: this.executor } = this.core);
    const { slots } = this;
    this.topicLinks = new TopicLinks({ topics: this.topics, slots, clock, onBehind: () => {} }, this.log);
    ({ server: this.server, connections: this.connections } = createFrameServer({
      executor: this.executor,
      buffers,
      turn,
      topicLinks: this.topicLinks,
      replicationLinks: this.links,
      secret: new SecretCheck(fleetSecret),
      clock,
      log: this.log,
      metrics: () => 'metrics\n',
      isReady: () => true,
      stalledMs,
    }));
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get node(): FleetNode {
    return testNode(this.id, this.url, this.incarnation);
  }

  async listen(port = 0): Promise<this> {
    this.url = await listen(this.server, port);
    this.#stopBackground = runBackground(this.core, systemClock);
    return this;
  }

  /** Takes a state as from the control plane. */
  apply(registry: Registry, view: View): void {
    this.core.applyRegistry(registry);
    this.core.applyView(view);
    const lives = this.core.replication.peers();
    this.links.want(
      view.nodes.map((node) => ({ life: lifeOf(node), url: node.url })).filter(({ life }) => lives.has(life)),
    );
  }

  /** Dies as a killed process does: every connection breaks, and what it held is gone. */
  async kill(): Promise<void> {
    const closed = once(this.server, 'close');
    this.#stopBackground();
    this.links.close();
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

export async function listen(server: Server, port = 0): Promise<string> {
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * Tells nodes and gateways, in this order, of a view with these nodes, dealt the slots in turn. A data epoch begins with
 * the slots' first epoch, in which no node waits for a predecessor.
 */
export function publish(source: ManualSource, nodes: readonly LoopbackNode[], dataEpoch = 1): void {
  const number = source.current().view.number + 1;
  const view = testView(
    number,
    nodes.map(({ node }) => node),
    (slot) => [dataEpoch > 1 ? 1 : number, dataEpoch, [slot % nodes.length], []],
  );
  const { registry } = source.current();
  for (const node of nodes) node.apply(registry, view);
  source.set({ view });
}

export function realFleetClient(
  source: FleetStateSource,
  transport: Transport = new UndiciTransport(fleetSecret),
): FleetClient {
  return new FleetClient({
    source,
    transport,
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    delay,
  });
}

function delay(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/** A gateway with its real public listener over the given nodes; `main` is the account, `cache` its cache. */
export class LoopbackGateway {
  readonly source: ManualSource;
  readonly fleet: FleetClient;
  readonly hub: TopicHub;
  readonly streams: StreamKeeper;
  readonly gateway: Gateway;
  readonly server: Server;
  readonly log = new KeptLog();
  readonly token: string;
  url = '';

  readonly #tokens: Fleet;

  private constructor(source: ManualSource, tokens: Fleet, token: string, transport?: Transport) {
    const { verifier } = tokens;
    this.source = source;
    this.token = token;
    this.#tokens = tokens;
    this.fleet = realFleetClient(source, transport);
    const timing = { clock: systemClock, random: Math.random, delay };
    const links = new UpgradeTransport(fleetSecret);
    this.hub = new TopicHub({ ...timing, source, transport: links, defer: (callback) => setImmediate(callback) });
    this.streams = new StreamKeeper(timing);
    this.gateway = new Gateway({
      source,
      fleet: this.fleet,
      control: null as unknown as ControlClient,
      verifier,
      hub: this.hub,
      streams: this.streams,
      clock: systemClock,
      log: this.log,
      random: Math.random,
      metrics: new GatewayMetrics(),
      settings: { corsOrigins: ['*'], metricsAccess: 'token', createCaches: false, logRequests: false },
      openApiText: 'openapi: 3.1.0\n',
      fleetMetrics: async () => '',
      docsFile: async () => undefined,
    });
    this.server = createPublicServer(this.gateway, this.log);
  }

  static async start(
    nodes: readonly LoopbackNode[],
    settings: Partial<CacheSettings> = {},
    transport?: Transport,
  ): Promise<LoopbackGateway> {
    const source = new ManualSource(testState(testView(0, []), testRegistry(1, { cache: 1 }, settings)));
    publish(source, nodes);
    const tokens = await Fleet.start();
    const started = new LoopbackGateway(
      source,
      tokens,
      await signAccessToken(tokens.admin.claims, tokens.key),
      transport,
    );
    started.url = await listen(started.server);
    return started;
  }

  get authorization(): { authorization: string } {
    return { authorization: `Bearer ${this.token}` };
  }

  /** Withdraws a token by its id. */
  withdraw(jti: string): void {
    this.#tokens.change({ revocations: [{ jti, expires_at: null }] });
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    await this.streams.drain(0);
    this.server.closeAllConnections();
    await closed;
    this.fleet.close();
    this.hub.close();
  }
}
