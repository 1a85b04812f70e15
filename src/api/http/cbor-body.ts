import { decode, encode } from 'cborg';
import { GodwitError } from '../../shared/errors.ts';
import { limits } from '../../shared/limits.ts';
import { bodyLimits } from './body-limits.ts';
import { isUtf8 } from './utf8.ts';

const decodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

/** Major types of RFC 8949 §3.1. */
const major = { byteString: 2, textString: 3, array: 4, map: 5, tag: 6, simple: 7 } as const;

/**
 * The value of a CBOR body (RFC 8949): one data item, definite lengths, no tags, maps with text keys of which
 * none comes twice, text that is UTF-8, integers within ±(2^53 − 1), nested at most `limits.bodyDepthMax` deep.
 * Need not be in the preferred serialization (§4.1). Raises `malformed_body`.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  checkStructure(bytes);
  try {
    return decode(bytes, decodeOptions);
  } catch {
    throw malformed('The body is not CBOR of the documented form.');
  }
}

/** CBOR of plain values, in the deterministic form of RFC 7049 §3.9; a `Uint8Array` becomes a byte string. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value);
}

/**
 * Walks the heads of all data items without recursing, so that the decoder, which does recurse and takes any
 * bytes for text, only sees what is shallow, complete and UTF-8.
 */
function checkStructure(bytes: Uint8Array): void {
  /** Items still to come in each open array or map, outermost first. */
  const open: number[] = [];
  let at = 0;
  let parts = 0;
  do {
    if (++parts > bodyLimits.partsMax) throw malformed('The body has too many parts.');
    if (at >= bytes.length) throw malformed('The body is not complete CBOR.');
    const initial = bytes[at]!;
    const type = initial >>> 5;
    const short = initial & 0x1f;
    const argument = argumentAt(bytes, at);
    at += headBytes(short);
    if (type === major.tag) throw malformed('The body has a CBOR tag.');
    if (type === major.simple && short < 24 && (short < 20 || short > 22))
      throw malformed('The body has a CBOR simple value.');
    if (type === major.byteString || type === major.textString) {
      if (argument > bytes.length - at) throw malformed('The body is not complete CBOR.');
      if (type === major.textString && !isUtf8(bytes, at, at + argument))
        throw malformed('The body has text that is not UTF-8.');
      at += argument;
    } else if ((type === major.array || type === major.map) && argument > 0) {
      const items = type === major.map ? argument * 2 : argument;
      if (items > bytes.length - at) throw malformed('The body is not complete CBOR.');
      if (open.length >= limits.bodyDepthMax) throw malformed('The body is nested too deeply.');
      open.push(items);
      continue;
    }
    while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
  } while (open.length > 0);
  if (at !== bytes.length) throw malformed('The body has bytes after its CBOR data item.');
}

/** Bytes of a head: the initial byte and its argument. Raises for reserved forms and indefinite lengths. */
function headBytes(short: number): number {
  if (short < 24) return 1;
  if (short > 27) throw malformed('The body has CBOR of indefinite length.');
  return 1 + 2 ** (short - 24);
}

/** The argument of the head at `at`; for a float its bits, which nobody asks for. */
function argumentAt(bytes: Uint8Array, at: number): number {
  const short = bytes[at]! & 0x1f;
  if (short < 24) return short;
  const length = headBytes(short) - 1;
  if (at + length >= bytes.length) throw malformed('The body is not complete CBOR.');
  let argument = 0;
  for (let i = 1; i <= length; i++) argument = argument * 256 + bytes[at + i]!;
  return argument;
}

function malformed(detail: string): GodwitError {
  return new GodwitError('malformed_body', detail);
}
