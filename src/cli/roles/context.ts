import { hostname } from 'node:os';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/process.ts';
import { configurationError } from '../cli-error.ts';
import { configuredFleetSecret, type SecretOptions } from '../credentials.ts';
import { createLog, type LogSettings } from '../logger.ts';
import type { Environment } from '../parse-options.ts';

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

/** A name that is the same after a restart, and another one on each machine. */
export function defaultNodeId(role: string, zone: string | undefined): string {
  const host = hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 24);
  return [role, zone, host].filter((part) => part).join('-');
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
