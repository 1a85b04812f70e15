/**
 * Jumbo items: those larger than half a segment. One has a run of whole segments to itself, which need not
 * be neighbours, so a run can be had whenever enough segments are free. Header and key are at the start of
 * the head; the value goes on from there through the bodies.
 *
 * ```
 *   head                          body                   last body
 *  ┌────────┬─────┬──────────┐   ┌──────────────────┐   ┌────────┬─────────┐
 *  │ header │ key │ value …  │ → │ … value …        │ → │ … value│ unused  │
 *  └────────┴─────┴──────────┘   └──────────────────┘   └────────┴─────────┘
 * ```
 */
import { copyBytes, equalBytes } from '../copy-bytes.ts';
import { itemValueOffset } from '../item/item.ts';
import type { SegmentId, Segments } from '../segments/segments.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';

/** Segments that a jumbo item of so many bytes takes. */
export function runSegmentsFor(itemBytes: number, segmentSizeBytes: number): number {
  return Math.ceil(itemBytes / segmentSizeBytes);
}

/** A place in the value of a jumbo item, with the bytes that follow it in the same segment. */
export class RunCursor {
  readonly #segments: Segments;
  #segment: SegmentId = 0;
  bytes = new Uint8Array(0);
  at = 0;
  /** Bytes from `at` to the end of the segment. */
  left = 0;

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  /** Goes to byte `valueStart` of the value. */
  seek(head: SegmentId, keyLength: number, valueStart: number): void {
    const { sizeBytes, runNext } = this.#segments;
    let offset = itemValueOffset(keyLength) + valueStart;
    let segment = head;
    while (offset >= sizeBytes && runNext[segment]! >= 0) {
      segment = runNext[segment]!;
      offset -= sizeBytes;
    }
    this.#point(segment, offset);
  }

  /** Goes past `length` bytes, at most `left`. */
  pass(length: number): void {
    this.at += length;
    this.left -= length;
    if (this.left === 0 && this.#segments.runNext[this.#segment]! >= 0) {
      this.#point(this.#segments.runNext[this.#segment]!, 0);
    }
  }

  #point(segment: SegmentId, offset: number): void {
    const address = this.#segments.addressOf(segment);
    this.#segment = segment;
    this.bytes = this.#segments.slabs.bytes[address >>> slabShift]! as Uint8Array<ArrayBuffer>;
    this.at = (address & slabMask) * 4 + offset;
    this.left = this.#segments.sizeBytes - offset;
  }

  write(source: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.left);
      copyBytes(source, start + done, this.bytes, this.at, part);
      done += part;
      this.pass(part);
    }
  }

  read(length: number, target: Uint8Array, targetStart: number): void {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.left);
      copyBytes(this.bytes, this.at, target, targetStart + done, part);
      done += part;
      this.pass(part);
    }
  }

  equals(bytes: Uint8Array, start: number, length: number): boolean {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.left);
      if (!equalBytes(this.bytes, this.at, bytes, start + done, part)) return false;
      done += part;
      this.pass(part);
    }
    return true;
  }
}
