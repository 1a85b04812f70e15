import { describe, expect, test } from 'vitest';
import { authorizationDetailsSchema, expandRole, selectorIdOf } from '../../src/tokens/authorization-details.ts';

const accepted = (list: unknown): boolean => authorizationDetailsSchema.safeParse(list).success;
const cache = { type: 'cache', cache: 'c', actions: ['read'] };

describe('authorization_details: form', () => {
  test('accepts every documented entry', () => {
    const entries = [
      { type: 'cache', cache: '*', actions: ['read', 'write'] },
      { type: 'cache', cache: 'c', item: '*', actions: ['read'] },
      { type: 'cache', cache: 'c', item: { key: 'k' }, actions: ['write'] },
      { type: 'cache', cache: 'c', item: { key_base64: '_-8' }, actions: ['write'] },
      { type: 'cache', cache: 'c', item: { key_base64: '_-8=' }, actions: ['write'] },
      { type: 'cache', cache: 'c', item: { key_prefix: 'user:' }, actions: ['read'] },
      { type: 'cache', cache: 'c', item: { key_prefix_base64: 'AA' }, actions: ['read'] },
      { type: 'topic', cache: 'c', actions: ['publish'] },
      { type: 'topic', cache: '*', topic: { name: 'chat' }, actions: ['publish', 'subscribe'] },
      { type: 'topic', cache: 'c', topic: { prefix: 'room/' }, actions: ['subscribe'] },
      { type: 'administration', actions: ['read'] },
      { type: 'administration', caches: { prefix: 'tmp-' }, actions: ['read', 'write'] },
      { type: 'token_issuance', actions: ['issue', 'revoke', 'list'] },
      { type: 'operations', actions: ['read'] },
      { type: 'super_user' },
    ];
    expect(entries.filter((entry) => !accepted([entry]))).toEqual([]);
    expect(accepted([])).toBe(true);
  });

  test.each([
    ['an unknown type', { ...cache, type: 'caches' }],
    ['an unknown field', { ...cache, until: 1 }],
    ['an unknown action', { ...cache, actions: ['read', 'list'] }],
    ['an action of another type', { ...cache, actions: ['publish'] }],
    ['an action twice', { ...cache, actions: ['read', 'read'] }],
    ['no action', { ...cache, actions: [] }],
    ['an unknown selector', { ...cache, item: { key_suffix: 'a' } }],
    ['two selectors in one', { ...cache, item: { key: 'a', key_prefix: 'b' } }],
    ['an empty key', { ...cache, item: { key: '' } }],
    ['an empty prefix', { ...cache, item: { key_prefix: '' } }],
    ['empty base64', { ...cache, item: { key_base64: '' } }],
    ['padding alone', { ...cache, item: { key_base64: '==' } }],
    ['base64 with set trailing bits', { ...cache, item: { key_base64: 'AB' } }],
    ['the standard alphabet', { ...cache, item: { key_base64: '+/8' } }],
    ['whitespace in base64', { ...cache, item: { key_base64: 'AA AA' } }],
    ['a lone surrogate in a key', { ...cache, item: { key: 'a\ud800' } }],
    ['a key over the limit in bytes', { ...cache, item: { key: 'é'.repeat(1_025) } }],
    ['a base64 key over the limit', { ...cache, item: { key_base64: 'AAAA'.repeat(683) } }],
    ['no cache', { type: 'cache', actions: ['read'] }],
    ['an empty cache name', { ...cache, cache: '' }],
    ['a cache name with a slash', { ...cache, cache: 'a/b' }],
    ['a cache name with a star in it', { ...cache, cache: 'a*' }],
    ['a list instead of a name', { ...cache, cache: ['c'] }],
    ['super_user with a field', { type: 'super_user', cache: 'c' }],
    ['null', null],
    ['a text', 'cache'],
  ])('one entry with %s makes the whole list invalid', (_name, entry) => {
    expect(accepted([cache, entry])).toBe(false);
  });

  test('20 entries are accepted, 21 are not', () => {
    const entries = Array.from({ length: 21 }, (_, i) => ({ ...cache, cache: `c${i}` }));
    expect(accepted(entries.slice(1))).toBe(true);
    expect(accepted(entries)).toBe(false);
  });
});

describe('authorization_details: roles and identity', () => {
  test('a role stands for its entry', () => {
    expect(expandRole({ role: 'readonly', cache: 'c', item: { key: 'k' } })).toEqual({
      type: 'cache',
      cache: 'c',
      item: { key: 'k' },
      actions: ['read'],
    });
    expect(expandRole({ role: 'readwrite', cache: '*' })).toEqual({
      type: 'cache',
      cache: '*',
      actions: ['read', 'write'],
    });
    expect(expandRole({ role: 'writeonly', cache: 'c' })).toMatchObject({ actions: ['write'] });
    expect(expandRole({ role: 'publishsubscribe', cache: 'c', topic: { prefix: 't' } })).toEqual({
      type: 'topic',
      cache: 'c',
      topic: { prefix: 't' },
      actions: ['publish', 'subscribe'],
    });
    expect(expandRole({ role: 'publishonly', cache: 'c' })).toMatchObject({ actions: ['publish'] });
    expect(expandRole({ role: 'subscribeonly', cache: 'c' })).toMatchObject({ actions: ['subscribe'] });
  });

  test('the same selector in two spellings has one id; a name and a prefix have two', () => {
    const id = (item: object | string | undefined) =>
      selectorIdOf(authorizationDetailsSchema.parse([{ ...cache, ...(item === undefined ? {} : { item }) }])[0]!);
    expect(id({ key: 'a' })).toBe(id({ key_base64: 'YQ==' }));
    expect(id({ key_prefix: 'a' })).toBe(id({ key_prefix_base64: 'YQ' }));
    expect(id('*')).toBe(id(undefined));
    expect(id({ key: 'a' })).not.toBe(id({ key_prefix: 'a' }));
    expect(id({ key: '*' })).not.toBe(id('*'));
  });
});
