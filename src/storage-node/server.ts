import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../shared/clock.ts';
import { StateWatcher } from '../shared/control-link/state-watcher.ts';
import type { FleetState } from '../shared/fleet-state.ts';
import { hopLimits } from '../shared/limits.ts';
import type { DrainOptions, Log, RunningRole } from '../shared/process.ts';
import { SecretCheck } from '../shared/secret-check.ts';
import { TurnEnd } from '../shared/turn-end.ts';
import { runBackground } from './background.ts';
import { ControlDuties } from './control-duties.ts';
import type { EvictionPolicyName } from './engine/options.ts';
import { createSegcache, type SegcacheEngine } from './engine/segcache.ts';
import { FrameBuffers } from './frame-buffers.ts';
import { createFrameServer } from './frame-server.ts';
import { nodeLimits } from './limits.ts';
import { NodeCore } from './node-core.ts';
import { nodeMetricsText } from './node-metrics-text.ts';
import { ReplicationLinks } from './replication/links/replication-links.ts';
import { lifeOf } from './replication/messages.ts';
import { StateRefresher } from './state-refresher.ts';
import { TopicLinks } from './topics/topic-links.ts';

export interface StorageNodeConfig {
  /** Stable id of the node; its incarnation is new with each start. */
  readonly id: string;
  readonly zone: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly controlUrls: readonly string[];
  readonly fleetSecret: string;
  /** Memory for items and their table, in bytes. */
  readonly memoryBytes: number;
  /** Which items make room when the memory is full; S3-FIFO when absent. */
  readonly eviction?: EvictionPolicyName;
  /** Kept empty until the fleet needs it. */
  readonly spare?: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the fleet takes this life for ended, so that only another one can serve. */
  readonly onDismissed?: () => void;
}

/** What a storage node consists of, beside its server. */
interface NodeParts {
  readonly self: { readonly id: string; readonly incarnation: string };
  readonly core: NodeCore<SegcacheEngine>;
  readonly buffers: FrameBuffers;
  readonly turn: TurnEnd;
  readonly links: ReplicationLinks;
  readonly watcher: StateWatcher;
  readonly refresher: StateRefresher;
  readonly duties: ControlDuties;
  readonly topicLinks: TopicLinks;
}

/**
 * Starts a storage node: listens, registers its incarnation, and resolves once a view names it. It starts
 * empty; what its slots held in an earlier life is in their copies, or gone, which their new data epoch says.
 */
export async function startStorageNode(config: StorageNodeConfig): Promise<RunningRole> {
  const { clock, log, fleetSecret } = config;
  const parts = newParts(config);
  const { self, core, buffers, turn, links, watcher, refresher, duties, topicLinks } = parts;
  let draining = false;
  const { server, connections } = createFrameServer({
    executor: core.executor,
    buffers,
    turn,
    topicLinks,
    replicationLinks: links,
    secret: new SecretCheck(fleetSecret),
    clock,
    log,
    metrics: () => nodeMetricsText({ core, links, duties: duties.counts, registry: watcher.current().registry }),
    isReady: () => !draining && core.slots.viewNumber > 0,
  });
  const url = await listen(server, config.host, config.port);
  const apply = (state: FleetState): void => {
    core.applyState(state);
    links.want(peersOf(parts, state));
    duties.onApplied();
  };
  watcher.onChange(apply);
  const stopBackground = runBackground(core, clock);
  const [view] = await Promise.all([register(duties, url), watcher.start()]);
  while (core.slots.viewNumber < view) apply(await watcher.refresh(hopLimits.deadlineMs));
  log.info({ url, slots: core.slots.slotsServed(), view: core.slots.viewNumber }, 'serving');
  return {
    url,
    internalUrl: url,
    incarnation: self.incarnation,
    drain: async (deadlineMs: number, { leave = false, cutShort }: DrainOptions = {}) => {
      let endMs = clock.monotonicMs() + deadlineMs;
      const cut = cutShort?.then((ms) => {
        endMs = Math.min(endMs, clock.monotonicMs() + ms);
      });
      if (leave) await duties.leave(deadlineMs, cut);
      const leftMs = Math.max(0, endMs - clock.monotonicMs());
      draining = true;
      topicLinks.close();
      const closed = closeServer(server, leftMs);
      await connections.drain(leftMs);
      // Until here copies could acknowledge what was under way.
      links.close();
      await closed;
      stopBackground();
      refresher.stop();
      await Promise.all([watcher.stop(), duties.stop({ gone: leave })]);
    },
  };
}

/** From the view on that names this life, its silence counts. */
async function register(duties: ControlDuties, url: string): Promise<number> {
  const { view } = await duties.register(url);
  duties.start();
  return view;
}

function newParts(config: StorageNodeConfig): NodeParts {
  const { id, zone, memoryBytes, eviction, clock, log, fleetSecret } = config;
  const self = { id, incarnation: randomBytes(9).toString('base64url') };
  const control = { urls: config.controlUrls, fleetSecret, fetch };
  const buffers = new FrameBuffers();
  const turn = new TurnEnd();
  const watcher = new StateWatcher({ ...control, id: `${id}.${self.incarnation}`, role: 'storage', clock, log });
  const core = new NodeCore({
    self,
    engine: createSegcache({ memoryBytes, ...(eviction === undefined ? {} : { eviction }) }),
    idempotencyBytesMax: memoryBytes * nodeLimits.idempotencyMemoryShare,
    topicBytesMax: Math.max(nodeLimits.topicMemoryBytesMin, memoryBytes * nodeLimits.topicMemoryShare),
    clock,
    memory: buffers,
    send: (to, message) => links.send(to, message),
    propose: (proposal) => duties.propose(proposal),
    onBehind: () => refresher.refresh(),
    onTraced: (operation) => log.info(operation, 'traced operation'),
    defer: (callback) => turn.defer(callback),
  });
  const { slots, topics } = core;
  const refresher = new StateRefresher(watcher, core.store);
  const links: ReplicationLinks = new ReplicationLinks({
    self: lifeOf(self),
    fleetSecret,
    clock,
    log,
    memory: buffers,
    turn,
    onMessage: (life, message) => core.onMessage(life, message),
    onConnected: (life) => core.onConnected(life),
    onDisconnected: () => {},
  });
  const duties: ControlDuties = new ControlDuties({
    ...control,
    registration: { ...self, zone, weight: 1, memory_bytes: memoryBytes, ...(config.spare ? { spare: true } : {}) },
    core,
    clock,
    log,
    onBehind: () => refresher.refresh(),
    onDismissed: config.onDismissed ?? (() => {}),
  });
  const topicLinks = new TopicLinks({ topics, slots, clock, onBehind: () => refresher.refresh() }, log);
  return { self, core, buffers, turn, links, watcher, refresher, duties, topicLinks };
}

/** The peers by the view, with their URLs. */
function peersOf({ core }: NodeParts, { view }: FleetState): { life: string; url: string }[] {
  const lives = core.replication.peers();
  return view.nodes.map((node) => ({ life: lifeOf(node), url: node.url })).filter(({ life }) => lives.has(life));
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen({ host, port });
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

/** Closes a server: requests under way finish, idle connections end at once, the rest at the deadline. */
async function closeServer(server: Server, deadlineMs: number): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearTimeout(timer);
}
