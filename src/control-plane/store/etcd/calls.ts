/**
 * Calls to the servers of an etcd cluster, through the JSON gateway that every server has on its client port.
 *
 * All calls go to one server until it fails; then the next one is asked. A call that may be sent again is, inside
 * its deadline. One that must not be is sent on only while it has certainly not been carried out.
 */
import { Pool } from 'undici';
import type { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import { backoffMs, type Sleep } from '../../../shared/control-link/backoff.ts';
import { StoreError } from '../coordination-store.ts';
import { etcdLimits } from './limits.ts';
import { certainCodes, etcdPaths, finalCodes, grpcCodes, refusalSchema, tokenAnswerSchema } from './messages.ts';

/** PEM texts: whom to trust, and the certificate to show. */
export interface EtcdTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface EtcdCallsOptions {
  /** Base URLs of the servers, at most `endpointsMax`. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls | undefined;
  readonly credentials?: { readonly name: string; readonly password: string } | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sleep: Sleep;
}

export interface CallBounds {
  /** Whether to send again what may have been carried out. */
  readonly repeatable: boolean;
  /** Of one attempt and of the whole call, in ms. */
  readonly attemptMs: number;
  readonly deadlineMs: number;
}

const byDefault: CallBounds = {
  repeatable: true,
  attemptMs: etcdLimits.attemptTimeoutMs,
  deadlineMs: etcdLimits.callDeadlineMs,
};

/** One attempt that failed. `certain`: nothing was done; `final`: another attempt would fail as well. */
export class EtcdFailure extends Error {
  readonly certain: boolean;
  readonly final: boolean;
  readonly code: number | undefined;

  constructor(message: string, state: { certain: boolean; final?: boolean; code?: number; cause?: unknown }) {
    super(message, { cause: state.cause });
    this.certain = state.certain;
    this.final = state.final ?? false;
    this.code = state.code;
  }
}

export class EtcdCalls {
  readonly #options: EtcdCallsOptions;
  readonly #pools: readonly Pool[];
  readonly #closing = new AbortController();
  #current = 0;
  #token: string | undefined;

  constructor(options: EtcdCallsOptions) {
    const { endpoints, tls } = options;
    if (endpoints.length === 0 || endpoints.length > etcdLimits.endpointsMax) {
      throw new RangeError('etcd needs the URLs of its servers, at most 9');
    }
    this.#options = options;
    const connect = {
      timeout: etcdLimits.connectTimeoutMs,
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
      ...(tls?.key === undefined ? {} : { key: tls.key }),
    };
    this.#pools = endpoints.map(
      (url) =>
        new Pool(url, {
          connections: etcdLimits.connectionsPerEndpoint,
          keepAliveTimeout: etcdLimits.keepAliveMs,
          // One kind of connection, with TLS and without: bounded, and a broken one breaks one call.
          allowH2: false,
          connect,
        }),
    );
  }

  /** Aborts when `close` is called. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The answer in its shape. Rejects with `StoreError`; `outcome: unknown` only for what must not be sent again. */
  async call<T>(path: string, message: object, schema: z.ZodType<T>, bounds: CallBounds = byDefault): Promise<T> {
    const { clock, random, sleep } = this.#options;
    const deadlineMs = clock.monotonicMs() + bounds.deadlineMs;
    for (let failures = 0; ; ) {
      if (this.#closing.signal.aborted) throw new StoreError('closed', 'the link to etcd is closed');
      const remainingMs = deadlineMs - clock.monotonicMs();
      const asked = this.#current;
      try {
        return schema.parse(await this.#attempt(path, message, Math.max(1, Math.min(bounds.attemptMs, remainingMs))));
      } catch (error) {
        const failure = failureOf(error);
        this.#next(asked);
        const open = !failure.certain && !bounds.repeatable;
        failures++;
        const isRound = failures % this.#pools.length === 0;
        const pauseMs = isRound
          ? backoffMs(failures / this.#pools.length, etcdLimits.backoffMsMin, etcdLimits.backoffMsMax, random)
          : 0;
        const isLate = clock.monotonicMs() + pauseMs >= deadlineMs;
        if (open || failure.final || isLate) throw this.#explained(failure, open);
        await sleep(pauseMs, this.#closing.signal);
      }
    }
  }

  /** Opens a stream of answers on the server in use; the caller ends it by `signal`, and says `failed` when it broke. */
  async stream(path: string, message: object, signal: AbortSignal) {
    const asked = this.#current;
    const failed = () => this.#next(asked);
    try {
      const headers = await this.#headers();
      const { statusCode, body } = await this.#pools[asked]!.request({
        path,
        method: 'POST',
        headers,
        body: JSON.stringify(message),
        headersTimeout: etcdLimits.attemptTimeoutMs,
        bodyTimeout: 0,
        signal: AbortSignal.any([signal, this.#closing.signal]),
      });
      if (statusCode === 200) return { body, failed };
      throw refusalOf(await boundedText(body));
    } catch (error) {
      if (!signal.aborted) failed();
      this.#forgetToken(failureOf(error));
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#pools.map((pool) => pool.destroy().catch(() => {})));
  }

  async #attempt(path: string, message: object, timeoutMs: number, renewed = false): Promise<unknown> {
    const signal = AbortSignal.any([AbortSignal.timeout(Math.ceil(timeoutMs)), this.#closing.signal]);
    const headers = path === etcdPaths.authenticate ? jsonHeaders : await this.#headers();
    const { statusCode, body } = await this.#pools[this.#current]!.request({
      path,
      method: 'POST',
      headers,
      body: JSON.stringify(message),
      signal,
    });
    const text = await boundedText(body);
    if (statusCode === 200) return JSON.parse(text);
    const refusal = refusalOf(text);
    // A token lasts some minutes, and not beyond a restart of the server: the call is certainly not done.
    if (this.#forgetToken(refusal) && !renewed) return this.#attempt(path, message, timeoutMs, true);
    throw refusal;
  }

  async #headers(): Promise<Record<string, string>> {
    const { credentials } = this.#options;
    if (!credentials) return jsonHeaders;
    this.#token ??= tokenAnswerSchema.parse(
      await this.#attempt(etcdPaths.authenticate, credentials, etcdLimits.attemptTimeoutMs),
    ).token;
    return { ...jsonHeaders, authorization: this.#token };
  }

  /** Whether there was a token that the server does not take any more. */
  #forgetToken(failure: EtcdFailure): boolean {
    // A signed token is refused as malformed once the users have changed: it names their former state.
    const isOver = failure.code === grpcCodes.unauthenticated || oldToken.test(failure.message);
    if (!isOver || this.#token === undefined) return false;
    this.#token = undefined;
    return true;
  }

  /** Turns to the next server, unless somebody has since `asked`. */
  #next(asked: number): void {
    if (this.#current === asked) this.#current = (asked + 1) % this.#pools.length;
  }

  #explained(failure: EtcdFailure, open: boolean): StoreError {
    const more = { cause: failure, outcome: open ? 'unknown' : 'not_done' } as const;
    if (this.#closing.signal.aborted) return new StoreError('closed', 'the link to etcd was closed', more);
    if (certificateFailures.test(failure.message)) {
      return new StoreError('refused', `etcd’s certificate is not trusted: ${failure.message}`, more);
    }
    if (failure.code === undefined)
      return new StoreError('unreachable', `etcd does not answer: ${failure.message}`, more);
    if (/lease not found/.test(failure.message)) return new StoreError('lease_ended', 'the lease has ended', more);
    const reason = failure.final ? 'refused' : 'failed';
    return new StoreError(reason, `etcd refuses: ${failure.message}`, more);
  }
}

const oldToken = /^revision of auth store is old$/;

const jsonHeaders = { 'content-type': 'application/json' };

const certificateFailures =
  /^(CERT_.*|ERR_TLS_CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;

/** Failures that come before a connection, or while TLS is agreed on, so that nothing was sent. */
const connectFailures =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_.*|ERR_SSL_.*|CERT_.*|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*)$/;

function failureOf(error: unknown): EtcdFailure {
  if (error instanceof EtcdFailure) return error;
  const { code, name } = error as { code?: unknown; name?: unknown };
  const text = typeof code === 'string' ? code : name === 'TimeoutError' ? 'no answer in time' : 'no usable answer';
  return new EtcdFailure(text, { certain: connectFailures.test(text), cause: error });
}

/** A refusal as etcd words it: its messages name states of the server, never keys or values. */
function refusalOf(text: string): EtcdFailure {
  let body: unknown;
  try {
    // Its gateway puts the trailers of gRPC behind the JSON.
    body = JSON.parse(text.replace(/Grpc-Trailer-[\s\S]*$/, ''));
  } catch {
    body = {};
  }
  const parsed = refusalSchema.safeParse(body);
  const { message, code } = parsed.success ? parsed.data : { message: 'no reason given', code: 2 };
  return new EtcdFailure(message.replace(/^etcdserver: /, ''), {
    certain: certainCodes.includes(code),
    final: finalCodes.includes(code),
    code,
  });
}

async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > etcdLimits.answerBytesMax) throw new RangeError('an answer of etcd is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
