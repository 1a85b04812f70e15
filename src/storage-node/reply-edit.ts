import { frameHeaderBytes, readU32, resultHeaderBytes, writeU32 } from '../shared/frame/layout.ts';

/** A copy of a reply in which the results that begin at the given places have these statuses, and nothing else. */
export function rewriteResults(reply: Uint8Array, statuses: ReadonlyMap<number, number>): Uint8Array {
  const edited = Buffer.allocUnsafe(reply.length);
  edited.set(reply.subarray(0, frameHeaderBytes));
  let from = frameHeaderBytes;
  let to = frameHeaderBytes;
  while (from < reply.length) {
    const end = from + resultHeaderBytes + readU32(reply, from + 8);
    const status = statuses.get(from);
    const kept = status === undefined ? end : from + resultHeaderBytes;
    edited.set(reply.subarray(from, kept), to);
    if (status !== undefined) {
      edited[to] = status;
      edited[to + 1] = 0;
      writeU32(edited, to + 8, 0);
    }
    to += kept - from;
    from = end;
  }
  writeU32(edited, 4, to);
  return edited.subarray(0, to);
}

/** Where each result of a reply begins. */
export function resultStarts(reply: Uint8Array): number[] {
  const starts: number[] = [];
  for (let at = frameHeaderBytes; at < reply.length; at += resultHeaderBytes + readU32(reply, at + 8)) starts.push(at);
  return starts;
}
