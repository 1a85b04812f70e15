import { describe, expect, test } from 'vitest';
import { answerFormat, requestFormat } from '../../../src/api/http/body-format.ts';
import type { Exchange } from '../../../src/api/http/exchange.ts';

const request = (method: string, headers: Record<string, string>): Exchange => ({
  method,
  path: '/',
  query: '',
  header: (name) => headers[name],
  body: { read: () => Promise.resolve(new Uint8Array(0)) },
  onAbort: () => () => {},
});

describe('request format', () => {
  test.each([
    ['application/json', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    ['application/json;charset="utf-8"', 'json'],
    ['application/cbor', 'cbor'],
  ])('%s: %s', (contentType, format) => {
    expect(requestFormat(request('POST', { 'content-type': contentType }))).toBe(format);
  });

  test('no content type: JSON by POST, refused by QUERY', () => {
    expect(requestFormat(request('POST', {}))).toBe('json');
    expect(() => requestFormat(request('QUERY', {}))).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });

  test.each([
    { 'content-type': 'text/plain' },
    { 'content-type': '' },
    { 'content-type': 'toString' },
    { 'content-type': 'application/json; charset=utf-16' },
    { 'content-type': 'application/json, application/cbor' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ])('%j: refused', (headers) => {
    expect(() => requestFormat(request('POST', headers))).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type' }),
    );
  });
});

describe('answer format', () => {
  test.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/*', 'json'],
    ['application/cbor', 'cbor'],
    ['APPLICATION/CBOR', 'cbor'],
    ['application/cbor, application/json', 'json'],
    ['application/cbor, application/json;q=0.9', 'cbor'],
    ['application/cbor;q=0.5, */*;q=0.1', 'cbor'],
    ['*/*, application/json;q=0', 'cbor'],
    ['text/html, application/xhtml+xml, */*;q=0.8', 'json'],
    ['application/json;q=2, application/cbor;q=0.001', 'cbor'],
  ])('%s: %s', (accept, format) => {
    expect(answerFormat(accept)).toBe(format);
  });

  test.each(['text/html', 'application/json;q=0', '*/*;q=0', ','])('%s: not acceptable', (accept) => {
    expect(() => answerFormat(accept)).toThrow(expect.objectContaining({ code: 'not_acceptable' }));
  });
});
