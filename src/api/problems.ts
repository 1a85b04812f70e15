import { type ErrorCode, errorKinds } from '../shared/errors.ts';
import type { ResponseHeaderName } from './http/response-headers.ts';
import type { Route } from './routes/route.ts';

interface SharedProblems {
  /** Which operations have them. */
  readonly of: (route: Route) => boolean;
  readonly codes: readonly ErrorCode[];
}

/** Refusals that operations have beside their own, by what they ask of their caller and what they rest on. */
export const sharedProblems: readonly SharedProblems[] = [
  { of: () => true, codes: ['request_timeout', 'request_head_too_large', 'internal_error'] },
  {
    of: ({ access }) => access === 'token',
    codes: ['authentication_required', 'invalid_token', 'permission_denied', 'overloaded'],
  },
  // A request target with a fragment, or a Host that is missing or broken, whatever the operation.
  { of: () => true, codes: ['invalid_argument'] },
  {
    of: ({ body }) => typeof body?.schema === 'object',
    codes: ['malformed_body', 'body_too_large', 'unsupported_media_type'],
  },
  { of: restsOnStorage, codes: ['storage_unavailable', 'overloaded'] },
  { of: writesData, codes: ['not_enough_copies', 'limit_reached', 'control_plane_unavailable'] },
  { of: ({ problems }) => problems.includes('control_plane_unavailable'), codes: ['overloaded'] },
];

/** Refusals of requests that come to no operation, so that no operation declares them. */
export const problemsOfNoOperation: readonly ErrorCode[] = ['path_not_found', 'method_not_allowed', 'not_implemented'];

/** Headers that come with a refusal, beside those of every answer. */
const headersOfProblem: Partial<Record<ErrorCode, readonly ResponseHeaderName[]>> = {
  authentication_required: ['WWW-Authenticate'],
  invalid_token: ['WWW-Authenticate'],
  key_not_found: ['Cache-Status'],
  not_an_integer: ['ETag'],
  integer_overflow: ['ETag'],
  wrong_type: ['ETag'],
  precondition_failed: ['ETag'],
  overloaded: ['Retry-After'],
  not_ready: ['Retry-After'],
  storage_unavailable: ['Retry-After'],
  not_enough_copies: ['Retry-After'],
  control_plane_unavailable: ['Retry-After'],
  cache_full: ['Retry-After'],
  limit_reached: ['Retry-After'],
};

const order = Object.keys(errorKinds) as ErrorCode[];

/** Whether the operation is on items or topics. */
function isOfData({ path }: Route): boolean {
  return path.startsWith('/cache/') || path.startsWith('/topics/');
}

/** Whether storage can fail the operation as a whole; a batch of reads tells it for each item instead. */
function restsOnStorage(route: Route): boolean {
  const { problems } = route;
  return isOfData(route) && (problems.includes('deadline_exceeded') || problems.includes('outcome_unknown'));
}

/** Whether the operation writes items or publishes: its cache may demand copies, and is created where the server is set so. */
function writesData(route: Route): boolean {
  return isOfData(route) && route.problems.includes('outcome_unknown');
}

/** All refusals of an operation, in the order of the table of errors. */
export function problemsOf(route: Route): ErrorCode[] {
  const shared = sharedProblems.filter(({ of }) => of(route)).flatMap(({ codes }) => codes);
  const codes = new Set<ErrorCode>([...route.problems, ...shared]);
  return order.filter((code) => codes.has(code));
}

/** The codes by their status, statuses ascending. */
export function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const grouped = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorKinds[code];
    grouped.set(status, [...(grouped.get(status) ?? []), code]);
  }
  return new Map([...grouped].sort(([a], [b]) => a - b));
}

/** Headers of the answer that one of these codes gives. */
export function headersOfProblems(codes: readonly ErrorCode[]): ResponseHeaderName[] {
  return [...new Set<ResponseHeaderName>(['Cache-Control', ...codes.flatMap((code) => headersOfProblem[code] ?? [])])];
}
