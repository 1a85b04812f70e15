import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameError, readU32, writeU32 } from '../../src/shared/frame/layout.ts';
import { ReplyReader } from '../../src/shared/frame/reply-reader.ts';
import { limits } from '../../src/shared/limits.ts';
import type { Operation } from '../../src/shared/operation.ts';
import { target, testCache, utf8 } from '../support/fleet-state.ts';
import { operations, seededRandom } from '../support/operation-arbitraries.ts';
import { requestFrame, TestStorage } from '../support/storage.ts';
import { engines } from './operations/engines.ts';

const cache = testCache();
const at = target(cache, 'key');
const written = { ...at, value: utf8('value'), contentType: 'text/plain', ttlMs: 1_000 };
const mark = { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) };
const condition = {
  value: { kind: 'not_equal', compare: utf8('other') },
  ifMatch: [
    { dataEpoch: 1, sequence: 1 },
    { dataEpoch: 1, sequence: 2 },
  ],
  ifNoneMatch: [{ dataEpoch: 2, sequence: 2 }],
} as const;
/** One of each kind, with every optional part somewhere. */
const sample: Operation[] = [
  { kind: 'set', ...written, idempotency: mark },
  { kind: 'get', ...at },
  { kind: 'set', ...written, condition },
  { kind: 'swap', ...written, condition: { ifNoneMatch: '*' } },
  { kind: 'increment', ...at, amount: 1n, min: -5n, max: 5n, ttlMs: 10, ttlOnCreateOnly: true, condition },
  { kind: 'ttl', ...at, mode: 'lower', ttlMs: 10 },
  { kind: 'claim', ...at, idempotency: mark },
  { kind: 'take', ...at, condition: { ifMatch: '*' } },
  { kind: 'delete', ...at },
  { kind: 'publish', ...at, value: utf8('message'), text: true, tokenId: 'publisher', idempotency: mark },
  { kind: 'topic', ...at },
  { kind: 'topics', ...target(cache, 'k'), after: utf8('a'), limit: 5 },
];

/** Executes a frame that may be broken: a reply to it, or a `FrameError`. Anything else fails the test. */
function executeBroken(node: TestStorage, frame: Uint8Array): 'refused' | 'answered' {
  // In a buffer with other bytes around it, so that a read beyond the frame would find something.
  const around = new Uint8Array(frame.length + 128).fill(0xff);
  around.set(frame, 64);
  const inside = around.subarray(64, 64 + frame.length);
  let reply: Uint8Array;
  try {
    reply = node.execute(inside);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return 'refused';
  }
  expect(readU32(reply, 4)).toBe(reply.length);
  new ReplyReader(reply, {
    frameIdLow: readU32(inside, 8),
    frameIdHigh: readU32(inside, 12),
    operationCount: inside[28]! | (inside[29]! << 8),
  });
  return 'answered';
}

describe.each(engines)('broken frames before the %s', (_name, newEngine) => {
  it('corrupted at any byte: refused, or executed as what they say, and the node goes on', () => {
    const node = new TestStorage({ engine: newEngine() });
    const frame = requestFrame(sample, {}, new Uint8Array(24).fill(3));
    const seen = { refused: 0, answered: 0 };
    for (let index = 0; index < frame.length; index++)
      for (const value of [0, 1, 2, 0x7f, 0x80, 0xff, frame[index]! ^ 1, frame[index]! ^ 0x10])
        seen[executeBroken(node, frame.with(index, value))]++;
    expect(Math.min(seen.refused, seen.answered)).toBeGreaterThan(100);
    node.engine.checkIntegrity();
    expect(node.run({ kind: 'set', ...written }).status).toBe('done');
    expect(node.run({ kind: 'get', ...at }).status).toBe('done');
  });

  it('cut off at any byte, with the length made to fit: refused', () => {
    const node = new TestStorage({ engine: newEngine() });
    const frame = requestFrame(sample);
    for (let length = 0; length < frame.length; length++) {
      const cut = frame.slice(0, length);
      if (length >= 8) writeU32(cut, 4, length);
      expect(executeBroken(node, cut)).toBe('refused');
    }
    node.engine.checkIntegrity();
  });

  it('of random bytes behind a header, and with many bytes changed', () => {
    const seed = 20_261;
    const random = seededRandom(seed);
    const node = new TestStorage({ engine: newEngine() });
    const frames = fc
      .sample(fc.array(operations(cache), { minLength: 1, maxLength: 6 }), { seed, numRuns: 60 })
      .map((list) => requestFrame(list));
    for (let round = 0; round < 3_000; round++) {
      const frame = frames[Math.floor(random() * frames.length)]!.slice();
      if (frame.length > 10_000) continue;
      const changes = 1 + Math.floor(random() ** 3 * 40);
      for (let i = 0; i < changes; i++)
        frame[28 + Math.floor(random() * (frame.length - 28))] = Math.floor(random() * 256);
      executeBroken(node, frame);
    }
    node.engine.checkIntegrity();
  });

  it('payloads of another form than their kind’s are refused', () => {
    const node = new TestStorage({ engine: newEngine() });
    const noPayload = requestFrame([{ kind: 'get', ...at }]);
    // set, swap, increment and ttl need one.
    for (const code of [3, 6, 7, 8]) expect(executeBroken(node, noPayload.with(32, code))).toBe('refused');
    const aPayload = requestFrame([{ kind: 'ttl', ...at, mode: 'set', ttlMs: 5 }]);
    // get, describe, delete and take have none.
    for (const code of [1, 2, 4, 5]) expect(executeBroken(node, aPayload.with(32, code))).toBe('refused');
    expect(executeBroken(node, aPayload.with(aPayload.length - 1, 3))).toBe('refused');
    const noTtl = requestFrame([{ kind: 'set', ...written }]);
    writeU32(noTtl, 32 + 20, 0);
    expect(executeBroken(node, noTtl)).toBe('refused');
    const longTtl = requestFrame([{ kind: 'set', ...written }]);
    writeU32(longTtl, 32 + 20, limits.ttlMsMax + 1);
    expect(executeBroken(node, longTtl)).toBe('refused');
  });
});
