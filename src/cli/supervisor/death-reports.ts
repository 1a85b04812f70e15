import { backoffMs } from '../../shared/control-link/backoff.ts';
import { cliLimits } from '../limits.ts';
import type { Timers } from '../timers.ts';

/** One life of a storage node that has ended for sure. */
export interface EndedLife {
  readonly id: string;
  readonly incarnation: string;
}

export interface DeathReportParts {
  /** Tells the control plane once; rejects when it did not hear. */
  readonly tell: (life: EndedLife) => Promise<void>;
  readonly timers: Timers;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/**
 * Tells the control plane which lives of storage nodes have ended: who saw the process end knows it at once and for
 * sure, where the control plane could only wait, and never be sure. Each is told until it was heard, or until a newer
 * life of the node is there, whose registration says the same.
 */
export class DeathReports {
  readonly #parts: DeathReportParts;
  /** By node; one at a time, so bounded by the number of nodes. */
  readonly #untold = new Map<string, EndedLife>();
  readonly #cancels = new Map<string, () => void>();

  constructor(parts: DeathReportParts) {
    this.#parts = parts;
  }

  ended(life: EndedLife): void {
    this.settled(life.id);
    this.#untold.set(life.id, life);
    void this.#try(life, 1);
  }

  /** A newer life of the node is there, or nobody needs to know any more. */
  settled(id: string): void {
    this.#untold.delete(id);
    this.#cancels.get(id)?.();
    this.#cancels.delete(id);
  }

  /** Tells nothing any more: the control plane stops too. */
  close(): void {
    for (const id of [...this.#untold.keys()]) this.settled(id);
  }

  async #try(life: EndedLife, attempt: number): Promise<void> {
    const { tell, timers, random } = this.#parts;
    try {
      await tell(life);
    } catch {
      if (this.#untold.get(life.id) !== life) return;
      const { deathReportDelayMsMin, deathReportDelayMsMax } = cliLimits;
      const delayMs = backoffMs(attempt, deathReportDelayMsMin, deathReportDelayMsMax, random);
      this.#cancels.set(
        life.id,
        timers.after(delayMs, () => void this.#try(life, attempt + 1)),
      );
      return;
    }
    if (this.#untold.get(life.id) === life) this.settled(life.id);
  }
}
