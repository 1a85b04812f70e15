import { Histogram, hopSecondsBuckets, requestSecondsBuckets } from '../shared/histogram.ts';
import type { PendingOperation } from './pending-operation.ts';
import type { Lane } from './transport.ts';

/**
 * Why an operation was tried again: the node is not the slot's primary, or may not serve it at the moment; it did not
 * know the cache yet; no connection could be made, or it broke; the node could not tell whether it was done; nobody
 * serves the slot; the lane was full of what had waited; the view named another node while it was under way.
 */
export const retryReasons = [
  'moved',
  'not_ready',
  'behind',
  'unreachable',
  'broken',
  'unknown',
  'unserved',
  'lane_full',
  'rerouted',
] as const;
export type RetryReason = (typeof retryReasons)[number];

/** Where reads of items went: to the primary, as `consistent` ones do, or balanced ones to the primary or another copy. */
export const readWays = ['consistent', 'balanced_primary', 'balanced_copy'] as const;
export type ReadWay = (typeof readWays)[number];

/** What the routing counts. */
export class RoutingMetrics {
  framesSent = 0;
  operationsSent = 0;
  /** Replies thrown away, with their connections, because they did not match what was asked. */
  repliesRejected = 0;
  /** Operations refused because a lane was full. */
  refused = 0;
  unknownOutcomes = 0;
  readonly retries = Object.fromEntries(retryReasons.map((reason) => [reason, 0])) as Record<RetryReason, number>;
  readonly reads = Object.fromEntries(readWays.map((way) => [way, 0])) as Record<ReadWay, number>;
  /** Time from an operation's first wait for its slot to its result, in seconds. */
  readonly waitSeconds = new Histogram(requestSecondsBuckets);
  /** Longest wait of the oldest operation of a frame before it was sent, by lane, in seconds. */
  readonly queueSeconds: Record<Lane, Histogram> = {
    read: new Histogram(hopSecondsBuckets),
    write: new Histogram(hopSecondsBuckets),
    bulk_read: new Histogram(hopSecondsBuckets),
    bulk_write: new Histogram(hopSecondsBuckets),
  };

  retried(reason: RetryReason): void {
    this.retries[reason]++;
  }

  countRead({ balanced, atCopy }: PendingOperation): void {
    this.reads[atCopy ? 'balanced_copy' : balanced ? 'balanced_primary' : 'consistent']++;
  }

  countFrame(lane: Lane, operations: number, waitedMs: number): void {
    this.framesSent++;
    this.operationsSent += operations;
    this.queueSeconds[lane].observe(waitedMs / 1_000);
  }
}
