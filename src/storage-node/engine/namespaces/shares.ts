import { commonOwner, type Owner, ownerCount } from '../segments/pools.ts';

/**
 * The shares of the memory that namespaces have for themselves: each such namespace is an owner of pools.
 * A share is a floor, not a ceiling: its namespace gives way to nobody while it holds no more than that, and
 * competes with all others for the rest.
 */
export class Shares {
  /** Part of the memory by owner, 0 … 1. */
  readonly share = new Float64Array(ownerCount);
  /** Namespace index by owner. */
  readonly namespaceIndex = new Int32Array(ownerCount);
  readonly #inUse = new Uint8Array(ownerCount);
  /** No owner above this is in use. */
  highest: Owner = commonOwner;

  /** A new owner with this share; `commonOwner` when all are in use. */
  take(namespaceIndex: number, share: number): Owner {
    for (let owner = 1; owner < ownerCount; owner++) {
      if (this.#inUse[owner]) continue;
      this.#inUse[owner] = 1;
      this.share[owner] = share;
      this.namespaceIndex[owner] = namespaceIndex;
      this.highest = Math.max(this.highest, owner);
      return owner;
    }
    return commonOwner;
  }

  release(owner: Owner): void {
    this.#inUse[owner] = 0;
    this.share[owner] = 0;
    while (this.highest > commonOwner && !this.#inUse[this.highest]) this.highest--;
  }
}
