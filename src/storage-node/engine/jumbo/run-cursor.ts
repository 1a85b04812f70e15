import { copyBytes, equalBytes } from '../copy-bytes.ts';
import type { Slabs } from '../segments/slabs.ts';
import { slabMask, slabShift } from '../segments/slabs.ts';
import { type Block, type Blocks, noBlock } from './blocks.ts';

/** A place in a jumbo's record, with the bytes that follow it in the same block. */
export class RunCursor {
  readonly #blocks: Blocks;
  readonly #slabs: Slabs;
  #block: Block = noBlock;
  #bytes = new Uint8Array(0);
  #at = 0;
  /** Bytes from there to the end of the block. */
  #left = 0;

  constructor(blocks: Blocks, slabs: Slabs) {
    this.#blocks = blocks;
    this.#slabs = slabs;
  }

  /** Goes to byte `offset` of the record whose run begins at `head`. */
  seek(head: Block, offset: number): void {
    const { sizeBytes, next } = this.#blocks;
    let block = head;
    let rest = offset;
    while (rest >= sizeBytes && next[block] !== noBlock) {
      block = next[block]!;
      rest -= sizeBytes;
    }
    this.#point(block, rest);
  }

  #point(block: Block, offset: number): void {
    const address = this.#blocks.addressOf(block);
    this.#block = block;
    this.#bytes = this.#slabs.bytes[address >>> slabShift]! as Uint8Array<ArrayBuffer>;
    this.#at = (address & slabMask) * 4 + offset;
    this.#left = this.#blocks.sizeBytes - offset;
  }

  /** Goes past `length` bytes, at most those left in the block. */
  #pass(length: number): void {
    this.#at += length;
    this.#left -= length;
    const next = this.#blocks.next[this.#block]!;
    if (this.#left === 0 && next !== noBlock) this.#point(next, 0);
  }

  write(source: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.#left);
      copyBytes(source, start + done, this.#bytes, this.#at, part);
      done += part;
      this.#pass(part);
    }
  }

  read(length: number, target: Uint8Array, targetStart: number): void {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.#left);
      copyBytes(this.#bytes, this.#at, target, targetStart + done, part);
      done += part;
      this.#pass(part);
    }
  }

  equals(bytes: Uint8Array, start: number, length: number): boolean {
    for (let done = 0; done < length; ) {
      const part = Math.min(length - done, this.#left);
      if (!equalBytes(this.#bytes, this.#at, bytes, start + done, part)) return false;
      done += part;
      this.#pass(part);
    }
    return true;
  }
}
