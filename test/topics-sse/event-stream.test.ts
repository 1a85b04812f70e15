import { describe, expect, it } from 'vitest';
import { formatEventId, parseEventId } from '../../src/topics-sse/event-id.ts';
import { encodeComment, encodeData, encodeEvent, encodeRetry } from '../../src/topics-sse/event-stream.ts';

describe('event stream', () => {
  it('event: fields come before data and a blank line ends it', () => {
    expect(encodeEvent({ event: 'message', id: '3-7', data: 'hello' })).toBe(
      'event: message\nid: 3-7\ndata: hello\n\n',
    );
  });

  it('data: is split at CR, LF and CRLF, and keeps empty lines', () => {
    expect(encodeEvent({ data: 'a\rb\nc\r\nd\n' })).toBe('data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n');
    expect(encodeEvent({ data: '' })).toBe('data: \n\n');
  });

  it('data: lone separators of JavaScript, NUL and a byte order mark stay within their line', () => {
    expect(encodeData('a\u2028b\u2029c\u0085d\u000be')).toBe('data: a\u2028b\u2029c\u0085d\u000be\n');
    expect(encodeData('\u0000\ufeff')).toBe('data: \u0000\ufeff\n');
  });

  it('data: what looks like a field, a comment or the end of an event stays data', () => {
    const text = 'id: 1\n\nevent: end\n: comment\nretry: 1';
    const encoded = encodeData(text);
    expect(
      encoded
        .split('\n')
        .slice(0, -1)
        .every((line) => line.startsWith('data: ')),
    ).toBe(true);
    expect(encoded.replaceAll('data: ', '').slice(0, -1)).toBe(text);
  });

  it('fields: those that are left out are not written', () => {
    expect(encodeEvent({ id: '1-2', data: '' })).toBe('id: 1-2\ndata: \n\n');
    expect(encodeEvent({ event: '', data: 'a' })).toBe('event: \ndata: a\n\n');
    expect(encodeComment('')).toBe(': \n\n');
  });

  it.each(['a\nb', 'a\rb', 'a\u0000b'])('fields: %j would inject one and is refused', (text) => {
    expect(() => encodeEvent({ event: text, data: '' })).toThrow(RangeError);
    expect(() => encodeEvent({ id: text, data: '' })).toThrow(RangeError);
    expect(() => encodeComment(text)).toThrow(RangeError);
  });

  it('retry: takes whole milliseconds only', () => {
    expect(encodeRetry(1_500)).toBe('retry: 1500\n\n');
    for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => encodeRetry(bad)).toThrow(RangeError);
  });
});

describe('event id', () => {
  it('round trip: page and sequence, up to 2^53 - 1', () => {
    for (const position of [
      { page: 1, sequence: 1 },
      { page: Number.MAX_SAFE_INTEGER, sequence: 0 },
    ])
      expect(parseEventId(formatEventId(position))).toEqual(position);
  });

  it.each([
    '',
    '1',
    '-1',
    '1-',
    '01-1',
    '1-01',
    '+1-1',
    '1-1 ',
    '1.0-1',
    '9007199254740992-1',
    '1-9999999999999999',
    '٣-1',
  ])('parse: %j was given out by nobody', (text) => expect(parseEventId(text)).toBeUndefined());
});
