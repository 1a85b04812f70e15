import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { lifeOf } from '../../src/control-plane/lives.ts';
import { type CoordinationStore, StoreError } from '../../src/control-plane/store/coordination-store.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { silentLog } from '../../src/shared/process.ts';
import { slotCount } from '../../src/shared/slots.ts';
import { FakeNodes } from './fake-nodes.ts';
import { overriding } from './fixtures.ts';

const ids = ['a-1', 'b-1', 'c-1'];
const { silentMs, deadKeptMs, spareAfterMs, learnerStuckMs, learnersWatchMs } = controlPlaneLimits;
/** Long enough for silence to be noticed. */
const noticedMs = silentMs + 200;

describe('a fleet that is healthy', () => {
  it('rests: no view follows the first placement', async () => {
    const fleet = await FakeNodes.start(ids);
    const { number } = fleet.view;
    await fleet.pass(5_000);
    expect(fleet.view.number).toBe(number);
    expect(fleet.control.steward.status().slots).toEqual({
      total: slotCount,
      under_replicated: 0,
      unserved: 0,
      moving: 0,
    });
  });

  it('nobody is declared silent while no node sends heartbeats at all', async () => {
    const fleet = await FakeNodes.start(ids);
    for (const node of fleet.nodes.values()) node.speaks = false;
    await fleet.pass(60_000);
    expect(fleet.view.nodes.every(({ state }) => state === 'active')).toBe(true);
  });
});

describe('a node that dies', () => {
  it('silent: its slots have the other copy as primary in one view, and are repaired where there is room', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(500);
    const { number } = fleet.view;
    const [primaries] = fleet.held()['a-1']!;
    fleet.node('a-1').speaks = false;
    await fleet.pass(silentMs);
    expect(fleet.state('a-1')).toBe('silent');
    expect(fleet.events()).toContain(`failover ${primaries}`);
    expect(fleet.view.number).toBeGreaterThan(number);
    expect(fleet.held()['a-1']).toEqual([0, 0]);
    await fleet.settle();
    expect(fleet.held()).toMatchObject({ 'a-1': [0, 0], 'b-1': [expect.any(Number), slotCount] });
    expect(fleet.control.statistics()).toMatchObject({ failovers: primaries, silences: 1, resets: 0, nodes_silent: 1 });
  });

  it('heard again: it is taken back, and given its share', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.node('a-1').speaks = false;
    await fleet.pass(noticedMs);
    fleet.node('a-1').speaks = true;
    await fleet.settle();
    expect(fleet.state('a-1')).toBe('active');
    for (const [primaries, copies] of Object.values(fleet.held())) {
      expect(copies / ((slotCount * 2) / 3)).toBeGreaterThan(0.9);
      expect(primaries / (slotCount / 3)).toBeGreaterThan(0.85);
    }
    expect(fleet.events()).toEqual(expect.arrayContaining(['node_silent a-1', 'node_back a-1']));
  });

  it('a sole copy waits for its node, which serves it again when it is back', async () => {
    const fleet = await FakeNodes.start(ids, { replicationFactor: 1 });
    const before = fleet.held()['a-1'];
    fleet.node('a-1').speaks = false;
    await fleet.pass(10_000);
    expect(fleet.held()['a-1']).toEqual(before);
    expect(fleet.control.statistics()).toMatchObject({ resets: 0, failovers: 0 });
    expect(fleet.control.steward.status().slots.unserved).toBe(before![0]);
    fleet.node('a-1').speaks = true;
    await fleet.pass(500);
    expect(fleet.state('a-1')).toBe('active');
    expect(fleet.held()['a-1']).toEqual(before);
  });

  it('confirmed: its sole copies restart empty, counted and told as lost data, also by the next leader', async () => {
    const fleet = await FakeNodes.start(ids, { replicationFactor: 1 });
    const [lost] = fleet.held()['a-1']!;
    fleet.node('a-1').speaks = false;
    await fleet.control.steward.confirmDead(fleet.node('a-1').life);
    await fleet.control.steward.confirmDead(fleet.node('a-1').life);
    expect(fleet.events().slice(-2)).toEqual(['node_dead a-1', `reset ${lost}`]);
    expect(fleet.control.statistics().resets).toBe(lost);
    expect(fleet.held()['a-1']).toEqual([0, 0]);
    expect(fleet.view.slots.every(([, , copies]) => copies.length === 1)).toBe(true);
    const [id, incarnation] = fleet.node('a-1').life.split('/') as [string, string];
    await expect(fleet.join(id, incarnation)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('a dead life stays in sight for a while, so that nobody waits for its promise, and then leaves', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.control.steward.confirmDead(fleet.node('b-1').life);
    fleet.nodes.delete(fleet.node('b-1').life);
    await fleet.pass(deadKeptMs - 1_000);
    expect(fleet.state('b-1')).toBe('dead');
    await fleet.pass(2_000);
    expect(fleet.view.nodes.map(({ id }) => id)).toEqual(['a-1', 'c-1']);
    expect(fleet.events()).toContain('removed b-1');
    expect(fleet.view.slots.every(([, , copies]) => copies.every((node) => node < 2))).toBe(true);
  });

  it('a new life begins empty: no data is lost, and it is filled again', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.join('c-1', 'c-1-life-2');
    expect(fleet.held()['c-1']).toEqual([0, 0]);
    await fleet.settle();
    expect(fleet.held()['c-1']![1]).toBeGreaterThan(2_400);
    expect(fleet.control.statistics().resets).toBe(0);
  });

  it('one that comes and goes is given nothing for a while', async () => {
    const fleet = await FakeNodes.start(ids);
    for (let time = 0; time < controlPlaneLimits.flapsMax; time++) {
      fleet.node('a-1').speaks = false;
      await fleet.pass(noticedMs);
      fleet.node('a-1').speaks = true;
      if (time < controlPlaneLimits.flapsMax - 1) await fleet.pass(200);
    }
    await fleet.pass(1_000);
    expect(fleet.state('a-1')).toBe('silent');
    await fleet.pass(controlPlaneLimits.flapPauseMsMin);
    expect(fleet.state('a-1')).toBe('active');
  });

  it('one that crashes again and again is held back with the third life, whoever noticed it', async () => {
    for (const isTold of [true, false]) {
      const fleet = await FakeNodes.start(ids);
      const isHeldBack = () => fleet.control.steward.health.isFlapping('a-1', fleet.clock.monotonicMs());
      for (let crash = 1; crash <= controlPlaneLimits.flapsMax; crash++) {
        expect(isHeldBack()).toBe(false);
        fleet.node('a-1').speaks = false;
        if (!isTold) await fleet.pass(noticedMs);
        await fleet.join('a-1', `a-1-life-${crash + 1}`);
      }
      expect(isHeldBack()).toBe(true);
    }
  });

  it('one that is upgraded again and again is not held back', async () => {
    const fleet = await FakeNodes.start(ids);
    for (let life = 2; life < controlPlaneLimits.flapsMax + 4; life++) {
      const leaver = fleet.node('a-1');
      leaver.more = { leaving: true };
      await fleet.settle();
      expect(leaver.answer).toMatchObject({ left: true });
      await fleet.join('a-1', `a-1-life-${life}`);
      await fleet.settle();
      expect(fleet.held()['a-1']![1]).toBeGreaterThan(2_000);
    }
  });

  it('what is planned meanwhile leaves no slot with fewer copies: one that is held back gets what nobody else may have', async () => {
    const fleet = await FakeNodes.start(ids);
    for (let crash = 0; crash < controlPlaneLimits.flapsMax + 4; crash++) {
      fleet.node('a-1').speaks = false;
      await fleet.join('a-1', `a-1-crash-${crash}`);
    }
    await fleet.settle();
    expect(fleet.held()['a-1']).toEqual([0, 0]);
    fleet.onView = ({ slots }) => expect(slots.every(([, , copies]) => copies.length >= 2)).toBe(true);
    const leaver = fleet.node('c-1');
    leaver.more = { leaving: true };
    await fleet.pass(500);
    await fleet.settle();
    expect(leaver.answer).toMatchObject({ left: true });
    expect(fleet.held()).toMatchObject({
      'a-1': [expect.any(Number), slotCount],
      'b-1': [expect.any(Number), slotCount],
    });
  });

  it('what is planned while a node is silent waits for it, rather than leave slots with fewer copies', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.node('a-1').speaks = false;
    await fleet.pass(noticedMs);
    await fleet.settle();
    fleet.onView = ({ slots }) => expect(slots.every(([, , copies]) => copies.length >= 2)).toBe(true);
    const leaver = fleet.node('c-1');
    leaver.more = { leaving: true };
    await fleet.pass(5_000);
    expect(leaver.answer).toMatchObject({ left: false });
    fleet.node('a-1').speaks = true;
    await fleet.pass(500);
    await fleet.settle();
    expect(leaver.answer).toMatchObject({ left: true });
  });
});

describe('a leader', () => {
  it('that is new gives every node the whole time, and then finds what its predecessor did not see', async () => {
    const store = openSqliteStore(':memory:');
    const fleet = await FakeNodes.start(ids, { store });
    await fleet.pass(1_000);
    fleet.clock.advance(60_000);
    const next = await FakeNodes.start([], { store, clock: fleet.clock });
    for (const [life, node] of fleet.nodes) if (!life.startsWith('a-1/')) next.nodes.set(life, node);
    await next.pass(silentMs - 100);
    expect(next.state('a-1')).toBe('active');
    await next.pass(300);
    expect(next.state('a-1')).toBe('silent');
    // Those that its predecessor has left come first.
    expect(next.events()[ids.length]).toBe('node_silent a-1');
  });

  it('whose store fails says so once, and goes on when it is back', async () => {
    const inner = openSqliteStore(':memory:');
    let fails = false;
    const transact: CoordinationStore['transact'] = async (transaction) => {
      if (fails) throw new StoreError('failed', 'no space');
      return inner.transact(transaction);
    };
    const said: string[] = [];
    const log = { ...silentLog, error: (_fields: object, message: string) => said.push(message) };
    const fleet = await FakeNodes.start(ids, { store: overriding(inner, { transact }), log });
    fails = true;
    fleet.node('a-1').speaks = false;
    await fleet.pass(noticedMs);
    expect(fleet.state('a-1')).toBe('active');
    expect(said).toEqual([expect.stringContaining('looking after the nodes failed')]);
    fails = false;
    await fleet.pass(200);
    expect(fleet.state('a-1')).toBe('silent');
  });
});

describe('nodes that come and go by plan', () => {
  it('a new node takes its share and no more, and never are two copies in a zone', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.onView = ({ slots, nodes }) => {
      for (const [, , copies] of slots) expect(copies.length).toBeGreaterThanOrEqual(2);
      for (const [, , copies, learners] of slots) {
        if (learners.length > 0 || copies.length > 2) continue;
        expect(new Set(copies.map((node) => nodes[node]!.zone)).size).toBe(2);
      }
    };
    const before = fleet.view.slots.map(([, , copies]) => new Set(copies));
    await fleet.join('a-2');
    await fleet.settle();
    const moved = fleet.view.slots.reduce((sum, [, , copies], slot) => {
      return sum + copies.filter((node) => !before[slot]!.has(node)).length;
    }, 0);
    const share = (slotCount * 2) / 4;
    expect(fleet.held()['a-2']![1]).toBe(moved);
    expect(moved / share).toBeGreaterThan(0.9);
    expect(moved / share).toBeLessThan(1.05);
    expect(fleet.events()).toContain(`move_done ${moved}`);
  });

  it('drain: others take everything, no slot is without its copies, and the node stays drained in its next life', async () => {
    const fleet = await FakeNodes.start([...ids, 'a-2']);
    fleet.onView = ({ slots }) => {
      expect(slots.every(([, , copies]) => copies.length >= 2)).toBe(true);
    };
    await fleet.control.operate((state) => fleet.control.operations.drain(state, 'a-1'));
    await fleet.settle();
    expect(fleet.held()['a-1']).toEqual([0, 0]);
    expect(fleet.events()).toEqual(expect.arrayContaining(['drain_begun a-1', 'drained a-1']));
    await fleet.join('a-1', 'a-1-life-2');
    expect(fleet.state('a-1')).toBe('draining');
    await fleet.control.operate((state) => fleet.control.operations.undrain(state, 'a-1'));
    await fleet.settle();
    expect(fleet.held()['a-1']![1]).toBeGreaterThan(1_800);
    expect(fleet.control.statistics()).toMatchObject({ resets: 0, failovers: 0 });
  });

  it('moves begin with few, with each view twice as many, and again so after a rest', async () => {
    const fleet = await FakeNodes.start(ids);
    const { movesPerViewMax, movesBeginShare, learnersPerSourceMax, movesRestMs } = controlPlaneLimits;
    for (const node of ['a-1', 'b-1']) {
      await fleet.pass(movesRestMs + 1_000);
      let last = fleet.view;
      const moves: number[] = [];
      const learners: number[] = [];
      fleet.onView = (view) => {
        const isMoved = (slot: number) => {
          const [before, after] = [last.slots[slot]![2], view.slots[slot]![2]];
          return after[0] !== before[0] || after.length < before.length;
        };
        moves.push(view.slots.filter((_, slot) => isMoved(slot)).length);
        learners.push(view.slots.filter((row) => row[3].length > 0).length);
        last = view;
      };
      await fleet.control.operate((state) => fleet.control.operations.drain(state, node));
      await fleet.settle();
      // The others give each other what the node had first; once they have it they lead it.
      const begun = learnersPerSourceMax * 2 * movesBeginShare;
      expect(learners.filter((count) => count > 0).slice(0, 3)).toEqual([begun, begun * 2, begun * 4]);
      const max = movesPerViewMax;
      expect(moves.filter((count) => count > 0).slice(0, 4)).toEqual([max / 4, max / 2, max, max]);
      expect(Math.max(...moves)).toBe(max);
      await fleet.control.operate((state) => fleet.control.operations.undrain(state, node));
      await fleet.settle();
    }
  });

  it('a long copy is no rest: what is to be repaired meanwhile does not wait for it', async () => {
    const fleet = await FakeNodes.start([...ids, 'a-2', 'b-2', 'c-2']);
    await fleet.settle();
    for (const node of fleet.nodes.values()) node.fills = false;
    await fleet.join('a-3');
    await fleet.pass(controlPlaneLimits.movesRestMs * 4);
    const learning = () => fleet.view.slots.filter((row) => row[3].length > 0).length;
    expect(learning()).toBe(controlPlaneLimits.learnersPerTargetMax);
    const lives = fleet.view.nodes.map(lifeOf);
    const [by, about] = [fleet.node('b-1').life, fleet.node('c-1').life];
    const proposals = fleet.view.slots.flatMap(([epoch, , copies, learners], slot) => {
      const isTheirs = lives[copies[0]!] === by && lives[copies[1]!] === about && learners.length === 0;
      return isTheirs ? [{ slot, epoch, kind: 'shrink' as const, life: about }] : [];
    });
    expect(proposals.length).toBeGreaterThan(50);
    const [id, incarnation] = by.split('/') as [string, string];
    await fleet.control.steward.propose({ id, incarnation, proposals });
    const repaired = () => proposals.filter(({ slot }) => fleet.view.slots[slot]![3].length > 0).length;
    expect(repaired()).toBe(0);
    await fleet.pass(controlPlaneLimits.shrunkAvoidedMs + 1_000);
    expect(repaired()).toBeGreaterThan(50);
    // and who was left out is told, once for all of them
    expect(fleet.events().filter((event) => event.startsWith('left_out'))).toEqual([
      `left_out c-1 ${proposals.length}`,
    ]);
  });

  it('a node that leaves by itself is told when it may end, and is active in its next life', async () => {
    const fleet = await FakeNodes.start([...ids, 'b-2']);
    const leaver = fleet.node('b-1');
    leaver.more = { leaving: true };
    await fleet.pass(200);
    expect(fleet.state('b-1')).toBe('draining');
    expect(leaver.answer).toMatchObject({ registered: true, left: false });
    await fleet.settle();
    expect(leaver.answer).toMatchObject({ registered: true, left: true });
    await fleet.join('b-1', 'b-1-life-2');
    expect(fleet.state('b-1')).toBe('active');
  });

  it('one that has changed its mind about leaving is active again', async () => {
    const fleet = await FakeNodes.start(ids);
    fleet.node('b-1').more = { leaving: true };
    await fleet.pass(200);
    fleet.node('b-1').more = {};
    await fleet.pass(200);
    expect(fleet.state('b-1')).toBe('active');
  });

  it('primaries move only while they serve, and copies are dropped only once the new primary does', async () => {
    const fleet = await FakeNodes.start([...ids, 'a-2']);
    await fleet.pass(300);
    for (const node of fleet.nodes.values()) node.more = { not_serving: 5_000, not_serving_slots: [] };
    await fleet.control.operate((state) => fleet.control.operations.drain(state, 'a-1'));
    const before = fleet.view.slots;
    await fleet.pass(3_000);
    expect(fleet.view.slots).toBe(before);
  });

  it('a learner that does not join in time is withdrawn', async () => {
    const fleet = await FakeNodes.start(ids);
    for (const node of fleet.nodes.values()) node.fills = false;
    await fleet.join('a-2');
    await fleet.pass(1_000);
    const learning = () => fleet.view.slots.filter(([, , , learners]) => learners.length > 0).length;
    expect(learning()).toBe(controlPlaneLimits.learnersPerTargetMax);
    await fleet.pass(learnerStuckMs + learnersWatchMs);
    expect(fleet.events().some((event) => event.startsWith('learner_withdrawn a-2'))).toBe(true);
  });

  it('a learner of large nodes is given the time that their bytes take', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.join('a-2');
    const seconds = 600;
    for (const node of fleet.nodes.values()) {
      node.fills = false;
      node.more = { memory_bytes_used: seconds * controlPlaneLimits.learnerBytesPerSecondMin };
    }
    await fleet.pass(learnerStuckMs + learnersWatchMs * 2);
    expect(fleet.events().some((event) => event.startsWith('learner_withdrawn'))).toBe(false);
    await fleet.pass(seconds * 1_000);
    expect(fleet.events().some((event) => event.startsWith('learner_withdrawn'))).toBe(true);
  }, 60_000);

  it('a copy that its primary has removed is brought back', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.pass(300);
    const [epoch, , [primary, copy]] = fleet.view.slots[0]! as [number, number, [number, number], number[]];
    const [by, about] = [fleet.view.nodes[primary]!, fleet.view.nodes[copy]!];
    const answer = await fleet.control.steward.propose({
      id: by.id,
      incarnation: by.incarnation,
      proposals: [{ slot: 0, epoch, kind: 'shrink', life: `${about.id}/${about.incarnation}` }],
    });
    expect(answer).toMatchObject({ applied: 1, refused: 0, view: fleet.view.number });
    expect(fleet.view.slots[0]![2]).toEqual([primary]);
    await fleet.settle();
    expect(fleet.view.slots[0]![2]).toHaveLength(2);
    expect(fleet.control.statistics()).toMatchObject({ proposals_applied: 2, proposals_refused: 0 });
  });
});

describe('spares', () => {
  it('are empty until a node has been gone for a while; then one of its zone takes its place', async () => {
    const fleet = await FakeNodes.start(ids);
    await fleet.join('c-9', 'x', { spare: true });
    await fleet.join('b-9', 'x', { spare: true });
    await fleet.pass(2_000);
    expect([fleet.state('b-9'), fleet.state('c-9')]).toEqual(['spare', 'spare']);
    fleet.node('b-1').speaks = false;
    await fleet.pass(silentMs + spareAfterMs - 500);
    expect(fleet.state('b-9')).toBe('spare');
    await fleet.pass(1_000);
    expect([fleet.state('b-9'), fleet.state('c-9')]).toEqual(['active', 'spare']);
    await fleet.settle();
    expect(fleet.held()).toMatchObject({ 'b-1': [0, 0], 'c-9': [0, 0] });
    expect(fleet.held()['b-9']![1]).toBeGreaterThan(2_400);
    expect(fleet.events()).toContain('spare_activated b-9');
    await fleet.pass(20_000);
    expect(fleet.state('c-9')).toBe('spare');
  });

  it('a leader that begins meanwhile takes one for a node that is gone, and none where a former one did', async () => {
    const store = openSqliteStore(':memory:');
    const fleet = await FakeNodes.start(ids, { store });
    await fleet.join('c-9', 'x', { spare: true });
    await fleet.join('b-9', 'x', { spare: true });
    fleet.node('b-1').speaks = false;
    await fleet.pass(silentMs + 1_000);
    await fleet.changeLeader(store);
    await fleet.pass(silentMs + spareAfterMs + 1_000);
    expect([fleet.state('b-1'), fleet.state('b-9'), fleet.state('c-9')]).toEqual(['silent', 'active', 'spare']);
    await fleet.changeLeader(store);
    await fleet.pass(silentMs + spareAfterMs + 10_000);
    expect([fleet.state('b-1'), fleet.state('b-9'), fleet.state('c-9')]).toEqual(['silent', 'active', 'spare']);
  });
});

describe('operators', () => {
  it('see the nodes, what they hold, and what is planned, with reasons', async () => {
    const fleet = await FakeNodes.start(ids);
    for (const node of fleet.nodes.values()) node.more = { operations_per_second: 7 };
    await fleet.pass(300);
    fleet.node('a-1').speaks = false;
    await fleet.pass(silentMs);
    const status = fleet.control.steward.status();
    expect(status).toMatchObject({ replication_factor: 2, view: fleet.view.number, resets_total: 0 });
    expect(status.nodes[0]).toMatchObject({ id: 'a-1', state: 'silent', primaries: 0, copies: 0, spare: false });
    expect(status.nodes[1]).toMatchObject({ state: 'active', operations_per_second: 7, heartbeat_age_ms: 0 });
    const plan = fleet.control.steward.plan();
    expect(plan.steps_total).toBeGreaterThan(1_000);
    expect(plan.steps).toHaveLength(controlPlaneLimits.planStepsShown);
    expect(plan.steps[0]!.reason).toMatch(
      /^repair: slot \d+ has 1 of 2 copies; [bc]-1 is the target's best in zone [bc]$/,
    );
    expect(Object.values(plan.counts).reduce((sum, count) => sum + count)).toBe(plan.steps_total);
  });

  it('cannot drain the last active node, nor remove one that is in use, nor any that is not there', async () => {
    const fleet = await FakeNodes.start(['a-1', 'b-1']);
    const { operations } = fleet.control;
    const drain = (id: string) => fleet.control.operate((state) => operations.drain(state, id));
    const remove = (id: string, force = false) => fleet.control.operate((state) => operations.remove(state, id, force));
    await expect(drain('z-1')).rejects.toMatchObject({ code: 'node_not_found' });
    await expect(remove('z-1')).rejects.toMatchObject({ code: 'node_not_found' });
    await expect(remove('a-1')).rejects.toMatchObject({ code: 'node_in_use' });
    await drain('a-1');
    await drain('a-1');
    await expect(drain('b-1')).rejects.toMatchObject({ code: 'node_in_use' });
    await expect(remove('a-1')).rejects.toMatchObject({ code: 'node_in_use' });
  });

  it('remove a drained node; its life may not come back', async () => {
    const fleet = await FakeNodes.start([...ids, 'a-2']);
    await fleet.control.operate((state) => fleet.control.operations.drain(state, 'a-1'));
    await fleet.settle();
    const { number } = fleet.view;
    await fleet.control.operate((state) => fleet.control.operations.remove(state, 'a-1', false));
    expect(fleet.view.number).toBe(number + 1);
    expect(fleet.view.nodes.map(({ id }) => id)).toEqual([...ids.slice(1), 'a-2']);
    await fleet.pass(100);
    expect(fleet.node('a-1').answer).toMatchObject({ registered: false, left: true });
    await expect(fleet.join('a-1')).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('remove a silent node by force: what only it had is lost, and said', async () => {
    const fleet = await FakeNodes.start(ids, { replicationFactor: 1 });
    const [lost] = fleet.held()['a-1']!;
    fleet.node('a-1').speaks = false;
    await fleet.pass(noticedMs);
    await fleet.control.operate((state) => fleet.control.operations.remove(state, 'a-1', true));
    expect(fleet.state('a-1')).toBe('dead');
    expect(fleet.events()).toContain(`reset ${lost}`);
    await fleet.pass(500);
    expect(fleet.control.steward.status().slots.unserved).toBe(0);
  });

  it('rebalance: a node that was held back is used at once', async () => {
    const fleet = await FakeNodes.start(ids);
    for (let life = 2; life < 6; life++) await fleet.join('a-1', `a-1-life-${life}`);
    await fleet.pass(500);
    expect(fleet.held()['a-1']).toEqual([0, 0]);
    expect(fleet.view.slots.every(([, , , learners]) => learners.length === 0 || learners[0] !== 0)).toBe(true);
    fleet.control.steward.rebalance();
    await fleet.pass(300);
    expect(fleet.held()['a-1']![1]).toBeGreaterThan(0);
  });
});

describe('loads', () => {
  it('a node with far more operations than the others gets a little less', async () => {
    const fleet = await FakeNodes.start(ids);
    for (const node of fleet.nodes.values()) node.more = { operations_per_second: 2_000 };
    fleet.node('a-1').more = { operations_per_second: 10_000 };
    await fleet.pass(controlPlaneLimits.weighMs + 500);
    const [a, b] = fleet.view.nodes.map(({ weight, capacity }) => weight / capacity!);
    expect(a).toBe(controlPlaneLimits.loadFactorMin);
    expect(b).toBe(controlPlaneLimits.loadFactorMax);
    await fleet.pass(controlPlaneLimits.weighMs + 500);
    expect(fleet.view.nodes.map(({ weight, capacity }) => weight / capacity!).slice(0, 2)).toEqual([a, b]);
  });
});
