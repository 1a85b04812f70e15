import { describe, expect, it } from 'vitest';
import { topicKey, topicPrefixKey } from '../../../../src/api/routes/topics/topic.ts';
import type { GodwitError } from '../../../../src/shared/errors.ts';
import { topicLimits } from '../../../../src/shared/topics/limits.ts';
import { utf8 } from '../../../support/fleet-state.ts';

const { nameBytesMax } = topicLimits;
const refusalOf = (run: () => unknown): GodwitError => {
  try {
    run();
  } catch (error) {
    return error as GodwitError;
  }
  throw new Error('not refused');
};

describe('topic names', () => {
  it.each(['a', 'a/b c', '...', 'é🦜', '\u0080', 'x'.repeat(nameBytesMax), 'é'.repeat(nameBytesMax / 2)])(
    '%j is a name: its UTF-8 bytes',
    (name) => {
      expect(topicKey(name)).toEqual(utf8(name));
    },
  );

  it.each([
    ['empty', '', { limit: 1, actual: 0 }],
    ['too long', 'x'.repeat(nameBytesMax + 1), { limit: nameBytesMax, actual: nameBytesMax + 1 }],
    ['too long in bytes', 'é'.repeat(nameBytesMax / 2 + 1), { limit: nameBytesMax, actual: nameBytesMax + 2 }],
    ['a dot', '.', {}],
    ['two dots', '..', {}],
    ['a NUL', 'a\0', {}],
    ['a line end', 'a\nb', {}],
    ['a DEL', '\x7f', {}],
    ['half a surrogate pair', 'a\ud800', {}],
  ])('%s: refused with the numbers, and without the name', (_what, name, numbers) => {
    const refusal = refusalOf(() => topicKey(name));
    expect(refusal.code).toBe('invalid_argument');
    expect(refusal.extra).toEqual(numbers);
    if (name.length > 2) expect(refusal.message).not.toContain(name);
  });

  it('a prefix may be empty, and is judged as a name else', () => {
    expect(topicPrefixKey('')).toEqual(utf8(''));
    expect(topicPrefixKey('chat-')).toEqual(utf8('chat-'));
    expect(refusalOf(() => topicPrefixKey('a\t')).code).toBe('invalid_argument');
  });
});
