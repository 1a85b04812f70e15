import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LoopbackGateway, LoopbackNode } from '../../support/loopback.ts';

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

/** A response to a request that came behind another has no socket before the other is answered. */
it('stream: begins in its turn when its request was pipelined behind another', async () => {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  const request = (path: string, accept: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nAuthorization: Bearer ${gateway.token}\r\n\r\n`;
  let seen = '';
  socket.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    if (seen.includes('event: checkpoint')) socket.end();
  });
  socket.write(
    request('/topics/cache/a?wait_seconds=1', 'application/json') + request('/topics/cache/b', 'text/event-stream'),
  );
  await once(socket, 'close');
  expect(seen.indexOf('{"items":[]}')).toBeGreaterThan(0);
  expect(seen.indexOf('retry: ')).toBeGreaterThan(seen.indexOf('{"items":[]}'));
});
