/** What is left of the fleet's events when a leader is gone, on every coordination store; `open` gives a new empty one. */
import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { entryKeys } from '../../src/control-plane/records.ts';
import type { CoordinationStore } from '../../src/control-plane/store/coordination-store.ts';
import { FakeNodes } from '../control-plane/fake-nodes.ts';
import { openControl, overriding } from '../control-plane/fixtures.ts';

const ids = ['a-1', 'b-1', 'c-1'];
const { eventsStored, eventsStoreMs, eventsPageDefault } = controlPlaneLimits;
/** Long enough for the newest events to be stored. */
const storedMs = eventsStoreMs + 200;

export function fleetEventsConformance(name: string, open: () => Promise<CoordinationStore>): void {
  describe(`fleet events: ${name}`, () => {
    it('are known to the next leader, which goes on with their numbers', async () => {
      const store = await open();
      const fleet = await FakeNodes.start(ids, { store });
      await fleet.pass(storedMs);
      const before = fleet.control.steward.events.list(eventsPageDefault);
      expect(before.map(({ kind }) => kind)).toEqual(['node_registered', 'node_registered', 'node_registered']);
      await fleet.changeLeader(store);
      expect(fleet.control.steward.events.list(eventsPageDefault)).toEqual(before);
      await fleet.control.steward.confirmDead(fleet.node('b-1').life);
      expect(fleet.control.steward.events.list(2)).toMatchObject([
        { number: 4, kind: 'node_dead', node: 'b-1' },
        { number: 5, kind: 'failover' },
      ]);
    });

    it('a loss of data is known to the next leader though the former one ended with the change that made it', async () => {
      const store = await open();
      const fleet = await FakeNodes.start(ids, { store, replicationFactor: 1 });
      await fleet.pass(storedMs);
      const [lost] = fleet.held()['a-1']!;
      await fleet.control.steward.confirmDead(fleet.node('a-1').life);
      await fleet.changeLeader(store);
      expect(fleet.control.statistics().resets).toBe(lost);
      expect(fleet.events().filter((event) => event.startsWith('reset'))).toEqual([`reset ${lost}`]);
      const numbers = fleet.control.steward.events.list(eventsPageDefault).map(({ number }) => number);
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    });

    it('a loss of data outlasts more events than are stored', async () => {
      const store = await open();
      const fleet = await FakeNodes.start(ids, { store, replicationFactor: 1 });
      await fleet.control.steward.confirmDead(fleet.node('a-1').life);
      const later = controlPlaneLimits.eventsMax + 10;
      for (let each = 0; each < later; each++) fleet.control.steward.events.record('move_done', 'x', { slots: each });
      await fleet.pass(storedMs);
      for (let leader = 0; leader < 2; leader++) await fleet.changeLeader(store);
      const events = fleet.events();
      expect(events).toHaveLength(eventsStored);
      expect(events[0]).toMatch(/^reset \d+$/);
      expect(events.at(-1)).toBe(`move_done ${later - 1}`);
    });

    it('are written at most once a second, and not at all while nothing happens', async () => {
      const inner = await open();
      let writes = 0;
      const transact: CoordinationStore['transact'] = (transaction) => {
        if (transaction.puts?.some(({ key }) => key === entryKeys.events)) writes++;
        return inner.transact(transaction);
      };
      const fleet = await FakeNodes.start(ids, { store: overriding(inner, { transact }) });
      await fleet.pass(storedMs);
      writes = 0;
      for (let second = 0; second < 5; second++) {
        for (let each = 0; each < 50; each++) fleet.control.steward.events.record('move_done', 'x', { slots: each });
        await fleet.pass(eventsStoreMs);
      }
      expect(writes).toBeGreaterThanOrEqual(4);
      expect(writes).toBeLessThanOrEqual(6);
      await fleet.pass(storedMs);
      writes = 0;
      await fleet.pass(10_000);
      expect(writes).toBe(0);
    });

    it('those of the last moment are stored when the leader stops in order', async () => {
      const store = await open();
      const fleet = await FakeNodes.start(ids, { store: overriding(store, { close: async () => {} }) });
      await fleet.pass(storedMs);
      fleet.control.steward.events.record('drained', 'x', { node: 'a-1' });
      await fleet.control.close();
      await fleet.changeLeader(store);
      expect(fleet.events().at(-1)).toBe('drained a-1');
    });

    it('a kind that a later version has is passed over; an entry that is damaged is one clear error', async () => {
      const store = await open();
      const known = { number: 7, at_ms: 1, kind: 'drained', node: 'a-1', slots: null, detail: 'x' };
      const put = (value: string) => store.transact({ puts: [{ key: entryKeys.events, value }] });
      await put(JSON.stringify([known, { ...known, number: 8, kind: 'of_a_later_version' }]));
      const { control } = await openControl({ store });
      expect(control.steward.events.list(eventsPageDefault)).toEqual([known]);
      await put('{');
      await expect(openControl({ store })).rejects.toMatchObject({ name: 'StoreError', reason: 'corrupt' });
    });
  });
}
