import type { SpareTargets } from '../../control-plane/spares.ts';
import { StoreError } from '../../control-plane/store/coordination-store.ts';
import { configurationError } from '../cli-error.ts';
import { configuredFleetSecret } from '../credentials.ts';
import { fleetSecretOf, openDataDir } from '../data-dir.ts';
import { etcdAccess } from '../etcd-access.ts';
import type { OptionsOf } from '../options.ts';
import { probePort } from '../ports.ts';
import { type CommandContext, defaultNodeId, requiredFleetSecret, roleLog } from './context.ts';
import { runRole } from './run-role.ts';

/** `godwit control`: the control plane in this process. */
export async function runControl(options: OptionsOf<'control'>, context: CommandContext): Promise<void> {
  const { clock } = context;
  const id = options.nodeId ?? defaultNodeId('control', undefined);
  const log = roleLog(options, 'control', id, clock);
  await runRole({
    log,
    clock,
    drainTimeoutMs: options.drainTimeout,
    start: async () => {
      // before any state is made
      await probePort(options.internalHost, options.internalPort, '--internal-port');
      const etcd = etcdAccess(options);
      const dataDir = openDataDir(options.dataDir);
      // Several control processes must have the same one, so that none makes it up.
      const fleetSecret = etcd
        ? requiredFleetSecret(options, 'control --store etcd')
        : (configuredFleetSecret(options) ?? fleetSecretOf(dataDir, randomBytes));
      const { startControlPlane } = await import('../../control-plane/server.ts');
      try {
        return await startControlPlane({
          id,
          dataDir,
          ...(etcd ? { etcd } : {}),
          host: options.internalHost,
          port: options.internalPort,
          fleetSecret,
          expectedNodes: options.expectedNodes,
          nodesStartAnew: options.nodesStartAnew,
          replicationFactor: options.replicationFactor,
          spareTargets: spareTargetsOf(options),
          clock,
          log,
        });
      } catch (error) {
        // its message is written for the operator
        if (error instanceof StoreError) {
          throw configurationError(etcd ? error.message : `${error.message}: ${dataDir}`, error);
        }
        throw error;
      }
    },
  });
}

function spareTargetsOf({ spareMemoryTarget, spareLoadTarget }: OptionsOf<'control'>): SpareTargets {
  return {
    ...(spareMemoryTarget === undefined ? {} : { memoryShare: spareMemoryTarget }),
    ...(spareLoadTarget === undefined ? {} : { operationsPerSecond: spareLoadTarget }),
  };
}

function randomBytes(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}
