import { createPublicKey, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Log } from '../../../../src/shared/process.ts';
import { tokenLimits } from '../../../../src/tokens/limits.ts';
import { startFleet, type TestFleet } from '../../../support/fleet.ts';
import { call, expectProblem, hourSeconds, issue } from '../administration.ts';

/** How soon a revocation has to hold at every gateway. */
const revocationMs = 1_000;
const readWrite = { type: 'cache', cache: 'default', actions: ['read', 'write'] };
const readOnly = { type: 'cache', cache: 'default', actions: ['read'] };
const minting = { type: 'token_issuance', actions: ['issue', 'revoke', 'list'] };

const logged: string[] = [];
const record = (fields: object, message: string) => void logged.push(`${JSON.stringify(fields)} ${message}`);
const log: Log = { debug: record, info: record, warn: record, error: record };

let fleet: TestFleet;
let admin: string;
/** Every secret text that an answer has given. */
const secrets: string[] = [];

beforeAll(async () => {
  fleet = await startFleet({ gateways: 2, log, gateway: { logRequests: true } });
  admin = fleet.adminToken;
  secrets.push(admin);
});
afterAll(() => fleet.stop());

const post = (token: string, json: unknown, headers: Record<string, string> = {}) =>
  call(fleet.url, 'POST', '/tokens', { token, json, headers });
const read = (token: string, gateway = fleet.url) => call(gateway, 'GET', '/cache/default?key=k', { token });
const write = (token: string, key = 'k') =>
  call(fleet.url, 'PUT', `/cache/default?key=${key}&ttl_seconds=60`, { token, body: 'v' });
const refresh = (refreshToken: unknown, gateway = fleet.url) =>
  call(gateway, 'POST', '/tokens/refresh', { json: { refresh_token: refreshToken } });

async function mint(details: readonly unknown[], more: Record<string, unknown> = {}, by = admin) {
  const issued = await issue(fleet.url, by, details, more);
  secrets.push(issued.token, ...(issued.refresh_token === undefined ? [] : [issued.refresh_token]));
  return issued;
}

describe('issue', () => {
  it('answers a token that works at every gateway, and is not to be stored by caches', async () => {
    const answer = await post(admin, {
      authorization_details: [readWrite],
      expires_in_seconds: hourSeconds,
      subject: 'web',
      token_id: 'holder-1',
      description: 'for the shop',
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.json).toEqual({
      token: expect.any(String),
      token_type: 'Bearer',
      refresh_token: expect.any(String),
      jti: expect.any(String),
      expires_at: expect.any(Number),
      account: 'default',
      subject: 'web',
      token_id: 'holder-1',
      disposable: false,
      authorization_details: [readWrite],
    });
    secrets.push(answer.json.token, answer.json.refresh_token);
    expect((await write(answer.json.token)).status).toBe(204);
    for (const url of fleet.urls) expect((await read(answer.json.token, url)).status).toBe(200);
  });

  it('takes Momento’s roles as a short form', async () => {
    const { token } = await mint([{ role: 'readonly', cache: 'default', item: { key_prefix: 'a' } }]);
    expectProblem(await write(token, 'a'), 403, 'permission_denied');
    expectProblem(await read(token), 403, 'permission_denied');
  });

  it.each([
    ['without an expiry', {}],
    ['with two expiries', { expires_in_seconds: 60, expires_at: 4_000_000_000 }],
    ['that has expired', { expires_at: 1_000 }],
    ['that never expires', { expires_at: null }],
    ['that lives too long', { expires_in_seconds: tokenLimits.lifetimeSecondsMax + 1 }],
    ['without rights', { authorization_details: [], expires_in_seconds: 60 }],
    ['with an unknown right', { authorization_details: [{ type: 'root' }], expires_in_seconds: 60 }],
    ['with a right twice', { authorization_details: [readOnly, readWrite], expires_in_seconds: 60 }],
    ['with a token id too long', { token_id: 'x'.repeat(tokenLimits.tokenIdLengthMax + 1), expires_in_seconds: 60 }],
    ['with a description that breaks lines', { description: 'a\nb', expires_in_seconds: 60 }],
    ['with an unknown field', { admin: true, expires_in_seconds: 60 }],
  ])('refuses a token %s', async (_, request) => {
    expectProblem(await post(admin, { authorization_details: [readWrite], ...request }), 400, 'invalid_argument');
  });

  it('refuses a body that is no JSON object', async () => {
    expectProblem(await post(admin, [readWrite]), 400, 'malformed_body');
    expectProblem(await call(fleet.url, 'POST', '/tokens', { token: admin }), 400, 'malformed_body');
    const duplicate = {
      token: admin,
      body: '{"expires_in_seconds":1,"expires_in_seconds":9}',
      headers: { 'content-type': 'application/json' },
    };
    expectProblem(await call(fleet.url, 'POST', '/tokens', duplicate), 400, 'malformed_body');
  });

  it('refuses super_user rights even to the super-user', async () => {
    const request = { authorization_details: [{ type: 'super_user' }], expires_in_seconds: 60 };
    expectProblem(await post(admin, request), 403, 'permission_denied');
  });

  it('a key repeated gives the same token, but never that of another issuer', async () => {
    const headers = { 'idempotency-key': 'issue-once' };
    const request = { authorization_details: [readOnly], expires_in_seconds: 60 };
    const first = await post(admin, request, headers);
    const again = await post(admin, request, headers);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const { token } = await mint([readOnly, minting]);
    const others = await post(token, request, headers);
    expect([others.status, others.headers.get('idempotent-replayed')]).toEqual([201, null]);
    expect(others.json.jti).not.toBe(first.json.jti);
  });
});

describe('attenuation', () => {
  it('a token issues no more than it may do itself', async () => {
    const { token } = await mint([
      { type: 'cache', cache: 'default', item: { key_prefix: 'user-' }, actions: ['read'] },
      minting,
    ]);
    const ask = (detail: unknown, more = {}) =>
      post(token, { authorization_details: [detail], expires_in_seconds: 60, ...more });
    const within = { type: 'cache', cache: 'default', item: { key_prefix: 'user-1' }, actions: ['read'] };
    expect((await ask(within)).status).toBe(201);
    expectProblem(await ask({ ...within, actions: ['read', 'write'] }), 403, 'permission_denied');
    expectProblem(await ask({ ...within, cache: '*' }), 403, 'permission_denied');
    expectProblem(await ask({ ...within, item: { key_prefix: 'use' } }), 403, 'permission_denied');
    expectProblem(await ask({ type: 'administration', actions: ['read'] }), 403, 'permission_denied');
    expectProblem(await ask(within, { account: 'other' }), 403, 'permission_denied');
    expectProblem(await ask(within, { expires_in_seconds: 2 * hourSeconds }), 403, 'permission_denied');
  });

  it('a token without issuance issues, lists, revokes and rotates nothing', async () => {
    const { token, jti } = await mint([readWrite]);
    expectProblem(
      await post(token, { authorization_details: [readOnly], expires_in_seconds: 60 }),
      403,
      'permission_denied',
    );
    expectProblem(await call(fleet.url, 'GET', '/tokens', { token }), 403, 'permission_denied');
    expectProblem(await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token }), 403, 'permission_denied');
    const { token: minter } = await mint([minting]);
    expectProblem(await call(fleet.url, 'POST', '/tokens/keys/rotate', { token: minter }), 403, 'permission_denied');
  });
});

describe('disposable tokens', () => {
  const disposable = (more: object) =>
    post(admin, { authorization_details: [readOnly], disposable: true, expires_in_seconds: 60, ...more });

  it('have no refresh token', async () => {
    const answer = await disposable({ token_id: 'browser' });
    expect(answer.status).toBe(201);
    expect(answer.json).not.toHaveProperty('refresh_token');
    expect(answer.json).toMatchObject({ disposable: true, token_id: 'browser' });
  });

  it('live 25 hours at most', async () => {
    const { disposableLifetimeSecondsMax: limit } = tokenLimits;
    expect((await disposable({ expires_in_seconds: limit })).status).toBe(201);
    const refused = await disposable({ expires_in_seconds: limit + 1 });
    expectProblem(refused, 400, 'invalid_argument');
    expect(refused.json).toMatchObject({ limit, actual: limit + 1 });
  });

  it.each([[minting], [{ type: 'administration', actions: ['read'] }], [{ type: 'operations', actions: ['read'] }]])(
    'have no rights beyond data: %j',
    async (detail) => {
      expectProblem(await disposable({ authorization_details: [detail] }), 400, 'invalid_argument');
    },
  );
});

describe('refresh', () => {
  it('renews rights and duration under the same id, without another credential', async () => {
    const issued = await mint([readWrite], { subject: 'worker' });
    const renewed = await refresh(issued.refresh_token, fleet.urls[1]);
    expect(renewed.status).toBe(200);
    expect(renewed.headers.get('cache-control')).toBe('no-store');
    expect(renewed.json).toMatchObject({ jti: issued.jti, subject: 'worker', authorization_details: [readWrite] });
    expect(renewed.json.expires_at).toBeGreaterThanOrEqual(issued.expires_at);
    secrets.push(renewed.json.token, renewed.json.refresh_token);
    expect((await write(renewed.json.token)).status).toBe(204);
  });

  it('refuses an access token, a refresh token as credential, and what is no token', async () => {
    const { token, refresh_token: refreshToken } = await mint([readWrite]);
    expectProblem(await refresh(token), 401, 'invalid_token');
    expectProblem(await refresh('x'), 401, 'invalid_token');
    expectProblem(await read(refreshToken!), 401, 'invalid_token');
    expectProblem(await refresh(7), 400, 'invalid_argument');
    expectProblem(await refresh(undefined), 400, 'invalid_argument');
  });

  it('ends with a revocation', async () => {
    const { jti, refresh_token: refreshToken } = await mint([readWrite]);
    expect((await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: admin })).status).toBe(204);
    for (const url of fleet.urls) expectProblem(await refresh(refreshToken, url), 401, 'invalid_token');
  });
});

describe('revoke', () => {
  it('holds at every gateway within a second, for what was minted from the token too', async () => {
    const parent = await mint([readWrite, minting]);
    const child = await mint([readOnly], {}, parent.token);
    await write(admin);
    for (const url of fleet.urls)
      for (const { token } of [parent, child]) expect((await read(token, url)).status).toBe(200);
    const startMs = performance.now();
    expect((await call(fleet.url, 'DELETE', `/tokens/${parent.jti}`, { token: admin })).status).toBe(204);
    for (const url of fleet.urls)
      for (const { token } of [parent, child]) expectProblem(await read(token, url), 401, 'invalid_token');
    expect(performance.now() - startMs).toBeLessThan(revocationMs);
    expect((await call(fleet.url, 'DELETE', `/tokens/${parent.jti}`, { token: admin })).status).toBe(204);
  });

  it('answers 404 for an id that was never issued, and 400 for what is no id', async () => {
    expectProblem(await call(fleet.url, 'DELETE', '/tokens/never-issued', { token: admin }), 404, 'token_not_found');
    expectProblem(await call(fleet.url, 'DELETE', '/tokens/a%0ab', { token: admin }), 400, 'invalid_argument');
  });

  it('does not reach a token’s own issuers: no token takes the admin key away', async () => {
    const parent = await mint([readOnly, minting]);
    const child = await mint([readOnly, minting], {}, parent.token);
    const { json } = await call(fleet.url, 'GET', '/tokens?limit=1000', { token: admin });
    const adminJti = json.tokens.find((each: { description: string | null }) => each.description === 'admin key').jti;
    for (const jti of [parent.jti, adminJti])
      expectProblem(
        await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: child.token }),
        403,
        'permission_denied',
      );
    expect((await read(admin)).status).not.toBe(401);
  });

  it('another account’s token is the super-user’s to list and revoke', async () => {
    const { jti } = await mint([readOnly], { account: 'tenant' });
    const { token } = await mint([minting]);
    for (const [method, path] of [
      ['GET', '/tokens?account=tenant'],
      ['DELETE', `/tokens/${jti}?account=tenant`],
    ] as const)
      expectProblem(await call(fleet.url, method, path, { token }), 403, 'permission_denied');
    expectProblem(await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: admin }), 404, 'token_not_found');
    const listed = await call(fleet.url, 'GET', '/tokens?account=tenant', { token: admin });
    expect(listed.json.tokens.map((each: { jti: string }) => each.jti)).toEqual([jti]);
    expect((await call(fleet.url, 'DELETE', `/tokens/${jti}?account=tenant`, { token: admin })).status).toBe(204);
  });
});

describe('list', () => {
  it('tells what tokens may do and whether they are revoked, page by page, and never their text', async () => {
    const { jti } = await mint([readOnly], { token_id: 'listed', description: 'for the list' });
    await call(fleet.url, 'DELETE', `/tokens/${jti}`, { token: admin });
    const tokens: { jti: string }[] = [];
    let path = '/tokens?limit=3';
    for (let pages = 0; pages < 100; pages++) {
      const page = await call(fleet.url, 'GET', path, { token: admin });
      for (const secret of secrets) expect(page.text).not.toContain(secret);
      tokens.push(...page.json.tokens);
      if (page.json.next_token === undefined) break;
      path = `/tokens?limit=3&next_token=${encodeURIComponent(page.json.next_token)}`;
    }
    expect(new Set(tokens.map((each) => each.jti)).size).toBe(tokens.length);
    expect(tokens.find((each) => each.jti === jti)).toMatchObject({
      token_id: 'listed',
      description: 'for the list',
      disposable: false,
      revoked: true,
      authorization_details: [readOnly],
    });
    expectProblem(await call(fleet.url, 'GET', '/tokens?next_token=_', { token: admin }), 400, 'invalid_argument');
  });
});

describe('keys', () => {
  const jwkSet = (gateway = fleet.url) => call(gateway, 'GET', '/.well-known/jwks.json');
  const headerOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString());

  it('are public, cacheable for a short while, without private parts, and verify the tokens', async () => {
    const { token } = await mint([readOnly]);
    const { status, headers, json } = await jwkSet();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/jwk-set+json');
    expect(headers.get('cache-control')).toMatch(/^public, max-age=\d{1,3}$/);
    for (const key of json.keys) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
    const jwk = json.keys.find((key: { kid: string }) => key.kid === headerOf(token).kid);
    const [head, payload, signature] = token.split('.');
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
    expect(verify(null, Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature!, 'base64url'))).toBe(true);
  });

  it('rotate with overlap: new tokens have the new key, the old ones go on working', async () => {
    const before = await mint([readWrite]);
    const rotated = await call(fleet.url, 'POST', '/tokens/keys/rotate', { token: admin });
    expect(rotated.status).toBe(200);
    const after = await mint([readWrite]);
    expect(headerOf(after.token).kid).toBe(rotated.json.kid);
    expect(headerOf(before.token).kid).not.toBe(rotated.json.kid);
    for (const url of fleet.urls) {
      for (const { token } of [before, after]) expect((await read(token, url)).status).toBe(200);
      const kids = (await jwkSet(url)).json.keys.map((key: { kid: string }) => key.kid);
      expect(kids[0]).toBe(rotated.json.kid);
      expect(kids).toContain(headerOf(before.token).kid);
    }
    const renewed = await refresh(before.refresh_token);
    expect(headerOf(renewed.json.token).kid).toBe(rotated.json.kid);
  });
});

it('no token is ever logged', () => {
  expect(secrets.length).toBeGreaterThan(10);
  expect(logged.length).toBeGreaterThan(secrets.length);
  for (const secret of secrets) for (const line of logged) expect(line.includes(secret)).toBe(false);
});
