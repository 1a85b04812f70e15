/** Frame ids of one process: 64 bits, the upper half random per process, the lower counting. */
export class FrameIds {
  readonly #high: number;
  #low: number;

  constructor(random: () => number) {
    this.#high = Math.floor(random() * 0x1_0000_0000);
    this.#low = Math.floor(random() * 0x1_0000_0000);
  }

  next(): readonly [low: number, high: number] {
    this.#low = (this.#low + 1) >>> 0;
    return [this.#low, this.#high];
  }
}
