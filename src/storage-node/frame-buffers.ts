import type { FrameMemory } from '../shared/frame/frame-memory.ts';
import { freeMemory } from './free-memory.ts';
import { nodeLimits } from './limits.ts';

/**
 * Memory for frames. Large frames, which carry values of megabytes, use the same few buffers again and again:
 * made anew for each frame they would pile up until the garbage collector looks, and the allocator would keep
 * what they leave. Small ones come from Node's own pool.
 */
export class FrameBuffers implements FrameMemory {
  readonly #spare = new Map<number, Uint8Array[]>();
  #spareBytes = 0;
  /** Buffers that were made here, by the memory behind them, so that nothing else is ever taken for a spare one. */
  readonly #made = new WeakSet<ArrayBufferLike>();

  /** Memory of `sizeBytes`, with anything in it. */
  allocate(sizeBytes: number): Uint8Array {
    if (sizeBytes < nodeLimits.largeFrameBytesMin) return Buffer.allocUnsafe(sizeBytes);
    const wholeBytes = 2 ** Math.ceil(Math.log2(sizeBytes));
    const spare = this.#spare.get(wholeBytes)?.pop();
    if (spare !== undefined) {
      this.#spareBytes -= wholeBytes;
      return spare.subarray(0, sizeBytes);
    }
    const made = Buffer.allocUnsafeSlow(wholeBytes);
    this.#made.add(made.buffer);
    return made.subarray(0, sizeBytes);
  }

  /** Gives back what `allocate` gave, or a part of it. Nobody may read or write it from here on. */
  release(bytes: Uint8Array): void {
    const { buffer } = bytes;
    const wholeBytes = buffer.byteLength;
    if (!this.#made.has(buffer)) return;
    if (this.#spareBytes + wholeBytes > nodeLimits.spareFrameBytesMax) return freeMemory(buffer);
    const whole = Buffer.from(buffer);
    const spare = this.#spare.get(wholeBytes);
    if (spare === undefined) this.#spare.set(wholeBytes, [whole]);
    else spare.push(whole);
    this.#spareBytes += wholeBytes;
  }
}
