import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../shared/clock.ts';
import { FrameError } from '../shared/frame/layout.ts';
import { fleetAuthorization, frameContentType, framePath, frameProtocol } from '../shared/frame/transport.ts';
import { hopLimits } from '../shared/limits.ts';
import type { Log } from '../shared/process.ts';
import type { SecretCheck } from '../shared/secret-check.ts';
import { topicLinkPath, topicLinkProtocol } from '../shared/topics/link-layout.ts';
import type { TurnEnd } from '../shared/turn-end.ts';
import type { FrameExecutor } from './executor.ts';
import type { FrameBuffers } from './frame-buffers.ts';
import { FrameConnections } from './frame-connections.ts';
import { FrameGate } from './frame-gate.ts';
import { freeChunk } from './free-memory.ts';
import { nodeLimits } from './limits.ts';
import { replicationPath, replicationProtocol } from './replication/links/handshake.ts';
import type { ReplicationLinks } from './replication/links/replication-links.ts';
import type { TopicLinks } from './topics/topic-links.ts';

interface FrameServerParts {
  readonly executor: FrameExecutor;
  /** Where the executor has its replies from. */
  readonly buffers: FrameBuffers;
  /** At whose end what a turn has brought leaves. */
  readonly turn: TurnEnd;
  readonly topicLinks: TopicLinks;
  /** Takes the connections of other storage nodes. */
  readonly replicationLinks?: Pick<ReplicationLinks, 'accept'>;
  readonly secret: SecretCheck;
  readonly clock: Clock;
  readonly log: Log;
  /** Prometheus text of this node. */
  readonly metrics: () => string;
  readonly isReady: () => boolean;
  /** Time without progress after which a posted frame is given up, in ms; `nodeLimits.frameStalledMs` when absent. */
  readonly stalledMs?: number;
}

/**
 * The node's internal listener: frames by POST, metrics and health by GET, all for bearers of the fleet's
 * secret only. What a socket has shown once is not hashed again: the same header is trusted for as long as it lives.
 */
export function createFrameServer(parts: FrameServerParts): { server: Server; connections: FrameConnections } {
  const trusted = new WeakMap<Socket, string>();
  const gate = new FrameGate(nodeLimits.postedFrameBytesMax);
  const server = createServer(
    {
      keepAliveTimeout: hopLimits.serverKeepAliveMs,
      headersTimeout: nodeLimits.headersTimeoutMs,
      requestTimeout: nodeLimits.requestTimeoutMs,
      connectionsCheckingInterval: nodeLimits.requestCheckMs,
      noDelay: true,
    },
    (request, response) => {
      response.sendDate = false;
      const shown = request.headers[fleetAuthorization];
      if (shown === undefined || trusted.get(request.socket) !== shown) {
        if (shown === undefined || !parts.secret.matches(shown)) return refuse(request, response, 401);
        trusted.set(request.socket, shown);
      }
      if (request.method === 'POST' && request.url === framePath) return receiveFrame(parts, gate, request, response);
      if (request.method === 'POST' && request.url === topicLinkPath) return parts.topicLinks.answer(request, response);
      if (request.method === 'GET' && request.url === '/internal/v1/metrics')
        return sendText(response, 200, parts.metrics());
      if (request.method === 'GET' && request.url === '/internal/v1/health')
        return sendText(response, parts.isReady() ? 200 : 503, parts.isReady() ? 'ready\n' : 'not ready\n');
      refuse(request, response, 404);
    },
  );
  server.maxConnections = nodeLimits.connectionsMax;
  const connections = new FrameConnections(parts);
  server.on('upgrade', (request, socket, head) => switchProtocol(parts, connections, request, socket, head));
  return { server, connections };
}

/** Hands over a connection that asks to be switched; refuses one without the secret, or for another protocol. */
function switchProtocol(
  { secret, topicLinks, replicationLinks }: FrameServerParts,
  connections: FrameConnections,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on('error', () => socket.destroy());
  const known = secret.matches(request.headers[fleetAuthorization]);
  const { upgrade } = request.headers;
  if (known && request.url === framePath && upgrade === frameProtocol) return connections.accept(socket, head);
  if (known && request.url === topicLinkPath && upgrade === topicLinkProtocol) return topicLinks.accept(socket, head);
  if (known && request.url === replicationPath && upgrade === replicationProtocol && replicationLinks !== undefined)
    return replicationLinks.accept(request, socket, head);
  const status = known ? '404 Not Found' : '401 Unauthorized';
  socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
}

/** Receives a frame once the gate has room, executes it, and counts its bytes until its reply is on the wire. */
function receiveFrame(
  parts: FrameServerParts,
  gate: FrameGate,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const arrivedMs = parts.clock.monotonicMs();
  const length = Number(request.headers['content-length']);
  if (!(length <= nodeLimits.requestFrameBytesMax)) return refuse(request, response, 413);
  request.on('error', () => response.destroy());
  let counted = 0;
  const count = (bytes: number): void => {
    counted += bytes;
    gate.add(bytes);
  };
  const callOff = gate.enter(() => {
    count(length);
    // From here on it takes others' place: neither its bytes nor the reading of its reply may stand still.
    response.setTimeout(parts.stalledMs ?? nodeLimits.frameStalledMs, () => response.destroy());
    readFrame(parts.buffers, request, length, (frame) => {
      if (frame === null) return refuse(request, response, 400);
      answerFrame(parts, frame, arrivedMs, request, response, count);
    });
  });
  response.on('close', () => {
    callOff();
    gate.leave(counted);
  });
}

/** Gives the request's body, or null when it is not as long as it said. The body is the receiver's for the call only. */
function readFrame(
  buffers: FrameBuffers,
  request: IncomingMessage,
  length: number,
  receive: (frame: Uint8Array | null) => void,
): void {
  let whole: Buffer | null = null;
  let frame: Uint8Array | null = null;
  let filled = 0;
  request.on('data', (chunk: Buffer) => {
    // Most frames arrive in one piece and are executed where they lie.
    filled += chunk.length;
    if (chunk.length === length) {
      whole = chunk;
      return;
    }
    frame ??= buffers.allocate(length);
    frame.set(chunk, filled - chunk.length);
    freeChunk(chunk);
  });
  request.on('end', () => {
    receive(filled === length ? (whole ?? frame) : null);
    if (whole !== null) freeChunk(whole);
    if (frame !== null) buffers.release(frame);
  });
}

function answerFrame(
  { executor, buffers, log }: FrameServerParts,
  frame: Uint8Array,
  arrivedMs: number,
  request: IncomingMessage,
  response: ServerResponse,
  count: (bytes: number) => void,
): void {
  try {
    const answer = (reply: Uint8Array): void => {
      if (response.destroyed) return buffers.release(reply);
      count(reply.length);
      response.writeHead(200, ['content-type', frameContentType, 'content-length', String(reply.length)]);
      // The callback comes when all of it has been handed to the system; a connection that breaks before has none.
      response.end(reply, () => buffers.release(reply));
    };
    const reply = executor.execute(frame, arrivedMs, answer);
    if (reply !== null) answer(reply);
  } catch (error) {
    executor.metrics.framesRefused++;
    log.error({ err: error instanceof FrameError ? error.message : error }, 'frame refused');
    refuse(request, response, error instanceof FrameError ? 400 : 500);
  }
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
