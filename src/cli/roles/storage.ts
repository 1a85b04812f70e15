import { setFlagsFromString } from 'node:v8';
import { exitCodes } from '../cli-error.ts';
import { nodeMemoryBytes, thisMachine } from '../machine.ts';
import type { OptionsOf } from '../options.ts';
import { type CommandContext, defaultNodeId, requiredFleetSecret, roleLog } from './context.ts';
import { runRole } from './run-role.ts';

/**
 * The young generation stays as small as it begins. A storage node's garbage is short-lived, and the 64 MiB that
 * V8 would let it grow to are better used for items. A flag on the command line would do as well, but not for
 * who runs `godwit storage` without it.
 */
function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** `godwit storage`: one storage node in this process. */
export async function runStorage(options: OptionsOf<'storage'>, context: CommandContext): Promise<void> {
  keepHeapSmall();
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
