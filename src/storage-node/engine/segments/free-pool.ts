import { noSegment, type SegmentId } from './segment-id.ts';
import { type Slabs, slabShift } from './slabs.ts';

/** The segments that are not in use: those given back, and behind them those never taken. */
export class FreePool {
  readonly total: number;
  readonly #slabs: Slabs;
  /** log2 of the words of a segment. */
  readonly #segmentShift: number;
  readonly #stack: Int32Array;
  #given = 0;
  #untouched = 0;

  constructor(total: number, slabs: Slabs, segmentShift: number) {
    this.total = total;
    this.#slabs = slabs;
    this.#segmentShift = segmentShift;
    this.#stack = new Int32Array(total);
  }

  get free(): number {
    return this.#given + this.total - this.#untouched;
  }

  /** Segments that have ever been taken: their ids are below this. */
  get touched(): number {
    return this.#untouched;
  }

  /** `noSegment` when there is none. The content of a segment is undefined. */
  take(): SegmentId {
    if (this.#given > 0) return this.#stack[--this.#given]!;
    if (this.#untouched === this.total) return noSegment;
    const segment = this.#untouched++;
    this.#slabs.ensure((segment << this.#segmentShift) >>> slabShift);
    return segment;
  }

  give(segment: SegmentId): void {
    this.#stack[this.#given++] = segment;
  }

  /** The segments given back, for `checkIntegrity`. */
  given(): Int32Array {
    return this.#stack.subarray(0, this.#given);
  }
}
