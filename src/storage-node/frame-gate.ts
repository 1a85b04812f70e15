/**
 * How many bytes of frames may be in the node at once. A frame that finds it full waits its turn, unread: its
 * sender's connection is held up and no memory is taken for it.
 */
export class FrameGate {
  readonly #bytesMax: number;
  readonly #waiting = new Set<() => void>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that are in. */
  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `start` once there is room, at once if there is now. Returns the way to call it off, which does nothing
   * when it has been called.
   */
  enter(start: () => void): () => void {
    if (this.#bytes < this.#bytesMax && this.#waiting.size === 0) {
      start();
      return () => {};
    }
    this.#waiting.add(start);
    return () => this.#waiting.delete(start);
  }

  /** Counts bytes in; more than the bound are counted too, but then nobody enters. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Counts bytes out, and lets in who waits. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
    for (const start of this.#waiting) {
      if (this.#bytes >= this.#bytesMax) return;
      this.#waiting.delete(start);
      start();
    }
  }
}
