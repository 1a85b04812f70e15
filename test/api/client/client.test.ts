import { readFileSync } from 'node:fs';
import createClient, { type Client } from 'openapi-fetch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generatedClientTypes, generatedOpenApi } from '../../../scripts/generate-openapi.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import type { components, paths } from './schema.d.ts';

let fleet: TestFleet;
let client: Client<paths>;

function clientWith(token: string): Client<paths> {
  return createClient<paths>({ baseUrl: fleet.url, headers: { authorization: `Bearer ${token}` } });
}

beforeAll(async () => {
  fleet = await startFleet();
  client = clientWith(fleet.adminToken);
});

afterAll(() => fleet.stop());

test('the types are those of openapi.yaml: run `node scripts/generate-openapi.ts` when this fails', async () => {
  const types = readFileSync(new URL('./schema.d.ts', import.meta.url), 'utf8');
  expect(types).toBe(await generatedClientTypes(generatedOpenApi()));
});

describe('a generated client', () => {
  const cache = 'typed';

  test('creates a cache with its settings', async () => {
    const { data, response } = await client.PUT('/caches/{cache}', {
      params: { path: { cache } },
      body: { default_ttl_ms: 60_000 },
    });
    expect(response.status).toBe(201);
    expect(data?.settings.default_ttl_ms).toBe(60_000);
    expect(data?.limits.item_size_bytes_max).toBeGreaterThanOrEqual(5_000_000);
  });

  test('stores bytes and reads them back', async () => {
    const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const params = { path: { cache }, query: { key: 'bytes' } };
    const put = await client.PUT('/cache/{cache}', { params, body: value, bodySerializer: (body) => body });
    expect(put.response.status).toBe(204);
    const { data } = await client.GET('/cache/{cache}', { params, parseAs: 'arrayBuffer' });
    expect(new Uint8Array(data!)).toEqual(value);
  });

  test('counts beyond what a double holds', async () => {
    const params = { path: { cache }, query: { key: 'counter', amount: '9007199254740993' } };
    const { data } = await client.POST('/cache/{cache}/increment', { params });
    expect(data).toMatchObject({ applied: true, value: '9007199254740993' });
  });

  test('carries out a batch with an outcome for each', async () => {
    const { data } = await client.POST('/cache/{cache}/batch', {
      params: { path: { cache } },
      body: {
        operations: [
          { op: 'set', key: 'a', value: { base64: 'AP8=' } },
          { op: 'get', key: 'a' },
          { op: 'get', key: 'none' },
          { op: 'increment', key: 'counter', max: '5' },
        ],
      },
    });
    const outcomes: readonly components['schemas']['BatchAnswer']['items'][number][] = data!.items;
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'hit', 'miss', 'bound_reached']);
    const hit = outcomes[1]!;
    expect(hit.outcome === 'hit' && hit.value).toEqual({ base64: 'AP8=' });
  });

  test('mints a token that may do what it was given, and learns why it may do no more', async () => {
    const issued = await client.POST('/tokens', {
      body: {
        authorization_details: [{ type: 'cache', cache, item: { key_prefix: 'user-' }, actions: ['read', 'write'] }],
        expires_in_seconds: 60,
        disposable: true,
      },
    });
    const limited = clientWith(issued.data!.token);
    const query = { key: 'user-1' };
    const own = await limited.PUT('/cache/{cache}', {
      params: { path: { cache }, query },
      body: 'mine',
      bodySerializer: String,
    });
    expect(own.response.status).toBe(204);
    const { error } = await limited.GET('/cache/{cache}', { params: { path: { cache }, query: { key: 'a' } } });
    const problem: components['schemas']['Problem'] = error!;
    expect(problem).toMatchObject({ code: 'permission_denied', status: 403, type: '/docs/errors#permission_denied' });
  });
});
