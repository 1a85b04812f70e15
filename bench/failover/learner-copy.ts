/** A node comes back empty and copies a lot: what readers of the other copy notice. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/shared/clock.ts';
import { Fleet } from '../../test/chaos/fleet/fleet.ts';
import { until } from '../../test/chaos/fleet/fleet-process.ts';
import { PlainNetwork } from '../../test/chaos/network/network.ts';
import { Caller } from '../../test/chaos/workload/caller.ts';
import { failoverLimits } from './limits.ts';
import { type OpenFigures, OpenLoad } from './open-load.ts';
import { settled } from './settled.ts';

export interface CopyResult {
  /** Bytes of values that each node holds. */
  readonly bytes: number;
  readonly copy_seconds: number;
  readonly megabytes_per_second: number;
  /** Reads without a copy, before and after it, and while it runs. */
  readonly before: OpenFigures;
  readonly during: OpenFigures;
  readonly after: OpenFigures;
  /** p99 while it runs to the larger one of before and after. */
  readonly p99_ratio: number;
}

export async function learnerCopy(
  stack: AsyncDisposableStack,
  bytes: number,
  say: (line: string) => void,
): Promise<CopyResult> {
  // two zones: each node has a copy of everything
  const fleet = await Fleet.start(stack, new PlainNetwork(), {
    zones: ['a', 'b'],
    nodesPerZone: 1,
    gateways: 1,
    store: 'embedded',
    replicationFactor: 2,
    nodeMemoryBytes: Math.max(failoverLimits.nodeMemoryBytes, Math.min(failoverLimits.copyNodeBytes, 2 * bytes)),
  });
  await settled(fleet);
  const values = Math.ceil(bytes / failoverLimits.copyValueBytes);
  say(`filling with ${values} values`);
  await fill(fleet, 'large', values, failoverLimits.copyValueBytes);
  await fill(fleet, 'small', failoverLimits.copyReadKeys, 100);
  await settled(fleet);
  const load = new OpenLoad(fleet.urls, fleet.authorization);
  stack.defer(() => load.stop());
  let read = 0;
  load.every(1_000 / failoverLimits.copyReadsPerSecond, 128, () => ({
    method: 'GET',
    path: `/cache/default?key=small-${(read++ * 7) % failoverLimits.copyReadKeys}`,
    statuses: [200],
  }));
  const alone = Math.min(failoverLimits.copyAloneMs, Math.max(1_000, bytes / 1e5));
  const [victim] = fleet.storage;
  // what it was the primary of has moved over before anything is measured
  const life = fleet.views.lifeOf(victim!.name)!;
  await victim!.kill();
  await fleet.tellGone(life);
  await until(() => fleet.views.copiesOf(life).length === 0, failoverLimits.healMs);
  await pause(alone / 2);
  load.figures();
  await pause(alone);
  const before = load.figures();
  say('copying');
  victim!.launch();
  await victim!.ready();
  const newLife = () => fleet.views.lifeOf(victim!.name) ?? '';
  await until(() => fleet.views.learnersOf(newLife()) > 0, failoverLimits.healMs);
  const startMs = systemClock.monotonicMs();
  load.figures();
  const hasAll = () => fleet.isComplete;
  if (!(await until(hasAll, failoverLimits.copyMsMax))) throw new Error('the copy did not end');
  const copySeconds = (systemClock.monotonicMs() - startMs) / 1_000;
  const during = load.figures();
  await pause(alone / 2);
  load.figures();
  await pause(alone);
  const after = load.figures();
  await load.stop();
  return {
    bytes: values * failoverLimits.copyValueBytes,
    copy_seconds: copySeconds,
    megabytes_per_second: (values * failoverLimits.copyValueBytes) / 1e6 / copySeconds,
    before,
    during,
    after,
    p99_ratio: during.latency.p99 / Math.max(before.latency.p99, after.latency.p99),
  };
}

async function fill(fleet: Fleet, prefix: string, count: number, valueBytes: number): Promise<void> {
  const caller = new Caller(fleet.authorization, failoverLimits.fillConnections);
  const body = 'v'.repeat(valueBytes);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const path = `/cache/default?key=${prefix}-${next++}&ttl_seconds=86400`;
      const answer = await caller.call(fleet.urls[0]!, { method: 'PUT', path, body });
      if (answer.kind !== 'answer' || answer.status !== 204) throw new Error(`filling: ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: failoverLimits.fillConnections }, worker));
  await caller.close();
}
