import { describe, expect, test } from 'vitest';
import { type AuthorizationDetails, authorizationDetailsSchema } from '../../src/tokens/authorization-details.ts';
import { Permissions } from '../../src/tokens/permissions.ts';
import { bytes } from './fixture.ts';

const compile = (...details: AuthorizationDetails) => new Permissions(authorizationDetailsSchema.parse(details));

describe('permissions: caches', () => {
  test('a token for cache A says nothing about cache B, nor about names that start or end alike', () => {
    const permissions = compile({ type: 'cache', cache: 'a', actions: ['read', 'write'] });
    expect(permissions.cacheAccess('a')).toMatchObject({ readAll: true, writeAll: true, none: false });
    for (const other of ['b', 'A', 'ab', 'a:', 'xa', '', '*', 'a/', '__proto__', 'constructor']) {
      expect(permissions.cacheAccess(other)).toMatchObject({ readAll: false, writeAll: false, none: true });
      expect(permissions.cacheAccess(other).mayRead(bytes('k'))).toBe(false);
    }
  });

  test('reading does not write, writing does not read, and neither publishes or administers', () => {
    const reader = compile({ type: 'cache', cache: '*', actions: ['read'] });
    const writer = compile({ type: 'cache', cache: '*', actions: ['write'] });
    expect(reader.cacheAccess('c').mayRead(bytes('k'))).toBe(true);
    expect(reader.cacheAccess('c').mayWrite(bytes('k'))).toBe(false);
    expect(writer.cacheAccess('c').mayRead(bytes('k'))).toBe(false);
    expect(writer.cacheAccess('c').mayWrite(bytes('k'))).toBe(true);
    for (const permissions of [reader, writer]) {
      expect(permissions.mayPublish('c', 't') || permissions.maySubscribe('c', 't')).toBe(false);
      expect(permissions.mayAdminister('c', 'read') || permissions.mayAdminister(null, 'read')).toBe(false);
      expect(permissions.mayIssue || permissions.mayRevoke || permissions.mayList).toBe(false);
      expect(permissions.mayReadOperations || permissions.isSuperUser).toBe(false);
    }
  });

  test('a prefix selects by bytes: `user:1` selects `user:10`, not `user:2`, `User:1` or `user:`', () => {
    const access = compile({
      type: 'cache',
      cache: 'c',
      item: { key_prefix: 'user:1' },
      actions: ['read'],
    }).cacheAccess('c');
    expect(['user:1', 'user:10', 'user:1\0'].map((key) => access.mayRead(bytes(key)))).toEqual([true, true, true]);
    expect(['user:2', 'User:1', 'user:', '', 'xuser:1'].map((key) => access.mayRead(bytes(key)))).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    expect(access).toMatchObject({ readAll: false, writeAll: false, none: false });
  });

  test('a prefix may end inside a UTF-8 character, and any byte is compared as it is', () => {
    const access = compile({
      type: 'cache',
      cache: 'c',
      item: { key_prefix_base64: 'w__A' },
      actions: ['write'],
    }).cacheAccess('c');
    expect(access.mayWrite(Uint8Array.of(0xc3, 0xff, 0xc0, 0x00))).toBe(true);
    expect(access.mayWrite(Uint8Array.of(0xc3, 0xff))).toBe(false);
    expect(access.mayWrite(Uint8Array.of(0x43, 0xff, 0xc0))).toBe(false);
  });

  test('a key is itself alone: no longer one, no other Unicode form, no decoded or encoded form', () => {
    const access = compile({ type: 'cache', cache: 'c', item: { key: 'caf\u00e9/..' }, actions: ['read'] }).cacheAccess(
      'c',
    );
    expect(access.mayRead(bytes('caf\u00e9/..'))).toBe(true);
    for (const key of [
      'cafe\u0301/..',
      'caf%C3%A9/..',
      'caf\u00e9%2F..',
      'caf\u00e9/..\0',
      'caf\u00e9',
      '',
      'CAF\u00c9/..',
    ]) {
      expect(access.mayRead(bytes(key))).toBe(false);
    }
  });

  test('`*` as the name of a key or topic is a name, not everything', () => {
    const permissions = compile(
      { type: 'cache', cache: 'c', item: { key: '*' }, actions: ['read'] },
      { type: 'topic', cache: 'c', topic: { name: '*' }, actions: ['publish'] },
    );
    expect(permissions.cacheAccess('c').mayRead(bytes('a'))).toBe(false);
    expect(permissions.cacheAccess('c').mayRead(bytes('*'))).toBe(true);
    expect(permissions.mayPublish('c', 'a')).toBe(false);
    expect(permissions.mayPublish('c', '*')).toBe(true);
  });

  test('entries are a union: of `*` and a name, of selectors, of actions', () => {
    const permissions = compile(
      { type: 'cache', cache: '*', item: { key_prefix: 'pub/' }, actions: ['read'] },
      { type: 'cache', cache: 'c', item: { key: 'x' }, actions: ['read', 'write'] },
      { type: 'cache', cache: 'd', actions: ['write'] },
    );
    expect(permissions.cacheAccess('c').mayRead(bytes('pub/1'))).toBe(true);
    expect(permissions.cacheAccess('c').mayRead(bytes('x'))).toBe(true);
    expect(permissions.cacheAccess('c').mayWrite(bytes('pub/1'))).toBe(false);
    expect(permissions.cacheAccess('d').mayRead(bytes('pub/1'))).toBe(true);
    expect(permissions.cacheAccess('d').mayRead(bytes('x'))).toBe(false);
    expect(permissions.cacheAccess('d').writeAll).toBe(true);
    expect(permissions.cacheAccess('e').mayRead(bytes('pub/1'))).toBe(true);
    expect(permissions.cacheAccess('e').mayWrite(bytes('pub/1'))).toBe(false);
  });

  test('asking for many caches keeps nothing: an unnamed cache shares one answer', () => {
    const permissions = compile({ type: 'cache', cache: '*', actions: ['read'] });
    expect(permissions.cacheAccess('one')).toBe(permissions.cacheAccess('two'));
  });

  test('the empty list grants nothing', () => {
    const permissions = compile();
    expect(permissions.cacheAccess('c').none).toBe(true);
    expect(permissions.mayPublish('c', 't') || permissions.maySubscribe('c', 't')).toBe(false);
    expect(permissions.mayAdminister(null, 'read') || permissions.mayAdminister('c', 'write')).toBe(false);
    expect(permissions.mayIssue || permissions.mayReadOperations || permissions.isSuperUser).toBe(false);
  });
});

describe('permissions: topics, administration, tokens', () => {
  test('a prefix of topics needs one grant that covers all of it, not some of them or one beside it', () => {
    const permissions = compile(
      { type: 'topic', cache: 'c', topic: { prefix: 'chat-' }, actions: ['subscribe'] },
      { type: 'topic', cache: 'c', topic: { name: 'news' }, actions: ['subscribe'] },
      { type: 'topic', cache: 'c', actions: ['publish'] },
      { type: 'topic', cache: 'all', actions: ['subscribe'] },
    );
    const granted = (cache: string, prefixes: string[]) =>
      prefixes.filter((prefix) => permissions.maySubscribePrefix(cache, prefix));
    expect(granted('c', ['', 'c', 'chat', 'chat-', 'chat-1', 'news', 'news/'])).toEqual(['chat-', 'chat-1']);
    expect(granted('all', ['', 'news'])).toEqual(['', 'news']);
    expect(granted('other', ['', 'chat-'])).toEqual([]);
    expect(compile({ type: 'super_user' }).maySubscribePrefix('any', '')).toBe(true);
  });

  test('publishing somewhere in a cache is told apart from publishing nowhere', () => {
    const permissions = compile(
      { type: 'topic', cache: 'c', topic: { name: 'news' }, actions: ['publish'] },
      { type: 'topic', cache: 'd', actions: ['subscribe'] },
    );
    expect(['c', 'd', 'cc', ''].filter((cache) => permissions.mayPublishSome(cache))).toEqual(['c']);
    expect(compile({ type: 'super_user' }).mayPublishSome('any')).toBe(true);
  });

  test('publishing does not subscribe, and a topic right reads no cache', () => {
    const permissions = compile({ type: 'topic', cache: 'c', topic: { prefix: 'room/' }, actions: ['publish'] });
    expect(permissions.mayPublish('c', 'room/1')).toBe(true);
    expect(permissions.maySubscribe('c', 'room/1')).toBe(false);
    expect(permissions.mayPublish('c', 'room')).toBe(false);
    expect(permissions.mayPublish('d', 'room/1')).toBe(false);
    expect(permissions.cacheAccess('c').none).toBe(true);
  });

  test('administration is by cache; all caches at once need the `*`', () => {
    const one = compile({ type: 'administration', caches: { prefix: 'tmp-' }, actions: ['write'] });
    expect(one.mayAdminister('tmp-1', 'write')).toBe(true);
    expect(one.mayAdminister('tmp-1', 'read')).toBe(false);
    expect(one.mayAdminister('prod', 'write')).toBe(false);
    expect(one.mayAdminister(null, 'write')).toBe(false);
    const all = compile({ type: 'administration', actions: ['read'] });
    expect(all.mayAdminister(null, 'read')).toBe(true);
    expect(all.mayAdminister('prod', 'read')).toBe(true);
    expect(all.cacheAccess('prod').none).toBe(true);
  });

  test('issuing, revoking, listing and operations are separate', () => {
    const issue = compile({ type: 'token_issuance', actions: ['issue'] });
    expect([issue.mayIssue, issue.mayRevoke, issue.mayList, issue.mayReadOperations]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const rest = compile(
      { type: 'token_issuance', actions: ['revoke', 'list'] },
      { type: 'operations', actions: ['read'] },
    );
    expect([rest.mayIssue, rest.mayRevoke, rest.mayList, rest.mayReadOperations]).toEqual([false, true, true, true]);
  });

  test('the super-user may do everything, whatever else its list narrows', () => {
    const permissions = compile({ type: 'cache', cache: 'c', actions: ['read'] }, { type: 'super_user' });
    expect(permissions.cacheAccess('c')).toMatchObject({ readAll: true, writeAll: true });
    expect(permissions.mayPublish('x', 'y') && permissions.maySubscribe('x', 'y')).toBe(true);
    expect(permissions.mayAdminister(null, 'write')).toBe(true);
    expect(permissions.mayIssue && permissions.mayRevoke && permissions.mayList).toBe(true);
    expect(permissions.mayReadOperations && permissions.isSuperUser).toBe(true);
  });
});
