import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GatewayConfig, startGateway } from '../../src/api/node-entry.ts';
import { startControlPlane } from '../../src/control-plane/server.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { type Log, type RunningRole, silentLog } from '../../src/shared/process.ts';
import { startStorageNode } from '../../src/storage-node/server.ts';

/** A whole fleet on loopback inside this process: control plane, storage nodes and gateways, each with its own listener. */
export interface TestFleet {
  /** Base URL of the first gateway. */
  readonly url: string;
  /** Base URLs of all gateways. */
  readonly urls: readonly string[];
  /** The admin key. */
  readonly adminToken: string;
  readonly fleetSecret: string;
  readonly controlUrl: string;
  readonly control: RunningRole;
  readonly nodes: readonly RunningRole[];
  readonly dataDir: string;
  stop(): Promise<void>;
}

export interface TestFleetOptions {
  readonly gateways?: number;
  /** Copies of each slot; 1 when left out. */
  readonly replicationFactor?: number;
  readonly zones?: readonly string[];
  /** Of each node. */
  readonly memoryBytes?: number;
  readonly gateway?: Partial<GatewayConfig>;
  /** The URL at which the storage node of a zone finds the control plane; its own one when left out. */
  readonly controlUrlOf?: (zone: string, url: string) => string | Promise<string>;
  readonly log?: Log;
}

const drainMs = 2_000;

export async function startFleet(options: TestFleetOptions = {}): Promise<TestFleet> {
  const { gateways = 1, zones = ['a', 'b', 'c'], memoryBytes = 32 * 1024 * 1024, log = silentLog } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'godwit-test-'));
  const fleetSecret = 'secret-of-a-test-fleet';
  const shared = { fleetSecret, clock: systemClock, log };
  const control = await startControlPlane({
    ...shared,
    dataDir,
    host: '127.0.0.1',
    port: 0,
    expectedNodes: zones.length,
    replicationFactor: options.replicationFactor ?? 1,
  });
  const controlUrls = [control.url];
  const { controlUrlOf = (_zone: string, url: string) => url } = options;
  const nodes = await Promise.all(
    zones.map(async (zone) =>
      startStorageNode({
        ...shared,
        id: `storage-${zone}`,
        zone,
        host: '127.0.0.1',
        port: 0,
        controlUrls: [await controlUrlOf(zone, control.url)],
        memoryBytes,
      }),
    ),
  );
  const fronts = await Promise.all(
    Array.from({ length: gateways }, (_, index) =>
      startGateway({
        ...shared,
        id: `gateway-${index}`,
        zone: zones[0],
        host: '127.0.0.1',
        port: 0,
        reusePort: false,
        internalHost: '127.0.0.1',
        internalPort: 0,
        controlUrls,
        metricsAccess: 'token',
        createCaches: false,
        logRequests: false,
        corsOrigins: ['*'],
        ...options.gateway,
      }),
    ),
  );
  return {
    url: fronts[0]!.url,
    urls: fronts.map((front) => front.url),
    adminToken: (await readFile(join(dataDir, 'admin.key'), 'utf8')).trim(),
    fleetSecret,
    controlUrl: control.url,
    control,
    nodes,
    dataDir,
    stop: async () => {
      await Promise.all(fronts.map((front) => front.drain(drainMs)));
      await Promise.all(nodes.map((node) => node.drain(drainMs)));
      await control.drain(drainMs);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
