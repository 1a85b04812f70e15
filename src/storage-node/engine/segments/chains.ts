import type { SegmentId } from './segment-id.ts';

const none = -1;

/** Doubly linked lists over the same ids, each of which is in at most one of them; oldest first. */
export class Chains {
  readonly next: Int32Array;
  readonly previous: Int32Array;
  readonly oldest: Int32Array;
  readonly newest: Int32Array;

  /** `ids`: ids run from 0 to one less. `lists`: how many lists there are. */
  constructor(ids: number, lists: number) {
    this.next = new Int32Array(ids).fill(none);
    this.previous = new Int32Array(ids).fill(none);
    this.oldest = new Int32Array(lists).fill(none);
    this.newest = new Int32Array(lists).fill(none);
  }

  append(list: number, id: SegmentId): void {
    this.insertAfter(list, id, this.newest[list]!);
  }

  /** Puts `id` behind `before`, or at the old end when that is -1. */
  insertAfter(list: number, id: SegmentId, before: SegmentId): void {
    const after = before === none ? this.oldest[list]! : this.next[before]!;
    this.previous[id] = before;
    this.next[id] = after;
    if (before === none) this.oldest[list] = id;
    else this.next[before] = id;
    if (after === none) this.newest[list] = id;
    else this.previous[after] = id;
  }

  remove(list: number, id: SegmentId): void {
    const before = this.previous[id]!;
    const after = this.next[id]!;
    if (before === none) this.oldest[list] = after;
    else this.next[before] = after;
    if (after === none) this.newest[list] = before;
    else this.previous[after] = before;
  }

  /** Visits a list from its old end; throws an Error when its links disagree. */
  walk(list: number, visit: (id: SegmentId) => void): void {
    let before = none;
    for (let id = this.oldest[list]!; id !== none; id = this.next[id]!) {
      if (this.previous[id] !== before) throw new Error(`list ${list}: a broken link at ${id}`);
      visit(id);
      before = id;
    }
    if (this.newest[list] !== before) throw new Error(`list ${list}: it does not end at its newest`);
  }
}
