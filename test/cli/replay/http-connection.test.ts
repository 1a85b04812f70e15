import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpConnection } from '../../../src/cli/replay/http/http-connection.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
let connection: HttpConnection | undefined;

afterEach(() => {
  connection?.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  server?.close();
});

type Outcome = { status: number; body: string } | { failed: string };

/** A connection to a server that answers each request with the given parts, each in a write of its own. */
async function connectTo(answer: (socket: Socket, request: string) => void, timeoutMs = 5_000) {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (request) => answer(socket, request.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  let settle: (outcome: Outcome) => void = () => {};
  const opened = new HttpConnection(
    { host: '127.0.0.1', port, tls: false },
    {
      answered: (status, bytes, start, end) => settle({ status, body: bytes.toString('latin1', start, end) }),
      failed: (kind) => settle({ failed: kind }),
    },
    timeoutMs,
  );
  connection = opened;
  return (head = 'GET / HTTP/1.1\r\n\r\n', body?: Uint8Array) =>
    new Promise<Outcome>((resolve) => {
      settle = resolve;
      opened.send(head, body);
    });
}

/** Writes parts apart from each other, so that each is read by itself. */
async function inParts(socket: Socket, parts: readonly string[]): Promise<void> {
  for (const part of parts) {
    await new Promise((resolve) => socket.write(part, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('HTTP connection', () => {
  it('reads one answer after the other over one connection', async () => {
    const send = await connectTo((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: x\r\n\r\nhello'),
    );
    expect(await send()).toEqual({ status: 200, body: 'hello' });
    expect(await send()).toEqual({ status: 200, body: 'hello' });
    expect(sockets.size).toBe(1);
  });

  it('reads an answer that comes in parts, split anywhere', async () => {
    const answer = 'HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length:  11 \r\n\r\nhello world';
    const send = await connectTo((socket, request) => {
      const at = Number(/ \/(\d+)/.exec(request)![1]);
      void inParts(socket, [answer.slice(0, at), answer.slice(at, at + 1), answer.slice(at + 1)]);
    });
    for (let at = 1; at < answer.length - 1; at++)
      expect(await send(`GET /${at} HTTP/1.1\r\n\r\n`)).toEqual({ status: 404, body: 'hello world' });
  });

  it('reads a body that is larger than its buffer', async () => {
    const body = 'abcdefgh'.repeat(100_000);
    const send = await connectTo((socket) =>
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
    );
    expect(await send()).toEqual({ status: 200, body });
  });

  it('sends head and body, and takes 204 for an answer without a body', async () => {
    const requests: string[] = [];
    const send = await connectTo((socket, request) => {
      requests.push(request);
      socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    });
    expect(await send('PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\n', Buffer.from('abc'))).toEqual({
      status: 204,
      body: '',
    });
    expect(requests.join('')).toBe('PUT / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc');
  });

  it('skips interim answers', async () => {
    const send = await connectTo((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    );
    expect(await send()).toEqual({ status: 200, body: 'ok' });
  });

  it('opens another connection after an answer that closes this one', async () => {
    const send = await connectTo((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
    );
    expect(await send()).toEqual({ status: 200, body: 'ok' });
    expect(await send()).toEqual({ status: 200, body: 'ok' });
  });

  it.each([
    ['answer_is_not_http', 'SSH-2.0-OpenSSH_9\r\n\r\n'],
    ['answer_without_length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['answer_without_length', 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n'],
    ['answer_too_long', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokay'],
    ['answer_too_long', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n'],
    ['answer_head_too_large', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`],
  ])('fails with %s', async (kind, answer) => {
    const send = await connectTo((socket) => socket.write(answer));
    expect(await send()).toEqual({ failed: kind });
  });

  it('fails when the connection ends before the answer, when none comes in time, and when nobody listens', async () => {
    let send = await connectTo((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel'));
    expect(await send()).toEqual({ failed: 'closed' });
    server!.close();
    send = await connectTo(() => {}, 20);
    expect(await send()).toEqual({ failed: 'timeout' });
    server!.close();
    await once(server!, 'close');
    expect(await send()).toEqual({ failed: 'ECONNREFUSED' });
  });
});
