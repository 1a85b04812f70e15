import { itemExpiry, itemIsDead, itemIsJumbo, itemNamespaceIndex, itemSize } from '../item/item.ts';
import type { Items } from '../item/items.ts';
import { engineLimits } from '../options.ts';
import { noSegment, type SegmentId } from '../segments/segment-id.ts';
import { segmentState } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';

/** Unlinking what has expired, or what dropped namespaces left, from a segment or a jumbo. */
export class Sweeper {
  readonly #items: Items;
  segmentsExpired = 0;
  /** What the last `sweep` left of its budget. */
  unitsLeft = 0;

  constructor(items: Items) {
    this.#items = items;
  }

  /** Frees a segment or jumbo of which everything has expired; false when there is none. */
  sweepExpired(nowMs: number): boolean {
    const expired = this.#items.segments.firstExpired(nowMs);
    if (expired === noSegment) return false;
    this.sweep(expired, 0, nowMs, Number.MAX_SAFE_INTEGER);
    return true;
  }

  /**
   * Goes through one segment from word `from` on within a budget of work units. Returns the word to go on from, or
   * -1 when done. Frees the segment when nothing live is left; `unitsLeft` then tells what is left of the budget.
   */
  sweep(segment: SegmentId, from: number, nowMs: number, units: number): number {
    const { segments, hash, namespaces, kinds } = this.#items;
    const expired = segments.maxExpiryMs[segment]! <= nowMs;
    if (expired && segments.state[segment] === segmentState.open) segments.state[segment] = segmentState.sealed;
    const start = segments.addressOf(segment);
    const words = segments.slabs.words[start >>> slabShift]!;
    const end = segments.isJumbo(segment) ? 1 : segments.written[segment]! >>> 2;
    const serial = segments.serial[segment]!;
    const baseMs = segments.baseMs[segment]!;
    let offset = from;
    let left = units;
    while (offset < end && left > 0) {
      const at = (start & slabMask) + offset;
      const bytes = itemIsJumbo(words, at) ? 4 : itemSize(words, at);
      left--;
      if (!itemIsDead(words, at)) {
        const dropped = namespaces.isDropped(itemNamespaceIndex(kinds, words, at));
        if (dropped || baseMs + itemExpiry(words, at) <= nowMs) {
          left -= engineLimits.unlinkUnits;
          this.#items.seek((start + offset) | 0);
          if (dropped) this.#items.unlink(hash.low, hash.tag);
          else this.#items.expire(hash.low, hash.tag, nowMs);
          if (segments.serial[segment] !== serial) break;
        }
      }
      offset += bytes >>> 2;
    }
    this.unitsLeft = left;
    const freed = segments.serial[segment] !== serial;
    if (freed && expired && !segments.isJumbo(segment)) this.segmentsExpired++;
    return freed || offset >= end ? -1 : offset;
  }
}
