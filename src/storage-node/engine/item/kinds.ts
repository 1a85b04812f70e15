/**
 * Kinds: a small number for each pair of namespace index and flags that is in common use, so that the header
 * of a small item needs twelve bits for both.
 *
 * A pair keeps its kind for ever: namespace indexes are used again, so there are few of them. What finds no
 * kind (flags of `kindFlagsEnd` and above, or all kinds taken) is written with the large header instead.
 */

/** No kind: the record has the large header. */
export const noKind = 0;

export const kindBits = 12;
const kindCount = 1 << kindBits;
/** Flags below this may get a kind. They are references of content types, the commonest of which come first. */
export const kindFlagsEnd = 16;

export class Kinds {
  /** Namespace index and flags by kind. */
  readonly namespaceIndexes = new Int32Array(kindCount);
  readonly flags = new Uint8Array(kindCount);
  /** Kind by namespace index × `kindFlagsEnd` + flags. */
  #kinds = new Uint16Array(64 * kindFlagsEnd);
  #next = noKind + 1;

  /** The pair's kind, a new one if it has none yet; `noKind` when it cannot have one. */
  of(namespaceIndex: number, flags: number): number {
    if (flags >= kindFlagsEnd) return noKind;
    const at = namespaceIndex * kindFlagsEnd + flags;
    const known = at < this.#kinds.length ? this.#kinds[at]! : noKind;
    return known === noKind ? this.#assign(at, namespaceIndex, flags) : known;
  }

  #assign(at: number, namespaceIndex: number, flags: number): number {
    if (this.#next === kindCount) return noKind;
    if (at >= this.#kinds.length) {
      const larger = new Uint16Array(2 ** Math.ceil(Math.log2(at + 1)));
      larger.set(this.#kinds);
      this.#kinds = larger;
    }
    const kind = this.#next++;
    this.#kinds[at] = kind;
    this.namespaceIndexes[kind] = namespaceIndex;
    this.flags[kind] = flags;
    return kind;
  }
}
