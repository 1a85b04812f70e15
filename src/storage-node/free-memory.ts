/**
 * Frees memory that nobody needs any more, at once: a view of it is empty afterwards. The garbage collector, seeing
 * only a small object, would leave it for a long time; at full load that is tens of megabytes.
 */
export function freeMemory(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Frees a chunk that was read from a socket, unless it shares its memory with others. */
export function freeChunk({ buffer, byteOffset, length }: Buffer): void {
  if (byteOffset === 0 && length > 0 && buffer.byteLength === length) freeMemory(buffer);
}
