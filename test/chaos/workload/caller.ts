import { Agent, request } from 'undici';
import { chaosLimits } from '../limits.ts';

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type Answer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly code: string;
      /** What the problem document says of it; empty for an answer that is no problem. */
      readonly detail: string;
      readonly body: string;
      readonly headers: Headers;
    }
  /** No connection was made: nothing was done. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No answer, or no whole one: whatever was asked may have been done. */
  | { readonly kind: 'lost'; readonly reason: string };

const neverConnected = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/** A client of the HTTP API with connections of its own. */
export class Caller {
  readonly #agent: Agent;
  readonly #authorization: string;

  constructor(authorization: string, connections = 1) {
    this.#authorization = authorization;
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      connect: { timeout: chaosLimits.requestTimeoutMs },
      headersTimeout: chaosLimits.requestTimeoutMs,
      bodyTimeout: chaosLimits.requestTimeoutMs,
    });
  }

  async call(baseUrl: string, { method, path, headers = {}, body }: Call): Promise<Answer> {
    try {
      const response = await request(baseUrl + path, {
        method,
        headers: { authorization: this.#authorization, ...headers },
        ...(body === undefined ? {} : { body }),
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(chaosLimits.requestTimeoutMs),
      });
      const text = await response.body.text();
      return {
        kind: 'answer',
        status: response.statusCode,
        ...(response.statusCode < 400 ? { code: '', detail: '' } : problemOf(text)),
        body: text,
        headers: response.headers,
      };
    } catch (error) {
      const code = (error as { code?: string }).code ?? (error as Error).name;
      return neverConnected.has(code) ? { kind: 'refused', reason: code } : { kind: 'lost', reason: code };
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Code and words of an answer that was no success, for the report. */
export function troubleOf(answer: Answer): string {
  if (answer.kind !== 'answer') return answer.reason;
  return answer.detail === '' ? answer.code : `${answer.code} (${answer.detail})`;
}

function problemOf(text: string): { code: string; detail: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return { code: String(code), detail: String(detail) };
  } catch {
    return { code: 'no problem document', detail: '' };
  }
}
