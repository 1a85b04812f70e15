/** A fleet whose nodes have all ended, and some of which come back. */
import { expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import type { View } from '../../src/shared/fleet-state.ts';
import { FakeNodes } from './fake-nodes.ts';

const ids = ['a-1', 'b-1', 'c-1'];
const { returnSettleMs } = controlPlaneLimits;
const isServed = ({ slots }: View) => slots.every(([, , copies]) => copies.length > 0);

async function ended(options: Parameters<typeof FakeNodes.start>[1] = {}): Promise<FakeNodes> {
  const fleet = await FakeNodes.start(ids, options);
  await fleet.pass(500);
  for (const life of [...fleet.nodes.keys()]) await fleet.control.steward.confirmDead(life);
  fleet.nodes.clear();
  return fleet;
}

/** Time passes, with housekeeping. */
async function pass(fleet: FakeNodes, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += controlPlaneLimits.tickMs) {
    await fleet.pass(controlPlaneLimits.tickMs);
    await fleet.control.tick();
  }
}

it('a fleet that was never placed waits for the expected number, however long', async () => {
  const fleet = await FakeNodes.start(ids, { expectedNodes: 4 });
  await pass(fleet, returnSettleMs * 3);
  expect(isServed(fleet.view)).toBe(false);
  await fleet.join('d-1');
  expect(isServed(fleet.view)).toBe(true);
});

it('one that was is served by those who have come, after a while; its data epochs grow, and who comes later joins', async () => {
  const fleet = await ended();
  const before = fleet.view.slots.map(([, dataEpoch]) => dataEpoch);
  await fleet.join('a-1', 'a-1-life-2');
  await pass(fleet, returnSettleMs / 2);
  await fleet.join('b-1', 'b-1-life-2');
  expect(isServed(fleet.view)).toBe(false);
  await pass(fleet, returnSettleMs / 2 + 500);
  expect(isServed(fleet.view)).toBe(true);
  expect(fleet.view.slots.every(([, dataEpoch], slot) => dataEpoch > before[slot]!)).toBe(true);
  await fleet.join('c-1', 'c-1-life-2');
  await fleet.settle();
  expect(fleet.held()['c-1']![1]).toBeGreaterThan(2_000);
});

it('the expected number need not wait', async () => {
  const fleet = await ended();
  for (const id of ids) await fleet.join(id, `${id}-life-2`);
  expect(isServed(fleet.view)).toBe(true);
});

it('a new leader waits the whole time again', async () => {
  const store = openSqliteStore(':memory:');
  const fleet = await ended({ store });
  await fleet.join('a-1', 'a-1-life-2');
  await pass(fleet, returnSettleMs - 1_000);
  await fleet.changeLeader(store, { expectedNodes: 3 });
  await pass(fleet, returnSettleMs - 1_000);
  expect(isServed(fleet.view)).toBe(false);
  await pass(fleet, 2_000);
  expect(isServed(fleet.view)).toBe(true);
});
