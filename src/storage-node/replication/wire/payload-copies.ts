import { copyBytes } from '../../engine/copy-bytes.ts';

/** Most bytes that small payloads share, and so the most that a kept one holds beside itself. */
const sharedBytesMax = 4 * 1024;
/** From this size on, in bytes, a payload has memory of its own: a quarter, so that little of the shared is wasted. */
const ownBytesMin = sharedBytesMax / 4;

/**
 * Copies of a frame's payloads, which outlive it. A result is kept until all copies have it, for a quiet slot much
 * longer, while the chunk that it came in may hold a megabyte of others. Memory for each alone would cost an
 * allocation outside the heap per result; one copy of the frame would be held whole by its last small result. So
 * small payloads of one frame share pieces of up to 4 KiB: 4,096 slots that each keep one hold 16 MiB at the worst.
 */
export class PayloadCopies {
  #shared: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** Copies `length` bytes from `start`; `leftBytes` bounds what may still come, so that no piece is larger than that. */
  copy(bytes: Uint8Array, start: number, length: number, leftBytes: number): Uint8Array {
    if (length >= ownBytesMin) return copyOf(bytes, start, length);
    if (this.#used + length > this.#shared.length) {
      this.#shared = new Uint8Array(Math.min(sharedBytesMax, leftBytes));
      this.#used = 0;
    }
    copyBytes(bytes, start, this.#shared, this.#used, length);
    this.#used += length;
    return this.#shared.subarray(this.#used - length, this.#used);
  }
}

function copyOf(bytes: Uint8Array, start: number, length: number): Uint8Array {
  // Not zeroed first, unlike a new array: for a large value that would be half of the work.
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  copyBytes(bytes, start, copy, 0, length);
  return copy;
}
