import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, Server as TcpServer } from 'node:net';
import { totalmem } from 'node:os';
import { ControlClient } from '../control-plane/client.ts';
import { FleetClient } from '../routing/fleet-client.ts';
import { UndiciTransport } from '../routing/undici-transport.ts';
import type { Clock } from '../shared/clock.ts';
import { StateWatcher } from '../shared/control-link/state-watcher.ts';
import { fleetAuthorization } from '../shared/frame/transport.ts';
import type { Log, RunningRole } from '../shared/process.ts';
import { SecretCheck } from '../shared/secret-check.ts';
import { TokenVerifier } from '../tokens/verifier.ts';
import { streamLimits } from '../topics-sse/limits.ts';
import { StreamKeeper } from '../topics-sse/stream-keeper.ts';
import { TopicHub } from '../topics-sse/topic-hub.ts';
import { UpgradeTransport } from '../topics-sse/upgrade-transport.ts';
import { FleetMetrics } from './fleet-metrics.ts';
import { Gateway, type GatewaySettings } from './gateway.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { listenerLimits } from './limits.ts';
import { readDocsFile, readOpenApiText } from './node/docs-files.ts';
import { createPublicServer } from './node/public-server.ts';

export interface GatewayConfig extends GatewaySettings {
  readonly id: string;
  /** The zone that `read-concern: balanced` prefers. */
  readonly zone: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Shares the port with the other gateways of this machine: the kernel spreads connections over them. */
  readonly reusePort: boolean;
  /** The handle of a socket that listens already, the one of a predecessor; `port` is not asked then. */
  readonly inherited?: unknown;
  readonly internalHost: string;
  readonly internalPort: number;
  readonly controlUrls: readonly string[];
  readonly fleetSecret: string;
  /** Age at which topic streams end, in ms, give or take a fifth; `streamLimits.ageMs` when absent. */
  readonly streamAgeMs?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts a gateway on Node; resolves when it has the fleet's state and listens. */
export async function startGateway(config: GatewayConfig): Promise<RunningRole> {
  const { clock, log, fleetSecret, controlUrls } = config;
  const metrics = new GatewayMetrics();
  let metricsText = (): string => '';
  const internal = createInternalServer(fleetSecret, () => metricsText());
  const internalUrl = await listen(internal, config.internalHost, config.internalPort, false);
  const watcherId = `${config.id}.${randomBytes(6).toString('base64url')}`;
  const link = { urls: controlUrls, fleetSecret, fetch };
  const source = new StateWatcher({ ...link, id: watcherId, role: 'gateway', processUrl: internalUrl, clock, log });
  const verifier = new TokenVerifier({ clock });
  const timing = { clock, random: Math.random, delay };
  const streams = newStreams(config, timing);
  source.onChange((state) => {
    verifier.update(state.tokens);
    streams.checkTokens();
  });
  await source.start();
  const transport = new UndiciTransport(fleetSecret);
  const fleet = new FleetClient({ ...timing, source, transport, log, zone: config.zone });
  const defer = (callback: () => void) => setImmediate(callback);
  const hub = new TopicHub({ ...timing, source, transport: new UpgradeTransport(fleetSecret), defer });
  metricsText = () => metrics.text(fleet, hub, streams);
  const fleetMetrics = new FleetMetrics({ source, fleetSecret, fetch, own: { id: watcherId, text: metricsText } });
  const gateway = new Gateway({
    source,
    fleet,
    control: new ControlClient({ ...link, source, clock }),
    verifier,
    hub,
    streams,
    clock,
    log,
    random: Math.random,
    metrics,
    settings: config,
    openApiText: await readOpenApiText(),
    fleetMetrics: () => fleetMetrics.text(),
    docsFile: readDocsFile,
  });
  const server = createPublicServer(gateway, log);
  return {
    url: await listen(server, config.host, config.port, config.reusePort, config.inherited),
    internalUrl,
    listener: server,
    drain: async (deadlineMs) => {
      await drainServer(gateway, server, deadlineMs);
      fleet.close();
      hub.close();
      internal.close();
      internal.closeAllConnections();
      await source.stop();
    },
  };
}

type StreamTiming = Pick<ConstructorParameters<typeof StreamKeeper>[0], 'clock' | 'random' | 'delay'>;

function newStreams({ streamAgeMs: ageMs }: GatewayConfig, timing: StreamTiming): StreamKeeper {
  const unsentBytesAll = memoryBytes() * streamLimits.unsentMemoryShare;
  return new StreamKeeper({ ...timing, unsentBytesAll, ...(ageMs === undefined ? {} : { ageMs }) });
}

/** The listener for the other processes of the fleet: this gateway's own metrics, for bearers of the secret. */
function createInternalServer(fleetSecret: string, metricsText: () => string): Server {
  const secret = new SecretCheck(fleetSecret);
  return createServer((request, response) => {
    const known = secret.matches(request.headers[fleetAuthorization]) && request.url === '/internal/v1/metrics';
    response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(known ? metricsText() : '');
  });
}

async function listen(
  server: Server,
  host: string,
  port: number,
  reusePort: boolean,
  inherited?: unknown,
): Promise<string> {
  const { backlog } = listenerLimits;
  if (inherited === undefined) server.listen({ host, port, reusePort, backlog });
  else server.listen(inherited, backlog);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
}

/** Memory of this machine, or of the part of it that this process may use. */
function memoryBytes(): number {
  return Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem());
}

function delay(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

/**
 * Readiness turns false at once; the listener goes on for a short notice, so that a proxy can turn away, and
 * answers with `Connection: close`. Then what is under way finishes, until the deadline.
 */
async function drainServer(gateway: Gateway, server: Server, deadlineMs: number): Promise<void> {
  gateway.accepting = false;
  const noticeMs = Math.min(listenerLimits.drainNoticeMs, deadlineMs / 2);
  await new Promise((resolve) => setTimeout(resolve, noticeMs));
  const closed = once(server, 'close');
  const { streamDrainShare, drainLingerMs } = listenerLimits;
  // What `net` does, and not `http`, which would cut connections that were just taken and whose request is on its way.
  TcpServer.prototype.close.call(server);
  await gateway.parts.streams.drain((deadlineMs - noticeMs) * streamDrainShare);
  // Behind the reading of what has come, so that no request lies unread on a connection that looks idle.
  const lingering = setInterval(() => setImmediate(() => server.closeIdleConnections()), drainLingerMs);
  const timer = setTimeout(() => server.closeAllConnections(), (deadlineMs - noticeMs) * (1 - streamDrainShare));
  await closed;
  clearTimeout(timer);
  clearInterval(lingering);
  // ends what `http` looks after its connections with
  server.close();
}
