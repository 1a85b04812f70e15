import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startFleet } from '../support/fleet.ts';
import { contentOf } from './content.ts';
import { type CrossTalkTally, runCrossTalk } from './cross-talk.ts';

describe('cross-talk', () => {
  it('20,000 requests, half of them broken off at random points: every answer is that to its request', async () => {
    const fleet = await startFleet({ gateways: 2, replicationFactor: 2 });
    try {
      for (const name of ['first', 'second'])
        await fetch(`${fleet.url}/caches/${name}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${fleet.adminToken}` },
        });
      const { urls, adminToken: token } = fleet;
      const tally = await runCrossTalk({
        urls,
        token,
        caches: ['first', 'second'],
        requests: 20_000,
        seed: 1,
        connections: 32,
      });
      expect(tally.wrong).toEqual([]);
      expect(tally.aborted).toBeGreaterThan(8_000);
      expect(tally.answered).toBeGreaterThan(8_000);
      expect(tally.refused).toBeLessThan(tally.answered / 20);
    } finally {
      await fleet.stop();
    }
  }, 120_000);

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['a value of another key', (_, response) => response.end(contentOf('c', 'other', 3))],
    ['a value that is cut off', (request, response) => response.end(contentOf('c', keyOf(request), 9).slice(0, -1))],
    [
      'the id of another request',
      (request, response) => response.setHeader('x-request-id', 'r').end(contentOf('c', keyOf(request), 3)),
    ],
    ['a sum for the second time', (_, response) => response.end('{"value":"1"}')],
  ])('a server that answers %s is found', async (_name, handle) => {
    const tally = await against((request, response) => {
      request.resume();
      response.setHeader('x-request-id', request.headers['x-request-id'] ?? 'none');
      const { url = '' } = request;
      const isSum = url.includes('/increment');
      if (request.method === 'GET' || isSum) handle(request, response);
      else response.writeHead(503, { 'content-length': 0 }).end();
    });
    expect(tally.wrong).not.toEqual([]);
  });
});

const keyOf = ({ url = '' }: IncomingMessage): string => /key=(\w+)/.exec(url)![1]!;

async function against(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<CrossTalkTally> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await runCrossTalk({ urls: [url], token: 't', caches: ['c'], requests: 2_000, seed: 2, connections: 4 });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
