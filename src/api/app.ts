import { Hono } from 'hono';
import { GodwitError, invalidArgument } from '../shared/errors.ts';
import type { Gateway } from './gateway.ts';
import type { Exchange, Reply, RequestBody } from './http/exchange.ts';
import { asGodwitError } from './http/problem.ts';
import { decodeSegment } from './http/query.ts';
import { WebOutlet } from './http/web-outlet.ts';
import { routes } from './routes/index.ts';
import type { Route } from './routes/route.ts';

/** Seconds a browser may keep the answer to a preflight (Fetch standard; browsers cap it at two hours). */
const preflightSeconds = 7_200;

/**
 * The Hono app of a gateway: every route, with 404 and 405 for what is none. Runs wherever `fetch` handlers
 * run; nothing in it knows Node.
 */
export function createApp(gateway: Gateway): Hono {
  const app = new Hono();
  const byPath = new Map<string, Route[]>();
  for (const route of routes) {
    const pattern = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    byPath.set(pattern, [...(byPath.get(pattern) ?? []), route]);
  }
  for (const [pattern, ofPath] of byPath) {
    const byMethod = new Map<string, Route>(ofPath.map((route) => [route.method, route]));
    const methods = byMethod.has('GET') ? [...new Set([...byMethod.keys(), 'HEAD'])] : [...byMethod.keys()];
    // Hono answers HEAD by GET on its own, so every method is told apart here.
    app.all(pattern, async (context) => {
      const exchange = exchangeOf(context.req.raw);
      // HEAD is there wherever GET is (RFC 9110 §9.1).
      const route = byMethod.get(exchange.method) ?? (exchange.method === 'HEAD' ? byMethod.get('GET') : undefined);
      if (route !== undefined) return toResponse(await serve(gateway, route, exchange), exchange.method);
      if (exchange.method === 'OPTIONS')
        return toResponse(gateway.answer(preflight(gateway, methods, exchange), exchange), 'OPTIONS');
      return toResponse(gateway.refuse(wrongMethod(methods), exchange), exchange.method);
    });
  }
  app.notFound((context) => {
    const exchange = exchangeOf(context.req.raw);
    return toResponse(
      gateway.refuse(new GodwitError('path_not_found', 'No operation has this path.'), exchange),
      exchange.method,
    );
  });
  app.onError((error, context) => {
    const exchange = exchangeOf(context.req.raw);
    return toResponse(gateway.refuse(asGodwitError(error), exchange), exchange.method);
  });
  return app;
}

function serve(gateway: Gateway, route: Route, exchange: Exchange): Promise<Reply> | Reply {
  const path: Record<string, string> = {};
  try {
    // No browser sends one; what stands behind it would be read by some and not by others.
    if (exchange.path.includes('#') || exchange.query.includes('#'))
      throw invalidArgument('A request target has no fragment.');
    // The raw segments, decoded once, and by the same function as everything else that is checked.
    const segments = exchange.path.split('/');
    route.path.split('/').forEach((part, index) => {
      if (part.startsWith('{')) path[part.slice(1, -1)] = decodeSegment(segments[index] ?? '');
    });
  } catch (error) {
    return gateway.refuse(asGodwitError(error), exchange);
  }
  return gateway.serve(route, exchange, path);
}

function wrongMethod(methods: string[]): GodwitError {
  const allow = [...methods, 'OPTIONS'].join(', ');
  return new GodwitError('method_not_allowed', `This path takes ${allow}.`, { headers: { allow } });
}

/** The answer to a browser's preflight (Fetch standard, CORS protocol). */
function preflight(gateway: Gateway, methods: string[], exchange: Exchange): Reply {
  const allow = [...methods, 'OPTIONS'].join(', ');
  const headers = ['allow', allow, 'vary', 'origin, access-control-request-method, access-control-request-headers'];
  const origin = exchange.header('origin');
  const { corsOrigins } = gateway.settings;
  if (origin !== undefined && (corsOrigins.includes('*') || corsOrigins.includes(origin)))
    headers.push(
      ...['access-control-allow-origin', corsOrigins.includes('*') ? '*' : origin],
      ...['access-control-allow-methods', allow],
      ...[
        'access-control-allow-headers',
        'authorization, content-type, if-match, if-none-match, idempotency-key, last-event-id, read-concern, godwit-compare-length, traceparent, tracestate, x-request-id',
      ],
      ...['access-control-max-age', String(preflightSeconds)],
    );
  return { status: 204, headers, body: null };
}

/** The exchange of a fetch `Request`. */
export function exchangeOf(request: Request): Exchange {
  const target = targetOf(request.url);
  return {
    method: request.method,
    ...target,
    header: (name) => request.headers.get(name) ?? undefined,
    body: bodyOf(request),
    onAbort: (callback) => {
      request.signal.addEventListener('abort', callback, { once: true });
      return () => request.signal.removeEventListener('abort', callback);
    },
  };
}

/** Raw path and query of an absolute URL, as they were sent. */
function targetOf(url: string): { path: string; query: string } {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const target = start < 0 ? '/' : url.slice(start);
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

function bodyOf(request: Request): RequestBody {
  return {
    read: async (limitBytes, tooLarge) => {
      if (request.body === null) return new Uint8Array(0);
      const chunks: Uint8Array[] = [];
      let length = 0;
      const reader = request.body.getReader();
      for (;;) {
        const { done, value } = await reader.read().catch(brokenOff);
        if (done) return joined(chunks, length);
        length += value.length;
        if (length > limitBytes) {
          // Nothing waits for the cancelling: what is left of the body is the server's affair.
          reader.cancel().catch(() => {});
          throw tooLarge();
        }
        chunks.push(value);
      }
    },
  };
}

/** Whatever the runtime says when a request ends too soon. */
function brokenOff(): never {
  throw new GodwitError('request_timeout', 'The request ended before its body was complete.');
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A reply as a fetch `Response`; to HEAD without its body. */
export function toResponse(reply: Reply, method: string): Response {
  const headers = new Headers();
  for (let i = 0; i < reply.headers.length; i += 2) headers.append(reply.headers[i]!, reply.headers[i + 1]!);
  if (method === 'HEAD') {
    if (reply.contentLength !== undefined) headers.set('content-length', String(reply.contentLength));
    return new Response(null, { status: reply.status, headers });
  }
  // What becomes of it from here on the runtime does not tell.
  reply.sent?.();
  if (reply.stream !== undefined) {
    const outlet = new WebOutlet();
    reply.stream(outlet);
    return new Response(outlet.body, { status: reply.status, headers });
  }
  return new Response(reply.body as Uint8Array<ArrayBuffer> | string | null, { status: reply.status, headers });
}
