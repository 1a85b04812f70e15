/**
 * A request and its reply as the operations see them, whatever server received the one and sends the other.
 * Two doors lead here: the Hono app (any runtime) and the direct door of the Node entry (the four scalar
 * calls, without building a `Request` and a `Response` for each).
 */

import type { EventOutlet } from '../../topics-sse/event-outlet.ts';

/** The body of a request, not read yet. */
export interface RequestBody {
  /**
   * Reads all of it, counting bytes as they come; never believes `Content-Length`. Raises what `tooLarge`
   * gives as soon as there are more than `limitBytes`, and stops reading.
   */
  read(limitBytes: number, tooLarge: () => Error): Promise<Uint8Array>;
}

export interface Exchange {
  readonly method: string;
  /** Raw path of the request target, still percent-encoded. */
  readonly path: string;
  /** Raw query without `?`; '' when there is none. */
  readonly query: string;
  /** A header's value by its lower-case name; several of one name are joined with ', '. */
  header(name: string): string | undefined;
  readonly body: RequestBody;
  /** Calls back, once at the most, when the client leaves before it has an answer; returns the way to stop that. */
  onAbort(callback: () => void): () => void;
}

/** Header names and values in turn: name, value, name, value … */
export type HeaderList = string[];

export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array | string | null;
  /** Writes the body by and by, in place of `body`; called once the head is on its way, and not for HEAD. */
  readonly stream?: (outlet: EventOutlet) => void;
  /** To be called once the reply has left, or cannot leave any more. */
  readonly sent?: () => void;
  /** Whether the body may be compressed for transport. Stored values never are. */
  readonly compressible?: boolean;
  /** The length to announce when the body is withheld (HEAD). */
  readonly contentLength?: number;
  /** Time spent in storage nodes, in µs, for `Server-Timing`. */
  readonly nodeMicros?: number;
}

export const emptyBody = new Uint8Array(0);

export function jsonReply(status: number, value: unknown, headers: HeaderList = [], nodeMicros = 0): Reply {
  return {
    status,
    headers: ['content-type', 'application/json', 'cache-control', 'no-store', ...headers],
    body: JSON.stringify(value),
    compressible: true,
    nodeMicros,
  };
}
