import type { Clock } from '../shared/clock.ts';
import { streamLimits } from './limits.ts';
import type { GoawayReason } from './stream-events.ts';

/** A stream or a poll that is open. */
export interface OpenReader {
  /** Bytes that wait for it to read. */
  readonly unsentBytes: number;
  /** Looks after itself: heartbeats, age, expiry of its token, a node that does not answer, a reader that does not read. */
  tick(monotonicMs: number, wallMs: number): void;
  /** Ends if its token was withdrawn. */
  checkToken(): void;
  /** Ends in good order, so that the client comes back. */
  goAway(reason: GoawayReason): void;
  /** Ends at once. */
  cut(): void;
}

interface StreamKeeperParts {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** Age at which streams end, in ms; `streamLimits.ageMs` when absent. */
  readonly ageMs?: number;
  /** What may wait for all streams together, in bytes; `streamLimits.unsentBytesAll` when absent or less. */
  readonly unsentBytesAll?: number;
  /** Called when the last reader has gone. */
  readonly onEmpty?: () => void;
}

/** All open streams and polls of a gateway: one timer for all, one bound on their number and on what waits for them. */
export class StreamKeeper {
  readonly #parts: StreamKeeperParts;
  readonly #readers = new Set<OpenReader>();
  #cancelRound: (() => void) | null = null;
  #draining = false;
  /** Streams cut because they held the most of what all were slow to read. */
  shed = 0;
  /** Streams cut because nothing of what waited for them left. */
  stuck = 0;
  refused = 0;
  /** Bytes of polls' answers that have not left. */
  #answerBytes = 0;

  constructor(parts: StreamKeeperParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#readers.size;
  }

  /**
   * Unsent bytes of one stream past which messages stay in the log: less when there are many streams, so that all of
   * them at their bound take half of what they may take together.
   */
  get unsentBytesSoft(): number {
    return Math.min(streamLimits.unsentBytesSoft, this.#unsentBytesAll / 2 / Math.max(this.#readers.size, 1));
  }

  /** Whether another may open; counts a refusal. */
  admits(): boolean {
    if (this.#readers.size < streamLimits.readersMax && !this.#draining) return true;
    this.refused++;
    return false;
  }

  /** Counts the answer of a poll until `release`; false when too much waits to be read already. */
  hold(bytes: number): boolean {
    if (this.#answerBytes + bytes > streamLimits.answerBytesAll) {
      this.refused++;
      return false;
    }
    this.#answerBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#answerBytes -= bytes;
  }

  /** Time that a client is to wait before it connects again, in ms: another for each. */
  retryMs(): number {
    const { retryMsMin, retryMsMax } = streamLimits;
    return Math.floor(retryMsMin + this.#parts.random() * (retryMsMax - retryMsMin));
  }

  /** Age at which a stream is to end, in ms: another for each. */
  ageMs(): number {
    return (this.#parts.ageMs ?? streamLimits.ageMs) * (1 + streamLimits.ageJitter * (2 * this.#parts.random() - 1));
  }

  /** A part of a period, in ms: the streams of one moment do not all beat at one moment. */
  phaseMs(periodMs: number): number {
    return periodMs * (0.5 + this.#parts.random() / 2);
  }

  add(reader: OpenReader): void {
    this.#readers.add(reader);
    if (this.#cancelRound === null) this.#scheduleRound();
  }

  remove(reader: OpenReader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#cancelRound?.();
    this.#cancelRound = null;
    this.#parts.onEmpty?.();
  }

  /** To be called after tokens, keys or revocations have changed. */
  checkTokens(): void {
    for (const reader of [...this.#readers]) reader.checkToken();
  }

  /** Ends all readers, spread over a window, so that they do not all connect again at once; resolves at its end. */
  async drain(windowMs: number): Promise<void> {
    this.#draining = true;
    const steps = Math.max(1, Math.floor(windowMs / streamLimits.roundMs));
    for (let step = steps; step > 0 && this.#readers.size > 0; step--) {
      let share = Math.ceil(this.#readers.size / step);
      for (const reader of [...this.#readers]) {
        if (share-- === 0) break;
        reader.goAway('drain');
      }
      if (this.#readers.size > 0)
        await new Promise<void>((resolve) => this.#parts.delay(streamLimits.roundMs, resolve));
    }
  }

  #scheduleRound(): void {
    this.#cancelRound = this.#parts.delay(streamLimits.roundMs, () => {
      this.#cancelRound = null;
      this.#round();
      if (this.#readers.size > 0) this.#scheduleRound();
    });
  }

  #round(): void {
    const { clock } = this.#parts;
    const monotonicMs = clock.monotonicMs();
    const wallMs = clock.wallMs();
    let unsentBytes = 0;
    for (const reader of [...this.#readers]) {
      reader.tick(monotonicMs, wallMs);
      unsentBytes += reader.unsentBytes;
    }
    if (unsentBytes > this.#unsentBytesAll) this.#shedLargest(unsentBytes - this.#unsentBytesAll);
  }

  get #unsentBytesAll(): number {
    return Math.max(streamLimits.unsentBytesAll, this.#parts.unsentBytesAll ?? 0);
  }

  #shedLargest(excessBytes: number): void {
    const largest = [...this.#readers].sort((a, b) => b.unsentBytes - a.unsentBytes);
    let left = excessBytes;
    for (const reader of largest) {
      if (left <= 0) return;
      left -= reader.unsentBytes;
      this.shed++;
      reader.cut();
    }
  }
}
