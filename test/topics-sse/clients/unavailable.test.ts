import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { fresh, TopicsCaller } from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { realClients, type SeenEvent } from './real-clients.ts';
import { restartStorageNode } from './restartable.ts';

/** Until the node's loss is noticed, the clients have come back after up to 10 s each time, and the slots are placed. */
const patience = { timeout: 60_000, interval: 100 };

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startFleet({ zones: ['a'] });
});
afterAll(() => fleet.stop());

it('storage that is away ends streams by goaway, never by a status that stops a client for ever', async () => {
  const topics = new TopicsCaller(() => ({
    baseUrl: fleet.url,
    subscribeUrl: fleet.url,
    adminToken: fleet.adminToken,
  }));
  const topic = fresh();
  const url = `${fleet.url}${topics.path(topic)}?${new URLSearchParams({ token: fleet.adminToken })}`;
  const subscribe = () => Object.values(realClients).map((open) => open(url));
  const has = (events: readonly SeenEvent[], event: string, data: string) =>
    events.findIndex((seen) => seen.event === event && seen.data === data);

  const early = subscribe();
  await vi.waitFor(() => {
    for (const { client, events } of early) expect(events.length, client).toBeGreaterThan(0);
  }, patience);
  await topics.publish(topic, 'before');
  await vi.waitFor(() => {
    for (const { client, events } of early) expect(has(events, 'message', 'before'), client).toBeGreaterThan(0);
  }, patience);
  await fleet.nodes[0]!.drain(500);
  const late = subscribe();
  await vi.waitFor(() => {
    for (const { client, events, stopped } of late) {
      expect(has(events, 'goaway', '{"reason":"unavailable"}'), client).toBe(0);
      expect(stopped(), client).toBe(false);
    }
  }, patience);
  // Whoever is no EventSource gets the status that says so.
  const poll = await topics.poll(topic, { wait_seconds: 0 });
  expect(poll.status).toBe(503);

  await restartStorageNode(fleet);
  // Published anew until each client has come back.
  await vi.waitFor(async () => {
    await topics.publishAnswer(topic, 'after');
    for (const { client, events } of [...early, ...late])
      expect(has(events, 'message', 'after'), client).toBeGreaterThan(0);
  }, patience);
  // Who had a position learns that the log began anew, before anything of the new one.
  for (const { client, events } of early) {
    const announced = events.findIndex(({ event }) => event === 'discontinuity');
    expect(announced, client).toBeGreaterThan(0);
    expect(announced, client).toBeLessThan(has(events, 'message', 'after'));
  }
  for (const { close } of [...early, ...late]) close();
}, 130_000);
