import type { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import { structuredContentTypes } from '../../http/body-format.ts';
import { cacheInPath, readConcern } from '../parameters.ts';
import type { RequestBodyShape, ResponseShape, Route } from '../route.ts';
import { type BatchContract, executeBatch } from './execute-batch.ts';

/** What the documentation of every batch says. */
export const bytesRule =
  'Bytes are `{"text": …}` or `{"base64": …}` in JSON, a bare string standing for text, and byte strings in CBOR.';

interface BatchRouteParts<Body extends object> {
  readonly operationId: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly contract: BatchContract<Body>;
  readonly answer: z.ZodType;
  readonly bodyDescription: string;
}

/** A batch route by POST. */
export function batchRoute<Body extends object>(parts: BatchRouteParts<Body>): Route {
  const { contract, bodyDescription, answer, operationId, path, summary, description } = parts;
  const body: RequestBodyShape = {
    contentTypes: structuredContentTypes,
    schema: contract.schemas.contract,
    required: true,
    limitBytes: limits.batchBodyBytesMax,
    description: bodyDescription,
  };
  const marked = contract.parameters.some(({ name }) => name === 'Idempotency-Key');
  const response: ResponseShape = {
    description: 'An outcome for each item, in the order of the request, whether or not some of them failed.',
    body: { contentTypes: structuredContentTypes, schema: answer },
    headers: ['Cache-Control', ...(marked ? ['Idempotent-Replayed'] : [])],
  };
  return {
    method: 'POST',
    path,
    operationId,
    tag: 'Batches',
    summary,
    description: `${description} ${bytesRule}`,
    access: 'token',
    parameters: contract.parameters,
    body,
    responses: { 200: response },
    problems: [
      'cache_not_found',
      'not_acceptable',
      ...(marked ? (['idempotency_key_reused', 'outcome_unknown'] as const) : []),
    ],
    handle: (call) => executeBatch(call, contract),
  };
}

/** The same by QUERY (RFC 10008): safe and idempotent, so that it may be sent again by anything on the way. */
export function queryRoute(route: Route, operationId: string): Route {
  return {
    ...route,
    method: 'QUERY',
    operationId,
    description: `${route.description} The method QUERY (RFC 10008) is the same, said to be safe to repeat; it needs a \`Content-Type\`.`,
  };
}

export const batchReadParameters = [cacheInPath, readConcern];
