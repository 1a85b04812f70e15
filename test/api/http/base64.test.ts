import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../../src/api/http/base64.ts';

describe('base64', () => {
  it('any bytes, in both alphabets, padded or not', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const buffer = Buffer.from(bytes);
        expect(encodeBase64(bytes)).toBe(buffer.toString('base64'));
        for (const text of [encodeBase64(bytes), encodeBase64(bytes, false), buffer.toString('base64url')])
          expect(Buffer.from(decodeBase64(text)!)).toEqual(buffer);
      }),
    );
  });

  it.each(['-_8=', '+/8=', '-_8', '+/8'])('%s', (text) => {
    expect(decodeBase64(text)).toEqual(Uint8Array.from([0xfb, 0xff]));
  });

  it.each<[string, string]>([
    ['a single character', 'A'],
    ['five characters', 'AAAAA'],
    ['bits beyond the last byte, of one byte', 'AB=='],
    ['bits beyond the last byte, of one byte, unpadded', 'AB'],
    ['bits beyond the last byte, of two bytes', 'AAB='],
    ['padding only', '=='],
    ['padding of the wrong length', 'AA='],
    ['padding of the wrong length', 'AAA=='],
    ['padding of the wrong length', 'AAAA='],
    ['padding of the wrong length', 'AAAA===='],
    ['padding in the middle', 'AA==AA=='],
    ['a space', 'AA AA'],
    ['a newline at the end', 'AAAA\n'],
    ['another character', 'AA*A'],
    ['a character beyond ASCII', 'AAAé'],
    ['both alphabets at once', '+_8='],
    ['both alphabets at once', '-AA/'],
  ])('%s is neither: %j', (_name, text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('nothing is no bytes', () => {
    expect(decodeBase64('')).toEqual(new Uint8Array(0));
  });

  it('a long run of padding costs no more than its length (no backtracking)', () => {
    const startMs = performance.now();
    expect(decodeBase64(`${'='.repeat(300_000)}A`)).toBeUndefined();
    expect(decodeBase64('='.repeat(300_000))).toBeUndefined();
    expect(performance.now() - startMs).toBeLessThan(500);
  });
});
