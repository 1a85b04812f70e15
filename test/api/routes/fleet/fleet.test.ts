import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, issue } from '../administration.ts';

let fleet: TestFleet;
/** May look at operations, and nothing else. */
let observer: string;
/** May do anything with items. */
let user: string;
beforeAll(async () => {
  fleet = await startFleet({ zones: ['a', 'b'] });
  observer = (await issue(fleet.url, fleet.adminToken, [{ type: 'operations', actions: ['read'] }])).token;
  user = (await issue(fleet.url, fleet.adminToken, [{ type: 'cache', cache: '*', actions: ['read', 'write'] }])).token;
});
afterAll(() => fleet.stop());

const reads = ['/fleet', '/fleet/plan', '/fleet/events'];
const changes = [
  ['PUT', '/fleet/nodes/storage-a/drain'],
  ['DELETE', '/fleet/nodes/storage-a/drain'],
  ['DELETE', '/fleet/nodes/storage-a'],
  ['DELETE', '/fleet/nodes/storage-a?force=true'],
  ['POST', '/fleet/rebalance'],
] as const;

describe('rights', () => {
  it('reading needs the right to read operations', async () => {
    for (const path of reads) {
      expect((await call(fleet.url, 'GET', path, { token: observer })).status).toBe(200);
      expectProblem(await call(fleet.url, 'GET', path, { token: user }), 403, 'permission_denied');
      expectProblem(await call(fleet.url, 'GET', path), 401, 'authentication_required');
    }
  });

  it('changing needs a super-user', async () => {
    for (const [method, path] of changes) {
      for (const token of [observer, user]) {
        expectProblem(await call(fleet.url, method, path, { token }), 403, 'permission_denied');
      }
    }
    const { json } = await call(fleet.url, 'GET', '/fleet', { token: observer });
    expect(json.nodes.map(({ state }: { state: string }) => state)).toEqual(['active', 'active']);
  });
});

describe('status', () => {
  it('every slot has a primary, and the sum over the nodes is the number of slots', async () => {
    const { json } = await call(fleet.url, 'GET', '/fleet', { token: fleet.adminToken });
    const primaries = json.nodes.reduce((sum: number, node: { primaries: number }) => sum + node.primaries, 0);
    expect(primaries).toBe(json.slots.total);
    expect(json.slots.total).toBe(4_096);
  });
});

describe('draining', () => {
  it('a node that drains says so, and is taken back', async () => {
    const state = async () => {
      const { json } = await call(fleet.url, 'GET', '/fleet', { token: fleet.adminToken });
      return json.nodes.find(({ id }: { id: string }) => id === 'storage-b').state;
    };
    const path = '/fleet/nodes/storage-b/drain';
    expect((await call(fleet.url, 'PUT', path, { token: fleet.adminToken })).status).toBe(204);
    expect(await state()).toBe('draining');
    const { json } = await call(fleet.url, 'GET', '/fleet/events', { token: observer });
    expect(json.events.map(({ kind }: { kind: string }) => kind)).toContain('drain_begun');
    expect((await call(fleet.url, 'DELETE', path, { token: fleet.adminToken })).status).toBe(204);
    expect(await state()).toBe('active');
  });

  it('the last node that serves is not drained, and one that holds something is not removed', async () => {
    const admin = { token: fleet.adminToken };
    await call(fleet.url, 'PUT', '/fleet/nodes/storage-b/drain', admin);
    expectProblem(await call(fleet.url, 'PUT', '/fleet/nodes/storage-a/drain', admin), 409, 'node_in_use');
    expectProblem(await call(fleet.url, 'DELETE', '/fleet/nodes/storage-a', admin), 409, 'node_in_use');
    expect((await call(fleet.url, 'DELETE', '/fleet/nodes/storage-b/drain', admin)).status).toBe(204);
  });
});
