/** The control plane as a process's role: its store, its internal listener and its housekeeping. */
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type Log, type RunningRole, silentLog } from '../shared/process.ts';
import { ensureAdminKey } from './admin-key.ts';
import { ControlPlane, type ControlPlaneOptions, type ControlPlaneStatistics } from './control-plane.ts';
import { controlPlaneLimits } from './limits.ts';
import { createListener } from './listener.ts';
import { routesOf } from './routes.ts';
import { StoreError } from './store/coordination-store.ts';
import { openSqliteStore, sqliteFileName } from './store/sqlite-store.ts';

export interface ControlPlaneConfig
  extends Pick<ControlPlaneOptions, 'issuer' | 'expectedNodes' | 'replicationFactor' | 'nodesStartAnew'> {
  /** Holds `control.sqlite` and `admin.key`; made when missing. */
  readonly dataDir: string;
  /** Shared by the fleet's processes; at least 16 characters. */
  readonly fleetSecret: string;
  /** Address of the internal listener; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0 or left out: a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A started control plane. */
export interface RunningControlPlane extends RunningRole {
  statistics(): ControlPlaneStatistics;
}

const fleetSecretLengthMin = 16;

/**
 * Starts the control plane; resolves when it answers. Rejects with `StoreError` when its state cannot be
 * read, with Node's error of `listen` when the address cannot be had, and with `RangeError` for a secret
 * that is too short.
 */
export async function startControlPlane(config: ControlPlaneConfig): Promise<RunningControlPlane> {
  const { dataDir, fleetSecret, host = '127.0.0.1', port = 0, clock = systemClock, log = silentLog } = config;
  if (fleetSecret.length < fleetSecretLengthMin) throw new RangeError('the fleet’s secret is too short');
  const store = openSqliteStore(join(preparedDataDir(dataDir), sqliteFileName));
  let server: Server | undefined;
  try {
    const control = await ControlPlane.open({ ...config, store, clock, log });
    const { created } = await ensureAdminKey(dataDir, () => control.issueAdminKey());
    if (created) log.info({}, 'admin key created');
    server = createListener(routesOf(control), fleetSecret, log);
    const url = await listen(server, host, port);
    await control.registerSelf(url);
    return running(control, server, url);
  } catch (error) {
    server?.close();
    await store.close();
    throw error;
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

function running(control: ControlPlane, server: Server, url: string): RunningControlPlane {
  const timer = setInterval(() => void control.tick(), controlPlaneLimits.tickMs);
  let drained: Promise<void> | undefined;
  const drain = async (deadlineMs: number) => {
    clearInterval(timer);
    const cutOff = setTimeout(() => server.closeAllConnections(), deadlineMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    control.stopWaiting();
    server.closeIdleConnections();
    // Connections that a peer keeps alive turn idle with their last answer.
    const idle = setInterval(() => server.closeIdleConnections(), controlPlaneLimits.drainPollMs);
    await closed;
    clearTimeout(cutOff);
    clearInterval(idle);
    await control.close();
  };
  return {
    url,
    internalUrl: url,
    statistics: () => control.statistics(),
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
