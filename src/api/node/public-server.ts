import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import { type ErrorCode, GodwitError, invalidArgument } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import type { Log } from '../../shared/process.ts';
import { createApp, toResponse } from '../app.ts';
import type { Gateway } from '../gateway.ts';
import { type Exchange, emptyBody, type Reply } from '../http/exchange.ts';
import { asGodwitError } from '../http/problem.ts';
import { decodeSegment } from '../http/query.ts';
import { listenerLimits } from '../limits.ts';
import { routes } from '../routes/index.ts';
import type { Route } from '../routes/route.ts';
import { getItem } from '../routes/scalars/get-item.ts';
import { NodeExchange, sendReply } from './node-exchange.ts';
import { serveGetPlainly } from './plain-get.ts';

const itemPrefix = '/cache/';
const topicPrefix = '/topics/';
/** Names that need no decoding; any other goes the long way. */
const plainName = /^[A-Za-z0-9._~:-]+$/;
/**
 * A segment that a URL parser resolves before any route sees it (RFC 3986 §5.2.4): what a proxy in front judges
 * by its path would then be another path here.
 */
const dotSegment = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;
/** The routes of topics, by method and the number of segments that follow. */
const topicRoutes: ReadonlyMap<string, Route> = new Map(
  routes
    .filter((route) => route.path.startsWith(`${topicPrefix}{cache}`))
    .map((route) => [`${route.method} ${route.path.split('/').length - 2}`, route]),
);
/** The routes of items, by method and what follows the cache's name: `GET`, `POST/increment`. */
const itemRoutes: ReadonlyMap<string, Route> = new Map(
  routes
    .filter((route) => route.path.startsWith(`${itemPrefix}{cache}`))
    .map((route) => [route.method + route.path.slice(`${itemPrefix}{cache}`.length), route]),
);

/**
 * The public listener of a gateway on Node. Requests for items take the direct door, to the same routes and
 * handlers as through the Hono app but without a `Request` and a `Response` for each, which is a fifth of the
 * time of a small GET; everything else goes through the app.
 */
export function createPublicServer(gateway: Gateway, log: Log): Server {
  const app = createApp(gateway);
  const wallMs = () => gateway.parts.clock.wallMs();
  // A target or Host of which no URL can be made never comes to the app.
  const errorHandler = (error: unknown) =>
    toResponse(gateway.refuse(error instanceof RequestError ? notHttp() : asGodwitError(error), noExchange), 'GET');
  const viaApp = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler });
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    const refusal = faultOf(request);
    if (refusal !== null)
      return sendReply(
        request,
        response,
        gateway.refuse(refusal, new NodeExchange(request, request.url!, '')),
        wallMs(),
      );
    if (serveDirectly(gateway, request, response)) return;
    if (!dotSegment.test(request.url!)) return void viaApp(request, response);
    sendReply(request, response, gateway.refuse(notHttp(), new NodeExchange(request, request.url!, '')), wallMs());
  };
  const server = createServer(
    {
      headersTimeout: listenerLimits.headersTimeoutMs,
      requestTimeout: listenerLimits.requestTimeoutMs,
      connectionsCheckingInterval: listenerLimits.timeoutCheckMs,
      keepAliveTimeout: listenerLimits.keepAliveMs,
      maxHeaderSize: limits.requestHeadBytesMax,
      joinDuplicateHeaders: true,
      noDelay: true,
      // Refused above, with a problem document (RFC 9112 §3.2).
      requireHostHeader: false,
    },
    serve,
  );
  server.maxHeadersCount = listenerLimits.headersMax;
  server.maxConnections = listenerLimits.connectionsMax;
  // An expectation that is not known may be passed over (RFC 9110 §10.1.1).
  server.on('checkExpectation', serve);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) =>
    refuseBrokenRequest(gateway, error, socket, log),
  );
  return server;
}

/**
 * What is wrong with a request that the parser took, or null: it names its host once, or, in HTTP/1.0, not at all
 * (RFC 9112 §3.2).
 */
function faultOf(request: IncomingMessage): GodwitError | null {
  const raw = request.rawHeaders;
  let hosts = 0;
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]!.length === 4 && raw[i]!.toLowerCase() === 'host') hosts++;
  }
  if (hosts === 0 && request.httpVersionMinor === 0) {
    // What makes a URL of the request needs one.
    request.headers.host = 'localhost';
    return null;
  }
  return hosts === 1 ? null : notHttp();
}

/** Serves a request for items or topics; false when it is none, or none that is plain. */
function serveDirectly(gateway: Gateway, request: IncomingMessage, response: ServerResponse): boolean {
  const target = request.url!;
  if (target.includes('#')) return false;
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  if (path.startsWith(itemPrefix)) return serveItem(gateway, request, response, path, query);
  return path.startsWith(topicPrefix) && serveTopic(gateway, request, response, path, query);
}

function serveItem(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: string,
): boolean {
  const slash = path.indexOf('/', itemPrefix.length);
  const name = path.slice(itemPrefix.length, slash < 0 ? path.length : slash);
  const route = itemRoutes.get(slash < 0 ? request.method! : request.method! + path.slice(slash));
  if (route === undefined || !plainName.test(name)) return false;
  if (route === getItem && serveGetPlainly(gateway, request, response, name, query)) return true;
  answer(gateway, request, response, gateway.serve(route, new NodeExchange(request, path, query), { cache: name }));
  return true;
}

/** Sends a reply when it is there. A mistake in sending ends the connection, and nothing else. */
function answer(gateway: Gateway, request: IncomingMessage, response: ServerResponse, coming: Promise<Reply>): void {
  coming
    .then((reply) => sendReply(request, response, reply, gateway.parts.clock.wallMs()))
    .catch((error: unknown) => {
      gateway.parts.log.error({ err: error }, 'reply could not be sent');
      request.socket.destroy();
    });
}

/** Topics: a stream has to be written to the socket itself, so that none may go through the app. */
function serveTopic(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: string,
): boolean {
  const segments = path.split('/');
  const method = request.method === 'HEAD' ? 'GET' : request.method!;
  const route = topicRoutes.get(`${method} ${segments.length - 2}`);
  if (route === undefined || dotSegment.test(path) || !endsAsRoute(route, segments)) return false;
  const exchange = new NodeExchange(request, path, query);
  const names: Record<string, string> = {};
  try {
    route.path.split('/').forEach((part, index) => {
      if (part.startsWith('{')) names[part.slice(1, -1)] = decodeSegment(segments[index]!);
    });
  } catch (error) {
    answer(gateway, request, response, Promise.resolve(gateway.refuse(asGodwitError(error), exchange)));
    return true;
  }
  // One that came behind another waits for its turn: what is waited for, and who may, is of that moment.
  const serve = () => answer(gateway, request, response, gateway.serve(route, exchange, names));
  if (response.socket === null) response.once('socket', serve);
  else serve();
  return true;
}

/** Whether the segments that a route has fixed are as they are in the path, and those it leaves open are not empty. */
function endsAsRoute(route: Route, segments: readonly string[]): boolean {
  return route.path
    .split('/')
    .every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index]));
}

function notHttp(): GodwitError {
  return invalidArgument('The request target or Host is missing or broken.');
}

/** Stands for a request that could not be made sense of. */
const noExchange: Exchange = {
  method: 'GET',
  path: '',
  query: '',
  header: () => undefined,
  body: { read: async () => emptyBody },
  onAbort: () => () => {},
};

/** Answers what the HTTP parser refused: a head too large or too slow, or no HTTP at all. */
function refuseBrokenRequest(gateway: Gateway, error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  log.debug({ code: error.code }, 'broken request');
  // A refusal would be read as the answer to a request that is under way, which may well be carried out.
  const answering = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  const begun = answering?.headersSent || answering?.req.complete;
  if (!socket.writable || error.code === 'ECONNRESET' || begun) return void socket.destroy();
  const code: ErrorCode =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'request_head_too_large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'request_timeout'
        : error.code === 'HPE_INVALID_METHOD'
          ? 'not_implemented'
          : 'invalid_argument';
  const refusal = new GodwitError(code, 'The request is not HTTP that this server reads.', {
    extra: code === 'request_head_too_large' ? { limit: limits.requestHeadBytesMax } : {},
  });
  const { status, headers, body } = gateway.refuse(refusal, noExchange);
  const text = body as string;
  headers.push('content-length', String(Buffer.byteLength(text)), 'connection', 'close');
  let head = `HTTP/1.1 ${status} ${refusal.kind.title}\r\n`;
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
  socket.end(`${head}\r\n${text}`);
}
