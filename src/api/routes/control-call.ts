import type { IdempotencyClaim } from '../../control-plane/idempotency.ts';
import { type ErrorCode, GodwitError } from '../../shared/errors.ts';
import { retryAfterSeconds } from '../../shared/limits.ts';
import type { HeaderList } from '../http/exchange.ts';
import type { Arguments } from './arguments.ts';
import { Idempotency } from './idempotency.ts';
import type { RouteCall } from './route.ts';

/**
 * The idempotency of a call to the control plane, as a member of its body; empty when the request has no key.
 * The control plane keeps the record, so the key travels as a digest of account and key.
 */
export async function idempotencyOf(
  call: RouteCall,
  account: string,
  values: Arguments,
  body: Uint8Array,
  jti: string = call.session.jti,
): Promise<{ idempotency?: IdempotencyClaim }> {
  const key = values['Idempotency-Key'] as string | undefined;
  if (key === undefined) return {};
  const idempotency = await Idempotency.of({ account, jti }, key, call.exchange, body);
  const { id, fingerprint } = await idempotency.mark();
  return { idempotency: { key: id.toHex(), fingerprint: fingerprint.toHex() } };
}

/** What the control plane may refuse a client with; any other refusal is between the gateway and it. */
const passedOn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'invalid_argument',
  'invalid_token',
  'cache_not_found',
  'token_not_found',
  'node_not_found',
  'node_in_use',
  'cache_settings_differ',
  'idempotency_key_reused',
  'limit_reached',
  'overloaded',
  'control_plane_unavailable',
  'outcome_unknown',
]);

/** Refusals that any call to the control plane may meet. */
export const controlProblems = ['control_plane_unavailable'] as const satisfies readonly ErrorCode[];
/** Refusals that any change through the control plane may meet. */
export const controlChangeProblems = [
  ...controlProblems,
  'idempotency_key_reused',
  'outcome_unknown',
] as const satisfies readonly ErrorCode[];

/** The answer of a call to the control plane; its refusal as one for the client, with `Retry-After` where waiting helps. */
export async function fromControl<T>(pending: Promise<T>): Promise<T> {
  try {
    return await pending;
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    if (!passedOn.has(error.code))
      throw new GodwitError('internal_error', 'The server failed. The request id finds the reason in the logs.', {
        cause: error,
      });
    const extra = { ...error.extra, ...(error.code === 'outcome_unknown' ? { outcome: 'unknown' } : {}) };
    const headers = { ...error.headers, ...(error.kind.retryable ? { 'retry-after': String(retryAfterSeconds) } : {}) };
    throw new GodwitError(error.code, error.message, { extra, headers, cause: error.cause });
  }
}

/** The header that tells a first answer repeated from one given now. */
export function replayedHeader(answer: { readonly replayed: boolean }): HeaderList {
  return answer.replayed ? ['idempotent-replayed', 'true'] : [];
}
