/**
 * Values that tell whose they are: three 32-bit numbers (key, version, length), then bytes of a fixed pattern from a
 * place that key and version choose. A byte of another item, another version or another length does not go unseen.
 */
import { seededRandom } from '../engine/workload.ts';

const headBytes = 12;
/** Places where the pattern may begin: a prime, so that neighbouring versions of neighbouring keys differ. */
const places = 4_093;
const patternSeed = 7;

export class Values {
  readonly #pattern: Buffer;

  constructor(valueBytesMax: number) {
    const random = seededRandom(patternSeed);
    this.#pattern = Buffer.alloc(valueBytesMax + places);
    for (let i = 0; i < this.#pattern.length; i++) this.#pattern[i] = random() * 256;
  }

  make(key: number, version: number, length: number): Buffer {
    const value = Buffer.allocUnsafe(length);
    value.writeUInt32LE(key, 0);
    value.writeUInt32LE(version, 4);
    value.writeUInt32LE(length, 8);
    const start = placeOf(key, version);
    this.#pattern.copy(value, headBytes, start, start + length - headBytes);
    return value;
  }

  /** The version that these bytes are, whole and unchanged, of the key; undefined when they are none. */
  versionIn(bytes: Uint8Array, key: number): number | undefined {
    if (bytes.length < headBytes) return undefined;
    const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (value.readUInt32LE(0) !== key || value.readUInt32LE(8) !== value.length) return undefined;
    const version = value.readUInt32LE(4);
    const start = placeOf(key, version);
    const end = start + value.length - headBytes;
    return this.#pattern.compare(value, headBytes, value.length, start, end) === 0 ? version : undefined;
  }
}

function placeOf(key: number, version: number): number {
  return (key * 31 + version) % places;
}
