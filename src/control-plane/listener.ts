/**
 * The internal HTTP listener: authenticates by the fleet's secret, bounds what it reads, and turns errors
 * into problem documents. Never reachable from outside the fleet.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorKinds, GodwitError } from '../shared/errors.ts';
import type { Log } from '../shared/process.ts';
import { SecretCheck } from '../shared/secret-check.ts';
import { controlPlaneLimits } from './limits.ts';
import type { Route } from './routes.ts';
import { JsonText } from './state-text.ts';
import { StoreError } from './store/coordination-store.ts';

/** A server for the routes, not yet listening. */
export function createListener(routes: ReadonlyMap<string, Route>, fleetSecret: string, log: Log): Server {
  const secret = new SecretCheck(fleetSecret);
  const server = createServer(
    {
      headersTimeout: controlPlaneLimits.headersTimeoutMs,
      requestTimeout: controlPlaneLimits.requestTimeoutMs,
      keepAliveTimeout: controlPlaneLimits.keepAliveTimeoutMs,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => {
      // While it closes, peers are told to come back on another connection, if at all.
      response.shouldKeepAlive = response.shouldKeepAlive && server.listening;
      answer(routes, secret, request, response, log).catch((error: unknown) => {
        log.error({ err: error }, 'answering an internal call failed');
        response.destroy();
      });
    },
  );
  server.maxConnections = controlPlaneLimits.connectionsMax;
  return server;
}

async function answer(
  routes: ReadonlyMap<string, Route>,
  secret: SecretCheck,
  request: IncomingMessage,
  response: ServerResponse,
  log: Log,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  try {
    const { path, query } = targetOf(request.url ?? '');
    const route = routes.get(path);
    const authentic = secret.matches(request.headers.authorization);
    if (!authentic && route?.open !== true) {
      throw new GodwitError('authentication_required', 'The call does not carry the fleet’s secret.');
    }
    if (!route) throw new GodwitError('path_not_found', 'No internal call has this path.');
    if (request.method !== route.method) {
      throw new GodwitError('method_not_allowed', 'The call has another method.', { headers: { allow: route.method } });
    }
    const body =
      route.method === 'POST'
        ? await jsonBody(request, route.bodyBytesMax ?? controlPlaneLimits.bodyBytesMax)
        : undefined;
    const result = await route.handle({ query, body, signal: gone.signal });
    if (typeof result === 'string') send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', result);
    else send(response, 200, 'application/json', result instanceof JsonText ? result.text : JSON.stringify(result));
  } catch (error) {
    sendProblem(request, response, problemOf(error, log));
  }
}

/** Path and query of the request target, the path as it was sent: routes are exact, and nothing is decoded. */
function targetOf(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

/** The body as JSON, counted while it arrives. */
async function jsonBody(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new GodwitError('body_too_large', 'The body is larger than an internal call may be.', {
        extra: { limit: bytesMax, actual: bytes },
      });
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new GodwitError('malformed_body', 'The body is not JSON.');
  }
}

function problemOf(error: unknown, log: Log): GodwitError {
  if (error instanceof GodwitError) {
    if (error.cause instanceof StoreError) log.error({ err: error.cause }, 'the coordination store failed');
    return error;
  }
  log.error({ err: error }, 'an internal call failed');
  if (error instanceof StoreError) {
    return new GodwitError('control_plane_unavailable', 'The control plane could not read its store.');
  }
  return new GodwitError('internal_error', 'The control plane failed.');
}

function sendProblem(request: IncomingMessage, response: ServerResponse, error: GodwitError): void {
  const { status, title } = errorKinds[error.code];
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  // What was not read of a body is not waited for.
  if (request.method === 'POST' && !request.complete) response.setHeader('connection', 'close');
  const problem = { status, title, code: error.code, detail: error.message, extra: error.extra };
  send(response, status, 'application/problem+json', JSON.stringify(problem));
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
