/** Request ids of one process: a random prefix and a counter, unique without coordination. */
export class RequestIds {
  readonly #prefix: string;
  #count = 0;

  constructor(random: () => number) {
    this.#prefix = Math.floor(random() * 36 ** 8)
      .toString(36)
      .padStart(8, '0');
  }

  /** The caller's own id when it is a plain one (letters, digits, `._-`, at most 64), else a new one. */
  next(given: string | undefined): string {
    if (given !== undefined && given.length <= 64 && /^[A-Za-z0-9._-]+$/.test(given)) return given;
    return `${this.#prefix}-${(this.#count++).toString(36)}`;
  }
}
