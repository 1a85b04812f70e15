import type { ObjectCache, ObjectCacheOptions } from './object-cache.ts';
import { Queues } from './queues.ts';

const only = 1;

/** What the policies with one queue have in common: membership, bytes and making room. */
abstract class SingleQueue implements ObjectCache {
  readonly #capacityBytes: number;
  readonly #charges: Float64Array;
  protected readonly queues: Queues;

  constructor({ capacityBytes, charges }: ObjectCacheOptions) {
    this.#capacityBytes = capacityBytes;
    this.#charges = charges;
    this.queues = new Queues(charges, 1);
  }

  get items(): number {
    return this.queues.items[only]!;
  }

  get bytes(): number {
    return this.queues.bytes[only]!;
  }

  has(object: number): boolean {
    return this.queues.home[object] === only;
  }

  request(object: number): boolean {
    if (this.has(object)) {
      this.hit(object);
      return true;
    }
    const charge = this.#charges[object]!;
    if (charge > this.#capacityBytes) return false;
    while (this.bytes + charge > this.#capacityBytes) this.remove(this.victim());
    this.queues.push(only, object);
    return false;
  }

  remove(object: number): void {
    this.queues.take(object);
  }

  protected abstract hit(object: number): void;

  /** The object that goes next; the queue is not empty. */
  protected abstract victim(): number;
}

/** First in, first out. */
export class FifoCache extends SingleQueue {
  protected hit(): void {}

  protected victim(): number {
    return this.queues.oldest(only);
  }
}

/** Least recently used. */
export class LruCache extends SingleQueue {
  protected hit(object: number): void {
    this.queues.take(object);
    this.queues.push(only, object);
  }

  protected victim(): number {
    return this.queues.oldest(only);
  }
}

/**
 * SIEVE (Zhang, Yang, Yue, Vigfusson and Rashmi, NSDI'24, section 3): a hand goes from the tail to the head,
 * clears the bits of visited objects, which stay where they are, and takes the first that has none.
 */
export class SieveCache extends SingleQueue {
  readonly #visited: Uint8Array;
  /** Where the hand stands; -1: at the tail. */
  #hand = -1;

  constructor(options: ObjectCacheOptions) {
    super(options);
    this.#visited = new Uint8Array(options.charges.length);
  }

  protected hit(object: number): void {
    this.#visited[object] = 1;
  }

  protected victim(): number {
    let at = this.#hand === -1 ? this.queues.oldest(only) : this.#hand;
    while (this.#visited[at] === 1) {
      this.#visited[at] = 0;
      const newer = this.queues.newerThan(at);
      at = newer === -1 ? this.queues.oldest(only) : newer;
    }
    this.#hand = at;
    return at;
  }

  override remove(object: number): void {
    if (this.#hand === object) this.#hand = this.queues.newerThan(object);
    this.#visited[object] = 0;
    super.remove(object);
  }
}
