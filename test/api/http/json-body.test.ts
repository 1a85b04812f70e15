import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyLimits } from '../../../src/api/http/body-limits.ts';
import { decodeJson } from '../../../src/api/http/json-body.ts';
import { limits } from '../../../src/shared/limits.ts';
import { parseStrictJson } from '../../../src/tokens/strict-json.ts';

const encoder = new TextEncoder();
const decodeText = (text: string): unknown => decodeJson(encoder.encode(text));
const outcome = (decode: () => unknown): unknown => {
  try {
    return { value: decode() };
  } catch {
    return 'refused';
  }
};

describe('JSON body', () => {
  test('any JSON value: comes out as it was written', () => {
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          fc.boolean(),
          fc.constant(null),
        ),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-zé{:,]{0,9}$/), tie('value'), { maxKeys: 4, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        const text = JSON.stringify(written);
        expect(decodeText(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('text made of the pieces of JSON: refused where the strict parser of tokens refuses it, and for escaped names', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '"\\u0061"',
      '"\\""',
      '"\\\\"',
      '1',
      'null',
      ' ',
      '"{:,"',
    );
    const object = fc
      .array(
        fc.tuple(
          fc.constantFrom('a', 'b', 'ab', '', '__proto__'),
          fc.constantFrom('1', '{"a":1}', '[{"b":2,"b":3}]', '"\\\\"'),
        ),
      )
      .map((members) => `{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
      object,
    );
    fc.assert(
      fc.property(text, (body) => {
        const escapedName = /\\[^:]*:/.test(body.replaceAll('{:,', ''));
        const decoded = outcome(() => decodeText(body));
        if (escapedName)
          expect([outcome(() => parseStrictJson(body, limits.bodyDepthMax)), 'refused']).toContainEqual(decoded);
        else expect(decoded).toEqual(outcome(() => parseStrictJson(body, limits.bodyDepthMax)));
      }),
      { numRuns: 2_000 },
    );
  });

  test('long strings with quotes and backslashes at the edges of the search: end where JSON says', () => {
    const part = fc.constantFrom('\\', '"', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(65), '\\\\', 'é', '{', ':');
    fc.assert(
      fc.property(
        fc.array(
          fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')),
          { maxLength: 4 },
        ),
        (texts) => {
          expect(decodeText(JSON.stringify({ texts }))).toEqual({ texts });
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a member twice', '{"a":1,"a":1}'],
    ['a member twice by an escape', '{"a":1,"\\u0061":2}'],
    ['an escape in a name', '{"\\u0061":1}'],
    ['an escaped quote in a name', '{"a":1,"\\"":1}'],
    ['a member twice inside one that is there twice', '{"a":{"b":1,"b":2}}'],
    ['__proto__', '{"__proto__":{"polluted":true}}'],
    ['a trailing comma', '{"a":1,}'],
    ['NaN', '[NaN]'],
    ['two values', '{} {}'],
    ['a string cut off', '{"a":"b'],
    ['an escape cut off', '{"a":"\\'],
    ['too much nesting', '['.repeat(limits.bodyDepthMax + 1) + ']'.repeat(limits.bodyDepthMax + 1)],
    ['nesting that would overflow a stack', '['.repeat(5_000_000)],
    ['too many parts', `[${'0,'.repeat(bodyLimits.partsMax)}0]`],
  ])('%s: malformed', (_, text) => {
    expect(() => decodeText(text)).toThrow(expect.objectContaining({ code: 'malformed_body' }));
  });

  test.each([[[0x22, 0xff, 0x22]], [[0x22, 0xc0, 0x80, 0x22]], [[0x22, 0xed, 0xa0, 0x80, 0x22]]])(
    'bytes %j that are no UTF-8: malformed',
    (bytes) => {
      expect(() => decodeJson(Uint8Array.from(bytes))).toThrow(expect.objectContaining({ code: 'malformed_body' }));
    },
  );

  test('the deepest nesting allowed: decoded', () => {
    expect(decodeText('['.repeat(limits.bodyDepthMax) + ']'.repeat(limits.bodyDepthMax))).toBeInstanceOf(Array);
  });
});
