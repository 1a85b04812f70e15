import { beforeEach, describe, expect, it } from 'vitest';
import type { ControlPlane } from '../../src/control-plane/control-plane.ts';
import { controlPlaneLimits } from '../../src/control-plane/limits.ts';
import { openSqliteStore } from '../../src/control-plane/store/sqlite-store.ts';
import type { IssuedToken, IssueOrder } from '../../src/control-plane/token-authority.ts';
import type { ManualClock } from '../../src/shared/clock.ts';
import { TokenVerifier } from '../../src/tokens/verifier.ts';
import { claims, openControl, refreshOf } from './fixtures.ts';

let control: ControlPlane;
let clock: ManualClock;
beforeEach(async () => {
  ({ control, clock } = await openControl());
});

const account = 'default';
const issue = (order: IssueOrder) =>
  control.mutate({ account }, (state) => control.tokens.issue(state, order)).then(({ answer }) => answer);
const revoke = (jti: string) =>
  control.mutate({ account }, (state) => control.tokens.revoke(state, { account, jti, by_super_user: false }));
const refresh = (text: string) =>
  control.mutate({ account }, (state) => control.tokens.refresh(state, text)).then(({ answer }) => answer);

/** What a gateway with the newest state says of a token. */
async function verdict(token: string): Promise<'valid' | 'refused'> {
  const verifier = new TokenVerifier({ clock });
  verifier.update(control.state.tokens);
  return verifier.verify(token).then(
    () => 'valid',
    () => 'refused',
  );
}

const secondsMs = 1_000;
const past = (seconds: number) => clock.advance(seconds * secondsMs);

describe('token authority: issuing', () => {
  it('issue: signs the claims with a key that the fleet publishes', async () => {
    const { token, expires_at, refresh_token } = await issue({ claims: claims(clock) });
    expect(await verdict(token)).toBe('valid');
    expect(expires_at).toBe(Math.floor(clock.wallMs() / secondsMs) + 3_600);
    expect(refresh_token).toBeNull();
  });

  it('issue: makes no revision, because no gateway has to know', async () => {
    const before = control.state.revision;
    await issue({ claims: claims(clock) });
    expect(control.state.revision).toBe(before);
  });

  it('issue: refuses claims of another fleet, without an end, that are over, or with a used id', async () => {
    const refused = { code: 'invalid_argument' };
    await expect(issue({ claims: claims(clock, { iss: 'other' }) })).rejects.toMatchObject(refused);
    await expect(issue({ claims: claims(clock, { aud: 'other' }) })).rejects.toMatchObject(refused);
    const { exp: _exp, ...endless } = claims(clock, { authorization_details: [{ type: 'super_user' }] });
    await expect(issue({ claims: endless })).rejects.toMatchObject(refused);
    await expect(issue({ claims: claims(clock, { exp: 1 }) })).rejects.toMatchObject(refused);
    const order = { claims: claims(clock) };
    await issue(order);
    await expect(issue(order)).rejects.toMatchObject(refused);
    await expect(issue({ claims: claims(clock), refresh: refreshOf(claims(clock)) })).rejects.toMatchObject(refused);
  });

  it('issue: refuses a token whose issuer was revoked since it asked', async () => {
    const parent = await issue({ claims: claims(clock) });
    await revoke(parent.jti);
    await expect(issue({ claims: claims(clock, { parent: parent.jti }) })).rejects.toMatchObject({
      code: 'invalid_token',
    });
    await expect(
      issue({ claims: claims(clock, { parent: 'someone', ancestors: [parent.jti] }) }),
    ).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('list: shows an account’s grants by page and never a token’s text', async () => {
    const issued: IssuedToken[] = [];
    for (let i = 0; i < 3; i++) issued.push(await issue({ claims: claims(clock), description: `number ${i}` }));
    await issue({ claims: claims(clock, { account: 'other' }) });
    await revoke(issued[0]!.jti);
    const first = await control.tokens.list(account, 2);
    const second = await control.tokens.list(account, 2, first.next_token);
    const all = [...first.items, ...second.items];
    expect(all.map(({ jti }) => jti).sort()).toEqual(issued.map(({ jti }) => jti).sort());
    expect(all.find(({ jti }) => jti === issued[0]!.jti)?.revoked).toBe(true);
    expect(all.filter(({ revoked }) => revoked)).toHaveLength(1);
    expect(all[0]).toMatchObject({ subject: 'tester', description: expect.stringMatching(/^number /) });
    const text = JSON.stringify(all);
    for (const { token } of issued) expect(text).not.toContain(token.split('.')[2]!);
  });

  it('list: leaves out what has expired; housekeeping removes all of it', async () => {
    const store = openSqliteStore(':memory:');
    ({ control, clock } = await openControl({ store }));
    await issue({ claims: claims(clock) });
    expect(await store.list('tokens/')).toHaveLength(1);
    past(3_600);
    expect((await control.tokens.list(account)).items).toEqual([]);
    past(controlPlaneLimits.revocationMarginMs / secondsMs + 1);
    await control.tick();
    expect(await store.list('tokens/')).toEqual([]);
    expect(await store.list('token-expiries/')).toEqual([]);
    expect((await store.list('token-counts/')).map(({ value }) => value)).toEqual(['{"count":0}']);
  });
});

describe('token authority: revoking and renewing', () => {
  it('revoke: an admin key goes only by a super-user, for every token of the account goes with it', async () => {
    const { token, jti } = await control.issueAdminKey();
    await expect(revoke(jti)).rejects.toMatchObject({ code: 'permission_denied' });
    expect(await verdict(token)).not.toBe('refused');
    await control.mutate({ account }, (state) => control.tokens.revoke(state, { account, jti, by_super_user: true }));
    expect(await verdict(token)).toBe('refused');
  });

  it('revoke: the token is refused from the next state on, and again is the same as once', async () => {
    const { token, jti } = await issue({ claims: claims(clock) });
    const { revision } = await revoke(jti);
    expect(await verdict(token)).toBe('refused');
    expect(control.state.tokens.revision).toBe(revision);
    expect((await revoke(jti)).revision).toBe(revision);
  });

  it('revoke: what was minted from the token is refused too', async () => {
    const parent = await issue({ claims: claims(clock) });
    const child = await issue({ claims: claims(clock, { parent: parent.jti }) });
    await revoke(parent.jti);
    expect(await verdict(child.token)).toBe('refused');
  });

  it('revoke: an unknown, foreign or expired id is not found', async () => {
    const missing = { code: 'token_not_found' };
    await expect(revoke('nobody')).rejects.toMatchObject(missing);
    const foreign = await issue({ claims: claims(clock, { account: 'other' }) });
    await expect(revoke(foreign.jti)).rejects.toMatchObject(missing);
    const { jti } = await issue({ claims: claims(clock) });
    past(3_600);
    await expect(revoke(jti)).rejects.toMatchObject(missing);
  });

  it('revoke: the revocation goes once the token would have expired, with a margin', async () => {
    const { jti } = await issue({ claims: claims(clock) });
    await revoke(jti);
    past(3_600 + 1);
    await control.tick();
    expect(control.state.tokens.revocations).toHaveLength(1);
    past(controlPlaneLimits.revocationMarginMs / secondsMs);
    await control.tick();
    expect(control.state.tokens.revocations).toEqual([]);
  });

  it('refresh: gives the same grant for the same time again', async () => {
    const access = claims(clock);
    const { refresh_token } = await issue({ claims: access, refresh: refreshOf(access) });
    past(1_800);
    const renewed = await refresh(refresh_token!);
    expect(renewed.jti).toBe(access.jti);
    expect(renewed.expires_at).toBe(access.exp! + 1_800);
    expect(await verdict(renewed.token)).toBe('valid');
    expect((await control.tokens.list(account)).items).toMatchObject([{ expires_at: access.exp! + 1_800 }]);
    past(3_000);
    expect(await verdict(renewed.token)).toBe('valid');
    await control.tick();
    await revoke(access.jti);
    expect(await verdict(renewed.token)).toBe('refused');
  });

  it('refresh: garbage, an access token, an expired and a revoked refresh token are all the same invalid token', async () => {
    const invalid = { code: 'invalid_token' };
    const access = claims(clock);
    const { token, refresh_token } = await issue({ claims: access, refresh: refreshOf(access) });
    await expect(refresh('garbage')).rejects.toMatchObject(invalid);
    await expect(refresh(token)).rejects.toMatchObject(invalid);
    await revoke(access.jti);
    await expect(refresh(refresh_token!)).rejects.toMatchObject(invalid);
    const other = claims(clock);
    const expiring = await issue({ claims: other, refresh: refreshOf(other) });
    past(3_600);
    await expect(refresh(expiring.refresh_token!)).rejects.toMatchObject(invalid);
  });
});

describe('token authority: rotation', () => {
  const kids = () => control.state.tokens.keys.map((key) => key.kid);

  it('rotate: the new key signs and comes first; tokens of the old one stay valid', async () => {
    const before = await issue({ claims: claims(clock) });
    const { answer } = await control.rotateKeys({ account });
    expect(kids()[0]).toBe(answer.kid);
    expect(kids()).toHaveLength(2);
    const after = await issue({ claims: claims(clock) });
    expect(JSON.parse(Buffer.from(after.token.split('.')[0]!, 'base64url').toString())).toMatchObject(answer);
    expect(await verdict(before.token)).toBe('valid');
    expect(await verdict(after.token)).toBe('valid');
  });

  it('rotate: the old key goes when the last token it signed has expired, not before', async () => {
    const old = kids()[0]!;
    await issue({ claims: claims(clock) });
    await control.rotateKeys({ account });
    past(3_500);
    await control.tick();
    expect(kids()).toContain(old);
    past(2 * 3_600);
    await control.tick();
    expect(kids()).not.toContain(old);
    expect(kids()).toHaveLength(1);
  });

  it('rotate: a key that signed the admin key stays for good', async () => {
    const admin = await control.issueAdminKey();
    await control.rotateKeys({ account });
    past(400 * 86_400);
    await control.tick();
    expect(kids()).toHaveLength(2);
    expect(await verdict(admin.token)).toBe('valid');
    expect(admin.expires_at).toBeNull();
  });

  it('rotate: with an idempotency key, a repeat makes no third key', async () => {
    const call = { account, idempotency: { key: 'k', fingerprint: 'f' } };
    const first = await control.rotateKeys(call);
    const again = await control.rotateKeys(call);
    expect(again).toMatchObject({ answer: first.answer, replayed: true });
    expect(kids()).toHaveLength(2);
  });

  it('rotate: at the bound of published keys it is refused', async () => {
    for (let i = kids().length; i < controlPlaneLimits.signingKeysMax; i++) await control.rotateKeys({ account });
    await expect(control.rotateKeys({ account })).rejects.toMatchObject({ code: 'limit_reached' });
  });

  it('no private key is ever part of the published state', async () => {
    await control.rotateKeys({ account });
    expect(JSON.stringify(control.state)).not.toMatch(/"d":|privateJwk/);
  });
});
