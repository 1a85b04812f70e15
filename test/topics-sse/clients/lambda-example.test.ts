import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { closeStreams } from '../../conformance/topics/event-stream-reader.ts';
import { fresh, messageEvent, TopicsCaller } from '../../conformance/topics/subject.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { listen } from '../../support/loopback.ts';

interface Published {
  readonly sequence_number: number;
  readonly sequence_page: number;
}
type Handler = (
  event: object,
  context: { awsRequestId: string; getRemainingTimeInMillis(): number },
) => Promise<Published>;

const file = join(import.meta.dirname, '..', '..', '..', 'examples', 'lambda', 'index.mjs');
const { handler } = (await import(pathToFileURL(file).href)) as { handler: Handler };
const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 20_000 };

let fleet: TestFleet;
const topics = new TopicsCaller(() => ({
  baseUrl: fleet.url,
  subscribeUrl: fleet.url,
  adminToken: fleet.adminToken,
}));

beforeAll(async () => {
  fleet = await startFleet({ zones: ['a'] });
});
afterAll(() => fleet.stop());
afterEach(() => {
  closeStreams();
  vi.unstubAllEnvs();
});

async function environment(topic: string, url = fleet.url, token?: string): Promise<void> {
  vi.stubEnv('GODWIT_URL', url);
  vi.stubEnv('GODWIT_TOKEN', token ?? (await topics.topicToken(['publish'], { name: topic })));
  vi.stubEnv('GODWIT_TOPIC', topic);
}

/** A stand-in that gives these statuses one after the other, then passes requests on to the fleet. */
async function failingFirst(statuses: (number | 'broken after it was done')[]) {
  const keys: unknown[] = [];
  const server = createServer(async (request, response) => {
    keys.push(request.headers['idempotency-key']);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = statuses.shift();
    if (typeof status === 'number') {
      response.writeHead(status, { 'retry-after': '0' }).end();
      return;
    }
    const headers = Object.entries(request.headers).filter(([name]) => !['host', 'connection'].includes(name));
    const { method, url } = request;
    const answer = await fetch(`${fleet.url}${url}`, {
      method: method!,
      headers: headers as [string, string][],
      body: Buffer.concat(chunks),
    });
    if (status === undefined) response.writeHead(answer.status, Object.fromEntries(answer.headers)).end();
    else request.socket.destroy();
  });
  return { url: await listen(server), keys, stop: () => server.close() };
}

describe('the Lambda handler of examples/lambda', () => {
  it('publishes the detail of an event, and the same event again is the same message', async () => {
    const topic = fresh('orders');
    await environment(topic);
    const stream = await topics.following(topic);
    const event = { id: fresh('event'), 'detail-type': 'order', detail: { order: 4711 } };
    const first = await handler(event, context);
    expect(await handler(event, { ...context, awsRequestId: 'request-2' })).toEqual(first);
    const other = await handler({ ...event, id: fresh('event') }, context);
    expect([first.sequence_number, other.sequence_number]).toEqual([1, 2]);
    const data = '{"order":4711}';
    expect(await stream.take(2)).toEqual([
      messageEvent(first.sequence_page, 1, data),
      messageEvent(first.sequence_page, 2, data),
    ]);
  });

  it('an event without an id or a detail goes by the request’s id, as a whole', async () => {
    const topic = fresh('orders');
    await environment(topic);
    const own = { ...context, awsRequestId: fresh('request') };
    await handler({ hello: 'world' }, own);
    expect((await handler({ hello: 'world' }, own)).sequence_number).toBe(1);
    const { json } = await topics.poll(topic, { start: 'earliest' });
    expect(json.items[0].item.value).toEqual({ text: '{"hello":"world"}' });
  });

  it('comes back after 503 and 504 and after a connection that broke, under one key: one message', async () => {
    const topic = fresh('orders');
    const front = await failingFirst([503, 504, 'broken after it was done', 503]);
    await environment(topic, front.url);
    expect((await handler({ id: fresh('event') }, context)).sequence_number).toBe(1);
    expect(new Set(front.keys).size).toBe(1);
    expect(front.keys).toHaveLength(5);
    expect((await topics.publish(topic, 'next')).sequence).toBe(2);
    front.stop();
  });

  it('gives up with an error when it is refused for good, when attempts are spent, and when time is', async () => {
    const topic = fresh('orders');
    await environment(topic, fleet.url, 'none');
    await expect(handler({}, context)).rejects.toThrow(/401/);
    const front = await failingFirst([503, 503, 503, 503, 503, 503]);
    await environment(topic, front.url);
    await expect(handler({}, context)).rejects.toThrow(/503/);
    expect(front.keys).toHaveLength(5);
    const timesLeft = [5_000, 400];
    const late = { ...context, getRemainingTimeInMillis: () => timesLeft.shift()! };
    await expect(handler({}, late)).rejects.toThrow(/503/);
    expect(front.keys).toHaveLength(6);
    front.stop();
  });
});
