import { Random } from './random.ts';

const markBytes = 4;

/** The bytes of values: pseudo-random, so that nothing gains by packing them, and begun by the mark of their key. */
export class Values {
  readonly #pool: Buffer;

  /** @param sizeMax largest value, in bytes */
  constructor(sizeMax: number) {
    const random = new Random(1);
    const words = new Uint32Array(Math.ceil(sizeMax / 4) + 1);
    for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32;
    this.#pool = Buffer.from(words.buffer);
  }

  /** Writes a value of `size` bytes into `target` at `at`. */
  write(target: Buffer, at: number, size: number, mark: number): void {
    this.#pool.copy(target, at, 0, size);
    for (let i = 0; i < Math.min(size, markBytes); i++) target[at + i] = mark >>> (8 * i);
  }

  /** The bytes of a value, in a buffer of its own. */
  of(size: number, mark: number): Buffer {
    const value = Buffer.allocUnsafe(size);
    this.write(value, 0, size, mark);
    return value;
  }
}

/** Whether a value's first bytes, those from `start` on, are the mark's. */
export function beginsWithMark(bytes: Uint8Array, start: number, size: number, mark: number): boolean {
  for (let i = 0; i < Math.min(size, markBytes); i++)
    if (bytes[start + i] !== ((mark >>> (8 * i)) & 0xff)) return false;
  return true;
}
