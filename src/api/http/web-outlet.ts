import type { EventOutlet, OutletListener, StreamPiece } from '../../topics-sse/event-outlet.ts';

/** A stream to a client as a web stream, for runtimes that answer with a `Response`. */
export class WebOutlet implements EventOutlet {
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #listener: OutletListener | null = null;
  #ended = false;

  constructor() {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          if (this.unsentBytes === 0) this.#listener?.onDrain();
        },
        cancel: () => {
          this.#ended = true;
          this.#listener?.onClose();
        },
      },
      { highWaterMark: 1, size: (chunk) => chunk.length },
    );
  }

  get unsentBytes(): number {
    // What is wanted falls below the mark by what is queued.
    const wanted = this.#ended ? 1 : (this.#controller?.desiredSize ?? 1);
    return 1 - wanted;
  }

  write(piece: StreamPiece): void {
    if (!this.#ended) this.#controller!.enqueue(piece.bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller!.close();
    this.#listener?.onClose();
  }

  destroy(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#controller!.error(new Error('stream cut off'));
    this.#listener?.onClose();
  }

  listen(listener: OutletListener): void {
    this.#listener = listener;
  }
}
