/**
 * The rules of issuing: what a holder of a token may mint, and what a renewal gives. Pure: claims come out,
 * `signing-keys.ts` turns them into text.
 */
import { z } from 'zod';
import { GodwitError, invalidArgument } from '../shared/errors.ts';
import { isWithin } from './attenuation.ts';
import {
  type AuthorizationDetails,
  authorizationDetailSchema,
  expandRole,
  roleSchema,
  selectorIdOf,
} from './authorization-details.ts';
import {
  type AccessClaims,
  accountSchema,
  isDataPlaneOnly,
  type RefreshClaims,
  subjectSchema,
  tokenAudience,
  tokenIdSchema,
} from './claims.ts';
import { tokenLimits } from './limits.ts';
import type { Session } from './session.ts';

/** Body of `POST /tokens`. Exactly one of `expires_in_seconds` and `expires_at` is required. */
export const issueRequestSchema = z.strictObject({
  /** Rights, or Momento's roles as their short form. */
  authorization_details: z
    .array(z.union([authorizationDetailSchema, roleSchema]))
    .min(1)
    .max(tokenLimits.detailsMax),
  /** Lifetime from now, in seconds. */
  expires_in_seconds: z.int().min(1).optional(),
  /** Seconds since the Unix epoch. */
  expires_at: z.int().min(1).optional(),
  /** Short-lived, data plane only, without a refresh token: for a browser or another third party. */
  disposable: z.boolean().optional(),
  token_id: tokenIdSchema.optional(),
  /** Whom the token is for; left out: the issuer's own subject. */
  subject: subjectSchema.optional(),
  /** Another account than the issuer's; for the super-user only. */
  account: accountSchema.optional(),
});
export type IssueRequest = z.infer<typeof issueRequestSchema>;

/**
 * A request of unknown shape, checked.
 *
 * @throws GodwitError `invalid_argument`, naming the field and never its value
 */
export function parseIssueRequest(body: unknown): IssueRequest {
  const parsed = issueRequestSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const path = deepestPath(parsed.error.issues);
  throw invalidArgument(
    path === ''
      ? 'the request has a missing, unknown or malformed field'
      : `${path} is missing, malformed, out of range or has an unknown member`,
  );
}

/**
 * Claims of a new access token with the rights that were asked for.
 *
 * @param issuer verified session of who asks
 * @param nowMs milliseconds since the epoch
 * @throws GodwitError `invalid_argument` for a request that nobody could make, `permission_denied` for one that
 *   asks for more than the issuer has: rights, lifetime, account, or depth of delegation
 */
export function prepareToken(
  request: IssueRequest,
  issuer: Session,
  nowMs: number,
  newId: () => string = () => crypto.randomUUID(),
): AccessClaims {
  if (!issuer.permissions.mayIssue) throw denied('the token does not allow issuing tokens');
  const account = request.account ?? issuer.account;
  if (account !== issuer.account && !issuer.permissions.isSuperUser) {
    throw denied('only the super-user may issue tokens for another account');
  }
  const details = request.authorization_details.map(expandRole);
  const iat = Math.floor(nowMs / 1_000);
  const exp = expiryOf(request, iat);
  checkDetails(details, request.disposable === true, issuer);
  checkLifetime(exp, iat, request.disposable === true, issuer);
  const ancestors = ancestorsUnder(issuer);
  return {
    iss: issuer.claims.iss,
    aud: issuer.claims.aud,
    sub: request.subject ?? issuer.subject,
    client_id: issuer.subject,
    account,
    jti: newId(),
    iat,
    exp,
    ...(request.token_id === undefined ? {} : { token_id: request.token_id }),
    ...(request.disposable === true ? { disposable: true } : {}),
    parent: issuer.jti,
    ...(ancestors.length === 0 ? {} : { ancestors }),
    authorization_details: details,
  };
}

/** Claims of the admin key: everything, in every account, without an end. Only the control plane makes one. */
export function adminKeyClaims(
  fleet: { issuer: string; account: string; subject: string },
  nowMs: number,
  newId: () => string = () => crypto.randomUUID(),
): AccessClaims {
  return {
    iss: fleet.issuer,
    aud: tokenAudience,
    sub: fleet.subject,
    client_id: fleet.subject,
    account: fleet.account,
    jti: newId(),
    iat: Math.floor(nowMs / 1_000),
    authorization_details: [{ type: 'super_user' }],
  };
}

/**
 * Claims of the refresh token that goes with new access claims; undefined for a disposable token, which cannot
 * be refreshed.
 *
 * @param issuer who asked for the access token; its end bounds every renewal
 */
export function refreshClaimsFor(claims: AccessClaims, issuer: Session): RefreshClaims | undefined {
  const { disposable, exp, ...shared } = claims;
  if (disposable === true || exp === undefined) return undefined;
  return {
    ...shared,
    exp,
    duration_seconds: exp - claims.iat,
    ...(issuer.claims.exp === undefined ? {} : { renewable_until: issuer.claims.exp }),
  };
}

/**
 * A renewal: access and refresh claims with the same id, rights and duration, counted from now; cut at the end
 * of the issuer's own token. `claims` must come from `TokenVerifier.verifyRefresh`.
 */
export function renewToken(claims: RefreshClaims, nowMs: number): { access: AccessClaims; refresh: RefreshClaims } {
  const iat = Math.floor(nowMs / 1_000);
  const exp = Math.min(iat + claims.duration_seconds, claims.renewable_until ?? Number.POSITIVE_INFINITY);
  const refresh: RefreshClaims = { ...claims, iat, exp };
  const { duration_seconds: _duration, renewable_until: _until, ...access } = refresh;
  return { access, refresh };
}

/** Seconds since the epoch. */
function expiryOf(request: IssueRequest, iat: number): number {
  const { expires_in_seconds: inSeconds, expires_at: at } = request;
  if ((inSeconds === undefined) === (at === undefined)) {
    throw invalidArgument('exactly one of expires_in_seconds and expires_at is needed');
  }
  const exp = at ?? iat + inSeconds!;
  if (exp <= iat) throw invalidArgument('expires_at has passed', { limit: iat, actual: exp });
  return exp;
}

function checkDetails(details: AuthorizationDetails, disposable: boolean, issuer: Session): void {
  if (new Set(details.map(selectorIdOf)).size !== details.length) {
    throw invalidArgument('two entries of authorization_details have the same type and selectors');
  }
  if (details.some((detail) => detail.type === 'super_user')) throw denied('super_user is not issued');
  if (disposable && !isDataPlaneOnly(details)) {
    throw invalidArgument('a disposable token has cache and topic permissions only');
  }
  if (!isWithin(issuer.claims.authorization_details, details)) {
    throw denied('the token would be able to do more than its issuer');
  }
}

function checkLifetime(exp: number, iat: number, disposable: boolean, issuer: Session): void {
  const limit = disposable ? tokenLimits.disposableLifetimeSecondsMax : tokenLimits.lifetimeSecondsMax;
  if (exp - iat > limit) {
    throw invalidArgument(
      disposable ? 'a disposable token would live too long, in seconds' : 'the token would live too long, in seconds',
      { limit, actual: exp - iat },
    );
  }
  if (exp * 1_000 > issuer.expiresAtMs) throw denied('the token would outlive its issuer');
}

/** What `ancestors` of a token minted by this issuer holds: the issuer's issuers. The issuer is its `parent`. */
function ancestorsUnder(issuer: Session): string[] {
  const ancestors = [...(issuer.parent === undefined ? [] : [issuer.parent]), ...(issuer.claims.ancestors ?? [])];
  if (ancestors.length > tokenLimits.ancestorsMax) throw denied('the chain of issuers is too long');
  return ancestors;
}

function denied(detail: string): GodwitError {
  return new GodwitError('permission_denied', detail);
}

/** `authorization_details[0].item` of the issue that got furthest into the request; a union hides those of its branches. */
function deepestPath(issues: readonly z.core.$ZodIssue[]): string {
  let deepest: readonly PropertyKey[] = [];
  const visit = (list: readonly z.core.$ZodIssue[], base: readonly PropertyKey[]): void => {
    for (const issue of list) {
      const path = [...base, ...issue.path];
      if (path.length > deepest.length) deepest = path;
      if (issue.code === 'invalid_union') for (const branch of issue.errors) visit(branch, path);
    }
  };
  visit(issues, []);
  return deepest.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}
