import { availableParallelism, totalmem } from 'node:os';
import { configurationError } from './cli-error.ts';
import { cliLimits } from './limits.ts';
import { formatBytes } from './option-values.ts';

/** What defaults are measured against. */
export interface Machine {
  readonly cores: number;
  /** Memory of the machine or of the container, whichever is less, in bytes. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Whether several processes can listen on one port and the kernel spreads connections over them. */
  readonly sharesPorts: boolean;
}

/** SO_REUSEPORT with load balancing, as libuv knows it. */
const platformsSharingPorts: readonly string[] = ['linux', 'freebsd', 'sunos', 'aix'];

export function thisMachine(): Machine {
  // 0 and values beyond any machine mean that there is no container limit
  const constrained = process.constrainedMemory();
  return {
    cores: availableParallelism(),
    memoryBytes: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(),
    freeMemoryBytes: process.availableMemory(),
    sharesPorts: platformsSharingPorts.includes(process.platform),
  };
}

/** Gateway processes of `godwit start` when it is not told: half the cores, bounded. */
export function gatewayCount(asked: number | undefined, machine: Machine): number {
  if (!machine.sharesPorts) {
    if (asked !== undefined && asked > 1) {
      throw configurationError('bad --gateways: this system cannot share one port among processes; use --gateways 1');
    }
    return 1;
  }
  return asked ?? Math.min(cliLimits.gatewaysDefaultMax, Math.max(1, Math.floor(machine.cores / 2)));
}

/**
 * Memory of one storage node in bytes, of a fleet of `nodes` on this machine that may take `asked` in all.
 * @throws CliError (exit code 2) when that leaves a node less than it can work with
 */
export function nodeMemoryBytes(asked: number | undefined, nodes: number, machine: Machine): number {
  if (asked === undefined) {
    const fleet = Math.min(
      machine.memoryBytes * cliLimits.memoryShareOfTotal,
      machine.freeMemoryBytes * cliLimits.memoryShareOfFree,
    );
    const node = Math.min(Math.floor(fleet / nodes), cliLimits.nodeMemoryBytesDefaultMax);
    return Math.max(node, cliLimits.nodeMemoryBytesMin);
  }
  const node = Math.floor(asked / nodes);
  if (node < cliLimits.nodeMemoryBytesMin) {
    const least = formatBytes(cliLimits.nodeMemoryBytesMin);
    throw configurationError(
      `bad --memory: ${formatBytes(asked)} for ${nodes} storage nodes is less than ${least} each; give at least ${formatBytes(nodes * cliLimits.nodeMemoryBytesMin)}`,
    );
  }
  return node;
}
