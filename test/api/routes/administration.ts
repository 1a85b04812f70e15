import { expect } from 'vitest';
import type { AuthorizationDetails } from '../../../src/tokens/authorization-details.ts';

/** What an administrative call answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test asserts
  readonly json: any;
  readonly text: string;
}

export interface CallOptions {
  /** Left out: no `Authorization`. */
  readonly token?: string;
  readonly json?: unknown;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

/** One call to a gateway, its answer read; a JSON body gets its content type. */
export async function call(baseUrl: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
  if (options.json !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json');
  const body = options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json);
  const response = await fetch(`${baseUrl}${path}`, { method, headers, body, redirect: 'manual' });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, json: isJson ? JSON.parse(text) : undefined, text };
}

/** The problem document (RFC 9457) of this code, with the status that the body states too. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, code: answer.json?.code }).toEqual({ status, code });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.json).toMatchObject({
    type: `/docs/errors#${code}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
  });
}

export const hourSeconds = 3_600;

/** A token with these rights for an hour, issued over the API. */
export async function issue(
  baseUrl: string,
  issuer: string,
  details: AuthorizationDetails | readonly unknown[],
  more: Record<string, unknown> = {},
): Promise<{ token: string; refresh_token?: string; jti: string; expires_at: number }> {
  const json = { authorization_details: details, expires_in_seconds: hourSeconds, ...more };
  const answer = await call(baseUrl, 'POST', '/tokens', { token: issuer, json });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}
