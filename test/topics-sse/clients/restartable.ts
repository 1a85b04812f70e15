import { startGateway } from '../../../src/api/node-entry.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { type RunningRole, silentLog } from '../../../src/shared/process.ts';
import { startStorageNode } from '../../../src/storage-node/server.ts';
import type { TestFleet } from '../../support/fleet.ts';

/** Another gateway of a fleet, which the test may end and start again on the same port. */
export function startAnotherGateway(
  fleet: TestFleet,
  port = 0,
  more: { readonly streamAgeMs?: number } = {},
): Promise<RunningRole> {
  return startGateway({
    ...more,
    id: 'gateway-restarted',
    zone: 'a',
    host: '127.0.0.1',
    port,
    reusePort: false,
    internalHost: '127.0.0.1',
    internalPort: 0,
    controlUrls: [fleet.controlUrl],
    fleetSecret: fleet.fleetSecret,
    clock: systemClock,
    log: silentLog,
    metricsAccess: 'token',
    createCaches: false,
    logRequests: false,
    corsOrigins: ['*'],
  });
}

/** Starts the fleet's first storage node anew, empty; the fleet then stops this one. */
export async function restartStorageNode(fleet: TestFleet): Promise<void> {
  const node = await startStorageNode({
    id: 'storage-a',
    zone: 'a',
    host: '127.0.0.1',
    port: 0,
    controlUrls: [fleet.controlUrl],
    fleetSecret: fleet.fleetSecret,
    memoryBytes: 32 * 1024 * 1024,
    clock: systemClock,
    log: silentLog,
  });
  (fleet.nodes as RunningRole[])[0] = node;
}
