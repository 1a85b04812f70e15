import type { OptionsOf } from '../options.ts';
import { probePort } from '../ports.ts';
import { type CommandContext, defaultNodeId, requiredFleetSecret, roleLog } from './context.ts';
import { runRole } from './run-role.ts';

/** `godwit gateway`: one gateway in this process. */
export async function runGateway(options: OptionsOf<'gateway'>, context: CommandContext): Promise<void> {
  const { clock } = context;
  const fleetSecret = requiredFleetSecret(options, 'gateway');
  const id = options.nodeId ?? defaultNodeId('gateway', options.zone);
  const log = roleLog(options, 'gateway', id, clock);
  await runRole({
    log,
    clock,
    drainTimeoutMs: options.drainTimeout,
    start: async (inherited) => {
      // said at once, not when the control plane has answered
      if (!options.reusePort && inherited === undefined) await probePort(options.host, options.port);
      const { startGateway } = await import('../../api/node-entry.ts');
      return startGateway({
        id,
        zone: options.zone,
        host: options.host,
        port: options.port,
        reusePort: options.reusePort,
        ...(inherited === undefined ? {} : { inherited }),
        internalHost: options.internalHost,
        internalPort: options.internalPort,
        controlUrls: [...options.controlUrls],
        fleetSecret,
        metricsAccess: options.metrics,
        createCaches: options.createCaches,
        logRequests: options.logLevel === 'debug',
        corsOrigins: [...options.corsOrigins],
        streamAgeMs: options.streamMaxAge,
        clock,
        log,
      });
    },
  });
}
