import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../shared/clock.ts';
import { FrameError } from '../shared/frame/layout.ts';
import { fleetAuthorization, frameContentType, framePath } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import type { Log } from '../shared/process.ts';
import type { SecretCheck } from '../shared/secret-check.ts';
import type { FrameExecutor } from './executor.ts';
import { FrameConnections } from './frame-connections.ts';
import { nodeLimits } from './limits.ts';

interface FrameServerParts {
  readonly executor: FrameExecutor;
  readonly secret: SecretCheck;
  readonly clock: Clock;
  readonly log: Log;
  /** Prometheus text of this node. */
  readonly metrics: () => string;
  readonly isReady: () => boolean;
}

/**
 * The node's internal listener: frames by POST, metrics and health by GET, all for bearers of the fleet's
 * secret only. What a socket has shown once is not hashed again: the same header is trusted for as long as it lives.
 */
export function createFrameServer(parts: FrameServerParts): { server: Server; connections: FrameConnections } {
  const trusted = new WeakMap<Socket, string>();
  const server = createServer(
    {
      keepAliveTimeout: hopLimits.serverKeepAliveMs,
      headersTimeout: nodeLimits.headersTimeoutMs,
      requestTimeout: nodeLimits.requestTimeoutMs,
      noDelay: true,
    },
    (request, response) => {
      response.sendDate = false;
      const shown = request.headers[fleetAuthorization];
      if (shown === undefined || trusted.get(request.socket) !== shown) {
        if (shown === undefined || !parts.secret.matches(shown)) return refuse(request, response, 401);
        trusted.set(request.socket, shown);
      }
      if (request.method === 'POST' && request.url === framePath) return receiveFrame(parts, request, response);
      if (request.method === 'GET' && request.url === '/internal/v1/metrics')
        return sendText(response, 200, parts.metrics());
      if (request.method === 'GET' && request.url === '/internal/v1/health')
        return sendText(response, parts.isReady() ? 200 : 503, parts.isReady() ? 'ready\n' : 'not ready\n');
      refuse(request, response, 404);
    },
  );
  server.maxConnections = nodeLimits.connectionsMax;
  const connections = new FrameConnections(parts);
  server.on('upgrade', (request, socket, head) => connections.accept(request, socket, head));
  return { server, connections };
}

function receiveFrame(parts: FrameServerParts, request: IncomingMessage, response: ServerResponse): void {
  const arrivedMs = parts.clock.monotonicMs();
  const length = Number(request.headers['content-length']);
  if (!(length <= nodeLimits.requestFrameBytesMax)) return refuse(request, response, 413);
  let frame: Buffer | null = null;
  let filled = 0;
  request.on('data', (chunk: Buffer) => {
    // Most frames arrive in one piece and are executed where they lie.
    if (filled === 0 && chunk.length === length) frame = chunk;
    else {
      frame ??= Buffer.allocUnsafe(length);
      chunk.copy(frame, filled);
    }
    filled += chunk.length;
  });
  request.on('end', () => {
    if (frame === null || filled !== length) return refuse(request, response, 400);
    try {
      const reply = parts.executor.execute(frame, arrivedMs);
      response.writeHead(200, ['content-type', frameContentType, 'content-length', String(reply.length)]);
      response.end(reply);
    } catch (error) {
      parts.executor.metrics.framesRefused++;
      parts.log.error({ err: error instanceof FrameError ? error.message : error }, 'frame refused');
      refuse(request, response, error instanceof FrameError ? 400 : 500);
    }
  });
  request.on('error', () => response.destroy());
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Refuses and closes: what is left of the request is not read. */
function refuse(request: IncomingMessage, response: ServerResponse, status: number): void {
  request.resume();
  response.writeHead(status, { connection: 'close', 'content-length': 0 });
  response.end();
}
