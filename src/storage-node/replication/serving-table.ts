import { leaseEndMs, type Slot } from './slot.ts';

/**
 * What every operation asks of its slot, side by side for all slots. A slot's own objects are spread over memory, and
 * to look at them costs as much as to find the item: with them a GET took twice as long (measured).
 *
 * Whatever changes who leads a slot, whom with, or its lease, has to `note` it before it returns.
 */
export class ServingTable {
  /** Until when the slot may be served; NaN when another node leads it. */
  readonly #untilMs: Float64Array;
  readonly #followed: Uint8Array;

  constructor(slots: number) {
    this.#untilMs = new Float64Array(slots).fill(Number.NaN);
    this.#followed = new Uint8Array(slots);
  }

  note(slot: Slot): void {
    const { number, role, lead } = slot;
    this.#untilMs[number] = role === 'primary' ? leaseEndMs(slot) : Number.NaN;
    this.#followed[number] = lead !== null && (lead.inSync.size > 0 || lead.learners.size > 0) ? 1 : 0;
  }

  /** Until when the slot may be served, `-Infinity` when not at all; NaN when another node leads it. */
  untilMs(number: number): number {
    return this.#untilMs[number]!;
  }

  /** Whether anybody has to be given the slot's entries. */
  isFollowed(number: number): boolean {
    return this.#followed[number] === 1;
  }

  /** The slots whose `untilMs` is as asked for. */
  slotsWith(is: (untilMs: number) => boolean): number[] {
    const slots: number[] = [];
    for (let number = 0; number < this.#untilMs.length; number++) if (is(this.#untilMs[number]!)) slots.push(number);
    return slots;
  }
}
