import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControlPlane, startControlPlane } from '../../src/control-plane/server.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { controlPaths } from '../../src/shared/control-link/protocol.ts';
import { fleetAuthorization } from '../../src/shared/frame/transport.ts';
import { silentLog } from '../../src/shared/process.ts';
import { type EvictionPolicyName, evictionPolicyNames } from '../../src/storage-node/engine/options.ts';
import { startStorageNode } from '../../src/storage-node/server.ts';

const fleetSecret = 'a secret of this test only';
let dataDir: string;
let control: RunningControlPlane;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'godwit-storage-'));
  control = await startControlPlane({ dataDir, fleetSecret, expectedNodes: 1 });
});
afterAll(async () => {
  await control.drain(1_000);
  await rm(dataDir, { recursive: true, force: true });
});

async function ghostBytesOf(eviction: EvictionPolicyName | undefined): Promise<number> {
  const node = await startStorageNode({
    id: 'storage-a',
    zone: 'a',
    host: '127.0.0.1',
    port: 0,
    controlUrls: [control.url],
    fleetSecret,
    memoryBytes: 32 * 1024 * 1024,
    ...(eviction === undefined ? {} : { eviction }),
    clock: systemClock,
    log: silentLog,
  });
  const headers = { [fleetAuthorization]: `Bearer ${fleetSecret}` };
  const text = await (await fetch(new URL(controlPaths.metrics, node.url), { headers })).text();
  await node.drain(1_000);
  return Number(/^godwit_node_memory_bytes\{use="ghost"\} (\d+)$/m.exec(text)?.[1]);
}

describe('storage node: eviction policy', () => {
  it('is S3-FIFO when not told, the only one that remembers what it evicted', async () => {
    expect(await ghostBytesOf(undefined)).toBeGreaterThan(0);
  });

  it.each(evictionPolicyNames)('%s reaches the engine', async (name) => {
    expect((await ghostBytesOf(name)) > 0).toBe(name === 's3-fifo');
  });
});
