import { describe, expect, it } from 'vitest';
import { type Exchange, emptyBody } from '../../../src/api/http/exchange.ts';
import { tokenOf } from '../../../src/api/http/token-of.ts';

const exchange = (query: string, authorization?: string): Exchange => ({
  method: 'GET',
  path: '/cache/default',
  query,
  header: (name) => (name === 'authorization' ? authorization : undefined),
  body: { read: async () => emptyBody },
  onAbort: () => () => {},
});

describe('token of a request', () => {
  it.each<[string, string, string | undefined, string]>([
    ['a Bearer header', 'key=a', 'Bearer abc.def', 'abc.def'],
    ['the scheme in any case', '', 'bearer abc', 'abc'],
    ['the scheme in any case', '', 'BEARER abc', 'abc'],
    ['several spaces after the scheme', '', 'Bearer   abc', 'abc'],
    ['several spaces after the scheme', '', 'bearer   abc', 'abc'],
    ['the token alone', '', 'abc.def', 'abc.def'],
    ['a parameter', 'key=a&token=abc.def', undefined, 'abc.def'],
    ['a parameter under an escaped name', 'key=a&%74oken=abc', undefined, 'abc'],
    ['a header, and the word token in the key', 'key=token', 'Bearer abc', 'abc'],
    ['a header, and a parameter of a similar name', 'tokens=a&token_x=b', 'Bearer abc', 'abc'],
  ])('%s', (_name, query, header, token) => {
    expect(tokenOf(exchange(query, header))).toBe(token);
  });

  it.each<[string, string, string, string | undefined]>([
    ['neither header nor parameter', 'authentication_required', 'key=a', undefined],
    ['the word token in the key only', 'authentication_required', 'key=token', undefined],
    ['both places', 'invalid_argument', 'token=abc', 'Bearer abc'],
    ['both places, the name escaped', 'invalid_argument', 't%6Fken=abc', 'Bearer abc'],
    ['both places, one empty', 'invalid_argument', 'token=', 'Bearer abc'],
    ['two parameters', 'invalid_argument', 'token=abc&token=abc', undefined],
    ['another scheme', 'invalid_token', '', 'Basic YTpi'],
    ['another scheme', 'invalid_token', '', 'DPoP abc'],
    ['another scheme', 'invalid_token', '', 'Bearerx abc'],
    ['a broken escape in the query', 'invalid_argument', 'token=%zz', undefined],
  ])('%s: %s', (_name, code, query, header) => {
    expect(() => tokenOf(exchange(query, header))).toThrow(expect.objectContaining({ code }));
  });

  it('two Authorization headers, joined: no token that could verify', () => {
    expect(tokenOf(exchange('', 'Bearer abc, Bearer def'))).toContain(',');
  });
});
