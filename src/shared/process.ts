/** A logger as the parts of the system see it; pino's shape, so that pino is one. Never pass it a key, value or token. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A started role: a gateway, a storage node or a control plane inside this process. */
export interface RunningRole {
  /** Base URL of the listener that peers use (for a gateway: the public one). */
  readonly url: string;
  /** Base URL of the cluster-internal listener, when it is another one. */
  readonly internalUrl: string;
  /**
   * Stops: readiness turns false, in-flight work finishes, listeners close. Resolves when all is done, at the
   * latest after `deadlineMs`, when what is left is cut off.
   */
  drain(deadlineMs: number): Promise<void>;
}

/** Logs nothing; for tests and tools. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
