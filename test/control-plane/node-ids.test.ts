/** Storage nodes that share an id, over the wire. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { type RunningControlPlane, startControlPlane } from '../../src/control-plane/server.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { type RunningRole, silentLog } from '../../src/shared/process.ts';
import { startStorageNode } from '../../src/storage-node/server.ts';

const fleetSecret = 'a secret of this test only';
/** A node that starts on a busy machine. */
const startMsMax = 1_500;
let dataDir: string;
let control: RunningControlPlane;
const running: RunningRole[] = [];
const said: string[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'godwit-node-ids-'));
  control = await startControlPlane({ dataDir, fleetSecret, expectedNodes: 2, replicationFactor: 2 });
  await Promise.all([start('a'), start('b')]);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.drain(1_000)));
  await control.drain(1_000);
  await rm(dataDir, { recursive: true, force: true });
});

async function start(zone: string): Promise<RunningRole> {
  const node = await startStorageNode({
    ...{ id: `storage-${zone}`, zone, host: '127.0.0.1', port: 0, controlUrls: [control.url], fleetSecret },
    ...{ memoryBytes: 16 * 1024 * 1024, clock: systemClock },
    log: { ...silentLog, warn: (_fields: object, message: string) => said.push(message) },
  });
  running.push(node);
  return node;
}

async function end(node: RunningRole, leave: boolean): Promise<void> {
  running.splice(running.indexOf(node), 1);
  await node.drain(2_000, { leave });
}

const statistics = () => control.statistics().control!;

it('a second process with the id of a running node waits, says why, and comes in when the first has ended', async () => {
  said.length = 0;
  let started = false;
  const second = start('a').then(() => {
    started = true;
  });
  const warning = expect.stringContaining('another process with this --node-id is running');
  await expect.poll(() => said, { timeout: 12_000, message: 'what the nodes say' }).toContainEqual(warning);
  expect(started).toBe(false);
  await end(running[0]!, true);
  const endedMs = performance.now();
  await second;
  expect(performance.now() - endedMs).toBeLessThan(startMsMax);
  expect(statistics().resets).toBe(0);
});

it('the next life of a node that ended without a word waits for the time of silence only', async () => {
  await pause(500);
  await end(running[0]!, false);
  const endedMs = performance.now();
  await start('a');
  expect(performance.now() - endedMs).toBeLessThan(controlPlaneLimits.silentMs + startMsMax);
  expect(statistics().resets).toBe(0);
});
