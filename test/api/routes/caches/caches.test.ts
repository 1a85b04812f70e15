import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheSettingsDefault } from '../../../../src/shared/fleet-state.ts';
import { limits } from '../../../../src/shared/limits.ts';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, issue } from '../administration.ts';

let fleet: TestFleet;
let admin: string;
let names = 0;

beforeAll(async () => {
  fleet = await startFleet({ gateways: 2 });
  admin = fleet.adminToken;
});
afterAll(() => fleet.stop());

const newName = () => `cache-${++names}`;
const put = (name: string, json?: unknown, headers: Record<string, string> = {}) =>
  call(fleet.url, 'PUT', `/caches/${name}`, { token: admin, headers, ...(json === undefined ? {} : { json }) });
const setItem = (cache: string, key: string, gateway = fleet.url, body = 'value') =>
  call(gateway, 'PUT', `/cache/${cache}?key=${key}&ttl_seconds=60`, { token: admin, body });
const getItem = (cache: string, key: string, gateway = fleet.url) =>
  call(gateway, 'GET', `/cache/${cache}?key=${key}`, { token: admin });

describe('create cache', () => {
  it('answers 201 with settings and limits, and every gateway serves it', async () => {
    const name = newName();
    const created = await put(name, { default_ttl_ms: 5_000 });
    expect(created.status).toBe(201);
    expect(created.json).toEqual({
      name,
      created_at_ms: expect.any(Number),
      settings: { ...cacheSettingsDefault, default_ttl_ms: 5_000 },
      limits: {
        item_size_bytes_max: limits.itemSizeBytesMax,
        key_size_bytes_max: limits.keySizeBytesMax,
        ttl_ms_max: limits.ttlMsMax,
        batch_items_max: limits.batchItemsMax,
      },
    });
    for (const url of fleet.urls) expect((await setItem(name, 'a', url)).status).toBe(204);
  });

  it('needs no body', async () => {
    const created = await put(newName());
    expect(created.status).toBe(201);
    expect(created.json.settings).toEqual(cacheSettingsDefault);
  });

  it('answers 200 when the cache exists with the settings named, or when none are named', async () => {
    const name = newName();
    await put(name, { eviction: 'none' });
    for (const settings of [undefined, {}, { eviction: 'none' }]) {
      const again = await put(name, settings);
      expect(again.status).toBe(200);
      expect(again.json.settings.eviction).toBe('none');
    }
  });

  it('answers 409 when the cache exists with another setting, and keeps it', async () => {
    const name = newName();
    await put(name, { default_ttl_ms: 5_000 });
    expectProblem(await put(name, { default_ttl_ms: 6_000 }), 409, 'cache_settings_differ');
    expect((await call(fleet.url, 'GET', `/caches/${name}`, { token: admin })).json.settings.default_ttl_ms).toBe(
      5_000,
    );
  });

  it.each([
    [
      'a setting out of range',
      { default_ttl_ms: limits.ttlMsMax + 1 },
      { limit: limits.ttlMsMax, actual: limits.ttlMsMax + 1 },
    ],
    ['a setting of another type', { default_ttl_ms: '5' }, {}],
    ['an unknown setting', { colour: 'red' }, {}],
    ['an unknown eviction', { eviction: 'sometimes' }, {}],
    ['a Cache-Control that would break a header', { cache_control: 'a\r\nx: y' }, {}],
    [
      'a negative share',
      { memory_share: -0.1 },
      { limit: 0, actual: -0.1, detail: expect.stringMatching(/memory_share is too small/) },
    ],
    [
      'a share above all of them',
      { memory_share: 0.751 },
      { limit: 0.75, actual: 0.751, detail: expect.stringMatching(/memory_share/) },
    ],
    [
      'a share between two steps',
      { memory_share: 1e-9 },
      { detail: expect.stringMatching(/memory_share must be a multiple of 0\.001/) },
    ],
    ['a share that is a text', { memory_share: '0.25' }, { detail: expect.stringMatching(/field memory_share/) }],
    ['a share that is null', { memory_share: null }, { detail: expect.stringMatching(/field memory_share/) }],
  ])('refuses %s and creates nothing', async (_, json, numbers) => {
    const name = newName();
    const refused = await put(name, json);
    expectProblem(refused, 400, 'invalid_argument');
    expect(refused.json).toMatchObject(numbers);
    expectProblem(await call(fleet.url, 'GET', `/caches/${name}`, { token: admin }), 404, 'cache_not_found');
  });

  it.each([
    ['broken JSON', '{"eviction":', 'application/json', 400, 'malformed_body'],
    ['a member twice', '{"eviction":"none","eviction":"evict"}', 'application/json', 400, 'malformed_body'],
    ['JSON that is no object', '[]', 'application/json', 400, 'malformed_body'],
    ['JSON nested too deeply', '['.repeat(limits.bodyDepthMax + 1), 'application/json', 400, 'malformed_body'],
    ['another content type', '{}', 'application/xml', 415, 'unsupported_media_type'],
    [
      'a body over the limit',
      `{"cache_control":"${'x'.repeat(limits.jsonBodyBytesMax)}"}`,
      'application/json',
      413,
      'body_too_large',
    ],
  ])('refuses %s', async (_, body, contentType, status, code) => {
    const headers = { 'content-type': contentType };
    expectProblem(await call(fleet.url, 'PUT', `/caches/${newName()}`, { token: admin, body, headers }), status, code);
  });

  it('refuses a name with other characters, or too long', async () => {
    expectProblem(await put('a%20b'), 400, 'invalid_argument');
    expectProblem(await put('n'.repeat(limits.cacheNameLengthMax + 1)), 400, 'invalid_argument');
  });
});

describe('idempotency', () => {
  it('a repetition gives the first answer, another request with the key is refused', async () => {
    const name = newName();
    const headers = { 'idempotency-key': `key-of-${name}` };
    expect((await put(name, {}, headers)).status).toBe(201);
    const again = await put(name, {}, headers);
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expectProblem(await put(name, { eviction: 'none' }, headers), 422, 'idempotency_key_reused');
    expectProblem(
      await call(fleet.url, 'DELETE', `/caches/${name}`, { token: admin, headers }),
      422,
      'idempotency_key_reused',
    );
  });

  it('a delete repeated under its key is not refused with 404, through another gateway too', async () => {
    const name = newName();
    await put(name);
    const headers = { 'idempotency-key': `"delete ${name}"` };
    for (const url of fleet.urls)
      expect((await call(url, 'DELETE', `/caches/${name}`, { token: admin, headers })).status).toBe(204);
  });

  it('a flush repeated under its key leaves what was stored since', async () => {
    const name = newName();
    await put(name);
    const headers = { 'idempotency-key': `flush-${name}` };
    const flush = () => call(fleet.url, 'POST', `/caches/${name}/flush`, { token: admin, headers });
    expect((await flush()).status).toBe(204);
    await setItem(name, 'later');
    expect((await flush()).status).toBe(204);
    expect((await getItem(name, 'later')).status).toBe(200);
  });
});

describe('read caches', () => {
  it('get: tells items, bytes, hits and misses over all storage nodes', async () => {
    const name = newName();
    await put(name);
    for (const key of ['a', 'b', 'c', 'd']) await setItem(name, key);
    await getItem(name, 'a');
    await getItem(name, 'b');
    await getItem(name, 'absent');
    const { json, headers } = await call(fleet.url, 'GET', `/caches/${name}`, { token: admin });
    expect(json.statistics).toMatchObject({ items: 4, hits: 2, misses: 1, evictions: 0 });
    expect(json.statistics.bytes).toBeGreaterThanOrEqual(4 * ('a'.length + 'value'.length));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('list: gives every cache once, in order, page by page', async () => {
    const created = await Promise.all(['list-c', 'list-a', 'list-b'].map(async (name) => (await put(name)).json.name));
    const seen: string[] = [];
    let path = '/caches?limit=2';
    for (let pages = 0; pages < 100; pages++) {
      const { json, status } = await call(fleet.url, 'GET', path, { token: admin });
      expect(status).toBe(200);
      expect(json.caches.length).toBeLessThanOrEqual(2);
      seen.push(...json.caches.map((cache: { name: string }) => cache.name));
      if (json.next_token === undefined) break;
      path = `/caches?limit=2&next_token=${encodeURIComponent(json.next_token)}`;
    }
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen).toEqual(expect.arrayContaining([...created, 'default']));
  });

  it('list: shows a token the caches that it may administer only', async () => {
    await Promise.all(['team-1', 'team-2', 'other-1'].map((name) => put(name)));
    const details = [{ type: 'administration', caches: { prefix: 'team-' }, actions: ['read'] }];
    const { token } = await issue(fleet.url, admin, details);
    const { json } = await call(fleet.url, 'GET', '/caches', { token });
    expect(json.caches.map((cache: { name: string }) => cache.name)).toEqual(['team-1', 'team-2']);
  });

  it.each(['limit=0', 'limit=1001', 'limit=ten', 'next_token=a%20b', 'limit=1&limit=2'])(
    'list: refuses %s',
    async (query) => {
      expectProblem(await call(fleet.url, 'GET', `/caches?${query}`, { token: admin }), 400, 'invalid_argument');
    },
  );
});

describe('update cache', () => {
  const patch = (name: string, json: unknown) => call(fleet.url, 'PATCH', `/caches/${name}`, { token: admin, json });

  it('changes the settings named, keeps the others, and null gives the default again', async () => {
    const name = newName();
    await put(name, { default_ttl_ms: 5_000, eviction: 'none' });
    expect((await patch(name, { default_ttl_ms: 7_000 })).json.settings).toMatchObject({
      default_ttl_ms: 7_000,
      eviction: 'none',
    });
    expect((await patch(name, { eviction: null })).json.settings).toMatchObject({
      default_ttl_ms: 7_000,
      eviction: 'evict',
    });
    expect((await patch(name, {})).status).toBe(200);
  });

  it('holds at every gateway once it is answered', async () => {
    const name = newName();
    await put(name);
    await patch(name, { value_size_bytes_max: 20 });
    for (const url of fleet.urls) expectProblem(await setItem(name, 'k', url, 'v'.repeat(21)), 413, 'item_too_large');
  });

  it('copies that must be in sync: set, told, in range, and null gives the default again', async () => {
    const name = newName();
    expect((await put(name)).json.settings).toMatchObject({ min_in_sync: 1 });
    expect((await patch(name, { min_in_sync: 3 })).json.settings).toMatchObject({ min_in_sync: 3 });
    for (const min_in_sync of [0, 4, 1.5]) expectProblem(await patch(name, { min_in_sync }), 400, 'invalid_argument');
    expect((await patch(name, { min_in_sync: null })).json.settings).toMatchObject({ min_in_sync: 1 });
  });

  it('settings of topics: set, told, and null gives each its default again', async () => {
    const name = newName();
    const chosen = {
      topic_messages_max: 10,
      topic_retention_ms: 0,
      topic_log_bytes_max: limits.topicLogBytesMaxMax,
      topic_message_bytes_max: limits.itemSizeBytesMax,
    };
    const defaults = {
      topic_messages_max: 1_000,
      topic_retention_ms: 60_000,
      topic_log_bytes_max: 1_048_576,
      topic_message_bytes_max: 1_048_576,
    };
    expect((await put(name)).json.settings).toMatchObject(defaults);
    expect((await patch(name, chosen)).json.settings).toMatchObject(chosen);
    expect((await call(fleet.url, 'GET', `/caches/${name}`, { token: admin })).json.settings).toMatchObject(chosen);
    const none = Object.fromEntries(Object.keys(chosen).map((setting) => [setting, null]));
    expect((await patch(name, none)).json.settings).toMatchObject(defaults);
    for (const [setting, value] of [
      ['topic_messages_max', limits.topicMessagesMaxMax + 1],
      ['topic_retention_ms', limits.topicRetentionMsMax + 1],
      ['topic_log_bytes_max', limits.topicLogBytesMaxMax + 1],
      ['topic_message_bytes_max', 0],
      ['topic_message_bytes_max', limits.itemSizeBytesMax + 1],
    ] as const)
      expectProblem(await patch(name, { [setting]: value }), 400, 'invalid_argument');
  });

  it('share of the memory: set, told, and null gives it back', async () => {
    const name = newName();
    expect((await put(name, { memory_share: 0.125 })).json.settings.memory_share).toBe(0.125);
    expect((await patch(name, { memory_share: 0.5 })).json.settings.memory_share).toBe(0.5);
    const told = await call(fleet.url, 'GET', `/caches/${name}`, { token: admin });
    expect(told.json.settings.memory_share).toBe(0.5);
    expect((await patch(name, { memory_share: null })).json.settings.memory_share).toBe(0);
  });

  it('share of the memory: refused when the fleet has none left to give, and had once another gives it back', async () => {
    const [one, two, three] = [newName(), newName(), newName()];
    await put(one, { memory_share: 0.5 });
    await put(two);
    const refusals = [await put(three, { memory_share: 0.5 }), await patch(two, { memory_share: 0.5 })];
    for (const refused of refusals) {
      expectProblem(refused, 429, 'limit_reached');
      expect(refused.json).toMatchObject({ limit: limits.memoryShareSumMax, actual: 1 });
    }
    expectProblem(await call(fleet.url, 'GET', `/caches/${three}`, { token: admin }), 404, 'cache_not_found');
    expect((await call(fleet.url, 'GET', `/caches/${two}`, { token: admin })).json.settings.memory_share).toBe(0);
    await call(fleet.url, 'DELETE', `/caches/${one}`, { token: admin });
    expect((await patch(two, { memory_share: 0.5 })).status).toBe(200);
    await call(fleet.url, 'DELETE', `/caches/${two}`, { token: admin });
  });

  it('refuses a bad setting, an empty body and an absent cache', async () => {
    const name = newName();
    await put(name);
    expectProblem(await patch(name, { value_size_bytes_max: 19 }), 400, 'invalid_argument');
    for (const memory_share of [-0.001, 0.751, 1e-9, '0.25'])
      expectProblem(await patch(name, { memory_share }), 400, 'invalid_argument');
    expectProblem(await call(fleet.url, 'PATCH', `/caches/${name}`, { token: admin }), 400, 'malformed_body');
    expectProblem(await patch(newName(), { eviction: 'none' }), 404, 'cache_not_found');
  });
});

describe('delete and flush', () => {
  it('flush: the cache is empty at every gateway and still there, with its settings', async () => {
    const name = newName();
    await put(name, { default_ttl_ms: 9_000 });
    await setItem(name, 'a');
    expect((await call(fleet.url, 'POST', `/caches/${name}/flush`, { token: admin })).status).toBe(204);
    for (const url of fleet.urls) expectProblem(await getItem(name, 'a', url), 404, 'key_not_found');
    expect((await setItem(name, 'a')).status).toBe(204);
    expect((await call(fleet.url, 'GET', `/caches/${name}`, { token: admin })).json.settings.default_ttl_ms).toBe(
      9_000,
    );
  });

  it('delete: no gateway serves it any more, and one created again shows nothing old', async () => {
    const name = newName();
    await put(name);
    await setItem(name, 'a');
    expect((await call(fleet.url, 'DELETE', `/caches/${name}`, { token: admin })).status).toBe(204);
    for (const url of fleet.urls) expectProblem(await getItem(name, 'a', url), 404, 'cache_not_found');
    await put(name);
    expectProblem(await getItem(name, 'a'), 404, 'key_not_found');
  });

  it('answer 404 for a cache that is not there', async () => {
    const name = newName();
    expectProblem(await call(fleet.url, 'DELETE', `/caches/${name}`, { token: admin }), 404, 'cache_not_found');
    expectProblem(await call(fleet.url, 'POST', `/caches/${name}/flush`, { token: admin }), 404, 'cache_not_found');
  });
});

describe('rights', () => {
  const calls: readonly [string, string][] = [
    ['GET', '/caches/default'],
    ['PUT', '/caches/default'],
    ['PATCH', '/caches/default'],
    ['DELETE', '/caches/default'],
    ['POST', '/caches/default/flush'],
    ['GET', '/caches'],
  ];
  const path = (target: string, name: string) => target.replace('default', name);

  it('a token for data administers nothing, and learns nothing of what exists', async () => {
    const { token } = await issue(fleet.url, admin, [{ type: 'cache', cache: '*', actions: ['read', 'write'] }]);
    for (const [method, target] of calls) {
      const existing = await call(fleet.url, method, target, { token });
      expectProblem(existing, 403, 'permission_denied');
      const absent = await call(fleet.url, method, path(target, 'not-there'), { token });
      expect(absent.json).toEqual(existing.json);
    }
  });

  it('administration of reading changes nothing', async () => {
    const { token } = await issue(fleet.url, admin, [{ type: 'administration', actions: ['read'] }]);
    for (const [method, target] of calls) {
      const { status } = await call(fleet.url, method, target, { token, ...(method === 'PATCH' ? { json: {} } : {}) });
      expect(status, `${method} ${target}`).toBe(method === 'GET' ? 200 : 403);
    }
  });

  it('no token and a broken one are 401', async () => {
    for (const [method, target] of calls) {
      expectProblem(await call(fleet.url, method, target), 401, 'authentication_required');
      expectProblem(await call(fleet.url, method, target, { token: 'none' }), 401, 'invalid_token');
    }
  });

  it('accounts do not see each other’s caches', async () => {
    const name = newName();
    await put(name);
    const { token } = await issue(fleet.url, admin, [{ type: 'administration', actions: ['read', 'write'] }], {
      account: 'other',
    });
    expectProblem(await call(fleet.url, 'GET', `/caches/${name}`, { token }), 404, 'cache_not_found');
    expectProblem(await call(fleet.url, 'DELETE', `/caches/${name}`, { token }), 404, 'cache_not_found');
    expect((await call(fleet.url, 'GET', '/caches', { token })).json).toEqual({ caches: [] });
  });
});
