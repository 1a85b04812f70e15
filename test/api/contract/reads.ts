import { AsyncLocalStorage } from 'node:async_hooks';
import type { Exchange } from '../../../src/api/http/exchange.ts';
import { requestHeadersOfProtocol } from '../../../src/api/openapi/common-parameters.ts';
import { routes } from '../../../src/api/routes/index.ts';
import type { Route } from '../../../src/api/routes/route.ts';

/** What the handlers of one route have read of requests. */
interface Reads {
  readonly query: Set<string>;
  readonly headers: Set<string>;
  body: boolean;
}

/**
 * Headers that an idempotency fingerprint takes in whatever the operation is: two requests that differ in one
 * are two requests. They mean nothing else where they are not declared.
 */
const fingerprintHeaders = ['content-type', 'if-match', 'if-none-match', 'godwit-compare-length'];

const current = new AsyncLocalStorage<Reads>();
const readsOf = new Map<string, Reads>();

/** Watches every route's handler, through whichever door a request comes to it. Returns the way to stop. */
export function watchReads(): () => void {
  const originals = routes.map((route) => [route, route.handle] as const);
  for (const [route, handle] of originals) {
    const reads: Reads = { query: new Set(), headers: new Set(), body: false };
    readsOf.set(route.operationId, reads);
    replaceHandler(route, (call) =>
      current.run(reads, () => handle.call(route, { ...call, exchange: watched(call.exchange, reads) })),
    );
  }
  return () => {
    for (const [route, handle] of originals) replaceHandler(route, handle);
  };
}

/** A parsed query that notes which names are asked of it. */
export class WatchedQuery extends Map<string, string[]> {
  override get(name: string): string[] | undefined {
    current.getStore()?.query.add(name);
    return super.get(name);
  }
}

/** What handlers read without declaring it, and declare without reading it. */
export function readViolations(): string[] {
  return routes.flatMap((route) => {
    const reads = readsOf.get(route.operationId)!;
    const query = namesIn(route, 'query');
    const headers = namesIn(route, 'header').map((name) => name.toLowerCase());
    const allowed = new Set([...headers, ...Object.keys(requestHeadersOfProtocol)]);
    if (headers.includes('idempotency-key')) for (const name of fingerprintHeaders) allowed.add(name);
    return [
      ...[...reads.query].filter((name) => !query.includes(name) && name !== 'token').map((name) => `reads ${name}`),
      ...[...reads.headers].filter((name) => !allowed.has(name)).map((name) => `reads the header ${name}`),
      ...query.filter((name) => !reads.query.has(name)).map((name) => `never reads ${name}`),
      ...headers.filter((name) => !reads.headers.has(name)).map((name) => `never reads the header ${name}`),
      ...(reads.body && route.body === undefined ? ['reads a body'] : []),
      ...(!reads.body && route.body !== undefined ? ['never reads its body'] : []),
    ].map((what) => `${route.operationId} ${what}`);
  });
}

function namesIn(route: Route, place: 'query' | 'header'): string[] {
  return route.parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
}

function replaceHandler(route: Route, handle: Route['handle']): void {
  (route as { handle: Route['handle'] }).handle = handle;
}

function watched(exchange: Exchange, reads: Reads): Exchange {
  return {
    method: exchange.method,
    path: exchange.path,
    query: exchange.query,
    header: (name) => {
      reads.headers.add(name);
      return exchange.header(name);
    },
    onAbort: (callback) => exchange.onAbort(callback),
    body: {
      read: (limitBytes, tooLarge) => {
        reads.body = true;
        return exchange.body.read(limitBytes, tooLarge);
      },
    },
  };
}
