import type { FrameMemory } from './frame-memory.ts';
import {
  frameHeaderBytes,
  itemHeadBytes,
  replyMagic,
  resultFlags,
  resultHeaderBytes,
  writeU16,
  writeU32,
  writeU64,
} from './layout.ts';

/** Writes a reply frame into a buffer that grows as needed. One per frame; `finish` gives the bytes away. */
export class ReplyWriter {
  #bytes: Uint8Array;
  #at = frameHeaderBytes;
  #count = 0;
  #resultStart = 0;
  readonly #memory: FrameMemory;

  constructor(memory: FrameMemory, sizeBytesGuess: number) {
    this.#memory = memory;
    this.#bytes = memory.allocate(Math.max(sizeBytesGuess, frameHeaderBytes));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Position of the result begun last, for keeping a copy of it. */
  get resultStart(): number {
    return this.#resultStart;
  }

  begin(status: number, flags: number, slot: number, hash: number): void {
    this.#ensure(resultHeaderBytes);
    const at = this.#at;
    this.#resultStart = at;
    this.#bytes[at] = status;
    this.#bytes[at + 1] = flags;
    writeU16(this.#bytes, at + 2, slot);
    writeU32(this.#bytes, at + 4, hash);
    this.#at = at + resultHeaderBytes;
    this.#count++;
  }

  /**
   * Adds an item to the begun result, with room for `valueBytes` bytes of value; returns where the value is
   * to be written in `bytes`. `valueLength` is the item's real length, which `describe` tells without the value.
   */
  item(
    dataEpoch: number,
    sequence: number,
    ttlMs: number,
    valueLength: number,
    contentType: string,
    valueBytes: number,
  ): number {
    const typeLength = contentType.length;
    this.#ensure(itemHeadBytes + typeLength + valueBytes);
    const bytes = this.#bytes;
    let at = this.#at;
    writeU32(bytes, at, dataEpoch);
    writeU64(bytes, at + 4, sequence);
    writeU32(bytes, at + 12, ttlMs);
    writeU32(bytes, at + 16, valueLength);
    bytes[at + 20] = typeLength;
    at += itemHeadBytes;
    for (let i = 0; i < typeLength; i++) bytes[at + i] = contentType.charCodeAt(i);
    at += typeLength;
    bytes[this.#resultStart + 1] =
      bytes[this.#resultStart + 1]! | resultFlags.item | (valueBytes > 0 ? resultFlags.value : 0);
    this.#at = at + valueBytes;
    return at;
  }

  /** Ends the begun result. */
  end(): void {
    writeU32(this.#bytes, this.#resultStart + 8, this.#at - this.#resultStart - resultHeaderBytes);
  }

  /** Takes back the begun result. */
  undo(): void {
    this.#at = this.#resultStart;
    this.#count--;
  }

  /** Adds a result kept from an earlier frame as it was, under the slot and hash it had. */
  replay(result: Uint8Array): void {
    this.#ensure(result.length);
    this.#resultStart = this.#at;
    this.#bytes.set(result, this.#at);
    this.#bytes[this.#at + 1] = this.#bytes[this.#at + 1]! | resultFlags.replayed;
    this.#at += result.length;
    this.#count++;
  }

  finish(frameIdLow: number, frameIdHigh: number, view: number, registry: number, serviceMicros: number): Uint8Array {
    const bytes = this.#bytes;
    writeU32(bytes, 0, replyMagic);
    writeU32(bytes, 4, this.#at);
    writeU32(bytes, 8, frameIdLow);
    writeU32(bytes, 12, frameIdHigh);
    writeU32(bytes, 16, view);
    writeU32(bytes, 20, registry);
    writeU32(bytes, 24, serviceMicros);
    writeU16(bytes, 28, this.#count);
    writeU16(bytes, 30, 0);
    return bytes.subarray(0, this.#at);
  }

  #ensure(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const old = this.#bytes;
    const grown = this.#memory.allocate(Math.max(needed, old.length * 2));
    grown.set(old.subarray(0, this.#at));
    this.#bytes = grown;
    this.#memory.release?.(old);
  }
}
