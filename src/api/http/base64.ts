/**
 * Base64 or base64url bytes (RFC 4648 §4, §5), padded or not; undefined when the text is neither, or not
 * canonical (set bits beyond the last byte), since two spellings of one key invite mistakes.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  // Counted from the end, at most two: `/=+$/` would take quadratic time on a long run of them.
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const unpadded = padding === 0 ? text : text.slice(0, -padding);
  if ((padding > 0 && text.length % 4 !== 0) || unpadded.length % 4 === 1) return undefined;
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)$/.test(unpadded)) return undefined;
  const standard = unpadded.replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.fromBase64(standard);
  return encodeBase64(bytes, false) === standard ? bytes : undefined;
}

/** Base64 with the standard alphabet, padded unless told otherwise. */
export function encodeBase64(bytes: Uint8Array, padded = true): string {
  return bytes.toBase64({ omitPadding: !padded });
}
