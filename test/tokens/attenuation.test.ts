import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWithin } from '../../src/tokens/attenuation.ts';
import {
  type AuthorizationDetail,
  type AuthorizationDetails,
  authorizationDetailsSchema,
} from '../../src/tokens/authorization-details.ts';
import { Permissions } from '../../src/tokens/permissions.ts';
import { bytes } from './fixture.ts';

// Two letters make names, prefixes and keys collide often; `~` is in no selector, so it continues any of them freshly.
const letters = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength });
const cache = fc.oneof(fc.constant<'*'>('*'), letters(2));
const some = <Action>(...actions: Action[]) => fc.subarray(actions, { minLength: 1 });
const base64 = (text: string) => btoa(text).replaceAll('=', '');

const detail: fc.Arbitrary<AuthorizationDetail> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant<'cache'>('cache'),
      cache,
      item: fc.oneof(
        fc.constant<'*'>('*'),
        letters(3).map((key) => ({ key })),
        letters(3).map((key) => ({ key_base64: base64(key) })),
        letters(3).map((key) => ({ key_prefix: key })),
        letters(3).map((key) => ({ key_prefix_base64: base64(key) })),
      ),
      actions: some<'read' | 'write'>('read', 'write'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant<'topic'>('topic'),
      cache,
      topic: fc.oneof(
        fc.constant<'*'>('*'),
        letters(3).map((name) => ({ name })),
        letters(3).map((prefix) => ({ prefix })),
      ),
      actions: some<'publish' | 'subscribe'>('publish', 'subscribe'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant<'administration'>('administration'),
      caches: fc.oneof(
        cache,
        letters(2).map((prefix) => ({ prefix })),
      ),
      actions: some<'read' | 'write'>('read', 'write'),
    }),
  },
  fc.record({
    type: fc.constant<'token_issuance'>('token_issuance'),
    actions: some<'issue' | 'revoke' | 'list'>('issue', 'revoke', 'list'),
  }),
  fc.record({ type: fc.constant<'operations'>('operations'), actions: some<'read'>('read') }),
);
const details = fc.array(detail, { maxLength: 5 });
const detailsOrSuperUser = fc.oneof(
  { weight: 9, arbitrary: details },
  { weight: 1, arbitrary: details.map((list): AuthorizationDetails => [...list, { type: 'super_user' }]) },
);

const names = ['a', 'b', 'aa', 'ab', 'ba', 'bb', 'aaa', 'aab', 'aba', 'abb', 'baa', 'bab', 'bba', 'bbb'];
const continued = names.map((name) => `${name}~`);
const caches = [...names.slice(0, 6), ...continued.slice(0, 6), '~'];
const keys = [...names, ...continued, '~'];

/** Every operation over the little world above that these rights allow. */
function allowed(list: AuthorizationDetails): Set<string> {
  const permissions = new Permissions(authorizationDetailsSchema.parse(list));
  const operations = new Set<string>();
  const add = (may: boolean, ...operation: (string | null)[]) => may && operations.add(JSON.stringify(operation));
  for (const cacheName of caches) {
    const access = permissions.cacheAccess(cacheName);
    for (const key of keys) {
      add(access.mayRead(bytes(key)), 'read', cacheName, key);
      add(access.mayWrite(bytes(key)), 'write', cacheName, key);
      add(permissions.mayPublish(cacheName, key), 'publish', cacheName, key);
      add(permissions.maySubscribe(cacheName, key), 'subscribe', cacheName, key);
    }
  }
  for (const cacheName of [...caches, null]) {
    add(permissions.mayAdminister(cacheName, 'read'), 'administer read', cacheName);
    add(permissions.mayAdminister(cacheName, 'write'), 'administer write', cacheName);
  }
  add(permissions.mayIssue, 'issue');
  add(permissions.mayRevoke, 'revoke');
  add(permissions.mayList, 'list');
  add(permissions.mayReadOperations, 'operations');
  add(permissions.isSuperUser, 'super-user');
  return operations;
}

describe('attenuation', () => {
  test('says yes exactly when every operation of the request is one of the issuer', () => {
    let yes = 0;
    let no = 0;
    fc.assert(
      fc.property(detailsOrSuperUser, detailsOrSuperUser, (issuer, requested) => {
        const within = allowed(requested).isSubsetOf(allowed(issuer));
        if (within) yes++;
        else no++;
        expect(isWithin(issuer, requested)).toBe(within);
      }),
      { seed: 3, numRuns: 800 },
    );
    expect(Math.min(yes, no)).toBeGreaterThan(100);
  });

  test('what is cut out of the issuer’s own entries is within, and says so', () => {
    fc.assert(
      fc.property(details, fc.nat(), (issuer, pick) => {
        fc.pre(issuer.length > 0);
        const one = issuer[pick % issuer.length]!;
        expect(isWithin(issuer, [one])).toBe(true);
        if (one.type === 'cache' && one.item === '*') {
          expect(isWithin(issuer, [{ ...one, item: { key_prefix: 'any' } }])).toBe(true);
        }
      }),
      { seed: 4, numRuns: 500 },
    );
  });

  test('is transitive, so a chain of issuers never widens', () => {
    fc.assert(
      fc.property(details, details, details, (a, b, c) => {
        if (isWithin(a, b) && isWithin(b, c)) expect(isWithin(a, c)).toBe(true);
      }),
      { seed: 5, numRuns: 2_000 },
    );
  });

  test.each<[string, AuthorizationDetail, AuthorizationDetail, boolean]>([
    ['a key under its prefix', item({ key_prefix: 'a' }), item({ key: 'ab' }), true],
    ['the key that is the prefix', item({ key_prefix: 'a' }), item({ key: 'a' }), true],
    ['a longer prefix', item({ key_prefix: 'a' }), item({ key_prefix_base64: 'YWI' }), true],
    ['a shorter prefix', item({ key_prefix: 'ab' }), item({ key_prefix: 'a' }), false],
    ['a prefix from a key', item({ key: 'a' }), item({ key_prefix: 'a' }), false],
    ['everything from a prefix', item({ key_prefix: 'a' }), item('*'), false],
    ['another Unicode form', item({ key: 'caf\u00e9' }), item({ key: 'cafe\u0301' }), false],
    [
      'all caches from one',
      { type: 'cache', cache: 'c', actions: ['read'] },
      { type: 'cache', cache: '*', actions: ['read'] },
      false,
    ],
    ['topics from a cache right', item('*'), { type: 'topic', cache: 'c', actions: ['subscribe'] }, false],
  ])('%s', (_name, issuer, requested, within) => {
    expect(isWithin([issuer], [requested])).toBe(within);
  });

  test('read of one entry and write of another make read-write on their overlap', () => {
    const issuer: AuthorizationDetails = [
      { type: 'cache', cache: '*', actions: ['read'] },
      { type: 'cache', cache: 'c', item: { key_prefix: 'a' }, actions: ['write'] },
    ];
    expect(isWithin(issuer, [{ type: 'cache', cache: 'c', item: { key: 'ab' }, actions: ['read', 'write'] }])).toBe(
      true,
    );
    expect(isWithin(issuer, [{ type: 'cache', cache: 'c', item: { key: 'b' }, actions: ['read', 'write'] }])).toBe(
      false,
    );
  });
});

function item(selector: Extract<AuthorizationDetail, { type: 'cache' }>['item']): AuthorizationDetail {
  return { type: 'cache', cache: 'c', ...(selector === undefined ? {} : { item: selector }), actions: ['read'] };
}
