import type { Choices } from '../../api/fuzz/random.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface PipeShape {
  /** Average time from writing to arrival, in ms. */
  readonly latencyMs: number;
  /** Bytes that arrive at once at the most. */
  readonly chunkBytesMax: number;
}

/** One direction of a connection: bytes arrive in order, in pieces that have nothing to do with what was written. */
export class BytePipe {
  readonly #time: VirtualTime;
  readonly #random: Choices;
  #shape: PipeShape;
  readonly #deliver: (chunk: Uint8Array) => void;
  /** Called when all that was sent has arrived. */
  onEmpty: () => void = () => {};
  #chunks: Uint8Array[] = [];
  #unread = 0;
  #stalledUntilMs = 0;
  #cancel: (() => void) | null = null;
  #closed = false;

  constructor(time: VirtualTime, random: Choices, shape: PipeShape, deliver: (chunk: Uint8Array) => void) {
    this.#time = time;
    this.#random = random;
    this.#shape = shape;
    this.#deliver = deliver;
  }

  /** Bytes that have not arrived. */
  get unread(): number {
    return this.#unread;
  }

  send(bytes: Uint8Array): void {
    if (this.#closed || bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#unread += bytes.length;
    this.#schedule();
  }

  /** Nothing arrives until a time; Infinity: never. */
  stall(untilMs: number): void {
    this.#stalledUntilMs = untilMs;
    this.#cancel?.();
    this.#cancel = null;
    this.#schedule();
  }

  /** Everything goes through from here on, and fast. */
  heal(): void {
    this.#shape = { latencyMs: 0.1, chunkBytesMax: Infinity };
    if (this.#stalledUntilMs !== Infinity) this.stall(0);
  }

  /** What has not arrived is lost. */
  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#chunks = [];
    this.#unread = 0;
  }

  #schedule(): void {
    if (this.#cancel !== null || this.#unread === 0 || this.#closed || this.#stalledUntilMs === Infinity) return;
    const atMs = this.#time.nowMs + this.#shape.latencyMs * 2 * this.#random.next();
    this.#cancel = this.#time.at(Math.max(atMs, this.#stalledUntilMs), () => {
      this.#cancel = null;
      this.#arrive();
    });
  }

  #arrive(): void {
    const most = Math.min(this.#unread, this.#shape.chunkBytesMax);
    const chunk = this.#take(this.#random.chance(0.6) ? most : 1 + this.#random.below(most));
    this.#deliver(chunk);
    this.#schedule();
    if (this.#unread === 0 && !this.#closed) this.onEmpty();
  }

  #take(count: number): Uint8Array {
    const first = this.#chunks[0]!;
    if (first.length === count) {
      this.#chunks.shift();
      this.#unread -= count;
      return first;
    }
    const chunk = new Uint8Array(count);
    let filled = 0;
    let whole = 0;
    for (const bytes of this.#chunks) {
      const part = bytes.subarray(0, count - filled);
      chunk.set(part, filled);
      filled += part.length;
      if (part.length < bytes.length) this.#chunks[whole] = bytes.subarray(part.length);
      else whole++;
      if (filled === count) break;
    }
    this.#chunks.splice(0, whole);
    this.#unread -= count;
    return chunk;
  }
}
