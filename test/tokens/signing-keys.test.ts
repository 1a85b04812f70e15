import { calculateJwkThumbprint, compactVerify, decodeProtectedHeader, importJWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/shared/clock.ts';
import { limits } from '../../src/shared/limits.ts';
import { adminKeyClaims, refreshClaimsFor } from '../../src/tokens/issue.ts';
import {
  generateSigningKey,
  signAccessToken,
  signingKeySchema,
  signRefreshToken,
} from '../../src/tokens/signing-keys.ts';
import { publicJwkSet, smallOrderY, verificationKeys } from '../../src/tokens/verification-keys.ts';
import { base64url, Fleet, issuer, readAll } from './fixture.ts';

describe('signing keys', () => {
  test('a new key has its thumbprint as id, survives a round trip through JSON, and its public half has no `d`', async () => {
    const key = await generateSigningKey(new ManualClock({ wallMs: 5 }));
    expect(signingKeySchema.parse(JSON.parse(JSON.stringify(key)))).toEqual(key);
    expect(key.kid).toBe(await calculateJwkThumbprint(key.publicJwk));
    expect(Object.keys(key.publicJwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    expect(key).toMatchObject({ alg: 'EdDSA', createdAtMs: 5, privateJwk: { crv: 'Ed25519', x: key.publicJwk.x } });
    expect((await generateSigningKey(new ManualClock())).kid).not.toBe(key.kid);
  });

  test('tokens name type, algorithm and key, and verify with an independent call', async () => {
    const key = await generateSigningKey(new ManualClock());
    const claims = adminKeyClaims({ issuer, account: 'main', subject: 'admin' }, 7_900, () => 'id');
    const text = await signAccessToken(claims, key);
    expect(decodeProtectedHeader(text)).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: key.kid });
    const { payload } = await compactVerify(text, await importJWK(key.publicJwk));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
      iss: issuer,
      aud: 'godwit',
      sub: 'admin',
      client_id: 'admin',
      account: 'main',
      jti: 'id',
      iat: 7,
      authorization_details: [{ type: 'super_user' }],
    });
  });

  test('a refresh token has its own type', async () => {
    const fleet = await Fleet.start();
    const refresh = await signRefreshToken(refreshClaimsFor(fleet.claims(readAll), fleet.admin)!, fleet.key);
    expect(decodeProtectedHeader(refresh).typ).toBe('rt+jwt');
  });

  test('permissions that make a token longer than a request may carry are refused, with the numbers', async () => {
    const fleet = await Fleet.start();
    const details = Array.from({ length: 5 }, (_, i) => ({
      type: 'cache' as const,
      cache: 'c',
      item: { key: `${i}`.padEnd(limits.keySizeBytesMax, 'k') },
      actions: ['read' as const],
    }));
    await expect(fleet.token(details)).rejects.toMatchObject({
      code: 'invalid_argument',
      extra: { limit: limits.tokenBytesMax, actual: expect.any(Number) },
    });
  });
});

describe('verification keys', () => {
  const authority = (...keys: object[]) => ({ revision: 1, issuer, keys: keys as never, revocations: [] });

  test('the published set has public members only, even when a private one slipped in', async () => {
    const key = await generateSigningKey(new ManualClock());
    const { keys } = publicJwkSet(authority({ ...key.privateJwk, note: 'x' }));
    expect(keys).toEqual([key.publicJwk]);
  });

  test('keys of another kind, with another length or in another spelling are not used', async () => {
    const { publicJwk } = await generateSigningKey(new ManualClock());
    const others = [
      { ...publicJwk, alg: 'ES256' },
      { ...publicJwk, alg: undefined },
      { ...publicJwk, kty: 'EC', crv: 'P-256' },
      { ...publicJwk, kty: 'oct', k: 'c2VjcmV0' },
      { ...publicJwk, crv: 'Ed448' },
      { ...publicJwk, use: 'enc' },
      { ...publicJwk, kid: '' },
      { ...publicJwk, x: `${publicJwk.x}=` },
      { ...publicJwk, x: publicJwk.x.slice(0, 40) },
    ];
    expect(verificationKeys(authority(...others)).size).toBe(0);
    expect(verificationKeys(authority(...others, publicJwk)).size).toBe(1);
  });

  test('one id for two keys makes neither usable; the same key twice is one', async () => {
    const first = (await generateSigningKey(new ManualClock())).publicJwk;
    const second = { ...(await generateSigningKey(new ManualClock())).publicJwk, kid: first.kid };
    expect(verificationKeys(authority(first, second, first)).size).toBe(0);
    expect(verificationKeys(authority(first, first)).size).toBe(1);
  });

  test('small-order keys: the list is what the curve’s equation gives', () => {
    const p = 2n ** 255n - 19n;
    const power = (base: bigint, exponent: bigint): bigint => {
      let result = 1n;
      for (let b = base % p, e = exponent; e > 0n; e >>= 1n, b = (b * b) % p) if (e & 1n) result = (result * b) % p;
      return result;
    };
    const root = (square: bigint): bigint | undefined => {
      const candidate = power(square, (p + 3n) / 8n);
      for (const r of [candidate, (candidate * power(2n, (p - 1n) / 4n)) % p]) if ((r * r) % p === square) return r;
      return undefined;
    };
    const d = (p - 121_665n) * power(121_666n, p - 2n);
    // Order 1: y = 1. Order 2: y = -1. Order 4: y = 0. Order 8 doubles to y = 0, so x² = -y² and d·y⁴ + 2·y² = 1.
    const inverse = power(d % p, p - 2n);
    const rootOfDiscriminant = root((1n + d) % p)!;
    const order8 = [rootOfDiscriminant, p - rootOfDiscriminant]
      .map((r) => root(((r - 1n + p) * inverse) % p))
      .filter((y) => y !== undefined)
      .flatMap((y) => [y, p - y]);
    expect(order8).toHaveLength(2);
    const littleEndian = (y: bigint) => y.toString(16).padStart(64, '0').match(/../g)!.reverse().join('');
    expect([...smallOrderY].sort()).toEqual([1n, p - 1n, 0n, ...order8, p, p + 1n].map(littleEndian).sort());
  });

  test('small-order keys: are never used, with either sign bit', () => {
    for (const [i, hex] of smallOrderY.entries()) {
      for (const sign of [0, 0x80]) {
        const bytes = Uint8Array.from(hex.match(/../g)!, (byte) => Number.parseInt(byte, 16));
        bytes[31]! |= sign;
        const jwk = { kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig', kid: `k${i}`, x: base64url(bytes) };
        expect(verificationKeys(authority(jwk)).size).toBe(0);
      }
    }
  });
});
