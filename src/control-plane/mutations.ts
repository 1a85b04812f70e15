/**
 * The way of every administrative change: look for an earlier answer under the idempotency key, decide and
 * commit alone, then wait until the live watchers have applied it. What is answered is visible through every
 * gateway that is connected.
 */

import type { FleetState } from '../shared/fleet-state.ts';
import type { Change, Fleet } from './fleet.ts';
import type { IdempotencyClaim, IdempotencyRecords } from './idempotency.ts';
import type { WatchHub } from './watch-hub.ts';

export interface MutationAnswer<T> {
  readonly answer: T;
  /** Revision of the fleet's state that shows the change. */
  readonly revision: number;
  /** The answer is that of an earlier call with the same idempotency key. */
  readonly replayed: boolean;
}

export class Mutations {
  readonly #fleet: Fleet;
  readonly #records: IdempotencyRecords;
  readonly #hub: WatchHub;
  #done = 0;
  #replayed = 0;
  #refused = 0;

  constructor(fleet: Fleet, records: IdempotencyRecords, hub: WatchHub) {
    this.#fleet = fleet;
    this.#records = records;
    this.#hub = hub;
  }

  /** Counts since the start. */
  get counts(): { done: number; replayed: number; refused: number } {
    return { done: this.#done, replayed: this.#replayed, refused: this.#refused };
  }

  /** Rejects with what `decide` throws and with the errors of `Fleet.change` and `IdempotencyRecords.find`. */
  async run<T>(
    account: string,
    claim: IdempotencyClaim | undefined,
    decide: (state: FleetState) => Change<T> | Promise<Change<T>>,
  ): Promise<MutationAnswer<T>> {
    let result: { answer: T; revision: number; replayed: boolean };
    try {
      result = await this.#commit(account, claim, decide);
    } catch (error) {
      this.#refused++;
      throw error;
    }
    if (result.replayed) this.#replayed++;
    else this.#done++;
    await this.#hub.acknowledged(result.revision);
    return result;
  }

  async #commit<T>(
    account: string,
    claim: IdempotencyClaim | undefined,
    decide: (state: FleetState) => Change<T> | Promise<Change<T>>,
  ): Promise<MutationAnswer<T>> {
    const { answer, revision } = await this.#fleet.change(async (state) => {
      const earlier = claim && (await this.#records.find(account, claim));
      if (earlier) return { answer: { answer: earlier.answer as T, replayed: true } };
      const change = await decide(state);
      const recorded = claim ? this.#records.withRecord(account, claim, change) : change;
      return { ...recorded, answer: { answer: change.answer, replayed: false } };
    });
    return { ...answer, revision };
  }
}
