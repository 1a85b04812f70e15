import type { z } from 'zod';
import { type GodwitError, invalidArgument } from '../../shared/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import { parseQuery, single } from '../http/query.ts';
import type { Parameter } from './route.ts';

/** A request's arguments by parameter name, decoded and judged by their schemas; absent ones are undefined. */
export type Arguments = Readonly<Record<string, unknown>>;

/**
 * The arguments of a call by its route's parameters, those in the path left out. Parameters that are not
 * declared are ignored, as Momento's API ignores them. Raises `invalid_argument`.
 */
export function readArguments(parameters: readonly Parameter[], exchange: Exchange): Arguments {
  const query = parseQuery(exchange.query);
  const values: Record<string, unknown> = {};
  for (const parameter of parameters) {
    if (parameter.in === 'path') continue;
    if (parameter.kind === 'list') {
      values[parameter.name] = judge(parameter, query.get(parameter.name) ?? []);
      continue;
    }
    const text =
      parameter.in === 'query' ? single(query, parameter.name) : exchange.header(parameter.name.toLowerCase());
    if (text === undefined) {
      if (parameter.required) throw invalidArgument(`The ${place(parameter)} ${parameter.name} is missing.`);
      continue;
    }
    values[parameter.name] = judge(parameter, decode(parameter, text));
  }
  return values;
}

function decode(parameter: Parameter, text: string): unknown {
  switch (parameter.kind) {
    case 'list':
    case 'string':
      return text;
    case 'integer':
      if (!/^[+-]?\d{1,16}$/.test(text))
        throw invalidArgument(`The ${place(parameter)} ${parameter.name} is not an integer.`);
      return Number(text);
    case 'flag':
      if (text !== 'true' && text !== 'false')
        throw invalidArgument(`The ${place(parameter)} ${parameter.name} is neither true nor false.`);
      return text === 'true';
  }
}

function judge(parameter: Parameter, value: unknown): unknown {
  const result = parameter.schema.safeParse(value);
  if (result.success) return result.data;
  throw fromIssue(result.error.issues[0]!, `The ${place(parameter)} ${parameter.name}`, value);
}

/** A refusal made of the first thing that a schema found wrong; never tells values, but for numbers out of range. */
export function fromIssue(issue: z.core.$ZodIssue, subject: string, value: unknown): GodwitError {
  switch (issue.code) {
    case 'too_big':
      return invalidArgument(`${subject} is too large or long.`, {
        limit: Number(issue.maximum),
        actual: sizeOf(value),
      });
    case 'too_small':
      return invalidArgument(`${subject} is too small or short.`, {
        limit: Number(issue.minimum),
        actual: sizeOf(value),
      });
    case 'invalid_value':
      return invalidArgument(`${subject} must be one of: ${issue.values.join(', ')}.`);
    case 'invalid_format':
      return invalidArgument(`${subject} does not have the documented form.`);
    case 'unrecognized_keys':
      return invalidArgument(`${subject} has a field that is not known.`);
    case 'custom':
      return invalidArgument(`${subject} ${demandOf(issue)}.`);
    default:
      return invalidArgument(`${subject} is not valid.`);
  }
}

/** What a refinement of a schema demands, where it says so in its `params`. */
function demandOf({ params }: z.core.$ZodIssueCustom): string {
  const demand: unknown = params?.['demand'];
  return typeof demand === 'string' ? demand : 'is not valid';
}

function sizeOf(value: unknown): number | string {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return 'other';
}

function place(parameter: Parameter): string {
  return parameter.in === 'header' ? 'header' : 'parameter';
}
