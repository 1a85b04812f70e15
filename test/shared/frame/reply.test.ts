import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FrameMemory } from '../../../src/shared/frame/frame-memory.ts';
import { FrameError, resultFlags, statusCode } from '../../../src/shared/frame/layout.ts';
import { ReplyReader } from '../../../src/shared/frame/reply-reader.ts';
import { ReplyWriter } from '../../../src/shared/frame/reply-writer.ts';
import { octetStream, resultStatuses } from '../../../src/shared/operation.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { versions } from '../../support/operation-arbitraries.ts';

const dirty: FrameMemory = { allocate: (size) => new Uint8Array(size).fill(0xa5) };

const items = fc.record({
  version: versions,
  ttlMs: fc.integer({ min: 0, max: 0xffff_ffff }),
  contentType: fc.constantFrom('', 'text/plain', 'x'.repeat(255)),
  value: fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(new Uint8Array(100_000).fill(7))),
  told: fc.boolean(),
});
const results = fc.record({
  status: fc.constantFrom(...resultStatuses),
  existed: fc.boolean(),
  hash: fc.integer({ min: 0, max: 0xffff_ffff }),
  item: fc.option(items, { nil: null }),
});

const two = (): Uint8Array => {
  const writer = new ReplyWriter(dirty, 0);
  for (const hash of [0xabc0_0001, 0xdef0_0002]) {
    writer.begin(statusCode.done, 0, slotOf(hash), hash);
    const at = writer.item(1, 5, 1_000, 3, 'text/plain', 3);
    writer.bytes.set([1, 2, hash & 3], at);
    writer.end();
  }
  return writer.finish(7, 9, 1, 1, 1);
};
const expected = { frameIdLow: 7, frameIdHigh: 9, operationCount: 2 };
const readTwo = (bytes: Uint8Array): void => {
  const reader = new ReplyReader(bytes, expected);
  reader.next(0xabc, 0xabc0_0001);
  reader.next(0xdef, 0xdef0_0002);
  reader.close();
};

describe('reply frame', () => {
  it('carries results of every status, with and without an item and its value', () => {
    fc.assert(
      fc.property(fc.array(results, { maxLength: 8 }), fc.integer({ min: 0, max: 1_000 }), (sent, guess) => {
        const writer = new ReplyWriter(dirty, guess);
        for (const { status, existed, hash, item } of sent) {
          writer.begin(statusCode[status], existed ? resultFlags.existed : 0, slotOf(hash), hash);
          if (item !== null) {
            const { dataEpoch, sequence } = item.version;
            const bytes = item.told ? item.value.length : 0;
            const at = writer.item(dataEpoch, sequence, item.ttlMs, item.value.length, item.contentType, bytes);
            if (item.told) writer.bytes.set(item.value, at);
          }
          writer.end();
        }
        const reader = new ReplyReader(writer.finish(7, 9, 11, 12, 13), { ...expected, operationCount: sent.length });
        expect([reader.viewNumber, reader.registryRevision, reader.serviceMicros]).toEqual([11, 12, 13]);
        for (const { status, existed, hash, item } of sent) {
          const told = item && {
            version: item.version,
            ttlMs: item.ttlMs,
            valueLength: item.value.length,
            contentType: item.contentType === '' ? octetStream : item.contentType,
            value: item.told ? item.value : new Uint8Array(0),
          };
          expect(reader.next(slotOf(hash), hash)).toEqual({
            status,
            existed,
            replayed: false,
            nodeMicros: 13,
            item: told,
          });
        }
        reader.close();
      }),
      { numRuns: 100 },
    );
  });

  it('undo: the result that was begun last is as if it had never been', () => {
    const writer = new ReplyWriter(dirty, 0);
    writer.begin(statusCode.done, 0, 0xabc, 0xabc0_0001);
    writer.end();
    writer.begin(statusCode.missing, 0, 0xfff, 0xfff0_0000);
    writer.item(1, 1, 1, 1, 'text/plain', 1);
    writer.undo();
    writer.begin(statusCode.cache_full, 0, 0xdef, 0xdef0_0002);
    writer.end();
    const reader = new ReplyReader(writer.finish(7, 9, 1, 1, 1), expected);
    expect(reader.next(0xabc, 0xabc0_0001).status).toBe('done');
    expect(reader.next(0xdef, 0xdef0_0002)).toMatchObject({ status: 'cache_full', item: null });
    reader.close();
  });

  it('replay: a kept result says that it is one', () => {
    const frame = two();
    const writer = new ReplyWriter(dirty, 0);
    const reply = (() => {
      writer.replay(frame.slice(32, 32 + (frame.length - 32) / 2));
      return writer.finish(7, 9, 1, 1, 1);
    })();
    const result = new ReplyReader(reply, { ...expected, operationCount: 1 }).next(0xabc, 0xabc0_0001);
    expect(result).toMatchObject({
      status: 'done',
      replayed: true,
      item: { contentType: 'text/plain', valueLength: 3 },
    });
  });

  it.each<[string, (frame: Uint8Array) => Uint8Array]>([
    ['empty', () => new Uint8Array(0)],
    ['a request', (frame) => frame.with(2, 0x51)],
    ['one byte short', (frame) => frame.subarray(0, frame.length - 1)],
    ['one byte long', (frame) => Uint8Array.from([...frame, 0])],
    ['to another frame of the process', (frame) => frame.with(8, 8)],
    ['to a frame of another process', (frame) => frame.with(15, 1)],
    ['of fewer results', (frame) => frame.with(28, 1)],
    ['of more results', (frame) => frame.with(28, 3)],
    [
      'with the results swapped',
      (frame) => {
        const half = (frame.length - 32) / 2;
        return Uint8Array.from([
          ...frame.subarray(0, 32),
          ...frame.subarray(32 + half),
          ...frame.subarray(32, 32 + half),
        ]);
      },
    ],
    [
      'with one result twice',
      (frame) => {
        const half = (frame.length - 32) / 2;
        return Uint8Array.from([...frame.subarray(0, 32 + half), ...frame.subarray(32, 32 + half)]);
      },
    ],
    ['with another slot', (frame) => frame.with(34, 0xbd)],
    ['with another hash', (frame) => frame.with(36, 2)],
    ['with an unknown status', (frame) => frame.with(32, resultStatuses.length)],
    ['with an item that is not announced', (frame) => frame.with(33, 0)],
    ['with a value that is not announced', (frame) => frame.with(33, resultFlags.item)],
    ['with a flag that is not known', (frame) => frame.with(33, resultFlags.item | resultFlags.value | 0x80)],
    ['with a result longer than the frame', (frame) => frame.with(43, 1)],
    ['with a value longer than its result', (frame) => frame.with(32 + 12 + 16, 4)],
    ['with a content type longer than its result', (frame) => frame.with(32 + 12 + 20, 0xff)],
  ])('%s: is refused', (_name, broken) => {
    expect(() => readTwo(two())).not.toThrow();
    expect(() => readTwo(broken(two()))).toThrow(FrameError);
  });

  it('cut off or corrupted at any byte it is refused or means something else, but never fails otherwise', () => {
    const frame = two();
    for (let at = 0; at < frame.length; at++) {
      expect(() => readTwo(frame.subarray(0, at))).toThrow(FrameError);
      for (const value of [0, 1, 0x7f, 0x80, 0xff, frame[at]! ^ 1]) {
        try {
          readTwo(frame.with(at, value));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }
    }
  });
});
