/**
 * Tells the control plane, again and again, that this storage node lives and how it is. One heartbeat is under way at
 * a time; one that fails or is not answered in time goes to the next control process.
 */
import type { Clock } from '../clock.ts';
import type { Log } from '../process.ts';
import { type Sleep, sleep } from './backoff.ts';
import { type ControlLinkOptions, callControl } from './call.ts';
import { controlLinkLimits } from './limits.ts';
import { controlPaths, type Heartbeat, type HeartbeatAnswer, heartbeatAnswerSchema } from './protocol.ts';
import { SilenceLog } from './silence-log.ts';

export interface HeartbeatSenderOptions extends ControlLinkOptions {
  /** What is said now; asked for each try. */
  readonly heartbeat: () => Heartbeat;
  /** Called with each answer; must not throw. */
  readonly onAnswer: (answer: HeartbeatAnswer) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly sleep?: Sleep;
}

export class HeartbeatSender {
  readonly #options: HeartbeatSenderOptions;
  readonly #sleep: Sleep;
  readonly #stopped = new AbortController();
  #wake = new AbortController();
  #loop: Promise<void> | undefined;
  #urlIndex = 0;
  #answered = 0;
  #failed = 0;

  constructor(options: HeartbeatSenderOptions) {
    if (options.urls.length === 0) throw new RangeError('heartbeats need the URL of a control plane');
    this.#options = options;
    this.#sleep = options.sleep ?? sleep;
  }

  /** Heartbeats since the start. */
  get counts(): { answered: number; failed: number } {
    return { answered: this.#answered, failed: this.#failed };
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Sends the next one now, as when there is something to say. */
  hurry(): void {
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log, urls } = this.#options;
    const { heartbeatMs, heartbeatRetryMs } = controlLinkLimits;
    const silence = new SilenceLog(clock, log, {
      silent: 'the control plane does not take heartbeats',
      again: 'the control plane takes heartbeats again',
    });
    let failures = 0;
    while (!this.#stopped.signal.aborted) {
      this.#wake = new AbortController();
      const startMs = clock.monotonicMs();
      let pauseMs: number = heartbeatMs;
      try {
        await this.#send();
        silence.answered();
        failures = 0;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        this.#failed++;
        failures++;
        this.#urlIndex++;
        silence.failed(error);
        // Inside a round of all processes the next one is asked soon: all but one only say that they do not lead.
        if (failures % urls.length !== 0) pauseMs = heartbeatRetryMs;
      }
      const remainingMs = Math.max(heartbeatRetryMs, startMs + pauseMs - clock.monotonicMs());
      if (!this.#stopped.signal.aborted) await this.#sleep(remainingMs, this.#wake.signal);
    }
  }

  async #send(): Promise<void> {
    const { heartbeat, onAnswer, urls } = this.#options;
    const url = urls[this.#urlIndex % urls.length]!;
    const answer = await callControl(this.#options, url, {
      path: controlPaths.heartbeats,
      body: heartbeat(),
      timeoutMs: controlLinkLimits.heartbeatTimeoutMs,
      signal: this.#stopped.signal,
    });
    const checked = heartbeatAnswerSchema.parse(answer);
    this.#answered++;
    onAnswer(checked);
  }
}
