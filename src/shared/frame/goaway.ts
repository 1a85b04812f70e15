import { frameHeaderBytes, readU16, readU32, replyMagic, writeU16, writeU32 } from './layout.ts';

/** Operation count of a reply frame that replies to nothing. */
const goawayCount = 0xffff;

/**
 * The frame by which a node says that it is about to close a connection: what it has received it still answers,
 * and the peer sends nothing more on it. A reply header with frame id 0 and an operation count that no frame has.
 */
export function goawayFrame(): Uint8Array {
  const frame = new Uint8Array(frameHeaderBytes);
  writeU32(frame, 0, replyMagic);
  writeU32(frame, 4, frameHeaderBytes);
  writeU16(frame, 28, goawayCount);
  return frame;
}

export function isGoaway(frame: Uint8Array): boolean {
  return (
    frame.length === frameHeaderBytes &&
    readU32(frame, 8) === 0 &&
    readU32(frame, 12) === 0 &&
    readU16(frame, 28) === goawayCount
  );
}
