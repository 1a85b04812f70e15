/**
 * Defects to plant in the engine, one at a time: whoever proves the engine must find each of them.
 * `search` is found exactly once in the file, or the list has rotted.
 */
export interface Mutant {
  readonly name: string;
  /** Below `src/storage-node/engine`. */
  readonly file: string;
  readonly search: string;
  readonly replace: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'expiry: an item is still found at its very expiry',
    file: 'segcache.ts',
    search: 'if (expiresAtMs <= nowMs) {',
    replace: 'if (expiresAtMs < nowMs) {',
  },
  {
    name: 'expiry: an item is still removed at its very expiry',
    file: 'segcache.ts',
    search: 'if (nowMs < this.#items.expiryMsAt(this.#table.location)) return true;',
    replace: 'if (nowMs <= this.#items.expiryMsAt(this.#table.location)) return true;',
  },
  {
    name: 'expiry: eviction takes items for expired a millisecond early',
    file: 'reclaim/segment-emptier.ts',
    search: 'this.#items.expiryMsAt(address) <= nowMs',
    replace: 'this.#items.expiryMsAt(address) <= nowMs + 1',
  },
  {
    name: 'expiry: the sweep takes items a millisecond early',
    file: 'reclaim/sweeper.ts',
    search: 'baseMs + itemExpiry(words, at) <= nowMs',
    replace: 'baseMs + itemExpiry(words, at) <= nowMs + 1',
  },
  {
    name: 'expiry: a moved item keeps the base of the segment it came from',
    file: 'item/items.ts',
    search: 'setItemExpiry(segments.slabs.words[toSlab]!, toAt, expiryMs - segments.baseMs[to]!);',
    replace: '',
  },
  {
    name: 'expiry: setExpiry does not extend that of the segment',
    file: 'item/item-writer.ts',
    search: '    segments.extendExpiry(home, expiryMs);',
    replace: '',
  },
  {
    name: 'expiry: jumbos are not swept',
    file: 'reclaim/sweeper.ts',
    search: 'const end = segments.isJumbo(segment) ? 1 : ',
    replace: 'const end = segments.isJumbo(segment) ? 0 : ',
  },
  {
    name: 'expiry: the queue is left out of order when an id leaves it',
    file: 'segments/expiry-queue.ts',
    search: 'if (last !== id) this.#settle(last, place);',
    replace: 'if (last !== id) {\n      this.#heap[place] = last;\n      this.#place[last] = place;\n    }',
  },
  {
    name: 'hash table: the tag is masked wrong',
    file: 'hash-table/hash-table.ts',
    search: 'const tagMask = -1 << tagShift;',
    replace: 'const tagMask = -1 << (tagShift + 4);',
  },
  {
    name: 'hash table: a split loses what is behind the first bucket of the chain',
    file: 'hash-table/hash-table.ts',
    search: 'if (!linked) return count;',
    replace: 'return count;',
  },
  {
    name: 'hash table: an insert does not link its overflow bucket',
    file: 'hash-table/hash-table.ts',
    search: '      words[end - 1] = next;',
    replace: '',
  },
  {
    name: 'hash table: an insert drops the item that gives way to the link',
    file: 'hash-table/hash-table.ts',
    search: '      nextWords[nextAt + 1] = words[end - 1]!;',
    replace: '      nextWords[nextAt + 1] = itemAddress;',
  },
  {
    name: 'hash table: growth splits by the wrong bit',
    file: 'hash-table/hash-table.ts',
    search: 'const splitBit = (half >>> this.#pageShift) << tagShift;',
    replace: 'const splitBit = (half >>> this.#pageShift) << (tagShift + 1);',
  },
  {
    name: 'hash table: an overflow bucket without items stays in its chain',
    file: 'hash-table/hash-table.ts',
    search: 'if (last === start && linkAt !== -1) {',
    replace: 'if (last === start && linkAt === -2) {',
  },
  {
    name: 'hash table: a join loses the first item',
    file: 'hash-table/hash-table.ts',
    search: 'for (let i = 0; i < count; i += 2) this.#place(into,',
    replace: 'for (let i = 2; i < count; i += 2) this.#place(into,',
  },
  {
    name: 'hash table: smoothed uses are not counted',
    file: 'hash-table/hash-table.ts',
    search: '    this.slotWords[this.slotAt]! += more;',
    replace: '    this.slotWords[this.slotAt]! += more * 0;',
  },
  {
    name: 'hash table: uses are not counted',
    file: 'hash-table/hash-table.ts',
    search: 'if ((meta & frequencyMask) < max) this.slotWords[this.slotAt] = meta + 1;',
    replace: 'if ((meta & frequencyMask) > max) this.slotWords[this.slotAt] = meta + 1;',
  },
  {
    name: 'key compare: bytes in the last partial word are ignored',
    file: 'item/item.ts',
    search: 'return rest === 0 || ',
    replace: 'return rest >= 0 || ',
  },
  {
    name: 'key compare: the namespace is ignored in large headers',
    file: 'item/item.ts',
    search: ' || words[at + namespaceWord] !== namespaceIndex) return false;',
    replace: ') return false;',
  },
  {
    name: 'key compare: the namespace is ignored in small headers',
    file: 'item/item.ts',
    search: ' || kinds.namespaceIndexes[kind] !== namespaceIndex) return false;',
    replace: ') return false;',
  },
  {
    name: 'record: a kind forgets its flags',
    file: 'item/kinds.ts',
    search: 'this.flags[kind] = flags;',
    replace: 'this.flags[kind] = 0;',
  },
  {
    name: 'record: the small header takes a sequence of 2^32',
    file: 'item/item.ts',
    search: 'valueLength <= smallValueMask && sequence < twoTo32;',
    replace: 'valueLength <= smallValueMask && sequence <= twoTo32;',
  },
  {
    name: 'record: a new sequence is cut to what the small header holds',
    file: 'item/item.ts',
    search: 'return sequence < twoTo32 || !itemHasSmallHeader(words, at);',
    replace: 'return true;',
  },
  {
    name: 'record: a write in place keeps the flags that were there',
    file: 'item/item.ts',
    search: 'words[at + sequenceHighWord] = (flags << 16) | (sequence / twoTo32);',
    replace: 'words[at + sequenceHighWord] = (words[at + sequenceHighWord]! & ~0xffff) | (sequence / twoTo32);',
  },
  {
    name: 'record: a new sequence wipes the flags out',
    file: 'item/item.ts',
    search: '(words[at + sequenceHighWord]! & ~0xffff) | (sequence / twoTo32)',
    replace: 'sequence / twoTo32',
  },
  {
    name: 'record: a sequence whose bit 31 is set is read as negative',
    file: 'item/item.ts',
    search: 'const sequenceLow = words[at + sequenceLowWord]! >>> 0;',
    replace: 'const sequenceLow = words[at + sequenceLowWord]!;',
  },
  {
    name: 'overwrite: in place although it is larger by a word',
    file: 'item/item-writer.ts',
    search: 'return itemSize(words, at) === bytes && ',
    replace: 'return itemSize(words, at) >= bytes - 4 && ',
  },
  {
    name: 'removal: the record is not marked dead',
    file: 'item/items.ts',
    search: 'markItemDead(words, at);',
    replace: '',
  },
  {
    name: 'removal: the dead record stays in the table',
    file: 'item/items.ts',
    search: 'this.table.remove(low, tag);',
    replace: '',
  },
  {
    name: 'removal: live bytes are not counted down',
    file: 'item/items.ts',
    search: 'this.segments.liveBytes[segment]! -= bytes;',
    replace: '',
  },
  {
    name: 'segments: now and then one is freed twice',
    file: 'segments/free-pool.ts',
    search: 'this.#stack[this.#given++] = segment;',
    replace: `this.#stack[this.#given++] = segment;
    if (segment % 7 === 3) this.#stack[this.#given++] = segment;`,
  },
  {
    name: 'jumbo: the run is a block short',
    file: 'jumbo/blocks.ts',
    search: 'for (let i = 0; i < count; i++) {',
    replace: 'for (let i = 0; i < Math.max(1, count - 1); i++) {',
  },
  {
    name: 'jumbo: blocks that a smaller value does not need are lost',
    file: 'jumbo/blocks.ts',
    search: '    this.give(rest);',
    replace: '',
  },
  {
    name: 'jumbo: a block that moves is cut off from the next',
    file: 'jumbo/blocks.ts',
    search: 'this.next[to] = this.next[block]!;',
    replace: 'this.next[to] = noBlock;',
  },
  {
    name: 'jumbo: a run whose head moved is still looked for at the old place',
    file: 'item/items.ts',
    search: 'this.table.location = to;',
    replace: '',
  },
  {
    name: 'eviction: the ghost is not asked',
    file: 'eviction/s3-fifo.ts',
    search: 'return this.#ghost.take(low, tag);',
    replace: 'return false;',
  },
  {
    name: 'eviction: survivors are unlinked rather than moved',
    file: 'reclaim/segment-emptier.ts',
    search: '        this.#items.move(to, bytes);',
    replace: '        this.#items.unlink(hash.low, hash.tag);',
  },
  {
    name: 'eviction: a survivor is copied a word too far',
    file: 'item/items.ts',
    search: 'segments.slabs.bytes[toSlab]!, toAt * 4, bytes);',
    replace: 'segments.slabs.bytes[toSlab]!, toAt * 4 + 4, bytes);',
  },
  {
    name: 'eviction: the last word of a survivor is not copied',
    file: 'item/items.ts',
    search: 'segments.slabs.bytes[toSlab]!, toAt * 4, bytes);',
    replace: 'segments.slabs.bytes[toSlab]!, toAt * 4, bytes - 4);',
  },
  {
    name: 'eviction: items of a namespace that does not evict go',
    file: 'reclaim/segment-emptier.ts',
    search: 'if (!namespaces.isPinned(namespaceIndex)) return false;',
    replace: 'return false;',
  },
  {
    name: 'eviction: the item that is being replaced goes',
    file: 'reclaim/segment-emptier.ts',
    search: 'if (address === protectedAddress) return true;',
    replace: '',
  },
  {
    name: 'eviction: a merge without survivors keeps its segment',
    file: 'reclaim/segment-emptier.ts',
    search: 'if (segments.liveItems[into] === 0) segments.release(into);',
    replace: '',
  },
  {
    name: 'eviction: shares are not looked at',
    file: 'reclaim/memory-shares.ts',
    search: 'return this.#heldBytes(owner) - this.entitledBytes(owner);',
    replace: 'return this.#heldBytes(owner);',
  },
  {
    name: 'namespaces: an index is used again before the sweep has ended',
    file: 'namespaces/namespaces.ts',
    search: '    this.#state[index] = stateDropped;',
    replace: '    this.#state[index] = stateDropped;\n    this.#unused.push(index);',
  },
  {
    name: 'eviction: a survivor of main keeps no use',
    file: 'eviction/s3-fifo.ts',
    search: 'return isMainPool(from) ? frequency - 1 : 0;',
    replace: 'return 0;',
  },
  {
    name: 'eviction: a jumbo goes however far below its share that leaves its cache',
    file: 'reclaim/reclaimer.ts',
    search: 'if (owner !== commonOwner && segments.memoryOf(victim) > excessBytes + segments.sizeBytes) continue;',
    replace: '',
  },
  {
    name: 'eviction: everything is evicted for what cannot have room',
    file: 'reclaim/reclaimer.ts',
    search: 'if (!this.#couldHaveRoom(segmentCount, blockCount, owner)) return false;',
    replace: '',
  },
  {
    name: 'pinned pool: the pages of the table are not counted',
    file: 'reclaim/memory-shares.ts',
    search: ' - tablePages * sizeBytes',
    replace: '',
  },
  {
    name: 'compaction: dead bytes are left until they are a third',
    file: 'options.ts',
    search: 'deadShareMin: 1 / 32',
    replace: 'deadShareMin: 1 / 3',
  },
];
