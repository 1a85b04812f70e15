import type { FrameMemory } from './frame-memory.ts';
import { FrameError, frameHeaderBytes, readU32 } from './layout.ts';

/** Bytes of a frame that tell its length: magic and length. */
const prefixBytes = 8;

/**
 * Cuts a stream of bytes into frames, by the length that each has in its header. A frame that lies whole in one
 * chunk, as nearly all do, is handed on where it lies.
 */
export class FrameSplitter {
  readonly #magic: number;
  readonly #lengthMax: number;
  readonly #memory: FrameMemory;
  readonly #onFrame: (frame: Uint8Array) => void;
  /** The frame that has begun, as far as it has come; its first 8 bytes alone while its length is not known. */
  #partial: Uint8Array | null = null;
  #filled = 0;

  /**
   * Frames begin with `magic` and have at most `lengthMax` bytes. `onFrame` may keep a frame beyond the call only if
   * `memory` has no `release`.
   */
  constructor(magic: number, lengthMax: number, memory: FrameMemory, onFrame: (frame: Uint8Array) => void) {
    this.#magic = magic;
    this.#lengthMax = lengthMax;
    this.#memory = memory;
    this.#onFrame = onFrame;
  }

  /** Takes the next bytes; calls `onFrame` for each frame that they complete. Raises `FrameError` for what is none. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial !== null) at += this.#fill(chunk, at);
      else if (chunk.length - at < prefixBytes) {
        this.#partial = new Uint8Array(prefixBytes);
        at += this.#fill(chunk, at);
      } else {
        const length = this.#lengthOf(chunk, at);
        if (at + length > chunk.length) {
          this.#begin(length);
          at += this.#fill(chunk, at);
        } else {
          this.#onFrame(at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length));
          at += length;
        }
      }
    }
  }

  /** Copies what the begun frame still needs, as far as the chunk has it; returns how much that was. */
  #fill(chunk: Uint8Array, at: number): number {
    const partial = this.#partial!;
    const count = Math.min(partial.length - this.#filled, chunk.length - at);
    partial.set(chunk.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled < partial.length) return count;
    if (partial.length === prefixBytes) {
      this.#begin(this.#lengthOf(partial, 0));
      this.#partial!.set(partial);
      this.#filled = prefixBytes;
    } else {
      this.#partial = null;
      this.#filled = 0;
      this.#onFrame(partial);
      this.#memory.release?.(partial);
    }
    return count;
  }

  #begin(length: number): void {
    this.#partial = this.#memory.allocate(length);
    this.#filled = 0;
  }

  #lengthOf(bytes: Uint8Array, at: number): number {
    if (readU32(bytes, at) !== this.#magic) throw new FrameError('no frame of this kind');
    const length = readU32(bytes, at + 4);
    if (length < frameHeaderBytes || length > this.#lengthMax) throw new FrameError('frame of an impossible length');
    return length;
  }
}
