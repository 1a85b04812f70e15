import type { View } from '../shared/fleet-state.ts';
import { slotCount } from '../shared/slots.ts';

/**
 * Which slots this process serves, and the versions it gives out in them.
 *
 * Sequence numbers of a slot never go back while the process lives. When a slot restarts empty (a new data
 * epoch), what it holds is forgotten at once by a floor: an item whose sequence is not above it is not there.
 */
export class SlotTable {
  readonly #nodeId: string;
  readonly #incarnation: string;
  readonly #primary = new Uint8Array(slotCount);
  readonly #dataEpoch = new Uint32Array(slotCount);
  readonly #sequence = new Float64Array(slotCount);
  readonly #floor = new Float64Array(slotCount);
  #viewNumber = 0;

  constructor(nodeId: string, incarnation: string) {
    this.#nodeId = nodeId;
    this.#incarnation = incarnation;
  }

  get viewNumber(): number {
    return this.#viewNumber;
  }

  /** Takes over a newer view; an older one is ignored. A role meant for another incarnation is none (rule P1). */
  apply(view: View): void {
    if (view.number <= this.#viewNumber) return;
    this.#viewNumber = view.number;
    const self = view.nodes.findIndex((node) => node.id === this.#nodeId && node.incarnation === this.#incarnation);
    for (let slot = 0; slot < slotCount; slot++) {
      const [, dataEpoch, copies] = view.slots[slot]!;
      this.#primary[slot] = self >= 0 && copies[0] === self ? 1 : 0;
      if (dataEpoch === this.#dataEpoch[slot]) continue;
      this.#dataEpoch[slot] = dataEpoch;
      this.#floor[slot] = this.#sequence[slot]!;
    }
  }

  serves(slot: number): boolean {
    return this.#primary[slot] === 1;
  }

  slotsServed(): number {
    let served = 0;
    for (let slot = 0; slot < slotCount; slot++) served += this.#primary[slot]!;
    return served;
  }

  dataEpoch(slot: number): number {
    return this.#dataEpoch[slot]!;
  }

  /** Whether an item with this sequence belongs to the slot's current data epoch. */
  isCurrent(slot: number, sequence: number): boolean {
    return sequence > this.#floor[slot]!;
  }

  /** The sequence number that the next write of the slot gets; `commit` takes it. */
  nextSequence(slot: number): number {
    return this.#sequence[slot]! + 1;
  }

  commit(slot: number): void {
    this.#sequence[slot] = this.#sequence[slot]! + 1;
  }
}
