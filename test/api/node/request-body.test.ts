import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NodeExchange, sendReply } from '../../../src/api/node/node-exchange.ts';
import { GodwitError } from '../../../src/shared/errors.ts';
import { limits } from '../../../src/shared/limits.ts';
import { LoopbackGateway, LoopbackNode, listen } from '../../support/loopback.ts';

let node: LoopbackNode;
let front: LoopbackGateway;
const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown): void => void unhandled.push(reason);

beforeAll(async () => {
  node = await new LoopbackNode('a').listen();
  front = await LoopbackGateway.start([node]);
  process.on('unhandledRejection', keepUnhandled);
});
afterAll(async () => {
  process.off('unhandledRejection', keepUnhandled);
  await front.stop();
  await node.kill();
});
beforeEach(() => {
  front.log.lines.length = 0;
});
afterEach(() => {
  expect(unhandled).toEqual([]);
  expect(front.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

/** A client that writes as it likes, and keeps what it hears. */
class RawClient {
  readonly socket: Socket;
  heard = '';
  readonly ended: Promise<void>;

  constructor(url: string) {
    this.socket = connect(Number(new URL(url).port), '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.heard += chunk.toString('latin1');
    });
    this.socket.on('error', () => {});
    this.ended = new Promise((resolve) => this.socket.on('close', () => resolve()));
  }

  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.socket.write(data, () => resolve()));
  }

  head(method: string, target: string, headers: string[], token = front.token): Promise<void> {
    return this.write(
      [`${method} ${target} HTTP/1.1`, 'host: gateway.test', `authorization: Bearer ${token}`, ...headers, '', ''].join(
        '\r\n',
      ),
    );
  }

  async until(text: string): Promise<void> {
    let closed = false;
    void this.ended.then(() => {
      closed = true;
    });
    while (!this.heard.includes(text)) {
      if (closed) throw new Error(`closed after: ${this.heard.slice(0, 300)}`);
      await Promise.race([new Promise((resolve) => this.socket.once('data', resolve)), this.ended]);
    }
  }
}

const chunkOf = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.toString(16)}\r\n`), Buffer.alloc(bytes, 120), Buffer.from('\r\n')]);
const get = (key: string) => fetch(`${front.url}/cache/cache?key=${key}`, { headers: front.authorization });
const statusOf = (heard: string): number => Number(heard.split(' ')[1]);

/** The same write through the direct door and through the app. */
const writes: [string, string, (key: string) => string][] = [
  ['the direct door', 'PUT', (key) => `/cache/cache?key=${key}`],
  ['the app', 'POST', (key) => `/cache/cache/get-and-set?key=${key}`],
];

describe.each(writes)('a body through %s', (door, method, target) => {
  const key = `body-${method}`;

  it('of the largest size is stored, chunked or not', async () => {
    const value = Buffer.alloc(limits.itemSizeBytesMax - key.length, 120);
    for (const headers of [[`content-length: ${value.length}`], ['transfer-encoding: chunked']]) {
      const client = new RawClient(front.url);
      await client.head(method, target(key), headers);
      if (headers[0]!.startsWith('content')) await client.write(value);
      else {
        for (let left = value.length; left > 0; left -= 100_000) await client.write(chunkOf(Math.min(left, 100_000)));
        await client.write('0\r\n\r\n');
      }
      await client.until('\r\n\r\n');
      expect([200, 204]).toContain(statusOf(client.heard));
      client.socket.destroy();
      expect(Buffer.compare(Buffer.from(await (await get(key)).arrayBuffer()), value)).toBe(0);
    }
    await fetch(`${front.url}/cache/cache?key=${key}`, { method: 'DELETE', headers: front.authorization });
  });

  it.each([
    ['chunked', 'transfer-encoding: chunked'],
    ['with its length told', `content-length: ${8 * 1024 * 1024}`],
  ])(
    'that is too large, %s: 413 arrives though the client is still sending, the connection ends, nothing is stored',
    async (_name, header) => {
      const client = new RawClient(front.url);
      // It listens only after it has sent everything, as simple clients do.
      client.socket.pause();
      await client.head(method, target(key), [header]);
      const piece = header.startsWith('content') ? Buffer.alloc(64 * 1024, 120) : chunkOf(64 * 1024);
      for (let index = 0; index < 128; index++) await client.write(piece);
      if (!header.startsWith('content')) await client.write('0\r\n\r\n');
      client.socket.resume();
      await client.ended;
      expect(statusOf(client.heard)).toBe(413);
      expect(client.heard).toContain('"code":"item_too_large"');
      expect((await get(key)).status).toBe(404);
    },
  );

  it('that never ends: 413 arrives, and the connection ends soon', async () => {
    const client = new RawClient(front.url);
    await client.head(method, target(key), ['transfer-encoding: chunked']);
    const startMs = performance.now();
    let open = true;
    void client.ended.then(() => {
      open = false;
    });
    for (let index = 0; open && index < 2_000; index++)
      await Promise.race([client.write(chunkOf(256 * 1024)), client.ended]);
    await client.ended;
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect((await get(key)).status).toBe(404);
  });

  it('that nobody reads, since the token is bad: 401 arrives', async () => {
    const client = new RawClient(front.url);
    client.socket.pause();
    await client.head(method, target(key), [`content-length: ${4 * 1024 * 1024}`], 'nonsense');
    await client.write(Buffer.alloc(4 * 1024 * 1024, 120));
    client.socket.resume();
    await client.until('"code":"invalid_token"');
    expect(statusOf(client.heard)).toBe(401);
    client.socket.destroy();
  });

  it.each([
    ['chunked', 'transfer-encoding: chunked'],
    ['with its length told', 'content-length: 1000'],
  ])('that breaks off, %s: nothing is stored', async (_name, header) => {
    for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = new RawClient(front.url);
      await client.head(method, target(key), [header]);
      await client.write(header.startsWith('content') ? Buffer.alloc(500, 120) : chunkOf(500));
      await new Promise((resolve) => setTimeout(resolve, 5));
      client.socket[how]();
      await client.ended;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await get(key)).status).toBe(404);
  });

  it('that breaks off at once, before it is asked for: nothing is stored, and the request ends', async () => {
    for (let index = 0; index < 20; index++) {
      const client = new RawClient(front.url);
      await client.head(method, target(key), ['content-length: 1000']);
      client.socket.resetAndDestroy();
      await client.ended;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await get(key)).status).toBe(404);
  });

  it('that is longer than its length says: the rest is no second value, and its refusal never the answer to the first', async () => {
    const waiting = new RawClient(front.url);
    await waiting.head(method, target(key), ['content-length: 5']);
    await waiting.write('value');
    await waiting.until('HTTP/1.1 20');
    await waiting.write('DELETE it\r\n\r\n');
    await waiting.until('HTTP/1.1 400');
    await waiting.ended;
    expect(await (await get(key)).text()).toBe('value');
    const hasty = new RawClient(front.url);
    await hasty.head(method, target(key), ['content-length: 5']);
    await hasty.write('valueDELETE it\r\n\r\n');
    await hasty.ended;
    expect(hasty.heard).toMatch(/^($|HTTP\/1.1 20)/);
    await fetch(`${front.url}/cache/cache?key=${key}`, { method: 'DELETE', headers: front.authorization });
  });

  it('with two lengths, or a length and chunks: 400, and nothing is stored', async () => {
    for (const headers of [
      ['content-length: 5', 'content-length: 6'],
      ['content-length: 5', 'transfer-encoding: chunked'],
      ['content-length: 5x'],
      ['content-length: -5'],
    ]) {
      const client = new RawClient(front.url);
      await client.head(method, target(key), headers);
      await client.write('5\r\nvalue\r\n0\r\n\r\n');
      await client.ended;
      expect(statusOf(client.heard), headers.join()).toBe(400);
    }
    expect((await get(key)).status).toBe(404);
  });

  it('whose chunks are broken: 400, and nothing is stored', async () => {
    const client = new RawClient(front.url);
    await client.head(method, target(key), ['transfer-encoding: chunked']);
    await client.write('3\r\nabc\r\nzz\r\n');
    await client.ended;
    expect(statusOf(client.heard)).toBe(400);
    expect((await get(key)).status).toBe(404);
  });

  it('100-continue: is asked for, and stored', async () => {
    const client = new RawClient(front.url);
    await client.head(method, target(`${key}-continue`), ['content-length: 5', 'expect: 100-continue']);
    await client.until('HTTP/1.1 100');
    await client.write('value');
    await client.until('HTTP/1.1 20');
    client.socket.destroy();
    expect(await (await get(`${key}-continue`)).text()).toBe('value');
  });

  it(`many of them at once, half of them breaking off: the others are stored whole (${door})`, async () => {
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const value = `${index}:`.repeat(20_000);
        const client = new RawClient(front.url);
        await client.head(method, target(`many-${index}`), [`content-length: ${value.length}`]);
        await client.write(value.slice(0, 10_000));
        if (index % 2 === 1) return void client.socket.destroy();
        await client.write(value.slice(10_000));
        await client.until('HTTP/1.1 20');
        client.socket.destroy();
        expect(await (await get(`many-${index}`)).text()).toBe(value);
        await fetch(`${front.url}/cache/cache?key=many-${index}`, { method: 'DELETE', headers: front.authorization });
      }),
    );
    for (let index = 1; index < 40; index += 2) expect((await get(`many-${index}`)).status).toBe(404);
  });
});

it('more headers than are read: refused, rather than carried out without the condition that was among them', async () => {
  for (const path of ['/cache/cache', '/c%61che/cache']) {
    const put = async (headers: string[]): Promise<number> => {
      const client = new RawClient(front.url);
      await client.head('PUT', `${path}?key=many-headers`, [...headers, 'content-length: 1', 'connection: close']);
      await client.write('x');
      await client.ended;
      return statusOf(client.heard);
    };
    expect(await put([])).toBe(204);
    const others = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: y`);
    expect(await put([...others(90), 'if-none-match: *'])).toBe(412);
    for (const count of [98, 150, 300])
      expect([400, 412, 431]).toContain(await put([...others(count), 'if-none-match: *']));
  }
});

describe('NodeExchange', () => {
  /** Hands one request to the test, and its response. */
  async function oneRequest(bytes: string): Promise<{
    request: IncomingMessage;
    respond: (exchange: NodeExchange) => void;
    client: RawClient;
    next: Promise<unknown>;
    close: () => void;
  }> {
    const server = createServer();
    const url = await listen(server);
    const client = new RawClient(url);
    const arrived = once(server, 'request');
    await client.write(bytes);
    const [request, response] = await arrived;
    const respond = (): void => sendReply(request, response, { status: 204, headers: [], body: null }, 0);
    return { request, respond, client, next: once(server, 'request'), close: () => server.close() };
  }
  const tooLarge = () => new GodwitError('item_too_large', 'too large');

  it('a body asked for after its connection broke: request_timeout, not a wait for ever', async () => {
    const { request, client, close } = await oneRequest('PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    const closed = new Promise<void>((resolve) => request.on('close', () => resolve()));
    client.socket.destroy();
    await closed;
    await expect(new NodeExchange(request, '/', '').read(100, tooLarge)).rejects.toMatchObject({
      code: 'request_timeout',
    });
    close();
  });

  it('a body that had arrived before it was asked for, and is too large: the connection serves the next request', async () => {
    const { request, respond, client, next, close } = await oneRequest(
      `PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n${'x'.repeat(40_000)}`,
    );
    while (!request.complete) await new Promise((resolve) => setTimeout(resolve, 1));
    const exchange = new NodeExchange(request, '/', '');
    await expect(exchange.read(10, tooLarge)).rejects.toMatchObject({ code: 'item_too_large' });
    respond(exchange);
    await client.until('HTTP/1.1 204');
    await client.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await next;
    client.socket.destroy();
    close();
  });

  it('several headers of one name are joined', async () => {
    const { request, client, close } = await oneRequest(
      'GET / HTTP/1.1\r\nhost: a\r\nIf-Match: "1-1"\r\nif-match: "1-2"\r\n\r\n',
    );
    const exchange = new NodeExchange(request, '/', '');
    expect(exchange.header('if-match')).toBe('"1-1", "1-2"');
    for (const name of ['if-none-match', '__proto__', 'constructor']) expect(exchange.header(name)).toBeUndefined();
    client.socket.destroy();
    close();
  });
});
