/** One JSON call to the control plane over an injected `fetch`, with bounds and with failures told apart. */
import { z } from 'zod';
import { type ErrorCode, errorKinds, GodwitError } from '../errors.ts';
import { controlLinkLimits } from './limits.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** How to reach the control plane: its processes' base URLs, tried in turn, and the fleet's secret. */
export interface ControlLinkOptions {
  readonly urls: readonly string[];
  readonly fleetSecret: string;
  readonly fetch: Fetch;
}

/**
 * No usable answer came. `notSent`: the connection was never made, so nothing was done; otherwise the call
 * may have been carried out.
 */
export class ControlLinkError extends Error {
  readonly notSent: boolean;

  constructor(notSent: boolean, cause: unknown) {
    super(notSent ? 'the control plane could not be reached' : 'the control plane gave no usable answer', { cause });
    this.name = 'ControlLinkError';
    this.notSent = notSent;
  }
}

export interface ControlCall {
  readonly path: string;
  /** Sent as JSON by POST; a call without one is a GET. */
  readonly body?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  extra: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

/** The answer's JSON. Throws `GodwitError` for a refusal that the control plane explained, else `ControlLinkError`. */
export async function callControl(options: ControlLinkOptions, baseUrl: string, call: ControlCall): Promise<unknown> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  const headers: Record<string, string> = { authorization: `Bearer ${options.fleetSecret}` };
  const init: RequestInit = { headers, signal, redirect: 'manual' };
  if (call.body !== undefined) {
    headers['content-type'] = 'application/json';
    init.method = 'POST';
    init.body = JSON.stringify(call.body);
  }
  let response: Response;
  let parsed: unknown;
  try {
    response = await options.fetch(new URL(call.path, baseUrl).href, init);
    parsed = JSON.parse(await boundedText(response));
  } catch (error) {
    throw new ControlLinkError(neverConnected(error), error);
  }
  if (response.ok) return parsed;
  const problem = problemSchema.safeParse(parsed);
  if (!problem.success || !Object.hasOwn(errorKinds, problem.data.code)) throw new ControlLinkError(false, undefined);
  throw new GodwitError(problem.data.code as ErrorCode, problem.data.detail, { extra: problem.data.extra ?? {} });
}

async function boundedText(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > controlLinkLimits.answerBytesMax) throw new RangeError('the answer is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Failures of Node's `fetch` that come before a connection; a runtime that tells none is taken to have sent. */
const connectFailures = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'];

function neverConnected(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown } } | undefined)?.cause;
  const code = (cause ?? (error as { code?: unknown } | undefined))?.code;
  return typeof code === 'string' && connectFailures.includes(code);
}
