/**
 * The attacks on JWTs that the literature and other projects' advisories know, one test each (RFC 8725 has most
 * of them). Each is answered with the same refusal. Those on transport and on open streams are tested where the
 * transport is.
 */

import fc from 'fast-check';
import { CompactEncrypt, exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { limits } from '../../src/shared/limits.ts';
import { refreshClaimsFor } from '../../src/tokens/issue.ts';
import { tokenLimits } from '../../src/tokens/limits.ts';
import { generateSigningKey, signAccessToken, signRefreshToken } from '../../src/tokens/signing-keys.ts';
import { base64url, bytes, Fleet, isTheOneRefusal, readAll } from './fixture.ts';

let fleet: Fleet;
let token: string;
let parts: [string, string, string];
let claims: Record<string, unknown>;

beforeAll(async () => {
  fleet = await Fleet.start();
  claims = { ...fleet.claims(readAll) };
  token = await fleet.forge(fleet.header, claims);
  parts = token.split('.') as typeof parts;
});

const refused = async (text: string): Promise<void> => {
  expect(await fleet.refuses(text)).toBe(true);
};
const forged = (header: object | string, body: object | string | Uint8Array = claims) => fleet.forge(header, body);
/** Claims with one member changed, validly signed. */
const withClaim = (change: object) => forged(fleet.header, { ...claims, ...change });
/** The claims' JSON with text put after the opening brace. */
const withText = (text: string) => forged(fleet.header, JSON.stringify(claims).replace('{', `{${text}`));

test('the forge itself is sound: the token that the attacks start from is valid', async () => {
  expect((await fleet.verifier.verify(token)).jti).toBe(claims.jti);
});

describe('algorithm', () => {
  test.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'RS256',
    'PS256',
    'ES256',
    'ES256K',
    'ES384',
    'Ed25519',
    'Ed448',
    'eddsa',
  ])('alg %j with a valid Ed25519 signature', async (alg) => refused(await forged({ ...fleet.header, alg })));

  test.each([undefined, null, 1, ['EdDSA'], { toString: 'EdDSA' }])('alg of another type: %j', async (alg) =>
    refused(await forged({ ...fleet.header, alg })),
  );

  test('no signature at all', async () => {
    const unsecured = new UnsecuredJWT(claims).encode();
    await refused(unsecured);
    await refused(`${base64url({ ...fleet.header, alg: 'none' })}.${parts[1]}.`);
    await refused(`${parts[0]}.${parts[1]}.`);
  });

  test('HS256 with the public key as its secret: raw, JWK and PEM', async () => {
    const { publicJwk } = fleet.key;
    const rsa = await exportSPKI((await generateKeyPair('RS256')).publicKey);
    for (const secret of [publicJwk.x, JSON.stringify(publicJwk), rsa, 'abcd']) {
      await refused(
        await new SignJWT(claims).setProtectedHeader({ ...fleet.header, alg: 'HS256' }).sign(bytes(secret)),
      );
    }
  });

  test('another algorithm, validly signed by a key of its own, under our key’s id', async () => {
    for (const alg of ['ES256', 'ES384', 'RS256', 'PS256']) {
      const { privateKey } = await generateKeyPair(alg);
      await refused(await new SignJWT(claims).setProtectedHeader({ ...fleet.header, alg }).sign(privateKey));
    }
  });

  test('an encrypted token is never decrypted: direct, and PBES2 with a huge count', async () => {
    const plaintext = new TextEncoder().encode(JSON.stringify(claims));
    const jwe = await new CompactEncrypt(plaintext)
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: fleet.key.kid, typ: 'at+jwt' })
      .encrypt(new Uint8Array(32));
    await refused(jwe);
    const bomb = { alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_000_000_000, p2s: 'c2FsdA', zip: 'DEF' };
    await refused(`${base64url(bomb)}.${parts[1]}.AAAA.AAAA.AAAA`);
    await refused(`${base64url(bomb)}.${parts[1]}.${parts[2]}`);
  });

  test('ECDSA’s own tricks have no way in: r = s = 0, DER, and r, n − s', async () => {
    const header = base64url({ ...fleet.header, alg: 'ES256' });
    await refused(`${header}.${parts[1]}.${base64url(new Uint8Array(64))}`);
    await refused(`${header}.${parts[1]}.${base64url(Uint8Array.from([0x30, 6, 2, 1, 0, 2, 1, 0]))}`);
    await refused(`${parts[0]}.${parts[1]}.${base64url(new Uint8Array(64))}`);
  });

  test('Ed25519: s + L is another spelling of the same signature and is refused', async () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const signature = await fleet.signature(`${parts[0]}.${parts[1]}`);
    let s = order;
    for (let i = 31; i >= 0; i--) s += BigInt(signature[32 + i]!) << BigInt(8 * i);
    for (let i = 0; i < 32; i++) signature[32 + i] = Number((s >> BigInt(8 * i)) & 0xffn);
    await refused(`${parts[0]}.${parts[1]}.${base64url(signature)}`);
  });

  test('Ed25519: a key of small order in the authority signs nothing', async () => {
    const own = await Fleet.start();
    const identity = Uint8Array.from([1, ...new Uint8Array(31)]);
    own.change({ keys: [{ ...own.key.publicJwk, kid: 'weak', x: base64url(identity) }, own.key.publicJwk] });
    const signature = base64url(Uint8Array.from([...identity, ...new Uint8Array(32)]));
    expect(await own.refuses(`${base64url({ ...own.header, kid: 'weak' })}.${base64url(claims)}.${signature}`)).toBe(
      true,
    );
  });
});

describe('key selection', () => {
  test.each([
    ['a path', '../../../dev/null'],
    ['SQL', "x' OR '1'='1"],
    ['empty', ''],
    ['a number', 1],
    ['null', null],
    ['a list', ['k']],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['unknown', 'unknown'],
  ])('kid: %s', async (_name, kid) => refused(await forged({ ...fleet.header, kid })));

  test('no kid, though only one key could match', async () => refused(await forged({ alg: 'EdDSA', typ: 'at+jwt' })));

  test('the kid of another key of the same fleet', async () => {
    const own = await Fleet.start();
    const second = await generateSigningKey(own.clock);
    own.change({ keys: [own.key.publicJwk, second.publicJwk] });
    expect(await own.refuses(await own.forge({ ...own.header, kid: second.kid }, own.claims(readAll)))).toBe(true);
  });

  test('two keys with one kid: a refusal, not an error of ours', async () => {
    const own = await Fleet.start();
    const second = (await generateSigningKey(own.clock)).publicJwk;
    const text = await own.token(readAll);
    own.change({ keys: [own.key.publicJwk, { ...second, kid: own.key.kid }] });
    expect(await own.refuses(text)).toBe(true);
  });

  test('a key that the token brings along, and one that it points to: nothing is fetched', async () => {
    const pair = await generateKeyPair('EdDSA', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const fetches = vi.spyOn(globalThis, 'fetch');
    for (const header of [
      { jwk },
      { jku: 'https://evil.test/jwks.json' },
      { x5u: 'https://evil.test/cert.pem' },
      { x5c: ['AAAA'] },
    ]) {
      await refused(await new SignJWT(claims).setProtectedHeader({ ...fleet.header, ...header }).sign(pair.privateKey));
      await refused(await forged({ ...fleet.header, ...header }));
    }
    expect(fetches).not.toHaveBeenCalled();
    fetches.mockRestore();
  });

  test('a stranger’s key under our kid', async () => {
    const stranger = await generateSigningKey(fleet.clock);
    const text = await signAccessToken(fleet.claims(readAll), { ...stranger, kid: fleet.key.kid });
    await refused(text);
  });

  test('another fleet’s token: same shape, its own key and issuer', async () => {
    const other = await Fleet.start();
    await refused(await other.token(readAll));
  });

  test('a flood of unknown kids costs no signature check and no fetch', async () => {
    const checks = vi.spyOn(crypto.subtle, 'verify');
    for (let i = 0; i < 200; i++)
      await refused(`${base64url({ ...fleet.header, kid: `k${i}` })}.${parts[1]}.${parts[2]}`);
    expect(checks).not.toHaveBeenCalled();
    checks.mockRestore();
  });
});

describe('header', () => {
  test.each([
    ['crit, unknown', { crit: ['x'], x: 1 }],
    ['crit, empty', { crit: [] }],
    ['b64: false', { b64: false, crit: ['b64'] }],
    ['b64 without crit', { b64: false }],
    ['nested: cty', { cty: 'JWT' }],
    ['zip', { zip: 'DEF' }],
    ['a member of no meaning', { x: 1 }],
  ])('%s', async (_name, more) => refused(await forged({ ...fleet.header, ...more })));

  test.each([
    undefined,
    null,
    '',
    'JWT',
    'jwt',
    'at',
    'at+jwt ',
    'rt+jwt',
    'text/at+jwt',
    'application/application/at+jwt',
    1,
  ])('typ %j', async (typ) => refused(await forged({ ...fleet.header, typ })));

  test.each(['at+jwt', 'AT+JWT', 'application/at+jwt', 'application/AT+JWT'])(
    'typ %j is the access token’s (RFC 7515 §4.1.9)',
    async (typ) => {
      const own = await Fleet.start();
      expect((await own.verifier.verify(await own.forge({ ...own.header, typ }, own.claims(readAll)))).revoked).toBe(
        false,
      );
    },
  );

  test('alg, kid or typ twice, plain and escaped', async () => {
    const text = JSON.stringify(fleet.header);
    await refused(await forged(text.replace('{', '{"alg":"none",')));
    await refused(await forged(text.replace('}', ',"alg":"EdDSA"}')));
    await refused(await forged(text.replace('{', '{"\\u0061lg":"none",')));
    await refused(await forged(text.replace('{', `{"kid":"${fleet.key.kid}",`)));
    await refused(await forged(text.replace('{', '{"typ":"at+jwt",')));
  });

  test('__proto__ that carries the header', async () => {
    await refused(await forged(`{"__proto__":${JSON.stringify(fleet.header)}}`));
    await refused(await forged(JSON.stringify(fleet.header).replace('{', '{"__proto__":{},')));
  });

  test.each(['[]', 'null', '"EdDSA"', '1', '', '{', '\ufeff{}'])('the header %j', async (text) =>
    refused(await forged(text || ' ')),
  );
});

describe('token confusion', () => {
  test('a refresh token is no access token, an access token no refresh token', async () => {
    const refresh = await signRefreshToken(refreshClaimsFor(fleet.claims(readAll), fleet.admin)!, fleet.key);
    await refused(refresh);
    const answer = await fleet.verifier.verifyRefresh(token).catch((error: unknown) => error);
    expect(isTheOneRefusal(answer)).toBe(true);
  });
});

describe('claims', () => {
  const now = () => fleet.nowSeconds;

  test.each(['iss', 'aud', 'sub', 'client_id', 'account', 'jti', 'iat', 'exp', 'authorization_details'])(
    '%s is missing',
    async (name) => refused(await withClaim({ [name]: undefined })),
  );

  test('exp may be missing for the super-user alone', async () => {
    const own = await Fleet.start();
    const { exp: _exp, ...endless } = own.claims(readAll);
    expect(await own.refuses(await own.forge(own.header, endless))).toBe(true);
    const superUser = { ...endless, authorization_details: [{ type: 'super_user' }] };
    expect((await own.verifier.verify(await own.forge(own.header, superUser))).expiresAtMs).toBe(
      Number.POSITIVE_INFINITY,
    );
  });

  test.each(['9999999999', null, true, 1.5, -1, [], {}, 2 ** 53])('exp %j', async (exp) =>
    refused(await withClaim({ exp })),
  );

  test.each(['1e308', '1e999', '-1e999', '1767229200.5', '99999999999999999999'])(
    'exp as the number %s',
    async (text) =>
      refused(await forged(fleet.header, JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', `"exp":${text}`))),
  );

  test('exp: one second left is valid; now is over, without any tolerance', async () => {
    const own = await Fleet.start();
    const at = async (exp: number) => own.refuses(await own.forge(own.header, { ...own.claims(readAll), exp }));
    expect([await at(now() + 1), await at(now()), await at(now() - 1)]).toEqual([false, true, true]);
  });

  test.each(['nbf', 'iat'])('%s: the issuer’s clock may be five seconds ahead, not six', async (name) => {
    const own = await Fleet.start();
    const at = async (seconds: number) =>
      own.refuses(await own.forge(own.header, { ...own.claims(readAll), [name]: now() + seconds }));
    const tolerance = tokenLimits.clockToleranceSeconds;
    expect(tolerance).toBeLessThanOrEqual(5);
    expect([await at(tolerance - 1), await at(tolerance), await at(tolerance + 1)]).toEqual([false, false, true]);
  });

  test.each(['nbf', 'iat'])('%s of another type', async (name) => {
    for (const value of ['0', null, 1.5, -1]) await refused(await withClaim({ [name]: value }));
  });

  test.each(['Godwit', 'godwit ', '', 'other', ['godwit'], ['godwit', 1], [], null, { 0: 'godwit' }])(
    'aud %j',
    async (aud) => refused(await withClaim({ aud })),
  );

  test.each([
    'https://fleet.test/2',
    'https://fleet.test/1/',
    'HTTPS://FLEET.TEST/1',
    '',
    ['https://fleet.test/1'],
    null,
  ])('iss %j', async (iss) => refused(await withClaim({ iss })));

  test('a claim twice, plain, escaped, and deep inside', async () => {
    await refused(await withText('"exp":9999999999,'));
    await refused(await withText('"\\u0065xp":9999999999,'));
    await refused(await withText('"authorization_details":[{"type":"super_user"}],'));
    const body = JSON.stringify(claims).replace('"cache":"*"', '"cache":"c","cache":"*"');
    await refused(await forged(fleet.header, body));
  });

  test('__proto__ as a claim, at the top and inside', async () => {
    await refused(await withText('"__proto__":{"authorization_details":[{"type":"super_user"}]},'));
    const body = JSON.stringify(claims).replace('"cache":"*"', '"__proto__":{},"cache":"*"');
    await refused(await forged(fleet.header, body));
    expect(({} as Record<string, unknown>).authorization_details).toBeUndefined();
  });

  test('constructor and prototype as claims change nothing', async () => {
    const own = await Fleet.start();
    const text = await own.forge(own.header, {
      ...own.claims(readAll),
      constructor: { prototype: { isSuperUser: true } },
    });
    expect((await own.verifier.verify(text)).permissions.isSuperUser).toBe(false);
  });

  test.each(['[]', 'null', '"claims"', '1', 'true', '{', ' '])('claims that are %j', async (text) =>
    refused(await forged(fleet.header, text)),
  );

  test('a byte order mark, invalid UTF-8, overlong UTF-8', async () => {
    const good = bytes(JSON.stringify(claims));
    await refused(await forged(fleet.header, Uint8Array.from([0xef, 0xbb, 0xbf, ...good])));
    await refused(
      await forged(fleet.header, Uint8Array.from([...good.slice(0, -1), 0x2c, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])),
    );
    await refused(
      await forged(
        fleet.header,
        Uint8Array.from([...good.slice(0, -1), 0x2c, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]),
      ),
    );
  });

  test('deep JSON: as deep as a token can be, and 200,000 levels', async () => {
    for (const depth of [9, 2_000, 200_000]) {
      await refused(await withText(`"x":${'['.repeat(depth)}${']'.repeat(depth)},`));
      await refused(await withText(`"x":${'['.repeat(depth)},`));
    }
  });

  test('permissions in part unknown: the whole token is refused', async () => {
    const details = claims.authorization_details as object[];
    for (const entry of [
      { type: 'god' },
      { type: 'cache', cache: '*', actions: ['read', 'fly'] },
      { type: 'cache', cache: '*', actions: ['read'], only_on: 'sunday' },
      { type: 'cache', cache: '*', item: { key_regex: '.*' }, actions: ['read'] },
    ]) {
      await refused(await withClaim({ authorization_details: [...details, entry] }));
    }
    await refused(await withClaim({ authorization_details: { 0: details[0] } }));
    await refused(await withClaim({ authorization_details: 'cache' }));
  });

  test('an empty list of permissions is a token that may do nothing', async () => {
    const own = await Fleet.start();
    const { permissions } = await own.verifier.verify(
      await own.forge(own.header, { ...own.claims(readAll), authorization_details: [] }),
    );
    expect(permissions.cacheAccess('c').none).toBe(true);
    expect(permissions.mayAdminister(null, 'read')).toBe(false);
  });

  test('a disposable token outside its rules, though signed', async () => {
    await refused(await withClaim({ disposable: true, exp: now() + 90_001 }));
    await refused(await withClaim({ disposable: true, authorization_details: [{ type: 'super_user' }] }));
    await refused(
      await withClaim({ disposable: true, authorization_details: [{ type: 'operations', actions: ['read'] }] }),
    );
    await refused(await withClaim({ disposable: 'no' }));
  });

  test('names with control characters', async () => {
    for (const text of ['a\r\nb', 'a\0', '\u0085', '']) {
      await refused(await withClaim({ token_id: text }));
      await refused(await withClaim({ sub: text }));
      await refused(await withClaim({ jti: text }));
    }
    await refused(await withClaim({ account: 'a/../b' }));
  });
});

describe('encoding and malleability', () => {
  test('every part: padding, whitespace, line breaks, the other alphabet, set trailing bits, a missing character', async () => {
    for (const i of [0, 1, 2]) {
      const variant = (change: (part: string) => string) =>
        parts.map((part, at) => (at === i ? change(part) : part)).join('.');
      for (const change of [
        (part: string) => `${part}=`,
        (part: string) => `${part}==`,
        (part: string) => ` ${part}`,
        (part: string) => `${part} `,
        (part: string) => `${part.slice(0, 4)}\n${part.slice(4)}`,
        (part: string) => `${part.slice(0, 4)}\t${part.slice(4)}`,
        (part: string) => part.slice(1),
        (part: string) => part.slice(0, -1),
        (part: string) => `${part}A`,
        (part: string) => `${part.slice(0, 4)}+/${part.slice(6)}`,
        (part: string) => `${part.slice(0, 4)}\u00e9${part.slice(5)}`,
        () => '',
      ]) {
        await refused(variant(change));
      }
    }
  });

  test('the signature’s last character has two significant bits: none of its other spellings is accepted', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const [header, payload, signature] = parts;
    const accepted = [];
    for (const last of alphabet) {
      const text = `${header}.${payload}.${signature.slice(0, -1)}${last}`;
      if (!(await fleet.refuses(text))) accepted.push(last);
    }
    expect(accepted).toEqual([signature.at(-1)]);
  });

  test('a signature of another length costs no signature check', async () => {
    const checks = vi.spyOn(crypto.subtle, 'verify');
    for (const length of [1, 32, 63, 65, 128]) {
      await refused(`${parts[0]}.${parts[1]}.${base64url(new Uint8Array(length))}`);
    }
    expect(checks).not.toHaveBeenCalled();
    checks.mockRestore();
  });

  test('too few and too many parts, and dots around', async () => {
    const [header, payload, signature] = parts;
    for (const text of [
      '',
      '.',
      '..',
      '...',
      header,
      `${header}.${payload}`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${token}.${payload}.${signature}`,
      `${header}..${signature}`,
      `${token}\n`,
      `\n${token}`,
      `"${token}"`,
      `Bearer ${token}`,
    ]) {
      await refused(text);
    }
  });

  test('a JWS in JSON form', async () => {
    await refused(JSON.stringify({ protected: parts[0], payload: parts[1], signature: parts[2] }));
  });

  test('one changed character anywhere', async () => {
    for (let i = 0; i < token.length; i += 7) {
      if (token[i] === '.') continue;
      await refused(`${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`);
    }
  });

  test('size: refused by length alone, before any decoding', async () => {
    const decoded = vi.spyOn(JSON, 'parse');
    await refused(`${parts[0]}.${'A'.repeat(limits.tokenBytesMax)}.${parts[2]}`);
    await refused('.'.repeat(20_000_000));
    await refused('A'.repeat(20_000_000));
    expect(decoded).not.toHaveBeenCalled();
    decoded.mockRestore();
  });
});

describe('no oracle', () => {
  test('random bytes, random edits and random JSON are refused alike, never an error of ours', async () => {
    const edit = fc.record({ at: fc.nat(token.length - 1), cut: fc.nat(9), add: fc.string({ maxLength: 6 }) });
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(fc.string({ maxLength: 30 }), { minLength: 3, maxLength: 3 }).map((list) => list.join('.')),
      edit.map(({ at, cut, add }) => token.slice(0, at) + add + token.slice(at + cut)),
      fc.json().map((json) => `${base64url(json)}.${parts[1]}.${parts[2]}`),
    );
    await fc.assert(
      fc.asyncProperty(text, async (candidate) => {
        fc.pre(candidate !== token);
        await refused(candidate);
      }),
      { seed: 6, numRuns: 600 },
    );
  });

  test('random JSON as validly signed claims', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 4 }), async (json) => refused(await forged(fleet.header, json))),
      { seed: 7, numRuns: 200 },
    );
  });
});
