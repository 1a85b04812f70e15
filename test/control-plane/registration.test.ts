/** One life of a node id at a time: who may take the place of whom, and when. */
import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { FakeNodes } from './fake-nodes.ts';
import { node } from './fixtures.ts';

const ids = ['a-1', 'b-1', 'c-1'];
const { silentMs, lookMs, heardByPeersMs } = controlPlaneLimits;

/** Another life of a node of the fleet registers, in the place of `replaces`. */
function register(fleet: FakeNodes, id: string, incarnation: string, replaces?: string | null) {
  return fleet.control.registerNode({ ...node(id, incarnation), ...(replaces === undefined ? {} : { replaces }) });
}

const inUse = (incarnation: string, running: boolean) => ({
  code: 'node_id_in_use',
  extra: { incarnation, running },
});

describe('a second process with the id of a running node', () => {
  it('is refused for as long as the first is heard, and changes nothing', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(500);
    const { view } = fleet;
    for (let time = 0; time < 20; time++) {
      await expect(register(fleet, 'b-1', 'second', null)).rejects.toMatchObject(inUse('b-1-life-1', true));
      await expect(register(fleet, 'b-1', 'second', 'b-1-life-1')).rejects.toMatchObject(inUse('b-1-life-1', true));
      await fleet.pass(500);
    }
    expect(fleet.view).toBe(view);
    expect(fleet.control.statistics()).toMatchObject({ resets: 0, failovers: 0, silences: 0 });
  });

  it('is taken in once the first has been killed and nobody hears it, within the time of silence', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(500);
    fleet.node('b-1').speaks = false;
    let passed = 0;
    const taken = () =>
      register(fleet, 'b-1', 'second', 'b-1-life-1').then(
        () => true,
        () => false,
      );
    while (!(await taken())) {
      await fleet.pass(lookMs);
      passed += lookMs;
    }
    expect(passed).toBeGreaterThanOrEqual(silentMs - lookMs);
    expect(passed).toBeLessThanOrEqual(silentMs);
  });

  it('is taken in at once when the first has ended for sure', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(500);
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
    expect(fleet.state('b-1')).toBe('active');
  });

  it('is taken in at once when the first was declared silent, unless it is heard again', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.node('b-1').speaks = false;
    await fleet.pass(silentMs + 200);
    expect(fleet.state('b-1')).toBe('silent');
    fleet.control.steward.heartbeat({
      ...{ id: 'b-1', incarnation: 'b-1-life-1', view: 0, not_serving: 0, not_serving_slots: [], memory_bytes: 1 },
      ...{ memory_bytes_used: 0, operations_per_second: 0, peers: [], copies_lagging: 0, log_bytes: 0, leaving: false },
    });
    await expect(register(fleet, 'b-1', 'second', 'b-1-life-1')).rejects.toMatchObject(inUse('b-1-life-1', true));
    await fleet.pass(silentMs * 2);
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
  });

  it('is refused while the peers hear the first, though the control plane does not', async () => {
    const fleet = await FakeNodes.start(ids);
    const peers = [{ life: 'b-1/b-1-life-1', silent_ms: 0 }];
    for (const id of ['a-1', 'c-1']) fleet.node(id).more = { peers };
    await fleet.pass(500);
    fleet.node('b-1').speaks = false;
    await fleet.pass(silentMs + 500);
    await expect(register(fleet, 'b-1', 'second', 'b-1-life-1')).rejects.toMatchObject(inUse('b-1-life-1', true));
    for (const id of ['a-1', 'c-1'])
      fleet.node(id).more = { peers: [{ life: peers[0]!.life, silent_ms: heardByPeersMs + 1 }] };
    await fleet.pass(100);
    // It may still hold a lease.
    await expect(register(fleet, 'b-1', 'second', 'b-1-life-1')).rejects.toMatchObject(inUse('b-1-life-1', true));
    for (const id of ['a-1', 'c-1'])
      fleet.node(id).more = { peers: [{ life: peers[0]!.life, silent_ms: silentMs + 1 }] };
    await fleet.pass(100);
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
  });

  it('is refused by a leader that has had no time to hear the first', async () => {
    const store = openSqliteStore(':memory:');
    const fleet = await FakeNodes.start(ids, { store });
    await fleet.pass(500);
    await fleet.changeLeader(store);
    await expect(register(fleet, 'b-1', 'second', 'b-1-life-1')).rejects.toMatchObject(inUse('b-1-life-1', true));
    for (const each of fleet.nodes.values()) each.speaks = false;
    await fleet.pass(silentMs + lookMs);
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
  });
});

describe('a registration that was overtaken', () => {
  it('by that of the next life: replaces nobody, however late it comes and whatever has become of that life', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(500);
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    // The second life has crashed, and its request stands in a socket; the third is the one that runs.
    await register(fleet, 'b-1', 'third', 'b-1-life-1');
    const { view } = fleet;
    const late = () => register(fleet, 'b-1', 'second', 'b-1-life-1');
    await expect(late()).rejects.toMatchObject(inUse('third', true));
    await fleet.pass(silentMs * 2);
    expect(fleet.state('b-1')).toBe('silent');
    await expect(late()).rejects.toMatchObject(inUse('third', false));
    await fleet.control.steward.confirmDead('b-1/third');
    await expect(late()).rejects.toMatchObject(inUse('third', false));
    expect(view.nodes[1]!.incarnation).toBe('third');
  });

  it('of a node that is new: one that knows of no former life takes the place of none', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.join('d-1', 'second');
    await fleet.pass(silentMs * 2);
    fleet.node('d-1').speaks = false;
    await fleet.pass(silentMs * 2);
    await expect(register(fleet, 'd-1', 'first', null)).rejects.toMatchObject(inUse('second', false));
  });

  it('a node of an earlier version, which names no former life, is taken in as before', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    await register(fleet, 'b-1', 'second');
    expect(fleet.view.nodes[1]!.incarnation).toBe('second');
  });
});

describe('the event of a death', () => {
  const deaths = (fleet: FakeNodes) => fleet.events().filter((event) => event === 'node_dead b-1').length;

  it('is told once when the death was reported and the next life registers', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    expect(deaths(fleet)).toBe(1);
  });

  it('is told by the next life when nobody else did, and not again by a late report', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.node('b-1').speaks = false;
    await fleet.pass(silentMs * 2);
    await register(fleet, 'b-1', 'second', 'b-1-life-1');
    await fleet.control.steward.confirmDead('b-1/b-1-life-1');
    expect(deaths(fleet)).toBe(1);
  });
});
