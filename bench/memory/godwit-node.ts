/**
 * One storage node in a process of its own, as `godwit storage` runs it, only that it may have less memory than the
 * command line allows.
 *
 *     node bench/memory/godwit-node.ts MEMORY_BYTES CONTROL_URL FLEET_SECRET
 */
import { systemClock } from '../../src/shared/clock.ts';
import { silentLog } from '../../src/shared/process.ts';
import { startStorageNode } from '../../src/storage-node/server.ts';

const [memoryBytes, controlUrl, fleetSecret] = process.argv.slice(2) as [string, string, string];
const { url } = await startStorageNode({
  id: 'bench',
  zone: 'a',
  host: '127.0.0.1',
  port: 0,
  controlUrls: [controlUrl],
  fleetSecret,
  memoryBytes: Number(memoryBytes),
  clock: systemClock,
  log: silentLog,
});
console.log(`serving on ${url}`);
