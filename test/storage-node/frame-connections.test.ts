import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isGoaway } from '../../src/shared/frame/goaway.ts';
import { readU32, writeU32 } from '../../src/shared/frame/layout.ts';
import { framePath, frameProtocol } from '../../src/shared/frame/transport.ts';
import { type Operation, octetStream } from '../../src/shared/operation.ts';
import { slotOf } from '../../src/shared/slots.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';
import { ManualSource, target, testCache, testRegistry, testState, testView, utf8 } from '../support/fleet-state.ts';
import { fleetSecret, LoopbackNode, publish } from '../support/loopback.ts';
import { readReplyFrame, requestFrame } from '../support/storage.ts';
import { patternBytes } from './engine/driver.ts';

const cache = testCache();
const set: Operation = {
  kind: 'set',
  ...target(cache, 'key'),
  value: utf8('value'),
  contentType: octetStream,
  ttlMs: 60_000,
};
const get: Operation = { kind: 'get', ...target(cache, 'key') };
let node: LoopbackNode;

beforeEach(async () => {
  node = await new LoopbackNode('a').listen();
  publish(new ManualSource(testState(testView(0, []), testRegistry(1, { cache: 1 }))), [node]);
});
afterEach(() => node.kill());

/** A connection that asked to be switched: the socket when it was, the status when it was refused. */
function upgrade(path = framePath, secret = fleetSecret): Promise<Duplex | number> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'upgrade', upgrade: frameProtocol, authorization: `Bearer ${secret}` };
    const asking = request(node.url + path, { headers });
    asking.on('upgrade', (_response, socket) => resolve(socket));
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    asking.on('error', reject);
    asking.end();
  });
}

async function open(): Promise<Duplex> {
  const socket = await upgrade();
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
}

const nextFrame = async (socket: Duplex): Promise<Uint8Array> => (await once(socket, 'data'))[0] as Uint8Array;

describe('frame connections', () => {
  it('switched: frames are executed and answered in order', async () => {
    const socket = await open();
    for (const operations of [[set], [get, get]]) {
      socket.write(requestFrame(operations));
      const results = readReplyFrame(await nextFrame(socket), operations);
      expect(results.map(({ status }) => status)).toEqual(operations.map(() => 'done'));
    }
    socket.destroy();
  });

  it('refused: another secret is 401, another path or protocol 404', async () => {
    expect(await upgrade(framePath, 'another')).toBe(401);
    expect(await upgrade('/internal/v1/other')).toBe(404);
    expect(node.executor.metrics.frames).toBe(0);
  });

  it('end: a peer that ends its side is let go', async () => {
    const socket = await open();
    socket.resume();
    socket.end();
    await once(socket, 'close');
    expect(await connections()).toBe(0);
  });

  it('broken frame: the connection ends, nothing is executed, and the node lives', async () => {
    const socket = await open();
    socket.on('error', () => {});
    socket.write(Buffer.alloc(64, 1));
    await once(socket, 'close');
    expect(node.executor.metrics).toMatchObject({ frames: 0, framesRefused: 1 });
    expect(typeof (await upgrade())).toBe('object');
  });

  it('drain: the peer is told, its frame is answered, and the drain ends when the peer has closed', async () => {
    const socket = await open();
    const drained = node.connections.drain(5_000);
    expect(isGoaway(await nextFrame(socket))).toBe(true);
    socket.write(requestFrame([set]));
    expect(readReplyFrame(await nextFrame(socket), [set])[0]!.status).toBe('done');
    socket.end();
    await drained;
  });

  it('drain: a peer that stays is cut off at the deadline', async () => {
    const socket = await open();
    socket.resume();
    const closed = once(socket, 'close');
    await node.connections.drain(20);
    await closed;
  });

  const valueBytes = 1_000_000;
  const asked = 40;
  /** A connection on which a write with many gets of a large value waits, not reading what comes. */
  const unreading = async (): Promise<Duplex> => {
    const socket = await open();
    socket.write(requestFrame([{ ...set, value: patternBytes(valueBytes, 1) } as Operation]));
    await nextFrame(socket);
    socket.pause();
    socket.write(Buffer.concat(Array.from({ length: asked }, () => requestFrame([get]))));
    for (let before = -1; before !== node.executor.metrics.frames; await sleep(50))
      before = node.executor.metrics.frames;
    return socket;
  };

  it('a peer that does not read its answers: its frames wait, even those of one write, and all are answered in the end', async () => {
    const socket = await unreading();
    const executed = () => node.executor.metrics.frames - 1;
    // What is allowed to be unread, a frame more, and what the sockets of both sides take.
    expect(executed()).toBeLessThan(nodeLimits.unreadReplyBytesMax / valueBytes + 12);
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.resume();
    while (bytes < asked * valueBytes) await once(socket, 'data');
    expect(executed()).toBe(asked);
    expect(node.connections.unreadBytes).toBe(0);
    socket.destroy();
  });

  it('peers that go without reading take no room from others afterwards', async () => {
    for (let i = 0; i < 4; i++) (await unreading()).destroy();
    for (let i = 0; i < 100 && node.connections.unreadBytes > 0; i++) await sleep(20);
    expect(node.connections.unreadBytes).toBe(0);
    const socket = await open();
    socket.write(requestFrame([set]));
    expect(readReplyFrame(await nextFrame(socket), [set])[0]!.status).toBe('done');
    socket.destroy();
  });

  it('a peer that never finishes the handshake holds nothing', async () => {
    const socket: Socket = connect(Number(new URL(node.url).port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET ');
    socket.destroy();
    await once(socket, 'close');
    expect(typeof (await upgrade())).toBe('object');
  });
});

const connections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    node.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

describe('replies that wait for a copy', () => {
  it('leave when they may; those behind them need not wait, on switched connections and by POST', async () => {
    await node.kill();
    node = await new LoopbackNode('a', 2, 20_000).listen();
    const copy = await new LoopbackNode('b').listen();
    const source = new ManualSource(testState(testView(1, []), testRegistry(1, { cache: 1 })));
    const view = testView(2, [node.node, copy.node], () => [2, 2, [0, 1], []]);
    const take = copy.core.onMessage.bind(copy.core);
    let isSilent = false;
    copy.core.onMessage = (from, message) => {
      if (!isSilent || message.kind !== 'append') take(from, message);
    };
    for (const each of [node, copy]) each.apply(source.current().registry, view);
    const slots = ['key', 'other', 'posted'].map((key) => slotOf(target(cache, key).hash));
    while (slots.some((slot) => node.slots.admission(slot) !== 'serve')) await sleep(10);

    isSilent = true;
    const socket = await open();
    const written = requestFrame([set], { deadlineMs: 60_000 });
    writeU32(written, 8, 1);
    const read = requestFrame([{ kind: 'get', ...target(cache, 'other') }]);
    writeU32(read, 8, 2);
    socket.write(written);
    socket.write(read);
    const posted = fetch(node.url + framePath, {
      method: 'POST',
      headers: { authorization: `Bearer ${fleetSecret}` },
      body: requestFrame([{ ...set, ...target(cache, 'posted') }], { deadlineMs: 60_000 }) as Uint8Array<ArrayBuffer>,
    });
    expect(readU32(await nextFrame(socket), 8)).toBe(2);
    while (node.executor.held.size < 2) await sleep(5);
    isSilent = false;
    expect(readU32(await nextFrame(socket), 8)).toBe(1);
    const answer = new Uint8Array(await (await posted).arrayBuffer());
    expect(readReplyFrame(answer, [{ ...set, ...target(cache, 'posted') }])[0]!.status).toBe('done');
    expect(node.executor.held.size).toBe(0);
    socket.destroy();
    await copy.kill();
  });
});
