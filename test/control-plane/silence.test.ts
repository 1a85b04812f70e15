/** What a fleet makes of a node that the control plane alone does not hear. */
import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import { lifeOf } from '../../src/shared/life.ts';
import { FakeNodes } from './fake-nodes.ts';

const ids = ['a-1', 'b-1', 'c-1'];
const { cutOffMs } = controlPlaneLimits;

describe('a node that its peers hear', () => {
  it('cut off from the control plane, and heard by its peers: silent later, and what only it has stays with it', async () => {
    const fleet = await FakeNodes.start(ids);
    const { life } = fleet.node('a-1');
    for (const id of ['b-1', 'c-1']) fleet.node(id).more = { peers: [{ life, silent_ms: 0 }] };
    await fleet.pass(300);
    for (const each of fleet.nodes.values()) each.fills = false;
    const slot = fleet.view.slots.findIndex(([, , [primary]]) => primary === 0);
    const [epoch, , copies] = fleet.view.slots[slot]!;
    const removed = lifeOf(fleet.view.nodes[copies[1]!]!);
    await fleet.control.steward.propose({
      ...{ id: 'a-1', incarnation: 'a-1-life-1' },
      proposals: [{ slot, epoch, kind: 'shrink', life: removed }],
    });
    fleet.node('a-1').speaks = false;
    await fleet.pass(cutOffMs - 200);
    expect(fleet.state('a-1')).toBe('active');
    await fleet.pass(400);
    expect(fleet.state('a-1')).toBe('silent');
    expect(fleet.view.slots[slot]![2]).toEqual([0]);
    expect(fleet.view.slots.every(([, , [primary]], at) => at === slot || primary !== 0)).toBe(true);
    expect(fleet.control.statistics().resets).toBe(0);
    const { detail } = fleet.control.steward.events.list(1_000).find(({ kind }) => kind === 'node_silent')!;
    expect(detail).toContain('cut off from the control plane');
    fleet.node('a-1').speaks = true;
    await fleet.pass(200);
    expect(fleet.state('a-1')).toBe('active');
    expect(fleet.view.slots[slot]![2]).toEqual([0]);
  });

  it('cut off while the leader changes: it has the whole time again', async () => {
    const store = openSqliteStore(':memory:');
    const fleet = await FakeNodes.start(ids, { store });
    const peers = [{ life: fleet.node('a-1').life, silent_ms: 0 }];
    for (const id of ['b-1', 'c-1']) fleet.node(id).more = { peers };
    await fleet.pass(300);
    fleet.node('a-1').speaks = false;
    await fleet.pass(cutOffMs - 500);
    await fleet.changeLeader(store);
    await fleet.pass(cutOffMs - 500);
    expect(fleet.state('a-1')).toBe('active');
    await fleet.pass(1_000);
    expect(fleet.state('a-1')).toBe('silent');
  });
});
