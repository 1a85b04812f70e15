/** The control plane as a process's role: its store, its internal listener and its housekeeping. */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type Log, type RunningRole, silentLog } from '../shared/process.ts';
import { ensureAdminKey } from './admin-key.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { Candidate, type ControlProcess, type ControlProcessStatistics, SoleLeader } from './control-process.ts';
import { controlPlaneLimits } from './limits.ts';
import { createListener } from './listener.ts';
import { entryKeys } from './records.ts';
import { routesOf } from './routes.ts';
import { type CoordinationStore, StoreError } from './store/coordination-store.ts';
import { type EtcdStoreOptions, openEtcdStore } from './store/etcd-store.ts';
import { sqliteFileName } from './store/sqlite-errors.ts';
import { openSqliteStore } from './store/sqlite-store.ts';

/** How to reach an etcd cluster; see `EtcdStoreOptions`. */
export type EtcdConfig = Pick<EtcdStoreOptions, 'endpoints' | 'prefix' | 'tls' | 'credentials'>;

export interface ControlPlaneConfig
  extends Pick<
    ControlPlaneOptions,
    'issuer' | 'expectedNodes' | 'replicationFactor' | 'spareTargets' | 'nodesStartAnew'
  > {
  /** Name of this process among the candidates for the leadership; needed with `etcd`. */
  readonly id?: string;
  /** Holds `admin.key`, and `control.sqlite` when the state is embedded; made when missing. */
  readonly dataDir: string;
  /** Keeps the state in etcd, which several control processes share; embedded when left out. */
  readonly etcd?: EtcdConfig;
  /** Shared by the fleet's processes; at least 16 characters. */
  readonly fleetSecret: string;
  /** Address of the internal listener; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A started control process. */
export interface RunningControlPlane extends RunningRole {
  statistics(): ControlProcessStatistics;
}

const fleetSecretLengthMin = 16;

/**
 * Starts a control process; resolves when it answers, as the leader or as a follower. Rejects with `StoreError` when
 * its state cannot be read, or when etcd does not let it in (one that does not answer yet is waited for), with Node's
 * error of `listen` when the address cannot be had, and with `RangeError` for a secret that is too short.
 */
export async function startControlPlane(config: ControlPlaneConfig): Promise<RunningControlPlane> {
  const { dataDir, etcd, fleetSecret, host = '127.0.0.1', port = 0, clock = systemClock, log = silentLog } = config;
  if (fleetSecret.length < fleetSecretLengthMin) throw new RangeError('the fleet’s secret is too short');
  const folder = preparedDataDir(dataDir);
  const store = etcd
    ? openEtcdStore({ ...etcd, clock, random: Math.random })
    : openSqliteStore(join(folder, sqliteFileName), clock);
  let process: ControlProcess | undefined;
  let server: Server | undefined;
  try {
    const prepare = async (control: ControlPlane) => {
      const { created } = await ensureAdminKey(dataDir, () => control.issueAdminKey());
      if (created) log.info({}, 'admin key created');
    };
    const options = { ...config, store, clock, log, prepare };
    if (etcd) {
      await checkAccess(store, log);
      process = new Candidate({ ...options, nodesStartAnew: false, id: config.id ?? 'control', random: Math.random });
    } else {
      process = await SoleLeader.open(options);
    }
    server = createListener(routesOf(process), fleetSecret, log);
    const url = await listen(server, host, port);
    await process.start(url);
    return running(process, server, url, clock);
  } catch (error) {
    server?.close();
    await store.close();
    throw error;
  }
}

/** One look at the store: throws when it does not let this process in; that it does not answer is told, and may pass. */
async function checkAccess(store: CoordinationStore, log: Log): Promise<void> {
  try {
    await store.get(entryKeys.leader);
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== 'unreachable') throw error;
    log.warn({ err: error }, 'the coordination store does not answer yet; trying on');
  }
}

function preparedDataDir(dataDir: string): string {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError('unreadable', 'the data directory cannot be made', { cause: error });
  }
  return dataDir;
}

function running(process: ControlProcess, server: Server, url: string, clock: Clock): RunningControlPlane {
  let drained: Promise<void> | undefined;
  const drain = async (deadlineMs: number) => {
    const endMs = clock.monotonicMs() + deadlineMs;
    const cutOff = setTimeout(() => server.closeAllConnections(), deadlineMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    process.stopWaiting();
    server.closeIdleConnections();
    // Connections that a peer keeps alive turn idle with their last answer.
    const idle = setInterval(() => server.closeIdleConnections(), controlPlaneLimits.drainPollMs);
    await closed;
    clearTimeout(cutOff);
    clearInterval(idle);
    await process.close(Math.max(0, endMs - clock.monotonicMs()));
  };
  return {
    url,
    internalUrl: url,
    statistics: () => process.statistics(),
    drain: (deadlineMs) => {
      drained ??= drain(deadlineMs);
      return drained;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const { address, family, port: bound } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`);
    });
  });
}
