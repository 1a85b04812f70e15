import type { Items } from '../item/items.ts';
import { Shares } from '../namespaces/shares.ts';
import type { Geometry } from '../options.ts';
import { commonOwner, mainPoolOf, type Owner, smallPoolOf } from '../segments/pools.ts';

/** What the shares of the memory come to in bytes, and who holds how much. */
export class MemoryShares {
  readonly #items: Items;
  readonly #geometry: Geometry;
  readonly #shares = new Shares();

  constructor(items: Items, geometry: Geometry) {
    this.#items = items;
    this.#geometry = geometry;
  }

  get highestOwner(): Owner {
    return this.#shares.highest;
  }

  /** Sets a namespace's share, 0 … 1; returns the owner whose pools nobody uses any more, or `commonOwner`. */
  set(namespaceIndex: number, share: number): Owner {
    const { owner } = this.#items.namespaces;
    const current = owner[namespaceIndex]!;
    if (current !== commonOwner && share > 0) {
      this.#shares.share[current] = share;
      return commonOwner;
    }
    if (current !== commonOwner) this.#shares.release(current);
    owner[namespaceIndex] = share > 0 ? this.#shares.take(namespaceIndex, share) : commonOwner;
    return current;
  }

  /** Bytes that the owner's share comes to: of the memory that is not the hash table's. */
  entitledBytes(owner: Owner): number {
    const { segments } = this.#items;
    return this.#shares.share[owner]! * (segments.total - segments.tablePages) * segments.sizeBytes;
  }

  #heldBytes(owner: Owner): number {
    const { poolMemoryBytes } = this.#items.segments;
    return poolMemoryBytes[smallPoolOf(owner)]! + poolMemoryBytes[mainPoolOf(owner)]!;
  }

  /** Bytes that the owner's pools hold above its share; negative below it. */
  excessBytes(owner: Owner): number {
    return this.#heldBytes(owner) - this.entitledBytes(owner);
  }

  /** Bytes in the pools of the other owners that are theirs by their shares. */
  keptFromBytes(owner: Owner): number {
    let bytes = 0;
    for (let other = commonOwner + 1; other <= this.highestOwner; other++) {
      if (other !== owner) bytes += Math.min(this.#heldBytes(other), this.entitledBytes(other));
    }
    return bytes;
  }

  /** Whether the items of a namespace must not be evicted from a pool of another owner, as it is below its share. */
  guards(namespaceIndex: number, holder: Owner): boolean {
    const owner = this.#items.namespaces.owner[namespaceIndex]!;
    return owner !== commonOwner && owner !== holder && this.excessBytes(owner) < 0;
  }

  /** The owner that holds most in relation to its share. */
  mostExceeding(): Owner {
    let most: Owner = commonOwner;
    let ratio = -1;
    for (let owner = commonOwner; owner <= this.highestOwner; owner++) {
      const held = this.#heldBytes(owner);
      const ofShare = held === 0 ? -1 : held / Math.max(1, this.entitledBytes(owner));
      if (ofShare <= ratio) continue;
      ratio = ofShare;
      most = owner;
    }
    return most;
  }

  /** Bytes up to which the pinned pool may grow for a namespace: what others have a share of is not for it. */
  pinnedBytesMax(namespaceIndex: number): number {
    const { namespaces } = this.#items;
    const { tablePages, sizeBytes } = this.#items.segments;
    let bytes = this.#geometry.pinnedBytesMax - tablePages * sizeBytes;
    for (let owner = commonOwner + 1; owner <= this.highestOwner; owner++) {
      const of = this.#shares.namespaceIndex[owner]!;
      if (of === namespaceIndex || namespaces.owner[of] !== owner) continue;
      const used = namespaces.isPinned(of) ? namespaces.bytes[of]! : 0;
      bytes -= Math.max(0, this.entitledBytes(owner) - used);
    }
    return bytes;
  }
}
