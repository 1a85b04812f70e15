import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStrictJson, StrictJsonError } from '../../src/tokens/strict-json.ts';

describe('strict JSON', () => {
  test.each([
    ['a member twice', '{"alg":"none","alg":"EdDSA"}', 'duplicate member'],
    ['a member twice, once with an escape', '{"alg":1,"\\u0061lg":2}', 'forbidden member'],
    ['a member name with an escape', '{"\\u0061lg":2}', 'forbidden member'],
    ['a member twice in a nested object', '[{"a":{"b":1,"c":[],"b":2}}]', 'duplicate member'],
    ['__proto__', '{"__proto__":{"alg":"EdDSA"}}', 'forbidden member'],
    ['__proto__ with an escape', '{"\\u005f_proto__":1}', 'forbidden member'],
    ['nesting beyond the bound', '[[[[[[[[[]]]]]]]]]', 'depth'],
    ['200,000 levels', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, 'depth'],
    ['a byte order mark', '\ufeff{}', 'syntax'],
    ['two values', '{} {}', 'syntax'],
    ['a string that never ends', '{"a', 'syntax'],
    ['a string that ends in a backslash', '"\\', 'syntax'],
    ['nothing', '', 'syntax'],
  ])('refuses %s', (_name, text, reason) => {
    expect(() => parseStrictJson(text, 8)).toThrow(new StrictJsonError(reason as 'syntax'));
  });

  test('a name may be used again in another object, as a value, and in an array', () => {
    const text = '{"a":"a","b":{"a":["a","a",{"a":1}]},"c":[{"a":1},{"a":1}]}';
    expect(parseStrictJson(text, 8)).toEqual(JSON.parse(text));
  });

  test('braces and quotes inside strings are text', () => {
    const text = '{"a":"{[\\"}","b{":"\\\\","c,":1}';
    expect(parseStrictJson(text, 1)).toEqual(JSON.parse(text));
  });

  test('accepts whatever JSON.stringify writes, but for names that need an escape', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(namesIn(value).every((name) => name !== '__proto__' && !JSON.stringify(name).includes('\\')));
        expect(parseStrictJson(JSON.stringify(value), 8)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('any text is parsed or refused, never anything else', () => {
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', ',', ':', '\\', 'a', '1', ' ', '__proto__', 'null');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 24 }), (parts) => {
        try {
          parseStrictJson(parts.join(''), 8);
        } catch (error) {
          expect(error).toBeInstanceOf(StrictJsonError);
        }
      }),
      { seed: 2, numRuns: 2_000 },
    );
  });
});

/** All member names of a value. */
function namesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = Array.isArray(value) ? [] : Object.keys(value);
  return [...own, ...Object.values(value).flatMap(namesIn)];
}
