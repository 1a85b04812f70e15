const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text whose UTF-8 these bytes are; undefined when they are not UTF-8 (RFC 3629). A byte order mark and
 * U+FFFD are characters like any other, so encoding the text gives back the same bytes.
 */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Longest value that is looked at byte by byte; for longer ones the platform's decoder is faster. */
const shortBytesMax = 4_096;

/** Whether these bytes are UTF-8 (RFC 3629). */
export function isWholeUtf8(bytes: Uint8Array): boolean {
  return bytes.length <= shortBytesMax ? isUtf8(bytes, 0, bytes.length) : decodeUtf8(bytes) !== undefined;
}

/**
 * The text of these bytes when they are plain text: UTF-8 without control characters other than tab, line feed
 * and carriage return. Undefined otherwise. Leaving out the controls bounds a JSON string at twice the bytes
 * (a NUL takes six characters there).
 *
 * Short bytes that are no text, which is what binary values usually are, cost no exception: 0.01 µs each against 2.5.
 */
export function plainTextOf(bytes: Uint8Array): string | undefined {
  if (bytes.length <= shortBytesMax) return isPlainText(bytes) ? decoder.decode(bytes) : undefined;
  const text = decodeUtf8(bytes);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
  return text === undefined || /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text) ? undefined : text;
}

function isPlainText(bytes: Uint8Array): boolean {
  const { length } = bytes;
  for (let i = 0; i < length; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return isUtf8(bytes, i, length, true);
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
  }
  return true;
}

/**
 * Whether `bytes[start … end)` is UTF-8 (RFC 3629 §4: shortest forms only, no surrogates, up to U+10FFFF),
 * and, when `plain`, has none of the control characters that `plainTextOf` excludes.
 */
export function isUtf8(bytes: Uint8Array, start: number, end: number, plain = false): boolean {
  for (let i = start; i < end; ) {
    const byte = bytes[i]!;
    if (byte < 0x80) {
      if (plain && byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) return false;
      i++;
      continue;
    }
    const length = byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
    if (length === 0 || i + length > end) return false;
    const second = bytes[i + 1]!;
    const least = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
    const most = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) return false;
    for (let k = 2; k < length; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return false;
    i += length;
  }
  return true;
}
