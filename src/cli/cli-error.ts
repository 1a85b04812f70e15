/** Exit codes of the command line. */
export const exitCodes = {
  ok: 0,
  /** The command ran and was refused, or broke. */
  failure: 1,
  /** The command could not begin: bad option, port in use, unusable data directory. */
  configuration: 2,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that is told to the person as exactly one line on stderr, and the exit code that goes with it. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, cause?: unknown) {
    super(message.replaceAll(/\s+/g, ' ').trim(), cause === undefined ? undefined : { cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** What the person asked for cannot be started: one line, exit code 2. */
export function configurationError(message: string, cause?: unknown): CliError {
  return new CliError(message, exitCodes.configuration, cause);
}

/** What was asked for was tried and refused: one line, exit code 1. */
export function failure(message: string, cause?: unknown): CliError {
  return new CliError(message, exitCodes.failure, cause);
}

/** The `code` of a Node.js system error (`EADDRINUSE`), or undefined. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The error as a person should read it. Errors of listening and of the file system that a person can put
 * right become configuration errors; everything else stays what it is.
 */
export function explainStartError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof CliError) return error;
  const at = 'address' in error && 'port' in error ? `${error.address}:${error.port}` : undefined;
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined;
  switch (systemErrorCode(error)) {
    case 'EADDRINUSE':
      return configurationError(
        `port in use: ${at ?? error.message}; choose another with --port or --internal-port`,
        error,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return configurationError(`this machine has no such address: ${at ?? error.message}; see --host`, error);
    case 'ENOTSUP':
      return configurationError(
        'this system cannot share one port among processes; use --gateways 1 and no --reuse-port',
        error,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENOSPC':
      if (at) return configurationError(`not allowed to listen on ${at}; ports below 1024 need a privilege`, error);
      return configurationError(path ? `cannot use ${path}: ${error.message}` : error.message, error);
    default:
      return error;
  }
}
