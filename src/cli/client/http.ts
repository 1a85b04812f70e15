import { failure } from '../cli-error.ts';
import { clientToken } from '../credentials.ts';
import { cliLimits } from '../limits.ts';

/** Options that every client command has. */
export interface ClientOptions {
  readonly url: string;
  /** Left out by a command that needs no token. */
  readonly tokenFile?: string | undefined;
  readonly dataDir?: string;
  readonly json: boolean;
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query, percent-encoded. */
  readonly path: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly bytes?: Uint8Array<ArrayBuffer>;
}

export interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** A running server's HTTP API, as the client commands see it. */
export class ApiClient {
  readonly #baseUrl: string;
  readonly #token: string | undefined;

  /** @throws CliError (exit code 2) when the token cannot be read */
  constructor(options: ClientOptions) {
    this.#baseUrl = options.url;
    this.#token = options.dataDir === undefined ? undefined : clientToken(options.dataDir, options.tokenFile);
  }

  /**
   * Makes one call and reads the whole answer.
   * @throws CliError (exit code 1) with title and detail of the problem document when the server refuses,
   * and with the reason when it cannot be reached
   */
  async call(call: Call): Promise<Answer> {
    const headers = new Headers();
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`);
    if (call.json !== undefined) headers.set('content-type', 'application/json');
    let status: number;
    let bytes: Uint8Array;
    try {
      const response = await fetch(`${this.#baseUrl}${call.path}`, {
        method: call.method,
        headers,
        body: call.json === undefined ? (call.bytes ?? null) : JSON.stringify(call.json),
        redirect: 'error',
        signal: AbortSignal.timeout(cliLimits.clientTimeoutMs),
      });
      status = response.status;
      bytes = new Uint8Array(await response.arrayBuffer());
    } catch (error) {
      throw failure(`cannot reach ${this.#baseUrl}: ${connectionReason(error)}`, error);
    }
    if (status >= 400) throw failure(problemLine(status, bytes));
    return { status, bytes };
  }

  /** As `call`, for an answer that is JSON; undefined when it is empty. */
  async callJson(call: Call): Promise<unknown> {
    const { bytes } = await this.call(call);
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(new TextDecoder().decode(bytes));
    } catch (error) {
      throw failure(`${this.#baseUrl} did not answer with JSON; is it a Godwit server?`, error);
    }
  }
}

function connectionReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${cliLimits.clientTimeoutMs / 1_000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ECONNREFUSED') return 'nothing listens there; is the server running, and is --url right?';
  return cause instanceof Error ? cause.message : String(error);
}

/** Title and detail of a problem document (RFC 9457); of anything else, only the status. */
function problemLine(status: number, bytes: Uint8Array): string {
  try {
    const problem = JSON.parse(new TextDecoder().decode(bytes)) as { title?: unknown; detail?: unknown } | null;
    const parts = [problem?.title, problem?.detail].filter((part) => typeof part === 'string' && part !== '');
    if (parts.length > 0) return parts.join(': ').replaceAll(/\p{C}/gu, ' ');
  } catch {
    // not a problem document
  }
  return `the server answered with status ${status}`;
}
