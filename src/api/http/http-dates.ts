/** Formats dates as HTTP does (RFC 9110 §5.6.7), remembering the seconds formatted last: many answers share them. */
export class HttpDates {
  readonly #texts = new Map<number, string>();

  /** The date of a wall-clock time in ms, down to the second. */
  at(wallMs: number): string {
    const second = Math.floor(wallMs / 1_000);
    const known = this.#texts.get(second);
    if (known !== undefined) return known;
    const text = new Date(second * 1_000).toUTCString();
    if (this.#texts.size >= textsMax) this.#texts.clear();
    this.#texts.set(second, text);
    return text;
  }
}

/** Texts kept: the seconds of the TTLs in use, at some 100 bytes each. */
const textsMax = 4_096;
