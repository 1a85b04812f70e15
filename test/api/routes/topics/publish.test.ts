import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheSettingsDefault } from '../../../../src/shared/fleet-state.ts';
import { limits } from '../../../../src/shared/limits.ts';
import { topicLimits } from '../../../../src/shared/topics/limits.ts';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { LoopbackGateway, LoopbackNode } from '../../../support/loopback.ts';
import { type Answer, type CallOptions, call, expectProblem, issue } from '../administration.ts';
import { keptMessages } from './kept-messages.ts';

const positionOf = ({ headers }: Answer) => ({
  page: Number(headers.get('godwit-sequence-page')),
  sequence: Number(headers.get('godwit-sequence-number')),
});

describe('publish: what is kept of a message', () => {
  const node = new LoopbackNode('a');
  let gateway: LoopbackGateway;
  beforeAll(async () => {
    await node.listen();
    gateway = await LoopbackGateway.start([node], { topic_message_bytes_max: 10_000 });
  });
  afterAll(async () => {
    await gateway.stop();
    await node.kill();
  });

  const publish = async (topic: string, body: Uint8Array | string | null, headers: Record<string, string> = {}) => {
    const response = await fetch(`${gateway.url}/topics/cache/${encodeURIComponent(topic)}`, {
      method: 'POST',
      headers: { ...gateway.authorization, ...headers },
      body: typeof body === 'string' ? Buffer.from(body) : (body as BodyInit | null),
    });
    return { status: response.status, text: await response.text() };
  };
  const kept = (topic: string) =>
    keptMessages(node, topic).map(({ text, value }) => [text, Buffer.from(value).toString()]);

  it.each([
    ['text/plain', 'héllo\r\n\0', true],
    ['text/html; charset=utf-8', '<b>', true],
    ['application/octet-stream', 'bytes', false],
    ['application/json', '{"a":"é"}', true],
    ['application/x-www-form-urlencoded', 'a=b', true],
  ])('%s', async (type, message, text) => {
    const topic = `type ${type}`;
    expect(await publish(topic, message, { 'content-type': type })).toEqual({ status: 204, text: '' });
    expect(kept(topic)).toEqual([[text, message]]);
  });

  it('without a content type UTF-8 is text, anything else bytes', async () => {
    expect((await publish('judged', 'plain')).status).toBe(204);
    expect((await publish('judged', Uint8Array.of(0xff, 0))).status).toBe(204);
    const [text, bytes] = keptMessages(node, 'judged');
    expect([text!.text, bytes!.text, [...bytes!.value]]).toEqual([true, false, [0xff, 0]]);
  });

  it('an empty body is an empty message', async () => {
    expect((await publish('empty', null)).status).toBe(204);
    expect((await publish('empty', null, { 'content-type': 'application/octet-stream' })).status).toBe(204);
    expect(kept('empty')).toEqual([
      [true, ''],
      [false, ''],
    ]);
  });

  it('bytes said to be text, text in another charset, and an encoded body are refused', async () => {
    const refused = [
      await publish('refused', Uint8Array.of(0xff), { 'content-type': 'text/plain' }),
      await publish('refused', 'x', { 'content-type': 'text/plain; charset=utf-16' }),
      await publish('refused', 'x', { 'content-encoding': 'gzip' }),
    ];
    expect(refused.map(({ status, text }) => [status, JSON.parse(text).code])).toEqual([
      [400, 'invalid_argument'],
      [415, 'unsupported_media_type'],
      [415, 'unsupported_media_type'],
    ]);
    expect(kept('refused')).toEqual([]);
  });

  it('a name is one segment, decoded once', async () => {
    for (const topic of ['a/b', 'a%2Fb', 'näme 🦜', 'a+b', 'statistics', '?#&']) {
      expect((await publish(topic, topic)).status).toBe(204);
      expect(kept(topic)).toEqual([[true, topic]]);
    }
  });

  it('the cache’s bound is the limit: a byte more is refused with both numbers', async () => {
    expect((await publish('sized', new Uint8Array(10_000))).status).toBe(204);
    const { status, text } = await publish('sized', new Uint8Array(10_001));
    expect(status).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ code: 'message_too_large', limit: 10_000, actual: 10_001 });
    expect(kept('sized')).toHaveLength(1);
  });
});

describe('publish', () => {
  let fleet: TestFleet;
  let admin: string;
  beforeAll(async () => {
    fleet = await startFleet({ gateways: 2, gateway: { createCaches: true } });
    admin = fleet.adminToken;
  });
  afterAll(() => fleet.stop());

  const publish = (path: string, options: CallOptions = {}) =>
    call(fleet.url, 'POST', `/topics/${path}`, { token: admin, body: 'message', ...options });
  const sequenceAt = async (path: string) =>
    (await call(fleet.url, 'GET', `/topics/${path}/statistics`, { token: admin })).json.sequence_number;

  it('numbers messages from 1 in a page, at whichever gateway', async () => {
    const answers: Answer[] = [];
    for (let i = 0; i < 4; i++)
      answers.push(
        await call(fleet.urls[i % 2]!, 'POST', '/topics/default/numbers', { token: admin, body: 'message' }),
      );
    expect(answers.map(({ status, text }) => [status, text])).toEqual(answers.map(() => [204, '']));
    const positions = answers.map(positionOf);
    expect(positions.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(new Set(positions.map(({ page }) => page)).size).toBe(1);
    expect(positions[0]!.page).toBeGreaterThan(Date.UTC(2020) / 1_000);
    expect(Number.isSafeInteger(positions[0]!.page)).toBe(true);
  });

  it('a repetition under an idempotency key gives the first position and publishes nothing', async () => {
    const headers = { 'idempotency-key': 'publish-once' };
    const first = await publish('default/once', { headers });
    await publish('default/once');
    const again = await call(fleet.urls[1]!, 'POST', '/topics/default/once', {
      token: admin,
      body: 'message',
      headers,
    });
    expect([first, again].map((answer) => answer.headers.get('idempotent-replayed'))).toEqual([null, 'true']);
    expect(positionOf(again)).toEqual(positionOf(first));
    expect(await sequenceAt('default/once')).toBe(2);
    for (const other of [{ body: 'another' }, { headers: { ...headers, 'content-type': 'text/html' } }])
      expectProblem(await publish('default/once', { headers, ...other }), 422, 'idempotency_key_reused');
    expectProblem(await publish('default/another', { headers }), 422, 'idempotency_key_reused');
  });

  it('needs the right to publish to this very topic', async () => {
    const { token } = await issue(fleet.url, admin, [
      { type: 'topic', cache: 'default', topic: { name: 'a/b' }, actions: ['publish'] },
      { type: 'topic', cache: 'default', topic: { prefix: 'chat-' }, actions: ['publish', 'subscribe'] },
      { type: 'topic', cache: 'default', topic: { name: 'read' }, actions: ['subscribe'] },
      { type: 'cache', cache: '*', actions: ['read', 'write'] },
    ]);
    for (const topic of ['a%2Fb', 'chat-', 'chat-1', 'ch%61t-2'])
      expect((await publish(`default/${topic}`, { token })).status).toBe(204);
    for (const path of ['default/a', 'default/a%252Fb', 'default/chat', 'default/read', 'other/chat-1'])
      expectProblem(await publish(path, { token }), 403, 'permission_denied');
    expectProblem(await publish('default/a', { token: `${token}x` }), 401, 'invalid_token');
  });

  it('creates its cache where the server is set so, and only for who may publish', async () => {
    const { token } = await issue(fleet.url, admin, [{ type: 'topic', cache: 'made-1', actions: ['publish'] }]);
    expectProblem(await publish('made-2/topic', { token }), 403, 'permission_denied');
    expect((await publish('made-1/topic', { token })).status).toBe(204);
    expect((await call(fleet.url, 'GET', '/caches/made-2', { token: admin })).status).toBe(404);
    const { json } = await call(fleet.url, 'GET', '/caches/made-1', { token: admin });
    expect(json.settings).toMatchObject({ topic_messages_max: cacheSettingsDefault.topic_messages_max });
  });

  it('refuses names that are none', async () => {
    for (const name of ['%00', 'a%0Ab', '%7F', '%FF', '%', 'x'.repeat(topicLimits.nameBytesMax + 1)])
      expectProblem(await publish(`default/${name}`), 400, 'invalid_argument');
    expectProblem(await publish('bad%20cache/a'), 400, 'invalid_argument');
    expectProblem(await publish('default/'), 404, 'path_not_found');
  });

  it('a flush empties the items of a cache and leaves its topics; deleting the cache ends them', async () => {
    await call(fleet.url, 'PUT', '/caches/kept', { token: admin });
    const [first] = [await publish('kept/a')];
    expect((await call(fleet.url, 'POST', '/caches/kept/flush', { token: admin })).status).toBe(204);
    expect(positionOf(await publish('kept/a'))).toEqual({ page: positionOf(first!).page, sequence: 2 });
    await call(fleet.url, 'DELETE', '/caches/kept', { token: admin });
    await call(fleet.url, 'PUT', '/caches/kept', { token: admin });
    expect(positionOf(await publish('kept/a')).sequence).toBe(1);
  });

  it('the default bound is a mebibyte, and a cache may set another', async () => {
    const body = 'x'.repeat(limits.topicMessageBytesMaxDefault);
    expect((await publish('default/large', { body })).status).toBe(204);
    expectProblem(await publish('default/large', { body: `${body}x` }), 413, 'message_too_large');
    await call(fleet.url, 'PUT', '/caches/small', { token: admin, json: { topic_message_bytes_max: 5 } });
    expect((await publish('small/a', { body: '12345' })).status).toBe(204);
    expectProblem(await publish('small/a', { body: '123456' }), 413, 'message_too_large');
    await call(fleet.url, 'PATCH', '/caches/small', { token: admin, json: { topic_message_bytes_max: null } });
    expect((await publish('small/a', { body: '123456' })).status).toBe(204);
  });

  it('only POST publishes', async () => {
    const { status, headers } = await call(fleet.url, 'PUT', '/topics/default/a', { token: admin, body: 'x' });
    expect([status, headers.get('allow')?.split(', ').includes('POST')]).toEqual([405, true]);
  });
});
