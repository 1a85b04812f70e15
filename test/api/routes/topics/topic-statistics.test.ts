import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, issue } from '../administration.ts';

let fleet: TestFleet;
let admin: string;
beforeAll(async () => {
  fleet = await startFleet();
  admin = fleet.adminToken;
});
afterAll(() => fleet.stop());

const publish = (path: string, body = 'message') =>
  call(fleet.url, 'POST', `/topics/${path}`, { token: admin, body, headers: { 'content-type': 'text/plain' } });
const statistics = (path: string, token = admin) => call(fleet.url, 'GET', `/topics/${path}/statistics`, { token });

describe('topic statistics', () => {
  it('tell position, kept messages and rates', async () => {
    const topic = 'default/a%2Fb%20%F0%9F%A6%9C';
    const page = Number((await publish(topic)).headers.get('godwit-sequence-page'));
    for (let i = 0; i < 2; i++) await publish(topic);
    const { status, json, headers } = await statistics(topic);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(json).toEqual({
      topic: 'a/b 🦜',
      sequence_page: page,
      sequence_number: 3,
      subscribers: 0,
      retained_messages: 3,
      retained_bytes: expect.any(Number),
      messages_per_second: expect.closeTo(0.05, 2),
      bytes_per_second: expect.closeTo(0.35, 1),
    });
  });

  it('of a topic that is not known are zeros', async () => {
    expect((await statistics('default/none')).json).toMatchObject({
      topic: 'none',
      sequence_page: 0,
      sequence_number: 0,
      retained_messages: 0,
      messages_per_second: 0,
    });
  });

  it('follow the cache’s settings of what is kept', async () => {
    const json = { topic_messages_max: 2 };
    await call(fleet.url, 'PUT', '/caches/brief', { token: admin, json });
    for (let i = 0; i < 5; i++) await publish('brief/a');
    expect((await statistics('brief/a')).json).toMatchObject({ sequence_number: 5, retained_messages: 2 });
    await call(fleet.url, 'PATCH', '/caches/brief', { token: admin, json: { topic_messages_max: 0 } });
    expect((await statistics('brief/a')).json).toMatchObject({ sequence_number: 5, retained_messages: 0 });
    await call(fleet.url, 'PUT', '/caches/forgetful', { token: admin, json: { topic_log_bytes_max: 0 } });
    await publish('forgetful/a');
    expect((await statistics('forgetful/a')).json).toMatchObject({ sequence_number: 1, retained_messages: 0 });
  });

  it('need the right to subscribe, and a cache', async () => {
    const { token } = await issue(fleet.url, admin, [
      { type: 'topic', cache: 'default', topic: { name: 'a' }, actions: ['publish'] },
      { type: 'topic', cache: '*', topic: { name: 'b' }, actions: ['subscribe'] },
    ]);
    expectProblem(await statistics('default/a', token), 403, 'permission_denied');
    expect((await statistics('default/b', token)).status).toBe(200);
    expectProblem(await statistics('missing/b', token), 404, 'cache_not_found');
    expectProblem(await statistics('missing/a', token), 403, 'permission_denied');
  });
});
