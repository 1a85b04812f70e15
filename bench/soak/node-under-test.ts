import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstCache } from '../../src/control-plane/registry.ts';
import { FleetClient } from '../../src/routing/fleet-client.ts';
import { UndiciTransport } from '../../src/routing/undici-transport.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import { fleetAuthorization } from '../../src/shared/frame/transport.ts';
import type { CacheHandle } from '../../src/shared/operation.ts';
import { silentLog } from '../../src/shared/process.ts';
import { BenchProcess, freePort, temporaryFolder } from '../support/bench-process.ts';

const entry = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
/** Longer than `--drain-timeout`. */
const stopTimeoutMs = 5_000;

/** The engine's memory as the node tells it, in bytes, and what it did to keep it. */
export interface NodeMetrics {
  readonly liveBytes: number;
  readonly deadBytes: number;
  readonly freeBytes: number;
  readonly limitBytes: number;
  readonly items: number;
  readonly evictions: number;
  readonly expirations: number;
  readonly idempotencyRecords: number;
}

/** A storage node and its control plane in processes of their own, and a gateway's way to it in this one. */
export interface NodeUnderTest {
  readonly pid: number;
  readonly client: FleetClient;
  readonly cache: CacheHandle;
  metrics(): Promise<NodeMetrics>;
  /** What the node wrote to its log lately. */
  log(): string;
}

export async function startNode(stack: AsyncDisposableStack, memoryBytes: number): Promise<NodeUnderTest> {
  const folder = await temporaryFolder(stack);
  const secret = randomBytes(32).toString('base64url');
  const secretFile = join(folder, 'fleet.secret');
  await writeFile(secretFile, secret, { mode: 0o600 });
  const controlUrl = `http://127.0.0.1:${await freePort()}`;
  const shared = [`--fleet-secret-file=${secretFile}`, '--drain-timeout=2s', '--log-level=info'];
  const start = (role: string, ...flags: string[]): Promise<BenchProcess> =>
    BenchProcess.start(stack, role, [process.execPath, entry, role, ...flags, ...shared], stopTimeoutMs);

  const port = `--internal-port=${new URL(controlUrl).port}`;
  const control = await start('control', port, `--data-dir=${join(folder, 'data')}`, '--expected-nodes=1');
  await control.until(() => ready(control));
  const storage = await start('storage', `--control-urls=${controlUrl}`, `--memory=${memoryBytes}`, '--node-id=soak');
  const url = await storage.until(() => ready(storage));

  const source = new StateWatcher({
    urls: [controlUrl],
    fleetSecret: secret,
    fetch,
    id: `soak.${randomBytes(6).toString('base64url')}`,
    role: 'gateway',
    clock: systemClock,
    log: silentLog,
  });
  stack.defer(() => source.stop());
  await source.start();
  const client = new FleetClient({
    source,
    transport: new UndiciTransport(secret),
    clock: systemClock,
    log: silentLog,
    random: Math.random,
    delay: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  });
  stack.defer(() => client.close());
  const cache = client.directory.find(firstCache.account, firstCache.name);
  if (cache === undefined) throw new Error('a new control plane has no first cache');
  return {
    pid: storage.pid,
    client,
    cache,
    metrics: async () => {
      const headers = { [fleetAuthorization]: `Bearer ${secret}` };
      const answer = await fetch(`${url}/internal/v1/metrics`, { headers });
      if (!answer.ok) throw new Error(`metrics of the node: ${answer.status}`);
      return parseMetrics(await answer.text());
    },
    log: () => storage.output,
  };
}

/** The internal URL in the log line that says ready. */
function ready(role: BenchProcess): string | undefined {
  return /"internal_url":"(http[^"]+)"/.exec(role.output)?.[1];
}

export function parseMetrics(text: string): NodeMetrics {
  const value = (name: string, label = ''): number => {
    const line = text
      .split('\n')
      .find(
        (candidate) => candidate.startsWith(name) && /[ {]/.test(candidate[name.length]!) && candidate.includes(label),
      );
    if (line === undefined) throw new Error(`the node has no metric ${name} ${label}`);
    return Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  return {
    liveBytes: value('godwit_node_memory_bytes', 'use="live"'),
    deadBytes: value('godwit_node_memory_bytes', 'use="dead"'),
    freeBytes: value('godwit_node_memory_bytes', 'use="free"'),
    limitBytes: value('godwit_node_memory_bytes', 'use="limit"'),
    items: value('godwit_cache_items'),
    evictions: value('godwit_cache_evictions_total'),
    expirations: value('godwit_cache_expirations_total'),
    idempotencyRecords: value('godwit_node_idempotency_records'),
  };
}
