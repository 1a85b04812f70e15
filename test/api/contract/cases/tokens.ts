import type { Call } from '../caller.ts';
import { expectReplay, mark } from './replay.ts';

interface Issued {
  readonly token: string;
  readonly refresh_token: string;
  readonly jti: string;
}

const rights = [{ type: 'cache', cache: 'default', actions: ['read'] }];
/** A good request for a token. */
export const tokenRequest = { authorization_details: rights, expires_in_seconds: 600 };

export async function exerciseTokens(call: Call): Promise<void> {
  const issue = { json: tokenRequest, headers: mark('issue') };
  const issued = (await call('issueToken', issue, 201)).json<Issued>();
  expectReplay(await call('issueToken', issue, 201));
  await call('issueToken', { ...issue, json: { ...tokenRequest, token_id: 'x' } }, 'idempotency_key_reused');
  const named = { token_id: 'one', subject: 'reader', description: 'For the contract', disposable: true };
  await call('issueToken', { json: { ...tokenRequest, ...named } }, 201);
  await call('issueToken', { json: { authorization_details: rights } }, 'invalid_argument');

  const refresh = { json: { refresh_token: issued.refresh_token }, token: null, headers: mark('refresh') };
  await call('refreshToken', refresh, 200);
  expectReplay(await call('refreshToken', refresh, 200));
  const { refresh_token: other } = (await call('issueToken', { json: tokenRequest }, 201)).json<Issued>();
  await call('refreshToken', { ...refresh, json: { refresh_token: other } }, 'idempotency_key_reused');
  await call('refreshToken', { json: { refresh_token: issued.token }, token: null }, 'invalid_token');
  await call('refreshToken', { json: { refresh_token: '' }, token: null }, 'invalid_argument');

  const page = (await call('listTokens', { query: { limit: '1' } }, 200)).json<{ next_token: string }>();
  await call('listTokens', { query: { next_token: page.next_token } }, 200);
  await call('listTokens', { query: { account: 'another' } }, 200);

  const path = { jti: issued.jti };
  await call('revokeToken', { path, headers: mark('revoke') }, 204);
  expectReplay(await call('revokeToken', { path, headers: mark('revoke') }, 204));
  await call('revokeToken', { path: { jti: 'nobody' }, headers: mark('revoke') }, 'idempotency_key_reused');
  await call('revokeToken', { path: { jti: 'nobody' } }, 'token_not_found');
  await call('revokeToken', { path, query: { account: 'another' } }, 'token_not_found');

  await call('rotateKeys', { headers: mark('rotate') }, 200);
  expectReplay(await call('rotateKeys', { headers: mark('rotate') }, 200));
  await call('rotateKeys', { headers: mark('issue') }, 'idempotency_key_reused');
  await call('getJwkSet', { token: null }, 200);
}
