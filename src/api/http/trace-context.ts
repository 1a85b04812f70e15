/** W3C Trace Context, level 1, §3.2: version 00 and what later versions keep compatible. */
const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

export interface TraceContext {
  readonly traceId: string;
  /** Trace id and parent id as 24 bytes, as frames carry them. */
  readonly bytes: Uint8Array;
  readonly sampled: boolean;
}

/** The trace of a request; null when there is none or it is invalid, which is never an error (§4.3). */
export function parseTraceparent(header: string | undefined): TraceContext | null {
  if (header === undefined) return null;
  const found = pattern.exec(header.trim());
  // Version 00 has no more than these; of a later one the rest is passed over.
  if (found === null || (found[4] !== undefined && header.trim().startsWith('00'))) return null;
  if (/^0+$/.test(found[1]!) || /^0+$/.test(found[2]!)) return null;
  return {
    traceId: found[1]!,
    bytes: Uint8Array.fromHex(found[1]! + found[2]!),
    sampled: (Number.parseInt(found[3]!, 16) & 1) === 1,
  };
}
