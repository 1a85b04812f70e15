import { describe, expect, it } from 'vitest';
import { TraceValues } from '../../../src/cli/replay/values.ts';

describe('values of a replay', () => {
  const values = new TraceValues(100_000);
  const matches = (key: string, bytes: Uint8Array) => values.matches(key, Buffer.from(bytes), 0, bytes.length);

  it('are the same in every run', () => {
    const again = new TraceValues(100_000);
    for (const size of [0, 1, 100, 100_000]) expect(again.of('k', size)).toEqual(values.of('k', size));
    expect(Buffer.from(values.of('godwit', 8)).toString('hex')).toBe('36c76e35a3de4984');
  });

  it('match their key at any size, and nothing else', () => {
    for (const size of [0, 1, 64, 100_000]) expect(matches('key', values.of('key', size))).toBe(true);
    expect(matches('other', values.of('key', 64))).toBe(false);
  });

  it('do not match when cut off, shifted, or altered in one bit', () => {
    const value = Uint8Array.from(values.of('key', 64));
    expect(matches('key', value.subarray(0, 63))).toBe(false);
    expect(matches('key', Uint8Array.of(...value.subarray(1), 0))).toBe(false);
    value[63]! ^= 1;
    expect(matches('key', value)).toBe(false);
  });

  it('larger than any that is stored match nothing', () => {
    expect(new TraceValues(16).matches('key', Buffer.alloc(20 * 2 ** 20), 0, 20 * 2 ** 20)).toBe(false);
  });
});
