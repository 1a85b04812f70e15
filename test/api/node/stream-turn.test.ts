import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exchangeOf } from '../../../src/api/app.ts';
import { followTopic } from '../../../src/api/routes/topics/follow-topic.ts';
import { LoopbackGateway, LoopbackNode } from '../../support/loopback.ts';
import { FakeOutlet } from '../../topics-sse/fake-outlet.ts';

let node: LoopbackNode;
let gateway: LoopbackGateway;

beforeEach(async () => {
  node = await new LoopbackNode('a').listen();
  gateway = await LoopbackGateway.start([node]);
});

afterEach(async () => {
  await gateway.stop();
  await node.kill();
});

/** The answer to a stream request, not yet given its turn on a connection. */
async function answerOf(path: string) {
  const headers = { ...gateway.authorization, accept: 'text/event-stream' };
  const request = new Request(`${gateway.url}/topics/cache/${path}`, { headers });
  return gateway.gateway.serve(followTopic, exchangeOf(request), { cache: 'cache', topic: path });
}

it('stream: a token that is withdrawn before the turn of its answer reads nothing', async () => {
  const reply = await answerOf('a');
  const { jti } = JSON.parse(atob(gateway.token.split('.')[1]!)) as { jti: string };
  gateway.withdraw(jti);
  const outlet = new FakeOutlet();
  reply.stream!(outlet);
  expect(outlet.take()).toEqual([{ event: 'end', id: undefined, data: '{"reason":"token_revoked"}' }]);
  expect([outlet.ended, gateway.streams.size]).toEqual([true, 0]);
});

it('stream: a cache that is deleted before the turn of its answer is told', async () => {
  const reply = await answerOf('a');
  gateway.source.set({ registry: { revision: 100, caches: [] } });
  const outlet = new FakeOutlet();
  reply.stream!(outlet);
  expect(outlet.take()).toEqual([{ event: 'end', id: undefined, data: '{"reason":"cache_deleted"}' }]);
});

it('stream: a request with a body gets its stream behind the body', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    if (seen.includes('event: checkpoint')) socket.end();
  });
  const head = `GET /topics/cache/a HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer ${gateway.token}\r\n`;
  socket.write(`${head}Content-Length: 4\r\n\r\nbo`);
  setTimeout(() => socket.write('dy'), 50);
  await once(socket, 'close');
  expect(seen).toContain('event: checkpoint');
});

it('polls: those that are pipelined wait for their turn, one at a time', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  const poll = `GET /topics/cache/a?wait_seconds=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${gateway.token}\r\n\r\n`;
  socket.write(poll.repeat(50));
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, gateway.streams.size);
  }, 5);
  await once(socket, 'data');
  clearInterval(watch);
  socket.destroy();
  expect(most).toBe(1);
});
