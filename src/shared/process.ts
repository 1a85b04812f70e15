import type { Server } from 'node:net';

/** A logger as the parts of the system see it; pino's shape, so that pino is one. Never pass it a key, value or token. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How a role ends. */
export interface DrainOptions {
  /**
   * A storage node that leaves hands its slots over first: its heartbeats say `leaving`, and it ends when the control
   * plane says that it holds nothing any more, at the latest after the deadline. Without it (the whole fleet stops)
   * nothing is moved. Other roles leave nothing behind and pay it no attention.
   */
  readonly leave?: boolean;
  /** Resolves, with a new deadline in ms, when a node that leaves is to hand nothing over any more: the fleet stops. */
  readonly cutShort?: Promise<number>;
}

/** A started role: a gateway, a storage node or a control plane inside this process. */
export interface RunningRole {
  /** Base URL of the listener that peers use (for a gateway: the public one). */
  readonly url: string;
  /** Base URL of the cluster-internal listener, when it is another one. */
  readonly internalUrl: string;
  /** Which life of its id this is (storage nodes): whoever sees the process end can say for sure that this life has. */
  readonly incarnation?: string;
  /** The public listener (gateways on Node): its socket can be given to a successor, with the connections that wait. */
  readonly listener?: Server;
  /**
   * Stops: readiness turns false, in-flight work finishes, listeners close. Resolves when all is done, at the
   * latest after `deadlineMs`, when what is left is cut off.
   */
  drain(deadlineMs: number, options?: DrainOptions): Promise<void>;
}

/** Logs nothing; for tests and tools. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
