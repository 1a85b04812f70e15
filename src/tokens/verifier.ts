/**
 * Verification of tokens at a gateway.
 *
 * Fast path: `cached`, for a token seen before, is one map look-up by text and one comparison of its expiry.
 * Slow path: `verify`, once per token, gateway and authority, costs a signature check.
 *
 * The text is only a short cut to the session. Validity hangs on the claims: whatever text a session came
 * from, `update` drops it when its `jti`, one of its issuers' or its key is withdrawn.
 */
import { compactVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import type { TokenAuthority } from '../shared/fleet-state.ts';
import { limits, retryAfterSeconds } from '../shared/limits.ts';
import { decodeCanonicalBase64url } from './base64url.ts';
import {
  type AccessClaims,
  accessClaimsSchema,
  accessTokenType,
  type RefreshClaims,
  refreshClaimsSchema,
  refreshTokenType,
  tokenAlgorithm,
  tokenAudience,
} from './claims.ts';
import { tokenLimits } from './limits.ts';
import { type Session, VerifiedSession } from './session.ts';
import { parseStrictJson } from './strict-json.ts';
import { type VerificationKey, verificationKeys } from './verification-keys.ts';

/** Exactly the members that our own signer writes: `crit`, `b64`, `jwk`, `jku`, `x5u`, `x5c`, `zip`, `cty` are refused. */
const headerSchema = z.strictObject({
  alg: z.literal(tokenAlgorithm),
  typ: z.string(),
  kid: z.string().min(1),
});

const signatureBytes = 64;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The one answer to any token that is not valid; the reason is not told, nor kept. */
export function invalidToken(): GodwitError {
  return new GodwitError('invalid_token', 'The token is not valid.');
}

/** A refusal inside this module; `lasting` when only time or an update of the authority could not change it. */
class Refusal extends Error {
  readonly lasting: boolean;

  constructor(lasting: boolean) {
    super('refused');
    this.lasting = lasting;
  }
}

export interface TokenVerifierOptions {
  clock: Clock;
  audience?: string;
  cacheEntriesMax?: number;
  rejectionsMax?: number;
  verificationsInFlightMax?: number;
}

export class TokenVerifier {
  readonly #clock: Clock;
  readonly #audience: string;
  readonly #cacheEntriesMax: number;
  readonly #rejectionsMax: number;
  readonly #verificationsInFlightMax: number;
  #issuer: string | undefined;
  #revision = -1;
  #keys: ReadonlyMap<string, VerificationKey> = new Map();
  #revoked: ReadonlySet<string> = new Set();
  /** By text, oldest first. */
  readonly #sessions = new Map<string, VerifiedSession>();
  /** Refused texts with the monotonic time until which they are refused unseen; oldest first. */
  readonly #rejections = new Map<string, number>();
  /** Verifications under way by text; bounded by `#signatureChecks`, the only step of one that waits. */
  readonly #inFlight = new Map<string, Promise<Session>>();
  #signatureChecks = 0;

  constructor(options: TokenVerifierOptions) {
    this.#clock = options.clock;
    this.#audience = options.audience ?? tokenAudience;
    this.#cacheEntriesMax = options.cacheEntriesMax ?? tokenLimits.sessionsMax;
    this.#rejectionsMax = options.rejectionsMax ?? tokenLimits.rejectionsMax;
    this.#verificationsInFlightMax = options.verificationsInFlightMax ?? tokenLimits.verificationsInFlightMax;
  }

  /** Tokens held verified at this moment, expired ones not yet dropped included. */
  get cachedCount(): number {
    return this.#sessions.size;
  }

  get rejectedCount(): number {
    return this.#rejections.size;
  }

  /**
   * Takes over keys, issuer and revocations, and drops every session that they withdraw. An older revision of
   * the same issuer than the one in force is ignored: it could bring a revoked token back.
   */
  update(authority: TokenAuthority): void {
    if (authority.issuer === this.#issuer && authority.revision < this.#revision) return;
    this.#issuer = authority.issuer;
    this.#revision = authority.revision;
    this.#keys = verificationKeys(authority);
    this.#revoked = new Set(authority.revocations.map((revocation) => revocation.jti));
    this.#rejections.clear();
    const now = this.#clock.wallMs();
    for (const [text, session] of this.#sessions) {
      if (session.expiresAtMs <= now || this.isWithdrawn(session)) this.#sessions.delete(text);
    }
  }

  /** The session of a token verified before and still valid. Synchronous; undefined says only that it must be verified. */
  cached(text: string): Session | undefined {
    const session = this.#sessions.get(text);
    if (session === undefined) return undefined;
    if (session.expiresAtMs > this.#clock.wallMs()) return session;
    this.#sessions.delete(text);
    return undefined;
  }

  /**
   * The session of an access token. Calls with the same text at the same time share one signature check.
   *
   * @throws GodwitError `invalid_token` whatever is wrong with it; `overloaded` when too many are being checked
   */
  async verify(text: string): Promise<Session> {
    const known = this.cached(text);
    if (known !== undefined) return known;
    const underWay = this.#inFlight.get(text);
    if (underWay !== undefined) return underWay;
    if (text.length > limits.tokenBytesMax || this.#isRejected(text)) throw invalidToken();
    const verification = this.#open(text, accessTokenType, accessClaimsSchema, (claims, key) =>
      this.#remember(text, new VerifiedSession(claims, key, this)),
    )
      .catch((error: unknown) => this.#refuse(text, error))
      .finally(() => this.#inFlight.delete(text));
    this.#inFlight.set(text, verification);
    return verification;
  }

  /**
   * The claims of a refresh token; never cached.
   *
   * @throws GodwitError as `verify`
   */
  async verifyRefresh(text: string): Promise<RefreshClaims> {
    if (text.length > limits.tokenBytesMax || this.#isRejected(text)) throw invalidToken();
    return this.#open(text, refreshTokenType, refreshClaimsSchema, (claims) => claims).catch((error: unknown) =>
      this.#refuse(text, error),
    );
  }

  /** Whether a session's grant, issuers, issuing fleet or key are withdrawn by the authority in force. */
  isWithdrawn(session: VerifiedSession): boolean {
    return (
      session.claims.iss !== this.#issuer ||
      this.#keys.get(session.kid)?.publicKey !== session.publicKey ||
      this.#isRevoked(session.claims)
    );
  }

  #isRevoked(claims: AccessClaims | RefreshClaims): boolean {
    const revoked = this.#revoked;
    return (
      revoked.has(claims.jti) ||
      (claims.parent !== undefined && revoked.has(claims.parent)) ||
      (claims.ancestors?.some((jti) => revoked.has(jti)) ?? false)
    );
  }

  /**
   * Checks form, header, signature, claims, times and revocation, in this order, so that nothing is read from
   * claims that the fleet did not sign. `finish` runs in the same turn as the last check, so that no update of
   * the authority comes between.
   */
  async #open<Claims extends AccessClaims | RefreshClaims, Result>(
    text: string,
    type: string,
    schema: z.ZodType<Claims>,
    finish: (claims: Claims, key: VerificationKey) => Result,
  ): Promise<Result> {
    const { header, payload } = parseCompact(text);
    if (mediaType(header.typ) !== type) throw new Refusal(true);
    const key = this.#keys.get(header.kid);
    if (key === undefined) throw new Refusal(false);
    await this.#checkSignature(text, key);
    const claims = schema.safeParse(parseJson(payload));
    if (!claims.success) throw new Refusal(true);
    this.#checkClaims(claims.data);
    // The authority may have changed during the signature check; what it says now counts.
    if (this.#keys.get(key.kid)?.publicKey !== key.publicKey) throw new Refusal(false);
    if (this.#isRevoked(claims.data)) throw new Refusal(true);
    return finish(claims.data, key);
  }

  async #checkSignature(text: string, key: VerificationKey): Promise<void> {
    if (this.#signatureChecks >= this.#verificationsInFlightMax) {
      throw new GodwitError('overloaded', 'Too many tokens are being verified; nothing was done.', {
        headers: { 'retry-after': String(retryAfterSeconds) },
      });
    }
    this.#signatureChecks++;
    try {
      await compactVerify(text, await key.imported(), { algorithms: [tokenAlgorithm] });
    } catch {
      throw new Refusal(true);
    } finally {
      this.#signatureChecks--;
    }
  }

  #checkClaims(claims: AccessClaims | RefreshClaims): void {
    if (claims.iss !== this.#issuer || claims.aud !== this.#audience) throw new Refusal(true);
    const nowSeconds = this.#clock.wallMs() / 1_000;
    if (claims.exp !== undefined && claims.exp <= nowSeconds) throw new Refusal(true);
    const latestSeconds = nowSeconds + tokenLimits.clockToleranceSeconds;
    if (claims.iat > latestSeconds || (claims.nbf ?? 0) > latestSeconds) throw new Refusal(false);
  }

  #remember(text: string, session: VerifiedSession): Session {
    while (this.#sessions.size >= this.#cacheEntriesMax) deleteOldest(this.#sessions);
    this.#sessions.set(text, session);
    return session;
  }

  /** Keeps the text of a lasting refusal, unless it is long; then answers as to any other. */
  #refuse(text: string, error: unknown): never {
    if (error instanceof GodwitError) throw error;
    const lasting = error instanceof Refusal && error.lasting;
    if (lasting && text.length <= tokenLimits.rejectionTextLengthMax) {
      while (this.#rejections.size >= this.#rejectionsMax) deleteOldest(this.#rejections);
      this.#rejections.set(text, this.#clock.monotonicMs() + tokenLimits.rejectionTtlMs);
    }
    throw invalidToken();
  }

  #isRejected(text: string): boolean {
    const untilMs = this.#rejections.get(text);
    if (untilMs === undefined) return false;
    if (untilMs > this.#clock.monotonicMs()) return true;
    this.#rejections.delete(text);
    return false;
  }
}

/** Drops the entry that was added first. */
function deleteOldest(map: Map<string, unknown>): void {
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}

/** Header and undecoded claims of a compact JWS (RFC 7515 §7.1) in its one canonical spelling. */
function parseCompact(text: string): { header: z.infer<typeof headerSchema>; payload: Uint8Array } {
  // A fourth part is enough to know: text is bounded, but need not be split to the end.
  const [headerText, payloadText, signatureText, more] = text.split('.', 4);
  if (!headerText || !payloadText || !signatureText || more !== undefined) throw new Refusal(true);
  const headerBytes = decodeCanonicalBase64url(headerText);
  const payload = decodeCanonicalBase64url(payloadText);
  const signature = decodeCanonicalBase64url(signatureText);
  if (headerBytes === undefined || payload === undefined || signature?.length !== signatureBytes) {
    throw new Refusal(true);
  }
  const header = headerSchema.safeParse(parseJson(headerBytes));
  if (!header.success) throw new Refusal(true);
  return { header: header.data, payload };
}

/** @throws Refusal for bytes that are not UTF-8 (a byte order mark counts as data) or not strict JSON */
function parseJson(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(utf8.decode(bytes), tokenLimits.jsonDepthMax);
  } catch {
    throw new Refusal(true);
  }
}

/** A `typ` compared as a media type: case does not matter, and `application/` may be left out (RFC 7515 §4.1.9). */
function mediaType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '');
}
