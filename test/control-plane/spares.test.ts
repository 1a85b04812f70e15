import { describe, expect, it } from 'vitest';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { targetPassed } from '../../src/control-plane/spares.ts';
import { FakeNodes } from './fake-nodes.ts';

const { spareAfterMs } = controlPlaneLimits;
const ids = ['a-1', 'b-1', 'c-1'];

/** A fleet with two spares, and nodes that report what `use` says of them. */
async function fleetWithSpares(spareTargets: { memoryShare?: number; operationsPerSecond?: number }) {
  const fleet = await FakeNodes.start(ids, { spareTargets });
  await fleet.join('a-9', 'x', { spare: true });
  await fleet.join('b-9', 'x', { spare: true });
  const report = (more: object) => {
    for (const node of fleet.nodes.values()) node.more = more;
  };
  const states = () => [fleet.state('a-9'), fleet.state('b-9')];
  return { fleet, report, states };
}

describe('spares', () => {
  it('one that was taken into use is replaced as any other, and so is a node that was drained and taken back', async () => {
    const { fleet, states } = await fleetWithSpares({});
    const silence = async (id: string) => {
      fleet.node(id).speaks = false;
      await fleet.pass(spareAfterMs + 2_000);
    };
    await silence('a-1');
    expect(states()).toEqual(['active', 'spare']);
    await silence('a-9');
    expect(states()).toEqual(['silent', 'active']);

    const other = await fleetWithSpares({});
    const { control } = other.fleet;
    await control.operate((state) => control.operations.drain(state, 'b-1'));
    await control.operate((state) => control.operations.undrain(state, 'b-1'));
    other.fleet.node('b-1').speaks = false;
    await other.fleet.pass(spareAfterMs + 2_000);
    expect(other.states()).toEqual(['spare', 'active']);
  });
});

describe('spare targets', () => {
  it('of memory: a spare is taken into use when the nodes have been above it for a while, and no other at once', async () => {
    const { fleet, report, states } = await fleetWithSpares({ memoryShare: 0.8 });
    report({ memory_bytes: 1_000, memory_bytes_used: 850 });
    await fleet.pass(spareAfterMs - 500);
    expect(states()).toEqual(['spare', 'spare']);
    await fleet.pass(1_500);
    expect(states()).toEqual(['active', 'spare']);
    expect(fleet.events()).toContain('spare_activated a-9');
    await fleet.pass(spareAfterMs - 1_500);
    expect(states()).toEqual(['active', 'spare']);
    await fleet.pass(2_000);
    expect(states()).toEqual(['active', 'active']);
  });

  it('of load: a burst takes none, a load that stays takes one', async () => {
    const { fleet, report, states } = await fleetWithSpares({ operationsPerSecond: 100 });
    report({ operations_per_second: 500 });
    await fleet.pass(spareAfterMs - 500);
    report({ operations_per_second: 50 });
    await fleet.pass(1_000);
    report({ operations_per_second: 500 });
    await fleet.pass(spareAfterMs - 500);
    expect(states()).toEqual(['spare', 'spare']);
    await fleet.pass(1_500);
    expect(states()).toEqual(['active', 'spare']);
  });

  it('a fleet without targets keeps its spares', async () => {
    const { fleet, report, states } = await fleetWithSpares({});
    report({ memory_bytes: 1_000, memory_bytes_used: 1_000, operations_per_second: 1e6 });
    await fleet.pass(3 * spareAfterMs);
    expect(states()).toEqual(['spare', 'spare']);
  });

  it('what is not known of every node passes no target', () => {
    const unknown = { memoryShare: undefined, operationsPerSecond: undefined };
    expect(targetPassed({ memoryShare: 0.1, operationsPerSecond: 1 }, unknown)).toBeUndefined();
    expect(targetPassed({ memoryShare: 0.5 }, { ...unknown, memoryShare: 0.5 })).toBeUndefined();
    expect(targetPassed({ memoryShare: 0.5 }, { ...unknown, memoryShare: 0.51 })).toContain('memory');
  });
});
