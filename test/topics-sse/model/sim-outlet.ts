import type { EventOutlet, OutletListener, StreamPiece } from '../../../src/topics-sse/event-outlet.ts';
import type { Choices } from '../../api/fuzz/random.ts';
import { BytePipe, type PipeShape } from './byte-pipe.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Unsent bytes at which a writer waits for `drain`. */
const highWaterBytes = 100;

export interface OutletReader {
  onBytes(chunk: Uint8Array): void;
  /** The stream ended, or was cut; once. */
  onOver(): void;
}

/** The way from a gateway to one reader, who reads as fast as the pipe lets through. */
export class SimOutlet implements EventOutlet {
  readonly #time: VirtualTime;
  readonly #pipe: BytePipe;
  #reader: OutletReader | null;
  #listener: OutletListener | null = null;
  #needsDrain = false;
  #ended = false;
  #closed = false;

  constructor(time: VirtualTime, random: Choices, shape: PipeShape, reader: OutletReader) {
    this.#time = time;
    this.#reader = reader;
    this.#pipe = new BytePipe(time, random, shape, (chunk) => this.#reader?.onBytes(chunk));
    this.#pipe.onEmpty = () => this.#onEmpty();
  }

  get unsentBytes(): number {
    return this.#pipe.unread;
  }

  write(piece: StreamPiece): void {
    if (this.#ended) return;
    this.#pipe.send(piece.bytes);
    this.#needsDrain ||= this.#pipe.unread >= highWaterBytes;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#pipe.unread === 0) this.#closeLater();
  }

  destroy(): void {
    this.#ended = true;
    this.#pipe.close();
    this.#closeLater();
  }

  listen(listener: OutletListener): void {
    this.#listener = listener;
  }

  /** The reader goes away, or the connection breaks. */
  cut(): void {
    this.#reader = null;
    this.destroy();
  }

  /** The gateway is gone, and nobody there hears of the end. */
  break(): void {
    this.#listener = null;
    this.destroy();
  }

  heal(): void {
    this.#pipe.heal();
  }

  /** The reader reads nothing until a time. */
  stall(untilMs: number): void {
    this.#pipe.stall(untilMs);
  }

  #onEmpty(): void {
    if (this.#ended) return this.#closeLater();
    if (!this.#needsDrain) return;
    this.#needsDrain = false;
    this.#listener?.onDrain();
  }

  #closeLater(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#time.immediate(() => {
      this.#listener?.onClose();
      const reader = this.#reader;
      this.#reader = null;
      reader?.onOver();
    });
  }
}
