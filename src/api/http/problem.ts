import { type ErrorCode, errorKinds, GodwitError } from '../../shared/errors.ts';
import type { HeaderList, Reply } from './exchange.ts';

export const problemContentType = 'application/problem+json';

/** Where a code is explained; the `type` of a problem document (RFC 9457 §3.1.1) is this, relative to the server. */
export function problemType(code: ErrorCode): string {
  return `/docs/errors#${code}`;
}

/** The problem document of a refusal. */
export function problemDocument(error: GodwitError): Record<string, string | number | boolean | null> {
  const { status, title, retryable } = error.kind;
  return {
    type: problemType(error.code),
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable,
    ...error.extra,
  };
}

export function problemReply(error: GodwitError): Reply {
  const headers: HeaderList = ['content-type', problemContentType, 'cache-control', 'no-store'];
  if (error.kind.status === 401) headers.push('www-authenticate', challenge(error.code));
  for (const [name, value] of Object.entries(error.headers)) headers.push(name, value);
  return { status: error.kind.status, headers, body: JSON.stringify(problemDocument(error)) };
}

/** RFC 6750 §3: an error code only when a token was sent. */
function challenge(code: ErrorCode): string {
  return code === 'invalid_token' ? 'Bearer realm="godwit", error="invalid_token"' : 'Bearer realm="godwit"';
}

/** An error of any origin as a refusal. What is none of ours becomes an opaque `internal_error`. */
export function asGodwitError(error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  return new GodwitError('internal_error', 'The server failed. The request id finds the reason in the logs.', {
    cause: error,
  });
}

/** The codes whose status is one of the given, for declaring a route's answers. */
export function codesOfStatus(status: number): ErrorCode[] {
  return (Object.keys(errorKinds) as ErrorCode[]).filter((code) => errorKinds[code].status === status);
}
