import { gunzipSync } from 'node:zlib';
import { Pool } from 'undici';
import type { Log } from '../../../src/shared/process.ts';
import { startFleet, type TestFleet } from '../../support/fleet.ts';
import { operations, type SeenResponse, violations } from '../contract/contract.ts';
import { keyMarker, rawCases, valueMarker } from './corpus.ts';
import { type FuzzRequest, type FuzzTokens, fuzzCache, generate } from './generate.ts';
import { Choices } from './random.ts';
import { firstProblem, type RawAnswer, sendRaw } from './raw-socket.ts';

/** Time in which an answer must be there, in ms: an operation's deadline inside the fleet, and as much again. */
const answerTimeoutMs = 10_000;
/** Requests under way at once. */
const concurrency = 8;

export interface FuzzReport {
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** What went wrong, each with the request that shows it; empty when nothing did. */
  readonly findings: readonly string[];
}

export interface FuzzOptions {
  readonly seed: number;
  /** Asked before each request: how many there were, and whether to go on. */
  readonly goOn: (requests: number) => boolean;
}

/** A fleet under fuzz: every line that it logs is kept, to look for secrets in. */
export class Fuzz {
  readonly #fleet: TestFleet;
  readonly #tokens: FuzzTokens;
  readonly #lines: string[];

  private constructor(fleet: TestFleet, tokens: FuzzTokens, lines: string[]) {
    this.#fleet = fleet;
    this.#tokens = tokens;
    this.#lines = lines;
  }

  static async start(): Promise<Fuzz> {
    const lines: string[] = [];
    const fleet = await startFleet({ log: keepingLog(lines), gateway: { logRequests: true } });
    const headers = { authorization: `Bearer ${fleet.adminToken}`, 'content-type': 'application/json' };
    const body = JSON.stringify({
      authorization_details: [{ type: 'cache', cache: fuzzCache, item: { key_prefix: 'user-' }, actions: ['write'] }],
      expires_in_seconds: 3_600,
    });
    const answer = await fetch(`${fleet.url}/tokens`, { method: 'POST', headers, body });
    const { token } = (await answer.json()) as { token: string };
    return new Fuzz(fleet, { admin: fleet.adminToken, limited: token }, lines);
  }

  stop(): Promise<void> {
    return this.#fleet.stop();
  }

  /** Random requests to every operation. */
  async run({ seed, goOn }: FuzzOptions): Promise<FuzzReport> {
    const choices = new Choices(seed);
    const pool = new Pool(this.#fleet.url, {
      connections: concurrency,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
    });
    const byStatus: Record<string, number> = {};
    const findings: string[] = [];
    let requests = 0;
    const worker = async () => {
      while (findings.length < 20 && goOn(requests)) {
        if (requests++ % 200 === 0) await this.#createCache();
        const request = generate(choices, this.#tokens);
        const response = await send(pool, request).catch((error: unknown) => error as Error);
        if (!(response instanceof Error)) byStatus[response.status] = (byStatus[response.status] ?? 0) + 1;
        findings.push(...this.#judge(request, response).map((what) => `${what}\n${describe(request)}`));
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    await pool.destroy();
    findings.push(...(await this.health()), ...this.secretsInLog());
    return { requests, byStatus, findings };
  }

  /** The requests of the corpus that only a socket can send; what went wrong. */
  async runRawCases(): Promise<string[]> {
    const findings: string[] = [];
    for (const { name, bytes, statuses, responsesMax = 1, cutOff = false } of rawCases) {
      const answer = await sendRaw(this.#fleet.url, bytes(this.#tokens.admin), cutOff, answerTimeoutMs);
      const [first = null] = answer.statuses;
      if (answer.hung) findings.push(`${name}: no end in time`);
      if (!statuses.includes(first)) findings.push(`${name}: ${answer.statuses.join(', ') || 'no answer'}`);
      if (answer.statuses.length > responsesMax) findings.push(`${name}: ${answer.statuses.length} answers`);
      if (first !== null && first >= 400 && !isProblem(answer))
        findings.push(`${name}: ${first} without a problem document`);
      if (this.#secretIn(answer.text)) findings.push(`${name}: the answer tells a secret`);
    }
    return [...findings, ...(await this.health()), ...this.secretsInLog()];
  }

  /** Whether the fleet still does what it is for. */
  async health(): Promise<string[]> {
    const target = `${this.#fleet.url}/cache/default?key=health`;
    const headers = { authorization: `Bearer ${this.#tokens.admin}` };
    const put = await fetch(target, { method: 'PUT', headers, body: 'well' });
    const get = await fetch(target, { headers });
    const text = await get.text();
    return put.status === 204 && text === 'well' ? [] : [`not well afterwards: ${put.status}, ${get.status}`];
  }

  secretsInLog(): string[] {
    return this.#lines
      .filter((line) => this.#secretIn(line))
      .map((line) => `a log line tells a secret: ${line.slice(0, 300)}`);
  }

  #judge(request: FuzzRequest, response: SeenResponse | Error): string[] {
    if (response instanceof Error) return [`no answer: ${response.message}`];
    const text = new TextDecoder().decode(response.body);
    const found = violations(operations.get(request.operationId)!, response);
    if (response.status >= 500 && response.status !== 503) found.push(`status ${response.status}`);
    if (response.status >= 400 && this.#secretIn(text)) found.push(`a refusal tells a secret: ${text}`);
    return found;
  }

  #secretIn(text: string): boolean {
    const { admin, limited } = this.#tokens;
    const secrets = [
      admin,
      limited,
      this.#fleet.fleetSecret,
      keyMarker,
      valueMarker,
      signatureOf(admin),
      signatureOf(limited),
    ];
    return secrets.some((secret) => text.includes(secret));
  }

  async #createCache(): Promise<void> {
    const headers = { authorization: `Bearer ${this.#tokens.admin}` };
    await fetch(`${this.#fleet.url}/caches/${fuzzCache}`, { method: 'PUT', headers });
  }
}

async function send(pool: Pool, request: FuzzRequest): Promise<SeenResponse> {
  const { statusCode, headers, body } = await pool.request({
    method: request.method as 'GET',
    path: request.target,
    headers: Object.entries(request.headers).flat(),
    body: request.body ?? null,
  });
  const raw = new Uint8Array(await body.arrayBuffer());
  return { status: statusCode, headers, body: headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw };
}

function isProblem(answer: RawAnswer): boolean {
  const problem = firstProblem(answer);
  return problem !== undefined && problem.status === answer.statuses[0] && typeof problem.code === 'string';
}

function signatureOf(token: string): string {
  return token.slice(token.lastIndexOf('.') + 1);
}

/** A log that keeps each line, errors with their stack, as a logger would write it. */
function keepingLog(lines: string[]): Log {
  const keep = (fields: object, message: string) => {
    const text = JSON.stringify(fields, (_, value: unknown) =>
      value instanceof Error ? { message: value.message, stack: value.stack, cause: value.cause } : value,
    );
    lines.push(`${message} ${text}`);
  };
  return { debug: keep, info: keep, warn: keep, error: keep };
}

/** A request as a line that can be pasted into a test of its own. */
function describe({ operationId, method, target, headers, body }: FuzzRequest): string {
  const shown = { ...headers, ...(headers['authorization'] === undefined ? {} : { authorization: '…' }) };
  const content = body === undefined ? '' : Buffer.from(body).toString('latin1').slice(0, 500);
  return `  ${operationId}: ${method} ${target.replaceAll(/token=ey[^&]*/g, 'token=…')} ${JSON.stringify(shown)} ${content}`;
}
