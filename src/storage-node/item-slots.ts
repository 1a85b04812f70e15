import type { CacheRecord } from '../shared/fleet-state.ts';
import { murmur3 } from '../shared/hash.ts';
import { cacheSeed, slotOf } from '../shared/slots.ts';
import type { ScannedItem } from './engine/storage-engine.ts';

/** Of which slot an item is: by its namespace the cache, by the cache the seed, by that the key's hash. */
export class ItemSlots {
  readonly #seeds = new Map<number, number>();
  /** Largest namespace that any registry named: they are given in order, so that a larger one is still to come. */
  #namespaceMax = 0;
  /** Namespaces that came with copies before the registry named them. */
  readonly #ahead = new Set<number>();

  /** Takes over the caches that there are; returns namespaces that came with copies and turn out to be gone already. */
  applyRegistry(caches: readonly CacheRecord[]): number[] {
    this.#seeds.clear();
    for (const { account, name, namespace } of caches) {
      this.#seeds.set(namespace, cacheSeed(account, name));
      this.#namespaceMax = Math.max(this.#namespaceMax, namespace);
    }
    const gone: number[] = [];
    for (const namespace of this.#ahead) {
      if (namespace > this.#namespaceMax) continue;
      this.#ahead.delete(namespace);
      if (!this.#seeds.has(namespace)) gone.push(namespace);
    }
    return gone;
  }

  /**
   * Whether items of a namespace belong here: `no` when the cache is gone or was flushed, `unknown` when the registry
   * does not name it yet.
   */
  knows(namespace: number): 'yes' | 'no' | 'unknown' {
    if (this.#seeds.has(namespace)) return 'yes';
    return namespace > this.#namespaceMax ? 'unknown' : 'no';
  }

  /** Notes that an item of a namespace has come that the registry does not name yet; false when that is known. */
  cameAhead(namespace: number): boolean {
    if (this.#ahead.has(namespace)) return false;
    this.#ahead.add(namespace);
    return true;
  }

  /** Namespaces that came with copies and that the registry does not name yet. */
  ahead(): number[] {
    return [...this.#ahead];
  }

  /** Settles that these are gone: a registry newer than their items does not name them. Returns those it had not yet. */
  settleGone(namespaces: readonly number[]): number[] {
    return namespaces.filter((namespace) => {
      if (!this.#ahead.delete(namespace)) return false;
      this.#namespaceMax = Math.max(this.#namespaceMax, namespace);
      return true;
    });
  }

  /** Whether there are items whose slot cannot be told for now. */
  get anyAhead(): boolean {
    return this.#ahead.size > 0;
  }

  /** The slot of an item that a scan meets; -1 when its cache is not known. */
  slotOf({ namespace, keyBytes, keyStart, keyLength }: ScannedItem): number {
    const seed = this.#seeds.get(namespace);
    return seed === undefined ? -1 : slotOf(murmur3(keyBytes, keyStart, keyLength, seed));
  }
}
