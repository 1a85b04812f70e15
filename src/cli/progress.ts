import { cliLimits } from './limits.ts';

/** Lines that say how far something is: the first at once, and then not more than one a second, and none twice. */
export class Progress {
  readonly #report: (line: string) => void;
  #told = '';
  #pollsSince = Number.POSITIVE_INFINITY;

  constructor(report: (line: string) => void) {
    this.#report = report;
  }

  /** Called with every poll. */
  tell(text: string): void {
    this.#pollsSince++;
    if (text === this.#told || this.#pollsSince < cliLimits.fleetPollsPerLine) return;
    this.#report(text);
    this.#told = text;
    this.#pollsSince = 0;
  }
}
