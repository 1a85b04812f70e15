import type { ControlClient } from '../control-plane/client.ts';
import type { FleetClient } from '../routing/fleet-client.ts';
import type { Clock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import type { FleetStateSource } from '../shared/fleet-state.ts';
import type { CacheHandle } from '../shared/operation.ts';
import type { Log } from '../shared/process.ts';
import type { Session } from '../tokens/session.ts';
import type { TokenVerifier } from '../tokens/verifier.ts';
import type { StreamKeeper } from '../topics-sse/stream-keeper.ts';
import type { TopicHub } from '../topics-sse/topic-hub.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import { compressReply } from './http/compression.ts';
import type { Exchange, Reply } from './http/exchange.ts';
import { asGodwitError, problemReply } from './http/problem.ts';
import { RequestIds } from './http/request-ids.ts';
import { tokenOf } from './http/token-of.ts';
import { parseTraceparent } from './http/trace-context.ts';
import type { Route, RouteCall } from './routes/route.ts';

export interface GatewaySettings {
  /** Origins that browsers may call from; `*` for all. */
  readonly corsOrigins: readonly string[];
  /** Whether `/metrics` needs a token with the right to read operations. */
  readonly metricsAccess: 'token' | 'open';
  /** Whether a write to a cache that does not exist creates it. */
  readonly createCaches: boolean;
  /** Whether each request is logged (level `debug`). */
  readonly logRequests: boolean;
}

export interface GatewayParts {
  readonly source: FleetStateSource;
  readonly fleet: FleetClient;
  readonly control: ControlClient;
  readonly verifier: TokenVerifier;
  readonly hub: TopicHub;
  readonly streams: StreamKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly metrics: GatewayMetrics;
  readonly settings: GatewaySettings;
  /** The `openapi.yaml` text. */
  readonly openApiText: string;
  /** Metrics of every process of the fleet, in Prometheus' text format. */
  readonly fleetMetrics: () => Promise<string>;
  /** Files of the documentation page by name; undefined when there is no such file. */
  readonly docsFile: (name: string) => Promise<{ contentType: string; bytes: Uint8Array } | undefined>;
}

/** What every reply has, whatever the route. */
const securityHeaders = ['x-content-type-options', 'nosniff'] as const;

/**
 * A gateway without its server: authenticates a request, calls its route's handler, and turns whatever comes
 * of it into a reply. Holds no data and no topology of its own.
 */
export class Gateway {
  readonly parts: GatewayParts;
  readonly settings: GatewaySettings;
  readonly #requestIds: RequestIds;
  /** False while the process drains or has not yet a view to serve by. */
  accepting = true;

  constructor(parts: GatewayParts) {
    this.parts = parts;
    this.settings = parts.settings;
    this.#requestIds = new RequestIds(parts.random);
  }

  get fleet(): FleetClient {
    return this.parts.fleet;
  }

  /** Whether requests can be served: a view with at least one served slot is known, and no drain has begun. */
  get ready(): boolean {
    return this.accepting && this.parts.source.current().view.slots.some(([, , copies]) => copies.length > 0);
  }

  /** Serves one request of a known route. Never rejects. */
  async serve(route: Route, exchange: Exchange, path: Readonly<Record<string, string>>): Promise<Reply> {
    const startMs = this.parts.clock.monotonicMs();
    const requestId = this.#requestIds.next(exchange.header('x-request-id'));
    const traceHeader = exchange.header('traceparent');
    const trace = traceHeader === undefined ? null : parseTraceparent(traceHeader);
    let reply: Reply;
    try {
      const session = route.access === 'token' ? await this.#authenticate(exchange) : (undefined as never);
      const call: RouteCall = {
        gateway: this,
        exchange,
        path,
        session,
        trace: trace?.sampled ? trace.bytes : null,
        requestId,
      };
      reply = await route.handle(call);
    } catch (error) {
      reply = this.#refusal(error, route, requestId, trace?.traceId);
    }
    if (trace?.sampled)
      this.parts.log.info(
        { requestId, traceId: trace.traceId, operation: route.operationId, status: reply.status },
        'traced request',
      );
    if (reply.compressible) reply = await compressReply(reply, exchange.header('accept-encoding'));
    return this.finish(route, exchange, reply, requestId, startMs);
  }

  /** A reply that belongs to no route, such as to a preflight. */
  answer(reply: Reply, exchange: Exchange): Reply {
    const requestId = this.#requestIds.next(exchange.header('x-request-id'));
    return this.finish(null, null, reply, requestId, this.parts.clock.monotonicMs());
  }

  /** A refusal that belongs to no route: unknown path, wrong method, broken request. */
  refuse(error: GodwitError, exchange: Exchange): Reply {
    const requestId = this.#requestIds.next(exchange.header('x-request-id'));
    return this.finish(null, exchange, problemReply(error), requestId, this.parts.clock.monotonicMs());
  }

  /** The cache of this name in the session's account; raises `cache_not_found`. */
  cache(session: Session, name: string): CacheHandle {
    const handle = this.fleet.directory.find(session.account, name);
    if (handle === undefined) throw new GodwitError('cache_not_found', 'The account has no cache of this name.');
    return handle;
  }

  async #authenticate(exchange: Exchange): Promise<Session> {
    const token = tokenOf(exchange);
    return this.parts.verifier.cached(token) ?? (await this.parts.verifier.verify(token));
  }

  #refusal(error: unknown, route: Route, requestId: string, traceId: string | undefined): Reply {
    const refusal = asGodwitError(error);
    if (refusal.code === 'internal_error')
      this.parts.log.error(
        { err: refusal.cause ?? refusal, requestId, traceId, operation: route.operationId },
        'request failed',
      );
    return problemReply(refusal);
  }

  /** A new request id, for a request that names none of its own. */
  newRequestId(): string {
    return this.#requestIds.next(undefined);
  }

  /**
   * Gives a reply what every reply has, and counts it. `startMs` is the monotonic time at which the request
   * came; `exchange` is null for one that is known to come from no browser.
   */
  finish(route: Route | null, exchange: Exchange | null, reply: Reply, requestId: string, startMs: number): Reply {
    const elapsedMs = this.parts.clock.monotonicMs() - startMs;
    const nodeMs = (reply.nodeMicros ?? 0) / 1_000;
    const headers = reply.headers;
    headers.push(
      ...securityHeaders,
      'x-request-id',
      requestId,
      'server-timing',
      serverTiming(elapsedMs - nodeMs, nodeMs),
    );
    const origin = exchange?.header('origin');
    if (origin !== undefined) this.#allowOrigin(origin, headers);
    if (!this.accepting) headers.push('connection', 'close');
    this.parts.metrics.count(route, reply.status, elapsedMs / 1_000);
    if (this.settings.logRequests)
      this.parts.log.debug({ requestId, operation: route?.operationId, status: reply.status, elapsedMs }, 'request');
    return reply;
  }

  #allowOrigin(origin: string, headers: string[]): void {
    const { corsOrigins } = this.settings;
    const any = corsOrigins.includes('*');
    if (!any) headers.push('vary', 'origin');
    if (any || corsOrigins.includes(origin))
      headers.push('access-control-allow-origin', any ? '*' : origin, 'access-control-expose-headers', '*');
  }
}

function serverTiming(gatewayMs: number, nodeMs: number): string {
  return `gateway;dur=${decimalMs(gatewayMs)}, node;dur=${decimalMs(nodeMs)}`;
}

/** Milliseconds to three places. By integers: to print a double costs several times as much. */
function decimalMs(ms: number): string {
  const micros = Math.round(ms * 1_000);
  const whole = Math.floor(micros / 1_000);
  const rest = micros - whole * 1_000;
  return rest < 10 ? `${whole}.00${rest}` : rest < 100 ? `${whole}.0${rest}` : `${whole}.${rest}`;
}
