import { invalidArgument } from '../../../shared/errors.ts';
import { decodeBase64 } from '../../http/base64.ts';
import { checkKeyLength, keyFromText } from '../scalars/item.ts';

/** Bytes as a request carries them: text, either object form, or a CBOR byte string. */
export type BytesInput = string | { readonly text: string } | { readonly base64: string } | Uint8Array;

const encoder = new TextEncoder();

/** The bytes of a value; raises `invalid_argument` for what is no base64 or has half a surrogate pair. */
export function bytesOf(input: BytesInput, subject: string): Uint8Array {
  if (input instanceof Uint8Array) return input;
  if (typeof input === 'string') return fromText(input, subject);
  if ('text' in input) return fromText(input.text, subject);
  const bytes = decodeBase64(input.base64);
  if (bytes === undefined) throw invalidArgument(`The ${subject} is neither base64 nor base64url.`);
  return bytes;
}

function fromText(text: string, subject: string): Uint8Array {
  // The encoder would put U+FFFD in its place, and another value would be stored than was sent.
  if (!text.isWellFormed()) throw invalidArgument(`The ${subject} is not well-formed Unicode.`);
  return encoder.encode(text);
}

/**
 * Decodes the keys of one batch. Keys of printable ASCII, which is nearly all, go into one buffer for the
 * whole batch: 0.06 µs each, against 0.4 through the encoder.
 */
export class KeyDecoder {
  #buffer: Uint8Array;
  #used = 0;

  /** `keys` are those that will be decoded, each once. */
  constructor(keys: readonly BytesInput[]) {
    let size = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      if (typeof key === 'string') size += key.length;
    }
    this.#buffer = new Uint8Array(size);
  }

  /** The key's bytes, under the same rules as `key` and `key_base64` of the other operations. */
  decode(input: BytesInput): Uint8Array {
    if (typeof input === 'string') return checkKeyLength(this.#printable(input) ?? keyFromText(input));
    if (input instanceof Uint8Array) return checkKeyLength(input);
    return checkKeyLength('text' in input ? keyFromText(input.text) : bytesOf(input, 'key'));
  }

  #printable(text: string): Uint8Array | undefined {
    const buffer = this.#buffer;
    const start = this.#used;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code < 0x20 || code > 0x7e) return undefined;
      buffer[start + i] = code;
    }
    this.#used += text.length;
    return buffer.subarray(start, this.#used);
  }
}
