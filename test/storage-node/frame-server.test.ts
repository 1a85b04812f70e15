import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { framePath } from '../../src/shared/frame/transport.ts';
import { type Operation, octetStream } from '../../src/shared/operation.ts';
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
const authorized = { authorization: `Bearer ${fleetSecret}` };
let node: LoopbackNode;

beforeAll(async () => {
  node = await new LoopbackNode('a').listen();
  publish(new ManualSource(testState(testView(0, []), testRegistry(1, { cache: 1 }))), [node]);
});
afterAll(() => node.kill());

const post = (body: Uint8Array | ReadableStream, headers: Record<string, string> = authorized) =>
  fetch(node.url + framePath, {
    method: 'POST',
    headers,
    body: body as BodyInit,
    ...(body instanceof Uint8Array ? {} : { duplex: 'half' }),
  } as RequestInit);

/** Sends bytes as they are; what came back until the other side closed. */
const raw = (...parts: (string | Uint8Array)[]): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(node.url).port), '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard));
    for (const part of parts) socket.write(part);
  });

describe('frame server', () => {
  it('executes a frame and answers with another', async () => {
    const response = await post(requestFrame([set, get]));
    expect(response.status).toBe(200);
    const results = readReplyFrame(await response.bytes(), [set, get]);
    expect(results.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(results[1]!.item!.value).toEqual(utf8('value'));
  });

  it('a frame that arrives in pieces is put together', async () => {
    const frame = requestFrame([{ ...set, value: new Uint8Array(300_000).fill(9) } as Operation, get]);
    const response = await new Promise<Buffer>((resolve, reject) => {
      const request = httpRequest(
        node.url + framePath,
        { method: 'POST', headers: { ...authorized, 'content-length': frame.length } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.on('end', () => resolve(Buffer.concat(chunks)));
        },
      );
      request.on('error', reject);
      request.write(frame.subarray(0, 1));
      setTimeout(() => request.write(frame.subarray(1, 100_000)), 2);
      setTimeout(() => request.end(frame.subarray(100_000)), 4);
    });
    const deferred = readReplyFrame(response, [set, get]);
    expect(deferred.map(({ status }) => status)).toEqual(['done', 'deferred']);
  });

  it('without the fleet’s secret: 401, closed, and nothing executed', async () => {
    const before = node.executor.metrics.frames;
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: fleetSecret },
      { authorization: `Basic ${fleetSecret}` },
    ]) {
      const response = await post(requestFrame([set]), headers as Record<string, string>);
      expect([response.status, response.headers.get('connection'), await response.text()]).toEqual([401, 'close', '']);
    }
    for (const path of ['/internal/v1/metrics', '/internal/v1/health', '/anything'])
      expect((await fetch(node.url + path)).status).toBe(401);
    expect(node.executor.metrics.frames).toBe(before);
  });

  it('a connection that did not show the secret is not trusted by the next request on it', async () => {
    const frame = requestFrame([set]);
    const head = `POST ${framePath} HTTP/1.1\r\nhost: a\r\ncontent-length: ${frame.length}\r\n\r\n`;
    const heard = await raw(head, frame, head, frame);
    expect(heard.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 401']);
  });

  it('a broken frame: 400, closed, told in the log without its bytes', async () => {
    const refused = node.executor.metrics.framesRefused;
    for (const frame of [new Uint8Array(10), requestFrame([set]).with(0, 0), requestFrame([set]).with(32, 99)]) {
      const response = await post(frame);
      expect([response.status, response.headers.get('connection')]).toEqual([400, 'close']);
    }
    expect(node.executor.metrics.framesRefused).toBe(refused + 3);
    expect(JSON.stringify(node.log.lines)).not.toContain('value');
    expect((await post(requestFrame([get]))).status).toBe(200);
  });

  it('no frame, too large a frame, or one of untold length: refused', async () => {
    expect((await post(new Uint8Array(0))).status).toBe(400);
    expect((await post(new Blob([requestFrame([set]) as Uint8Array<ArrayBuffer>]).stream())).status).toBe(413);
    const heard = await raw(
      `POST ${framePath} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${fleetSecret}\r\ncontent-length: ${nodeLimits.requestFrameBytesMax + 1}\r\n\r\n`,
    );
    expect(heard).toContain('HTTP/1.1 413');
  });

  it('a frame that breaks off is not executed', async () => {
    const before = node.executor.metrics.frames;
    const frame = requestFrame([set]);
    await new Promise<void>((resolve) => {
      const socket = connect(Number(new URL(node.url).port), '127.0.0.1');
      socket.write(
        `POST ${framePath} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${fleetSecret}\r\ncontent-length: ${frame.length}\r\n\r\n`,
      );
      socket.write(frame.subarray(0, frame.length - 1), () => socket.destroy());
      socket.on('close', () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(node.executor.metrics.frames).toBe(before);
  });

  it('metrics and health, and 404 for the rest', async () => {
    const ask = async (path: string, method = 'GET') => {
      const response = await fetch(node.url + path, { method, headers: authorized });
      return [response.status, await response.text()];
    };
    expect(await ask('/internal/v1/metrics')).toEqual([200, 'metrics\n']);
    expect(await ask('/internal/v1/health')).toEqual([200, 'ready\n']);
    expect(await ask('/internal/v1/nothing')).toEqual([404, '']);
    expect(await ask(framePath)).toEqual([404, '']);
    expect(await ask('/internal/v1/metrics', 'POST')).toEqual([404, '']);
  });

  it('large frames side by side, some cut off in the middle: nobody gets another’s bytes', async () => {
    const bytesOf = (i: number) => patternBytes(1_000_000 + i * 90_001, i);
    const keys = Array.from({ length: 24 }, (_, i) => target(cache, `large${i}`));
    const sets = keys.map((key, i): Operation => ({ ...set, ...key, value: bytesOf(i) }) as Operation);
    const gets = keys.map((key): Operation => ({ kind: 'get', ...key }));
    const stored = await Promise.all(
      sets.map(async (one) => readReplyFrame(await (await post(requestFrame([one]))).bytes(), [one])[0]!.status),
    );
    expect(new Set(stored)).toEqual(new Set(['done']));
    const cutOff = (frame: Uint8Array, part: number) =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(new URL(node.url).port), '127.0.0.1');
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.write(
          `POST ${framePath} HTTP/1.1\r\nhost: a\r\nauthorization: ${authorized.authorization}\r\ncontent-length: ${frame.length}\r\n\r\n`,
        );
        socket.write(frame.subarray(0, frame.length * part));
        // A get is cut off while its answer is on the way, a set before it has all arrived.
        setTimeout(() => socket.destroy(), 3);
      });
    const wrong: number[] = [];
    for (let round = 0; round < 4; round++) {
      await Promise.all([
        ...gets.map(async (one, i) => {
          const reply = await (await post(requestFrame([one]))).bytes();
          const value = readReplyFrame(reply, [one])[0]!.item?.value;
          if (value === undefined || Buffer.compare(value, bytesOf(i)) !== 0) wrong.push(i);
        }),
        ...gets.slice(0, 8).map((one) => cutOff(requestFrame([one]), 1)),
        ...sets.slice(0, 8).map((one) => cutOff(requestFrame([{ ...one, value: bytesOf(99) } as Operation]), 0.5)),
      ]);
    }
    expect(wrong).toEqual([]);
  });

  it('senders that stand still in the middle are cut off, and others have their turn', async () => {
    const head = `POST ${framePath} HTTP/1.1\r\nhost: a\r\nauthorization: ${authorized.authorization}\r\ncontent-length: 5000000\r\n\r\n`;
    const stalled = [1, 2, 3, 4].map(() => raw(head, new Uint8Array(1_000)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const answered = post(requestFrame([get]));
    expect((await answered).status).toBe(200);
    expect(await Promise.all(stalled)).toEqual(['', '', '', '']);
  });
});
