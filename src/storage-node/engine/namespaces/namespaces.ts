/**
 * The namespaces of the items here: each gets a dense index, which items carry and which the counters are
 * arrays over. To drop a namespace is to forget its index: nothing can find the items any more, and a later
 * item of the same namespace has another index. The old index is used again once a sweep has unlinked what
 * it left behind.
 */
import { commonOwner } from '../segments/pools.ts';

export const noNamespace = -1;

const stateUnused = 0;
const stateInUse = 1;
const stateDropped = 2;
/** Dropped before the running sweep began, so none of its items is left when that ends. */
const stateSweeping = 3;

/** Never a namespace, which is unsigned 32 bit. */
const nothing = -1;

export class Namespaces {
  readonly #indexOf = new Map<number, number>();
  #capacity = 64;
  #used = 0;
  readonly #unused: number[] = [];
  #lastId = nothing;
  #lastIndex = noNamespace;

  #state = new Uint8Array(this.#capacity);
  #pinned = new Uint8Array(this.#capacity);
  id = new Float64Array(this.#capacity);
  items = new Float64Array(this.#capacity);
  bytes = new Float64Array(this.#capacity);
  evictions = new Float64Array(this.#capacity);
  expirations = new Float64Array(this.#capacity);
  /** Items taken for expired before their time: none, ever. */
  earlyExpirations = new Float64Array(this.#capacity);
  /** Whose pools the namespace's new items go to. */
  owner = new Uint8Array(this.#capacity);

  /** Items and bytes of dropped namespaces that no sweep has met yet. */
  droppedItems = 0;
  droppedBytes = 0;
  /** Bytes of the items of pinned namespaces. */
  pinnedBytes = 0;
  #dropped = 0;

  /** The namespace's index, or `noNamespace`. */
  find(namespace: number): number {
    if (namespace === this.#lastId) return this.#lastIndex;
    const index = this.#indexOf.get(namespace);
    if (index === undefined) return noNamespace;
    this.#lastId = namespace;
    this.#lastIndex = index;
    return index;
  }

  /** The namespace's index, a new one if there is none. */
  ensure(namespace: number): number {
    const known = this.find(namespace);
    if (known !== noNamespace) return known;
    const index = this.#unused.pop() ?? this.#used++;
    if (index === this.#capacity) this.#enlarge();
    this.#state[index] = stateInUse;
    this.#pinned[index] = 0;
    this.id[index] = namespace;
    this.items[index] = 0;
    this.bytes[index] = 0;
    this.evictions[index] = 0;
    this.expirations[index] = 0;
    this.earlyExpirations[index] = 0;
    this.owner[index] = commonOwner;
    this.#indexOf.set(namespace, index);
    return index;
  }

  #enlarge(): void {
    this.#capacity *= 2;
    const grow = <T extends Uint8Array | Float64Array>(old: T, next: T): T => {
      next.set(old);
      return next;
    };
    this.#state = grow(this.#state, new Uint8Array(this.#capacity));
    this.#pinned = grow(this.#pinned, new Uint8Array(this.#capacity));
    this.id = grow(this.id, new Float64Array(this.#capacity));
    this.items = grow(this.items, new Float64Array(this.#capacity));
    this.bytes = grow(this.bytes, new Float64Array(this.#capacity));
    this.evictions = grow(this.evictions, new Float64Array(this.#capacity));
    this.expirations = grow(this.expirations, new Float64Array(this.#capacity));
    this.earlyExpirations = grow(this.earlyExpirations, new Float64Array(this.#capacity));
    this.owner = grow(this.owner, new Uint8Array(this.#capacity));
  }

  /** Whether memory pressure must leave the namespace's live items alone. */
  isPinned(index: number): boolean {
    return this.#pinned[index] === 1;
  }

  setPinned(index: number, pinned: boolean): void {
    if (this.isPinned(index) === pinned) return;
    this.#pinned[index] = pinned ? 1 : 0;
    this.pinnedBytes += pinned ? this.bytes[index]! : -this.bytes[index]!;
  }

  isDropped(index: number): boolean {
    return this.#state[index]! >= stateDropped;
  }

  /** Forgets the namespace. */
  drop(namespace: number): void {
    const index = this.find(namespace);
    if (index === noNamespace) return;
    this.#indexOf.delete(namespace);
    this.#lastId = nothing;
    if (this.items[index] === 0) {
      this.#free(index);
      return;
    }
    this.setPinned(index, false);
    this.#state[index] = stateDropped;
    this.droppedItems += this.items[index]!;
    this.droppedBytes += this.bytes[index]!;
    this.#dropped++;
  }

  #free(index: number): void {
    this.#state[index] = stateUnused;
    this.#unused.push(index);
  }

  countStored(index: number, bytes: number): void {
    this.items[index]!++;
    this.bytes[index]! += bytes;
    if (this.isPinned(index)) this.pinnedBytes += bytes;
  }

  /** An item has been replaced in place by one that is larger by `change` bytes. */
  resize(index: number, change: number): void {
    this.bytes[index]! += change;
    if (this.isPinned(index)) this.pinnedBytes += change;
  }

  countGone(index: number, bytes: number): void {
    this.items[index]!--;
    this.bytes[index]! -= bytes;
    if (this.isPinned(index)) this.pinnedBytes -= bytes;
    if (this.#state[index]! < stateDropped) return;
    this.droppedItems--;
    this.droppedBytes -= bytes;
    if (this.items[index] !== 0) return;
    this.#dropped--;
    this.#free(index);
  }

  /** Namespaces dropped whose items are not all unlinked. */
  get sweepDue(): boolean {
    return this.#dropped > 0;
  }

  /** Marks what a sweep that begins now will have cleared when it ends. */
  sweepBegins(): void {
    for (let index = 0; index < this.#used; index++) {
      if (this.#state[index] === stateDropped) this.#state[index] = stateSweeping;
    }
  }

  /** Throws if the sweep that ends has left items behind. */
  sweepEnds(): void {
    for (let index = 0; index < this.#used; index++) {
      if (this.#state[index] === stateSweeping) throw new Error('a sweep has left items of a dropped namespace');
    }
  }
}
