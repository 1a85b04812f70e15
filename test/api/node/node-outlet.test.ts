import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listenerLimits } from '../../../src/api/limits.ts';
import { NodeOutlet } from '../../../src/api/node/node-outlet.ts';
import { StreamPiece } from '../../../src/topics-sse/event-outlet.ts';
import { LoopbackGateway, LoopbackNode, listen } from '../../support/loopback.ts';

const headers = ['content-type', 'text/event-stream', 'cache-control', 'no-store'];

interface Served {
  readonly outlet: NodeOutlet;
  readonly response: ServerResponse;
  readonly told: { drains: number; closes: number };
}

let server: Server | null = null;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** Opens a stream by what is sent; gives the server's end and the client's. */
async function open(request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'): Promise<Served & { client: Client }> {
  const served = Promise.withResolvers<Served>();
  server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    const outlet = new NodeOutlet(incoming, response, 200, [...headers]);
    const told = { drains: 0, closes: 0 };
    outlet.listen({ onDrain: () => void told.drains++, onClose: () => void told.closes++ });
    served.resolve({ outlet, response, told });
  });
  const client = await dial(await listen(server), request);
  return { ...(await served.promise), client };
}

/** What a client sees on its connection. */
class Client {
  readonly socket: Socket;
  ended = false;
  #chunks: Buffer[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', () => {});
  }

  get bytes(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  get head(): string {
    return this.text.slice(0, this.text.indexOf('\r\n\r\n'));
  }

  /** The body, out of its chunks. */
  get body(): string {
    const rest = this.bytes.subarray(this.head.length + 4);
    if (!/transfer-encoding: chunked/i.test(this.head)) return rest.toString();
    const body: Buffer[] = [];
    for (let at = 0; at < rest.length; ) {
      const lineEnd = rest.indexOf('\r\n', at);
      if (lineEnd < 0) break;
      const length = Number.parseInt(rest.subarray(at, lineEnd).toString(), 16);
      body.push(rest.subarray(lineEnd + 2, lineEnd + 2 + length));
      at = lineEnd + 2 + length + 2;
    }
    return Buffer.concat(body).toString();
  }
}

async function dial(url: string, request: string): Promise<Client> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  sockets.push(socket);
  const client = new Client(socket);
  await once(socket, 'connect');
  socket.write(request);
  return client;
}

const see = (check: () => void) => vi.waitFor(check, { timeout: 5_000, interval: 5 });

describe('node outlet', () => {
  it('the head goes out at once, then each piece as a chunk, and the end closes the connection', async () => {
    const { outlet, client, told } = await open();
    await see(() => expect(client.head).toMatch(/^HTTP\/1\.1 200 OK\r\n/));
    expect(client.head).toMatch(/\r\ntransfer-encoding: chunked/i);
    expect(client.head).toMatch(/\r\nConnection: close/i);
    expect(client.head).not.toMatch(/content-length/i);
    outlet.write(StreamPiece.of('data: one\n\n'));
    outlet.write(StreamPiece.of('data: é\n\n'));
    await see(() => expect(client.body).toBe('data: one\n\ndata: é\n\n'));
    outlet.end();
    outlet.write(StreamPiece.of('late'));
    await see(() => expect(client.ended).toBe(true));
    expect(client.text.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(client.body).toBe('data: one\n\ndata: é\n\n');
    client.socket.end();
    await see(() => expect(told.closes).toBe(1));
  });

  it('HTTP/1.0: no chunks, and the end of the connection is the end', async () => {
    const { outlet, client } = await open('GET / HTTP/1.0\r\n\r\n');
    outlet.write(StreamPiece.of('data: one\n\n'));
    await see(() => expect(client.body).toBe('data: one\n\n'));
    expect(client.head).not.toMatch(/transfer-encoding/i);
    outlet.end();
    await see(() => expect(client.ended).toBe(true));
    expect(client.body).toBe('data: one\n\n');
  });

  it('a large piece leaves in slices, so that a slow reader is seen to move, and comes whole', async () => {
    const { outlet, client, told } = await open();
    const text = Array.from({ length: 500_000 }, (_, index) => index % 10).join('');
    client.socket.pause();
    // More than the kernel holds on the way.
    const pieceCount = 40;
    const pieces = Array.from({ length: pieceCount }, () => StreamPiece.of(text));
    for (const piece of pieces) outlet.write(piece);
    outlet.write(StreamPiece.of('last'));
    const first = outlet.unsentBytes;
    expect(first).toBeGreaterThan(text.length);
    const seen = new Set([first]);
    client.socket.resume();
    await see(() => {
      seen.add(outlet.unsentBytes);
      expect(outlet.unsentBytes).toBe(0);
    });
    await see(() => expect(client.body).toBe(`${text.repeat(pieceCount)}last`));
    expect(told.drains).toBe(1);
    expect(seen.size).toBeGreaterThan(2);
  });

  it('the end comes after what waits', async () => {
    const { outlet, client } = await open();
    const text = 'x'.repeat(10 * listenerLimits.streamSliceBytes);
    outlet.write(StreamPiece.of(text));
    outlet.end();
    await see(() => expect(client.ended).toBe(true));
    expect(client.body).toBe(text);
    expect(client.text.endsWith('0\r\n\r\n')).toBe(true);
  });

  /** Node's `drain` does not tell of less than its high-water mark, and a stream among many stops below it. */
  it('what waits is little: told when it has left all the same', async () => {
    const { outlet, client, told } = await open();
    client.socket.pause();
    const piece = StreamPiece.of('x'.repeat(16 * 1024));
    // Until the buffers of the system are full.
    for (let n = 0; n < 10_000 && outlet.unsentBytes === 0; n++) outlet.write(piece);
    expect(outlet.unsentBytes).toBeGreaterThan(0);
    const drains = told.drains;
    expect(outlet.unsentBytes).toBeLessThan(64 * 1024);
    client.socket.resume();
    await see(() => expect([told.drains > drains, outlet.unsentBytes]).toEqual([true, 0]));
  });

  it('destroy: cut off, and told as a close', async () => {
    const { outlet, client, told } = await open();
    outlet.destroy();
    outlet.write(StreamPiece.of('late'));
    await see(() => expect(client.socket.destroyed || client.ended).toBe(true));
    expect(told.closes).toBe(1);
    expect(client.text.endsWith('0\r\n\r\n')).toBe(false);
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)(
    'a client that leaves by %s is a close, once',
    async (how) => {
      const { outlet, client, told } = await open();
      await see(() => expect(client.head).not.toBe(''));
      client.socket[how]();
      await see(() => {
        outlet.write(StreamPiece.of('anybody?'));
        expect(told.closes).toBe(1);
      });
      outlet.end();
      outlet.destroy();
      expect(told.closes).toBe(1);
    },
  );
});

describe('streams of a gateway', () => {
  const stream = (path: string, token: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nAccept: text/event-stream\r\n\r\n`;
  const poll = (path: string, token: string) =>
    `GET ${path}?wait_seconds=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`;

  async function withGateway(run: (gateway: LoopbackGateway) => Promise<void>): Promise<void> {
    const node = await new LoopbackNode('a').listen();
    const gateway = await LoopbackGateway.start([node]);
    try {
      await run(gateway);
    } finally {
      await gateway.stop();
      await node.kill();
    }
  }

  it('a stream asked for behind a request that is not answered yet comes after its answer', async () => {
    await withGateway(async ({ url, token }) => {
      const path = '/topics/cache/topic';
      const client = await dial(url, poll(path, token) + stream(path, token));
      await see(() => expect(client.text).toContain(': connected'));
      const { text } = client;
      expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(text.indexOf('{"items":[]}')).toBeLessThan(text.indexOf(': connected'));
    });
  });

  it('a request sent behind a stream waits for ever, and the stream goes on', async () => {
    await withGateway(async (gateway) => {
      const { url, token } = gateway;
      const path = '/topics/cache/topic';
      const client = await dial(url, stream(path, token) + poll(path, token));
      await see(() => expect(client.text).toContain('event: checkpoint'));
      const published = await fetch(`${url}${path}`, { method: 'POST', headers: gateway.authorization, body: 'hello' });
      expect(published.status).toBe(204);
      await see(() => expect(client.text).toContain('data: hello'));
      expect(client.text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(1);
    });
  });

  it('a client that is gone before its stream begins leaves nothing behind', async () => {
    await withGateway(async ({ url, token, streams, hub }) => {
      for (let n = 0; n < 20; n++) {
        const client = await dial(url, stream('/topics/cache/topic', token));
        client.socket.resetAndDestroy();
      }
      const last = await dial(url, stream('/topics/cache/topic', token));
      await see(() => expect(last.text).toContain('event: checkpoint'));
      await see(() => expect(streams.size).toBe(1));
      last.socket.destroy();
      await see(() => expect(streams.size).toBe(0));
      expect(hub.channels).toBeLessThanOrEqual(1);
    });
  });
});
