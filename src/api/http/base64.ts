/**
 * Base64 and base64url bytes (RFC 4648 §4, §5), padded or not; undefined when the text is neither, or not
 * canonical (set bits beyond the last byte), since two spellings of one key invite mistakes.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const unpadded = text.replace(/=+$/, '');
  const padding = text.length - unpadded.length;
  if (padding > 2 || (padding > 0 && text.length % 4 !== 0) || unpadded.length % 4 === 1) return undefined;
  if (!/^[A-Za-z0-9+/_-]*$/.test(unpadded)) return undefined;
  const bytes = Uint8Array.fromBase64(unpadded.replaceAll('-', '+').replaceAll('_', '/'));
  return encodeBase64(bytes, false) === unpadded.replaceAll('-', '+').replaceAll('_', '/') ? bytes : undefined;
}

/** Base64 with the standard alphabet, padded unless told otherwise. */
export function encodeBase64(bytes: Uint8Array, padded = true): string {
  return bytes.toBase64({ omitPadding: !padded });
}
