import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUtf8, isUtf8, isWholeUtf8, plainTextOf } from '../../../src/api/http/utf8.ts';

const encoder = new TextEncoder();
const nearUtf8 = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        [0xc2, 0x80],
        [0xc1, 0xbf],
        [0xe0, 0xa0, 0x80],
        [0xe0, 0x9f, 0x80],
        [0xed, 0x9f, 0xbf],
        [0xed, 0xa0, 0x80],
        [0xef, 0xbf, 0xbd],
        [0xef, 0xbb, 0xbf],
        [0xf0, 0x90, 0x80, 0x80],
        [0xf0, 0x8f, 0x80, 0x80],
        [0xf4, 0x8f, 0xbf, 0xbf],
        [0xf4, 0x90, 0x80, 0x80],
        [0xf5, 0x80, 0x80, 0x80],
        [0x61],
        [0x80],
        [0xe2, 0x82],
      ),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => [...bytes]),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Uint8Array.from(parts.flat()));

/** Bytes for either way of judging. */
const shortAndLong = fc.tuple(nearUtf8, fc.boolean()).map(([bytes, padded]) => {
  if (!padded) return bytes;
  const all = new Uint8Array(5_000 + bytes.length).fill(0x78);
  all.set(bytes, 5_000);
  return all;
});

describe('UTF-8', () => {
  test('any bytes: judged as the platform’s decoder judges them', () => {
    fc.assert(
      fc.property(nearUtf8, (bytes) => {
        expect(isUtf8(bytes, 0, bytes.length)).toBe(decodeUtf8(bytes) !== undefined);
      }),
      { numRuns: 5_000 },
    );
  });

  test('whole UTF-8: judged alike, short and long', () => {
    fc.assert(
      fc.property(shortAndLong, (bytes) => {
        expect(isWholeUtf8(bytes)).toBe(decodeUtf8(bytes) !== undefined);
      }),
      { numRuns: 500 },
    );
  });

  test('plain text: gives back the same bytes, short and long', () => {
    fc.assert(
      fc.property(shortAndLong, (bytes) => {
        const text = plainTextOf(bytes);
        if (text !== undefined) expect(encoder.encode(text)).toEqual(bytes);
        const plain =
          decodeUtf8(bytes) !== undefined && !bytes.some((byte) => byte < 0x20 && ![9, 10, 13].includes(byte));
        expect(text !== undefined).toBe(plain);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a byte order mark and U+FFFD: characters like any other', () => {
    expect(plainTextOf(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
    expect(plainTextOf(Uint8Array.of(0xef, 0xbf, 0xbd))).toBe('\ufffd');
  });

  test('NUL: no plain text, whatever the length', () => {
    expect(plainTextOf(Uint8Array.of(0x61, 0))).toBeUndefined();
    expect(plainTextOf(new Uint8Array(10_000))).toBeUndefined();
  });
});
