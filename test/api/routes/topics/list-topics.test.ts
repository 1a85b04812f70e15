import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, issue } from '../administration.ts';

let fleet: TestFleet;
let admin: string;
/** In the order of their UTF-8, in which the replacement character stands before the parrot. */
const names = ['a', 'b', 'chat-1', 'chat-10', 'chat-2', 'chat-é', 'chat-\ufffd', 'chat-🦜', 'z/z'];
beforeAll(async () => {
  fleet = await startFleet();
  admin = fleet.adminToken;
  const messages = names.toReversed().map((topic) => ({ topic, text: 'x' }));
  await call(fleet.url, 'POST', '/topics/default', { token: admin, json: { messages } });
});
afterAll(() => fleet.stop());

const list = (query = '', token = admin, cache = 'default') =>
  call(fleet.url, 'GET', `/topics/${cache}${query}`, { token });
const namesIn = (json: { topics: { topic: string }[] }) => json.topics.map(({ topic }) => topic);

describe('list topics', () => {
  it('tells the topics of all storage nodes in order, each with its statistics', async () => {
    const { status, json, headers } = await list();
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(namesIn(json)).toEqual(names);
    expect(json).not.toHaveProperty('next_token');
    const one = await call(fleet.url, 'GET', '/topics/default/chat-1/statistics', { token: admin });
    expect(json.topics[2]).toMatchObject({
      topic: 'chat-1',
      sequence_number: 1,
      sequence_page: one.json.sequence_page,
      retained_messages: 1,
    });
  });

  it('gives every topic once, page by page', async () => {
    const seen: string[] = [];
    let next = '';
    for (let pages = 0; pages < 20; pages++) {
      const { json } = await list(`?limit=2${next}`);
      expect(json.topics.length).toBeLessThanOrEqual(2);
      seen.push(...namesIn(json));
      if (json.next_token === undefined) break;
      next = `&next_token=${encodeURIComponent(json.next_token)}`;
    }
    expect(seen).toEqual(names);
  });

  it('narrows to a prefix', async () => {
    expect(namesIn((await list('?topic_prefix=chat-')).json)).toEqual(names.filter((name) => name.startsWith('chat-')));
    expect(namesIn((await list('?topic_prefix=chat-1&limit=1000')).json)).toEqual(['chat-1', 'chat-10']);
    expect((await list('?topic_prefix=none')).json).toEqual({ topics: [] });
  });

  it('tells a token nothing of topics that it may not subscribe to', async () => {
    const { token } = await issue(fleet.url, admin, [
      { type: 'topic', cache: 'default', topic: { prefix: 'chat-' }, actions: ['subscribe'] },
      { type: 'topic', cache: 'default', topic: { name: 'a' }, actions: ['subscribe'] },
      { type: 'topic', cache: '*', actions: ['publish'] },
    ]);
    expect(namesIn((await list('?topic_prefix=chat-1', token)).json)).toEqual(['chat-1', 'chat-10']);
    for (const query of ['', '?topic_prefix=', '?topic_prefix=cha', '?topic_prefix=a'])
      expectProblem(await list(query, token), 403, 'permission_denied');
    expectProblem(await list('?topic_prefix=chat-', token, 'other'), 403, 'permission_denied');
  });

  it('an empty cache has none; a missing one is refused', async () => {
    await call(fleet.url, 'PUT', '/caches/empty', { token: admin });
    expect((await list('', admin, 'empty')).json).toEqual({ topics: [] });
    expectProblem(await list('', admin, 'missing'), 404, 'cache_not_found');
  });

  it('refuses arguments out of range', async () => {
    for (const query of ['?limit=0', '?limit=1001', '?next_token=', '?next_token=%00', '?topic_prefix=%0A'])
      expectProblem(await list(query), 400, 'invalid_argument');
  });
});
