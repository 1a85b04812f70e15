import type { z } from 'zod';
import { GodwitError } from '../../shared/errors.ts';
import { fromIssue } from './arguments.ts';

/**
 * A JSON body in its shape. Raises `malformed_body` when it is no object, else `invalid_argument` that names the
 * first wrong field and never its value.
 */
export function checkFields<T>(schema: z.ZodType<T>, value: unknown): T {
  const fields = requireObject(value);
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const subject = issue.path.length === 0 ? 'The body' : `The field ${issue.path.map(String).join('.')}`;
  throw fromIssue(issue, subject, valueAt(fields, issue.path));
}

/** Raises `malformed_body` unless the body is a JSON object. */
export function requireObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new GodwitError('malformed_body', 'The body is not a JSON object.');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part], value);
}
