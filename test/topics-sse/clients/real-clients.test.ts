import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { fresh, TopicsCaller, texts } from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { CutProxy } from './cut-proxy.ts';
import { type RealSubscription, realClients } from './real-clients.ts';
import { startAnotherGateway } from './restartable.ts';

/** The server asks clients to wait up to 10 s before they come back. */
const reconnectMs = 40_000;
const patience = { timeout: 15_000, interval: 50 };
const reconnected = { timeout: 30_000, interval: 50 };
const drainMs = 3_000;

let fleet: TestFleet;
const topics = new TopicsCaller(() => ({
  baseUrl: fleet.url,
  subscribeUrl: fleet.url,
  adminToken: fleet.adminToken,
}));
/** Closed at the end: the tests run side by side, because most of their time is clients’ waiting to come back. */
const open: RealSubscription[] = [];

beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(async () => {
  for (const subscription of open) subscription.close();
  await fleet.stop();
});

/** One subscription by each client, all of which have begun. */
async function subscribeAll(url: string, topic: string, token = fleet.adminToken, names = Object.keys(realClients)) {
  const query = new URLSearchParams({ token });
  const all = names.map((name) => realClients[name]!(`${url}${topics.path(topic)}?${query}`));
  open.push(...all);
  await vi.waitFor(() => {
    for (const { events, client } of all) expect(events.length, client).toBeGreaterThan(0);
  }, patience);
  return all;
}

const messages = ({ events }: RealSubscription) =>
  events.filter(({ event }) => event === 'message').map(({ data }) => data);
const kinds = ({ events }: RealSubscription) => events.map(({ event }) => event);

/** Waits until each has seen exactly these messages. */
const expectMessages = (all: readonly RealSubscription[], expected: readonly string[], within = patience) =>
  vi.waitFor(() => {
    for (const subscription of all) expect(messages(subscription), subscription.client).toEqual(expected);
  }, within);

describe.concurrent('real clients', () => {
  it('live: text, empty text, lines and bytes arrive as they were published, with their ids', async () => {
    const topic = fresh();
    const all = await subscribeAll(fleet.url, topic);
    const { page } = await topics.publish(topic, 'grüße\n\nzweite  ');
    await topics.publish(topic, '');
    await topics.publish(topic, Uint8Array.of(0, 13, 10, 255));
    await topics.publish(topic, 'a\rb');
    await topics.publish(topic, ' spaced\n');
    const event = (sequence: number, event: string, data: string) => ({ event, id: `${page}-${sequence}`, data });
    for (const { client, events } of all)
      await vi.waitFor(() => {
        expect(events.slice(1), client).toEqual([
          event(1, 'message', 'grüße\n\nzweite  '),
          event(2, 'message', ''),
          event(3, 'binary', btoa('\0\r\n\xff')),
          event(4, 'binary', btoa('a\rb')),
          event(5, 'message', ' spaced\n'),
        ]);
      }, patience);
  });

  it(
    'a gateway that is drained says so, and whoever follows goes on at the next one: none lost, none doubled',
    async () => {
      const topic = fresh();
      const gateway = await startAnotherGateway(fleet);
      const port = Number(new URL(gateway.url).port);
      const all = await subscribeAll(gateway.url, topic);
      const expected = texts(30);
      await topics.publishAll(topic, expected.slice(0, 10));
      await expectMessages(all, expected.slice(0, 10));
      await gateway.drain(drainMs);
      for (const subscription of all) expect(kinds(subscription), subscription.client).toContain('goaway');
      await topics.publishAll(topic, expected.slice(10, 20));
      const next = await startAnotherGateway(fleet, port);
      await expectMessages(all, expected.slice(0, 20), reconnected);
      await topics.publishAll(topic, expected.slice(20));
      await expectMessages(all, expected);
      for (const subscription of all) {
        expect(kinds(subscription), subscription.client).not.toContain('discontinuity');
        subscription.close();
      }
      await next.drain(drainMs);
    },
    2 * reconnectMs,
  );

  it(
    'a stream that has reached its age ends and goes on: none lost, none doubled',
    async () => {
      const topic = fresh();
      const gateway = await startAnotherGateway(fleet, 0, { streamAgeMs: 1_500 });
      const all = await subscribeAll(gateway.url, topic);
      const expected: string[] = [];
      const agedOut = ({ events }: RealSubscription) =>
        events.filter(({ event, data }) => event === 'goaway' && data === '{"reason":"max_age"}').length;
      // A message comes all the while, before, after and in the middle of the change.
      await vi.waitFor(async () => {
        expected.push(`text-${expected.length + 1}`);
        await topics.publish(topic, expected.at(-1)!);
        for (const subscription of all) expect(agedOut(subscription), subscription.client).toBeGreaterThan(1);
      }, reconnected);
      await expectMessages(all, expected, reconnected);
      for (const subscription of all) {
        expect(kinds(subscription), subscription.client).not.toContain('discontinuity');
        subscription.close();
      }
      await gateway.drain(drainMs);
    },
    2 * reconnectMs,
  );

  it(
    'a connection cut in the middle is opened again: none lost, none doubled',
    async () => {
      const topic = fresh();
      const proxy = await CutProxy.start(fleet.url);
      const all = await subscribeAll(proxy.url, topic);
      const expected = texts(20);
      await topics.publishAll(topic, expected.slice(0, 10));
      await expectMessages(all, expected.slice(0, 10));
      proxy.cut();
      await topics.publishAll(topic, expected.slice(10));
      await expectMessages(all, expected, reconnected);
      for (const subscription of all) {
        expect(kinds(subscription), subscription.client).not.toContain('discontinuity');
        subscription.close();
      }
      await proxy.stop();
    },
    reconnectMs,
  );

  it(
    'a position that was never given out is announced to each, and the stream goes on',
    async () => {
      const topic = fresh();
      await topics.publishAll(topic, texts(2));
      const query = new URLSearchParams({ token: fleet.adminToken, last_event_id: '1-7' });
      const all = Object.values(realClients).map((connect) => connect(`${fleet.url}${topics.path(topic)}?${query}`));
      open.push(...all);
      await expectMessages(all, texts(2));
      for (const subscription of all) {
        const [first] = subscription.events;
        expect(first!.event).toBe('discontinuity');
        expect(JSON.parse(first!.data)).toMatchObject({ last_topic_sequence: 7, new_topic_sequence: 1 });
      }
    },
    reconnectMs,
  );

  it('a token that expires ends the stream with the reason', async () => {
    const topic = fresh();
    const details = [{ type: 'topic', cache: 'default', actions: ['subscribe'] }];
    const { token } = await topics.issue(details, { expires_in_seconds: 3 });
    const all = await subscribeAll(fleet.url, topic, token);
    await vi.waitFor(() => {
      for (const { events, client } of all) {
        expect(events.at(-1)!.event, client).toBe('end');
        expect(JSON.parse(events.at(-1)!.data)).toEqual({ reason: 'token_expired' });
      }
    }, patience);
  });
});
