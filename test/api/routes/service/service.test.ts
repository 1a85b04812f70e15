import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, issue } from '../administration.ts';

let fleet: TestFleet;
let open: TestFleet;
let admin: string;

beforeAll(async () => {
  [fleet, open] = await Promise.all([
    startFleet({ gateways: 2 }),
    startFleet({ zones: ['a'], gateway: { metricsAccess: 'open' } }),
  ]);
  admin = fleet.adminToken;
});
afterAll(() => Promise.all([fleet.stop(), open.stop()]));

describe('health', () => {
  it('live and ready are public and never cached', async () => {
    for (const [path, status] of [
      ['live', 'live'],
      ['ready', 'ready'],
    ] as const) {
      const answer = await call(fleet.url, 'GET', `/health/${path}`);
      expect(answer.status).toBe(200);
      expect(answer.json).toEqual({ status });
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('metrics', () => {
  const metrics = (token?: string) => call(fleet.url, 'GET', '/metrics', token === undefined ? {} : { token });

  it('hold each family once, with samples of every process', async () => {
    const key = 'a-key-that-no-metric-may-show';
    await call(fleet.url, 'PUT', `/cache/default?key=${key}&ttl_seconds=60`, { token: admin, body: 'a-value-of-it' });
    const { status, headers, text } = await metrics(admin);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const types = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    expect(new Set(types).size).toBe(types.length);
    expect(types).toEqual(
      expect.arrayContaining([
        'godwit_process_up',
        'godwit_requests_total',
        'godwit_node_frames_total',
        'godwit_cache_items',
        'godwit_control_nodes',
      ]),
    );
    const up = [...text.matchAll(/^godwit_process_up\{process="([^"]+)",role="(\w+)"\} (\d)$/gm)];
    expect(up.map(([, , role, value]) => `${role} ${value}`).sort()).toEqual([
      'control 1',
      'gateway 1',
      'gateway 1',
      'storage 1',
      'storage 1',
      'storage 1',
    ]);
    expect(text).not.toContain(key);
    expect(text).not.toContain('a-value-of-it');
    expect(text).not.toContain(fleet.fleetSecret);
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+\{process="[^"]+".*\} \S+)$/);
  });

  it('need a token that may read operations', async () => {
    expectProblem(await metrics(), 401, 'authentication_required');
    expectProblem(await metrics('none'), 401, 'invalid_token');
    const data = await issue(fleet.url, admin, [{ type: 'cache', cache: '*', actions: ['read', 'write'] }]);
    expectProblem(await metrics(data.token), 403, 'permission_denied');
    const operations = await issue(fleet.url, admin, [{ type: 'operations', actions: ['read'] }]);
    expect((await metrics(operations.token)).status).toBe(200);
  });

  it('are open to all when the server is set so', async () => {
    expect((await call(open.url, 'GET', '/metrics')).status).toBe(200);
  });
});

it('index: says where things are, and each is there', async () => {
  const { status, json } = await call(fleet.url, 'GET', '/');
  expect(status).toBe(200);
  expect(json.service).toBe('godwit');
  for (const path of Object.values<string>(json.links))
    expect((await call(fleet.url, 'GET', path, { token: admin })).status, path).toBeLessThan(400);
});

it('other methods are 405 with what is allowed', async () => {
  for (const path of ['/health/live', '/health/ready', '/metrics', '/tokens/refresh', '/.well-known/jwks.json']) {
    const answer = await call(fleet.url, 'DELETE', path, { token: admin });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toContain(path === '/tokens/refresh' ? 'POST' : 'GET');
  }
});

it('a storage node that is down is told by the metrics, and statistics are null rather than wrong', async () => {
  const lonely = await startFleet({ zones: ['a'] });
  try {
    await lonely.nodes[0]!.drain(0);
    const statistics = await call(lonely.url, 'GET', '/caches/default', { token: lonely.adminToken });
    expect(statistics.status).toBe(200);
    expect(statistics.json.statistics).toBeNull();
    const { text } = await call(lonely.url, 'GET', '/metrics', { token: lonely.adminToken });
    expect(text).toMatch(/^godwit_process_up\{process="storage-a",role="storage"\} 0$/m);
    expect((await call(lonely.url, 'GET', '/health/live')).status).toBe(200);
  } finally {
    await lonely.stop();
  }
});
