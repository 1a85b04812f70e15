import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entityTag, includesVersion, parseEntityTags } from '../../../src/api/http/entity-tag.ts';
import { limits } from '../../../src/shared/limits.ts';
import { versions } from '../../support/operation-arbitraries.ts';

const v = (dataEpoch: number, sequence: number) => ({ dataEpoch, sequence });

describe('entity tags', () => {
  it('every version comes back from its tag', () => {
    fc.assert(
      fc.property(fc.array(versions, { minLength: 1, maxLength: 5 }), (list) => {
        expect(parseEntityTags(list.map(entityTag).join(', '), 'strong')).toEqual(list);
      }),
    );
  });

  it.each<[string, ReturnType<typeof v>[] | '*', ReturnType<typeof v>[] | '*']>([
    ['*', '*', '*'],
    [' * ', '*', '*'],
    ['"1-2"', [v(1, 2)], [v(1, 2)]],
    ['"1-2","3-4"', [v(1, 2), v(3, 4)], [v(1, 2), v(3, 4)]],
    [' "1-2" \t,\t"3-4" ', [v(1, 2), v(3, 4)], [v(1, 2), v(3, 4)]],
    ['W/"1-2"', [], [v(1, 2)]],
    ['W/"1-2", "3-4"', [v(3, 4)], [v(1, 2), v(3, 4)]],
    ['"1-2",', [v(1, 2)], [v(1, 2)]],
    [',"1-2"', [v(1, 2)], [v(1, 2)]],
    ['"1-2", , ,"3-4"', [v(1, 2), v(3, 4)], [v(1, 2), v(3, 4)]],
    ['"somebody else’s"'.replace('’', "'").replace(' ', '_'), [], []],
    ['""', [], []],
    ['"a,b", "1-2"', [v(1, 2)], [v(1, 2)]],
    ['"*"', [], []],
  ])('%j: strong %j, weak %j', (header, strong, weak) => {
    expect(parseEntityTags(header, 'strong')).toEqual(strong);
    expect(parseEntityTags(header, 'weak')).toEqual(weak);
  });

  it.each([
    '"01-2"',
    '"1-02"',
    '"+1-2"',
    '"4294967297-2"',
    '"1-281474976710656"',
    '"1-2-3"',
    '"1"',
    '"-"',
    '"１-2"'.normalize('NFKD').replace('1', '\xb9'),
  ])('%s is no tag that was ever given out, and matches nothing', (header) => {
    expect(parseEntityTags(header, 'strong')).toEqual([]);
  });

  it.each([
    '',
    ' ',
    ',',
    ' , ',
    '1-2',
    '"1-2',
    '1-2"',
    '"1-2" "3-4"',
    '"1-2";',
    '"1-2", *',
    '*, "1-2"',
    'w/"1-2"',
    'W/ "1-2"',
    '"a"b"',
    '"a\u0000b"',
  ])('%j is no list: invalid_argument', (header) => {
    for (const comparison of ['strong', 'weak'] as const)
      expect(() => parseEntityTags(header, comparison)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('a list has a bound', () => {
    const list = (length: number) => Array.from({ length }, (_, index) => `"1-${index}"`).join(',');
    expect(parseEntityTags(list(limits.etagsPerConditionMax), 'strong')).toHaveLength(limits.etagsPerConditionMax);
    expect(() => parseEntityTags(list(limits.etagsPerConditionMax + 1), 'strong')).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        extra: { limit: limits.etagsPerConditionMax, actual: 'more' },
      }),
    );
  });

  it('a long header of nothing costs no more than its length', () => {
    const startMs = performance.now();
    for (const text of [' ', '\t,', ', ', '"', ','])
      expect(() => parseEntityTags(`${text.repeat(8_000)}x`, 'strong')).toThrow();
    expect(performance.now() - startMs).toBeLessThan(500);
  });

  it('includesVersion', () => {
    expect(includesVersion('*', v(1, 2))).toBe(true);
    expect(includesVersion([v(1, 1), v(1, 2)], v(1, 2))).toBe(true);
    expect(includesVersion([v(2, 2)], v(1, 2))).toBe(false);
    expect(includesVersion([], v(1, 2))).toBe(false);
  });
});
