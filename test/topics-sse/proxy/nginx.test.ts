import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeStreams } from '../../conformance/topics/event-stream-reader.ts';
import { fresh, messageEvent, TopicsCaller, texts } from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { Nginx, nginxVersion } from './nginx.ts';

const version = nginxVersion();
if (version === undefined) console.log('skipped: nginx is not installed (Debian: apt-get install nginx-light)');

const patience = { timeout: 10_000, interval: 50 };
let fleet: TestFleet;

describe.skipIf(version === undefined).each([
  ['its defaults: buffered, HTTP/1.0 to the gateway', ''],
  ['HTTP/1.1 to the gateway', 'proxy_http_version 1.1; proxy_set_header Connection "";'],
  ['small buffers', 'proxy_buffers 4 4k; proxy_buffer_size 4k;'],
])('nginx in front with %s', (_, location) => {
  let nginx: Nginx;
  beforeAll(async () => {
    fleet = await startFleet();
    nginx = await Nginx.start(fleet.url, location);
  });
  afterAll(async () => {
    await nginx?.stop();
    await fleet?.stop();
  });
  afterEach(closeStreams);

  const topics = new TopicsCaller(() => ({
    baseUrl: fleet.url,
    subscribeUrl: nginx.url,
    adminToken: fleet.adminToken,
  }));

  it('the first bytes come before anything is published', async () => {
    const stream = await topics.following(fresh());
    expect(stream.text).toMatch(/^retry: \d+\n/);
    expect(stream.headers['content-type']).toBe('text/event-stream');
  });

  it('each message is there before the next one is published', async () => {
    const topic = fresh();
    const stream = await topics.following(topic);
    for (const [index, text] of texts(5).entries()) {
      const { page } = await topics.publish(topic, text);
      expect(await stream.nextBeyondCheckpoints()).toEqual(messageEvent(page, index + 1, text));
    }
  });

  it('heartbeats come through', async () => {
    const stream = await topics.following(fresh(), { query: { heartbeat_seconds: '1' } });
    await stream.waitForBlocks((blocks) => blocks.some(({ comments }) => comments.includes('heartbeat')));
  });

  it('a message larger than all buffers, and many in one turn, come whole and in order', async () => {
    const topic = fresh();
    const stream = await topics.following(topic);
    const large = 'x'.repeat(1_000_000);
    await topics.publish(topic, large);
    await topics.publishAll(topic, texts(100));
    expect((await stream.take(101)).map(({ data }) => data)).toEqual([large, ...texts(100)]);
  });

  it('an end that the server makes comes through with its reason', async () => {
    const details = [{ type: 'topic', cache: 'default', actions: ['subscribe'] }];
    const { token } = await topics.issue(details, { expires_in_seconds: 2 });
    const events = await (await topics.following(fresh(), { token })).rest();
    expect([events.at(-1)!.event, JSON.parse(events.at(-1)!.data)]).toEqual(['end', { reason: 'token_expired' }]);
  });

  it('a subscriber that leaves is counted no more', async () => {
    const topic = fresh();
    const stream = await topics.following(topic);
    const expectSubscribers = (count: number) =>
      vi.waitFor(async () => {
        const { json } = await topics.get(`${topics.path(topic)}/statistics`, { url: fleet.url });
        expect(json.subscribers).toBe(count);
      }, patience);
    await expectSubscribers(1);
    stream.close();
    await expectSubscribers(0);
  });

  it('long polls wait and answer', async () => {
    const topic = fresh();
    expect((await topics.poll(topic, { wait_seconds: 1 })).json).toEqual({ items: [] });
    const { page } = await topics.publish(topic, 'a');
    const { json } = await topics.poll(topic, { sequence_number: 1, sequence_page: page });
    expect(json.items).toMatchObject([{ item: { value: { text: 'a' } } }]);
  });
});
