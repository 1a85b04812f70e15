import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/shared/clock.ts';
import { controlLinkLimits } from '../../src/shared/control-link/limits.ts';
import { controlPaths, type Heartbeat, heartbeatSchema } from '../../src/shared/control-link/protocol.ts';
import { ControlDuties } from '../../src/storage-node/control-duties.ts';
import { createSegcache, type SegcacheEngine } from '../../src/storage-node/engine/segcache.ts';
import type { NodeCore } from '../../src/storage-node/node-core.ts';
import { fakeFetch, problem, type SeenCall } from '../shared/control-link/fake-control.ts';
import { target, testCache, testNode, testView } from '../support/fleet-state.ts';
import { KeptLog } from '../support/loopback.ts';
import { TestStorage } from '../support/storage.ts';

const registration = { id: 'a', incarnation: 'a-1', zone: 'a', weight: 1 };
const url = 'http://a.test';
let duties: ControlDuties;
afterEach(() => duties.stop({ gone: false }));

/** Duties before a control plane that answers as told; heartbeats are taken when nothing else is said. */
function facing(answers: (path: string, body: unknown) => unknown = () => undefined) {
  const node = new TestStorage({ engine: createSegcache({ memoryBytes: 16 * 1024 * 1024, hashSeed: 1 }) });
  const seen = { behind: 0, dismissed: 0 };
  const { fetch, calls } = fakeFetch(({ url, body }) => {
    const answer = answers(url.pathname, body);
    if (answer !== undefined) return answer;
    if (url.pathname === controlPaths.heartbeats) return { view: 1, registered: true, left: false };
    if (url.pathname === controlPaths.nodes) return { view: 1 };
    return {};
  });
  duties = new ControlDuties({
    ...{ urls: ['http://control.test'], fleetSecret: 's', fetch, clock: systemClock, log: new KeptLog() },
    registration,
    core: node.core as NodeCore<SegcacheEngine>,
    onBehind: () => seen.behind++,
    onDismissed: () => seen.dismissed++,
  });
  const callsOf = (path: string): SeenCall[] => calls.filter((call) => call.url.pathname === path);
  const heartbeats = () => callsOf(controlPaths.heartbeats).map(({ body }) => body as Heartbeat);
  return { node, seen, callsOf, heartbeats };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('heartbeats', () => {
  it('say what the control plane asks for: slots not served, memory, use, copies that lag', async () => {
    const { node, heartbeats } = facing();
    node.slots.apply(testView(2, [testNode('a'), testNode('b')], (slot) => [2, 1, slot < 300 ? [0, 1] : [0], []]));
    node.core.onMessage('b/b-1', { kind: 'beacon', id: 1, slots: [], epochs: [] });
    for (let i = 0; i < 50; i++) node.frame([{ kind: 'get', ...target(testCache(), `key ${i}`) }]);
    await duties.register(url);
    duties.start();
    await until(() => heartbeats().length > 0);
    const [heartbeat] = heartbeats();
    expect(heartbeatSchema.parse(heartbeat)).toEqual(heartbeat);
    expect(heartbeat).toMatchObject({ id: 'a', incarnation: 'a-1', view: 2, leaving: false, log_bytes: 0 });
    expect(heartbeat!.memory_bytes).toBe(16 * 1024 * 1024);
    expect(heartbeat!.memory_bytes_used).toBeLessThan(heartbeat!.memory_bytes);
    expect(heartbeat!.not_serving_slots.length).toBeLessThanOrEqual(controlLinkLimits.notServingSlotsMax);
    expect(heartbeat!.not_serving).toBeLessThanOrEqual(300);
    expect(heartbeat!.peers.map(({ life }) => life)).toEqual(['b/b-1']);
  });

  it('that tell of a newer view have it fetched', async () => {
    const { seen } = facing((path) =>
      path === controlPaths.heartbeats ? { view: 9, registered: true, left: false } : undefined,
    );
    duties.start();
    await until(() => seen.behind > 0);
  });

  it('that are answered as unknown register the life again', async () => {
    let known = false;
    const { seen, callsOf } = facing((path) => {
      if (path === controlPaths.nodes) known = true;
      return path === controlPaths.heartbeats ? { view: 1, registered: known, left: false } : undefined;
    });
    duties.start();
    await until(() => seen.behind > 0);
    expect(callsOf(controlPaths.nodes).map(({ body }) => body)).toMatchObject([{ id: 'a', incarnation: 'a-1' }]);
    expect(seen.dismissed).toBe(0);
  });

  it('of a life that the fleet takes for ended: it is told that it is', async () => {
    const { seen } = facing((path) => {
      if (path === controlPaths.nodes) return problem('invalid_argument', 400);
      return path === controlPaths.heartbeats ? { view: 1, registered: false, left: false } : undefined;
    });
    duties.start();
    await until(() => seen.dismissed > 0);
  });
});

describe('leaving', () => {
  it('says so until the node holds nothing any more', async () => {
    let left = false;
    const { heartbeats } = facing((path) =>
      path === controlPaths.heartbeats ? { view: 1, registered: true, left } : undefined,
    );
    duties.start();
    await until(() => heartbeats().length > 0);
    let resolved = false;
    const leaving = duties.leave(60_000).then(() => {
      resolved = true;
    });
    await until(() => heartbeats().some((heartbeat) => heartbeat.leaving));
    expect(resolved).toBe(false);
    left = true;
    await leaving;
  });

  it('ends at the deadline, when others have not taken everything', async () => {
    facing();
    duties.start();
    await duties.leave(50);
  });

  it('is cut short when the whole fleet stops', async () => {
    facing();
    duties.start();
    await duties.leave(600_000, new Promise((resolve) => void setTimeout(resolve, 20)));
  });

  it('is told to the control plane at the end, so that nobody waits for the silence', async () => {
    const { callsOf } = facing();
    duties.start();
    await duties.stop({ gone: true });
    expect(callsOf(controlPaths.gone).map(({ body }) => body)).toEqual([{ id: 'a', incarnation: 'a-1' }]);
  });
});

describe('proposals', () => {
  it('go to the control plane, and a newer view that comes of them is fetched', async () => {
    const { seen, callsOf } = facing((path) =>
      path === controlPaths.proposals ? { view: 9, applied: 1, refused: 0 } : undefined,
    );
    duties.propose({ slot: 5, epoch: 3, kind: 'shrink', life: 'b/b-1' });
    await until(() => seen.behind > 0);
    expect(callsOf(controlPaths.proposals).map(({ body }) => body)).toEqual([
      { id: 'a', incarnation: 'a-1', proposals: [{ slot: 5, epoch: 3, kind: 'shrink', life: 'b/b-1' }] },
    ]);
  });
});
