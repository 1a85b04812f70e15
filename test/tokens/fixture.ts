import { ManualClock } from '../../src/shared/clock.ts';
import type { TokenAuthority } from '../../src/shared/fleet-state.ts';
import type { AuthorizationDetails } from '../../src/tokens/authorization-details.ts';
import type { AccessClaims } from '../../src/tokens/claims.ts';
import { adminKeyClaims, type IssueRequest, prepareToken } from '../../src/tokens/issue.ts';
import type { Session } from '../../src/tokens/session.ts';
import { generateSigningKey, type SigningKey, signAccessToken } from '../../src/tokens/signing-keys.ts';
import { TokenVerifier, type TokenVerifierOptions } from '../../src/tokens/verifier.ts';

export const issuer = 'https://fleet.test/1';

/** A fleet's keys, its authority and one gateway's verifier, on a clock that stands still. */
export class Fleet {
  readonly clock = new ManualClock();
  readonly key: SigningKey;
  readonly verifier: TokenVerifier;
  authority: TokenAuthority;
  /** The admin key's session. */
  admin!: Session;

  private constructor(key: SigningKey, options: Partial<TokenVerifierOptions>) {
    this.key = key;
    this.verifier = new TokenVerifier({ clock: this.clock, ...options });
    this.authority = { revision: 1, issuer, keys: [key.publicJwk], revocations: [] };
    this.verifier.update(this.authority);
  }

  static async start(options: Partial<TokenVerifierOptions> = {}): Promise<Fleet> {
    const fleet = new Fleet(await generateSigningKey(new ManualClock()), options);
    const claims = adminKeyClaims({ issuer, account: 'main', subject: 'admin' }, fleet.clock.wallMs());
    fleet.admin = await fleet.verifier.verify(await signAccessToken(claims, fleet.key));
    return fleet;
  }

  get nowSeconds(): number {
    return this.clock.wallMs() / 1_000;
  }

  /** Changes the authority, with the next revision, and tells the verifier. */
  change(change: Partial<TokenAuthority>): void {
    this.authority = { ...this.authority, ...change, revision: this.authority.revision + 1 };
    this.verifier.update(this.authority);
  }

  revoke(...ids: string[]): void {
    this.change({ revocations: [...this.authority.revocations, ...ids.map((jti) => ({ jti, expires_at: null }))] });
  }

  /** Claims of a token that the admin issued, an hour long unless the request says else. */
  claims(details: AuthorizationDetails, more: Partial<IssueRequest> = {}, by: Session = this.admin): AccessClaims {
    const expiry = 'expires_at' in more ? {} : { expires_in_seconds: 3_600 };
    return prepareToken({ authorization_details: details, ...expiry, ...more }, by, this.clock.wallMs());
  }

  async token(details: AuthorizationDetails, more: Partial<IssueRequest> = {}, by?: Session): Promise<string> {
    return signAccessToken(this.claims(details, more, by), this.key);
  }

  async session(details: AuthorizationDetails, more: Partial<IssueRequest> = {}, by?: Session): Promise<Session> {
    return this.verifier.verify(await this.token(details, more, by));
  }

  /** Whether the verifier refuses the text as it refuses every invalid token. */
  async refuses(text: string): Promise<boolean> {
    try {
      await this.verifier.verify(text);
      return false;
    } catch (error) {
      return isTheOneRefusal(error);
    }
  }

  /** A token with this header and these claims, given as objects or JSON texts, validly signed by the fleet's key. */
  async forge(header: object | string, claims: object | string | Uint8Array): Promise<string> {
    const input = `${base64url(header)}.${base64url(claims)}`;
    return `${input}.${base64url(await this.signature(input))}`;
  }

  async signature(input: string, jwk: JsonWebKey = this.key.privateJwk): Promise<Uint8Array<ArrayBuffer>> {
    const { kty, crv, x, d } = jwk;
    const key = await crypto.subtle.importKey('jwk', { kty, crv, x, d } as JsonWebKey, 'Ed25519', false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('Ed25519', key, new TextEncoder().encode(input)));
  }

  get header(): { alg: string; typ: string; kid: string } {
    return { alg: 'EdDSA', typ: 'at+jwt', kid: this.key.kid };
  }
}

/** The same code, text and headers for every reason, and nothing attached that tells it. */
export function isTheOneRefusal(error: unknown): boolean {
  const { name, code, message, extra, headers, cause } = error as Record<string, unknown>;
  return (
    JSON.stringify({ name, code, message, extra, headers, cause: cause ?? null }) ===
    JSON.stringify({
      name: 'GodwitError',
      code: 'invalid_token',
      message: 'The token is not valid.',
      extra: {},
      headers: {},
      cause: null,
    })
  );
}

export function base64url(value: object | string | Uint8Array): string {
  const bytes =
    value instanceof Uint8Array
      ? value
      : new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const readAll: AuthorizationDetails = [{ type: 'cache', cache: '*', actions: ['read'] }];
