import type { View } from '../shared/fleet-state.ts';
import { slotCount } from '../shared/slots.ts';
import type { Admission, Replication } from './replication/replication.ts';
import type { SlotLives } from './slot-lives.ts';

/** The slots as operations and topics see them: what this node may do with each, and the versions it gives out. */
export class SlotTable {
  readonly lives: SlotLives;
  readonly #self: { readonly id: string; readonly incarnation: string };
  readonly #replication: Replication;
  readonly #leads = new Uint8Array(slotCount);
  /** Kept here because every answer tells it, and a slot's own objects are far apart (`serving-table.ts`). */
  readonly #dataEpochs = new Float64Array(slotCount);
  /** Of the newest view: this life's place among its nodes, and its rows. */
  #index = -1;
  #rows: View['slots'] = [];

  constructor(self: { readonly id: string; readonly incarnation: string }, replication: Replication, lives: SlotLives) {
    this.#self = self;
    this.#replication = replication;
    this.lives = lives;
  }

  get viewNumber(): number {
    return Math.max(0, this.#replication.viewNumber);
  }

  /** Takes over a newer view; an older one is ignored. A role meant for another incarnation is none (rule P1). */
  apply(view: View): void {
    if (view.number <= this.#replication.viewNumber) return;
    const { id, incarnation } = this.#self;
    const self = view.nodes.findIndex((node) => node.id === id && node.incarnation === incarnation);
    const rowsBefore = self === this.#index ? this.#rows : [];
    this.#index = self;
    this.#rows = view.slots;
    this.#replication.applyView(view);
    for (let slot = 0; slot < slotCount; slot++) {
      const row = view.slots[slot]!;
      if (row === rowsBefore[slot]) continue;
      this.#leads[slot] = self >= 0 && row[2][0] === self ? 1 : 0;
      this.#dataEpochs[slot] = this.#replication.dataEpoch(slot);
    }
  }

  /** Whether this node is the slot's primary by its newest view. */
  leads(slot: number): boolean {
    return this.#leads[slot] === 1;
  }

  admission(slot: number): Admission {
    return this.#replication.admission(slot);
  }

  slotsServed(): number {
    let led = 0;
    for (let slot = 0; slot < slotCount; slot++) led += this.#leads[slot]!;
    return led;
  }

  /** That of the slot's data by the newest view, which is that of all data that may be read here. */
  dataEpoch(slot: number): number {
    return this.#dataEpochs[slot]!;
  }

  /** Whether an item that the engine keeps under this sequence belongs to what the slot holds. */
  isCurrent(slot: number, stored: number): boolean {
    return this.lives.isCurrent(slot, stored);
  }

  /** The sequence number that the next write of the slot gets. */
  nextSequence(slot: number): number {
    return this.#replication.nextSequence(slot);
  }
}
