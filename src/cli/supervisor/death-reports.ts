import type { GoneLife } from '../../shared/control-link/protocol.ts';

/** Tells the control plane until it has heard, or until the signal aborts. */
export type ReportDeath = (life: GoneLife, signal: AbortSignal) => Promise<unknown>;

/**
 * Tells the control plane which lives of storage nodes have ended: who saw the process end knows it at once and for
 * sure, where the control plane could only wait, and never be sure. Each is told until it was heard, or until a newer
 * life of the node is there, whose registration says the same.
 */
export class DeathReports {
  readonly #report: ReportDeath;
  /** Reports under way by node; one at a time, so bounded by the number of nodes. */
  readonly #underWay = new Map<string, AbortController>();

  constructor(report: ReportDeath) {
    this.#report = report;
  }

  ended(life: GoneLife): void {
    this.settled(life.id);
    const abort = new AbortController();
    this.#underWay.set(life.id, abort);
    const done = () => void (this.#underWay.get(life.id) === abort && this.#underWay.delete(life.id));
    this.#report(life, abort.signal).then(done, done);
  }

  /** A newer life of the node is there, or nobody needs to know any more. */
  settled(id: string): void {
    this.#underWay.get(id)?.abort();
    this.#underWay.delete(id);
  }

  /** Tells nothing any more: the control plane stops too. */
  close(): void {
    for (const id of [...this.#underWay.keys()]) this.settled(id);
  }
}
