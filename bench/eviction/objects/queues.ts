/**
 * Doubly linked queues of objects in typed arrays. An object is in one queue at most, so that all queues share
 * the two arrays of links; `home` says which one, 0 for none.
 */
const nobody = -1;

export class Queues {
  /** The queue that each object is in, counted from 1; 0: none. */
  readonly home: Uint8Array;
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  /** Objects, and charges together, by queue. */
  readonly items: Int32Array;
  readonly bytes: Float64Array;
  readonly #charges: Float64Array;

  constructor(charges: Float64Array, queues: number) {
    this.#charges = charges;
    this.home = new Uint8Array(charges.length);
    this.#newer = new Int32Array(charges.length);
    this.#older = new Int32Array(charges.length);
    this.#head = new Int32Array(queues + 1).fill(nobody);
    this.#tail = new Int32Array(queues + 1).fill(nobody);
    this.items = new Int32Array(queues + 1);
    this.bytes = new Float64Array(queues + 1);
  }

  /** The object that has been in the queue for longest, or -1. */
  oldest(queue: number): number {
    return this.#tail[queue]!;
  }

  /** The object that came next after this one, or -1. */
  newerThan(object: number): number {
    return this.#newer[object]!;
  }

  /** Puts an object that is in no queue at the head of one. */
  push(queue: number, object: number): void {
    const head = this.#head[queue]!;
    this.#older[object] = head;
    this.#newer[object] = nobody;
    if (head === nobody) this.#tail[queue] = object;
    else this.#newer[head] = object;
    this.#head[queue] = object;
    this.home[object] = queue;
    this.items[queue]!++;
    this.bytes[queue]! += this.#charges[object]!;
  }

  /** Takes an object out of the queue that it is in. */
  take(object: number): void {
    const queue = this.home[object]!;
    const newer = this.#newer[object]!;
    const older = this.#older[object]!;
    if (newer === nobody) this.#head[queue] = older;
    else this.#older[newer] = older;
    if (older === nobody) this.#tail[queue] = newer;
    else this.#newer[older] = newer;
    this.home[object] = 0;
    this.items[queue]!--;
    this.bytes[queue]! -= this.#charges[object]!;
  }
}
