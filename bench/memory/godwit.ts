import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startControlPlane } from '../../src/control-plane/server.ts';
import { UndiciTransport } from '../../src/routing/undici-transport.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import type { FleetState } from '../../src/shared/fleet-state.ts';
import { fleetAuthorization } from '../../src/shared/frame/transport.ts';
import { silentLog } from '../../src/shared/process.ts';
import { cacheSeed } from '../../src/shared/slots.ts';
import { BenchProcess, temporaryFolder } from '../support/bench-process.ts';
import { FrameClient } from './frame-client.ts';
import { benchLimits } from './limits.ts';
import type { Subject, SubjectStatistics } from './subject.ts';
import type { Values } from './values.ts';

const script = fileURLToPath(new URL('./godwit-node.ts', import.meta.url));
const mib = 1024 * 1024;
const drainTimeoutMs = 1_000;

/**
 * A storage node in a process of its own, spoken to as a gateway does: by frames of many operations. The control
 * plane runs in this process, and does nothing but say that the node has all slots and which cache there is.
 */
export async function startGodwit(stack: AsyncDisposableStack, memoryMib: number, values: Values): Promise<Subject> {
  const fleetSecret = randomBytes(16).toString('hex');
  const dataDir = await temporaryFolder(stack);
  const control = await startControlPlane({ dataDir, fleetSecret, expectedNodes: 1, replicationFactor: 1 });
  stack.defer(() => control.drain(drainTimeoutMs));
  const node = await BenchProcess.start(stack, 'godwit', [
    process.execPath,
    ...[script, String(memoryMib * mib), control.url, fleetSecret],
  ]);
  const url = await node.until(() => /^serving on (\S+)$/m.exec(node.output)?.[1]);
  const { view, registry } = await fleetState(control.url, fleetSecret);
  const { account, name, namespace, topic_space: topicSpace, settings } = registry.caches[0]!;
  const cache = { account, name, namespace, topicSpace, settings, seed: cacheSeed(account, name) };
  const connection = new UndiciTransport(fleetSecret).connect(url);
  stack.defer(() => connection.close());
  const numbers = { viewNumber: view.number, registryRevision: registry.revision };
  const client = new FrameClient(connection, cache, numbers, values);
  return {
    id: 'godwit',
    title: 'Godwit, one storage node',
    pid: node.pid,
    execute: (operations) => client.execute(operations),
    statistics: () => statistics(url, fleetSecret),
  };
}

async function fleetState(controlUrl: string, fleetSecret: string): Promise<FleetState> {
  const watcher = new StateWatcher({
    urls: [controlUrl],
    fleetSecret,
    fetch,
    id: 'bench-client',
    role: 'gateway',
    clock: systemClock,
    log: silentLog,
  });
  return watcher.refresh(benchLimits.answerTimeoutMs);
}

/** The node's own metrics, by name and label: those of the engine. */
async function statistics(url: string, fleetSecret: string): Promise<SubjectStatistics> {
  const headers = { [fleetAuthorization]: `Bearer ${fleetSecret}` };
  const text = await (await fetch(`${url}/internal/v1/metrics`, { headers })).text();
  const own: Record<string, number> = {};
  const wanted =
    /^godwit_(?:node|cache)_(memory_bytes|segments\w*|table_load|items\w*|evictions_total|expirations_total|bytes)(?:\{(.*)\})? (\S+)$/gm;
  for (const [, name, labels, value] of text.matchAll(wanted)) {
    const label = /(?:use|state|cause)="(\w+)"/.exec(labels ?? '')?.[1];
    own[label === undefined ? name! : `${name}_${label}`] = Number(value);
  }
  return {
    items: own['items']!,
    used_bytes: own['memory_bytes_limit']! - own['memory_bytes_free']!,
    own,
  };
}
