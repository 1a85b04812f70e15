/**
 * The token authority: signs what gateways have prepared, keeps a record of every grant, revokes and renews.
 * Gateways enforce who may mint what; here the shapes are checked, the fleet's name, the times, and that
 * none of the issuers has been revoked meanwhile.
 *
 * A grant is a `jti`: the access token, its renewals and its refresh tokens. Its record holds no token text.
 */
import type { Clock } from '../shared/clock.ts';
import { GodwitError, invalidArgument } from '../shared/errors.ts';
import type { FleetState, TokenAuthority as TokenSection } from '../shared/fleet-state.ts';
import { type AccessClaims, type RefreshClaims, tokenAudience } from '../tokens/claims.ts';
import { adminKeyClaims, renewToken } from '../tokens/issue.ts';
import { signAccessToken, signRefreshToken } from '../tokens/signing-keys.ts';
import { TokenVerifier } from '../tokens/verifier.ts';
import type { Change, Fleet } from './fleet.ts';
import type { KeyRing } from './key-ring.ts';
import { controlPlaneLimits } from './limits.ts';
import { decodePageToken, encodePageToken, type ListPage, pageLimit } from './list-page.ts';
import {
  entryKeys,
  type IssuedTokenRecord,
  issuedTokenSchema,
  orderedSeconds,
  parseRecord,
  prefixes,
  tokenCountSchema,
  tokenExpirySchema,
} from './records.ts';

/** What issuing and renewing answer. */
export interface IssuedToken {
  readonly jti: string;
  readonly token: string;
  readonly refresh_token: string | null;
  /** Seconds since the epoch; null = never. */
  readonly expires_at: number | null;
}

/** A grant as a list shows it. */
export type ListedToken = Omit<IssuedTokenRecord, 'kid'> & { readonly revoked: boolean };

export interface IssueOrder {
  readonly claims: AccessClaims;
  /** Claims of the refresh token that goes with it. */
  readonly refresh?: RefreshClaims | undefined;
  readonly description?: string | undefined;
}

/** Above every store key's part of a number of seconds that has passed. */
const keyAfter = '~';

export class TokenAuthority {
  readonly #fleet: Fleet;
  readonly #keys: KeyRing;
  readonly #clock: Clock;
  readonly #verifier: TokenVerifier;

  constructor(fleet: Fleet, keys: KeyRing, clock: Clock) {
    this.#fleet = fleet;
    this.#keys = keys;
    this.#clock = clock;
    this.#verifier = new TokenVerifier({ clock });
  }

  /**
   * Signs prepared claims and records the grant. Throws `invalid_argument` for claims of another fleet, without
   * an end, already over, or with an id that was used; `invalid_token` when one of its issuers is revoked;
   * `limit_reached` at `tokensPerAccountMax`.
   */
  async issue(state: FleetState, order: IssueOrder): Promise<Change<IssuedToken>> {
    const { claims, refresh } = order;
    if (claims.exp === undefined) throw invalidArgument('A token needs an expiry.');
    if (claims.exp * 1_000 <= this.#clock.wallMs()) throw invalidArgument('The token’s expiry has passed.');
    if (refresh && (refresh.jti !== claims.jti || refresh.account !== claims.account)) {
      throw invalidArgument('The refresh token is not of the same grant.');
    }
    return this.#sign(state, order);
  }

  /**
   * A renewal of the grant of a refresh token. Throws `invalid_token` when that is not valid, expired or
   * revoked, whatever the reason.
   */
  async refresh(state: FleetState, refreshToken: string): Promise<Change<IssuedToken>> {
    this.#verifier.update(state.tokens);
    const { access, refresh } = renewToken(await this.#verifier.verifyRefresh(refreshToken), this.#clock.wallMs());
    const entry = await this.#fleet.store.get(entryKeys.token(access.account, access.jti));
    if (!entry) throw new GodwitError('invalid_token', 'The token is not valid.');
    const record = parseRecord(issuedTokenSchema, 'token record', entry.value);
    const { key, answer, use } = await this.#signed(access, refresh);
    // An older refresh token of the grant may give an earlier end; a revocation must outlive the latest.
    const expiresAt = Math.max(record.expires_at ?? 0, access.exp ?? 0);
    const renewed: IssuedTokenRecord = { ...record, expires_at: expiresAt, kid: key };
    return {
      answer,
      puts: [...use.puts, ...recordPuts(renewed)],
      deletes: record.expires_at === null || record.expires_at === expiresAt ? [] : [expiryKey(record)],
      committed: use.committed,
    };
  }

  /**
   * Withdraws a grant and all that was minted from it; a second time is the same as once. Throws
   * `token_not_found`, and `permission_denied` for an admin key unless a super-user asks: with it would go
   * every token of the account.
   */
  async revoke(
    state: FleetState,
    { account, jti, by_super_user }: { account: string; jti: string; by_super_user: boolean },
  ): Promise<Change<{ revoked: true }>> {
    const entry = await this.#fleet.store.get(entryKeys.token(account, jti));
    const record = entry && parseRecord(issuedTokenSchema, 'token record', entry.value);
    if (!record || isOver(record, this.#clock)) {
      throw new GodwitError('token_not_found', 'No unexpired token with this id was issued for the account.');
    }
    if (!by_super_user && isAdminKey(record)) {
      throw new GodwitError('permission_denied', 'Only a super-user revokes an admin key.');
    }
    if (isRevoked(state.tokens, jti)) return { answer: { revoked: true } };
    const limit = controlPlaneLimits.revocationsMax;
    if (state.tokens.revocations.length >= limit) {
      throw new GodwitError('limit_reached', 'As many revocations are in force as may be; rotate the signing keys.', {
        extra: { limit, actual: state.tokens.revocations.length },
      });
    }
    const revocation = { jti, account, expires_at: record.expires_at, revoked_at_ms: this.#clock.wallMs() };
    return {
      answer: { revoked: true },
      tokens: {
        keys: state.tokens.keys,
        revocations: [...state.tokens.revocations, { jti, expires_at: record.expires_at }],
      },
      puts: [{ key: entryKeys.revocation(jti), value: JSON.stringify(revocation) }],
    };
  }

  /** The account's unexpired grants, by id. */
  async list(account: string, limit?: number, nextToken?: string): Promise<ListPage<ListedToken>> {
    const size = pageLimit(limit);
    const prefix = prefixes.tokensOf(account);
    const after = nextToken === undefined ? undefined : entryKeys.token(account, decodePageToken(nextToken));
    const entries = await this.#fleet.store.list(prefix, {
      limit: size + 1,
      ...(after === undefined ? {} : { after }),
    });
    const records = entries.map((entry) => parseRecord(issuedTokenSchema, 'token record', entry.value));
    const page = records.slice(0, size);
    const { tokens } = this.#fleet.state;
    const items = page
      .filter((record) => !isOver(record, this.#clock))
      .map(({ kid: _kid, ...shown }) => ({ ...shown, revoked: isRevoked(tokens, shown.jti) }));
    return records.length > size ? { items, next_token: encodePageToken(page.at(-1)!.jti) } : { items };
  }

  /** A new admin key: everything, in every account, without an end. */
  async issueAdminKey(state: FleetState, account: string): Promise<Change<IssuedToken>> {
    const claims = adminKeyClaims({ issuer: state.tokens.issuer, account, subject: 'admin' }, this.#clock.wallMs());
    return this.#sign(state, { claims, description: 'admin key' });
  }

  /** Removes records of expired grants and of revocations past their use, few at a time. */
  async prune(state: FleetState): Promise<Change<null> | undefined> {
    const nowSeconds = (this.#clock.wallMs() - controlPlaneLimits.revocationMarginMs) / 1_000;
    const expired = await this.#expiredGrants(nowSeconds);
    const over = state.tokens.revocations
      .filter((revocation) => revocation.expires_at !== null && revocation.expires_at < nowSeconds)
      .slice(0, controlPlaneLimits.prunedPerTickMax);
    if (expired.deletes.length === 0 && over.length === 0) return undefined;
    const change: Change<null> = {
      answer: null,
      puts: expired.puts,
      deletes: [...expired.deletes, ...over.map(({ jti }) => entryKeys.revocation(jti))],
    };
    if (over.length === 0) return change;
    const revocations = state.tokens.revocations.filter((revocation) => !over.includes(revocation));
    return { ...change, tokens: { keys: state.tokens.keys, revocations } };
  }

  async #expiredGrants(beforeSeconds: number): Promise<{ puts: { key: string; value: string }[]; deletes: string[] }> {
    const entries = await this.#fleet.store.list(prefixes.tokenExpiries, {
      limit: controlPlaneLimits.prunedPerTickMax,
    });
    const limitKey = prefixes.tokenExpiries + orderedSeconds(Math.floor(beforeSeconds)) + keyAfter;
    const gone = entries.filter((entry) => entry.key < limitKey);
    const counts = new Map<string, number>();
    const deletes: string[] = [];
    for (const entry of gone) {
      const { account, jti } = parseRecord(tokenExpirySchema, 'token expiry', entry.value);
      counts.set(account, (counts.get(account) ?? 0) + 1);
      deletes.push(entry.key, entryKeys.token(account, jti));
    }
    const puts: { key: string; value: string }[] = [];
    for (const [account, removed] of counts) puts.push(countPut(account, (await this.#count(account)) - removed));
    return { puts, deletes };
  }

  async #sign(state: FleetState, { claims, refresh, description }: IssueOrder): Promise<Change<IssuedToken>> {
    if (claims.iss !== state.tokens.issuer || claims.aud !== tokenAudience) {
      throw invalidArgument('The claims are those of another fleet.');
    }
    const issuers = [...(claims.parent === undefined ? [] : [claims.parent]), ...(claims.ancestors ?? [])];
    if (issuers.some((jti) => isRevoked(state.tokens, jti))) {
      throw new GodwitError('invalid_token', 'The token is not valid.');
    }
    if (await this.#fleet.store.get(entryKeys.token(claims.account, claims.jti))) {
      throw invalidArgument('The token’s id was used before.');
    }
    const held = await this.#count(claims.account);
    const limit = controlPlaneLimits.tokensPerAccountMax;
    if (held >= limit) {
      throw new GodwitError('limit_reached', 'The account holds as many tokens as it may.', {
        extra: { limit, actual: held },
      });
    }
    const { key, answer, use } = await this.#signed(claims, refresh);
    const record: IssuedTokenRecord = {
      jti: claims.jti,
      account: claims.account,
      subject: claims.sub,
      description: description ?? null,
      token_id: claims.token_id ?? null,
      disposable: claims.disposable ?? false,
      parent: claims.parent ?? null,
      issued_at: claims.iat,
      expires_at: claims.exp ?? null,
      authorization_details: claims.authorization_details,
      kid: key,
    };
    return {
      answer,
      puts: [...use.puts, ...recordPuts(record), countPut(claims.account, held + 1)],
      committed: use.committed,
    };
  }

  async #signed(claims: AccessClaims, refresh: RefreshClaims | undefined) {
    const key = this.#keys.current;
    const token = await signAccessToken(claims, key);
    const refreshToken = refresh ? await signRefreshToken(refresh, key) : null;
    const answer: IssuedToken = {
      jti: claims.jti,
      token,
      refresh_token: refreshToken,
      expires_at: claims.exp ?? null,
    };
    const exp = claims.exp ?? null;
    const use = this.#keys.noteUse(exp === null ? null : Math.max(exp, refresh?.exp ?? 0));
    return { key: key.kid, answer, use };
  }

  async #count(account: string): Promise<number> {
    const entry = await this.#fleet.store.get(entryKeys.tokenCount(account));
    return entry ? parseRecord(tokenCountSchema, 'count of tokens', entry.value).count : 0;
  }
}

function recordPuts(record: IssuedTokenRecord): { key: string; value: string }[] {
  const puts = [{ key: entryKeys.token(record.account, record.jti), value: JSON.stringify(record) }];
  if (record.expires_at !== null) {
    puts.push({ key: expiryKey(record), value: JSON.stringify({ account: record.account, jti: record.jti }) });
  }
  return puts;
}

function expiryKey(record: IssuedTokenRecord): string {
  return entryKeys.tokenExpiry(record.expires_at ?? 0, record.account, record.jti);
}

function countPut(account: string, count: number): { key: string; value: string } {
  return { key: entryKeys.tokenCount(account), value: JSON.stringify({ count: Math.max(0, count) }) };
}

function isOver(record: IssuedTokenRecord, clock: Clock): boolean {
  return record.expires_at !== null && record.expires_at * 1_000 <= clock.wallMs();
}

function isRevoked(tokens: TokenSection, jti: string): boolean {
  return tokens.revocations.some((revocation) => revocation.jti === jti);
}

function isAdminKey(record: IssuedTokenRecord): boolean {
  return record.authorization_details.some((detail) => (detail as { type?: unknown }).type === 'super_user');
}
