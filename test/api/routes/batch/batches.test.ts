import { decode, encode } from 'cborg';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../../../src/shared/limits.ts';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { issue } from '../administration.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.stop());

interface BatchAnswer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test asserts
  readonly body: any;
}

interface BatchOptions {
  readonly method?: string;
  readonly token?: string;
  readonly cache?: string;
  readonly headers?: Record<string, string>;
}

const jsonHeaders = { 'content-type': 'application/json' };

async function send(name: string, body: BodyInit, options: BatchOptions = {}): Promise<BatchAnswer> {
  const { method = 'POST', token = fleet.adminToken, cache = 'default', headers = {} } = options;
  const authorization = { authorization: `Bearer ${token}` };
  const response = await fetch(`${fleet.url}/cache/${cache}/${name}`, {
    method,
    body,
    headers: { ...authorization, ...headers },
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isCbor = response.headers.get('content-type') === 'application/cbor';
  return {
    status: response.status,
    headers: response.headers,
    body: isCbor ? decode(bytes) : JSON.parse(new TextDecoder().decode(bytes)),
  };
}

const json = (name: string, body: unknown, options: BatchOptions = {}): Promise<BatchAnswer> =>
  send(name, JSON.stringify(body), { ...options, headers: { ...jsonHeaders, ...options.headers } });

const cborHeaders = { 'content-type': 'application/cbor', accept: 'application/cbor' };
const cbor = (name: string, body: unknown): Promise<BatchAnswer> =>
  send(name, encode(body) as Uint8Array<ArrayBuffer>, { headers: cborHeaders });

const outcomes = (answer: BatchAnswer): string[] =>
  answer.body.items.map((item: { outcome: string; error?: { code: string } }) => item.error?.code ?? item.outcome);

const base64 = (bytes: Uint8Array): { base64: string } => ({ base64: bytes.toBase64() });
const bytesOf = (value: { text: string } | { base64: string }): Uint8Array =>
  'text' in value ? new TextEncoder().encode(value.text) : Uint8Array.fromBase64(value.base64);

let counter = 0;
/** A key that no other test uses. */
const fresh = (): string => `key-${counter++}`;

describe('bytes', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(text.toWellFormed())),
    fc
      .constantFrom(
        [],
        [0],
        [0xef, 0xbb, 0xbf, 0x41],
        [0xef, 0xbf, 0xbd],
        [0xed, 0xa0, 0x80],
        [0xc3],
        [0x22, 0x5c, 0x0a],
      )
      .map((bytes) => Uint8Array.from(bytes)),
  );
  const items = fc.uniqueArray(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), value), {
    minLength: 1,
    maxLength: 12,
    selector: ([key]) => key.toHex(),
  });

  test('JSON: any keys and values come back byte for byte, in order', async () => {
    await fc.assert(
      fc.asyncProperty(items, async (pairs) => {
        const set = await json('set', {
          items: pairs.map(([key, bytes]) => ({ key: base64(key), value: base64(bytes) })),
        });
        expect(new Set(outcomes(set))).toEqual(new Set(['stored']));
        const got = await json('get', { keys: pairs.map(([key]) => base64(key)) });
        expect(got.body.items.map((item: { value: { text: string } }) => bytesOf(item.value))).toEqual(
          pairs.map(([, bytes]) => bytes),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('CBOR: any keys and values come back byte for byte, in order', async () => {
    await fc.assert(
      fc.asyncProperty(items, async (pairs) => {
        const set = await cbor('set', { items: pairs.map(([key, bytes]) => ({ key, value: bytes })) });
        expect(new Set(outcomes(set))).toEqual(new Set(['stored']));
        const got = await cbor('get', { keys: pairs.map(([key]) => key) });
        expect(got.body.items.map((item: { value: Uint8Array }) => item.value)).toEqual(
          pairs.map(([, bytes]) => bytes),
        );
      }),
      { numRuns: 40 },
    );
  });

  test('text in any form: the same bytes; well-formed text without controls is answered as text', async () => {
    const [bare, object, long, control] = [fresh(), fresh(), fresh(), fresh()];
    await json('set', {
      items: [
        { key: bare, value: 'é\n"\\\ufeff\ufffd' },
        { key: { text: object }, value: { text: 'x' } },
        { key: long, value: 'é'.repeat(5_000) },
        { key: control, value: 'a\u0000b' },
      ],
    });
    const got = await json('get', { keys: [{ base64: btoa(bare) }, object, long, control] });
    expect(got.body.items.map((item: { value: unknown }) => item.value)).toEqual([
      { text: 'é\n"\\\ufeff\ufffd' },
      { text: 'x' },
      { text: 'é'.repeat(5_000) },
      { base64: btoa('a\u0000b') },
    ]);
  });

  test('half a surrogate pair: the item’s error, nothing stored in its place', async () => {
    const key = fresh();
    const set = await send('set', `{"items":[{"key":"${key}","value":"\\ud800"},{"key":"${key}-2","value":"ok"}]}`, {
      headers: jsonHeaders,
    });
    expect(outcomes(set)).toEqual(['invalid_argument', 'stored']);
    expect(outcomes(await json('exists', { keys: [key, `${key}-2`] }))).toEqual(['absent', 'present']);
  });
});

describe('get and exists', () => {
  test('a hit: value, content type, entity tag and TTL as the item by itself has them', async () => {
    const key = fresh();
    const set = await json('set', { items: [{ key, value: 'v', content_type: 'text/plain', ttl_ms: 60_000 }] });
    const [hit] = (await json('get', { keys: [key] })).body.items;
    expect(hit).toEqual({
      outcome: 'hit',
      value: { text: 'v' },
      content_type: 'text/plain',
      etag: set.body.items[0].etag,
      ttl_ms: expect.any(Number),
    });
    expect(hit.ttl_ms).toBeLessThanOrEqual(60_000);
    const alone = await fetch(`${fleet.url}/cache/default?key=${key}`, {
      headers: { authorization: fleet.adminToken },
    });
    expect(alone.headers.get('etag')).toBe(hit.etag);
    expect(await alone.text()).toBe('v');
  });

  test('hundreds of keys: an outcome for each, in order, by POST and QUERY alike', async () => {
    const keys = Array.from({ length: 500 }, () => fresh());
    await json('set', { items: keys.filter((_, i) => i % 3 === 0).map((key) => ({ key, value: key })) });
    const posted = await json('get', { keys });
    posted.body.items.forEach((item: { outcome: string; value?: { text: string } }, i: number) => {
      expect(item.value?.text).toBe(i % 3 === 0 ? keys[i] : undefined);
    });
    const queried = await json('get', { keys }, { method: 'QUERY' });
    const withoutTtl = (answer: BatchAnswer) => answer.body.items.map((item: object) => ({ ...item, ttl_ms: 0 }));
    expect(withoutTtl(queried)).toEqual(withoutTtl(posted));
    const existing = await json('exists', { keys }, { method: 'QUERY' });
    expect(existing.body).toEqual((await json('exists', { keys })).body);
    expect(outcomes(existing)).toEqual(keys.map((_, i) => (i % 3 === 0 ? 'present' : 'absent')));
  });

  test('no keys: no outcomes; one key twice: two', async () => {
    expect((await json('get', { keys: [] })).body).toEqual({ items: [] });
    expect(outcomes(await json('get', { keys: ['none', 'none'] }))).toEqual(['miss', 'miss']);
  });

  test('keys that are none: errors of their items alone', async () => {
    const key = fresh();
    await json('set', { items: [{ key, value: 'v' }] });
    const keys = ['', key, 'k'.repeat(limits.keySizeBytesMax + 1), 'a\nb', { base64: '!' }, { base64: '' }];
    const got = await json('get', { keys });
    const bad = 'invalid_argument';
    expect(outcomes(got)).toEqual([bad, 'hit', bad, bad, bad, bad]);
    expect(got.body.items[2].error).toMatchObject({
      status: 400,
      limit: limits.keySizeBytesMax,
      actual: limits.keySizeBytesMax + 1,
      retryable: false,
    });
    expect(JSON.stringify(got.body)).not.toContain('kkk');
  });

  test('values larger than an answer may be: the rest says so and can be read by itself', async () => {
    const keys = Array.from({ length: 8 }, () => fresh());
    const value = 'v'.repeat(5_000_000);
    for (const key of keys) await json('set', { items: [{ key, value }] });
    const got = await json('get', { keys });
    const hits = Math.floor(limits.batchAnswerBytesMax / value.length);
    expect(outcomes(got).filter((one) => one === 'hit')).toHaveLength(hits);
    expect(outcomes(got).filter((one) => one === 'answer_too_large')).toHaveLength(keys.length - hits);
    const left = keys.filter((_, i) => got.body.items[i].outcome === 'error');
    const again = await json('get', { keys: left });
    expect(outcomes(again)).toEqual(left.map(() => 'hit'));
    await json('delete', { keys });
  });
});

describe('set and delete', () => {
  test('conditions: each item by its own, not stored tells the entity tag that is there', async () => {
    const [there, missing] = [fresh(), fresh()];
    const first = await json('set', { items: [{ key: there, value: 'a' }] });
    const { etag } = first.body.items[0];
    const of = async (key: string, condition: object): Promise<unknown> => {
      const { items } = (await json('set', { items: [{ key, value: 'a', condition }] })).body;
      await json('delete', { keys: [missing] });
      return items[0];
    };
    const notStored = { outcome: 'not_stored', etag };
    expect(await of(there, { kind: 'absent' })).toEqual(notStored);
    expect(await of(there, { kind: 'equal', compare: 'b' })).toEqual(notStored);
    expect(await of(there, { kind: 'not_equal', compare: { base64: 'YQ==' } })).toEqual(notStored);
    expect(await of(there, { kind: 'present_and_not_equal', compare: 'a' })).toEqual(notStored);
    expect(await of(there, { kind: 'absent_or_equal', compare: 'b' })).toEqual(notStored);
    expect(await of(there, { if_match: '"9-9"' })).toEqual(notStored);
    expect(await of(there, { if_none_match: ['"9-9"', etag] })).toEqual(notStored);
    expect(await of(there, { if_none_match: '*' })).toEqual(notStored);
    expect(await of(missing, { kind: 'present' })).toEqual({ outcome: 'not_stored', etag: null });
    expect(await of(missing, { if_match: '*' })).toEqual({ outcome: 'not_stored', etag: null });
    expect(await of(missing, { kind: 'absent', if_none_match: '*' })).toMatchObject({ outcome: 'stored' });
    expect(await of(there, { kind: 'equal', compare: 'a', if_match: etag })).toMatchObject({ outcome: 'stored' });
  });

  test('a value to compare with of megabytes: compared whole', async () => {
    const key = fresh();
    const large = 'c'.repeat(4_000_000);
    await json('set', { items: [{ key, value: large }] });
    const set = (compare: string) =>
      json('set', { items: [{ key, value: 'x', condition: { kind: 'equal', compare } }] });
    expect(outcomes(await set(`${large.slice(1)}d`))).toEqual(['not_stored']);
    expect(outcomes(await set(large))).toEqual(['stored']);
  });

  test('conditions that make no sense: errors of their items', async () => {
    const conditions = [
      {},
      { kind: 'equal' },
      { kind: 'absent', compare: 'x' },
      { compare: 'x' },
      { if_match: 'no tag' },
    ];
    const set = await json('set', { items: conditions.map((condition) => ({ key: fresh(), value: 'v', condition })) });
    expect(new Set(outcomes(set))).toEqual(new Set(['invalid_argument']));
  });

  test('TTLs: the item’s own, else the request’s, else the cache’s', async () => {
    const keys = [fresh(), fresh(), fresh()];
    const items = [
      { key: keys[0], value: 'v', ttl_seconds: 5 },
      { key: keys[1], value: 'v' },
      { key: keys[2], value: 'v', ttl_ms: 1, ttl_seconds: 1 },
    ];
    expect(outcomes(await json('set', { items, ttl_ms: 90_000 }))).toEqual(['stored', 'stored', 'invalid_argument']);
    await json('set', { items: [{ key: keys[2], value: 'v' }] });
    const ttls = (await json('get', { keys })).body.items.map((item: { ttl_ms: number }) => item.ttl_ms);
    expect(ttls[0]).toBeLessThanOrEqual(5_000);
    expect(ttls[1]).toBeGreaterThan(5_000);
    expect(ttls[1]).toBeLessThanOrEqual(90_000);
    expect(ttls[2]).toBeGreaterThan(90_000);
  });

  test('an item too large: its own error with limit and actual, the others stored', async () => {
    const [large, small] = [fresh(), fresh()];
    const set = await json('set', {
      items: [
        { key: large, value: 'v'.repeat(5_300_000) },
        { key: small, value: 'v' },
      ],
    });
    expect(outcomes(set)).toEqual(['item_too_large', 'stored']);
    expect(set.body.items[0].error).toMatchObject({ status: 413, limit: limits.itemSizeBytesMax, actual: 5_300_000 });
    expect(outcomes(await json('exists', { keys: [large, small] }))).toEqual(['absent', 'present']);
  });

  test('delete: the same outcome whether or not there was an item', async () => {
    const key = fresh();
    await json('set', { items: [{ key, value: 'v' }] });
    expect((await json('delete', { keys: [key, 'none', ''] })).body.items).toEqual([
      { outcome: 'deleted' },
      { outcome: 'deleted' },
      expect.objectContaining({ outcome: 'error' }),
    ]);
    expect(outcomes(await json('exists', { keys: [key] }))).toEqual(['absent']);
  });

  test('one key many times: the last one stays, whatever their sizes', async () => {
    const key = fresh();
    const items = Array.from({ length: 40 }, (_, i) => ({
      key,
      value: `${i}`.padEnd(i % 3 === 1 ? 100_000 : 10, '.'),
    }));
    expect(new Set(outcomes(await json('set', { items })))).toEqual(new Set(['stored']));
    expect((await json('get', { keys: [key] })).body.items[0].value.text).toBe('39........');
  });
});

describe('mixed batch', () => {
  test('operations on one key: each sees the one before it', async () => {
    const key = fresh();
    const answer = await json('batch', {
      operations: [
        { op: 'exists', key },
        { op: 'get', key },
        { op: 'set', key, value: '1', ttl_ms: 60_000 },
        { op: 'get', key },
        { op: 'increment', key, amount: '41' },
        { op: 'increment', key, amount: 10, max: 50 },
        { op: 'get_and_set', key, value: { base64: 'AP8=' }, content_type: 'image/png' },
        { op: 'increment', key },
        { op: 'ttl', key, ttl_ms: 1_000, mode: 'raise' },
        { op: 'ttl', key, ttl_seconds: 30 },
        { op: 'delete', key, condition: { kind: 'absent' } },
        { op: 'set', key, value: 'x', condition: { kind: 'absent' } },
        { op: 'get_and_delete', key },
        { op: 'ttl', key },
        { op: 'get_and_delete', key },
        { op: 'get_and_set', key, value: 'new' },
        { op: 'ttl', key },
        { op: 'delete', key },
        { op: 'exists', key },
      ],
    });
    const etag = expect.stringMatching(/^"\d+-\d+"$/);
    const ttl_ms = expect.any(Number);
    expect(answer.body.items).toEqual([
      { outcome: 'absent' },
      { outcome: 'miss' },
      { outcome: 'stored', etag },
      { outcome: 'hit', value: { text: '1' }, content_type: 'application/octet-stream', etag, ttl_ms },
      { outcome: 'incremented', value: '42', etag, ttl_ms },
      { outcome: 'bound_reached', value: '42', etag, ttl_ms },
      { outcome: 'stored', etag, previous: { value: { text: '42' }, content_type: 'application/octet-stream' } },
      { outcome: 'error', error: expect.objectContaining({ code: 'not_an_integer', status: 409 }) },
      { outcome: 'unchanged', etag, ttl_ms },
      { outcome: 'changed', etag, ttl_ms: 30_000 },
      { outcome: 'condition_not_met', etag },
      { outcome: 'not_stored', etag },
      { outcome: 'hit', value: { base64: 'AP8=' }, content_type: 'image/png', etag, ttl_ms },
      { outcome: 'miss' },
      { outcome: 'miss' },
      { outcome: 'stored', etag, previous: null },
      { outcome: 'found', etag, ttl_ms },
      { outcome: 'deleted' },
      { outcome: 'absent' },
    ]);
  });

  test('counters of many keys, interleaved: exact, each sum in its turn', async () => {
    const keys = Array.from({ length: 7 }, () => fresh());
    const operations = Array.from({ length: 700 }, (_, i) => ({ op: 'increment', key: keys[i % 7] }));
    const answer = await json('batch', { operations });
    answer.body.items.forEach((item: { value: string }, i: number) => {
      expect(item.value).toBe(String(Math.floor(i / 7) + 1));
    });
  });

  test('integers beyond 2^53: exact as text, refused as numbers', async () => {
    const key = fresh();
    const operations = [
      { op: 'increment', key, amount: '9007199254740993' },
      { op: 'increment', key, amount: '9223372036854775807' },
    ];
    const answer = await json('batch', { operations });
    expect(answer.body.items[0].value).toBe('9007199254740993');
    expect(outcomes(answer)[1]).toBe('integer_overflow');
    const refused = await send('batch', `{"operations":[{"op":"increment","key":"k","amount":9007199254740993}]}`, {
      headers: jsonHeaders,
    });
    expect(refused.status).toBe(200);
    expect(refused.body.items[0]).toMatchObject({ outcome: 'error', error: { code: 'invalid_argument' } });
  });

  test('one item out of bounds fails by itself, and the others are done', async () => {
    const key = fresh();
    const bad = [
      { ttl_ms: 0 },
      { ttl_ms: limits.ttlMsMax + 1 },
      { ttl_ms: 1.5 },
      { ttl_seconds: -1 },
      { content_type: 'secret\u0007' },
      { content_type: 'é' },
    ].map((fields) => ({ key: 'bad', value: 'v', ...fields }));
    const answer = await json('set', { items: [{ key, value: '1' }, ...bad] });
    expect(answer.status).toBe(200);
    expect(outcomes(answer)).toEqual(['stored', ...bad.map(() => 'invalid_argument')]);
    expect(answer.body.items[2].error).toMatchObject({ limit: limits.ttlMsMax, actual: limits.ttlMsMax + 1 });
    expect(JSON.stringify(answer.body)).not.toContain('secret');
    const numbers = [{ amount: '9223372036854775808' }, { amount: 1.5 }, { min: 'x' }, { max: '1e3' }];
    const operations = [{ op: 'get', key }, ...numbers.map((fields) => ({ op: 'increment', key: fresh(), ...fields }))];
    expect(outcomes(await json('batch', { operations }))).toEqual(['hit', ...numbers.map(() => 'invalid_argument')]);
  });
});

describe('idempotency', () => {
  test('the same batch again: the first outcomes, done once, and the answer says so', async () => {
    const [count, other] = [fresh(), fresh()];
    const body = {
      operations: [
        { op: 'increment', key: count },
        { op: 'increment', key: count },
        { op: 'set', key: other, value: 'v', condition: { kind: 'absent' } },
        { op: 'get', key: count },
        { op: 'get_and_delete', key: other },
      ],
    };
    const headers = { 'idempotency-key': fresh() };
    const first = await json('batch', body, { headers });
    expect(outcomes(first)).toEqual(['incremented', 'incremented', 'stored', 'hit', 'hit']);
    expect(first.headers.has('idempotent-replayed')).toBe(false);
    const second = await json('batch', body, { headers });
    const stable = (answer: BatchAnswer) => answer.body.items.map((item: object) => ({ ...item, ttl_ms: 0 }));
    expect(stable(second)).toEqual(stable(first));
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect((await json('get', { keys: [count] })).body.items[0].value).toEqual({ text: '2' });
  });

  test('the same key with another batch: 422, and nothing done', async () => {
    const headers = { 'idempotency-key': fresh() };
    const key = fresh();
    await json('set', { items: [{ key, value: 'a' }] }, { headers });
    const other = await json('set', { items: [{ key, value: 'b' }] }, { headers });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency_key_reused']);
    expect((await json('delete', { keys: [key] }, { headers })).status).toBe(422);
    expect((await json('get', { keys: [key] })).body.items[0].value).toEqual({ text: 'a' });
  });
});

describe('rights', () => {
  const cacheRight = (item: unknown, actions: string[]) => [
    { type: 'cache', cache: 'default', ...(item === undefined ? {} : { item }), actions },
  ];

  test('each key by its own bytes: refused keys are errors, however they are written', async () => {
    const { token } = await issue(fleet.url, fleet.adminToken, cacheRight({ key_prefix: 'mine/' }, ['read', 'write']));
    const items = ['mine/a', 'other', { base64: btoa('mine/b') }, { base64: btoa('yours') }, 'mine'].map((key) => ({
      key,
      value: 'v',
    }));
    const denied = 'permission_denied';
    expect(outcomes(await json('set', { items }, { token }))).toEqual(['stored', denied, 'stored', denied, denied]);
    const keys = items.map(({ key }) => key);
    expect(outcomes(await json('get', { keys }, { token }))).toEqual(['hit', denied, 'hit', denied, denied]);
    expect(outcomes(await json('exists', { keys }, { token }))).toEqual(['present', denied, 'present', denied, denied]);
    expect(outcomes(await json('exists', { keys }))).toEqual(['present', 'absent', 'present', 'absent', 'absent']);
  });

  test('a token that may only write: learns nothing of what is stored', async () => {
    const { token } = await issue(fleet.url, fleet.adminToken, cacheRight(undefined, ['write']));
    const key = fresh();
    await json('set', { items: [{ key, value: 'v' }] });
    const operations = [
      { op: 'set', key, value: 'w' },
      { op: 'delete', key },
      { op: 'delete', key },
      { op: 'set', key, value: 'w', condition: { kind: 'absent' } },
      { op: 'delete', key, condition: { kind: 'present' } },
      ...['get', 'exists', 'ttl', 'increment', 'get_and_delete'].map((op) => ({ op, key })),
      { op: 'get_and_set', key, value: 'w' },
      { op: 'ttl', key, ttl_ms: 1 },
    ];
    const answer = await json('batch', { operations }, { token });
    expect(answer.body.items.slice(0, 3)).toEqual([
      { outcome: 'stored', etag: null },
      { outcome: 'deleted' },
      { outcome: 'deleted' },
    ]);
    expect(new Set(outcomes(answer).slice(3))).toEqual(new Set(['permission_denied']));
  });

  test('a token that may only read: every write is refused', async () => {
    const { token } = await issue(fleet.url, fleet.adminToken, cacheRight(undefined, ['read']));
    const key = fresh();
    const operations = [
      { op: 'set', key, value: 'w' },
      { op: 'delete', key },
      { op: 'ttl', key },
      { op: 'increment', key },
    ];
    const denied = 'permission_denied';
    expect(outcomes(await json('batch', { operations }, { token }))).toEqual([denied, denied, 'miss', denied]);
  });

  test('no right in the cache at all: 403 for the request, existing or not', async () => {
    const { token } = await issue(fleet.url, fleet.adminToken, [
      { type: 'cache', cache: 'elsewhere', actions: ['read', 'write'] },
    ]);
    for (const name of ['get', 'exists', 'set', 'delete', 'batch']) {
      expect((await json(name, {}, { token })).status).toBe(403);
      expect((await json(name, {}, { token, cache: 'none' })).status).toBe(403);
    }
  });
});

describe('requests refused as a whole', () => {
  const names = ['get', 'exists', 'set', 'delete', 'batch'];
  const listOf: Record<string, string> = { set: 'items', batch: 'operations' };

  test('a cache that does not exist: 404', async () => {
    for (const name of names) {
      const answer = await json(name, { [listOf[name] ?? 'keys']: [] }, { cache: 'none' });
      expect([answer.status, answer.body.code]).toEqual([404, 'cache_not_found']);
    }
  });

  test('one item too many: 400 with limit and actual', async () => {
    for (const name of names) {
      const answer = await json(name, { [listOf[name] ?? 'keys']: new Array(limits.batchItemsMax + 1).fill(0) });
      expect(answer.body).toMatchObject({
        status: 400,
        code: 'invalid_argument',
        limit: limits.batchItemsMax,
        actual: limits.batchItemsMax + 1,
      });
    }
  });

  test('as many items as there may be: served', async () => {
    const keys = Array.from({ length: limits.batchItemsMax }, () => fresh());
    const set = await json('set', { items: keys.map((key) => ({ key, value: key })) });
    expect(new Set(outcomes(set))).toEqual(new Set(['stored']));
    const got = await json('get', { keys });
    expect(got.body.items.map((item: { value: { text: string } }) => item.value.text)).toEqual(keys);
  });

  test('a body too large: 413 with the limit, nothing stored', async () => {
    const key = fresh();
    const items = [
      { key, value: 'v' },
      { key: `${key}-2`, value: 'v'.repeat(limits.batchBodyBytesMax) },
    ];
    const answer = await json('set', { items });
    expect(answer.body).toMatchObject({ status: 413, code: 'body_too_large', limit: limits.batchBodyBytesMax });
    expect(outcomes(await json('exists', { keys: [key] }))).toEqual(['absent']);
  });

  test('formats: 415 for a body, 406 for an answer that there is not', async () => {
    const body = '{"keys":[]}';
    const status = async (headers: Record<string, string>, method = 'POST') =>
      (await send('get', body, { headers, method })).status;
    expect(await status({ 'content-type': 'text/plain' })).toBe(415);
    expect(await status({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toBe(415);
    expect(await status({ ...jsonHeaders, accept: 'text/html' })).toBe(406);
    const crossed = await send('get', body, {
      headers: { 'content-type': 'application/json', accept: 'application/cbor' },
    });
    expect([crossed.headers.get('content-type'), crossed.body]).toEqual(['application/cbor', { items: [] }]);
  });

  test('a shape that is not documented: 400 that names the place and tells no value', async () => {
    const cases: [string, unknown, string][] = [
      ['get', [], 'The body'],
      ['get', {}, 'keys'],
      ['get', { keys: 'secret' }, 'keys'],
      ['get', { keys: ['a', 7] }, 'keys[1]'],
      ['get', { keys: [{ text: 'secret', base64: 'secret' }] }, 'keys[0]'],
      ['get', { keys: [], secret: 1 }, 'The body'],
      ['set', { items: [{ key: 'a', value: 'v', ttl_ms: '1' }] }, 'items[0].ttl_ms'],
      ['set', { items: [{ key: 'a', value: 'v', secret: 1 }] }, 'items[0]'],
      ['set', { items: [{ key: 'a', value: 'v', condition: { kind: 'secret' } }] }, 'items[0].condition.kind'],
      ['set', { items: [null] }, 'items[0]'],
      ['batch', { operations: [{ op: 'secret', key: 'a' }] }, 'operations[0].op'],
      ['batch', { operations: [{ op: 'get', key: 'a', value: 'secret' }] }, 'operations[0]'],
      ['batch', { operations: [{ op: 'increment', key: 'a', amount: true }] }, 'operations[0].amount'],
      ['batch', { operations: [], ttl_seconds: -1 }, 'ttl_seconds'],
    ];
    for (const [name, body, place] of cases) {
      const answer = await json(name, body);
      expect([name, body, answer.status]).toEqual([name, body, 400]);
      expect(answer.body.detail).toContain(place);
      expect(JSON.stringify(answer.body)).not.toContain('secret');
    }
  });

  test('bodies of any bytes and any JSON: 200 or 4xx, never 5xx', async () => {
    const names = fc.constantFrom('get', 'exists', 'set', 'delete', 'batch');
    const field = fc.constantFrom(
      'keys',
      'items',
      'operations',
      'key',
      'value',
      'op',
      'text',
      'base64',
      'condition',
      'kind',
      'compare',
      'if_match',
      'ttl_ms',
      'amount',
      '__proto__',
      'constructor',
    );
    const leaf = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.constantFrom('get', 'set', 'increment', 'equal', 'absent', '*', '"1-1"'),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(field, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    const bodies = fc.oneof(
      fc.tuple(
        fc.constant('application/json'),
        fc.oneof(
          tree.map((value) => new TextEncoder().encode(JSON.stringify(value) ?? '')),
          fc.uint8Array({ maxLength: 40 }),
        ),
      ),
      fc.tuple(
        fc.constant('application/cbor'),
        fc.oneof(
          tree.map((value) => encode(value)),
          fc.uint8Array({ maxLength: 40 }),
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(names, bodies, async (name, [contentType, body]) => {
        const answer = await send(name, body as Uint8Array<ArrayBuffer>, { headers: { 'content-type': contentType } });
        expect(answer.status).toBeLessThan(500);
        if (answer.status === 200)
          expect(
            answer.body.items.every((item: { error?: { status: number } }) => (item.error?.status ?? 0) < 500),
          ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
