/**
 * The claims of Godwit's tokens: the JWT profile for access tokens (RFC 9068) with rights as rich
 * authorization details (RFC 9396). Times are whole seconds since the Unix epoch (RFC 7519 NumericDate).
 */
import { z } from 'zod';
import { type AuthorizationDetails, authorizationDetailsSchema } from './authorization-details.ts';
import { tokenLimits } from './limits.ts';

/** `aud` of every token of a fleet. */
export const tokenAudience = 'godwit';
/** The one signature algorithm: Ed25519 under its JOSE name. */
export const tokenAlgorithm = 'EdDSA';
/** `typ` of an access token (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt';
/** `typ` of a refresh token, so that neither passes for the other (RFC 8725 §3.11). */
export const refreshTokenType = 'rt+jwt';

/** Names that travel in tokens and logs: `jti`, accounts. */
const identifier = z
  .string()
  .min(1)
  .max(tokenLimits.identifierLengthMax)
  .regex(/^[A-Za-z0-9._~:-]+$/, 'letters, digits and . _ ~ : - only');

/** An account's name. */
export const accountSchema = identifier;

/** Text without control characters, which would break a log line or an event stream. */
const printable = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'the text has a control character');

/** The holder's id, told to the receivers of what it publishes. */
export const tokenIdSchema = printable(tokenLimits.tokenIdLengthMax);
export const subjectSchema = printable(tokenLimits.subjectLengthMax);

/** Whole seconds; strings, fractions, negatives and numbers beyond 2^53 are no time. */
const numericDate = z.int().nonnegative();

const ancestry = {
  /** `jti` of the issuer. Revoking it revokes this token. */
  parent: identifier.optional(),
  /** The issuer's own issuers, nearest first; revoking any of them revokes this token. */
  ancestors: z.array(identifier).max(tokenLimits.ancestorsMax).optional(),
};

const common = {
  iss: z.string().min(1),
  aud: z.string().min(1),
  sub: subjectSchema,
  /** Who asked for the token (RFC 9068 §2.2): the issuer's `sub`. */
  client_id: subjectSchema,
  /** The account whose caches, topics and tokens the rights are about. */
  account: accountSchema,
  /** Id of the grant: the token, its renewals and its refresh tokens share it, and one revocation ends them all. */
  jti: identifier,
  iat: numericDate,
  nbf: numericDate.optional(),
  token_id: tokenIdSchema.optional(),
  ...ancestry,
  authorization_details: authorizationDetailsSchema,
};

/**
 * Claims of an access token. Members that are not listed are ignored, as RFC 7519 §4 asks, so that a fleet
 * can be upgraded node by node; inside `authorization_details` nothing unknown is accepted.
 */
export const accessClaimsSchema = z
  .object({
    ...common,
    /** Left out by the admin key alone. */
    exp: numericDate.optional(),
    disposable: z.boolean().optional(),
  })
  .refine((claims) => claims.exp !== undefined || isSuperUser(claims.authorization_details), 'exp is missing')
  .refine((claims) => claims.disposable !== true || isDisposable(claims), 'not within the rules of disposable tokens');
export type AccessClaims = z.infer<typeof accessClaimsSchema>;

/**
 * Claims of a refresh token: what a renewal needs to give the same rights for the same time again. It expires
 * with its access token, so a grant that nobody renews ends.
 */
export const refreshClaimsSchema = z.object({
  ...common,
  exp: numericDate,
  /** Lifetime of each renewal, in seconds. */
  duration_seconds: z.int().min(1).max(tokenLimits.lifetimeSecondsMax),
  /** End of the issuer's own token, in seconds; no renewal outlives it. Left out when that has no end. */
  renewable_until: numericDate.optional(),
});
export type RefreshClaims = z.infer<typeof refreshClaimsSchema>;

function isSuperUser(details: AuthorizationDetails): boolean {
  return details.some((detail) => detail.type === 'super_user');
}

/** Whether these rights are to data alone: caches and topics. */
export function isDataPlaneOnly(details: AuthorizationDetails): boolean {
  return details.every((detail) => detail.type === 'cache' || detail.type === 'topic');
}

function isDisposable(claims: { iat: number; exp?: number | undefined; authorization_details: AuthorizationDetails }) {
  const lifetimeSeconds = (claims.exp ?? Number.POSITIVE_INFINITY) - claims.iat;
  return lifetimeSeconds <= tokenLimits.disposableLifetimeSecondsMax && isDataPlaneOnly(claims.authorization_details);
}
