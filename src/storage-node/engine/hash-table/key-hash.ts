/**
 * The seeded hash of (namespace, key): HalfSipHash-1-3 (Aumasson and Bernstein's SipHash in 32-bit words; the
 * variant that Linux uses for its hash tables as hsiphash). A keyed pseudorandom function rather than a
 * multiplicative hash, because those have collisions that no seed moves, and clients choose the keys.
 *
 * Two 32-bit lanes come out: `low` picks the bucket, `tag` is stored in the slot. Both are signed, so that
 * they stay small integers. 20-byte keys cost about 20 ns.
 */
export class KeyHash {
  low = 0;
  tag = 0;
  readonly #key0: number;
  readonly #key1: number;

  /** `seed`: any finite number; its low 64 bits of precision make the key. */
  constructor(seed: number) {
    const parts = new DataView(new ArrayBuffer(8));
    parts.setFloat64(0, seed);
    this.#key0 = scramble(parts.getInt32(0) ^ 0x243f6a88);
    this.#key1 = scramble(parts.getInt32(4) ^ this.#key0);
  }

  /** Hashes `keyLength` bytes at word `at` of `words` into `low` and `tag`. */
  compute(words: Int32Array, at: number, keyLength: number, namespaceIndex: number): void {
    const key0 = this.#key0;
    const key1 = this.#key1;
    let v0 = key0;
    let v1 = key1;
    let v2 = key0 ^ 0x6c796765;
    let v3 = key1 ^ 0x74656462;
    const whole = keyLength >>> 2;
    const rest = keyLength & 3;
    for (let i = -1; i <= whole; i++) {
      let m: number;
      if (i < 0) m = namespaceIndex;
      else if (i < whole) m = words[at + i]!;
      else m = (rest === 0 ? 0 : words[at + whole]! & ((1 << (rest << 3)) - 1)) | (keyLength << 24);
      v3 ^= m;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= m;
    }
    v2 ^= 0xee;
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    this.low = v1 ^ v3;
    this.tag = v0 ^ v2;
  }
}

/** Spreads the seed's bits, so that seeds 1, 2, 3 … make unrelated keys (the finalizer of MurmurHash3). */
function scramble(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Packs key bytes into words, zeros after the end of the last. `words` must have room for one word more. */
export function loadKeyWords(words: Int32Array, bytes: Uint8Array, start: number, length: number): void {
  const whole = length >>> 2;
  let from = start;
  for (let i = 0; i < whole; i++) {
    words[i] = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16) | (bytes[from + 3]! << 24);
    from += 4;
  }
  const rest = length & 3;
  if (rest === 0) return;
  let last = bytes[from]!;
  if (rest > 1) last |= bytes[from + 1]! << 8;
  if (rest > 2) last |= bytes[from + 2]! << 16;
  words[whole] = last;
}
