import type { ScannedItem, StorageEngine } from './engine/storage-engine.ts';
import type { ItemSlots } from './item-slots.ts';
import { nodeLimits } from './limits.ts';
import type { SlotLives } from './slot-lives.ts';

/** Frees the memory of what slots have forgotten, in small steps. */
export class SlotSweeper {
  readonly #engine: StorageEngine;
  readonly #lives: SlotLives;
  readonly #slots: ItemSlots;
  #cursor = 0;
  #running = false;

  constructor(engine: StorageEngine, lives: SlotLives, slots: ItemSlots) {
    this.#engine = engine;
    this.#lives = lives;
    this.#slots = slots;
  }

  /** One step, of less than a millisecond; whether more is waiting. */
  step(nowMs: number): boolean {
    if (!this.#running) {
      // What a registry to come will tell the slot of could not be judged.
      if (!this.#lives.sweepDue || this.#slots.anyAhead) return false;
      this.#lives.sweepBegins();
      this.#running = true;
    }
    this.#cursor = this.#engine.sweep(this.#cursor, nodeLimits.scanUnits, nowMs, this.#isLitter);
    if (this.#cursor !== 0) return true;
    this.#running = false;
    this.#lives.sweepEnds();
    return this.#lives.sweepDue;
  }

  /** Sweeps until nothing is left to do. */
  finish(nowMs: number): void {
    while (this.step(nowMs));
  }

  readonly #isLitter = (item: ScannedItem): boolean => {
    const slot = this.#slots.slotOf(item);
    return slot >= 0 && !this.#lives.isCurrent(slot, item.sequence);
  };
}
