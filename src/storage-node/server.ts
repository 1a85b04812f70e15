import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../shared/clock.ts';
import { registerNode } from '../shared/control-link/register-node.ts';
import { StateWatcher } from '../shared/control-link/state-watcher.ts';
import type { FleetState } from '../shared/fleet-state.ts';
import { hopLimits } from '../shared/limits.ts';
import type { Log, RunningRole } from '../shared/process.ts';
import { SecretCheck } from '../shared/secret-check.ts';
import type { EvictionPolicyName } from './engine/options.ts';
import { createSegcache, type SegcacheEngine } from './engine/segcache.ts';
import { FrameExecutor } from './executor.ts';
import { FrameBuffers } from './frame-buffers.ts';
import { createFrameServer } from './frame-server.ts';
import { IdempotencyTable } from './idempotency-table.ts';
import { nodeLimits } from './limits.ts';
import { nodeMetricsText } from './node-metrics-text.ts';
import { SlotTable } from './slot-table.ts';
import { TopicLinks } from './topics/topic-links.ts';
import { TopicTable } from './topics/topic-table.ts';

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
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts a storage node: listens, registers its incarnation, and resolves once a view names it. It starts
 * empty; what its slots held in an earlier life is gone, which their new data epoch says.
 */
export async function startStorageNode(config: StorageNodeConfig): Promise<RunningRole> {
  const { clock, log, fleetSecret } = config;
  const incarnation = randomBytes(9).toString('base64url');
  const held = newContents(config, incarnation);
  const { slots, topics } = held;
  const buffers = new FrameBuffers();
  const onBehind = () => void watcher.refresh(hopLimits.deadlineMs).catch(() => {});
  const executor = new FrameExecutor({
    ...held,
    clock,
    memory: buffers,
    onBehind,
    onTraced: (operation) => log.info(operation, 'traced operation'),
  });
  const topicLinks = new TopicLinks({ topics, slots, clock, onBehind }, log);
  let draining = false;
  const { server, connections } = createFrameServer({
    executor,
    buffers,
    topicLinks,
    secret: new SecretCheck(fleetSecret),
    clock,
    log,
    metrics: () => nodeMetricsText({ ...held, metrics: executor.metrics, registry: watcher.current().registry }),
    isReady: () => !draining && slots.viewNumber > 0,
  });
  const url = await listen(server, config.host, config.port);
  const link = { urls: config.controlUrls, fleetSecret, fetch };
  const watcher = new StateWatcher({ ...link, id: `${config.id}.${incarnation}`, role: 'storage', clock, log });
  const apply = (state: FleetState): void => {
    executor.applyRegistry(state.registry);
    slots.apply(state.view);
    topics.applyView();
  };
  watcher.onChange(apply);
  const stopRegistering = new AbortController();
  const [{ view }] = await Promise.all([
    registerNode({
      ...link,
      log,
      signal: stopRegistering.signal,
      registration: { id: config.id, incarnation, zone: config.zone, url, weight: 1 },
    }),
    watcher.start(),
  ]);
  while (slots.viewNumber < view) apply(await watcher.refresh(hopLimits.deadlineMs));
  const stopMaintenance = maintain(held, clock);
  log.info({ url, slots: slots.slotsServed(), view: slots.viewNumber }, 'serving');
  return {
    url,
    internalUrl: url,
    drain: async (deadlineMs) => {
      draining = true;
      stopRegistering.abort();
      stopMaintenance();
      topicLinks.close();
      await Promise.all([watcher.stop(), connections.drain(deadlineMs), closeServer(server, deadlineMs)]);
    },
  };
}

/** What a node holds. */
interface NodeContents {
  readonly engine: SegcacheEngine;
  readonly slots: SlotTable;
  readonly idempotency: IdempotencyTable;
  readonly topics: TopicTable;
}

function newContents({ id, memoryBytes, eviction, clock }: StorageNodeConfig, incarnation: string): NodeContents {
  const slots = new SlotTable(id, incarnation);
  const topicBytesMax = Math.max(nodeLimits.topicMemoryBytesMin, memoryBytes * nodeLimits.topicMemoryShare);
  return {
    engine: createSegcache({ memoryBytes, ...(eviction === undefined ? {} : { eviction }) }),
    slots,
    idempotency: new IdempotencyTable(memoryBytes * nodeLimits.idempotencyMemoryShare),
    topics: new TopicTable({ slots, clock, bytesMax: topicBytesMax }),
  };
}

/** Frees expired memory by and by: pieces of at most a millisecond, with turns of the event loop between them. */
function maintain({ engine, topics }: NodeContents, clock: Clock): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const round = (): void => {
    if (stopped) return;
    if (engine.maintain(clock.monotonicMs())) setImmediate(round);
    else timer = setTimeout(round, nodeLimits.maintenanceIntervalMs);
  };
  round();
  const topicRounds = setInterval(() => topics.maintain(clock.monotonicMs()), nodeLimits.topicMaintenanceIntervalMs);
  return () => {
    stopped = true;
    clearTimeout(timer);
    clearInterval(topicRounds);
  };
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
