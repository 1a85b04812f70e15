import type { GodwitError } from '../../../shared/errors.ts';
import type { ItemRecord, OperationResult } from '../../../shared/operation.ts';
import { type BodyFormat, carriedBytes } from '../../http/body-format.ts';
import { entityTag } from '../../http/entity-tag.ts';
import { counter } from '../scalars/increment-item.ts';
import { refusalOf } from '../scalars/outcome.ts';
import type { OperationInput } from './schemas.ts';

/** What an answer says of one item. */
export type Outcome = Readonly<Record<string, unknown>>;

/** The outcome of an operation by its result; `mayRead` whether the token may learn what is stored. */
export function outcomeOf(
  input: OperationInput,
  result: OperationResult,
  mayRead: boolean,
  format: BodyFormat,
): Outcome {
  if (result.status === 'condition_not_met') return conditionNotMet(input, result.item);
  const refusal = refusalOf(result);
  if (refusal !== null) return errorOutcome(refusal);
  const { item } = result;
  switch (input.op) {
    case 'get':
    case 'get_and_delete':
      return item === null ? { outcome: 'miss' } : hit(item, format);
    case 'exists':
      return { outcome: item === null ? 'absent' : 'present' };
    case 'set':
      return { outcome: 'stored', etag: mayRead && item !== null ? entityTag(item.version) : null };
    case 'delete':
      return { outcome: 'deleted' };
    case 'get_and_set':
      return {
        outcome: 'stored',
        etag: entityTag(item!.version),
        previous: result.existed ? previous(item!, format) : null,
      };
    case 'increment': {
      const { applied, ...state } = counter(result.status === 'done', item);
      return { outcome: applied ? 'incremented' : 'bound_reached', ...state };
    }
    case 'ttl': {
      if (item === null) return { outcome: 'miss' };
      const asked = input.ttl_ms !== undefined || input.ttl_seconds !== undefined;
      const outcome = !asked ? 'found' : result.status === 'done' ? 'changed' : 'unchanged';
      return { outcome, etag: entityTag(item.version), ttl_ms: item.ttlMs };
    }
  }
}

/** The outcome of an item that failed: what its problem document would say, without what only documents need. */
export function errorOutcome(error: GodwitError): Outcome {
  const { status, title, retryable } = error.kind;
  return {
    outcome: 'error',
    error: { code: error.code, title, status, detail: error.message, retryable, ...error.extra },
  };
}

function conditionNotMet(input: OperationInput, item: ItemRecord | null): Outcome {
  const stores = input.op === 'set' || input.op === 'get_and_set';
  return { outcome: stores ? 'not_stored' : 'condition_not_met', etag: item === null ? null : entityTag(item.version) };
}

function hit(item: ItemRecord, format: BodyFormat): Outcome {
  return {
    outcome: 'hit',
    value: carriedBytes(format, item.value),
    content_type: item.contentType,
    etag: entityTag(item.version),
    ttl_ms: item.ttlMs,
  };
}

function previous(item: ItemRecord, format: BodyFormat): Outcome {
  return { value: carriedBytes(format, item.value), content_type: item.contentType };
}
