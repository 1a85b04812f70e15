import type { Clock } from '../clock.ts';
import type { Log } from '../process.ts';
import { controlLinkLimits } from './limits.ts';

/**
 * Says when the control plane has not been reached for a while, once, and when it is again. A control process that is
 * replaced, or that does not lead, is no news.
 */
export class SilenceLog {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #texts: { readonly silent: string; readonly again: string };
  #sinceMs: number | undefined;
  #failures = 0;
  #told = false;

  constructor(clock: Clock, log: Log, texts: { readonly silent: string; readonly again: string }) {
    this.#clock = clock;
    this.#log = log;
    this.#texts = texts;
  }

  failed(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    this.#failures++;
    if (this.#told || nowMs - this.#sinceMs < controlLinkLimits.silenceToldMs) return;
    this.#told = true;
    this.#log.warn({ err: error }, this.#texts.silent);
  }

  answered(): void {
    if (this.#told) this.#log.info({ failures: this.#failures }, this.#texts.again);
    this.#sinceMs = undefined;
    this.#failures = 0;
    this.#told = false;
  }
}
