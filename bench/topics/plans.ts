import type { Origin } from '../../src/cli/replay/http/http-connection.ts';
import type { LatencySummary } from '../../src/cli/replay/latency-histogram.ts';

/** Subscribers that a process opens in addition to those that it has. */
export interface OpenPlan {
  readonly origin: Origin;
  readonly localAddress: string;
  readonly subscribers: number;
  /** Head of the request of each topic, without its last empty line; subscribers take them in turn. */
  readonly heads: readonly string[];
  /** Last number of each lane that was published before; lane n goes to topic n modulo the topics. */
  readonly published: readonly number[];
  readonly sequenced: boolean;
  readonly latency: boolean;
}

export interface Opened {
  readonly connected: number;
  readonly seconds: number;
}

export interface Back {
  readonly back: number;
  /** From the cut to the head of the last stream, in s. */
  readonly seconds: number;
}

/** What the subscribers of a process saw since they began. */
export interface SubscriberFigures {
  readonly subscribers: number;
  readonly connected: number;
  readonly deliveries: number;
  readonly checked_in_full: number;
  /** Messages of which the subject said that they were skipped, and how often it said so. */
  readonly skipped: number;
  readonly discontinuities: number;
  /** Messages that neither came nor were announced as skipped, to subscribers that are still connected. */
  readonly lost: number;
  /** Messages that came twice, out of order or with other bytes. */
  readonly wrong: number;
  /** Connections that the subject refused, broke or ended, by kind. */
  readonly ended: Readonly<Record<string, number>>;
  readonly latency: LatencySummary;
  readonly last_micros: number;
}

/** What a subscriber process is asked, one at a time. */
export type SubscriberCall =
  | { readonly type: 'open'; readonly plan: OpenPlan }
  /** Waits until each lane's last number has come everywhere, or nothing comes any more. */
  | { readonly type: 'settle'; readonly published: readonly number[] }
  /** Cuts all connections at once and comes back with the last id of each. */
  | { readonly type: 'storm' }
  /** Closes all subscribers; counts begin anew. */
  | { readonly type: 'close' }
  | { readonly type: 'cpu' };

/** A request that is sent over and over, with the messages in it numbered. */
export interface LaneRequest {
  /** In base64, since plans travel between processes. */
  readonly bytes: string;
  /** Where the texts of its messages begin; none for a request that publishes nothing. */
  readonly textsAt: readonly number[];
}

export interface RequestPlan {
  readonly origin: Origin;
  /** Lane n is sent by connection n modulo this. */
  readonly connections: number;
  readonly lanes: readonly LaneRequest[];
  /** Last number of each lane that was published before. */
  readonly published: readonly number[];
  /** Statuses of success. */
  readonly statuses: readonly number[];
  /** What the body of an answer must hold once for each message; for batches, whose status says little. */
  readonly bodyHolds: string | null;
  /** Requests a second, whether or not earlier ones are answered; null for as fast as answers come. */
  readonly perSecond: number | null;
  /** Ends by itself after this time, in ms, if it is not told to stop before. */
  readonly durationMs: number;
}

export interface RequestFigures {
  readonly requests: number;
  /** Last number of each lane that was published. */
  readonly published: readonly number[];
  readonly started_micros: number;
  readonly ended_micros: number;
  readonly latency: LatencySummary;
  readonly errors: Readonly<Record<string, number>>;
  /** Requests of a fixed rate that found no free connection, and were left out. */
  readonly left_out: number;
}

export type RequestCall =
  | { readonly type: 'run'; readonly plan: RequestPlan }
  | { readonly type: 'stop' }
  | { readonly type: 'cpu' };
