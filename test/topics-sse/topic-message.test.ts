import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageBatch } from '../../src/topics-sse/message-batch.ts';
import { TopicMessage } from '../../src/topics-sse/topic-message.ts';
import { utf8 } from '../support/fleet-state.ts';

const publishedMs = Date.UTC(2026, 10, 20, 22, 0, 0, 123);

function messageOf(value: string | Uint8Array, more: { tokenId?: string; sequence?: number } = {}): TopicMessage {
  const text = typeof value === 'string';
  const frame = { topic: 1, page: 9, sequence: 4, publishedMs, tokenId: '', ...more };
  return new TopicMessage({ ...frame, text, value: text ? utf8(value) : value });
}

/** Event type and data as a client of the standard reads them: lines end at CR, LF or CRLF. */
function read(event: string): { type: string; data: string } {
  expect(event.endsWith('\n\n')).toBe(true);
  let type = 'message';
  const data: string[] = [];
  for (const line of event.slice(0, -2).split(/\r\n|\r|\n/)) {
    if (line.startsWith('event: ')) type = line.slice('event: '.length);
    else if (line.startsWith('data: ')) data.push(line.slice('data: '.length));
    else throw new Error(`what is ${JSON.stringify(line)}?`);
  }
  return { type, data: data.join('\n') };
}

const decoded = ({ type, data }: { type: string; data: string }): Uint8Array =>
  type === 'binary' ? Uint8Array.fromBase64(data) : utf8(data);

describe('plain', () => {
  it('any text and any bytes come through byte for byte', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom('a', '\r', '\n', ' ', ':', '\u0000', '\ufeff', '\u2028') }),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(
        value.filter((one) => typeof one !== 'string' || one.isWellFormed()),
        (one) => {
          const bytes = typeof one === 'string' ? utf8(one) : one;
          expect([...decoded(read(messageOf(one).event('plain', null)))]).toEqual([...bytes]);
        },
      ),
      { seed: 50, numRuns: 500 },
    );
  });

  it.each([
    ['text', 'hello', 'event: message\ndata: hello\n\n'],
    ['lines', 'a\n\nb\n', 'event: message\ndata: a\ndata: \ndata: b\ndata: \n\n'],
    ['an empty text', '', 'event: message\ndata: \n\n'],
    ['a leading blank', ' a', 'event: message\ndata:  a\n\n'],
    ['what looks like a field', 'id: 1', 'event: message\ndata: id: 1\n\n'],
    [
      'separators that JavaScript knows and streams do not',
      'a\u2028b\u2029c\u0085d',
      'event: message\ndata: a\u2028b\u2029c\u0085d\n\n',
    ],
    ['a byte order mark', '\ufeffa', 'event: message\ndata: \ufeffa\n\n'],
    ['CR, which no data line can carry', 'a\rb', 'event: binary\ndata: YQ1i\n\n'],
    ['CRLF', '\r\n', 'event: binary\ndata: DQo=\n\n'],
    ['bytes', Uint8Array.of(0, 1, 2, 0xff), 'event: binary\ndata: AAEC/w==\n\n'],
    ['no bytes', new Uint8Array(0), 'event: binary\ndata: \n\n'],
  ])('%s', (_, value, event) => expect(messageOf(value).event('plain', null)).toBe(event));
});

describe('json', () => {
  const envelope = { sequence_number: 4, sequence_page: 9, published_at: '2026-11-20T22:00:00.123Z' };
  const parsed = (message: TopicMessage, topic: string | null) => {
    const { type, data } = read(message.event('json', topic));
    expect(type).toBe('message');
    return JSON.parse(data);
  };

  it('tells number, page and time, and the publisher and topic where there are any', () => {
    expect(parsed(messageOf('hello'), null)).toEqual({ ...envelope, text: 'hello' });
    expect(parsed(messageOf('hello', { tokenId: 'Zoë "🦜"' }), 'näws\\')).toEqual({
      topic: 'näws\\',
      ...envelope,
      token_id: 'Zoë "🦜"',
      text: 'hello',
    });
    expect(parsed(messageOf(Uint8Array.of(0xff)), null)).toEqual({ ...envelope, base64: '/w==' });
  });

  it.each(['', '\r', 'a\r\nb\n', '"\\\u0000\u2028\ufeff', '🦜'])('text %j: is one line, and comes through', (text) => {
    const message = messageOf(text);
    expect(message.event('json', null).split(/\r\n|\r|\n/)).toHaveLength(4);
    expect(parsed(message, 'topic').text).toBe(text);
  });
});

describe('message', () => {
  it('keeps nothing of the frame that it was read from', () => {
    const frame = Buffer.from('....bytes');
    const message = messageOf(frame.subarray(4));
    frame.fill(0);
    expect(Buffer.from(message.bytes!).toString()).toBe('bytes');
    expect(message.length).toBe(5);
  });

  it('length counts the bytes of the value, of text too', () => {
    expect(messageOf('🦜é').length).toBe(6);
    expect(messageOf('a\r').base64()).toBe('YQ0=');
  });

  it('batch: the events of all, each under its id, encoded once', () => {
    const batch = new MessageBatch([messageOf('a'), messageOf(Uint8Array.of(1), { sequence: 5 })]);
    const piece = batch.piece('plain');
    expect(Buffer.from(piece.bytes).toString()).toBe(
      'id: 9-4\nevent: message\ndata: a\n\nid: 9-5\nevent: binary\ndata: AQ==\n\n',
    );
    expect(batch.piece('plain')).toBe(piece);
    expect(batch.piece('json')).not.toBe(piece);
    expect([batch.firstSequence, batch.lastSequence]).toEqual([4, 5]);
    expect(Buffer.from(piece.chunk).toString('latin1')).toBe(
      `${piece.bytes.length.toString(16)}\r\n${Buffer.from(piece.bytes)}\r\n`,
    );
  });
});
