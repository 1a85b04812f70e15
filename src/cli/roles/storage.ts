import { exitCodes } from '../cli-error.ts';
import { cliLimits } from '../limits.ts';
import { nodeMemoryBytes, thisMachine } from '../machine.ts';
import type { OptionsOf } from '../options.ts';
import { type CommandContext, defaultNodeId, requiredFleetSecret, roleLog } from './context.ts';
import { runRole } from './run-role.ts';
import { boundYoungGeneration } from './young-generation.ts';

/** `godwit storage`: one storage node in this process. */
export async function runStorage(options: OptionsOf<'storage'>, context: CommandContext): Promise<void> {
  boundYoungGeneration();
  setInterval(boundYoungGeneration, cliLimits.youngGenerationLookMs).unref();
  const { clock } = context;
  const fleetSecret = requiredFleetSecret(options, 'storage');
  const memoryBytes = nodeMemoryBytes(options.memory, 1, thisMachine());
  const id = options.nodeId ?? defaultNodeId('storage', options.zone);
  const log = roleLog(options, 'storage', id, clock);
  await runRole({
    log,
    clock,
    drainTimeoutMs: options.drainTimeout,
    start: async () => {
      const { startStorageNode } = await import('../../storage-node/server.ts');
      return startStorageNode({
        id,
        zone: options.zone,
        ...(options.spare ? { spare: true } : {}),
        host: options.internalHost,
        port: options.internalPort,
        controlUrls: [...options.controlUrls],
        fleetSecret,
        memoryBytes,
        eviction: options.evictionPolicy,
        clock,
        log,
        // What it holds counts for nothing any more; whoever started it starts another life.
        onDismissed: () => process.exit(exitCodes.failure),
      });
    },
  });
}
