/** Where the supervisor's door is, and what it takes. */
import { join } from 'node:path';
import { cliLimits } from '../limits.ts';

export const channelPaths = { status: '/status', upgrade: '/upgrade', nodes: '/nodes' } as const;

export const portFileName = 'supervisor.port';

/** Path of the socket in a data directory; undefined when it would be too long for one. */
export function socketPathOf(dataDir: string): string | undefined {
  const path = join(dataDir, 'supervisor.sock');
  return Buffer.byteLength(path) <= cliLimits.socketPathBytesMax ? path : undefined;
}

/** The answer to `status`, as far as the commands look at it. */
export interface StatusAnswer {
  readonly children: readonly {
    readonly id: string;
    readonly role: string;
    /** Left out by a supervisor of an earlier version, and for a node that was never ready. */
    readonly incarnation?: string;
  }[];
  readonly work?: string;
}

/** A line of the answer to an upgrade: progress, or how it ended. */
export interface UpgradeLine {
  readonly line?: string;
  readonly done?: true;
  readonly error?: string;
}
