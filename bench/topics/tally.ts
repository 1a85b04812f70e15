import { LatencyHistogram } from '../../src/cli/replay/latency-histogram.ts';
import { nowMicros } from './common-clock.ts';

/** What the subscribers of a process saw, added up. */
export class Tally {
  deliveries = 0;
  /** Deliveries of which every byte was compared. */
  checkedInFull = 0;
  /** Messages that the subject said a subscriber missed, and how often it said so. */
  skipped = 0;
  discontinuities = 0;
  /** Messages that a later one of their lane showed to be missing. */
  gaps = 0;
  /** Messages out of order, twice, with another text, or with a sequence that does not follow. */
  wrong = 0;
  /** Connections that the subject refused, broke or ended, by kind. */
  readonly ended = new Map<string, number>();
  readonly latency = new LatencyHistogram();
  /** When the last message came, in µs of `nowMicros`. */
  lastMicros = 0;
  /** When what is read now arrived. */
  arrivedMicros = 0;

  end(kind: string): void {
    this.ended.set(kind, (this.ended.get(kind) ?? 0) + 1);
  }

  arrived(): void {
    this.arrivedMicros = nowMicros();
  }
}
