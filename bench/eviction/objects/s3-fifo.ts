import type { ObjectCache, ObjectCacheOptions } from './object-cache.ts';
import { Queues } from './queues.ts';

const small = 1;
const main = 2;
const ghost = 3;

/** Share of the capacity that the small queue gives way above (SOSP'23, section 4.1). */
const smallShare = 0.1;
const frequencyMax = 3;
/** Uses in the small queue that are worth a place in main. */
const promotionUsesMin = 2;

/**
 * S3-FIFO (Yang, Zhang, Qiu, Yue and Vinayak, SOSP'23, section 4.1, algorithm 1), in bytes.
 *
 * The ghost remembers what left small, up to the bytes that main may hold: for objects of one size that is as
 * many entries as main. Frequencies are cleared when an object moves to main.
 */
export class S3FifoCache implements ObjectCache {
  readonly #capacityBytes: number;
  readonly #charges: Float64Array;
  readonly #queues: Queues;
  readonly #frequency: Uint8Array;

  constructor({ capacityBytes, charges }: ObjectCacheOptions) {
    this.#capacityBytes = capacityBytes;
    this.#charges = charges;
    this.#queues = new Queues(charges, 3);
    this.#frequency = new Uint8Array(charges.length);
  }

  get items(): number {
    return this.#queues.items[small]! + this.#queues.items[main]!;
  }

  get bytes(): number {
    return this.#queues.bytes[small]! + this.#queues.bytes[main]!;
  }

  has(object: number): boolean {
    const home = this.#queues.home[object];
    return home === small || home === main;
  }

  request(object: number): boolean {
    const queues = this.#queues;
    if (this.has(object)) {
      if (this.#frequency[object]! < frequencyMax) this.#frequency[object]!++;
      return true;
    }
    const charge = this.#charges[object]!;
    if (charge > this.#capacityBytes) return false;
    const remembered = queues.home[object] === ghost;
    if (remembered) queues.take(object);
    while (this.bytes + charge > this.#capacityBytes) this.#evict();
    this.#frequency[object] = 0;
    queues.push(remembered ? main : small, object);
    return false;
  }

  remove(object: number): void {
    this.#queues.take(object);
  }

  /** Makes some room: one object leaves small, or else main. */
  #evict(): void {
    const queues = this.#queues;
    const smallIsFull = queues.bytes[small]! >= smallShare * this.#capacityBytes;
    if (smallIsFull || queues.items[main] === 0) this.#evictSmall();
    else this.#evictMain();
  }

  /** Objects that were used enough go to main; the first that was not goes to the ghost. */
  #evictSmall(): void {
    const queues = this.#queues;
    const mainBytesMax = (1 - smallShare) * this.#capacityBytes;
    while (queues.items[small]! > 0) {
      const object = queues.oldest(small);
      queues.take(object);
      if (this.#frequency[object]! < promotionUsesMin) {
        queues.push(ghost, object);
        while (queues.bytes[ghost]! > mainBytesMax) queues.take(queues.oldest(ghost));
        return;
      }
      this.#frequency[object] = 0;
      queues.push(main, object);
      if (queues.bytes[main]! > mainBytesMax) this.#evictMain();
    }
  }

  /** Objects in use get another round, for one use each; the first that is not leaves. */
  #evictMain(): void {
    const queues = this.#queues;
    while (queues.items[main]! > 0) {
      const object = queues.oldest(main);
      queues.take(object);
      if (this.#frequency[object]! === 0) return;
      this.#frequency[object]!--;
      queues.push(main, object);
    }
  }
}
