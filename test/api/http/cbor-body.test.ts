import { encode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCbor, encodeCbor } from '../../../src/api/http/cbor-body.ts';
import { limits } from '../../../src/shared/limits.ts';

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''));

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

describe('CBOR body', () => {
  test('any value: comes back as it was, bytes as bytes', () => {
    fc.assert(
      fc.property(value, (written) => {
        expect(decodeCbor(encodeCbor(written))).toEqual(written);
      }),
      { numRuns: 500 },
    );
  });

  test('any bytes: a value or malformed_body, never another error', () => {
    const broken = fc
      .tuple(value, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
      .map(([written, changes]) => {
        const bytes = encode(written).slice();
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), broken), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'malformed_body' });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a break alone', 'ff'],
    ['an array of indefinite length', '9f 01 ff'],
    ['text of indefinite length', '7f 61 61 ff'],
    ['a tag', 'c0 61 61'],
    ['the self-described tag', 'd9 d9f7 a0'],
    ['a member twice', 'a2 61 61 01 61 61 02'],
    ['a map with integer keys', 'a1 01 02'],
    ['undefined', 'f7'],
    ['a reserved simple value', 'f8 ff'],
    ['NaN', 'f9 7e00'],
    ['infinity', 'f9 7c00'],
    ['an integer beyond 2^53', '1b ffffffffffffffff'],
    ['text that is no UTF-8', '62 c3 28'],
    ['text with a surrogate', '63 ed a0 80'],
    ['bytes cut off', '58 20 00'],
    ['a string longer than memory', '5b 7fffffffffffffff 00'],
    ['an array that claims four billion items', '9a ffffffff 00'],
    ['a map that claims more than there is', 'ba 7fffffff 00'],
    ['bytes after the item', '00 00'],
    ['too much nesting', `${'81'.repeat(limits.bodyDepthMax + 1)}00`],
    ['nesting that would overflow a stack', `${'81'.repeat(1_000_000)}00`],
    ['a reserved length', '1c'],
  ])('%s: malformed', (_, text) => {
    expect(() => decodeCbor(hex(text))).toThrow(expect.objectContaining({ code: 'malformed_body' }));
  });

  test('heads longer than they need be, as some encoders write them: decoded', () => {
    expect(decodeCbor(hex('b9 0001 78 01 61 1a 00000007'))).toEqual({ a: 7 });
  });

  test('a member __proto__: an own property, nothing inherited', () => {
    const decoded = decodeCbor(hex('a1 69 5f5f70726f746f5f5f a1 61 78 01')) as object;
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
    expect(Object.keys(decoded)).toEqual(['__proto__']);
  });
});
