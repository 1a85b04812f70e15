import {
  type AuthorizationDetail,
  type AuthorizationDetails,
  cachesOf,
  keysOf,
  topicsOf,
} from './authorization-details.ts';
import { covers } from './selectors.ts';

/**
 * Whether every operation that `requested` allows is allowed by `issuer` too: the rule that keeps a minted
 * token from doing more than its issuer.
 *
 * Each action of each requested entry must be covered by a single entry of the issuer. Several entries that
 * only together cover one are not added up: with at most `tokenLimits.detailsMax` entries no finite set of
 * narrower selectors covers a wider one (a prefix of bytes has 256 continuations), so nothing is lost but
 * corner cases at the length limit, where the answer errs to false.
 */
export function isWithin(issuer: AuthorizationDetails, requested: AuthorizationDetails): boolean {
  if (issuer.some((detail) => detail.type === 'super_user')) return true;
  return requested.every((detail) => {
    if (detail.type === 'super_user') return false;
    return detail.actions.every((action) => issuer.some((own) => grants(own, detail, action)));
  });
}

/** Whether the issuer's entry `own` gives `action` on all that `detail` selects. */
function grants(own: AuthorizationDetail, detail: AuthorizationDetail, action: string): boolean {
  if (own.type === 'super_user' || !own.actions.some((granted) => granted === action)) return false;
  switch (detail.type) {
    case 'cache':
      return (
        own.type === 'cache' &&
        covers(cachesOf(own.cache), cachesOf(detail.cache)) &&
        covers(keysOf(own.item), keysOf(detail.item))
      );
    case 'topic':
      return (
        own.type === 'topic' &&
        covers(cachesOf(own.cache), cachesOf(detail.cache)) &&
        covers(topicsOf(own.topic), topicsOf(detail.topic))
      );
    case 'administration':
      return own.type === 'administration' && covers(cachesOf(own.caches), cachesOf(detail.caches));
    case 'token_issuance':
    case 'operations':
      return own.type === detail.type;
    case 'super_user':
      return false;
  }
}
