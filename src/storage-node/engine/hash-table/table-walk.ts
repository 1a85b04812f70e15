/**
 * Walks over the chains of the hash table without changing it: all of it for the check, and by and by for scans.
 *
 * A scan's position is a hash with its bits in reverse order, as the cursor of Redis's SCAN. In that order a bucket
 * is one unbroken range whatever the size of the table: to split it halves its range, to join it with another makes
 * one range of two neighbours. So everything behind a position has been visited, everything before it has not, and
 * that stays true however the table grows and shrinks between two steps. An item keeps its hash wherever it is moved.
 */
import { engineLimits } from '../options.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import { bucketWords, frequencyMask, type HashTable, linkMark, tagMask } from './hash-table.ts';
import { overflowWords } from './overflow-buckets.ts';

/** Positions are 0 … `positionEnd` - 1. */
const positionEnd = 2 ** 32;

/** Gathers the items of one bucket after the other. */
export class TableSteps {
  /** Addresses of the items that the last step met. */
  readonly addresses = new Int32Array(engineLimits.chainItemsMax);
  count = 0;
  readonly #table: HashTable;
  readonly #views: Int32Array[];

  constructor(table: HashTable, views: Int32Array[]) {
    this.#table = table;
    this.#views = views;
  }

  /** Gathers the chain of the bucket in which `position` lies; returns the position after it, 0 when it was the last. */
  step(position: number): number {
    const { buckets } = this.#table;
    const levels = 32 - Math.clz32(buckets);
    let bits = levels;
    let bucket = reverse(position) & (2 ** levels - 1);
    if (bucket >= buckets) bucket &= 2 ** --bits - 1;
    // Not split yet: it has the range of what will be its other half, too.
    else if (bucket + 2 ** (levels - 1) >= buckets && bucket < 2 ** (levels - 1)) bits--;
    this.count = 0;
    forEachSlot(this.#views, this.#table.addressOfBucket(bucket), (words, at) => {
      this.addresses[this.count++] = words[at + 1]!;
    });
    const range = positionEnd / 2 ** bits;
    const next = (Math.floor(position / range) + 1) * range;
    return next === positionEnd ? 0 : next;
  }
}

/** The 32 bits of a number in reverse order, signed. */
function reverse(value: number): number {
  let x = value | 0;
  x = ((x >>> 1) & 0x5555_5555) | ((x & 0x5555_5555) << 1);
  x = ((x >>> 2) & 0x3333_3333) | ((x & 0x3333_3333) << 2);
  x = ((x >>> 4) & 0x0f0f_0f0f) | ((x & 0x0f0f_0f0f) << 4);
  x = ((x >>> 8) & 0x00ff_00ff) | ((x & 0x00ff_00ff) << 8);
  return (x >>> 16) | (x << 16);
}

/** Calls `visit` with each occupied slot of a chain: its view and index. */
function forEachSlot(views: Int32Array[], bucketAddress: number, visit: (words: Int32Array, at: number) => void): void {
  let address = bucketAddress;
  let length = bucketWords;
  for (;;) {
    const words = views[address >>> slabShift]!;
    const start = address & slabMask;
    const end = start + length;
    const linked = (words[end - 2]! & frequencyMask) === linkMark;
    const slotsEnd = linked ? end - 2 : end;
    for (let at = start; at < slotsEnd && words[at + 1] !== 0; at += 2) visit(words, at);
    if (!linked) return;
    address = words[end - 1]!;
    length = overflowWords;
  }
}

/** Calls `visit` with every slot's item address, tag bits and home bucket; throws on a broken chain. For `checkIntegrity`. */
export function walkTable(
  table: HashTable,
  views: Int32Array[],
  visit: (itemAddress: number, tag: number, bucketAddress: number) => void,
): void {
  let items = 0;
  let overflow = 0;
  for (let bucket = 0; bucket < table.buckets; bucket++) {
    const home = table.addressOfBucket(bucket);
    let address = home;
    let length = bucketWords;
    for (;;) {
      const words = views[address >>> slabShift]!;
      const start = address & slabMask;
      const end = start + length;
      const linked = (words[end - 2]! & frequencyMask) === linkMark;
      let empty = false;
      for (let at = start; at < (linked ? end - 2 : end); at += 2) {
        if (words[at + 1] === 0) {
          empty = true;
          if (words[at] !== 0) throw new Error(`bucket ${bucket}: tag without an item`);
          continue;
        }
        if (empty) throw new Error(`bucket ${bucket}: a hole in the chain`);
        items++;
        visit(words[at + 1]!, words[at]! & tagMask, home);
      }
      if (linked && empty) throw new Error(`bucket ${bucket}: a hole before a link`);
      if (address !== home && words[start + 1] === 0) throw new Error(`bucket ${bucket}: empty overflow bucket`);
      if (!linked) break;
      address = words[end - 1]!;
      length = overflowWords;
      if (++overflow > table.overflowInUse) throw new Error(`bucket ${bucket}: more overflow buckets than counted`);
    }
  }
  if (items !== table.items) throw new Error(`table: ${items} items, ${table.items} counted`);
  if (overflow !== table.overflowInUse)
    throw new Error(`table: ${overflow} overflow buckets, ${table.overflowInUse} counted`);
}
