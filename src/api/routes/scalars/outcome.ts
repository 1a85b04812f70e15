import { type ErrorCode, GodwitError } from '../../../shared/errors.ts';
import { limits, retryAfterSeconds } from '../../../shared/limits.ts';
import type { ItemRecord, OperationResult, ResultStatus } from '../../../shared/operation.ts';
import { entityTag } from '../../http/entity-tag.ts';

const refusals: Partial<Record<ResultStatus, { code: ErrorCode; detail: string }>> = {
  not_an_integer: {
    code: 'not_an_integer',
    detail: 'The stored value is not a decimal signed 64-bit integer; it was kept.',
  },
  integer_overflow: {
    code: 'integer_overflow',
    detail: 'The sum does not fit a signed 64-bit integer; the value was kept.',
  },
  wrong_type: { code: 'wrong_type', detail: 'The key holds an item of another type; it was kept.' },
  cache_full: {
    code: 'cache_full',
    detail: 'The cache does not evict, and there is no memory left; nothing was stored.',
  },
  too_large: { code: 'item_too_large', detail: 'The item does not fit a storage node; nothing was stored.' },
  idempotency_key_reused: {
    code: 'idempotency_key_reused',
    detail: 'The Idempotency-Key was used with another request; nothing was done.',
  },
  idempotency_full: {
    code: 'overloaded',
    detail: 'There is no room for another idempotency record; nothing was done.',
  },
  not_enough_copies: {
    code: 'not_enough_copies',
    detail: 'Fewer copies are in sync than the cache demands; nothing was done.',
  },
};

/** Refusals that say when to come back. */
const passing: ReadonlySet<ErrorCode> = new Set(['overloaded', 'cache_full', 'not_enough_copies']);

/**
 * The refusal that a result stands for, or null when the operation was carried out. `missing`,
 * `bound_reached` and `ttl_not_changed` are answers and no refusals.
 */
export function refusalOf(result: OperationResult): GodwitError | null {
  const { status, item } = result;
  if (status === 'condition_not_met') return preconditionFailed(item);
  const refusal = refusals[status];
  if (refusal === undefined) return null;
  const headers = passing.has(refusal.code) ? { 'retry-after': String(retryAfterSeconds) } : tagHeader(item);
  const extra = status === 'too_large' ? { limit: limits.itemSizeBytesMax } : {};
  return new GodwitError(refusal.code, refusal.detail, { headers, extra });
}

/** Raises the refusal that a result stands for, if it does. */
export function requireCarriedOut(result: OperationResult): void {
  const refusal = refusalOf(result);
  if (refusal !== null) throw refusal;
}

/** 412 with the entity tag of what is there (RFC 9110 §15.5.13), null when nothing is. */
export function preconditionFailed(item: ItemRecord | null): GodwitError {
  return new GodwitError('precondition_failed', 'The condition did not hold; nothing was changed.', {
    headers: tagHeader(item),
    extra: { etag: item === null ? null : entityTag(item.version) },
  });
}

export function keyNotFound(): GodwitError {
  return new GodwitError('key_not_found', 'There is no item under this key.', {
    headers: { 'cache-status': 'godwit; fwd=uri-miss' },
  });
}

function tagHeader(item: ItemRecord | null): Record<string, string> {
  return item === null ? {} : { etag: entityTag(item.version) };
}
