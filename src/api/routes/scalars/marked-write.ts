import type { CacheHandle, IdempotencyMark, OperationResult, WriteOperation } from '../../../shared/operation.ts';
import type { HeaderList } from '../../http/exchange.ts';
import type { Arguments } from '../arguments.ts';
import { Idempotency } from '../idempotency.ts';
import type { RouteCall } from '../route.ts';
import { requireCarriedOut } from './outcome.ts';

/**
 * Carries out one write of a call, under its idempotency key when it has one. Raises the refusal that the
 * result stands for; `missing`, `bound_reached` and `ttl_not_changed` come back as results.
 */
export async function carryOut(
  call: RouteCall,
  values: Arguments,
  { cache }: { readonly cache: CacheHandle },
  body: Uint8Array,
  operation: (mark: { idempotency: IdempotencyMark } | object) => WriteOperation,
): Promise<OperationResult> {
  const key = values['Idempotency-Key'] as string | undefined;
  const { fleet } = call.gateway;
  let mark: { idempotency: IdempotencyMark } | object = {};
  if (key !== undefined) {
    const idempotency = await Idempotency.of(call.session, key, call.exchange, body);
    await idempotency.claim(fleet, cache);
    mark = { idempotency: await idempotency.mark() };
  }
  const result = await fleet.execute(operation(mark), call.trace);
  requireCarriedOut(result);
  return result;
}

/** The header that tells a first answer repeated from one given now. */
export function replayedHeader(result: OperationResult): HeaderList {
  return result.replayed ? ['idempotent-replayed', 'true'] : [];
}
