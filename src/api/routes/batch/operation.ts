import type { z } from 'zod';
import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import {
  type Condition,
  type IdempotencyMark,
  type Operation,
  octetStream,
  type Target,
  type WriteOperation,
} from '../../../shared/operation.ts';
import { parseEntityTags } from '../../http/entity-tag.ts';
import { fromIssue } from '../arguments.ts';
import { comparingKinds } from '../scalars/condition.ts';
import type { Need } from '../scalars/item.ts';
import { bytesOf } from './item-bytes.ts';
import { type ConditionInput, itemFields, type OperationInput } from './schemas.ts';

/** The TTL fields of an item or of a whole batch. */
export interface TtlInput {
  readonly ttl_ms?: number | undefined;
  readonly ttl_seconds?: number | undefined;
}

/** The right that an operation needs on its key, as the operation by itself does. */
export function needOf(input: OperationInput): Need {
  switch (input.op) {
    case 'get':
    case 'exists':
      return 'read';
    case 'set':
    case 'delete':
      return input.condition === undefined ? 'write' : 'read_write';
    case 'ttl':
      return ttlOfInput(input) === undefined ? 'read' : 'read_write';
    default:
      return 'read_write';
  }
}

/** Whether an operation changes what is stored, and so is marked under an idempotency key. */
export function writes(input: OperationInput): boolean {
  return needOf(input) !== 'read';
}

/** The TTL given in ms, if one is; raises `invalid_argument` when it is given in both units. */
export function ttlOfInput(input: TtlInput): number | undefined {
  if (input.ttl_ms !== undefined && input.ttl_seconds !== undefined)
    throw invalidArgument('Give at most one of ttl_ms and ttl_seconds.');
  return input.ttl_ms ?? (input.ttl_seconds === undefined ? undefined : input.ttl_seconds * 1_000);
}

/** Raises `invalid_argument` for the first field of an item that is out of its documented bounds. */
function checkFields(input: OperationInput): void {
  const { ttl_ms, ttl_seconds, content_type, amount } = itemFields;
  const checked: [name: string, schema: z.ZodType, value: unknown][] = [];
  if ('ttl_ms' in input) checked.push(['ttl_ms', ttl_ms, input.ttl_ms]);
  if ('ttl_seconds' in input) checked.push(['ttl_seconds', ttl_seconds, input.ttl_seconds]);
  if ('content_type' in input) checked.push(['content_type', content_type, input.content_type]);
  if (input.op === 'increment')
    for (const name of ['amount', 'min', 'max'] as const) checked.push([name, amount.optional(), input[name]]);
  for (const [name, schema, value] of checked) {
    const result = schema.safeParse(value);
    if (!result.success) throw fromIssue(result.error.issues[0]!, `The field ${name}`, value);
  }
}

/**
 * The operation that an input asks for. `ttlMs` is the TTL of items that name none; `balanced` lets reads lag. Raises `invalid_argument`
 * and `item_too_large`, which are errors of the item.
 */
export function operationOf(
  input: OperationInput,
  { cache, key, hash }: Target,
  ttlMs: number,
  mark: IdempotencyMark | undefined,
  balanced: boolean,
): Operation {
  const target = { cache, key, hash };
  checkFields(input);
  switch (input.op) {
    case 'get':
      return { kind: 'get', cache, key, hash, balanced };
    case 'exists':
      return { kind: 'describe', cache, key, hash, balanced };
    case 'delete':
      return guarded({ kind: 'delete', cache, key, hash }, input.condition, mark);
    case 'get_and_delete':
      return guarded({ kind: 'take', cache, key, hash }, input.condition, mark);
    case 'set':
    case 'get_and_set': {
      const value = storable(bytesOf(input.value, 'value'), target);
      const kind = input.op === 'set' ? 'set' : 'swap';
      const contentType = input.content_type ?? octetStream;
      return guarded(
        { kind, cache, key, hash, value, contentType, ttlMs: ttlOfInput(input) ?? ttlMs },
        input.condition,
        mark,
      );
    }
    case 'increment': {
      const ttl = { ttlMs: ttlOfInput(input) ?? ttlMs, ttlOnCreateOnly: input.ttl_mode === 'on_create' };
      return guarded({ kind: 'increment', cache, key, hash, ...bounds(input), ...ttl }, input.condition, mark);
    }
    case 'ttl':
      return ttlOperation(input, target, mark, balanced);
  }
}

function ttlOperation(
  input: Extract<OperationInput, { op: 'ttl' }>,
  target: Target,
  mark: IdempotencyMark | undefined,
  balanced: boolean,
): Operation {
  const ttlMs = ttlOfInput(input);
  if (ttlMs !== undefined)
    return guarded({ kind: 'ttl', ...target, mode: input.mode ?? 'set', ttlMs }, input.condition, mark);
  if (input.mode !== undefined || input.condition !== undefined)
    throw invalidArgument('A mode or condition needs ttl_ms or ttl_seconds; without them the TTL is only read.');
  return { kind: 'describe', ...target, balanced };
}

function storable(value: Uint8Array, { cache, key }: Target): Uint8Array {
  const ofCache = cache.settings.value_size_bytes_max;
  if (value.length > ofCache)
    throw new GodwitError('item_too_large', 'The value is larger than this cache takes.', {
      extra: { limit: ofCache, actual: value.length },
    });
  if (key.length + value.length > limits.itemSizeBytesMax)
    throw new GodwitError('item_too_large', 'Key and value together are too large.', {
      extra: { limit: limits.itemSizeBytesMax, actual: key.length + value.length },
    });
  return value;
}

function bounds(input: Extract<OperationInput, { op: 'increment' }>): { amount: bigint; min?: bigint; max?: bigint } {
  const min = input.min === undefined ? undefined : BigInt(input.min);
  const max = input.max === undefined ? undefined : BigInt(input.max);
  if (min !== undefined && max !== undefined && min > max) throw invalidArgument('The field min is above max.');
  return {
    amount: BigInt(input.amount ?? 1),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

/** A write with its condition and its idempotency mark, where there are any. */
function guarded<Write extends WriteOperation>(
  write: Write,
  input: ConditionInput | undefined,
  idempotency: IdempotencyMark | undefined,
): Write {
  if (input === undefined) return idempotency === undefined ? write : { ...write, idempotency };
  return { ...write, condition: conditionOf(input), ...(idempotency === undefined ? {} : { idempotency }) };
}

function conditionOf({ kind, compare, if_match, if_none_match }: ConditionInput): Condition {
  if (kind === undefined && if_match === undefined && if_none_match === undefined)
    throw invalidArgument('The condition names nothing that must hold.');
  if (kind === undefined && compare !== undefined)
    throw invalidArgument('A value to compare with needs a kind of condition.');
  if (kind !== undefined && comparingKinds.has(kind) !== (compare !== undefined))
    throw invalidArgument(
      `The condition ${kind} ${compare === undefined ? 'needs' : 'takes no'} value to compare with.`,
    );
  const value =
    compare === undefined ? { kind: kind! } : { kind: kind!, compare: bytesOf(compare, 'value to compare with') };
  return {
    ...(kind === undefined ? {} : { value }),
    ...(if_match === undefined ? {} : { ifMatch: parseEntityTags(headerOf(if_match), 'strong') }),
    ...(if_none_match === undefined ? {} : { ifNoneMatch: parseEntityTags(headerOf(if_none_match), 'weak') }),
  };
}

/** A list of entity tags as its header field would have it (RFC 9110 §5.6.1). */
function headerOf(tags: string | readonly string[]): string {
  return typeof tags === 'string' ? tags : tags.join(', ');
}
