import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FleetClient } from '../../src/routing/fleet-client.ts';
import { type Lane, lanes, type NodeConnection } from '../../src/routing/transport.ts';
import { UndiciTransport } from '../../src/routing/undici-transport.ts';
import { GodwitError } from '../../src/shared/errors.ts';
import { replyMagic, writeU16, writeU32 } from '../../src/shared/frame/layout.ts';
import { ReplyWriter } from '../../src/shared/frame/reply-writer.ts';
import { type OperationResult, octetStream } from '../../src/shared/operation.ts';
import {
  account,
  ManualSource,
  target,
  testNode,
  testRegistry,
  testState,
  testView,
  utf8,
} from '../support/fleet-state.ts';
import { type FramePeer, framePeer } from '../support/frame-peer.ts';
import { fleetSecret, LoopbackGateway, LoopbackNode, publish, realFleetClient } from '../support/loopback.ts';
import { seededRandom } from '../support/operation-arbitraries.ts';
import { requestFrame, TestStorage } from '../support/storage.ts';

const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', keepUnhandled));
afterAll(() => void process.off('unhandledRejection', keepUnhandled));
afterEach(() => expect(unhandled).toEqual([]));

/** A value that only its key has, of a length between 30 and 2,000 bytes. */
const valueFor = (key: string): string => `${key}|`.repeat(1 + ((key.length * 7 + Number(key.slice(4))) % 97));
const at = (client: FleetClient, key: string) => target(client.directory.find(account, 'cache')!, key);
const setTo = (client: FleetClient, key: string, value = valueFor(key)): Promise<OperationResult> =>
  client.execute({ kind: 'set', ...at(client, key), value: utf8(value), contentType: octetStream, ttlMs: 600_000 });
const get = (client: FleetClient, key: string, deadlineMs?: number): Promise<OperationResult> =>
  client.execute({ kind: 'get', ...at(client, key) }, null, deadlineMs);
const textOf = (result: OperationResult): string => new TextDecoder().decode(result.item!.value);

/** Runs tasks by their numbers, a few at a time. */
async function each(count: number, width: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function sourceOf(nodes: readonly LoopbackNode[]): ManualSource {
  const source = new ManualSource(testState(testView(0, []), testRegistry(1, { cache: 1 })));
  publish(source, nodes);
  return source;
}

describe('cross-talk', () => {
  it('through the fleet client: 20,000 operations, each answer belongs to its key', async () => {
    const nodes = await Promise.all(['a', 'b', 'c'].map((id) => new LoopbackNode(id).listen()));
    const client = realFleetClient(sourceOf(nodes));
    let wrong = 0;
    await each(10_000, 256, async (index) => {
      const key = `key-${index}`;
      await setTo(client, key);
      if (textOf(await get(client, key)) !== valueFor(key)) wrong++;
    });
    expect(wrong).toBe(0);
    expect(client.metrics.operationsSent).toBe(20_000);
    expect(client.metrics.repliesRejected).toBe(0);
    client.close();
    await Promise.all(nodes.map((node) => node.kill()));
  });

  it('through the public server, half of the requests given up at random points: no wrong answer', async () => {
    const nodes = await Promise.all(['a', 'b'].map((id) => new LoopbackNode(id).listen()));
    const front = await LoopbackGateway.start(nodes);
    const random = seededRandom(7);
    const keys = 500;
    await each(keys, 64, async (index) => void (await setTo(front.fleet, `key-${index}`)));
    const seen = { right: 0, given_up: 0, wrong: 0 };
    await each(6_000, 64, async (index) => {
      const key = `key-${index % keys}`;
      const abort = new AbortController();
      if (random() < 0.5) setTimeout(() => abort.abort(), random() * 12);
      const put = random() < 0.3;
      try {
        const response = await fetch(`${front.url}/cache/cache?key=${key}`, {
          signal: abort.signal,
          headers: front.authorization,
          ...(put ? { method: 'PUT', body: valueFor(key) } : {}),
        });
        const body = await response.text();
        const right = put ? response.status === 204 : response.status === 200 && body === valueFor(key);
        seen[right ? 'right' : 'wrong']++;
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error;
        seen.given_up++;
      }
    });
    expect(seen.wrong).toBe(0);
    expect(seen.right).toBeGreaterThan(1_000);
    expect(seen.given_up).toBeGreaterThan(300);
    await each(keys, 64, async (index) =>
      expect(textOf(await get(front.fleet, `key-${index}`))).toBe(valueFor(`key-${index}`)),
    );
    expect(front.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    await front.stop();
    await Promise.all(nodes.map((node) => node.kill()));
  });
});

describe('forged answers', () => {
  type Forge = (reply: Uint8Array, earlier: readonly Uint8Array[], random: () => number) => Uint8Array | null;

  /** A node whose answers are forged on their way back, by chance. */
  async function forgedNode(forge: Forge): Promise<FramePeer & { forged: () => number }> {
    const storage = new TestStorage();
    const random = seededRandom(11);
    const earlier: Uint8Array[] = [];
    let forged = 0;
    const peer = await framePeer((frame, answer) => {
      const reply = storage.execute(frame);
      const spoiled = random() < 0.3 ? forge(reply, earlier, random) : null;
      earlier.push(reply.slice());
      if (spoiled !== null) forged++;
      answer.write(spoiled ?? reply);
      // What was cut off will not come.
      if (spoiled !== null && spoiled.length < reply.length) answer.destroy();
      else answer.end();
    });
    return { ...peer, forged: () => forged };
  }

  const forges: [string, Forge][] = [
    [
      'the answer to an earlier frame',
      (_reply, earlier, random) => earlier[Math.floor(random() * earlier.length)] ?? null,
    ],
    ['another frame id', (reply) => reply.with(9, reply[9]! ^ 0x40)],
    [
      'an earlier answer under the right frame id',
      (reply, earlier) => {
        const other = earlier.at(-1)?.slice();
        if (other === undefined || other.length === 0) return null;
        other.set(reply.subarray(8, 16), 8);
        return Buffer.compare(other, reply) === 0 ? null : other;
      },
    ],
    [
      'a result too many',
      (reply) => {
        const more = new Uint8Array(reply.length + 12);
        more.set(reply);
        more.set(reply.subarray(32, 44), reply.length);
        writeU32(more, 4, more.length);
        writeU16(more, 28, (reply[28]! | (reply[29]! << 8)) + 1);
        return more;
      },
    ],
    [
      'results in another order',
      (reply) => {
        const results: Uint8Array[] = [];
        for (let start = 32; start < reply.length; ) {
          const end = start + 12 + new DataView(reply.buffer, reply.byteOffset).getUint32(start + 8, true);
          results.push(reply.slice(start, end));
          start = end;
        }
        if (results.length < 2) return null;
        return Buffer.concat([reply.subarray(0, 32), ...results.slice(1), results[0]!]);
      },
    ],
    ['a frame cut off', (reply) => reply.subarray(0, reply.length - 1)],
    ['another page', () => utf8('<html>502 Bad Gateway</html>')],
  ];

  it.each(forges)('%s: nothing wrong is handed out', async (_name, forge) => {
    const { url, forged, close } = await forgedNode(forge);
    const source = new ManualSource(testState(testView(1, [testNode('a', url)]), testRegistry(1, { cache: 1 })));
    const client = realFleetClient(source);
    const seen = { right: 0, wrong: 0, unknown: 0 };
    await each(1_500, 50, async (index) => {
      const key = `key-${index}`;
      try {
        await setTo(client, key);
        // An answer to another operation on the very same key may pass when even the frame id is forged: it has no value.
        const text = textOf(await get(client, key));
        if (text === valueFor(key)) seen.right++;
        else if (text !== '') seen.wrong++;
      } catch (error) {
        if (!(error instanceof GodwitError) || error.code !== 'outcome_unknown') throw error;
        seen.unknown++;
      }
    });
    expect(seen.wrong).toBe(0);
    expect(seen.right).toBeGreaterThan(100);
    expect(forged()).toBeGreaterThan(3);
    client.close();
    close();
  });
});

describe('faults of nodes', () => {
  it('another fleet’s secret: nothing is executed, and the answer is honest', async () => {
    const node = await new LoopbackNode('a').listen();
    const client = realFleetClient(sourceOf([node]), new UndiciTransport('another fleet’s secret'.replace('’', "'")));
    // A connection that was never switched has carried nothing; of a POST that is not so sure.
    await expect(get(client, 'key-1', 500)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(setTo(client, 'key-1', 'x'.repeat(100_000))).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(node.executor.metrics.frames).toBe(0);
    client.close();
    await node.kill();
  });

  it('a node that nobody listens for: storage_unavailable when the time is up', async () => {
    const node = await new LoopbackNode('a').listen();
    const client = realFleetClient(sourceOf([node]));
    await node.kill();
    const write = client.execute({ kind: 'delete', ...at(client, 'key-1') }, null, 1_000);
    await expect(write).rejects.toMatchObject({ code: 'storage_unavailable', headers: { 'retry-after': '1' } });
    client.close();
  });

  it('a node that does not answer: by the deadline the write is unknown, and the next frames do not wait behind it', async () => {
    let silent = true;
    const storage = new TestStorage();
    const peer = await framePeer((frame, answer) => {
      if (silent) return;
      answer.write(storage.execute(frame));
      answer.end();
    });
    const client = realFleetClient(
      new ManualSource(testState(testView(1, [testNode('a', peer.url)]), testRegistry(1, { cache: 1 }))),
    );
    const startMs = performance.now();
    const stuck = client.execute({ kind: 'delete', ...at(client, 'key-1') }, null, 100);
    await expect(stuck).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(performance.now() - startMs).toBeLessThan(400);
    silent = false;
    expect((await setTo(client, 'key-1')).status).toBe('done');
    client.close();
    peer.close();
  });

  it.each([
    ['small', 10],
    ['large', 100_000],
  ])('an answer without end is cut off, of a %s value', async (_name, length) => {
    const peer = await framePeer((frame, answer) => {
      const piece = Buffer.alloc(1024 * 1024);
      // It begins as a reply does, and then goes on.
      const head = Buffer.alloc(32);
      head.writeUInt32LE(replyMagic);
      head.writeUInt32LE(0xffff_ffff, 4);
      head.set(frame.subarray(8, 16), 8);
      answer.write(head);
      const more = (): void => {
        while (!answer.destroyed && answer.write(piece));
      };
      answer.onDrain(more);
      more();
    });
    const client = realFleetClient(
      new ManualSource(testState(testView(1, [testNode('a', peer.url)]), testRegistry(1, { cache: 1 }))),
    );
    const startMs = performance.now();
    await expect(setTo(client, 'key-1', 'x'.repeat(length))).rejects.toMatchObject({ code: 'outcome_unknown' });
    expect(performance.now() - startMs).toBeLessThan(3_000);
    client.close();
    peer.close();
  });

  it('killed and restarted under load: never a wrong value, only unavailable or unknown, and it heals', async () => {
    let node = await new LoopbackNode('a').listen();
    const other = await new LoopbackNode('b').listen();
    const source = sourceOf([node, other]);
    const client = realFleetClient(source);
    const seen: Record<string, number> = {};
    const count = (what: string): void => {
      seen[what] = (seen[what] ?? 0) + 1;
    };
    let done = false;
    const worker = async (number: number): Promise<void> => {
      for (let round = 0; !done; round++) {
        const key = `key-${number * 1_000 + (round % 50)}`;
        try {
          const write = round % 2 === 0;
          const deadlineMs = 250;
          const result = write
            ? await client.execute(
                {
                  kind: 'set',
                  ...at(client, key),
                  value: utf8(valueFor(key)),
                  contentType: octetStream,
                  ttlMs: 60_000,
                },
                null,
                deadlineMs,
              )
            : await get(client, key, deadlineMs);
          count(!write && result.item !== null && textOf(result) !== valueFor(key) ? 'wrong' : result.status);
        } catch (error) {
          count((error as GodwitError).code ?? String(error));
        }
      }
    };
    const workers = Array.from({ length: 32 }, (_, number) => worker(number));
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    for (let life = 2; life <= 4; life++) {
      await pause(60);
      const port = Number(new URL(node.url).port);
      await node.kill();
      await pause(300);
      node = await new LoopbackNode('a', life).listen(port);
      publish(source, [node, other], life);
    }
    // It heals: what was served between the faults is little on a busy machine.
    while ((seen['done'] ?? 0) < 500) await pause(20);
    done = true;
    await Promise.all(workers);
    expect(
      Object.keys(seen).filter(
        (what) => !['done', 'missing', 'storage_unavailable', 'outcome_unknown', 'deadline_exceeded'].includes(what),
      ),
    ).toEqual([]);
    expect((seen['storage_unavailable'] ?? 0) + (seen['outcome_unknown'] ?? 0)).toBeGreaterThan(0);
    await each(100, 20, async (index) => {
      await setTo(client, `key-${index}`);
      expect(textOf(await get(client, `key-${index}`))).toBe(valueFor(`key-${index}`));
    });
    client.close();
    await Promise.all([node.kill(), other.kill()]);
  });

  it('closed: what is under way fails, what comes fails, and none is handed out synchronously', async () => {
    const node = await new LoopbackNode('a').listen();
    const client = realFleetClient(sourceOf([node]));
    await setTo(client, 'key-1');
    const under = Promise.allSettled([setTo(client, 'key-2'), get(client, 'key-1')]);
    client.close();
    for (const { status } of await under) expect(status).toBe('rejected');
    await expect(get(client, 'key-1')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await node.kill();
  });
});

describe('undici transport', () => {
  interface Ended {
    reply?: Uint8Array;
    sent?: boolean;
    synchronous: boolean;
  }
  /** Sends a frame, and tells how it ended. */
  const ended = (connection: NodeConnection, lane: Lane): Promise<Ended> =>
    new Promise((resolve) => {
      let synchronous = true;
      connection.send(lane, requestFrame([]), 1_000, {
        onReply: (reply) => resolve({ reply, synchronous }),
        onFailure: ({ sent }) => resolve({ sent, synchronous }),
      });
      synchronous = false;
    });

  it.each(lanes)(
    'send on the %s lane: never calls back before it returns, also when the connection was closed',
    async (lane) => {
      const connection = new UndiciTransport(fleetSecret).connect('http://127.0.0.1:1');
      expect(await ended(connection, lane)).toEqual({ sent: false, synchronous: false });
      connection.close();
      expect(await ended(connection, lane)).toEqual({ sent: false, synchronous: false });
    },
  );

  it.each(lanes)('a connection broken before the answer, on the %s lane: the frame counts as sent', async (lane) => {
    const peer = await framePeer((_frame, answer) => answer.destroy());
    const connection = new UndiciTransport(fleetSecret).connect(peer.url);
    for (let round = 0; round < 3; round++)
      expect(await ended(connection, lane)).toEqual({ sent: true, synchronous: false });
    connection.close();
    peer.close();
  });

  it.each(lanes)(
    'reset of the %s lane: what is on it fails, and the next frame goes over a new connection',
    async (lane) => {
      let silent = true;
      const peer = await framePeer((_frame, answer) => {
        if (silent) return;
        answer.write(new ReplyWriter({ allocate: (size) => new Uint8Array(size) }, 0).finish(7, 9, 1, 1, 1));
        answer.end();
      });
      const connection = new UndiciTransport(fleetSecret).connect(peer.url);
      const stuck = ended(connection, lane);
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.reset(lane);
      expect(await stuck).toEqual({ sent: true, synchronous: false });
      silent = false;
      expect((await ended(connection, lane)).reply).toHaveLength(32);
      connection.close();
      peer.close();
    },
  );

  it('an idle connection that the node closes: each frame is answered or fails once, and is never sent twice', async () => {
    let frames = 0;
    const peer = await framePeer((_frame, answer) => {
      frames++;
      answer.write(new ReplyWriter({ allocate: (size) => new Uint8Array(size) }, 0).finish(7, 9, 1, 1, 1));
      answer.end();
      setTimeout(() => answer.destroy(), 5);
    });
    const connection = new UndiciTransport(fleetSecret).connect(peer.url);
    for (let index = 0; index < 30; index++) {
      await ended(connection, index % 2 === 0 ? 'write' : 'bulk_write');
      await new Promise((resolve) => setTimeout(resolve, index % 12));
    }
    expect(frames).toBeLessThanOrEqual(30);
    connection.close();
    peer.close();
  });
});
