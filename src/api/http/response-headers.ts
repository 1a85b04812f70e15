import { z } from 'zod';

/** A response header: what it says and its form. */
export interface ResponseHeader {
  readonly description: string;
  readonly schema: z.ZodType;
  readonly example?: string | number;
}

const entityTag = z.string().regex(/^"\d+-\d+"$/);
const wholeNumber = z.int().min(0);

/**
 * Every response header of the API beside those of the protocol itself. `openapi.yaml` declares them from
 * here; the contract test refuses any other.
 */
export const responseHeaders = {
  ETag: {
    description: 'Strong entity tag of the item’s version (RFC 9110 §8.8.3). Grows with every write.',
    schema: entityTag,
    example: '"1-42"',
  },
  Expires: { description: 'When the item expires, to the second (RFC 9111 §5.3).', schema: z.string() },
  'Godwit-Ttl-Ms': { description: 'The item’s remaining TTL in milliseconds.', schema: wholeNumber, example: 59_990 },
  'Cache-Status': {
    description: 'Whether there was an item, and its remaining TTL in seconds (RFC 9211).',
    schema: z.string(),
    example: 'godwit; hit; ttl=59',
  },
  'Cache-Control': {
    description: '`no-store`, save for items of a cache whose settings say otherwise.',
    schema: z.string(),
    example: 'no-store',
  },
  'Idempotent-Replayed': {
    description: '`true` when this is the first answer to the `Idempotency-Key`, given again.',
    schema: z.literal('true'),
  },
  'Godwit-Sequence-Number': {
    description: 'The number of a message in its sequence page, from 1.',
    schema: wholeNumber,
    example: 17,
  },
  'Godwit-Sequence-Page': {
    description: 'The instance of a topic’s log; another page says that the log was lost and restarted.',
    schema: wholeNumber,
    example: 1_879_048_192_000_001,
  },
  'Godwit-Next-Sequence-Number': {
    description: 'The number to ask for next, of the page in `Godwit-Sequence-Page`: a poll from there misses nothing.',
    schema: wholeNumber,
    example: 18,
  },
  'X-Accel-Buffering': {
    description: 'Tells proxies of nginx’s kind to hand on a stream as it comes.',
    schema: z.literal('no'),
  },
  'Content-Security-Policy': {
    description: 'Keeps a browser from doing anything active with what it is shown.',
    schema: z.string(),
  },
  'Content-Encoding': { description: '`gzip` when a large answer was compressed.', schema: z.literal('gzip') },
  'WWW-Authenticate': {
    description: 'The challenge of RFC 6750 §3.',
    schema: z.string(),
    example: 'Bearer realm="godwit"',
  },
  'Retry-After': {
    description: 'Seconds after which to come back (RFC 9110 §10.2.3).',
    schema: wholeNumber,
    example: 1,
  },
  'X-Request-Id': {
    description: 'Names the request in the logs: the caller’s own id when it sent a plain one, else a new one.',
    schema: z.string().regex(/^[A-Za-z0-9._-]+$/),
  },
  'Server-Timing': {
    description: 'Time in the gateway and in storage nodes, in milliseconds.',
    schema: z.string(),
    example: 'gateway;dur=0.21, node;dur=0.04',
  },
  'X-Content-Type-Options': { description: 'Always `nosniff`.', schema: z.literal('nosniff') },
  Vary: { description: 'Request headers that the answer depends on.', schema: z.string() },
  'Access-Control-Allow-Origin': {
    description: 'Given to browsers from an origin that the server allows.',
    schema: z.string(),
  },
  'Access-Control-Expose-Headers': { description: 'Goes with `Access-Control-Allow-Origin`.', schema: z.string() },
} as const satisfies Record<string, ResponseHeader>;

export type ResponseHeaderName = keyof typeof responseHeaders;

/** Headers that any answer may have, whatever the operation. */
export const headersOfEveryAnswer: readonly ResponseHeaderName[] = [
  'X-Request-Id',
  'Server-Timing',
  'X-Content-Type-Options',
  'Vary',
  'Access-Control-Allow-Origin',
  'Access-Control-Expose-Headers',
];

/** Headers of HTTP itself, which OpenAPI does not describe one by one. */
export const protocolHeaders: readonly string[] = [
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
];
