import type { SegmentId } from './segment-id.ts';

const absent = -1;
const none = -1;

/**
 * Segments and jumbos by the time at which they expire: a binary heap with the place of each id, so that an
 * id can leave it at any time (Williams, "Algorithm 232: Heapsort", CACM 1964).
 *
 * The head of a TTL bucket's chain would do in the paper, where a segment's expiry follows from its age.
 * With an expiry per item, which may change, the oldest need not be the first to expire.
 */
export class ExpiryQueue {
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  readonly #keyMs: Float64Array;
  #length = 0;

  constructor(ids: number) {
    this.#heap = new Int32Array(ids);
    this.#place = new Int32Array(ids).fill(absent);
    this.#keyMs = new Float64Array(ids);
  }

  has(id: SegmentId): boolean {
    return this.#place[id] !== absent;
  }

  /** The id that is first, or -1. */
  get first(): SegmentId {
    return this.#length === 0 ? none : this.#heap[0]!;
  }

  get firstMs(): number {
    return this.#length === 0 ? Number.POSITIVE_INFINITY : this.#keyMs[this.#heap[0]!]!;
  }

  /** Enters the id, or changes its time. */
  set(id: SegmentId, ms: number): void {
    let place = this.#place[id]!;
    this.#keyMs[id] = ms;
    if (place === absent) place = this.#length++;
    this.#settle(id, place);
  }

  remove(id: SegmentId): void {
    const place = this.#place[id]!;
    if (place === absent) return;
    this.#place[id] = absent;
    const last = this.#heap[--this.#length]!;
    if (last !== id) this.#settle(last, place);
  }

  /** Puts the id where it belongs, going up or down from `start`. */
  #settle(id: SegmentId, start: number): void {
    const heap = this.#heap;
    const keys = this.#keyMs;
    const key = keys[id]!;
    let place = start;
    while (place > 0) {
      const parent = heap[(place - 1) >> 1]!;
      if (keys[parent]! <= key) break;
      heap[place] = parent;
      this.#place[parent] = place;
      place = (place - 1) >> 1;
    }
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && keys[heap[child + 1]!]! < keys[heap[child]!]!) child++;
      const below = heap[child]!;
      if (keys[below]! >= key) break;
      heap[place] = below;
      this.#place[below] = place;
      place = child;
    }
    heap[place] = id;
    this.#place[id] = place;
  }
}
