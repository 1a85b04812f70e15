import { slotCount } from '../shared/slots.ts';

/** Bits of the engine's sequence (48) that hold an item's sequence in its slot. */
const sequenceBits = 40;
/** Items of one life of a slot have stored sequences of `life * lifeSpan` and above. */
const lifeSpan = 2 ** sequenceBits;
/** Lives that a stored sequence can tell apart. */
const livesMax = 2 ** (48 - sequenceBits);

/**
 * The largest sequence that a slot can give out in one data epoch: at 10,000 writes a second to one slot it lasts for
 * three and a half years.
 */
export const slotSequenceMax = lifeSpan - 1;

/** The sequence in its slot of an item that the engine keeps under `stored`: what its version tells. */
export function sequenceOf(stored: number): number {
  return stored < lifeSpan ? stored : stored % lifeSpan;
}

/**
 * Which items in the engine are those of a slot as it is now. A slot is forgotten at once, by going on to another
 * *life*: what was stored in former ones is not there any more, and a sweep frees its memory by and by. A life's number
 * is used again only when the sweep has been round, so that nothing forgotten can come back.
 *
 * The lowest free number is taken: items of life 0 fit the engine's small header, which is 12 bytes less for each.
 */
export class SlotLives {
  readonly #life = new Uint8Array(slotCount);
  /** Whether anything was stored in the current life: one that is unused need not be left. */
  readonly #used = new Uint8Array(slotCount);
  /** By slot, former lives that a sweep has yet to begin for, and those that the running one is for. */
  #left = new Map<number, Set<number>>();
  #swept = new Map<number, Set<number>>();
  #sweeping = false;

  /** What the engine keeps for an item of this sequence, which is below 2^40. The slot counts as used from then on. */
  stored(slot: number, sequence: number): number {
    this.#used[slot] = 1;
    return this.#life[slot]! * lifeSpan + sequence;
  }

  /** Whether an item with this stored sequence is there. */
  isCurrent(slot: number, stored: number): boolean {
    const offset = stored - this.#life[slot]! * lifeSpan;
    return offset >= 0 && offset < lifeSpan;
  }

  /** Forgets all items of a slot; false when its former lives have to be swept before that is possible. */
  wipe(slot: number): boolean {
    if (this.#used[slot] === 0) return true;
    const next = this.#freeLife(slot);
    if (next === -1) return false;
    let left = this.#left.get(slot);
    if (left === undefined) {
      left = new Set();
      this.#left.set(slot, left);
    }
    left.add(this.#life[slot]!);
    this.#life[slot] = next;
    this.#used[slot] = 0;
    return true;
  }

  #freeLife(slot: number): number {
    const left = this.#left.get(slot);
    const swept = this.#swept.get(slot);
    for (let life = 0; life < livesMax; life++)
      if (life !== this.#life[slot] && !left?.has(life) && !swept?.has(life)) return life;
    return -1;
  }

  /** Whether a sweep has something to do. */
  get sweepDue(): boolean {
    return this.#sweeping || this.#left.size > 0;
  }

  /** Notes that a pass over all items begins. */
  sweepBegins(): void {
    this.#swept = this.#left;
    this.#left = new Map();
    this.#sweeping = true;
  }

  /** Notes that it is complete: nothing of the lives left before it began is there any more. */
  sweepEnds(): void {
    this.#swept = new Map();
    this.#sweeping = false;
  }
}
