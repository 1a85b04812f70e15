import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { call, expectProblem, issue } from '../routes/administration.ts';
import { type BuiltWorker, buildWorker, type RunningWorker, startWorker } from './edge.ts';

let fleet: TestFleet;
let built: BuiltWorker;
let worker: RunningWorker;

beforeAll(async () => {
  [fleet, built] = await Promise.all([startFleet(), buildWorker()]);
  worker = await startWorker(built, {
    GODWIT_CONTROL_URLS: fleet.controlUrl,
    GODWIT_FLEET_SECRET: fleet.fleetSecret,
    GODWIT_CORS_ORIGINS: 'https://app.example',
  });
});

afterAll(async () => {
  await worker?.stop();
  await built?.remove();
  await fleet?.stop();
});

const readOnly = [{ type: 'cache', cache: 'default', actions: ['read'] }];
const item = (key: string) => `/cache/default?key=${key}`;
const asAdmin = (method: string, path: string, more = {}) =>
  call(worker.url, method, path, { token: fleet.adminToken, ...more });
const readWith = (token: string) => call(worker.url, 'GET', item('seen'), { token });

describe('worker on workerd', () => {
  it('items: set, get and delete through the edge', async () => {
    const put = await asAdmin('PUT', item('greeting'), { body: 'hello', headers: { 'content-type': 'text/plain' } });
    expect(put.status).toBe(204);
    const got = await asAdmin('GET', item('greeting'));
    expect({ status: got.status, text: got.text }).toEqual({ status: 200, text: 'hello' });
    expect(got.headers.get('etag')).toBe(put.headers.get('etag'));
    expect(got.headers.get('server-timing')).toMatch(/^gateway;dur=[\d.]+, node;dur=[\d.]+$/);
    expect((await asAdmin('DELETE', item('greeting'))).status).toBe(204);
    expectProblem(await asAdmin('GET', item('greeting')), 404, 'key_not_found');
  });

  it('items: a gateway of the fleet and the edge see the same', async () => {
    await call(fleet.url, 'PUT', item('shared'), { token: fleet.adminToken, body: 'from the gateway' });
    expect((await asAdmin('GET', item('shared'))).text).toBe('from the gateway');
  });

  it('items: the largest value goes through, byte for byte', async () => {
    const value = new Uint8Array(4_999_000).map((_, index) => index * 31 + (index >>> 8));
    const headers = { authorization: `Bearer ${fleet.adminToken}`, 'accept-encoding': 'identity' };
    const put = await fetch(`${worker.url}${item('large')}`, { method: 'PUT', headers, body: value });
    expect(put.status).toBe(204);
    const got = await fetch(`${worker.url}${item('large')}`, { headers });
    expect(Buffer.from(await got.arrayBuffer()).equals(value)).toBe(true);
  });

  it('increment: is exact beyond 2^53', async () => {
    await asAdmin('PUT', item('count'), { body: '9007199254740993' });
    const answer = await asAdmin('POST', '/cache/default/increment?key=count&amount=2');
    expect({ status: answer.status, value: answer.json?.value }).toEqual({ status: 200, value: '9007199254740995' });
  });

  it('batch: each item has its outcome', async () => {
    const set = await asAdmin('POST', '/cache/default/set', {
      json: {
        items: [
          { key: 'present', value: { base64: '/w==' } },
          { key: 'large', value: 'x', ttl_ms: 60_000 },
        ],
      },
    });
    expect(set.json?.items.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['stored', 'stored']);
    const got = await asAdmin('POST', '/cache/default/get', { json: { keys: ['present', 'absent'] } });
    expect(got.json?.items).toMatchObject([{ outcome: 'hit', value: { base64: '/w==' } }, { outcome: 'miss' }]);
  });

  it('requests at the same time: each gets its own value', async () => {
    const keys = Array.from({ length: 64 }, (_, index) => `own-${index}`);
    await Promise.all(keys.map((key) => asAdmin('PUT', item(key), { body: key })));
    const answers = await Promise.all(keys.map((key) => asAdmin('GET', item(key))));
    expect(answers.map(({ text }) => text)).toEqual(keys);
    expect(new Set(answers.map(({ headers }) => headers.get('x-request-id'))).size).toBe(keys.length);
  });

  it('requests that are given up: do not hold up the others', async () => {
    const headers = { authorization: `Bearer ${fleet.adminToken}` };
    const given = Array.from({ length: 16 }, async () => {
      const abort = new AbortController();
      const answer = fetch(`${worker.url}${item('present')}`, { headers, signal: abort.signal }).catch(() => {});
      abort.abort();
      await answer;
    });
    const answers = await Promise.all(Array.from({ length: 16 }, () => asAdmin('HEAD', item('present'))));
    await Promise.all(given);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it('tokens: a bad one and none are 401', async () => {
    expectProblem(await readWith(`${fleet.adminToken.slice(0, -4)}AAAA`), 401, 'invalid_token');
    expectProblem(await call(worker.url, 'GET', item('seen')), 401, 'authentication_required');
  });

  it('tokens: a right that a token lacks is 403', async () => {
    const { token } = await issue(worker.url, fleet.adminToken, [
      { type: 'cache', cache: 'default', item: { key_prefix: 'other' }, actions: ['read'] },
    ]);
    expectProblem(await readWith(token), 403, 'permission_denied');
  });

  it('revocation: the edge refuses the token within the bound', async () => {
    const { token, jti } = await issue(fleet.url, fleet.adminToken, readOnly);
    await asAdmin('PUT', item('seen'), { body: 'yes' });
    expect((await readWith(token)).status).toBe(200);
    const startMs = performance.now();
    const revoked = call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: fleet.adminToken });
    let status = 200;
    let lastAcceptedMs = startMs;
    while (status === 200 && performance.now() - startMs < 5_000) {
      const sentMs = performance.now();
      ({ status } = await readWith(token));
      if (status === 200) lastAcceptedMs = sentMs;
    }
    expect(status).toBe(401);
    expect(lastAcceptedMs - startMs).toBeLessThan(1_000);
    expect((await revoked).status).toBe(204);
  });

  it('revocation: one that was answered holds for an isolate that slept meanwhile', async () => {
    const { token, jti } = await issue(fleet.url, fleet.adminToken, readOnly);
    expect((await readWith(token)).status).toBe(200);
    // The control plane waits for who has just been seen, so that the copy is too old when it answers.
    await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: fleet.adminToken });
    expectProblem(await readWith(token), 401, 'invalid_token');
  });

  it('caches: one made through the edge can be used at once', async () => {
    expect((await asAdmin('PUT', '/caches/at-the-edge')).status).toBe(201);
    expect((await asAdmin('PUT', '/cache/at-the-edge?key=a', { body: 'b' })).status).toBe(204);
  });

  it('documentation: the description and every file of the page', async () => {
    const description = await call(worker.url, 'GET', '/openapi.yaml');
    expect(description.text).toBe(await readFile('openapi.yaml', 'utf8'));
    for (const name of ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png', 'start.js'])
      expect((await call(worker.url, 'GET', `/docs/${name}`)).status).toBe(200);
    expectProblem(await call(worker.url, 'GET', '/docs/other.js'), 404, 'path_not_found');
  });

  it('service: readiness, the fleet’s metrics, preflight and unknown paths', async () => {
    expect((await call(worker.url, 'GET', '/health/ready')).status).toBe(200);
    const metrics = await asAdmin('GET', '/metrics');
    expect(metrics.text).toMatch(/^godwit_process_up\{process="storage-a",role="storage"\} 1$/m);
    expect(metrics.text).not.toContain('process="edge.');
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'PUT' };
    const preflight = await call(worker.url, 'OPTIONS', '/cache/default', { headers });
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expectProblem(await call(worker.url, 'GET', '/nowhere'), 404, 'path_not_found');
    expectProblem(await call(worker.url, 'POST', '/health/ready'), 405, 'method_not_allowed');
  });

  it('log: nothing of all this is worth a line', () => {
    expect(worker.log()).toBe('');
  });
});

describe('worker without its fleet', () => {
  it('no bindings: every answer says that the worker is not configured', async () => {
    const unconfigured = await startWorker(built, {});
    try {
      expectProblem(await call(unconfigured.url, 'GET', '/health/ready'), 500, 'internal_error');
      await vi.waitFor(() => expect(unconfigured.log()).toContain('GODWIT_CONTROL_URLS is not set'));
    } finally {
      await unconfigured.stop();
    }
  });

  it('no control plane: 503 until it answers', async () => {
    const lost = await startWorker(built, {
      GODWIT_CONTROL_URLS: 'http://127.0.0.1:9',
      GODWIT_FLEET_SECRET: 'secret-of-none',
    });
    try {
      const answer = await call(lost.url, 'GET', item('a'), { token: fleet.adminToken });
      expectProblem(answer, 503, 'not_ready');
      expect(answer.headers.get('retry-after')).toBe('1');
      await vi.waitFor(() => expect(lost.log()).toContain('control plane does not answer'));
      expect(lost.log()).not.toContain('secret-of-none');
    } finally {
      await lost.stop();
    }
  });
});
