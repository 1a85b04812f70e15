import type { z } from 'zod';
import { GodwitError } from '../../../shared/errors.ts';
import type { CacheHandle, IdempotencyMark, Operation } from '../../../shared/operation.ts';
import { keyHash } from '../../../shared/slots.ts';
import type { CacheAccess } from '../../../tokens/permissions.ts';
import { answerFormat, type BodyFormat, encodeBody } from '../../http/body-format.ts';
import type { Reply } from '../../http/exchange.ts';
import { asGodwitError } from '../../http/problem.ts';
import { readArguments } from '../arguments.ts';
import { Idempotency } from '../idempotency.ts';
import { isBalanced } from '../parameters.ts';
import type { Parameter, RouteCall } from '../route.ts';
import { accessTo, cacheOf, type Need, requireAccess } from '../scalars/item.ts';
import { readBatchBody } from './batch-body.ts';
import { type BatchResult, BatchRun } from './batch-run.ts';
import { KeyDecoder } from './item-bytes.ts';
import { needOf, operationOf, type TtlInput, ttlOfInput, writes } from './operation.ts';
import { errorOutcome, type Outcome, outcomeOf } from './outcome.ts';
import type { OperationInput } from './schemas.ts';

/** What makes one batch route differ from another. */
export interface BatchContract<Body> {
  readonly parameters: readonly Parameter[];
  /** What a token must be able to do somewhere in the cache; each item's own need is checked on its key. */
  readonly need: Need;
  readonly schemas: Readonly<Record<BodyFormat | 'contract', z.ZodType<Body>>>;
  /** Name of the list in the body. */
  readonly list: string;
  operations(body: Body): readonly OperationInput[];
}

/** An item whose key is known to be allowed. */
interface Granted {
  readonly key: Uint8Array;
  readonly mayRead: boolean;
}

/**
 * Serves a batch: reads the body, checks each item's right on its own key, sends what is allowed, and answers an
 * outcome for each item in order. What is wrong with one item is its outcome; what is wrong with the request as
 * a whole (its form, its limits, no right or no cache at all) is raised.
 */
export async function executeBatch<Body extends object>(
  call: RouteCall,
  contract: BatchContract<Body>,
): Promise<Reply> {
  const { exchange, gateway, session, trace } = call;
  const values = readArguments(contract.parameters, exchange);
  const format = answerFormat(exchange.header('accept'));
  const access = accessTo(call, contract.need);
  const { bytes, body } = await readBatchBody(exchange, contract.schemas, contract.list);
  const inputs = contract.operations(body);
  const ttlMs = ttlOfInput(body as TtlInput);
  const granted = grant(inputs, access);
  const mayWrite = inputs.some((input, index) => writes(input) && !(granted[index] instanceof GodwitError));
  const cache = await cacheOf(call, mayWrite);
  const idempotencyKey = values['Idempotency-Key'] as string | undefined;
  let marks: readonly (IdempotencyMark | undefined)[] = [];
  if (idempotencyKey !== undefined) {
    const idempotency = await Idempotency.of(session, idempotencyKey, exchange, bytes);
    await idempotency.claim(gateway.fleet, cache);
    marks = await Promise.all(inputs.map((input, index) => (writes(input) ? idempotency.mark(index) : undefined)));
  }
  const defaults = { ttlMs: ttlMs ?? cache.settings.default_ttl_ms, balanced: isBalanced(values) };
  const steps = stepsOf(inputs, granted, cache, defaults, marks);
  const results = await new BatchRun(gateway.fleet, trace, steps).run();
  reportFailures(call, results);
  return replyOf(inputs, granted, results, format);
}

/** Each item's key and rights, or why it is refused. */
function grant(inputs: readonly OperationInput[], access: CacheAccess): (Granted | GodwitError)[] {
  const keys = new KeyDecoder(inputs.map((input) => input.key));
  return inputs.map((input) =>
    caught(() => {
      const key = keys.decode(input.key);
      requireAccess(access, key, needOf(input));
      return { key, mayRead: access.readAll || access.mayRead(key) };
    }),
  );
}

function stepsOf(
  inputs: readonly OperationInput[],
  granted: readonly (Granted | GodwitError)[],
  cache: CacheHandle,
  { ttlMs, balanced }: { readonly ttlMs: number; readonly balanced: boolean },
  marks: readonly (IdempotencyMark | undefined)[],
): (Operation | GodwitError)[] {
  return inputs.map((input, index) => {
    const item = granted[index]!;
    if (item instanceof GodwitError) return item;
    const target = { cache, key: item.key, hash: keyHash(cache.seed, item.key) };
    return caught(() => operationOf(input, target, ttlMs, marks[index], balanced));
  });
}

/** What a function gives, or the refusal that it raises. */
export function caught<Value>(give: () => Value): Value | GodwitError {
  try {
    return give();
  } catch (error) {
    if (error instanceof GodwitError) return error;
    throw error;
  }
}

function replyOf(
  inputs: readonly OperationInput[],
  granted: readonly (Granted | GodwitError)[],
  results: readonly BatchResult[],
  format: BodyFormat,
): Reply {
  let nodeMicros = 0;
  let replayed = false;
  const items = results.map((result, index): Outcome => {
    if (result instanceof GodwitError) return errorOutcome(result);
    if (result.nodeMicros > nodeMicros) nodeMicros = result.nodeMicros;
    replayed ||= result.replayed;
    return outcomeOf(inputs[index]!, result, (granted[index] as Granted).mayRead, format);
  });
  const { contentType, body } = encodeBody(format, { items });
  const headers = ['content-type', contentType, 'cache-control', 'no-store'];
  if (replayed) headers.push('idempotent-replayed', 'true');
  return { status: 200, headers, body, compressible: format === 'json', nodeMicros };
}

/** Logs what should not happen, once for the batch: no refusal is raised that would be logged for it. */
export function reportFailures(call: RouteCall, results: readonly BatchResult[]): void {
  const failed = results.filter((result) => result instanceof GodwitError && result.code === 'internal_error');
  if (failed.length === 0) return;
  const error = asGodwitError(failed[0]);
  call.gateway.parts.log.error(
    { err: error.cause ?? error, requestId: call.requestId, items: failed.length },
    'batch items failed',
  );
}
