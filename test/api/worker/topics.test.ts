import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TopicLinks } from '../../../src/storage-node/topics/topic-links.ts';
import { closeStreams } from '../../conformance/topics/event-stream-reader.ts';
import {
  fresh,
  idOf,
  messageEvent,
  type StreamOptions,
  TopicsCaller,
  texts,
} from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { call, expectProblem } from '../routes/administration.ts';
import { type BuiltWorker, buildWorker, type RunningWorker, startWorker } from './edge.ts';

let fleet: TestFleet;
let built: BuiltWorker;
let worker: RunningWorker;
/** Links that the edge has opened at nodes since the beginning, and those that are open: each stream has its own. */
let links = 0;
let openLinks = 0;
const { answer } = TopicLinks.prototype;
TopicLinks.prototype.answer = function (request, response) {
  links++;
  openLinks++;
  response.on('close', () => openLinks--);
  answer.call(this, request, response);
};

beforeAll(async () => {
  [fleet, built] = await Promise.all([startFleet(), buildWorker()]);
  worker = await startWorker(built, {
    GODWIT_CONTROL_URLS: fleet.controlUrl,
    GODWIT_FLEET_SECRET: fleet.fleetSecret,
  });
});

afterEach(closeStreams);
afterAll(async () => {
  TopicLinks.prototype.answer = answer;
  await worker?.stop();
  await built?.remove();
  await fleet?.stop();
});

/** Published and subscribed to at the edge. */
const topics = new TopicsCaller(() => ({
  baseUrl: worker.url,
  subscribeUrl: worker.url,
  adminToken: fleet.adminToken,
}));
/** How far the clocks and timers of a busy machine may stray, in ms. The promise itself has no tolerance. */
const slackMs = 500;
const subscribe = [{ type: 'topic', cache: '*', actions: ['subscribe'] }];
const named = (...names: readonly string[]) => names.map((name) => ['topic', name] as const);
/** The runtime sees that a client has left when it writes to it: these streams are written to every second. */
const oftenWritten = ['heartbeat_seconds', '1'] as const;
type Query = readonly (readonly [string, string])[];
const stream = (topic: string | null, query: Query = [], more: StreamOptions = {}) =>
  topics.stream(topic, { ...more, query: [...query, oftenWritten] });
const following = (topic: string | null, query: Query = [], more: StreamOptions = {}) =>
  topics.following(topic, { ...more, query: [...query, oftenWritten] });
const textsOf = (events: readonly { data: string }[]) => events.map(({ data }) => JSON.parse(data).text);

const expectLinks = (count: number) =>
  vi.waitFor(() => expect(openLinks).toBe(count), { timeout: 5_000, interval: 20 });

describe('topics on workerd', () => {
  it('publish: as at any gateway, and a subscriber there gets it', async () => {
    const topic = fresh();
    const follower = await topics.following(topic, { url: fleet.url });
    const { page } = await topics.publish(topic, 'from the edge');
    expect(await topics.publish(topic, Uint8Array.of(0, 255))).toEqual({ page, sequence: 2 });
    expect(await follower.take(2)).toEqual([
      messageEvent(page, 1, 'from the edge'),
      { event: 'binary', id: `${page}-2`, data: 'AP8=' },
    ]);
  });

  it('stream: the head, each message as it comes, and the largest one', async () => {
    const topic = fresh();
    const follower = await following(topic);
    expect(follower.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(follower.headers['content-encoding']).toBeUndefined();
    const { page } = await topics.publish(topic, 'one', { url: fleet.url });
    expect(await follower.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'one'));
    const large = 'x'.repeat(1024 * 1024 - 1);
    await topics.publish(topic, large);
    await topics.publish(topic, 'three');
    expect((await follower.take(2)).map(({ data }) => data)).toEqual([large, 'three']);
  });

  it('stream: goes on after Last-Event-ID, and announces what is gone', async () => {
    const cache = await topics.newCache({ topic_messages_max: 3 });
    const topic = fresh();
    const first = await following(topic, [], { cache });
    const { page } = await topics.publish(topic, 'text-1', { cache });
    const { id } = await first.nextBeyondCheckpoints();
    first.close();
    await topics.publishAll(topic, texts(3).slice(1), { cache });
    const headers = { 'last-event-id': id! };
    const second = await stream(topic, [], { cache, headers });
    expect(await second.take(2)).toEqual([messageEvent(page, 2, 'text-2'), messageEvent(page, 3, 'text-3')]);
    second.close();
    await topics.publishAll(topic, texts(6).slice(3), { cache });
    const third = await stream(topic, [], { cache, headers });
    const [gap, ...rest] = await third.take(4);
    expect(JSON.parse(gap!.data)).toEqual({
      last_topic_sequence: 1,
      new_topic_sequence: 4,
      new_sequence_page: page,
    });
    expect(rest.map(({ data }) => data)).toEqual(['text-4', 'text-5', 'text-6']);
  });

  it('stream: many messages at once come whole and in order', async () => {
    const topic = fresh();
    const follower = await following(topic);
    const count = 500;
    const json = { messages: texts(count).map((text) => ({ topic, text })) };
    expect((await call(worker.url, 'POST', '/topics/default', { token: fleet.adminToken, json })).status).toBe(200);
    expect((await follower.take(count)).map(({ data }) => data)).toEqual(texts(count));
  });

  it('several topics: on whatever nodes they are, with ids that resume each', async () => {
    const names = Array.from({ length: 8 }, () => fresh());
    const first = await following(null, named(...names));
    for (const name of names) await topics.publish(name, `${name} 1`);
    const events = await first.take(names.length);
    expect(textsOf(events)).toEqual(names.map((name) => `${name} 1`));
    first.close();
    for (const name of names) await topics.publish(name, `${name} 2`);
    const headers = { 'last-event-id': events.at(-1)!.id! };
    const second = await stream(null, named(...names), { headers });
    expect(textsOf(await second.take(names.length)).sort()).toEqual(names.map((name) => `${name} 2`).sort());
  });

  it('prefix: topics that are there, and those that come, each from its first message', async () => {
    const prefix = fresh('prefix');
    await topics.publish(`${prefix}/old`, 'before');
    const follower = await following(null, [['topic_prefix', `${prefix}/`]]);
    await topics.publish(`${prefix}/old`, 'after');
    const expected = ['after'];
    for (let n = 0; n < 5; n++) {
      await topics.publish(`${prefix}/new-${n}`, `${n} first`);
      await topics.publish(`${prefix}/new-${n}`, `${n} second`);
      expected.push(`${n} first`, `${n} second`);
    }
    const received = textsOf(await follower.take(expected.length));
    expect([...received].sort()).toEqual([...expected].sort());
    for (let n = 0; n < 5; n++) expect(received.indexOf(`${n} first`)).toBeLessThan(received.indexOf(`${n} second`));
  });

  it('poll: empty-handed it tells a position, after which nothing is missed', async () => {
    const topic = fresh();
    await topics.publish(topic, 'before');
    const empty = await topics.poll(topic, { wait_seconds: 0 });
    expect([empty.status, empty.json]).toEqual([200, { items: [] }]);
    const position = {
      sequence_number: empty.headers.get('godwit-next-sequence-number')!,
      sequence_page: empty.headers.get('godwit-sequence-page')!,
    };
    await topics.publish(topic, 'between');
    const { json } = await topics.poll(topic, position);
    expect(json.items).toMatchObject([{ item: { topic_sequence_number: 2, value: { text: 'between' } } }]);
    const waiting = topics.poll(topic, { ...position, sequence_number: 3, wait_seconds: 15 });
    await vi.waitFor(() => expect(openLinks).toBeGreaterThan(0));
    await topics.publish(topic, 'awaited');
    expect((await waiting).json.items).toMatchObject([{ item: { value: { text: 'awaited' } } }]);
  });

  it('refusals: rights, caches and names as at any gateway', async () => {
    const token = await topics.topicToken(['publish']);
    expectProblem(await topics.poll(fresh(), { wait_seconds: 0 }, { token }), 403, 'permission_denied');
    expectProblem(await topics.poll(fresh(), {}, { cache: 'none' }), 404, 'cache_not_found');
    expectProblem(await topics.get('/topics/default/%0a'), 400, 'invalid_argument');
  });

  it('HEAD: has the head of a stream and opens none', async () => {
    await expectLinks(0);
    const before = links;
    const head = await topics.get(topics.path(fresh()), { headers: { accept: 'text/event-stream' } }, 'HEAD');
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(links).toBe(before);
  });
});

describe('endings on workerd', () => {
  it('revocation: the stream says so and ends, others go on, and its links are let go', async () => {
    await expectLinks(0);
    const topic = fresh();
    const [revoked, other] = [await topics.issue(subscribe), await topics.issue(subscribe)];
    const ending = await following(topic, [], { token: revoked.token });
    const staying = await following(topic, [], { token: other.token });
    await expectLinks(2);
    expect((await call(fleet.url, 'DELETE', `/tokens/${revoked.jti}`, { token: fleet.adminToken })).status).toBe(204);
    const last = (await ending.rest()).at(-1)!;
    expect([last.event, JSON.parse(last.data)]).toEqual(['end', { reason: 'token_revoked' }]);
    await expectLinks(1);
    const { page } = await topics.publish(topic, 'after');
    expect(await staying.nextBeyondCheckpoints()).toEqual(messageEvent(page, 1, 'after'));
  });

  it('expiry: the stream is over by exp', async () => {
    const { token, expires_at } = await topics.issue(subscribe, { expires_in_seconds: 2 });
    const topic = fresh();
    const follower = await following(topic, [], { token });
    const { page } = await topics.publish(topic, 'in time');
    const events = await follower.rest();
    expect(Date.now()).toBeLessThanOrEqual(expires_at * 1_000 + slackMs);
    expect(events.at(-1)).toMatchObject({ event: 'end', id: idOf({ page, sequence: 1 }) });
  });

  it('cache deletion: streams of it end, of named topics and of a prefix', async () => {
    const cache = await topics.newCache();
    const topic = fresh();
    const streams = [
      await following(topic, [], { cache }),
      await following(null, [['topic_prefix', topic]], { cache }),
    ];
    expect((await call(fleet.url, 'DELETE', `/caches/${cache}`, { token: fleet.adminToken })).status).toBe(204);
    for (const ending of streams) {
      const last = (await ending.rest()).at(-1)!;
      expect([last.event, JSON.parse(last.data)]).toEqual(['end', { reason: 'cache_deleted' }]);
    }
    await expectLinks(0);
  });

  it.each(['before anything is published', 'after some was read'])(
    'a client that leaves %s: the nodes’ links are let go, of all its topics',
    async (when) => {
      await expectLinks(0);
      const names = [fresh(), fresh(), fresh()];
      const follower = await following(null, named(...names));
      await vi.waitFor(() => expect(openLinks).toBeGreaterThan(0));
      if (when.startsWith('after')) {
        for (const name of names) await topics.publish(name, 'read');
        await follower.take(names.length);
      }
      follower.close();
      await expectLinks(0);
    },
  );

  it('a poll: its link is let go when it is answered, and when its client left, at the end of its wait', async () => {
    await expectLinks(0);
    const answered = await topics.poll(fresh(), { wait_seconds: 0 });
    expect(answered.status).toBe(200);
    await expectLinks(0);
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${fleet.adminToken}` };
    const url = `${worker.url}${topics.path(fresh())}?wait_seconds=2`;
    const polled = fetch(url, { headers, signal: abort.signal }).catch(() => undefined);
    await expectLinks(1);
    abort.abort();
    await polled;
    await expectLinks(0);
  });

  it('log: nothing of all this is worth a line', () => {
    expect(worker.log()).toBe('');
  });
});
