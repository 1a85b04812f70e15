import { Histogram, hopSecondsBuckets } from '../shared/histogram.ts';
import type { Lane } from './transport.ts';

/** What the routing counts. */
export class RoutingMetrics {
  framesSent = 0;
  operationsSent = 0;
  retries = 0;
  /** Replies thrown away, with their connections, because they did not match what was asked. */
  repliesRejected = 0;
  /** Operations refused because a lane was full. */
  refused = 0;
  unknownOutcomes = 0;
  /** Longest wait of the oldest operation of a frame before it was sent, by lane, in seconds. */
  readonly queueSeconds: Record<Lane, Histogram> = {
    read: new Histogram(hopSecondsBuckets),
    write: new Histogram(hopSecondsBuckets),
    bulk: new Histogram(hopSecondsBuckets),
  };

  countFrame(lane: Lane, operations: number, waitedMs: number): void {
    this.framesSent++;
    this.operationsSent += operations;
    this.queueSeconds[lane].observe(waitedMs / 1_000);
  }
}
