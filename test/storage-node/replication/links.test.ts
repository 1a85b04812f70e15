import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../src/shared/clock.ts';
import { FrameSplitter } from '../../../src/shared/frame/frame-splitter.ts';
import { FrameError, writeU64 } from '../../../src/shared/frame/layout.ts';
import { framePath, frameProtocol } from '../../../src/shared/frame/transport.ts';
import { limits } from '../../../src/shared/limits.ts';
import { FrameBuffers } from '../../../src/storage-node/frame-buffers.ts';
import { replicationProtocol } from '../../../src/storage-node/replication/links/handshake.ts';
import { linkLimits } from '../../../src/storage-node/replication/links/limits.ts';
import type { ReplicationMessage } from '../../../src/storage-node/replication/messages.ts';
import { readReplicationFrame } from '../../../src/storage-node/replication/wire/frame-reader.ts';
import { replicationMagic } from '../../../src/storage-node/replication/wire/layout.ts';
import { listen } from '../../support/loopback.ts';
import { ack, append, LinkPeer, replicationFrame, shakeHands } from './link-peer.ts';

const started: { kill(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((one) => one.kill()));
});

/** Fast enough for a test; what a test is about it sets itself. */
const fast = { redialMsMin: 2, redialMsMax: 10, receiptMs: 5 };

async function peer(life: string, options: ConstructorParameters<typeof LinkPeer>[1] = {}): Promise<LinkPeer> {
  const made = new LinkPeer(life, { ...options, limits: { ...fast, ...options.limits } });
  started.push(made);
  return made.listen();
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 2 });
const connected = (from: LinkPeer, to: { life: string }): Promise<void> =>
  until(() => expect(from.links.isConnected(to.life)).toBe(true));

async function pair(options: ConstructorParameters<typeof LinkPeer>[1] = {}): Promise<[LinkPeer, LinkPeer]> {
  const [a, b] = [await peer('a/1', options), await peer('b/1', options)];
  a.want(b);
  b.want(a);
  await Promise.all([connected(a, b), connected(b, a)]);
  return [a, b];
}

describe('links: messages', () => {
  it('of many turns, small and large: all come, in order, in both directions', async () => {
    const [a, b] = await pair();
    const sent: ReplicationMessage[] = [];
    for (let turn = 0; turn < 60; turn++) {
      const messages = Array.from({ length: 20 }, (_, i) =>
        i === 7 ? append(sent.length + i, turn * 500) : ack(sent.length + i),
      );
      sent.push(...messages);
      a.send(b, ...messages);
      b.send(a, ...messages);
      if (turn % 3 === 0) await new Promise(setImmediate);
    }
    await until(() => expect([a.messages.length, b.messages.length]).toEqual([sent.length, sent.length]));
    expect(a.messages).toEqual(sent);
    expect(b.messages).toEqual(sent);
    expect(a.counters).toMatchObject({ messagesSent: sent.length, messagesDropped: 0, disconnects: 0 });
    expect(b.counters.bytesReceived).toBe(a.counters.bytesSent);
    expect(b.counters.framesReceived).toBe(a.counters.framesSent);
  });

  it('between releases: in the older form, both ways', async () => {
    const report: ReplicationMessage = {
      kind: 'report',
      slot: 1,
      epoch: 8,
      last: 3,
      committed: 2,
      servedEpoch: 7,
      entries: [],
    };
    const [a, b] = await pair();
    a.send(b, report, ack(1));
    await until(() => expect(b.messages).toEqual([report, ack(1)]));

    const frames: Uint8Array[] = [];
    const older = await silentPeer((socket) => {
      const splitter = new FrameSplitter(replicationMagic, limits.itemSizeBytesMax, new FrameBuffers(), (frame) =>
        frames.push(new Uint8Array(frame)),
      );
      socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    }, 'old/1');
    a.want(b, older);
    await connected(a, older);
    a.send(older, report, ack(1));
    await until(() => expect(frames.length).toBe(1));
    expect(readReplicationFrame(frames[0]!, 1).messages).toEqual([{ ...report, servedEpoch: 0 }, ack(1)]);
    expect(() => readReplicationFrame(frames[0]!)).toThrow(FrameError);

    const headers = { 'godwit-from': 'old/1', 'godwit-to': 'a/1', 'godwit-dial': '1' };
    const dialled = (await shakeHands(a.url, headers)) as Duplex;
    dialled.write(frames[0]!);
    await until(() => expect(a.messages).toEqual([{ ...report, servedEpoch: 0 }, ack(1)]));
    // one that knows newer forms than this is spoken to in this one
    const newer = (await shakeHands(a.url, { ...headers, 'godwit-from': 'new/1', 'godwit-form': '9' })) as Duplex;
    newer.write(replicationFrame([report], 1));
    await until(() => expect(a.messages.at(-1)).toEqual(report));
    dialled.destroy();
    newer.destroy();
  });

  it('of one turn: one frame for each peer', async () => {
    const [a, b] = await pair();
    const c = await peer('c/1');
    a.want(b, c);
    await connected(a, c);
    for (let last = 0; last < 500; last++) a.send(last % 2 ? b : c, ack(last));
    expect(a.counters.framesSent).toBe(0);
    await until(() => expect([b.messages.length, c.messages.length]).toEqual([250, 250]));
    expect(a.counters).toMatchObject({ framesSent: 2, messagesSent: 500 });
  });

  it('of the end of a turn leave with those of the turn itself', async () => {
    const [a, b] = await pair();
    a.send(b, ack(1));
    a.turn.defer(() => a.send(b, ack(2)));
    await until(() => expect(b.messages).toEqual([ack(1), ack(2)]));
    expect(a.counters.framesSent).toBe(1);
  });

  it('flush: they leave at once, and once', async () => {
    const [a, b] = await pair();
    a.send(b, ack(1), ack(2));
    a.links.flush();
    expect(a.counters).toMatchObject({ framesSent: 1, messagesSent: 2 });
    a.links.flush();
    await until(() => expect(b.messages).toEqual([ack(1), ack(2)]));
    expect(a.counters.framesSent).toBe(1);
  });

  it('more than a frame is to have: several frames, of which only one with a larger message is larger', async () => {
    const frames: number[] = [];
    const server = await silentPeer((socket) => {
      const memory = { allocate: (size: number) => new Uint8Array(size) };
      const splitter = new FrameSplitter(replicationMagic, linkLimits.frameBytesMax, memory, (frame) => {
        frames.push(frame.length);
      });
      socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    });
    const a = await peer('a/1');
    a.want(server);
    await connected(a, server);
    const large = limits.itemSizeBytesMax + 4_096;
    a.send(server, ...Array.from({ length: 10 }, (_, i) => append(i, 300_000)), append(10, large), ack(11));
    await until(() => expect(frames.length).toBe(6));
    expect(frames.filter((bytes) => bytes > linkLimits.frameBytes).length).toBe(1);
    expect(Math.max(...frames)).toBeGreaterThan(large);
    expect(a.counters.messagesSent).toBe(12);
  });

  it('the largest item comes whole, from among others', async () => {
    const [a, b] = await pair();
    const sent = [ack(1), append(2, limits.itemSizeBytesMax + 4_096), ack(3)];
    a.send(b, ...sent);
    await until(() => expect(b.messages.length).toBe(3));
    const [, large] = b.messages as [unknown, Extract<ReplicationMessage, { kind: 'append' }>];
    const { payload } = (sent[1] as typeof large).entries[0]!;
    expect(Buffer.compare(large.entries[0]!.payload, payload)).toBe(0);
  });

  it('larger than any frame that a peer reads: dropped and said, and the link goes on', async () => {
    const [a, b] = await pair({ limits: { frameBytesMax: 10_000 } });
    a.send(b, append(1, 9_950), append(2, 9_000));
    await until(() => expect(b.messages.length).toBe(1));
    expect(a.counters).toMatchObject({ messagesDropped: 1, disconnects: 0 });
    expect(a.log.lines.map(({ message }) => message)).toContain('replication message too large');
  });

  it('to a life without a link, or before there is one: dropped and counted', async () => {
    const a = await peer('a/1');
    a.want({ life: 'b/1', url: 'http://127.0.0.1:1' });
    a.send({ life: 'b/1' }, ack(1));
    a.send({ life: 'c/1' }, ack(2), ack(3));
    expect(a.counters).toMatchObject({ messagesDropped: 3, framesSent: 0 });
  });

  it('a node does not dial itself', async () => {
    const a = await peer('a/1');
    a.want(a);
    await sleep(20);
    expect(a.counters).toMatchObject({ connects: 0, dialsFailed: 0, accepted: 0 });
  });
});

describe('links: connections', () => {
  it('broken: the host hears of the end and of the new connection, and what it sends then comes first', async () => {
    const b = await peer('b/1');
    let life = 0;
    const a = await peer('a/1', { onConnected: () => a.send(b, ack(++life)) });
    a.want(b);
    await until(() => expect(b.messages).toEqual([ack(1)]));
    b.breakIncoming();
    await until(() => expect(b.messages).toEqual([ack(1), ack(2)]));
    expect(a.events).toEqual(['connected b/1', 'disconnected b/1', 'connected b/1']);
    expect(a.counters).toMatchObject({ connects: 2, disconnects: 1 });
  });

  it('nobody listens yet: dialled until somebody does', async () => {
    const b = new LinkPeer('b/1');
    const { url } = await b.listen();
    await b.kill();
    const a = await peer('a/1');
    a.want({ life: 'b/1', url });
    await until(() => expect(a.counters.dialsFailed).toBeGreaterThan(3));
    expect(a.events).toEqual([]);
    const again = new LinkPeer('b/1');
    started.push(again);
    await again.listen(Number(new URL(url).port));
    await connected(a, again);
  });

  it('another life at the same address is refused, and gets nothing that was meant for the former', async () => {
    const [a, b] = await pair();
    const { url } = b;
    await b.kill();
    const next = new LinkPeer('b/2');
    started.push(next);
    await next.listen(Number(new URL(url).port));
    await until(() => expect(next.counters.handshakesRefused).toBeGreaterThan(2));
    a.send(b, ack(1));
    expect(a.links.isConnected('b/1')).toBe(false);
    expect(a.counters.connects).toBe(1);
    a.want(next);
    await connected(a, next);
    a.send(next, ack(2));
    await until(() => expect(next.messages).toEqual([ack(2)]));
  });

  it('another secret is 401, another protocol 404, and a node without replication 404', async () => {
    const a = await peer('a/1', { secret: 'another' });
    const b = await peer('b/1');
    a.want(b);
    await until(() => expect(a.counters.dialsFailed).toBeGreaterThan(2));
    expect(b.counters).toMatchObject({ accepted: 0, handshakesRefused: 0 });
    expect(a.log.lines[0]).toMatchObject({ level: 'warn', fields: { peer: 'b/1', reason: '401' } });
    const headers = { 'godwit-from': 'a/1', 'godwit-to': 'b/1', 'godwit-dial': '1' };
    expect(await shakeHands(b.url, headers, framePath)).toBe(404);
    expect(await shakeHands(b.url, headers, undefined, frameProtocol)).toBe(404);
  });

  it('handshakes that are not what they should be: 400, or 409 for another life', async () => {
    const b = await peer('b/1');
    const headers = { 'godwit-from': 'a/1', 'godwit-to': 'b/1', 'godwit-dial': '1' };
    for (const broken of [
      { ...headers, 'godwit-from': 'a' },
      { ...headers, 'godwit-from': 'a/1/2' },
      { ...headers, 'godwit-dial': '0' },
      { ...headers, 'godwit-dial': 'x' },
      { 'godwit-from': 'a/1' },
      {},
    ])
      expect(await shakeHands(b.url, broken)).toBe(400);
    expect(await shakeHands(b.url, { ...headers, 'godwit-to': 'b/2' })).toBe(409);
    expect(b.counters).toMatchObject({ accepted: 0, handshakesRefused: 7 });
  });

  it('a later dial of a life takes the place of an earlier one, whose bytes are no more heard; never the other way', async () => {
    const b = await peer('b/1');
    const headers = { 'godwit-from': 'a/1', 'godwit-to': 'b/1' };
    const earlier = (await shakeHands(b.url, { ...headers, 'godwit-dial': '3' })) as Duplex;
    const closed = new Promise((resolve) => earlier.resume().once('close', resolve));
    earlier.write(replicationFrame([ack(1)], 1));
    await until(() => expect(b.messages.length).toBe(1));
    const later = (await shakeHands(b.url, { ...headers, 'godwit-dial': '4' })) as Duplex;
    earlier.write(replicationFrame([ack(2)], 2), () => {});
    await closed;
    expect(await shakeHands(b.url, { ...headers, 'godwit-dial': '4' })).toBe(409);
    expect(await shakeHands(b.url, { ...headers, 'godwit-dial': '2' })).toBe(409);
    later.write(replicationFrame([ack(3)], 1));
    await until(() => expect(b.messages).toEqual([ack(1), ack(3)]));
    expect(b.links.open).toEqual({ outgoing: 0, incoming: 1 });
    later.destroy();
    await until(() => expect(b.links.open.incoming).toBe(0));
  });

  it('a peer that takes a connection and answers nothing: given up, dialled again', async () => {
    const server = createServer();
    server.on('upgrade', () => {});
    const url = await listen(server);
    started.push({ kill: async () => server.close() });
    const a = await peer('a/1', { limits: { dialTimeoutMs: 20 } });
    a.want({ life: 'b/1', url });
    await until(() => expect(a.counters.dialsFailed).toBeGreaterThan(2));
    expect(a.log.lines[0]!.fields).toMatchObject({ reason: 'timeout' });
  });

  it('a peer that switches to something else: given up, dialled again', async () => {
    const sockets: Duplex[] = [];
    const server = createServer();
    server.on('upgrade', (_request, socket) => {
      sockets.push(socket);
      socket.on('error', () => {}).on('end', () => socket.destroy());
      socket.resume();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: another\r\n\r\n');
    });
    const url = await listen(server);
    started.push({ kill: async () => server.close() });
    const a = await peer('a/1');
    a.want({ life: 'b/1', url });
    await until(() => expect(a.counters.dialsFailed).toBeGreaterThan(2));
    expect(a.events).toEqual([]);
    a.links.close();
    await until(() => expect(sockets.filter(({ destroyed }) => !destroyed)).toEqual([]));
  });

  it('close: nothing stays open, nothing is dialled, nothing is told', async () => {
    const [a, b] = await pair();
    const nobody = { life: 'c/1', url: 'http://127.0.0.1:1' };
    a.want(b, nobody);
    a.send(b, ack(1));
    a.links.close();
    await until(() => expect([a.sockets, b.links.open.incoming]).toEqual([0, 0]));
    const dials = a.counters.dialsFailed;
    a.want(b);
    a.send(b, ack(2));
    await sleep(40);
    expect(a.counters.dialsFailed).toBe(dials);
    expect(a.events).toEqual(['connected b/1']);
    expect(b.messages).toEqual([]);
    // It takes nobody in any more, either.
    await until(() => expect(b.counters.dialsFailed).toBeGreaterThan(0));
    expect(a.links.open).toEqual({ outgoing: 0, incoming: 0 });
  });
});

describe('links: peers that are wanted', () => {
  it('no more: the link stays for the last answers, is not dialled again, and ends after a while', async () => {
    const clock = new ManualClock();
    const b = await peer('b/1');
    const a = await peer('a/1', { clock });
    a.want(b);
    await connected(a, b);
    a.want();
    a.send(b, ack(1));
    await until(() => expect(b.messages).toEqual([ack(1)]));
    clock.advance(linkLimits.lingerMs + 1);
    await until(() => expect(b.links.open.incoming).toBe(0));
    expect(a.links.isConnected('b/1')).toBe(false);
    await sleep(30);
    expect(a.counters).toMatchObject({ connects: 1, dialsFailed: 0 });
  });

  it('again: the link that stayed goes on, and one that broke meanwhile is dialled', async () => {
    const clock = new ManualClock();
    const b = await peer('b/1');
    const a = await peer('a/1', { clock, limits: { receiptMs: 60_000 } });
    a.want(b);
    await connected(a, b);
    a.want();
    a.want(b);
    expect(a.links.isConnected('b/1')).toBe(true);
    a.want();
    b.breakIncoming();
    await until(() => expect(a.events).toEqual(['connected b/1', 'disconnected b/1']));
    await sleep(30);
    expect(a.counters.connects).toBe(1);
    a.want(b);
    await connected(a, b);
  });

  it('at another address: dialled there', async () => {
    const [a, b] = await pair();
    const moved = await peer('b/1');
    a.want(moved);
    await connected(a, moved);
    a.send(moved, ack(1));
    await until(() => expect(moved.messages).toEqual([ack(1)]));
    await until(() => expect(b.links.open.incoming).toBe(0));
  });
});

describe('links: what is not as it should be', () => {
  const dialled = async (b: LinkPeer): Promise<Duplex> => {
    const headers = { 'godwit-from': 'a/1', 'godwit-to': b.life, 'godwit-dial': '1' };
    return (await shakeHands(b.url, headers)) as Duplex;
  };

  const good = replicationFrame([ack(1)], 1);
  const halfBroken = replicationFrame([ack(2), ack(3)], 2);
  halfBroken[32 + 32] = 99;
  it.each([
    ['bytes that are no frame', Buffer.alloc(64, 1)],
    ['a frame with a broken message', halfBroken],
    ['a frame too many times', good],
    ['a frame that leaves one out', replicationFrame([ack(2)], 3)],
    ['a frame longer than any', Buffer.from([...good.subarray(0, 4), 0xff, 0xff, 0xff, 0x7f, ...good.subarray(8)])],
  ])('%s: nothing of it is heard, the connection ends, and it is counted', async (_name, bytes) => {
    const b = await peer('b/1');
    const socket = await dialled(b);
    socket.write(Buffer.concat([good, bytes]));
    await once(socket.resume(), 'close');
    expect(b.messages).toEqual([ack(1)]);
    expect(b.counters).toMatchObject({ framesReceived: 1, framesRefused: 1 });
    expect(b.links.open.incoming).toBe(0);
    expect(b.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  it('a host that ends everything on a message hears nothing more, not even of the same frame', async () => {
    const b: LinkPeer = await peer('b/1', { onMessage: () => b.links.close() });
    const socket = await dialled(b);
    socket.write(Buffer.concat([replicationFrame([ack(1), ack(2)], 1), replicationFrame([ack(3)], 2)]));
    await once(socket.resume(), 'close');
    expect(b.messages).toEqual([ack(1)]);
  });

  it('receipts: a peer is told how many bytes have come, in the middle of a frame too', async () => {
    const b = await peer('b/1');
    const socket = await dialled(b);
    socket.write(Buffer.concat([good, good.subarray(0, 10)]));
    const [receipt] = (await once(socket, 'data')) as [Buffer];
    expect(receipt.readBigUInt64LE(receipt.length - 8)).toBe(BigInt(good.length + 10));
    socket.destroy();
  });

  it('receipts: one that broke off with its connection is no part of the next one’s', async () => {
    let connections = 0;
    const server = await silentPeer((socket) => {
      const first = ++connections === 1;
      socket.once('data', () => {
        if (first) socket.end(receipt(64).subarray(0, 3));
        else for (const byte of receipt(64)) socket.write(Uint8Array.of(byte));
      });
    });
    const clock = new ManualClock();
    const a: LinkPeer = await peer('a/1', {
      clock,
      limits: { quietMs: 400 },
      onConnected: () => a.send(server, ack(1)),
    });
    a.want(server);
    await until(() => expect(a.counters.connects).toBe(2));
    await sleep(30);
    // All has come, so that there is nothing to wait for.
    for (let step = 0; step < 16; step++) {
      clock.advance(50);
      await sleep(6);
    }
    expect(a.counters).toMatchObject({ connects: 2, framesRefused: 0, cutQuiet: 0 });
  });

  it.each([
    ['more than was sent', [65]],
    ['less than before', [64, 63]],
  ])('a receipt of %s: the link is made anew, and it is counted', async (_name, counts) => {
    const server = await silentPeer((socket) => {
      socket.once('data', () => {
        for (const count of counts) socket.write(receipt(count));
      });
    });
    const a = await peer('a/1');
    a.want(server);
    await connected(a, server);
    a.send(server, ack(1));
    await until(() => expect(a.events.slice(0, 2)).toEqual(['connected b/1', 'disconnected b/1']));
    expect(a.counters.framesRefused).toBe(1);
    await until(() => expect(a.counters.connects).toBe(2));
  });
});

describe('links: peers that stand still', () => {
  it('does not read: cut once too much is unread, and what was gathered does not come with the next connection', async () => {
    const bytes: number[] = [];
    const server = await silentPeer((socket) => {
      if (bytes.push(0) === 1) return void socket.pause();
      socket.on('data', (chunk: Buffer) => {
        bytes[1]! += chunk.length;
      });
    });
    const a = await peer('a/1', { limits: { unreadBytesMax: 1_000_000, frameBytes: 200_000, quietMs: 60_000 } });
    a.want(server);
    await connected(a, server);
    // One turn: what the system takes, what may be unread, and more.
    for (let sequence = 1; sequence <= 200; sequence++) a.send(server, append(sequence, 100_000));
    expect(a.counters.cutUnread).toBe(1);
    expect(a.links.isConnected('b/1')).toBe(false);
    await until(() => expect(a.counters.connects).toBe(2));
    expect(a.events).toEqual(['connected b/1', 'disconnected b/1', 'connected b/1']);
    expect(a.counters.messagesDropped).toBeGreaterThan(50);
    a.send(server, ack(1));
    await until(() => expect(bytes[1]).toBe(64));
  });

  it('all together have too much unread: the one with the most is cut', async () => {
    const servers = [await silentPeer((socket) => socket.pause(), 'b/1'), await silentPeer((s) => s.pause(), 'c/1')];
    const a = await peer('a/1', { limits: { unreadBytesMaxAll: 20_000_000, quietMs: 60_000 } });
    a.want(...servers);
    for (const server of servers) await connected(a, server);
    // The system takes some of it.
    while (a.counters.cutUnread === 0) {
      a.send(servers[0]!, append(1, 500_000));
      a.send(servers[1]!, append(1, 1_500_000));
      a.links.flush();
    }
    expect([a.links.isConnected('b/1'), a.links.isConnected('c/1')]).toEqual([true, false]);
    expect(a.links.unreadBytes).toBeLessThan(20_000_000);
  });

  const quietMs = 400;
  /** Lets the time of the links go on, in steps in which they look. */
  const pass = async (clock: ManualClock, ms: number, each: () => void = () => {}): Promise<void> => {
    for (let left = ms; left > 0; left -= quietMs / 8) {
      clock.advance(quietMs / 8);
      each();
      await sleep(12);
    }
  };

  it('reads but says nothing, or is cut off: the link is made anew after the time for that', async () => {
    const clock = new ManualClock();
    const server = await silentPeer((socket) => socket.resume());
    const a = await peer('a/1', { clock, limits: { quietMs } });
    a.want(server);
    await connected(a, server);
    await pass(clock, 2 * quietMs);
    // Nothing was sent, so that there is nothing to hear of.
    expect(a.counters.cutQuiet).toBe(0);
    a.send(server, ack(1));
    await pass(clock, quietMs / 2);
    expect(a.counters.cutQuiet).toBe(0);
    await pass(clock, quietMs);
    expect(a.counters.cutQuiet).toBe(1);
    await until(() => expect(a.counters.connects).toBe(2));
  });

  it('a peer that tells of progress keeps its link, however long there is something on the way', async () => {
    const clock = new ManualClock();
    const server = await silentPeer((socket) => {
      let bytes = 0;
      // Always a message behind.
      socket.on('data', (chunk: Buffer) => {
        socket.write(receipt(bytes));
        bytes += chunk.length;
      });
    });
    const a = await peer('a/1', { clock, limits: { quietMs } });
    a.want(server);
    await connected(a, server);
    await pass(clock, 4 * quietMs, () => a.send(server, ack(1)));
    expect(a.counters).toMatchObject({ cutQuiet: 0, framesRefused: 0, connects: 1 });
    await pass(clock, 2 * quietMs);
    expect(a.counters.cutQuiet).toBe(1);
  });

  it('this process stood still itself: nobody is blamed for it', async () => {
    const clock = new ManualClock();
    const server = await silentPeer((socket) => socket.resume());
    const a = await peer('a/1', { clock, limits: { quietMs } });
    a.want(server);
    await connected(a, server);
    a.send(server, ack(1));
    a.links.flush();
    clock.advance(10 * quietMs);
    await sleep(30);
    expect(a.counters.cutQuiet).toBe(0);
    await pass(clock, 2 * quietMs);
    expect(a.counters.cutQuiet).toBe(1);
  });
});

function receipt(bytes: number): Uint8Array {
  const written = new Uint8Array(8);
  writeU64(written, 0, bytes);
  return written;
}

/** A peer that takes connections and does with them what the test says. */
async function silentPeer(take: (socket: Duplex) => void, life = 'b/1'): Promise<{ life: string; url: string }> {
  const sockets = new Set<Duplex>();
  const server: Server = createServer();
  server.on('upgrade', (_request, socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${replicationProtocol}\r\n\r\n`);
    take(socket);
  });
  const url = await listen(server);
  started.push({
    kill: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return { life, url };
}
