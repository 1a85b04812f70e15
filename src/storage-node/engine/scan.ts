/** Passes over all items in small steps, while the engine changes between them; positions are those of `TableSteps`. */
import { TableSteps } from './hash-table/table-walk.ts';
import {
  itemExpiry,
  itemIsDead,
  itemKeyLength,
  itemNamespaceIndex,
  itemSequence,
  itemValueOffset,
} from './item/item.ts';
import type { Items } from './item/items.ts';
import { slabMask, slabShift } from './segments/slabs.ts';
import type { ScannedItem } from './storage-engine.ts';

export class Scan {
  readonly #items: Items;
  readonly #steps: TableSteps;
  readonly #item: ScannedItem = {
    namespace: 0,
    keyBytes: new Uint8Array(0),
    keyStart: 0,
    keyLength: 0,
    sequence: 0,
  };

  constructor(items: Items) {
    this.#items = items;
    this.#steps = new TableSteps(items.table, items.segments.slabs.words);
  }

  /** Visits whole buckets from `cursor` on, until `units` are used up: one for a bucket and one for each item. */
  visit(cursor: number, units: number, nowMs: number, visit: (item: ScannedItem, address: number) => void): number {
    const steps = this.#steps;
    let position = cursor;
    let left = units;
    do {
      position = steps.step(position);
      left -= 1 + steps.count;
      for (let i = 0; i < steps.count; i++) {
        const address = steps.addresses[i]!;
        if (this.#read(address, nowMs)) visit(this.#item, address);
      }
    } while (left > 0 && position !== 0);
    return position;
  }

  /** As `visit`, but removes the items for which `isLitter` holds. */
  sweep(cursor: number, units: number, nowMs: number, isLitter: (item: ScannedItem) => boolean): number {
    const { hash } = this.#items;
    return this.visit(cursor, units, nowMs, (item, address) => {
      if (!isLitter(item)) return;
      this.#items.seek(address);
      this.#items.unlink(hash.low, hash.tag);
    });
  }

  /** Reads what tells an item; false when it is not live. */
  #read(address: number, nowMs: number): boolean {
    const { segments, namespaces, kinds } = this.#items;
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    if (itemIsDead(words, at) || segments.baseMs[segments.of(address)]! + itemExpiry(words, at) <= nowMs) return false;
    const index = itemNamespaceIndex(kinds, words, at);
    if (namespaces.isDropped(index)) return false;
    const item = this.#item;
    item.namespace = namespaces.id[index]!;
    item.keyBytes = segments.slabs.bytes[address >>> slabShift]!;
    item.keyLength = itemKeyLength(words, at);
    item.keyStart = at * 4 + itemValueOffset(words, at) - item.keyLength;
    item.sequence = itemSequence(words, at);
    return true;
  }
}
