/**
 * The walk over everything that must agree: lists and counters of segments, records and live counts, table
 * and records in both directions, namespaces' sums.
 */
import { walkTable } from './hash-table/table-walk.ts';
import { itemHeaderWords, itemIsDead, itemIsJumbo, itemKeyLength, itemNamespaceIndex, itemSize } from './item/item.ts';
import type { Items } from './item/items.ts';
import { holdsRecords } from './segments/segments.ts';
import { slabMask, slabShift } from './segments/slabs.ts';

/** Throws an Error that names the first broken invariant. */
export function checkIntegrity(items: Items): void {
  const { segments, table, namespaces } = items;
  segments.checkLists();
  const live = new Set<number>();
  const namespaceItems = new Map<number, number>();
  const namespaceBytes = new Map<number, number>();
  for (let segment = 0; segment < segments.ids; segment++) {
    if (!holdsRecords(segments.state[segment]!)) continue;
    let liveItems = 0;
    let liveBytes = 0;
    forEachRecord(items, segment, (address, words, at) => {
      if (itemIsDead(words, at)) return;
      if (items.expiryMsAt(address) > segments.maxExpiryMs[segment]!)
        throw new Error(`segment ${segment}: an item outlives it`);
      const bytes = items.sizeAt(address);
      const index = itemNamespaceIndex(items.kinds, words, at);
      live.add(address);
      liveItems++;
      liveBytes += bytes;
      namespaceItems.set(index, (namespaceItems.get(index) ?? 0) + 1);
      namespaceBytes.set(index, (namespaceBytes.get(index) ?? 0) + bytes);
    });
    if (liveItems === 0) throw new Error(`segment ${segment}: in use without a live item`);
    expectEqual(`segment ${segment}: live items`, liveItems, segments.liveItems[segment]!);
    expectEqual(`segment ${segment}: live bytes`, liveBytes, segments.liveBytes[segment]!);
  }
  checkTable(items, live);
  let bytes = 0;
  for (const [index, count] of namespaceItems) {
    expectEqual(`namespace index ${index}: items`, count, namespaces.items[index]!);
    expectEqual(`namespace index ${index}: bytes`, namespaceBytes.get(index)!, namespaces.bytes[index]!);
    bytes += namespaceBytes.get(index)!;
  }
  expectEqual('live bytes', bytes, items.liveBytes);
  expectEqual('items', live.size, table.items);
  if (items.protectedAddress !== 0) throw new Error('an item is still protected');
}

function checkTable(items: Items, live: Set<number>): void {
  const { segments, table, hash, kinds } = items;
  const seen = new Set<number>();
  walkTable(table, segments.slabs.words, (address, tag, bucketAddress) => {
    if (!live.has(address)) throw new Error('the table points at something that is no live item');
    if (seen.has(address)) throw new Error('two slots for one item');
    seen.add(address);
    const words = segments.slabs.words[address >>> slabShift]!;
    const at = address & slabMask;
    const keyAt = at + itemHeaderWords(words, at);
    hash.compute(words, keyAt, itemKeyLength(words, at), itemNamespaceIndex(kinds, words, at));
    if (!table.belongs(hash.low, hash.tag, tag, bucketAddress)) throw new Error('an item has a slot of another key');
  });
  expectEqual('live records in the table', seen.size, live.size);
}

/** Visits the records of a segment, dead ones too, in order. */
export function forEachRecord(
  items: Items,
  segment: number,
  visit: (address: number, words: Int32Array, at: number) => void,
): void {
  const { segments } = items;
  const start = segments.addressOf(segment);
  const words = segments.slabs.words[start >>> slabShift]!;
  if (segments.isJumbo(segment)) {
    if (!itemIsJumbo(words, start & slabMask)) throw new Error(`jumbo ${segment}: no jumbo item`);
    visit(start, words, start & slabMask);
    return;
  }
  const end = segments.written[segment]! >>> 2;
  let offset = 0;
  while (offset < end) {
    const at = (start & slabMask) + offset;
    const bytes = itemSize(words, at);
    visit((start + offset) | 0, words, at);
    offset += bytes >>> 2;
  }
  if (offset !== end) throw new Error(`segment ${segment}: records end at word ${offset}, not at ${end}`);
}

function expectEqual(what: string, found: number, counted: number): void {
  if (found !== counted) throw new Error(`${what}: ${found} found, ${counted} counted`);
}
