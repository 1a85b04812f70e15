import { decode, encode } from 'cborg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../../src/shared/limits.ts';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { LoopbackGateway, LoopbackNode } from '../../../support/loopback.ts';
import { call, expectProblem, issue } from '../administration.ts';
import { keptMessages } from './kept-messages.ts';

interface Outcome {
  readonly outcome: string;
  readonly sequence_number?: number;
  readonly sequence_page?: number;
  readonly error?: { readonly code: string; readonly status: number; readonly limit?: number };
}

describe('batch publish: what is kept of messages', () => {
  const node = new LoopbackNode('a');
  let gateway: LoopbackGateway;
  beforeAll(async () => {
    await node.listen();
    gateway = await LoopbackGateway.start([node], { topic_message_bytes_max: 100 });
  });
  afterAll(async () => {
    await gateway.stop();
    await node.kill();
  });

  const post = async (body: unknown, type = 'application/json'): Promise<Outcome[]> => {
    const cbor = type === 'application/cbor';
    const response = await fetch(`${gateway.url}/topics/cache`, {
      method: 'POST',
      headers: { ...gateway.authorization, 'content-type': type, accept: type },
      body: cbor ? Buffer.from(encode(body)) : JSON.stringify(body),
    });
    expect(response.headers.get('content-type')).toBe(type);
    const { items } = cbor ? decode(await response.bytes()) : ((await response.json()) as { items: Outcome[] });
    return items;
  };
  const kept = (topic: string) =>
    keptMessages(node, topic).map(({ text, value }) => [text, Buffer.from(value).toString('latin1')]);

  it('messages of one topic are kept in the order given, whatever else there is', async () => {
    const messages = Array.from({ length: 300 }, (_, index) => ({ topic: `t${index % 3}`, text: `m${index}` }));
    const items = await post({ messages });
    expect(items.map(({ outcome, sequence_number }) => [outcome, sequence_number])).toEqual(
      messages.map((_, index) => ['published', Math.floor(index / 3) + 1]),
    );
    for (const topic of ['t0', 't1', 't2'])
      expect(kept(topic)).toEqual(messages.filter((one) => one.topic === topic).map(({ text }) => [true, text]));
  });

  it('text stays text, and base64 and byte strings stay bytes', async () => {
    await post({
      messages: [
        { topic: 'kinds', text: 'a\0\r\n' },
        { topic: 'kinds', base64: '_wA' },
      ],
    });
    const bytes = Uint8Array.of(0xff, 1);
    await post(
      {
        messages: [
          { topic: 'kinds', bytes },
          { topic: 'kinds', text: '' },
        ],
      },
      'application/cbor',
    );
    expect(kept('kinds')).toEqual([
      [true, 'a\0\r\n'],
      [false, '\xff\0'],
      [false, '\xff\x01'],
      [true, ''],
    ]);
  });

  it('what is wrong with one message is its outcome, and the others are published', async () => {
    const items = await post({
      messages: [
        { topic: 'part', text: 'first' },
        { topic: '', text: 'no name' },
        { topic: 'a\n', text: 'a control' },
        { topic: 'part', base64: '!' },
        { topic: 'part', text: '\ud800' },
        { topic: 'part', text: 'x'.repeat(101) },
        { topic: 'part', text: 'x'.repeat(100) },
      ],
    });
    expect(items.map(({ outcome, sequence_number, error }) => error?.code ?? [outcome, sequence_number])).toEqual([
      ['published', 1],
      'invalid_argument',
      'invalid_argument',
      'invalid_argument',
      'invalid_argument',
      'message_too_large',
      ['published', 2],
    ]);
    expect(items[5]!.error).toMatchObject({ status: 413, limit: 100, actual: 101 });
  });
});

describe('batch publish', () => {
  let fleet: TestFleet;
  let admin: string;
  beforeAll(async () => {
    fleet = await startFleet({ gateway: { createCaches: true } });
    admin = fleet.adminToken;
  });
  afterAll(() => fleet.stop());

  const post = (cache: string, json: unknown, more: { token?: string; headers?: Record<string, string> } = {}) =>
    call(fleet.url, 'POST', `/topics/${cache}`, { token: admin, json, ...more });
  const sequenceAt = async (path: string) =>
    (await call(fleet.url, 'GET', `/topics/${path}/statistics`, { token: admin })).json.sequence_number;

  it('tells each message’s position, in the page that a message by itself gets', async () => {
    const { status, json, headers } = await post('default', { messages: [{ topic: 'page', text: 'a' }] });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const single = await call(fleet.url, 'POST', '/topics/default/page', { token: admin, body: 'b' });
    const page = Number(single.headers.get('godwit-sequence-page'));
    expect(json).toEqual({ items: [{ outcome: 'published', sequence_number: 1, sequence_page: page }] });
    expect(single.headers.get('godwit-sequence-number')).toBe('2');
  });

  it('a repetition under an idempotency key publishes nothing again', async () => {
    const headers = { 'idempotency-key': 'batch-once' };
    const json = { messages: ['a', 'b', 'a'].map((topic) => ({ topic: `once-${topic}`, text: 'x' })) };
    const first = await post('default', json, { headers });
    const again = await post('default', json, { headers });
    expect([first, again].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(again.json).toEqual(first.json);
    expect([await sequenceAt('default/once-a'), await sequenceAt('default/once-b')]).toEqual([2, 1]);
    const other = { messages: json.messages.slice(0, 1) };
    expectProblem(await post('default', other, { headers }), 422, 'idempotency_key_reused');
  });

  it('each message needs the right to its own topic; without any in the cache all is refused', async () => {
    const details = [{ type: 'topic', cache: 'default', topic: { prefix: 'mine-' }, actions: ['publish'] }];
    const { token } = await issue(fleet.url, admin, details);
    const messages = [
      { topic: 'mine-1', text: 'a' },
      { topic: 'theirs', text: 'b' },
    ];
    const { json } = await post('default', { messages }, { token });
    expect(json.items.map(({ outcome, error }: Outcome) => error?.code ?? outcome)).toEqual([
      'published',
      'permission_denied',
    ]);
    expectProblem(await post('other', { messages }, { token }), 403, 'permission_denied');
    const subscriber = await issue(fleet.url, admin, [{ type: 'topic', cache: '*', actions: ['subscribe'] }]);
    expectProblem(await post('default', { messages }, subscriber), 403, 'permission_denied');
  });

  it('creates its cache where the server is set so, unless nothing may be published', async () => {
    const details = [{ type: 'topic', cache: '*', topic: { name: 'allowed' }, actions: ['publish'] }];
    const { token } = await issue(fleet.url, admin, details);
    expectProblem(
      await call(fleet.url, 'POST', '/topics/made-1', { token, json: { messages: [{ topic: 'no', text: '' }] } }),
      404,
      'cache_not_found',
    );
    expect((await post('made-2', { messages: [{ topic: 'allowed', text: '' }] }, { token })).status).toBe(200);
    expect((await call(fleet.url, 'GET', '/caches/made-2', { token: admin })).status).toBe(200);
  });

  it('an empty batch is answered so; one too long, or of another shape, is refused as a whole', async () => {
    expect((await post('default', { messages: [] })).json).toEqual({ items: [] });
    const tooMany = Array.from({ length: limits.batchItemsMax + 1 }, () => ({ topic: 'a', text: '' }));
    const refused = await post('default', { messages: tooMany });
    expectProblem(refused, 400, 'invalid_argument');
    expect(refused.json).toMatchObject({ limit: limits.batchItemsMax, actual: limits.batchItemsMax + 1 });
    for (const message of [
      { topic: 'a' },
      { topic: 1, text: '' },
      { topic: 'a', text: '', base64: '' },
      { topic: 'a', text: '', colour: 'red' },
      { topic: 'a', bytes: '' },
      'text',
    ])
      expectProblem(await post('default', { messages: [message] }), 400, 'malformed_body');
    expectProblem(await post('default', {}), 400, 'malformed_body');
  });
});
