import { expect } from 'vitest';
import type { Call } from '../caller.ts';

interface Status {
  readonly nodes: readonly { readonly id: string; readonly state: string }[];
}

/** What operators ask of a fleet of three active nodes; two are left in the end. */
export async function exerciseFleet(call: Call): Promise<void> {
  const { nodes } = (await call('getFleet', {}, 200)).json<Status>();
  expect(nodes.map(({ state }) => state)).toEqual(['active', 'active', 'active']);
  await call('getFleetPlan', {}, 200);
  await call('listFleetEvents', { query: { limit: '5' } }, 200);
  await call('listFleetEvents', { query: { limit: '0' } }, 'invalid_argument');

  for (const operation of ['drainNode', 'addNode', 'removeNode']) {
    await call(operation, { path: { node: 'nobody' } }, 'node_not_found');
    await call(operation, { path: { node: 'no%20name' } }, 'invalid_argument');
  }
  const [first, ...others] = nodes.map(({ id }) => ({ node: id }));
  await call('removeNode', { path: first!, query: { force: 'false' } }, 'node_in_use');
  for (const node of others) {
    await call('drainNode', { path: node }, 204);
    await call('drainNode', { path: node }, 204);
  }
  await call('drainNode', { path: first! }, 'node_in_use');
  for (const node of others) await call('addNode', { path: node }, 204);
  await call('rebalanceFleet', {}, 204);
  // the others take over, and what only it held begins anew
  await call('removeNode', { path: others[1]!, query: { force: 'true' } }, 204);
}
