import { invalidArgument } from '../../../shared/errors.ts';
import type { Condition, ValueConditionKind } from '../../../shared/operation.ts';
import { decodeBase64 } from '../../http/base64.ts';
import { parseEntityTags } from '../../http/entity-tag.ts';
import type { Arguments } from '../arguments.ts';

const encoder = new TextEncoder();

/** The four kinds that compare the stored value with one that the request brings. */
export const comparingKinds: ReadonlySet<ValueConditionKind> = new Set([
  'equal',
  'not_equal',
  'present_and_not_equal',
  'absent_or_equal',
]);

/**
 * The condition of a write by its headers and parameters; undefined when there is none. `fromBody` is the
 * value to compare with when the body brought it. Raises `invalid_argument` for parts that do not go together.
 */
export function conditionOf(values: Arguments, fromBody?: Uint8Array): Condition | undefined {
  const kind = values['condition'] as ValueConditionKind | undefined;
  const compare = compareValue(values, fromBody);
  if (kind === undefined && compare !== undefined) throw invalidArgument('A value to compare with needs a condition.');
  if (kind !== undefined && comparingKinds.has(kind) !== (compare !== undefined))
    throw invalidArgument(
      `The condition ${kind} ${compare === undefined ? 'needs' : 'takes no'} value to compare with.`,
    );
  const ifMatch = values['If-Match'] as string | undefined;
  const ifNoneMatch = values['If-None-Match'] as string | undefined;
  if (kind === undefined && ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  return {
    ...(kind === undefined ? {} : { value: compare === undefined ? { kind } : { kind, compare } }),
    ...(ifMatch === undefined ? {} : { ifMatch: parseEntityTags(ifMatch, 'strong') }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch: parseEntityTags(ifNoneMatch, 'weak') }),
  };
}

/** Whether a call is conditional, before its body is read. */
export function isConditional(values: Arguments): boolean {
  return ['condition', 'If-Match', 'If-None-Match'].some((name) => values[name] !== undefined);
}

function compareValue(values: Arguments, fromBody: Uint8Array | undefined): Uint8Array | undefined {
  const text = values['compare'] as string | undefined;
  const base64 = values['compare_base64'] as string | undefined;
  const given = [text, base64, fromBody].filter((value) => value !== undefined);
  if (given.length > 1) throw invalidArgument('Give the value to compare with only once.');
  if (fromBody !== undefined) return fromBody;
  if (text !== undefined) return encoder.encode(text);
  if (base64 === undefined) return undefined;
  const bytes = decodeBase64(base64);
  if (bytes === undefined) throw invalidArgument('The parameter compare_base64 is neither base64 nor base64url.');
  return bytes;
}
