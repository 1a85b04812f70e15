import { describe, expect, test } from 'vitest';
import type { AuthorizationDetails } from '../../src/tokens/authorization-details.ts';
import { accessClaimsSchema } from '../../src/tokens/claims.ts';
import { parseIssueRequest, refreshClaimsFor, renewToken } from '../../src/tokens/issue.ts';
import { tokenLimits } from '../../src/tokens/limits.ts';
import type { Session } from '../../src/tokens/session.ts';
import { signRefreshToken } from '../../src/tokens/signing-keys.ts';
import { Fleet, issuer, readAll } from './fixture.ts';

const day = 86_400;
const minting: AuthorizationDetails[number] = { type: 'token_issuance', actions: ['issue'] };
const tmp: AuthorizationDetails[number] = { type: 'cache', cache: 'tmp', actions: ['read', 'write'] };
const denied = expect.objectContaining({ code: 'permission_denied' });
const invalid = expect.objectContaining({ code: 'invalid_argument' });

describe('issue: claims', () => {
  test('a token carries what was asked for, its issuer as parent, and the fleet’s names', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims(readAll, { token_id: 'phone', subject: 'ada', expires_in_seconds: 60 });
    expect(claims).toEqual({
      iss: issuer,
      aud: 'godwit',
      sub: 'ada',
      client_id: 'admin',
      account: 'main',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: fleet.nowSeconds,
      exp: fleet.nowSeconds + 60,
      token_id: 'phone',
      parent: fleet.admin.jti,
      authorization_details: readAll,
    });
    expect(fleet.claims(readAll).jti).not.toBe(claims.jti);
    expect(fleet.claims(readAll).sub).toBe('admin');
  });

  test('expires_at is taken as it is', async () => {
    const fleet = await Fleet.start();
    expect(fleet.claims(readAll, { expires_at: fleet.nowSeconds + 5 }).exp).toBe(fleet.nowSeconds + 5);
  });

  test('roles are written out', async () => {
    const fleet = await Fleet.start();
    const request = parseIssueRequest({
      authorization_details: [
        { role: 'writeonly', cache: 'c' },
        { role: 'subscribeonly', cache: 'c', topic: { name: 't' } },
      ],
      expires_in_seconds: 1,
    });
    const claims = fleet.claims([], request);
    expect(claims.authorization_details).toEqual([
      { type: 'cache', cache: 'c', actions: ['write'] },
      { type: 'topic', cache: 'c', topic: { name: 't' }, actions: ['subscribe'] },
    ]);
    expect(accessClaimsSchema.parse(claims)).toEqual(claims);
  });
});

describe('issue: expiry', () => {
  test('is mandatory, given once, and in the future', async () => {
    const fleet = await Fleet.start();
    const withExpiry = (more: object) => () =>
      fleet.claims(readAll, { expires_in_seconds: undefined, ...more } as never);
    expect(withExpiry({})).toThrow(invalid);
    expect(withExpiry({ expires_in_seconds: 5, expires_at: fleet.nowSeconds + 5 })).toThrow(invalid);
    expect(withExpiry({ expires_at: fleet.nowSeconds })).toThrow(invalid);
    expect(withExpiry({ expires_at: fleet.nowSeconds + 1 })).not.toThrow();
  });

  test('a token lives at most ten years', async () => {
    const fleet = await Fleet.start();
    const max = tokenLimits.lifetimeSecondsMax;
    expect(fleet.claims(readAll, { expires_in_seconds: max }).exp).toBe(fleet.nowSeconds + max);
    expect(() => fleet.claims(readAll, { expires_in_seconds: max + 1 })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', extra: { limit: max, actual: max + 1 } }),
    );
  });

  test('a token never outlives its issuer, to the second', async () => {
    const fleet = await Fleet.start();
    const minter = await fleet.session([minting, tmp], { expires_in_seconds: 100 });
    fleet.clock.advance(40_000);
    expect(fleet.claims([tmp], { expires_in_seconds: 60 }, minter).exp).toBe(minter.claims.exp);
    expect(() => fleet.claims([tmp], { expires_in_seconds: 61 }, minter)).toThrow(denied);
  });
});

describe('issue: rights', () => {
  test('who may not issue, issues nothing', async () => {
    const fleet = await Fleet.start();
    const reader = await fleet.session([tmp, { type: 'token_issuance', actions: ['revoke', 'list'] }]);
    expect(() => fleet.claims([tmp], {}, reader)).toThrow(denied);
  });

  test('a minter gives what it has and nothing more', async () => {
    const fleet = await Fleet.start();
    const minter = await fleet.session([minting, tmp], { expires_in_seconds: day });
    expect(fleet.claims([tmp], {}, minter).parent).toBe(minter.jti);
    for (const more of [
      readAll,
      [{ ...tmp, cache: 'tmp2' }],
      [{ type: 'operations', actions: ['read'] }],
      [{ type: 'administration', actions: ['read'] }],
      [{ type: 'token_issuance', actions: ['issue', 'revoke'] }],
      [{ type: 'super_user' }],
      [tmp, { type: 'topic', cache: 'tmp', actions: ['publish'] }],
    ] as AuthorizationDetails[]) {
      expect(() => fleet.claims(more, {}, minter)).toThrow(denied);
    }
  });

  test('super_user is not issued, not even by the super-user', async () => {
    const fleet = await Fleet.start();
    expect(() => fleet.claims([{ type: 'super_user' }])).toThrow(denied);
  });

  test('only the super-user issues for another account', async () => {
    const fleet = await Fleet.start();
    const minter = await fleet.session([minting, tmp], { account: 'other', expires_in_seconds: day });
    expect(minter.account).toBe('other');
    expect(fleet.claims([tmp], {}, minter).account).toBe('other');
    expect(fleet.claims([tmp], { account: 'other' }, minter).account).toBe('other');
    expect(() => fleet.claims([tmp], { account: 'main' }, minter)).toThrow(denied);
  });

  test('the same selector twice is refused, in whatever spelling; the same cache with two selectors is not', async () => {
    const fleet = await Fleet.start();
    const entry = (item: object) => ({ ...tmp, item, actions: ['read'] }) as AuthorizationDetails[number];
    expect(() => fleet.claims([entry({ key: 'a' }), entry({ key_base64: 'YQ' })])).toThrow(invalid);
    expect(() => fleet.claims([tmp, { ...tmp, actions: ['read'] } as never])).toThrow(invalid);
    expect(() => fleet.claims([minting, { type: 'token_issuance', actions: ['list'] }])).toThrow(invalid);
    expect(fleet.claims([entry({ key: 'a' }), entry({ key_prefix: 'a' })]).authorization_details).toHaveLength(2);
  });

  test('a chain of issuers carries every ancestor, and has an end', async () => {
    const fleet = await Fleet.start();
    const chain: Session[] = [fleet.admin];
    for (let i = 0; i <= tokenLimits.ancestorsMax; i++) {
      chain.unshift(await fleet.session([minting, tmp], {}, chain[0]));
    }
    expect([chain[0]!.parent, ...chain[0]!.claims.ancestors!]).toEqual(chain.slice(1).map((session) => session.jti));
    expect(() => fleet.claims([tmp], {}, chain[0])).toThrow(denied);
  });
});

describe('issue: disposable tokens', () => {
  test('live 25 hours at most', async () => {
    const fleet = await Fleet.start();
    expect(fleet.claims(readAll, { disposable: true, expires_in_seconds: 90_000 })).toMatchObject({ disposable: true });
    expect(() => fleet.claims(readAll, { disposable: true, expires_in_seconds: 90_001 })).toThrow(
      expect.objectContaining({ code: 'invalid_argument', extra: { limit: 90_000, actual: 90_001 } }),
    );
  });

  test('reach data only', async () => {
    const fleet = await Fleet.start();
    for (const detail of [
      minting,
      { type: 'administration', actions: ['read'] },
      { type: 'operations', actions: ['read'] },
    ] as AuthorizationDetails) {
      expect(() => fleet.claims([tmp, detail], { disposable: true })).toThrow(invalid);
    }
    expect(() => fleet.claims([{ type: 'super_user' }], { disposable: true })).toThrow(denied);
    expect(
      fleet.claims([tmp, { type: 'topic', cache: 'tmp', actions: ['publish'] }], { disposable: true }),
    ).toBeTruthy();
  });

  test('have no refresh token', async () => {
    const fleet = await Fleet.start();
    expect(refreshClaimsFor(fleet.claims(readAll, { disposable: true }), fleet.admin)).toBeUndefined();
    expect(refreshClaimsFor(fleet.admin.claims, fleet.admin)).toBeUndefined();
  });
});

describe('issue: refresh', () => {
  test('gives the same id, rights and duration, counted from now, as often as asked', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims([tmp], { expires_in_seconds: 600, token_id: 't', subject: 's' });
    let text = await signRefreshToken(refreshClaimsFor(claims, fleet.admin)!, fleet.key);
    for (let i = 1; i <= 3; i++) {
      fleet.clock.advance(599_000);
      const { access, refresh } = renewToken(await fleet.verifier.verifyRefresh(text), fleet.clock.wallMs());
      expect(access).toEqual({ ...claims, iat: claims.iat + 599 * i, exp: claims.iat + 599 * i + 600 });
      expect(accessClaimsSchema.parse(access)).toEqual(access);
      text = await signRefreshToken(refresh, fleet.key);
    }
    fleet.clock.advance(600_000);
    await expect(fleet.verifier.verifyRefresh(text)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  test('never outlives the issuer, however often it is renewed', async () => {
    const fleet = await Fleet.start();
    const minter = await fleet.session([minting, tmp], { expires_in_seconds: 1_000 });
    let refresh = refreshClaimsFor(fleet.claims([tmp], { expires_in_seconds: 600 }, minter), minter)!;
    fleet.clock.advance(500_000);
    for (let i = 0; i < 3; i++) refresh = renewToken(refresh, fleet.clock.wallMs()).refresh;
    expect(refresh.exp).toBe(minter.claims.exp);
  });
});

describe('issue: requests from outside', () => {
  const request = { authorization_details: readAll, expires_in_seconds: 60 };

  test('a good one is parsed', () => {
    expect(parseIssueRequest({ ...request, token_id: 't'.repeat(64) })).toMatchObject({ expires_in_seconds: 60 });
  });

  test.each([
    ['no permissions', { ...request, authorization_details: [] }, 'authorization_details'],
    [
      'too many permissions',
      { ...request, authorization_details: Array(21).fill(readAll[0]) },
      'authorization_details',
    ],
    ['a token_id of 65', { ...request, token_id: 't'.repeat(65) }, 'token_id'],
    ['an empty token_id', { ...request, token_id: '' }, 'token_id'],
    ['a line break in token_id', { ...request, token_id: 'a\r\nid: 7' }, 'token_id'],
    ['a lone surrogate in token_id', { ...request, token_id: '\udc00' }, 'token_id'],
    ['an expiry of text', { ...request, expires_in_seconds: '60' }, 'expires_in_seconds'],
    ['a broken expiry', { ...request, expires_in_seconds: 1.5 }, 'expires_in_seconds'],
    ['no time at all', { ...request, expires_in_seconds: 0 }, 'expires_in_seconds'],
    [
      'an expiry that is not finite',
      { ...request, expires_in_seconds: Number.POSITIVE_INFINITY },
      'expires_in_seconds',
    ],
    [
      'an unknown action',
      { ...request, authorization_details: [{ ...readAll[0], actions: ['purge'] }] },
      '[0].actions[0]',
    ],
    ['a bad selector', { ...request, authorization_details: [{ ...tmp, item: { key: '' } }] }, '[0].item.key'],
    ['an account with a slash', { ...request, account: 'a/b' }, 'account'],
    ['an unknown field', { ...request, admin: true }, 'unknown'],
    ['nothing', undefined, 'missing'],
    ['a list', [], 'malformed'],
  ])('%s: invalid_argument that names the place', (_name, body, place) => {
    expect(() => parseIssueRequest(body)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', message: expect.stringContaining(place) }),
    );
  });

  test('the message has nothing of the values', () => {
    const body = {
      ...request,
      authorization_details: [{ type: 'cache', cache: 'sec/ret', item: { key: 'hidden' }, actions: ['x'] }],
    };
    try {
      parseIssueRequest(body);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toMatch(/sec\/ret|hidden/);
    }
  });
});
