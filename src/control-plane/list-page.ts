/** Pages of a list: in key order, with a token that continues after the last key of the page. */
import { invalidArgument } from '../shared/errors.ts';
import { controlPlaneLimits } from './limits.ts';

export interface ListPage<T> {
  readonly items: T[];
  /** Absent on the last page. */
  readonly next_token?: string;
}

/** Entries per page: the default when not named. Throws `invalid_argument` past the maximum. */
export function pageLimit(limit: number | undefined): number {
  const { listPageDefault, listPageMax } = controlPlaneLimits;
  if (limit === undefined) return listPageDefault;
  if (!Number.isInteger(limit) || limit < 1 || limit > listPageMax) {
    throw invalidArgument('`limit` is out of range.', { limit: listPageMax, actual: limit });
  }
  return limit;
}

export function encodePageToken(lastKey: string): string {
  return Buffer.from(lastKey, 'utf8').toString('base64url');
}

export function decodePageToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '' || encodePageToken(key) !== token) throw invalidArgument('`next_token` is not one that a list gave.');
  return key;
}

/** The page of an ordered list in memory; `keyOf` is what it is ordered by. */
export function pageOf<T>(
  ordered: readonly T[],
  keyOf: (item: T) => string,
  limit: number | undefined,
  nextToken: string | undefined,
): ListPage<T> {
  const size = pageLimit(limit);
  const after = nextToken === undefined ? undefined : decodePageToken(nextToken);
  const start = after === undefined ? 0 : ordered.findIndex((item) => keyOf(item) > after);
  if (start < 0) return { items: [] };
  const items = ordered.slice(start, start + size);
  const more = start + size < ordered.length;
  return more ? { items, next_token: encodePageToken(keyOf(items.at(-1)!)) } : { items };
}
