import { describe, expect, it } from 'vitest';
import { isTextMessage, messageKindOf } from '../../../../src/api/routes/topics/message-kind.ts';
import { GodwitError } from '../../../../src/shared/errors.ts';
import { utf8 } from '../../../support/fleet-state.ts';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as GodwitError).code;
  }
};

describe('message kind', () => {
  it.each([
    [undefined, 'either'],
    ['', 'either'],
    ['application/json', 'either'],
    ['application/x-www-form-urlencoded', 'either'],
    ['application/json; charset=iso-8859-1', 'either'],
    ['text', 'either'],
    ['text/plain', 'text'],
    ['TEXT/HTML', 'text'],
    ['text/plain;charset=UTF-8', 'text'],
    ['text/plain; charset="utf-8"; format=flowed', 'text'],
    ['text/plain ; format=flowed; Charset=us-ascii', 'text'],
    ['application/octet-stream', 'binary'],
    ['Application/Octet-Stream; padding=0', 'binary'],
  ])('%s: %s', (contentType, kind) => {
    expect(messageKindOf(contentType)).toBe(kind);
  });

  it.each(['text/plain; charset=iso-8859-1', 'text/csv;charset="utf-16"', 'text/plain; charset=utf-7, text/html'])(
    '%s: refused, since text is UTF-8',
    (contentType) => {
      expect(codeOf(() => messageKindOf(contentType))).toBe('unsupported_media_type');
    },
  );
});

describe('text or bytes', () => {
  const invalid: [name: string, bytes: Uint8Array][] = [
    ['a lone continuation byte', Uint8Array.of(0x80)],
    ['a surrogate', Uint8Array.of(0xed, 0xa0, 0x80)],
    ['an overlong NUL', Uint8Array.of(0xc0, 0x80)],
    ['a cut-off character', utf8('é').subarray(0, 1)],
    ['a long value that breaks at its end', Uint8Array.from([...new Uint8Array(5_000).fill(0x61), 0xff])],
  ];

  it.each(invalid)('%s is bytes, and refused where text was said', (_name, bytes) => {
    expect(isTextMessage('either', bytes)).toBe(false);
    expect(isTextMessage('binary', bytes)).toBe(false);
    expect(codeOf(() => isTextMessage('text', bytes))).toBe('invalid_argument');
  });

  it.each([
    ['nothing', ''],
    ['NUL, CR and LF', '\0\r\n'],
    ['characters outside the first plane', '🦜 é'],
    ['a long text', 'é'.repeat(10_000)],
  ])('%s is text unless bytes were said', (_name, text) => {
    expect(isTextMessage('either', utf8(text))).toBe(true);
    expect(isTextMessage('text', utf8(text))).toBe(true);
    expect(isTextMessage('binary', utf8(text))).toBe(false);
  });

  it('a refusal tells nothing of the message', () => {
    const run = () => isTextMessage('text', Uint8Array.from([...utf8('secret'), 0xff]));
    expect(run).toThrow(GodwitError);
    expect(run).not.toThrow(/secret/);
  });
});
