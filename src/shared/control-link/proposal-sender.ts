/**
 * Takes a node's proposals to the control plane: those of one event in one call, one call at a time. Nothing here is
 * certain to arrive: what is dropped, at the bound or by a call that fails, is proposed again by whoever still wants it,
 * and what became of it shows in the next view.
 */
import type { Log } from '../process.ts';
import { type Sleep, sleep } from './backoff.ts';
import { type ControlLinkOptions, callControl } from './call.ts';
import { controlLinkLimits } from './limits.ts';
import { controlPaths, type ProposalsAnswer, proposalsAnswerSchema, type SlotProposal } from './protocol.ts';

export interface ProposalSenderOptions extends ControlLinkOptions {
  readonly id: string;
  readonly incarnation: string;
  /** Called with each answer: a view that is newer than the caller's is worth fetching. Must not throw. */
  readonly onAnswer?: (answer: ProposalsAnswer) => void;
  readonly log: Log;
  readonly sleep?: Sleep;
}

export class ProposalSender {
  readonly #options: ProposalSenderOptions;
  readonly #sleep: Sleep;
  readonly #stopped = new AbortController();
  #waiting = new Map<string, SlotProposal>();
  #running: Promise<void> | undefined;
  /** Ends the wait for further joins. */
  #hurry = new AbortController();
  #urlIndex = 0;
  #sent = 0;
  #dropped = 0;

  constructor(options: ProposalSenderOptions) {
    if (options.urls.length === 0) throw new RangeError('proposals need the URL of a control plane');
    this.#options = options;
    this.#sleep = options.sleep ?? sleep;
  }

  /** Proposals since the start: those that the control plane has answered, and those that were dropped. */
  get counts(): { sent: number; dropped: number } {
    return { sent: this.#sent, dropped: this.#dropped };
  }

  /**
   * Sends it with those of the next few milliseconds, or, while there are only joins, of the next moment: nothing waits
   * for a join, and each view is work for everybody. Drops it when too many wait.
   */
  propose(proposal: SlotProposal): void {
    if (this.#stopped.signal.aborted) return;
    const key = `${proposal.slot} ${proposal.kind} ${proposal.life}`;
    if (this.#waiting.size >= controlLinkLimits.proposalsMax && !this.#waiting.has(key)) {
      this.#dropped++;
      return;
    }
    this.#waiting.set(key, proposal);
    if (proposal.kind !== 'join') this.#hurry.abort();
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (this.#waiting.size > 0 && !signal.aborted) {
      await this.#gather(signal);
      if (signal.aborted) return;
      const proposals = [...this.#waiting.values()];
      this.#waiting = new Map();
      await this.#send(proposals);
    }
    this.#running = undefined;
  }

  async #gather(signal: AbortSignal): Promise<void> {
    const { proposalGatherMs, joinGatherMs } = controlLinkLimits;
    this.#hurry = new AbortController();
    const onlyJoins = [...this.#waiting.values()].every(({ kind }) => kind === 'join');
    if (onlyJoins) await this.#sleep(joinGatherMs, AbortSignal.any([signal, this.#hurry.signal]));
    if (!signal.aborted) await this.#sleep(proposalGatherMs, signal);
  }

  async #send(proposals: readonly SlotProposal[]): Promise<void> {
    const { id, incarnation, urls, onAnswer, log } = this.#options;
    try {
      const answer = await callControl(this.#options, urls[this.#urlIndex % urls.length]!, {
        path: controlPaths.proposals,
        body: { id, incarnation, proposals },
        timeoutMs: controlLinkLimits.proposalTimeoutMs,
        signal: this.#stopped.signal,
      });
      const checked = proposalsAnswerSchema.parse(answer);
      this.#sent += proposals.length;
      onAnswer?.(checked);
    } catch (error) {
      this.#urlIndex++;
      this.#dropped += proposals.length;
      if (!this.#stopped.signal.aborted)
        log.debug({ err: error, proposals: proposals.length }, 'proposals were dropped');
    }
  }
}
