import { describe, expect, test } from 'vitest';
import {
  formatBytes,
  parseBaseUrl,
  parseBytes,
  parseDuration,
  parseInteger,
  parseList,
  parseNumber,
  parseSwitch,
} from '../../src/cli/option-values.ts';

describe('sizes', () => {
  test.each([
    ['0', 0],
    ['123', 123],
    ['1B', 1],
    ['1KB', 1_000],
    ['1KiB', 1_024],
    ['1GB', 1_000_000_000],
    ['1gib', 1_073_741_824],
    ['1.5GiB', 1_610_612_736],
    ['512 MiB', 536_870_912],
    ['0.3KB', 300],
    ['2TB', 2_000_000_000_000],
  ])('%s is %i bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', 'GB', '-1GB', '1G', '1 000', '1e9', '0x10', '1,5GB', 'NaN', 'Infinity', '999999999999999TB'])(
    'refuses %j',
    (text) => {
      expect(() => parseBytes(text)).toThrow('expected a size such as 512MiB or 1GB');
    },
  );

  test('print short and with a binary unit', () => {
    expect([0, 1023, 1024, 1536, 32 * 2 ** 20, 2 ** 30].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1 KiB',
      '1.5 KiB',
      '32 MiB',
      '1 GiB',
    ]);
  });
});

describe('times', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['10', 10_000],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', 's', '-1s', '1w', '1h30m', 'soon'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('expected a time');
  });
});

describe('other forms', () => {
  test('whole numbers: refuses fractions, exponents and words', () => {
    expect(parseInteger('-12')).toBe(-12);
    for (const text of ['1.5', '1e3', 'ten', '', ' 1', '0x1f']) expect(() => parseInteger(text)).toThrow();
  });

  test('numbers: take fractions, refuse signs, exponents and words', () => {
    expect(['0', '0.25', '12'].map(parseNumber)).toEqual([0, 0.25, 12]);
    for (const text of ['-1', '+1', '1e-9', '.5', '1.', '0,5', 'NaN', '', ' 1', 'half']) {
      expect(() => parseNumber(text)).toThrow('expected a number such as 0.25');
    }
  });

  test('switches: take the usual words, in any case', () => {
    expect(['1', 'true', 'YES', 'on'].map(parseSwitch)).toEqual([true, true, true, true]);
    expect(['0', 'False', 'no', 'OFF'].map(parseSwitch)).toEqual([false, false, false, false]);
    expect(() => parseSwitch('maybe')).toThrow('expected true or false');
  });

  test('lists: refuse empty and repeated parts', () => {
    expect(parseList('a, b,c')).toEqual(['a', 'b', 'c']);
    for (const text of ['', 'a,,b', 'a,', 'a,a']) expect(() => parseList(text)).toThrow();
  });

  test('URLs: keep a path, drop its last slash, refuse credentials and other schemes', () => {
    expect(parseBaseUrl('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080');
    expect(parseBaseUrl('https://cache.example/base/')).toBe('https://cache.example/base');
    for (const text of ['ftp://x', 'x', 'http://u:p@x', 'http://x/?a=1', 'http://x/#a']) {
      expect(() => parseBaseUrl(text)).toThrow('expected a URL');
    }
  });
});
