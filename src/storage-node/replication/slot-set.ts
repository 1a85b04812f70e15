import type { Slot } from './slot.ts';

/**
 * A set of slots. To look one up is to look into one array by its number, where a `Set` of objects would hash each:
 * every write enters and leaves several of these.
 */
export class SlotSet {
  #members: Slot[] = [];
  /** By number: where the slot is among the members, from 1; 0 when it is none. */
  readonly #places: Uint16Array;

  /** For slots with numbers below `slots`, at most 65,535. */
  constructor(slots: number) {
    this.#places = new Uint16Array(slots);
  }

  get size(): number {
    return this.#members.length;
  }

  has({ number }: Slot): boolean {
    return this.#places[number] !== 0;
  }

  add(slot: Slot): void {
    if (this.#places[slot.number] === 0) this.#places[slot.number] = this.#members.push(slot);
  }

  delete(slot: Slot): void {
    const place = this.#places[slot.number]!;
    if (place === 0) return;
    this.#places[slot.number] = 0;
    const last = this.#members.pop()!;
    if (last === slot) return;
    this.#members[place - 1] = last;
    this.#places[last.number] = place;
  }

  /** The members at this moment; the set may change meanwhile. */
  all(): Slot[] {
    return this.#members.slice();
  }

  /** The members, which are none any more. */
  takeAll(): Slot[] {
    const members = this.#members;
    this.#members = [];
    for (const { number } of members) this.#places[number] = 0;
    return members;
  }
}
