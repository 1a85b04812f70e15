import { describe, expect, it } from 'vitest';
import { decodeSegment, parseQuery, single } from '../../../src/api/http/query.ts';

const parsed = (query: string): Record<string, string[]> => Object.fromEntries(parseQuery(query));

describe('query', () => {
  it.each<[string, Record<string, string[]>]>([
    ['', {}],
    ['&&', {}],
    ['key=a', { key: ['a'] }],
    ['key', { key: [''] }],
    ['key=', { key: [''] }],
    ['key=a=b', { key: ['a=b'] }],
    ['=a', { '': ['a'] }],
    ['a=1&a=2&b=3', { a: ['1', '2'], b: ['3'] }],
    ['key=a+b', { key: ['a b'] }],
    ['key=a%2Bb', { key: ['a+b'] }],
    ['k%65y=v', { key: ['v'] }],
    ['key=a%2Fb%2fc', { key: ['a/b/c'] }],
    ['key=a/b?c', { key: ['a/b?c'] }],
    ['key=%2E%2E%2F', { key: ['../'] }],
    ['key=%00', { key: ['\0'] }],
    ['key=%252F', { key: ['%2F'] }],
    ['key=%26%3D', { key: ['&='] }],
    ['key=%E2%82%AC', { key: ['€'] }],
    ['key=%F0%9F%90%A6', { key: ['🐦'] }],
    ['key=%EF%BB%BFa', { key: ['\ufeffa'] }],
    ['__proto__=a', { ['__proto__']: ['a'] }],
  ])('%j', (query, expected) => {
    expect(Object.entries(parsed(query))).toEqual(Object.entries(expected));
  });

  it.each([
    ['a broken escape', 'key=%'],
    ['a broken escape', 'key=%4'],
    ['a broken escape', 'key=%zz'],
    ['a broken escape', 'key=%4g'],
    ['a broken escape', 'key=%+1'],
    ['a broken escape', 'k%=a'],
    ['an overlong slash', 'key=%C0%AF'],
    ['an overlong NUL', 'key=%C0%80'],
    ['an overlong slash of three bytes', 'key=%E0%80%AF'],
    ['half a surrogate pair', 'key=%ED%A0%80'],
    ['a cut character', 'key=%E2%82'],
    ['a lone continuation', 'key=%80'],
    ['a code point past the last', 'key=%F4%90%80%80'],
    ['Latin-1', 'key=%E9'],
    ['raw bytes beside an escape', 'key=\u00e9%20'],
    ['raw bytes alone', 'key=\u00e9'],
    ['raw bytes in a name', 'k\u00e9y=a'],
  ])('%s: %j is invalid_argument', (_name, query) => {
    expect(() => parseQuery(query)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('single: once at most', () => {
    expect(single(parseQuery('a=1'), 'a')).toBe('1');
    expect(single(parseQuery('a=1'), 'b')).toBeUndefined();
    expect(() => single(parseQuery('a=1&a=1'), 'a')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  it('decodeSegment: percent-escapes once, and + is +', () => {
    expect(decodeSegment('a+b%20c%252F')).toBe('a+b c%2F');
    expect(() => decodeSegment('%C0%AF')).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });
});
