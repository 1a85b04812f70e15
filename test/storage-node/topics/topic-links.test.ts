import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import { encodeSubscribe, type SubscribeFrame } from '../../../src/shared/topics/link-frames.ts';
import { TopicLinks } from '../../../src/storage-node/topics/topic-links.ts';
import { KeptLog } from '../../support/loopback.ts';
import { FrameTaker } from './gateway-end.ts';
import { hash, TestTopics } from './table.ts';

const join = (name: string): SubscribeFrame => ({
  kind: 'join',
  question: 1,
  space: 1,
  hash,
  name,
  from: 'earliest',
  position: { page: 0, sequence: 0 },
});
const bytesOf = (frames: readonly SubscribeFrame[]) => Buffer.concat(frames.map(encodeSubscribe));

/** The links of a node behind a listener that checks nothing. */
class Node {
  readonly topics = new TestTopics();
  readonly log = new KeptLog();
  readonly links: TopicLinks;
  readonly server: Server;
  readonly sockets: Socket[] = [];

  constructor() {
    const { table, slots, clock } = this.topics;
    this.links = new TopicLinks({ topics: table, slots, clock, onBehind: () => {} }, this.log);
    this.server = createServer((request, response) => this.links.answer(request, response));
    this.server.on('upgrade', (_, socket, head) => this.links.accept(socket, head));
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  /** A connection on which these bytes are sent. */
  async dial(bytes: Uint8Array): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: (this.server.address() as AddressInfo).port });
    this.sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  }

  /** A switched connection, with what comes on it after the head. */
  async upgrade(frames: readonly SubscribeFrame[] = []): Promise<{ socket: Socket; taken: FrameTaker }> {
    const head = 'GET / HTTP/1.1\r\nHost: node\r\nConnection: Upgrade\r\nUpgrade: godwit-topics\r\n\r\n';
    const socket = await this.dial(Buffer.concat([Buffer.from(head), bytesOf(frames)]));
    const taken = new FrameTaker();
    let answered: Buffer | null = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      if (answered === null) return taken.push(chunk);
      answered = Buffer.concat([answered, chunk]);
      const end = answered.indexOf('\r\n\r\n');
      if (end < 0) return;
      expect(answered.toString('latin1')).toMatch(/^HTTP\/1\.1 101 .*\r\n(.*\r\n)*Upgrade: godwit-topics\r\n/);
      taken.push(answered.subarray(end + 4));
      answered = null;
    });
    await vi.waitFor(() => expect(answered).toBeNull());
    return { socket, taken };
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}

let node: Node | null = null;
const start = async () => {
  node = await new Node().start();
  return node;
};
afterEach(() => {
  vi.useRealTimers();
  node?.stop();
  node = null;
});
const links = (count: number) => vi.waitFor(() => expect(node!.links.size).toBe(count));

describe('a switched connection', () => {
  it('goes both ways, beginning with what came along with the request', async () => {
    const { topics } = await start();
    topics.publish('a', 'one');
    const { socket, taken } = await node!.upgrade([join('a')]);
    await vi.waitFor(() => expect(taken.frames.map(({ kind }) => kind)).toEqual(['joined', 'message']));
    topics.publish('a', 'two');
    await vi.waitFor(() => expect(taken.sequences).toEqual([1, 2]));
    socket.write(bytesOf([{ kind: 'count', topic: taken.of('joined')[0]!.topic, subscribers: 5 }]));
    await vi.waitFor(() => expect(topics.statistics('a').subscribers).toBe(5));
  });

  it.each(['end', 'destroy', 'resetAndDestroy'] as const)('%s by the gateway: everything is let go', async (how) => {
    const { topics } = await start();
    const { socket, taken } = await node!.upgrade([join('a')]);
    await vi.waitFor(() => expect(taken.of('joined')).toHaveLength(1));
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(1);
    socket[how]();
    await links(0);
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(0);
  });

  it('frames that are none close it and no other, and are logged without their bytes', async () => {
    const { topics, log } = await start();
    const [good, bad] = [await node!.upgrade([join('a')]), await node!.upgrade()];
    const closed = once(bad.socket, 'close');
    bad.socket.write('secret bytes that are no frame');
    await closed;
    await links(1);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { err: 'no frame of this kind' } }]);
    topics.publish('a');
    await vi.waitFor(() => expect(good.taken.sequences).toEqual([1]));
  });

  it('close: ends all of them', async () => {
    await start();
    const open = [await node!.upgrade(), await node!.upgrade()];
    const closed = open.map(({ socket }) => once(socket, 'close'));
    node!.links.close();
    await Promise.all(closed);
    await links(0);
  });
});

describe('a posted link', () => {
  const post = (frames: readonly SubscribeFrame[], rest = '') => {
    const body = bytesOf(frames);
    const head = `POST / HTTP/1.1\r\nHost: node\r\nContent-Length: ${body.length + rest.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body, Buffer.from(rest)]);
  };

  it('the answer begins at once and goes on with each message', async () => {
    const { topics } = await start();
    const { port } = node!.server.address() as AddressInfo;
    const abort = new AbortController();
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: bytesOf([join('a'), join('b')]),
      signal: abort.signal,
    });
    const taken = new FrameTaker();
    const reading = answer.body!.pipeTo(new WritableStream({ write: (chunk) => taken.push(chunk) })).catch(() => {});
    await vi.waitFor(() => expect(taken.of('joined')).toHaveLength(2));
    topics.publish('b');
    await vi.waitFor(() => expect(taken.sequences).toEqual([1]));
    abort.abort();
    await reading;
    await links(0);
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(0);
  });

  it('disconnecting before the end of the body lets everything go', async () => {
    const { topics } = await start();
    const socket = await node!.dial(post([join('a')], '                ').subarray(0, -8));
    await vi.waitFor(() => expect(topics.table.topics).toBe(1));
    socket.destroy();
    await links(0);
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(0);
  });

  it('frames that are none break off the answer', async () => {
    await start();
    const socket = await node!.dial(post([], 'no frame at all!'));
    socket.resume();
    await once(socket, 'close');
    await links(0);
  });
});

describe('alive', () => {
  it('is said on every link, every now and then, and the timer goes with the last', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await start();
    expect(vi.getTimerCount()).toBe(0);
    const [one, other] = [await node!.upgrade(), await node!.upgrade()];
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(topicLimits.linkAliveMs - 1);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect([one, other].map(({ taken }) => taken.of('alive').length)).toEqual([1, 1]));
    one.socket.destroy();
    await links(1);
    vi.advanceTimersByTime(topicLimits.linkAliveMs);
    await vi.waitFor(() => expect(other.taken.of('alive')).toHaveLength(2));
    other.socket.destroy();
    await links(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
