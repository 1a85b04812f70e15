import type { Origin } from '../../src/cli/replay/http/http-connection.ts';
import type { LatencySummary } from '../../src/cli/replay/latency-histogram.ts';

/** One request of a load and what its answer must be. Bytes are base64, since plans travel between processes. */
export interface PlannedRequest {
  /** Head and body, as they go onto the wire. */
  readonly bytes: string;
  readonly status: number;
  /** The very bytes of the body; undefined where parts of it change, and `items` says what must be in it. */
  readonly body?: string;
  /** Values that the answer to a multi-get must hold, in this order. */
  readonly items?: { readonly form: 'json' | 'cbor'; readonly values: readonly string[] };
}

/** A closed loop: every connection sends its next request as soon as it has read the answer to the last. */
export interface LoadPlan {
  readonly origin: Origin;
  readonly connections: number;
  /** The load ends after this time, in ms, or this many requests, whichever is first. */
  readonly durationMs: number;
  readonly requestsMax: number;
  /** Sent in turn, over and over. */
  readonly requests: readonly PlannedRequest[];
}

export interface LoadFigures {
  readonly requests: number;
  readonly seconds: number;
  /** In ms. */
  readonly latency: LatencySummary;
  /** Requests without an answer, or with another status, by kind. */
  readonly errors: Readonly<Record<string, number>>;
  /** Answers whose body was not what it must be. */
  readonly mismatches: number;
  /** CPU time of the client itself, in seconds. */
  readonly cpuSeconds: number;
}

/** Messages between the load client and its process. */
export type LoadMessage = { readonly type: 'figures'; readonly figures: LoadFigures } | { readonly type: 'ready' };
