/**
 * The object-level policies again, as plainly as their papers put them: arrays, linear searches and sums, nothing
 * shared with `objects`. Far too slow for a benchmark; there to show that the fast ones are right.
 */
export interface NaiveCache {
  request(object: number): boolean;
  remove(object: number): void;
  /** The objects that are in, in any order. */
  contents(): number[];
}

type Sizes = (object: number) => number;

function total(objects: readonly number[], size: Sizes): number {
  return objects.reduce((sum, object) => sum + size(object), 0);
}

function without(objects: readonly number[], object: number): number[] {
  return objects.filter((other) => other !== object);
}

/** FIFO, and LRU when a hit makes an object the youngest. */
export class NaiveQueue implements NaiveCache {
  /** Oldest first. */
  #queue: number[] = [];
  readonly #capacity: number;
  readonly #size: Sizes;
  readonly #recency: boolean;

  constructor(capacity: number, size: Sizes, recency: boolean) {
    this.#capacity = capacity;
    this.#size = size;
    this.#recency = recency;
  }

  request(object: number): boolean {
    const hit = this.#queue.includes(object);
    if (hit && this.#recency) this.#queue = [...without(this.#queue, object), object];
    if (hit || this.#size(object) > this.#capacity) return hit;
    this.#queue.push(object);
    while (total(this.#queue, this.#size) > this.#capacity) this.#queue.shift();
    return false;
  }

  remove(object: number): void {
    this.#queue = without(this.#queue, object);
  }

  contents(): number[] {
    return this.#queue;
  }
}

/** SIEVE: a list from tail to head and an object that the hand points to. */
export class NaiveSieve implements NaiveCache {
  /** Tail first: new objects are appended. */
  #list: number[] = [];
  readonly #visited = new Set<number>();
  #hand: number | undefined;
  readonly #capacity: number;
  readonly #size: Sizes;

  constructor(capacity: number, size: Sizes) {
    this.#capacity = capacity;
    this.#size = size;
  }

  request(object: number): boolean {
    if (this.#list.includes(object)) {
      this.#visited.add(object);
      return true;
    }
    if (this.#size(object) > this.#capacity) return false;
    while (total(this.#list, this.#size) + this.#size(object) > this.#capacity) this.#evict();
    this.#list.push(object);
    return false;
  }

  #evict(): void {
    let position = this.#hand === undefined ? 0 : this.#list.indexOf(this.#hand);
    while (this.#visited.delete(this.#list[position]!)) position = (position + 1) % this.#list.length;
    const victim = this.#list[position]!;
    // Towards the head; past it, the hand begins at the tail again.
    this.#hand = this.#list[position + 1];
    this.#list = without(this.#list, victim);
  }

  remove(object: number): void {
    const position = this.#list.indexOf(object);
    if (this.#hand === object) this.#hand = this.#list[position + 1];
    this.#visited.delete(object);
    this.#list = without(this.#list, object);
  }

  contents(): number[] {
    return this.#list;
  }
}

/** S3-FIFO: three arrays and a Map of frequencies, after the pseudocode of the paper's algorithm 1. */
export class NaiveS3Fifo implements NaiveCache {
  /** Each with the tail first. */
  #small: number[] = [];
  #main: number[] = [];
  #ghost: number[] = [];
  readonly #frequency = new Map<number, number>();
  readonly #capacity: number;
  readonly #size: Sizes;

  constructor(capacity: number, size: Sizes) {
    this.#capacity = capacity;
    this.#size = size;
  }

  request(object: number): boolean {
    if (this.contents().includes(object)) {
      this.#frequency.set(object, Math.min(3, this.#frequency.get(object)! + 1));
      return true;
    }
    if (this.#size(object) > this.#capacity) return false;
    const wasGhost = this.#ghost.includes(object);
    this.#ghost = without(this.#ghost, object);
    while (total(this.contents(), this.#size) + this.#size(object) > this.#capacity) {
      if (total(this.#small, this.#size) >= 0.1 * this.#capacity || this.#main.length === 0) this.#evictFromSmall();
      else this.#evictFromMain();
    }
    if (wasGhost) this.#main.push(object);
    else this.#small.push(object);
    this.#frequency.set(object, 0);
    return false;
  }

  #evictFromSmall(): void {
    for (let tail = this.#small.shift(); tail !== undefined; tail = this.#small.shift()) {
      if (this.#frequency.get(tail)! > 1) {
        this.#frequency.set(tail, 0);
        this.#main.push(tail);
        if (total(this.#main, this.#size) > (1 - 0.1) * this.#capacity) this.#evictFromMain();
        continue;
      }
      this.#ghost.push(tail);
      while (total(this.#ghost, this.#size) > (1 - 0.1) * this.#capacity) this.#ghost.shift();
      return;
    }
  }

  #evictFromMain(): void {
    for (let tail = this.#main.shift(); tail !== undefined; tail = this.#main.shift()) {
      const frequency = this.#frequency.get(tail)!;
      if (frequency === 0) return;
      this.#frequency.set(tail, frequency - 1);
      this.#main.push(tail);
    }
  }

  remove(object: number): void {
    this.#small = without(this.#small, object);
    this.#main = without(this.#main, object);
  }

  contents(): number[] {
    return [...this.#small, ...this.#main];
  }
}
