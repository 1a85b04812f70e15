/** Gathers the proposals that come within a few milliseconds, so that what one event brings becomes one view. */
import { type Sleep, sleep } from '../shared/control-link/backoff.ts';
import type { Proposals, ProposalsAnswer } from '../shared/control-link/protocol.ts';
import { GodwitError } from '../shared/errors.ts';
import type { Change, Fleet } from './fleet.ts';
import { controlPlaneLimits } from './limits.ts';
import { lifeOf } from './lives.ts';
import { type ProposalOutcome, withProposals } from './view-moves.ts';

interface Waiting {
  readonly batch: Proposals;
  readonly resolve: (answer: ProposalsAnswer) => void;
  readonly reject: (error: unknown) => void;
}

export interface ProposalGateOptions {
  readonly fleet: Fleet;
  /** Called once a view with them is stored. */
  readonly onApplied: (outcomes: readonly ProposalOutcome[]) => void;
  readonly sleep?: Sleep;
}

export class ProposalGate {
  readonly #options: ProposalGateOptions;
  readonly #closed = new AbortController();
  #waiting: Waiting[] = [];
  #running = false;

  constructor(options: ProposalGateOptions) {
    this.#options = options;
  }

  /** Resolves once a view shows what was applied. Rejects with the errors of `Fleet.change`. */
  propose(batch: Proposals): Promise<ProposalsAnswer> {
    // One call of each node is under way at a time.
    if (this.#waiting.length >= controlPlaneLimits.nodesMax) {
      return Promise.reject(new GodwitError('overloaded', 'Too many proposals are waiting.'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** Those that wait are decided at once. */
  close(): void {
    this.#closed.abort();
  }

  async #run(): Promise<void> {
    const { sleep: pause = sleep } = this.#options;
    this.#running = true;
    while (this.#waiting.length > 0) {
      await pause(controlPlaneLimits.proposalGatherMs, this.#closed.signal);
      const batches = this.#waiting;
      this.#waiting = [];
      await this.#decide(batches);
    }
    this.#running = false;
  }

  async #decide(waiting: readonly Waiting[]): Promise<void> {
    const { fleet, onApplied } = this.#options;
    try {
      const { answer: outcomes } = await fleet.change((state): Change<ProposalOutcome[]> => {
        const batches = waiting.map(({ batch }) => ({ life: lifeOf(batch), proposals: batch.proposals }));
        const answer = withProposals(state.view, batches);
        const view = answer[0]?.view ?? state.view;
        return view === state.view ? { answer } : { answer, view, committed: () => onApplied(answer) };
      });
      for (const [at, { resolve }] of waiting.entries()) {
        const { view, applied, refused } = outcomes[at]!;
        resolve({ view: view.number, applied: applied.length, refused });
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
