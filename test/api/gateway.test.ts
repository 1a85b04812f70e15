import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../support/fleet.ts';
import { KeptLog } from '../support/loopback.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const log = new KeptLog();
let fleet: TestFleet;

beforeAll(async () => {
  fleet = await startFleet({ log });
});
afterAll(() => fleet.stop());

const item = (key: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${fleet.url}/cache/default?key=${key}`, {
    ...init,
    headers: { authorization: `Bearer ${fleet.adminToken}`, ...init.headers },
  });

const traced = () => log.lines.filter(({ message }) => message === 'traced operation').map(({ fields }) => fields);

describe('gateway', () => {
  it('traceparent: a sampled trace reaches the storage node, by every door; one that is not sampled does not', async () => {
    const headers = { traceparent: `00-${traceId}-${parentId}-01` };
    await item('t', { method: 'PUT', body: 'v', headers });
    await item('t', { headers });
    await item('t', { headers: { traceparent: `00-${traceId}-${parentId}-00` } });
    expect(traced()).toEqual([
      { traceId, parentId, kind: 'set', status: 'done' },
      { traceId, parentId, kind: 'get', status: 'done' },
    ]);
  });

  it('Server-Timing: tells the time in the gateway and in the node', async () => {
    await item('s', { method: 'PUT', body: 'v' });
    const timing = (await item('s')).headers.get('server-timing')!;
    const [, gateway, node] = /^gateway;dur=([\d.]+), node;dur=([\d.]+)$/.exec(timing)!;
    expect(Number(gateway)).toBeGreaterThan(0);
    expect(Number(node)).toBeGreaterThan(0);
  });

  it('idempotency keys: are their token’s own, so that another neither meets nor learns of them', async () => {
    const issue = await fetch(`${fleet.url}/tokens`, {
      method: 'POST',
      headers: { authorization: `Bearer ${fleet.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        authorization_details: [{ type: 'cache', cache: 'default', actions: ['write'] }],
        expires_in_seconds: 60,
      }),
    });
    const { token } = (await issue.json()) as { token: string };
    const put = (authorization: string, body: string) =>
      item('i', { method: 'PUT', body, headers: { authorization, 'idempotency-key': 'one' } });
    expect((await put(`Bearer ${fleet.adminToken}`, 'a')).status).toBe(204);
    const other = await put(`Bearer ${token}`, 'b');
    expect([other.status, other.headers.get('idempotent-replayed')]).toEqual([204, null]);
    expect((await put(`Bearer ${token}`, 'c')).status).toBe(422);
  });

  it('drain: readiness turns false at once, and what comes meanwhile is still served', async () => {
    const other = await startFleet();
    const stopped = other.stop();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const ready = await fetch(`${other.url}/health/ready`);
    expect([ready.status, ready.headers.get('connection')]).toEqual([503, 'close']);
    const live = await fetch(`${other.url}/health/live`);
    expect(live.status).toBe(200);
    await stopped;
    await expect(fetch(`${other.url}/health/live`)).rejects.toThrow();
  });
});
