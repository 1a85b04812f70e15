/**
 * The gateway as a worker of an edge runtime: the same app, with frames and the control link over `fetch`.
 * Unlike a Node gateway it is no process of the fleet: it counts nothing that `/metrics` shows, and learns the
 * fleet's state when it is asked something.
 */
import type { Hono } from 'hono';
import openApiText from '../../openapi.yaml';
import { systemClock } from '../shared/clock.ts';
import { GodwitError } from '../shared/errors.ts';
import { retryAfterSeconds } from '../shared/limits.ts';
import { TokenVerifier } from '../tokens/verifier.ts';
import { createApp, exchangeOf, toResponse } from './app.ts';
import { GatewayMetrics } from './gateway-metrics.ts';
import { problemReply } from './http/problem.ts';
import { bundledDocsFile } from './worker/docs-files.ts';
import { EdgeGateway } from './worker/edge-gateway.ts';
import { EdgeState } from './worker/edge-state.ts';
import { jsonLog } from './worker/json-log.ts';
import { readSettings, type WorkerEnvironment } from './worker/settings.ts';

interface Isolate {
  readonly app: Hono;
  readonly gateway: EdgeGateway;
  readonly state: EdgeState;
}

interface WorkerContext {
  /** Keeps the runtime from dropping work that goes on after the answer. */
  waitUntil(work: Promise<unknown>): void;
}

const log = jsonLog(console, systemClock);

/** Made by the first request: before it, a runtime gives neither randomness nor bindings. */
let isolate: Isolate | undefined;

function createIsolate(environment: WorkerEnvironment): Isolate {
  const settings = readSettings(environment);
  const common = {
    verifier: new TokenVerifier({ clock: systemClock }),
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    clock: systemClock,
    log,
    random,
  };
  const { controlUrls, fleetSecret } = settings;
  const state = new EdgeState({ ...common, controlUrls, fleetSecret, id: `edge.${crypto.randomUUID()}` });
  const gateway = new EdgeGateway({
    ...common,
    state,
    settings,
    metrics: new GatewayMetrics(),
    openApiText,
    docsFile: bundledDocsFile,
  });
  return { app: createApp(gateway), gateway, state };
}

/** Uniform in [0, 1), in steps of 2^-53. */
function random(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return ((high! >>> 5) * 2 ** 26 + (low! >>> 6)) / 2 ** 53;
}

export default {
  async fetch(request: Request, environment: WorkerEnvironment, context: WorkerContext): Promise<Response> {
    try {
      isolate ??= createIsolate(environment);
    } catch (error) {
      log.error({ err: error }, 'the worker cannot serve with these bindings');
      const unconfigured = new GodwitError('internal_error', 'The worker is not configured; its log says why.');
      return toResponse(problemReply(unconfigured), request.method);
    }
    const { app, gateway, state } = isolate;
    await state.renew((work) => context.waitUntil(work));
    if (!state.known) {
      const headers = { 'retry-after': String(retryAfterSeconds) };
      const detail = 'The gateway has not reached the control plane yet.';
      const notReady = new GodwitError('not_ready', detail, { headers });
      return toResponse(gateway.refuse(notReady, exchangeOf(request)), request.method);
    }
    return app.fetch(request);
  },
};
