import { randomBytes } from 'node:crypto';
import type { IdempotencyMark } from '../../src/shared/operation.ts';
import { soakLimits } from './limits.ts';

const markBytes = 16;

/** Idempotency marks at a bounded rate. */
export class MarkSource {
  #nextMs = 0;

  /** A new mark, or null when it is not yet time for one. */
  next(nowMs: number): IdempotencyMark | null {
    if (nowMs < this.#nextMs) return null;
    this.#nextMs = nowMs + 1_000 / soakLimits.marksPerSecond;
    return { id: randomBytes(markBytes), fingerprint: randomBytes(markBytes) };
  }
}
