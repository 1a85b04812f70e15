import { describe, expect, test, vi } from 'vitest';
import type { AuthorizationDetails } from '../../src/tokens/authorization-details.ts';
import { refreshClaimsFor } from '../../src/tokens/issue.ts';
import { tokenLimits } from '../../src/tokens/limits.ts';
import { generateSigningKey, signAccessToken, signRefreshToken } from '../../src/tokens/signing-keys.ts';
import { TokenVerifier } from '../../src/tokens/verifier.ts';
import { bytes, Fleet, issuer, isTheOneRefusal, readAll } from './fixture.ts';

const minter: AuthorizationDetails = [{ type: 'token_issuance', actions: ['issue'] }, ...readAll];

/** Counts the runtime's signature checks made by `action`. */
async function signatureChecks(action: () => Promise<unknown>): Promise<number> {
  const spy = vi.spyOn(crypto.subtle, 'verify');
  try {
    await action();
    return spy.mock.calls.length;
  } finally {
    spy.mockRestore();
  }
}

describe('verifier: sessions', () => {
  test('a good token becomes a session with its rights', async () => {
    const fleet = await Fleet.start();
    const session = await fleet.session(readAll, { token_id: 'phone', subject: 'ada', disposable: true });
    expect(session).toMatchObject({
      account: 'main',
      subject: 'ada',
      tokenId: 'phone',
      expiresAtMs: fleet.clock.wallMs() + 3_600_000,
      disposable: true,
      parent: fleet.admin.jti,
      revoked: false,
    });
    expect(session.permissions.cacheAccess('c').mayRead(bytes('k'))).toBe(true);
  });

  test('the admin key has no end', async () => {
    const fleet = await Fleet.start();
    expect(fleet.admin).toMatchObject({ expiresAtMs: Number.POSITIVE_INFINITY, parent: undefined, tokenId: undefined });
    expect(fleet.admin.permissions.isSuperUser).toBe(true);
  });

  test('before the first update nothing is valid', async () => {
    const fleet = await Fleet.start();
    const verifier = new TokenVerifier({ clock: fleet.clock });
    const refusal = await verifier.verify(await fleet.token(readAll)).catch((error: unknown) => error);
    expect(isTheOneRefusal(refusal)).toBe(true);
  });

  test('a session lives to its expiry and not a millisecond longer', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll, { expires_in_seconds: 10 });
    const session = await fleet.verifier.verify(text);
    fleet.clock.advance(9_999);
    expect(fleet.verifier.cached(text)).toBe(session);
    fleet.clock.advance(1);
    expect(fleet.verifier.cached(text)).toBeUndefined();
    expect(await fleet.refuses(text)).toBe(true);
  });
});

describe('verifier: cache', () => {
  test('a token is checked once; unverified text is not in the cache', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    expect(fleet.verifier.cached(text)).toBeUndefined();
    expect(
      await signatureChecks(async () => {
        const session = await fleet.verifier.verify(text);
        expect(fleet.verifier.cached(text)).toBe(session);
        expect(await fleet.verifier.verify(text)).toBe(session);
      }),
    ).toBe(1);
  });

  test('concurrent calls with one text share one check and one session', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    let sessions: unknown[] = [];
    expect(
      await signatureChecks(async () => {
        sessions = await Promise.all(Array.from({ length: 50 }, () => fleet.verifier.verify(text)));
      }),
    ).toBe(1);
    expect(new Set(sessions).size).toBe(1);
  });

  test('concurrent calls with one bad text share the check and the refusal', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.forge({ ...fleet.header }, { ...fleet.claims(readAll), aud: 'other' });
    expect(
      await signatureChecks(async () => {
        const results = await Promise.all(Array.from({ length: 20 }, () => fleet.refuses(text)));
        expect(results.every(Boolean)).toBe(true);
      }),
    ).toBe(1);
  });

  test('is bounded: the oldest goes, and is verified again when it comes back', async () => {
    const fleet = await Fleet.start({ cacheEntriesMax: 3 });
    const texts = await Promise.all([1, 2, 3, 4].map(() => fleet.token(readAll)));
    for (const text of texts) await fleet.verifier.verify(text);
    expect(fleet.verifier.cachedCount).toBe(3);
    expect(texts.map((text) => fleet.verifier.cached(text) !== undefined)).toEqual([false, true, true, true]);
    expect(await signatureChecks(() => fleet.verifier.verify(texts[0]!))).toBe(1);
    expect(fleet.verifier.cachedCount).toBe(3);
  });

  test('an update drops what has expired', async () => {
    const fleet = await Fleet.start();
    await fleet.session(readAll, { expires_in_seconds: 10 });
    fleet.clock.advance(10_000);
    expect(fleet.verifier.cachedCount).toBe(2);
    fleet.change({});
    expect(fleet.verifier.cachedCount).toBe(1);
  });

  test('past the bound of checks under way the answer is `overloaded`, and nothing is remembered of it', async () => {
    const fleet = await Fleet.start({ verificationsInFlightMax: 2 });
    const texts = await Promise.all([1, 2, 3].map(() => fleet.token(readAll)));
    const results = await Promise.allSettled(texts.map((text) => fleet.verifier.verify(text)));
    expect(results.map((result) => (result.status === 'fulfilled' ? 'session' : result.reason.code))).toEqual([
      'session',
      'session',
      'overloaded',
    ]);
    expect((await fleet.verifier.verify(texts[2]!)).revoked).toBe(false);
  });
});

describe('verifier: refusals kept', () => {
  const badSignature = async (fleet: Fleet): Promise<string> => {
    const [header, , signature] = (await fleet.token(readAll)).split('.');
    return `${header}.${(await fleet.token(readAll)).split('.')[1]}.${signature}`;
  };

  test('a forged token costs one check in five seconds', async () => {
    const fleet = await Fleet.start();
    const text = await badSignature(fleet);
    const ten = async () => {
      for (let i = 0; i < 10; i++) expect(await fleet.refuses(text)).toBe(true);
    };
    expect(await signatureChecks(ten)).toBe(1);
    fleet.clock.advance(tokenLimits.rejectionTtlMs);
    expect(await signatureChecks(ten)).toBe(1);
  });

  test('are bounded in number', async () => {
    const fleet = await Fleet.start({ rejectionsMax: 4 });
    for (let i = 0; i < 10; i++) await fleet.refuses(`not.a.token${i}`);
    expect(fleet.verifier.rejectedCount).toBe(4);
  });

  test('long texts are not kept', async () => {
    const fleet = await Fleet.start();
    await fleet.refuses('a'.repeat(tokenLimits.rejectionTextLengthMax + 1));
    await fleet.refuses('a'.repeat(100_000));
    expect(fleet.verifier.rejectedCount).toBe(0);
  });

  test('a token that will be valid is not kept as refused: nbf passes, a key arrives', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims(readAll);
    const early = await signAccessToken({ ...claims, nbf: fleet.nowSeconds + 10 }, fleet.key);
    expect(await fleet.refuses(early)).toBe(true);
    fleet.clock.advance(10_000);
    expect((await fleet.verifier.verify(early)).jti).toBe(claims.jti);

    const newKey = await generateSigningKey(fleet.clock);
    const ahead = await signAccessToken(fleet.claims(readAll), newKey);
    expect(await fleet.refuses(ahead)).toBe(true);
    fleet.change({ keys: [newKey.publicJwk, fleet.key.publicJwk] });
    expect((await fleet.verifier.verify(ahead)).revoked).toBe(false);
  });

  test('an update forgets them all, since what it changes may be why', async () => {
    const fleet = await Fleet.start();
    const renamed = await signAccessToken({ ...fleet.claims(readAll), iss: 'https://fleet.test/renamed' }, fleet.key);
    expect(await fleet.refuses(renamed)).toBe(true);
    fleet.change({ issuer: 'https://fleet.test/renamed' });
    expect((await fleet.verifier.verify(renamed)).revoked).toBe(false);
  });
});

describe('verifier: revocation', () => {
  test('a revoked token is gone from the cache at once, and refused from then on', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    const session = await fleet.verifier.verify(text);
    fleet.revoke(session.jti);
    expect(fleet.verifier.cached(text)).toBeUndefined();
    expect(session.revoked).toBe(true);
    expect(await fleet.refuses(text)).toBe(true);
  });

  test('is by id, not by text: every token of the grant ends, others stay', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims(readAll);
    const texts = [
      await signAccessToken(claims, fleet.key),
      await signAccessToken({ ...claims, iat: claims.iat - 1 }, fleet.key),
    ];
    const other = await fleet.token(readAll);
    for (const text of [...texts, other]) await fleet.verifier.verify(text);
    fleet.revoke(claims.jti);
    for (const text of texts) {
      expect(fleet.verifier.cached(text)).toBeUndefined();
      expect(await fleet.refuses(text)).toBe(true);
    }
    expect(fleet.verifier.cached(other)).toBeDefined();
  });

  test('of an issuer reaches its children and theirs, cached or not', async () => {
    const fleet = await Fleet.start();
    const parent = await fleet.session(minter);
    const child = await fleet.session(minter, {}, parent);
    const grandchild = await fleet.token(readAll, {}, child);
    const unseen = await fleet.token(readAll, {}, child);
    const session = await fleet.verifier.verify(grandchild);
    fleet.revoke(parent.jti);
    expect([parent.revoked, child.revoked, session.revoked, fleet.admin.revoked]).toEqual([true, true, true, false]);
    expect(fleet.verifier.cached(grandchild)).toBeUndefined();
    expect(await fleet.refuses(unseen)).toBe(true);
  });

  test('is seen by who holds a session that the cache has let go', async () => {
    const fleet = await Fleet.start({ cacheEntriesMax: 1 });
    const held = await fleet.session(readAll);
    await fleet.session(readAll);
    fleet.revoke(held.jti);
    expect(held.revoked).toBe(true);
  });

  test('during the check counts: the session is not handed out', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims(readAll);
    const text = await signAccessToken(claims, fleet.key);
    const answer = fleet.refuses(text);
    fleet.revoke(claims.jti);
    expect(await answer).toBe(true);
    expect(fleet.verifier.cached(text)).toBeUndefined();
  });

  test('a key retired during the check counts too', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    const answer = fleet.refuses(text);
    fleet.change({ keys: [] });
    expect(await answer).toBe(true);
    expect(fleet.verifier.cachedCount).toBe(0);
  });

  test('an older revision of the authority brings nothing back', async () => {
    const fleet = await Fleet.start();
    const session = await fleet.session(readAll);
    const before = fleet.authority;
    fleet.revoke(session.jti);
    fleet.verifier.update(before);
    expect(session.revoked).toBe(true);
  });

  test('ends the refresh token too', async () => {
    const fleet = await Fleet.start();
    const claims = fleet.claims(readAll);
    const refresh = await signRefreshToken(refreshClaimsFor(claims, fleet.admin)!, fleet.key);
    expect((await fleet.verifier.verifyRefresh(refresh)).jti).toBe(claims.jti);
    fleet.revoke(claims.jti);
    expect(isTheOneRefusal(await fleet.verifier.verifyRefresh(refresh).catch((error: unknown) => error))).toBe(true);
  });
});

describe('verifier: key rotation', () => {
  test('add, overlap, retire: old tokens serve until their key is gone', async () => {
    const fleet = await Fleet.start();
    const old = await fleet.token(readAll);
    const session = await fleet.verifier.verify(old);
    const newKey = await generateSigningKey(fleet.clock);
    fleet.change({ keys: [newKey.publicJwk, fleet.key.publicJwk] });
    const fresh = await signAccessToken(fleet.claims(readAll), newKey);
    expect(fleet.verifier.cached(old)).toBe(session);
    expect((await fleet.verifier.verify(fresh)).revoked).toBe(false);
    fleet.change({ keys: [newKey.publicJwk] });
    expect(session.revoked).toBe(true);
    expect(fleet.verifier.cached(old)).toBeUndefined();
    expect(await fleet.refuses(old)).toBe(true);
    expect(fleet.verifier.cached(fresh)).toBeDefined();
  });

  test('an id given to another key ends the sessions of the first', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    const session = await fleet.verifier.verify(text);
    const other = (await generateSigningKey(fleet.clock)).publicJwk;
    fleet.change({ keys: [{ ...other, kid: fleet.key.kid }] });
    expect(session.revoked).toBe(true);
    expect(await fleet.refuses(text)).toBe(true);
  });

  test('another issuer ends every session, whatever its revision', async () => {
    const fleet = await Fleet.start();
    const text = await fleet.token(readAll);
    await fleet.verifier.verify(text);
    fleet.verifier.update({ ...fleet.authority, revision: 0, issuer: `${issuer}0` });
    expect(fleet.verifier.cached(text)).toBeUndefined();
    expect(await fleet.refuses(text)).toBe(true);
  });
});
