import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendReply } from '../../../src/api/node/node-exchange.ts';
import { prepareHead } from '../../../src/api/node/prepared-head.ts';

const wallMs = 1_767_225_600_999;
let prepared = false;
const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  const { pathname } = new URL(request.url!, 'http://localhost');
  if (pathname === '/empty')
    return sendReply(request, response, { status: 204, headers: ['etag', '"1-2"'], body: null }, wallMs);
  if (pathname === '/text')
    return sendReply(request, response, { status: 404, headers: [], body: '{"a":"ü"}' }, wallMs);
  prepared = prepareHead(request, response, 200, ['etag', '"1-2"', 'vary', 'a', 'vary', 'b'], 5, wallMs);
  if (!prepared) response.writeHead(200, { 'content-length': 5 });
  response.end('hello', 'latin1');
});
let url = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

describe('prepared head', () => {
  it('a kept connection: the head is ours, whole, and the body follows', async () => {
    const response = await fetch(url);
    expect(prepared).toBe(true);
    expect(await response.text()).toBe('hello');
    expect(Object.fromEntries(response.headers)).toEqual({
      etag: '"1-2"',
      vary: 'a, b',
      'content-length': '5',
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      connection: 'keep-alive',
      'keep-alive': 'timeout=65',
    });
  });

  it('the connection serves on: many answers on one, with bodies and without', async () => {
    for (let i = 0; i < 20; i++) {
      expect(await (await fetch(url)).text()).toBe('hello');
      const empty = await fetch(`${url}/empty`);
      expect([empty.status, empty.headers.get('etag'), empty.headers.get('content-length')]).toEqual([
        204,
        '"1-2"',
        null,
      ]);
      const text = await fetch(`${url}/text`);
      expect([text.status, text.headers.get('content-length'), await text.text()]).toEqual([404, '10', '{"a":"ü"}']);
    }
  });

  it.each([['is to be closed', { connection: 'close' }]])(
    'a connection that %s gets its head from Node',
    async (_name, headers) => {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        import('node:http').then(({ get }) => get(url, { headers, agent: false }, resolve).on('error', reject), reject);
      });
      response.resume();
      expect(prepared).toBe(false);
      expect(response.headers.connection).toBe('close');
    },
  );
});
