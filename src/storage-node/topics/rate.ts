/** Time over which a rate is averaged, in ms. */
const windowMs = 60_000;

/** Events and bytes a second as exponentially decaying averages over a minute, as load averages are kept. */
export class Rate {
  #events = 0;
  #bytes = 0;
  #atMs = 0;

  count(bytes: number, nowMs: number): void {
    this.#decay(nowMs);
    this.#events++;
    this.#bytes += bytes;
  }

  eventsPerSecond(nowMs: number): number {
    this.#decay(nowMs);
    return (this.#events * 1_000) / windowMs;
  }

  bytesPerSecond(nowMs: number): number {
    this.#decay(nowMs);
    return (this.#bytes * 1_000) / windowMs;
  }

  #decay(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const left = Math.exp((this.#atMs - nowMs) / windowMs);
    this.#events *= left;
    this.#bytes *= left;
    this.#atMs = nowMs;
  }
}
