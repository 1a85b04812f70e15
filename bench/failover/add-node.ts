/** A fourth node is added to three under load: how many copies move, and how many should. */
import { systemClock } from '../../src/shared/clock.ts';
import { slotCount } from '../../src/shared/slots.ts';
import { Fleet } from '../../test/chaos/fleet/fleet.ts';
import { until } from '../../test/chaos/fleet/fleet-process.ts';
import { PlainNetwork } from '../../test/chaos/network/network.ts';
import { failoverLimits } from './limits.ts';
import { type OpenFigures, OpenLoad } from './open-load.ts';
import { settled } from './settled.ts';

export interface AddResult {
  readonly copies: number;
  /** Copies on nodes that did not have one of that slot before. */
  readonly moved: number;
  /** Copies of the new node in the end: its share. */
  readonly share: number;
  /** That of four nodes of the same size. */
  readonly even_share: number;
  /** Copies that went from one former node to another. */
  readonly moved_between_others: number;
  readonly seconds: number;
  readonly load: OpenFigures;
}

export async function addNode(stack: AsyncDisposableStack): Promise<AddResult> {
  const fleet = await Fleet.start(stack, new PlainNetwork(), {
    zones: ['a', 'b', 'c'],
    nodesPerZone: 1,
    gateways: 1,
    store: 'embedded',
    replicationFactor: 2,
    nodeMemoryBytes: failoverLimits.nodeMemoryBytes,
  });
  const load = new OpenLoad(fleet.urls, fleet.authorization);
  stack.defer(() => load.stop());
  let written = 0;
  load.every(1_000 / failoverLimits.writesPerSecond, 64, () => ({
    method: 'PUT',
    path: `/cache/default?key=add-${written++ % failoverLimits.items}`,
    body: new Uint8Array(failoverLimits.itemBytes),
    statuses: [204],
  }));
  await settled(fleet);
  load.figures();
  const before = holders(fleet);
  const startMs = systemClock.monotonicMs();
  const added = await fleet.addStorage('a-2', 'a');
  added.launch();
  await added.ready();
  const has = () => fleet.views.copiesOf(fleet.views.lifeOf('a-2') ?? '').length > 0;
  if (!(await until(has, failoverLimits.moveMs))) throw new Error('the new node got nothing');
  await settled(fleet);
  const seconds = (systemClock.monotonicMs() - startMs - failoverLimits.quietMs) / 1_000;
  const after = holders(fleet);
  const fresh = after.map((nodes, slot) => nodes.filter((node) => !before[slot]!.includes(node)));
  const copies = after.reduce((sum, nodes) => sum + nodes.length, 0);
  const moved = fresh.reduce((sum, nodes) => sum + nodes.length, 0);
  const share = after.filter((nodes) => nodes.includes('a-2')).length;
  const result = {
    copies,
    moved,
    share,
    even_share: Math.round((slotCount * fleet.factor) / fleet.storage.length),
    moved_between_others: moved - share,
    seconds,
    load: load.figures(),
  };
  await load.stop();
  return result;
}

/** Names of the nodes that hold each slot. */
function holders(fleet: Fleet): string[][] {
  return fleet.views.view.slots.map(([, , copies]) => copies.map((index) => fleet.views.view.nodes[index]!.id));
}
