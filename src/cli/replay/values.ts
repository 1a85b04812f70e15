import { murmur3 } from '../../shared/hash.ts';
import { limits } from '../../shared/limits.ts';

/** Places in the pool at which a value may begin; a power of two. */
const places = 2 ** 23;
/** Any constant: a value must be the same in every run, so that a hit on an earlier run's value can be checked. */
const poolSeed = 0x9e3779b9;

/**
 * The values that a replay stores. A value is a window of one fixed pool of random bytes, and key and size
 * together say where the window begins. So nothing has to be remembered to check a hit byte for byte: an
 * answer of any length is compared with what this key has at this length, and a value of another key, cut
 * off, shifted or altered, is seen. Nothing is computed per byte and nothing is copied.
 */
export class TraceValues {
  readonly #pool: Buffer;
  readonly #keyBytes = Buffer.alloc(limits.keySizeBytesMax * 3);

  /** @param sizeMax largest value, in bytes */
  constructor(sizeMax: number = limits.itemSizeBytesMax) {
    const words = new Int32Array(Math.ceil((sizeMax + places) / 4));
    let state = poolSeed | 0;
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    this.#pool = Buffer.from(words.buffer);
  }

  /** The value of a key at a size; a view that must not be written to. */
  of(key: string, size: number): Uint8Array {
    const start = this.#start(key, size);
    return this.#pool.subarray(start, start + size);
  }

  /** Whether the bytes from `start` to `end` are the key's value of that size. */
  matches(key: string, bytes: Buffer, start: number, end: number): boolean {
    const size = end - start;
    const at = this.#start(key, size);
    return at + size <= this.#pool.length && this.#pool.compare(bytes, start, end, at, at + size) === 0;
  }

  #start(key: string, size: number): number {
    const length = this.#keyBytes.write(key);
    return murmur3(this.#keyBytes, 0, length, size) & (places - 1);
  }
}
