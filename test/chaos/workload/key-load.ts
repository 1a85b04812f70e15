import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../src/shared/clock.ts';
import { Choices } from '../../api/fuzz/random.ts';
import { checkRound, type RoundFindings } from '../checks/check-round.ts';
import type { SlotReset } from '../fleet/view-watch.ts';
import { chaosLimits } from '../limits.ts';
import { KeyClient } from './clients.ts';
import { Round } from './round.ts';
import type { Tally } from './tally.ts';

export interface KeyLoadParts {
  readonly urls: readonly string[];
  readonly authorization: string;
  readonly cache: string;
  readonly seed: number;
  readonly tally: Tally;
  /** Slots that restarted empty so far. */
  readonly resets: readonly SlotReset[];
  /** Items may be evicted at any time. */
  readonly evicts: boolean;
}

/** All clients of keys, the rounds that they go through, and what the checks found in those that are over. */
export class KeyLoad {
  readonly #parts: KeyLoadParts;
  readonly #rounds: Round[] = [];
  readonly #stopping = new AbortController();
  readonly #clients: Promise<void>[] = [];
  #turning: Promise<void> = Promise.resolve();
  #number = 0;
  /** Operations in histories that were checked. */
  checked = 0;
  roundsChecked = 0;
  undecided = 0;
  readonly violations: string[] = [];

  constructor(parts: KeyLoadParts) {
    this.#parts = parts;
    this.#begin();
  }

  start(): void {
    for (let index = 0; index < chaosLimits.clients; index++) {
      const client = new KeyClient(this.#clientParts(`client-${index}`, this.#parts.seed * 100 + index));
      this.#clients.push(client.run(this.#stopping.signal));
    }
    this.#turning = this.#turn();
  }

  /** Ends the load, sees to it that each key still served is written once more, and checks what was not checked. */
  async finish(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#clients);
    await this.#turning;
    const keys = this.#rounds.flatMap((round) => round.keys);
    const deadlineMs = systemClock.monotonicMs() + chaosLimits.settleMs;
    const last = new KeyClient(this.#clientParts('last', this.#parts.seed * 100 + 99));
    const failed = await last.finish(keys, deadlineMs);
    if (failed.length > 0)
      this.violations.push(
        `no success on ${failed.length} of ${keys.length} keys after the last fault, as ${failed[0]}`,
      );
    for (const round of this.#rounds.splice(0)) this.#check(round);
  }

  #clientParts(name: string, seed: number) {
    const { urls, authorization, cache, tally } = this.#parts;
    return { name, urls, authorization, cache, seed, tally, rounds: () => this.#rounds };
  }

  #begin(): void {
    this.#rounds.unshift(new Round(`r${this.#parts.seed}`, this.#number++, systemClock.monotonicMs()));
  }

  async #turn(): Promise<void> {
    const { signal } = this.#stopping;
    const choices = new Choices(this.#parts.seed);
    while (!signal.aborted) {
      // of different lengths, so that their ends meet the faults at different places
      await pause(chaosLimits.roundMs * (0.7 + 0.6 * choices.next()), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      this.#begin();
      while (this.#rounds.length > chaosLimits.roundsRead && this.#rounds.at(-1)!.open === 0) {
        this.#check(this.#rounds.pop()!);
        await pause(1);
      }
    }
  }

  #check(round: Round): void {
    const findings: RoundFindings = checkRound(round, this.#parts);
    this.checked += findings.checked;
    this.roundsChecked++;
    this.undecided += findings.undecided;
    this.violations.push(...findings.violations);
  }
}
