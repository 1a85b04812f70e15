import { routes } from '../../../../src/api/routes/index.ts';
import type { ErrorCode } from '../../../../src/shared/errors.ts';
import type { Call, Request } from '../caller.ts';
import { type Operation, operations } from '../contract.ts';
import { batchBodies } from './batches.ts';
import { tokenRequest } from './tokens.ts';
import { batchPublishBody } from './topics.ts';

const bodies: Readonly<Record<string, object>> = {
  issueToken: tokenRequest,
  refreshToken: { refresh_token: 'one' },
  publishBatch: batchPublishBody,
};

/** Refusals that any operation which declares them gives for the same reason. */
export async function exerciseRefusals(call: Call, adminToken: string, foreignToken: string): Promise<void> {
  const changes: Partial<Record<ErrorCode, (good: Request, bodyBytesMax: number) => Request>> = {
    authentication_required: (good) => ({ ...good, token: null }),
    invalid_token: (good) => ({ ...good, token: 'no.to.ken' }),
    permission_denied: (good) => ({ ...good, token: foreignToken }),
    invalid_argument: (good) => ({ ...good, query: { ...good.query, token: adminToken } }),
    cache_not_found: (good) => ({ ...good, path: { cache: 'missing' } }),
    malformed_body: ({ json: _, ...good }) => withBody(good, '{', 'application/json'),
    unsupported_media_type: ({ json: _, ...good }) => ({
      ...withBody(good, 'x', 'text/plain'),
      headers: { 'content-type': 'text/plain', 'content-encoding': 'gzip' },
    }),
    body_too_large: ({ json: _, ...good }, max) => withBody(good, new Uint8Array(max + 1), 'application/json'),
    item_too_large: (good, max) => withBody(good, new Uint8Array(max + 1), 'text/plain'),
    message_too_large: (good, max) => withBody(good, new Uint8Array(max + 1), 'text/plain'),
  };
  for (const operation of operations.values()) {
    if (operation.operationId === 'getMetrics') continue;
    const isPublic = !codesOf(operation).includes('authentication_required');
    const good: Request = goodRequest(operation);
    for (const code of codesOf(operation)) {
      const change = changes[code];
      const isOfToken = code === 'invalid_token' || code === 'invalid_argument';
      if (change === undefined || (isPublic && isOfToken)) continue;
      await call(operation.operationId, change(good, limitOf(operation)), code);
    }
  }
}

function limitOf({ operationId }: Operation): number {
  return routes.find((route) => route.operationId === operationId)?.body?.limitBytes ?? 0;
}

function codesOf({ answers }: Operation): ErrorCode[] {
  return [...answers.values()].flatMap(({ codes }) => codes as ErrorCode[]);
}

/** A request that goes through but for what is changed. */
export function goodRequest({ operationId, path, parameters, requestTypes }: Operation): Request {
  const query: Record<string, string> = {};
  if (parameters.some(({ name }) => name === 'key')) query['key'] = 'refused';
  if (operationId === 'putItemTtl') query['ttl_ms'] = '1000';
  const json = batchBodies[operationId] ?? bodies[operationId] ?? {};
  const takesJson = requestTypes.includes('application/json');
  return {
    query,
    path: path.includes('{jti}') ? { jti: 'nobody' } : { cache: 'default', topic: 'refused', node: 'nobody' },
    ...(takesJson ? { json } : requestTypes.length > 0 ? { body: 'value' } : {}),
  };
}

function withBody(good: Request, body: Uint8Array | string, contentType: string): Request {
  return { ...good, body, headers: { 'content-type': contentType } };
}
