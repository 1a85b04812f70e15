import { Gateway, type GatewayParts } from '../../../src/api/gateway.ts';
import { GatewayMetrics } from '../../../src/api/gateway-metrics.ts';
import type { Exchange, Reply } from '../../../src/api/http/exchange.ts';
import { routes } from '../../../src/api/routes/index.ts';
import { ManualClock } from '../../../src/shared/clock.ts';
import { type ErrorCode, GodwitError } from '../../../src/shared/errors.ts';
import { cacheSettingsDefault } from '../../../src/shared/fleet-state.ts';
import type { CacheHandle, OperationResult } from '../../../src/shared/operation.ts';
import { silentLog } from '../../../src/shared/process.ts';
import { adminKeyClaims } from '../../../src/tokens/issue.ts';
import { VerifiedSession } from '../../../src/tokens/session.ts';
import { goodRequest } from './cases/refusals.ts';
import type { Operation, SeenResponse } from './contract.ts';

/** How a fleet fails, by the code that a client is then told. Real fleets fail so too rarely to wait for it. */
export const failures: Partial<Record<ErrorCode, () => Error>> = {
  internal_error: () => new TypeError('of a mistake in the code'),
  overloaded: () => new GodwitError('overloaded', 'Full.', { headers: { 'retry-after': '1' } }),
  storage_unavailable: () => new GodwitError('storage_unavailable', 'Away.', { headers: { 'retry-after': '1' } }),
  control_plane_unavailable: () => new GodwitError('control_plane_unavailable', 'Away.'),
  deadline_exceeded: () => new GodwitError('deadline_exceeded', 'Late.'),
  outcome_unknown: () => new GodwitError('outcome_unknown', 'Lost.', { extra: { outcome: 'unknown' } }),
  limit_reached: () => new GodwitError('limit_reached', 'Enough.', { extra: { limit: 1, actual: 2 } }),
};

/** A result of a storage node whose cache does not evict and is full. */
export const fullResult: OperationResult = {
  status: 'cache_full',
  item: null,
  replayed: false,
  existed: false,
  nodeMicros: 1,
};

/** A result of a storage node that has fewer copies in sync than the cache demands. */
export const lonelyResult: OperationResult = { ...fullResult, status: 'not_enough_copies' };

const claims = adminKeyClaims({ issuer: 'godwit:contract', account: 'default', subject: 'admin' }, 0);
const session = new VerifiedSession(claims, { kid: 'a', publicKey: 'b' }, { isWithdrawn: () => false });
const cache: CacheHandle = {
  account: 'default',
  name: 'default',
  seed: 1,
  namespace: 1,
  topicSpace: 1,
  settings: cacheSettingsDefault,
};

/** What storage and the control plane answer to everything: the error when there is one, else the result. */
export interface Fate {
  readonly error?: Error;
  readonly result?: OperationResult;
}

/** The answer of an operation whose request is good, on a fleet with the given fate. */
export async function answerUnder(fate: Fate, operation: Operation, accepting = true): Promise<SeenResponse> {
  const gateway = gatewayOf(fate);
  gateway.accepting = accepting;
  const route = routes.find(({ operationId }) => operationId === operation.operationId)!;
  const { path = {}, query = {}, json, body } = goodRequest(operation);
  const content = new TextEncoder().encode(json === undefined ? String(body ?? '') : JSON.stringify(json));
  const marked = route.parameters.some(({ name }) => name === 'Idempotency-Key') ? { 'idempotency-key': 'a' } : {};
  const headers: Record<string, string> = { authorization: 'Bearer a', 'content-type': 'application/json', ...marked };
  const exchange: Exchange = {
    method: route.method,
    path: route.path,
    query: new URLSearchParams(query).toString(),
    header: (name) => headers[name],
    body: { read: async () => content },
    onAbort: () => () => {},
  };
  return seen(await gateway.serve(route, exchange, path));
}

/** A gateway on a fleet with the given fate. */
export function gatewayOf({ error, result }: Fate): Gateway {
  const fail = async () => {
    if (error !== undefined) throw error;
    return result!;
  };
  const clock = new ManualClock();
  const parts = {
    source: { current: () => ({ view: { slots: [] }, registry: { caches: [] } }) },
    fleet: { clock, directory: { find: () => cache }, execute: fail, executeAtAll: fail },
    control: new Proxy({}, { get: () => fail }),
    hub: {
      channel: () => {
        throw error!;
      },
    },
    streams: { admits: () => true },
    verifier: { cached: () => session, verifyRefresh: async () => claims },
    clock,
    log: silentLog,
    random: () => 0.5,
    metrics: new GatewayMetrics(),
    settings: { corsOrigins: [], metricsAccess: 'open', createCaches: false, logRequests: false },
    openApiText: '',
    fleetMetrics: fail,
    docsFile: fail,
  };
  return new Gateway(parts as unknown as GatewayParts);
}

function seen({ status, headers, body }: Reply): SeenResponse {
  const byName: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) byName[headers[i]!.toLowerCase()] = headers[i + 1]!;
  return {
    status,
    headers: byName,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array(0)),
  };
}
