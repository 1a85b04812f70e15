import { GodwitError } from '../../../shared/errors.ts';
import { tokenOf } from '../../http/token-of.ts';
import type { Route, RouteCall } from '../route.ts';

/** Version 0.0.4 of Prometheus' text format. */
const contentType = 'text/plain; version=0.0.4; charset=utf-8';

export const getMetrics: Route = {
  method: 'GET',
  path: '/metrics',
  operationId: 'getMetrics',
  tag: 'Service',
  summary: 'Read the fleet’s metrics',
  description:
    'Metrics of every process of the fleet in Prometheus’ text format, each with a `process` label; `godwit_process_up` is 0 for one that did not answer. Needs a token with the right to read operations, unless the server is set to show its metrics to anyone (`--metrics open`).',
  access: 'public',
  parameters: [],
  responses: {
    200: {
      description: 'The metrics.',
      body: { contentTypes: ['text/plain'], schema: 'text' },
      headers: ['Cache-Control'],
    },
  },
  problems: ['authentication_required', 'invalid_token', 'permission_denied'],
  handle: async (call) => {
    if (call.gateway.settings.metricsAccess !== 'open') await requireOperations(call);
    return {
      status: 200,
      headers: ['content-type', contentType, 'cache-control', 'no-store'],
      body: await call.gateway.parts.fleetMetrics(),
      compressible: true,
    };
  },
};

async function requireOperations({ gateway, exchange }: RouteCall): Promise<void> {
  const token = tokenOf(exchange);
  const { verifier } = gateway.parts;
  const session = verifier.cached(token) ?? (await verifier.verify(token));
  if (!session.permissions.mayReadOperations)
    throw new GodwitError('permission_denied', 'The token does not grant reading operations.');
}
