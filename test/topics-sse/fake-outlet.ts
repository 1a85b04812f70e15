import type { EventOutlet, OutletListener, StreamPiece } from '../../src/topics-sse/event-outlet.ts';

export interface ToldEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/** A reader of a stream whose socket the test holds: what is unsent, when it drains, when it goes. */
export class FakeOutlet implements EventOutlet {
  /** All pieces, in order. */
  readonly pieces: string[] = [];
  unsentBytes = 0;
  ended = false;
  destroyed = false;
  #listener: OutletListener | null = null;
  #taken = 0;

  write(piece: StreamPiece): void {
    if (this.ended || this.destroyed) throw new Error('written after the end');
    this.pieces.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(piece.bytes));
  }

  end(): void {
    this.ended = true;
    this.#listener?.onClose();
  }

  destroy(): void {
    this.destroyed = true;
    this.#listener?.onClose();
  }

  listen(listener: OutletListener): void {
    this.#listener = listener;
  }

  /** The reader has read everything. */
  drain(): void {
    this.unsentBytes = 0;
    this.#listener!.onDrain();
  }

  /** The reader is gone. */
  leave(): void {
    this.destroyed = true;
    this.#listener!.onClose();
  }

  get text(): string {
    return this.pieces.join('');
  }

  /** The text since it was last asked. */
  takeText(): string {
    const text = this.pieces.slice(this.#taken).join('');
    this.#taken = this.pieces.length;
    return text;
  }

  /** The events since it was last asked, without comments and `retry`. */
  take(): ToldEvent[] {
    return this.takeText()
      .split('\n\n')
      .flatMap((block) => {
        const lines = block.split('\n');
        const field = (name: string) =>
          lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
        const data = field('data');
        return data.length === 0
          ? []
          : [{ event: field('event')[0] ?? 'message', id: field('id')[0], data: data.join('\n') }];
      });
  }
}
