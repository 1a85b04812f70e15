import type { z } from 'zod';
import { GodwitError, invalidArgument } from '../../../shared/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { type BodyFormat, decodeBody, requestFormat } from '../../http/body-format.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fromIssue } from '../arguments.ts';

/** The body of a batch: its bytes, of which a fingerprint may be made, and what it says. */
export interface BatchBody<Body> {
  readonly bytes: Uint8Array;
  readonly body: Body;
}

/**
 * Reads the body of a batch. Raises `unsupported_media_type`, `body_too_large`, `malformed_body`, and
 * `invalid_argument` where a list or number is out of bounds; details name the place (`items[3].ttl_ms`) and
 * never what is there, save for numbers.
 */
export async function readBatchBody<Body>(
  exchange: Exchange,
  schemas: Readonly<Record<BodyFormat, z.ZodType<Body>>>,
  list: string,
): Promise<BatchBody<Body>> {
  const format = requestFormat(exchange);
  const bytes = await exchange.body.read(limits.batchBodyBytesMax, () => tooLarge(exchange));
  const value = decodeBody(format, bytes);
  checkLength(value, list);
  const result = schemas[format].safeParse(value);
  if (!result.success) throw shapeRefusal(result.error.issues[0]!, value);
  return { bytes, body: result.data };
}

/** Ahead of the schema, which would look at each of a million entries first. */
function checkLength(value: unknown, list: string): void {
  const entries = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[list] : undefined;
  if (Array.isArray(entries) && entries.length > limits.batchItemsMax)
    throw invalidArgument(`The list ${list} is too long.`, { limit: limits.batchItemsMax, actual: entries.length });
}

function shapeRefusal(issue: z.core.$ZodIssue, value: unknown): GodwitError {
  const place = issue.path.length === 0 ? 'The body' : `The field ${pathText(issue.path)}`;
  const refusal = fromIssue(issue, place, valueAt(value, issue.path));
  const outOfBounds = issue.code === 'too_big' || issue.code === 'too_small';
  return outOfBounds ? refusal : new GodwitError('malformed_body', refusal.message);
}

/** `items[3].ttl_ms`. Only names that a schema knows come here: of a field that is not known, its parent is named. */
function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .slice(1);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part], value);
}

function tooLarge(exchange: Exchange): GodwitError {
  const declared = Number(exchange.header('content-length'));
  return new GodwitError('body_too_large', 'The body is larger than a batch may be; nothing was done.', {
    extra: { limit: limits.batchBodyBytesMax, actual: Number.isNaN(declared) ? 'more' : declared },
  });
}
