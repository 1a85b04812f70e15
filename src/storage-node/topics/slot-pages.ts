import { slotCount } from '../../shared/slots.ts';
import { pagesPerDataEpoch, sequencePage } from '../../shared/topics/position.ts';

/** Tells the data epoch of a slot. */
interface DataEpochs {
  dataEpoch(slot: number): number;
}

/**
 * Which pages of each slot's data epoch were given up: a topic that was forgotten must not come back under a page
 * on which numbers were given out. Topics forgotten under one page give up that page once.
 */
export class SlotPages {
  readonly #given = new Uint32Array(slotCount);
  readonly #epoch = new Float64Array(slotCount);

  /** Pages that the slot's data epoch has given up: the offset of the next topic's page. */
  given(slot: number, epochs: DataEpochs): number {
    this.#follow(slot, epochs.dataEpoch(slot));
    return this.#given[slot]!;
  }

  /** Gives up a page of the slot; false when it is the last of the data epoch, which has to do then. */
  giveUp(slot: number, page: number, epochs: DataEpochs): boolean {
    const dataEpoch = epochs.dataEpoch(slot);
    this.#follow(slot, dataEpoch);
    if (!this.isOfEpoch(page, dataEpoch)) return true;
    const next = page - sequencePage(dataEpoch, 0) + 1;
    if (next >= pagesPerDataEpoch) return false;
    if (next > this.#given[slot]!) this.#given[slot] = next;
    return true;
  }

  /** Gives up so many pages of the slot, at least. */
  raise(slot: number, given: number, epochs: DataEpochs): void {
    this.#follow(slot, epochs.dataEpoch(slot));
    if (given > this.#given[slot]!) this.#given[slot] = Math.min(given, pagesPerDataEpoch - 1);
  }

  /** Forgets which pages of the slot were given up. */
  clear(slot: number): void {
    this.#given[slot] = 0;
  }

  isOfEpoch(page: number, dataEpoch: number): boolean {
    return Math.floor(page / pagesPerDataEpoch) === dataEpoch;
  }

  #follow(slot: number, dataEpoch: number): void {
    if (this.#epoch[slot] === dataEpoch) return;
    this.#epoch[slot] = dataEpoch;
    this.#given[slot] = 0;
  }
}
