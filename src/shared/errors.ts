/**
 * The one table of errors. Code, problem documents (RFC 9457), `openapi.yaml` and `docs/errors.md` read it;
 * a test holds the four together.
 *
 * `retryable`: the same request may succeed later without a change by the client.
 */
export interface ErrorKind {
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  /** One or two sentences for the reader of `docs/errors.md`. */
  readonly doc: string;
}

const kind = (status: number, title: string, retryable: boolean, doc: string): ErrorKind => ({
  status,
  title,
  retryable,
  doc,
});

export const errorKinds = {
  invalid_argument: kind(
    400,
    'Invalid Argument',
    false,
    'A parameter, header or field is missing, malformed or out of range; `detail` names it, `limit` and `actual` give the numbers where there are any.',
  ),
  malformed_body: kind(
    400,
    'Malformed Body',
    false,
    'The body is not valid JSON or CBOR, is nested too deeply, or does not have the documented shape.',
  ),
  authentication_required: kind(401, 'Authentication Required', false, 'The request carries no token.'),
  invalid_token: kind(
    401,
    'Invalid Token',
    false,
    'The token is malformed, expired, revoked, not signed by this fleet, or was sent with another scheme than Bearer. The reason is not told.',
  ),
  permission_denied: kind(
    403,
    'Permission Denied',
    false,
    'The token does not grant this operation on this cache, key or topic.',
  ),
  key_not_found: kind(404, 'Key Not Found', false, 'The cache holds no live item under this key.'),
  cache_not_found: kind(
    404,
    'Cache Not Found',
    false,
    'The account has no cache of this name. Create it with `PUT /caches/{cache}`.',
  ),
  token_not_found: kind(404, 'Token Not Found', false, 'No unexpired token with this id was issued for the account.'),
  node_not_found: kind(404, 'Node Not Found', false, 'The fleet has no storage node of this name.'),
  path_not_found: kind(404, 'Not Found', false, 'No operation has this path.'),
  method_not_allowed: kind(
    405,
    'Method Not Allowed',
    false,
    'The path exists, but not with this method; `Allow` lists those that do.',
  ),
  not_acceptable: kind(
    406,
    'Not Acceptable',
    false,
    'The `Accept` header rules out every representation that the operation has.',
  ),
  request_timeout: kind(408, 'Request Timeout', true, 'The request did not arrive completely in time.'),
  not_an_integer: kind(
    409,
    'Not An Integer',
    false,
    'Increment found a value that is not a decimal signed 64-bit integer; the value is kept.',
  ),
  integer_overflow: kind(
    409,
    'Integer Overflow',
    false,
    'The sum does not fit a signed 64-bit integer; the value is kept.',
  ),
  wrong_type: kind(409, 'Wrong Type', false, 'The key holds an item of another type; it is kept.'),
  cache_settings_differ: kind(
    409,
    'Cache Settings Differ',
    false,
    'The cache exists with other settings than the request names. Change them with `PATCH /caches/{cache}`.',
  ),
  node_in_use: kind(
    409,
    'Node In Use',
    false,
    'The storage node holds what no other one can take over, or would have to be drained first; `detail` says which. Nothing was done.',
  ),
  node_id_in_use: kind(
    409,
    'Node Id In Use',
    true,
    'Another process with this id is a storage node of the fleet, or was until a moment ago. Told to storage nodes that register, never to clients; they try again.',
  ),
  precondition_failed: kind(
    412,
    'Precondition Failed',
    false,
    'A condition of the write did not hold, so nothing was stored. `ETag` and `etag` give the version that is there, when one is.',
  ),
  item_too_large: kind(
    413,
    'Item Too Large',
    false,
    'Key and value, or a value under its cache’s own limit, are larger than allowed; nothing was stored.',
  ),
  message_too_large: kind(
    413,
    'Message Too Large',
    false,
    'The message is larger than its cache’s setting `topic_message_bytes_max`; it was not published.',
  ),
  body_too_large: kind(413, 'Body Too Large', false, 'The body is larger than this operation reads; nothing was done.'),
  answer_too_large: kind(
    413,
    'Answer Too Large',
    false,
    'The values of a batch are together larger than one answer may be; the item with this code was left out and is as it was. Ask for it by itself or in a smaller batch.',
  ),
  unsupported_media_type: kind(
    415,
    'Unsupported Media Type',
    false,
    'The body’s `Content-Type` or `Content-Encoding` is not one that the operation reads.',
  ),
  idempotency_key_reused: kind(
    422,
    'Idempotency Key Reused',
    false,
    'The `Idempotency-Key` was used with another request inside its window; nothing was done.',
  ),
  request_head_too_large: kind(
    431,
    'Request Head Too Large',
    false,
    'The request line and headers together are larger than the server reads.',
  ),
  limit_reached: kind(
    429,
    'Limit Reached',
    true,
    'The account holds as many caches or tokens as it may, or the fleet has no such share of its memory left to give.',
  ),
  internal_error: kind(
    500,
    'Internal Error',
    true,
    'The server failed in a way it should not have. The request id finds it in the logs.',
  ),
  not_implemented: kind(501, 'Not Implemented', false, 'The server does not know this request method.'),
  overloaded: kind(
    503,
    'Overloaded',
    true,
    'A queue is at its bound, or the server is shutting down. Nothing was done; `Retry-After` says when to come back.',
  ),
  not_ready: kind(
    503,
    'Not Ready',
    true,
    'The gateway should not be sent requests: it is draining, or does not know yet who holds the data.',
  ),
  storage_unavailable: kind(
    503,
    'Storage Unavailable',
    true,
    'The storage node of this key could not be reached before the deadline. Nothing was done.',
  ),
  not_enough_copies: kind(
    503,
    'Not Enough Copies',
    true,
    'Fewer copies of the key’s slot are in sync than the cache’s setting `min_in_sync` demands. Nothing was done; a copy that was lost is replaced by the fleet.',
  ),
  control_plane_unavailable: kind(
    503,
    'Control Plane Unavailable',
    true,
    'The control plane could not be reached. Caches keep serving; administration has to wait. Nothing was done.',
  ),
  outcome_unknown: kind(
    504,
    'Outcome Unknown',
    false,
    'The connection to storage broke after the write was sent: it may or may not have happened. With an `Idempotency-Key` it is safe to send again.',
  ),
  deadline_exceeded: kind(504, 'Deadline Exceeded', true, 'The read was not answered before the deadline.'),
  cache_full: kind(
    507,
    'Cache Full',
    true,
    'There is no room, and what is there may not be evicted: the cache does not evict, or the memory is other caches’ by their settings. Nothing was stored.',
  ),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/**
 * A refusal with its code; what a client sees is a problem document made of it. `detail` and `extra` must
 * never contain keys, values or tokens.
 */
export class GodwitError extends Error {
  readonly code: ErrorCode;
  readonly extra: Readonly<Record<string, string | number | boolean | null>>;
  /** Response headers that belong to the refusal, such as `ETag` or `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      extra?: Record<string, string | number | boolean | null>;
      headers?: Record<string, string>;
      cause?: unknown;
    } = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GodwitError';
    this.code = code;
    this.extra = more.extra ?? {};
    this.headers = more.headers ?? {};
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }
}

/** A bad argument, with its limit and the number given where there are any. */
export function invalidArgument(
  detail: string,
  numbers?: { limit: number | string; actual: number | string },
): GodwitError {
  return new GodwitError('invalid_argument', detail, numbers ? { extra: { ...numbers } } : {});
}
