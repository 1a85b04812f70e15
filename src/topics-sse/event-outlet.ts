/**
 * A piece of an event stream: whole events in UTF-8, shared by all streams that it goes to, with what HTTP/1.1 puts
 * around it worked out once.
 */
export class StreamPiece {
  readonly bytes: Uint8Array;
  #chunk: Uint8Array | null = null;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  static of(text: string): StreamPiece {
    return new StreamPiece(encoder.encode(text));
  }

  /** The piece as one chunk of the chunked transfer coding (RFC 9112 §7.1). */
  get chunk(): Uint8Array {
    if (this.#chunk === null) {
      const { length } = this.bytes;
      const size = `${length.toString(16)}\r\n`;
      const chunk = new Uint8Array(size.length + length + 2);
      encoder.encodeInto(size, chunk);
      chunk.set(this.bytes, size.length);
      chunk[chunk.length - 2] = 0x0d;
      chunk[chunk.length - 1] = 0x0a;
      this.#chunk = chunk;
    }
    return this.#chunk;
  }
}

const encoder = new TextEncoder();

/**
 * The way to one reader of a stream, whatever server it is. Nothing here waits: what the reader does not take stays
 * in memory, and whoever writes looks at how much that is.
 */
export interface EventOutlet {
  /** Sends a piece; one that comes after the end is dropped. */
  write(piece: StreamPiece): void;
  /** Bytes written that have not left. */
  readonly unsentBytes: number;
  /** Ends the stream in good order: the reader sees an end, not an error. */
  end(): void;
  /** Cuts the stream off. */
  destroy(): void;
  /** Takes those who want to know when everything has left, and when the stream is over, for whatever reason. */
  listen(listener: OutletListener): void;
}

export interface OutletListener {
  onDrain(): void;
  /** Exactly once. */
  onClose(): void;
}
