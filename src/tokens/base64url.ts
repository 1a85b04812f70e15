import { base64url } from 'jose';

/**
 * The bytes of a base64url text without padding, or undefined when the text is not the one canonical
 * encoding of any bytes (RFC 4648 §3.5): padding, whitespace, the `+/` alphabet and set trailing bits are
 * all refused, so that two texts never mean the same token.
 */
export function decodeCanonicalBase64url(text: string): Uint8Array | undefined {
  try {
    const bytes = base64url.decode(text);
    return base64url.encode(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** The same for text from people, who may pad it: one or two `=` where they complete a group of four. */
export function decodePaddedBase64url(text: string): Uint8Array | undefined {
  const unpadded = text.replace(/={1,2}$/, '');
  if (unpadded.length !== text.length && text.length % 4 !== 0) return undefined;
  return decodeCanonicalBase64url(unpadded);
}
