import { GodwitError, invalidArgument } from '../../shared/errors.ts';
import type { Exchange } from './exchange.ts';
import { parseQuery, single } from './query.ts';

/**
 * The token of a request: `Authorization: Bearer <token>`, the token alone without a scheme, or `?token=`.
 * Both places at once are `invalid_argument`; none is `authentication_required`; another scheme is
 * `invalid_token`.
 */
export function tokenOf(exchange: Exchange): string {
  const header = exchange.header('authorization');
  // An escape may hide the name, and a name is read after decoding, here as everywhere.
  if (/token|%/.test(exchange.query)) {
    const parameter = single(parseQuery(exchange.query), 'token');
    if (parameter !== undefined) {
      if (header !== undefined) throw invalidArgument('Send the token as a header or as a parameter, not as both.');
      return parameter;
    }
  }
  if (header === undefined) throw new GodwitError('authentication_required', 'The request carries no token.');
  return bearerToken(header);
}

/** The token in an `Authorization` value. The scheme's case does not matter (RFC 9110 §11.1). */
export function bearerToken(header: string): string {
  if (header.startsWith('Bearer ') && header[7] !== ' ') return header.slice(7);
  const space = header.indexOf(' ');
  if (space < 0) return header;
  if (header.slice(0, space).toLowerCase() === 'bearer') return header.slice(space + 1).trimStart();
  throw new GodwitError('invalid_token', 'The token is not valid.');
}
