import type { Choices } from '../../api/fuzz/random.ts';
import type { HistoryEntry } from '../../replication/checker/history.ts';
import { chaosLimits } from '../limits.ts';

/** What is done to a key all its life; each kind has checks of its own beside the general one. */
export type KeyKind = 'register' | 'lock' | 'counter' | 'marked_counter';

/** Of ten keys. */
const kinds: readonly KeyKind[] = [
  'register',
  'register',
  'register',
  'register',
  'lock',
  'lock',
  'counter',
  'counter',
  'marked_counter',
  'marked_counter',
];

/** One key of a round with its history. */
export class RoundKey {
  readonly name: string;
  readonly kind: KeyKind;
  readonly history: HistoryEntry[] = [];
  /** Balanced reads, which may be stale. */
  readonly staleReads: HistoryEntry[] = [];
  /** Values that were seen last, for conditions that sometimes hold. */
  lastSeen: string | null = null;
  /** A success since the round had its last look; shows that the key can be served. */
  lastDoneMs = 0;
  #same = 0;
  #sameUnknown = 0;

  constructor(name: string, kind: KeyKind) {
    this.name = name;
    this.kind = kind;
  }

  /** Whether another write whose effect is like that of others may begin; it then has. */
  beginSame(): boolean {
    const { sameWritesMax, unknownSameWritesMax } = chaosLimits;
    if (this.#same >= sameWritesMax || this.#sameUnknown >= unknownSameWritesMax) return false;
    this.#same++;
    return true;
  }

  endSame(unknown: boolean): void {
    this.#same--;
    if (unknown) this.#sameUnknown++;
  }
}

/** Ten new keys, written for a while and read for some time after. */
export class Round {
  readonly number: number;
  readonly startMs: number;
  readonly keys: readonly RoundKey[];
  /** Operations under way on any of its keys. */
  open = 0;

  constructor(run: string, number: number, startMs: number) {
    this.number = number;
    this.startMs = startMs;
    this.keys = Array.from(
      { length: chaosLimits.keysPerRound },
      (_, index) => new RoundKey(`${run}-${number}-${index}`, kinds[index % kinds.length]!),
    );
  }

  pick(choices: Choices): RoundKey {
    return choices.of(this.keys);
  }
}
