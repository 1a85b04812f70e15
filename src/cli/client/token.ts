import { readCredentialFile } from '../credentials.ts';
import type { OptionsOf } from '../options.ts';
import { ApiClient, type ClientOptions } from './http.ts';
import { cell, expiryText, type Output, printJson, tableText } from './print.ts';
import { parseRight } from './rights.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `godwit token issue` */
export async function issueToken(options: OptionsOf<'token issue'>, output: Output): Promise<void> {
  const body = {
    authorization_details: options.allow.map(parseRight),
    expires_in_seconds: Math.ceil(options.expiresIn / 1_000),
    ...(options.disposable ? { disposable: true } : {}),
    ...(options.tokenId === undefined ? {} : { token_id: options.tokenId }),
    ...(options.subject === undefined ? {} : { subject: options.subject }),
    ...(options.account === undefined ? {} : { account: options.account }),
    ...(options.description === undefined ? {} : { description: options.description }),
  };
  printTokens(options, output, await new ApiClient(options).callJson({ method: 'POST', path: '/tokens', json: body }));
}

/** `godwit token refresh`: the refresh token is the credential, so that no other is sent. */
export async function refreshToken(options: OptionsOf<'token refresh'>, output: Output): Promise<void> {
  const refresh = readCredentialFile(options.refreshTokenFile, 'the refresh token file');
  const call = { method: 'POST', path: '/tokens/refresh', json: { refresh_token: refresh } } as const;
  printTokens(options, output, await new ApiClient(options).callJson(call));
}

/** The token alone on stdout, so that it can go to a file; the rest beside it. */
function printTokens(options: ClientOptions, output: Output, answer: unknown): void {
  if (options.json) {
    printJson(output, answer);
    return;
  }
  const fields = answer as Fields;
  output.stdout(`${cell(fields.token)}\n`);
  output.stderr(`jti ${cell(fields.jti)}, expires ${expiryText(fields.expires_at)}\n`);
}

/** `godwit token list` */
export async function listTokens(options: OptionsOf<'token list'>, output: Output): Promise<void> {
  const tokens = await listAll(new ApiClient(options), `/tokens${accountQuery(options.account)}`, 'tokens');
  if (options.json) return printJson(output, { tokens });
  output.stdout(
    tableText(
      ['JTI', 'SUBJECT', 'TOKEN ID', 'EXPIRES', 'REVOKED', 'DESCRIPTION', 'RIGHTS'],
      tokens.map((token) => [
        cell(token.jti),
        cell(token.subject),
        cell(token.token_id),
        expiryText(token.expires_at),
        token.revoked === true ? 'yes' : 'no',
        cell(token.description),
        cell(token.authorization_details),
      ]),
    ),
  );
}

/** `godwit token revoke` */
export async function revokeToken(
  options: OptionsOf<'token revoke'>,
  words: readonly string[],
  output: Output,
): Promise<void> {
  const jti = words[0]!;
  await new ApiClient(options).call({
    method: 'DELETE',
    path: `/tokens/${encodeURIComponent(jti)}${accountQuery(options.account)}`,
  });
  if (options.json) return printJson(output, { revoked: jti });
  output.stdout('revoked\n');
}

function accountQuery(account: string | undefined): string {
  return account === undefined ? '' : `?account=${encodeURIComponent(account)}`;
}

/** `godwit token rotate-keys` */
export async function rotateKeys(options: OptionsOf<'token rotate-keys'>, output: Output): Promise<void> {
  const answer = await new ApiClient(options).callJson({ method: 'POST', path: '/tokens/keys/rotate' });
  if (options.json) return printJson(output, answer ?? {});
  output.stdout('rotated; tokens of the old key stay valid until they expire\n');
}

/** Every entry of a list that the server gives page by page. */
export async function listAll(client: ApiClient, path: string, field: string): Promise<Fields[]> {
  const entries: Fields[] = [];
  let cursor: unknown;
  do {
    const joint = path.includes('?') ? '&' : '?';
    const query = typeof cursor === 'string' ? `${joint}next_token=${encodeURIComponent(cursor)}` : '';
    const page = (await client.callJson({ method: 'GET', path: `${path}${query}` })) as Fields;
    const list = page[field];
    if (Array.isArray(list)) entries.push(...(list as Fields[]));
    // a server that repeats itself must not hold the command for ever
    cursor = page.next_token === cursor ? undefined : page.next_token;
  } while (typeof cursor === 'string');
  return entries;
}
