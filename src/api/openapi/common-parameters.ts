import { z } from 'zod';
import type { Parameter } from '../routes/route.ts';

/** Headers that the gateway reads of every request, before any operation does. */
export const requestIdHeader: Parameter = {
  name: 'X-Request-Id',
  in: 'header',
  kind: 'string',
  required: false,
  schema: z.string(),
  description: 'An id for the logs: letters, digits and `. _ -`, at most 64. Any other is replaced, not refused.',
};

export const traceparentHeader: Parameter = {
  name: 'traceparent',
  in: 'header',
  kind: 'string',
  required: false,
  schema: z.string(),
  description: 'W3C trace context, passed on to storage nodes. An invalid one is ignored.',
};

/**
 * Request headers that are no parameters in OpenAPI's sense, by where the document speaks of them: OpenAPI
 * itself says that `Accept`, `Content-Type` and `Authorization` are not to be declared as parameters.
 */
export const requestHeadersOfProtocol: Readonly<Record<string, string>> = {
  accept: 'the content types of the responses',
  'accept-encoding': 'compression of the transport, never of a value',
  authorization: 'the security schemes',
  'content-encoding': 'refused where a body is read',
  'content-length': 'framing; only ever reported back, never believed',
  'content-type': 'the content types of the request body',
  origin: 'the CORS protocol, which browsers speak by themselves',
};
