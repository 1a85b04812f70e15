import { slotCount } from '../shared/slots.ts';

/** Places that a slot's queue keeps when nothing of it waits: bursts come again. */
const placesKept = 64;

/** What waits of one slot, oldest first, as numbers in a row: to queue a result makes no object. */
class Queue {
  #places: number[] = [];
  /** Where the oldest is, and where the next one goes. */
  #head = 0;
  #tail = 0;

  get isEmpty(): boolean {
    return this.#head === this.#tail;
  }

  /** Numbers that it keeps memory for. */
  get places(): number {
    return this.#places.length;
  }

  push(sequence: number, bytes: number): void {
    this.#places[this.#tail++] = sequence;
    this.#places[this.#tail++] = bytes;
  }

  /** Takes what is not newer than `sequence`; returns its bytes. */
  takeUpTo(sequence: number): number {
    let taken = 0;
    while (this.#head < this.#tail && this.#places[this.#head]! <= sequence) {
      taken += this.#places[this.#head + 1]!;
      this.#head += 2;
    }
    if (this.isEmpty) {
      this.#head = 0;
      this.#tail = 0;
      if (this.#places.length > placesKept) this.#places = [];
    } else if (this.#head > placesKept && this.#head * 2 > this.#tail) {
      this.#places.copyWithin(0, this.#head, this.#tail);
      this.#tail -= this.#head;
      this.#head = 0;
    }
    return taken;
  }
}

/** Bytes of results that wait for the acknowledgement of copies, by slot and in order. */
export class UncommittedBytes {
  readonly #bySlot: (Queue | undefined)[] = new Array<Queue | undefined>(slotCount).fill(undefined);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Numbers that are kept for a slot, of what waits and of what did. */
  placesOf(slot: number): number {
    return this.#bySlot[slot]?.places ?? 0;
  }

  /** Whether any result of the slot waits. */
  has(slot: number): boolean {
    return this.#bySlot[slot]?.isEmpty === false;
  }

  add(slot: number, sequence: number, bytes: number): void {
    this.#total += bytes;
    let queue = this.#bySlot[slot];
    if (queue === undefined) {
      queue = new Queue();
      this.#bySlot[slot] = queue;
    }
    queue.push(sequence, bytes);
  }

  committed(slot: number, sequence: number): void {
    const queue = this.#bySlot[slot];
    if (queue !== undefined) this.#total -= queue.takeUpTo(sequence);
  }

  lost(slot: number): void {
    this.committed(slot, Number.POSITIVE_INFINITY);
  }
}
