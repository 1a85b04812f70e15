/**
 * The memory itself: ArrayBuffers of up to 1 GiB, each made when its first segment is taken, so that a
 * fresh engine is small and starts at once (the operating system maps pages as they are touched).
 *
 * An *address* counts 4-byte words from the start of slab 0, unsigned 32 bit, kept as a signed integer:
 * slab = address >>> slabShift, index into the slab's views = address & slabMask.
 */
import { engineLimits } from '../options.ts';

export const slabShift = Math.log2(engineLimits.slabSizeBytes / 4);
export const slabMask = (1 << slabShift) - 1;

export class Slabs {
  /** The slabs as words and as bytes, by slab number. */
  readonly words: Int32Array[] = [];
  readonly bytes: Uint8Array[] = [];
  readonly #totalBytes: number;

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
  }

  /** Makes the slab exist. Slabs are first needed in order. */
  ensure(slab: number): void {
    while (this.words.length <= slab) {
      const left = this.#totalBytes - this.words.length * engineLimits.slabSizeBytes;
      const buffer = new ArrayBuffer(Math.min(left, engineLimits.slabSizeBytes));
      this.words.push(new Int32Array(buffer));
      this.bytes.push(new Uint8Array(buffer));
    }
  }
}
