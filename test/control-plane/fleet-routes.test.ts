import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient } from '../../src/control-plane/client.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { callPaths } from '../../src/control-plane/protocol.ts';
import { type RunningControlPlane, startControlPlane } from '../../src/control-plane/server.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { HeartbeatSender } from '../../src/shared/control-link/heartbeat-sender.ts';
import { ProposalSender } from '../../src/shared/control-link/proposal-sender.ts';
import { controlPaths, type HeartbeatAnswer, type ProposalsAnswer } from '../../src/shared/control-link/protocol.ts';
import { reportGone } from '../../src/shared/control-link/report-gone.ts';
import { StateWatcher } from '../../src/shared/control-link/state-watcher.ts';
import { silentLog } from '../../src/shared/process.ts';
import { heartbeatOf, node } from './fixtures.ts';

const fleetSecret = 'a secret of the fleet';
let folder: string;
let server: RunningControlPlane;
let watcher: StateWatcher;
let client: ControlClient;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-control-'));
  server = await startControlPlane({ dataDir: folder, fleetSecret, expectedNodes: 2, replicationFactor: 2 });
  const link = { urls: [server.url], fleetSecret, fetch };
  watcher = new StateWatcher({ ...link, id: 'g', role: 'gateway', clock: systemClock, log: silentLog });
  await watcher.start();
  client = new ControlClient({ ...link, source: watcher, clock: systemClock });
});
afterEach(async () => {
  await watcher.stop();
  await server.drain(1_000);
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: unknown) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${fleetSecret}` },
    body: JSON.stringify(body),
  });
const answerOf = async (path: string, body: unknown) => (await (await post(path, body)).json()) as unknown;
const register = async (...ids: string[]) => {
  for (const id of ids) expect((await post(controlPaths.nodes, node(id))).status).toBe(200);
};
const sending = { fleetSecret, fetch, log: silentLog };

describe('control plane: what storage nodes say', () => {
  it('a heartbeat is answered with the view, and with whether the life is known', async () => {
    await register('a-1', 'b-1');
    const known = heartbeatOf('a-1/a-1-life-1', { peers: [{ life: 'b-1/b-1-life-1', silent_ms: 0.5 }] });
    const { view } = (await answerOf(controlPaths.heartbeats, known)) as HeartbeatAnswer;
    expect(view).toBeGreaterThan(0);
    expect(await answerOf(controlPaths.heartbeats, known)).toEqual({ view, registered: true, left: false });
    expect(await answerOf(controlPaths.heartbeats, heartbeatOf('a-1/other'))).toMatchObject({ registered: false });
  });

  it('the senders of a node speak with it', async () => {
    await register('a-1', 'b-1');
    const heard = await new Promise<HeartbeatAnswer>((resolve) => {
      const heartbeat = () => heartbeatOf('a-1/a-1-life-1');
      const sender = new HeartbeatSender({
        ...{ ...sending, urls: [server.url], clock: systemClock, heartbeat },
        onAnswer: (answer) => {
          resolve(answer);
          void sender.stop();
        },
      });
      sender.start();
    });
    expect(heard.registered).toBe(true);
    const { slots, nodes } =
      watcher.current().view.number > 0 ? watcher.current().view : (await watcher.refresh(2_000)).view;
    const [epoch, , copies] = slots[3]!;
    const [primary, copy] = copies.map((index) => nodes[index]!);
    const answer = await new Promise<ProposalsAnswer>((resolve) => {
      const { id, incarnation } = primary!;
      const sender = new ProposalSender({ ...sending, urls: [server.url], id, incarnation, onAnswer: resolve });
      sender.propose({ slot: 3, epoch, kind: 'shrink', life: `${copy!.id}/${copy!.incarnation}` });
      sender.propose({ slot: 4, epoch: epoch + 9, kind: 'shrink', life: `${copy!.id}/${copy!.incarnation}` });
    });
    expect(answer).toMatchObject({ applied: 1, refused: 1 });
    const { view } = await watcher.refresh(2_000);
    expect(view.number).toBeGreaterThanOrEqual(answer.view);
    expect(view.slots[3]).toEqual([epoch + 1, expect.any(Number), [copies[0]], []]);
  });

  it('a life that has ended is out of all slots at once, and does not register again', async () => {
    await register('a-1', 'b-1');
    const life = { id: 'a-1', incarnation: 'a-1-life-1' };
    const { signal } = new AbortController();
    expect(await reportGone({ ...sending, urls: [server.url], life, signal })).toBe(true);
    const { view } = await watcher.refresh(2_000);
    expect(view.nodes[0]!.state).toBe('dead');
    expect(view.slots.every(([, , copies]) => copies.length === 1 && copies[0] === 1)).toBe(true);
    expect((await post(controlPaths.nodes, node('a-1'))).status).toBe(400);
    expect(await reportGone({ ...sending, urls: [server.url], life: { id: 'z', incarnation: 'z' }, signal })).toBe(
      true,
    );
  });

  it('what has not its shape is refused', async () => {
    for (const path of [controlPaths.heartbeats, controlPaths.proposals, controlPaths.gone]) {
      for (const body of [{}, [], null, { id: 'a-1', incarnation: 'x y' }]) {
        expect((await post(path, body)).status, path).toBe(400);
      }
    }
    const many = { length: controlPlaneLimits.nodesMax + 1 };
    const peers = Array.from(many, () => ({ life: 'b/x', silent_ms: 1 }));
    expect((await post(controlPaths.heartbeats, heartbeatOf('a-1/x', { peers }))).status).toBe(400);
  });

  it('proposals for every slot fit into one call, and administrative calls stay small', async () => {
    const long = 'x'.repeat(128);
    const proposals = Array.from({ length: 4_096 }, (_, slot) => ({
      ...{ slot, epoch: 1, kind: 'join' },
      life: `${long}/${long}`,
    }));
    const answer = await answerOf(controlPaths.proposals, { id: long, incarnation: long, proposals });
    expect(answer).toMatchObject({ applied: 0, refused: 4_096 });
    expect((await post(callPaths.drainNode, { id: 'x'.repeat(70_000) })).status).toBe(413);
  });
});

describe('control plane: what operators ask', () => {
  it('status, plan and events have their shapes', async () => {
    await register('a-1', 'b-1');
    const { answer: status } = await client.fleetStatus();
    expect(status).toMatchObject({
      replication_factor: 2,
      resets_total: 0,
      slots: { total: 4_096, under_replicated: 0 },
    });
    expect(status.nodes.map(({ id, heartbeat_age_ms }) => [id, heartbeat_age_ms])).toEqual([
      ['a-1', null],
      ['b-1', null],
    ]);
    expect((await client.fleetPlan()).answer).toEqual({ steps_total: 0, counts: {}, steps: [] });
    const { answer } = await client.fleetEvents({ limit: 1 });
    expect(answer.events).toMatchObject([{ number: 2, kind: 'node_registered', node: 'b-1', slots: null }]);
  });

  it('drain, take back and remove, each visible in the state when it is answered', async () => {
    await register('a-1', 'b-1', 'b-2');
    await client.drainNode({ id: 'b-2' });
    const state = (id: string) => watcher.current().view.nodes.find((each) => each.id === id)?.state;
    expect(state('b-2')).toBe('draining');
    await client.undrainNode({ id: 'b-2' });
    expect(state('b-2')).toBe('active');
    await expect(client.removeNode({ id: 'b-1', force: false })).rejects.toMatchObject({ code: 'node_in_use' });
    await expect(client.drainNode({ id: 'nobody' })).rejects.toMatchObject({ code: 'node_not_found' });
    await client.drainNode({ id: 'b-2' });
    await client.removeNode({ id: 'b-2', force: false });
    expect(state('b-2')).toBeUndefined();
    await client.rebalance();
  });

  it('metrics tell of views, failovers and lost data', async () => {
    await register('a-1', 'b-1');
    await post(controlPaths.gone, { id: 'a-1', incarnation: 'a-1-life-1' });
    await post(controlPaths.gone, { id: 'b-1', incarnation: 'b-1-life-1' });
    const headers = { authorization: `Bearer ${fleetSecret}` };
    const text = await (await fetch(`${server.url}${controlPaths.metrics}`, { headers })).text();
    expect(text).toContain('\ngodwit_control_resets_total 4096\n');
    expect(text).toMatch(/\ngodwit_control_failovers_total [1-9]\d+\n/);
    expect(text).toContain('\ngodwit_control_slots_unserved 4096\n');
    await server.drain(1_000);
    server = await startControlPlane({ dataDir: folder, fleetSecret });
    expect(server.statistics().control!.resets).toBe(4_096);
  });
});
