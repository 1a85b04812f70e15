import { GodwitError } from '../../../shared/errors.ts';
import type { Session } from '../../../tokens/session.ts';
import type { Arguments } from '../arguments.ts';

export function denied(detail: string): GodwitError {
  return new GodwitError('permission_denied', detail);
}

/** The account whose tokens a call is about. Raises `permission_denied` for another's, but for the super-user. */
export function accountOf(session: Session, values: Arguments): string {
  const account = (values['account'] as string | undefined) ?? session.account;
  if (account !== session.account && !session.permissions.isSuperUser)
    throw denied('Only the super-user may name another account.');
  return account;
}

/** Whether a grant is the session's issuer, or an issuer of that one. */
export function isIssuerOf(session: Session, jti: string): boolean {
  return session.parent === jti || (session.claims.ancestors?.includes(jti) ?? false);
}
