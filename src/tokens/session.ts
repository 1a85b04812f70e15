import type { AccessClaims } from './claims.ts';
import { Permissions } from './permissions.ts';

/** A verified access token, compiled. Holds no text of the token. */
export interface Session {
  /** Id of the grant; revocations name it. */
  readonly jti: string;
  readonly account: string;
  readonly subject: string;
  /** The holder's own id for itself, told to receivers of what it publishes. */
  readonly tokenId: string | undefined;
  /** Milliseconds since the epoch; Infinity for the admin key. The session ends at this instant, without tolerance. */
  readonly expiresAtMs: number;
  readonly permissions: Permissions;
  readonly disposable: boolean;
  /** `jti` of the issuer. */
  readonly parent: string | undefined;
  /** What minting and refreshing need. */
  readonly claims: AccessClaims;
  /**
   * Whether the token, one of its issuers, or the key that signed it was withdrawn since. Asks the authority
   * of this moment, so whoever holds a session for long (an open stream) sees it after the next update.
   */
  readonly revoked: boolean;
}

/** What decides on a session after its verification. */
export interface Standing {
  /** Whether the ids, or the key with this id and public bytes, are withdrawn. */
  isWithdrawn(session: VerifiedSession): boolean;
}

/** The session that `TokenVerifier` makes. */
export class VerifiedSession implements Session {
  readonly jti: string;
  readonly account: string;
  readonly subject: string;
  readonly tokenId: string | undefined;
  readonly expiresAtMs: number;
  readonly permissions: Permissions;
  readonly disposable: boolean;
  readonly parent: string | undefined;
  readonly claims: AccessClaims;
  /** The key that signed it: its id, and its public bytes, because an id may be given to another key. */
  readonly kid: string;
  readonly publicKey: string;
  readonly #standing: Standing;

  constructor(claims: AccessClaims, signedBy: { kid: string; publicKey: string }, standing: Standing) {
    this.jti = claims.jti;
    this.account = claims.account;
    this.subject = claims.sub;
    this.tokenId = claims.token_id;
    this.expiresAtMs = claims.exp === undefined ? Number.POSITIVE_INFINITY : claims.exp * 1_000;
    this.permissions = new Permissions(claims.authorization_details);
    this.disposable = claims.disposable === true;
    this.parent = claims.parent;
    this.claims = claims;
    this.kid = signedBy.kid;
    this.publicKey = signedBy.publicKey;
    this.#standing = standing;
  }

  get revoked(): boolean {
    return this.#standing.isWithdrawn(this);
  }
}
