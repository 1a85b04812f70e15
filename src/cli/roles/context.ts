import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/process.ts';
import { configurationError } from '../cli-error.ts';
import { configuredFleetSecret, type SecretOptions } from '../credentials.ts';
import { createLog, type LogSettings } from '../logger.ts';
import type { Environment } from '../parse-options.ts';
import { nodeIdLengthMax } from '../server-options.ts';

/** Of a thousand hosts, two share 40 bits by chance once in two million fleets. */
const hostHashLength = 10;

/** What a command gets from the process it runs in. */
export interface CommandContext {
  readonly environment: Environment;
  readonly clock: Clock;
}

interface LogOptions {
  readonly logLevel: LogSettings['level'];
  readonly logFormat: LogSettings['format'];
}

export function roleLog(options: LogOptions, role: string, id: string, clock: Clock): Log {
  return createLog({ level: options.logLevel, format: options.logFormat, role, id, clock });
}

/**
 * A name that is the same after a restart, and another one on each machine: role, zone, and the host's name. Where that
 * is too long, or has characters that an id cannot have, a hash of the whole follows what an id has room for.
 */
export function defaultNodeId(role: string, zone: string | undefined, host = hostname()): string {
  const prefix = [role, zone].filter((part) => part).join('-');
  const room = nodeIdLengthMax - prefix.length - 1;
  const plain = host.replaceAll(/[^A-Za-z0-9._-]/g, '-');
  if (plain === host && plain.length <= room) return `${prefix}-${plain}`;
  const hash = createHash('sha256').update(host).digest('hex').slice(0, hostHashLength);
  return `${prefix}-${plain.slice(0, room - hash.length - 1)}-${hash}`;
}

/**
 * The fleet's secret of a role that has no data directory.
 * @throws CliError (exit code 2) when none is given
 */
export function requiredFleetSecret(options: SecretOptions, command: string): string {
  const secret = configuredFleetSecret(options);
  if (secret === undefined) {
    throw configurationError(`${command} needs the fleet's secret: --fleet-secret-file (or GODWIT_FLEET_SECRET)`);
  }
  return secret;
}
