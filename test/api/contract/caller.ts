import { gunzipSync } from 'node:zlib';
import { request as send } from 'undici';
import { expect } from 'vitest';
import { type ErrorCode, errorKinds } from '../../../src/shared/errors.ts';
import { codeOf, operations, type SeenResponse, violations } from './contract.ts';
import type { Coverage } from './coverage.ts';

/** A request to one operation. */
export interface Request {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** Sent as JSON, with its content type. */
  readonly json?: unknown;
  /** The admin key when not given; null for none. */
  readonly token?: string | null;
}

export interface Answer extends SeenResponse {
  /** The body as JSON. */
  json<T>(): T;
  readonly text: string;
}

/**
 * Sends a request to an operation, expects the status or code, and holds request and answer against
 * `openapi.yaml`.
 */
export type Call = (operationId: string, request: Request, expected: number | ErrorCode) => Promise<Answer>;

export function createCall(url: string, adminToken: string, coverage: Coverage): Call {
  return async (operationId, request, expected) => {
    const operation = operations.get(operationId);
    if (operation === undefined) throw new Error(`openapi.yaml has no operation ${operationId}.`);
    const { query = {}, token = adminToken } = request;
    const headers: Record<string, string> = {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(request.json === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    };
    const body = request.json === undefined ? request.body : JSON.stringify(request.json);
    const path = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => request.path?.[name] ?? 'default');
    const search = new URLSearchParams(query).toString();
    const response = await send(`${url}${path}${search === '' ? '' : `?${search}`}`, {
      method: operation.method as 'GET',
      headers,
      ...(body === undefined ? {} : { body }),
    });
    const seen = await received(response);
    const where = `${operationId} ${JSON.stringify({ ...request, body: undefined })}`;
    const status = typeof expected === 'number' ? expected : errorKinds[expected].status;
    expect(`${where} ${seen.status} ${seen.text.slice(0, 300)}`).toContain(`${where} ${status}`);
    if (typeof expected === 'string' && operation.method !== 'HEAD')
      expect(`${where} ${codeOf(seen)}`).toBe(`${where} ${expected}`);
    expect(violations(operation, seen).map((what) => `${where}: ${what}`)).toEqual([]);
    coverage.note(operation, { query, headers, hasBody: body !== undefined }, seen);
    return seen;
  };
}

async function received(response: Awaited<ReturnType<typeof send>>): Promise<Answer> {
  const raw = new Uint8Array(await response.body.arrayBuffer());
  const body = response.headers['content-encoding'] === 'gzip' ? new Uint8Array(gunzipSync(raw)) : raw;
  const text = new TextDecoder().decode(body);
  return { status: response.statusCode, headers: response.headers, body, text, json: () => JSON.parse(text) };
}
