/**
 * Structured bodies: JSON, and CBOR as its compact form. What a request sends is told by `Content-Type`; what
 * it gets, by `Accept`.
 *
 * Bytes in JSON are `{"text": …}` or `{"base64": …}`. An answer uses `text` when the bytes are UTF-8 without
 * control characters other than tab, line feed and carriage return, and `base64` otherwise; either gives back
 * exactly the bytes. In CBOR they are byte strings.
 */
import { GodwitError } from '../../shared/errors.ts';
import { decodeCbor, encodeCbor } from './cbor-body.ts';
import type { Exchange } from './exchange.ts';
import { decodeJson } from './json-body.ts';
import { plainTextOf } from './utf8.ts';

export type BodyFormat = 'json' | 'cbor';

export const structuredContentTypes = ['application/json', 'application/cbor'] as const;

const formats: Readonly<Record<string, BodyFormat>> = { 'application/json': 'json', 'application/cbor': 'cbor' };
const contentTypeOf: Readonly<Record<BodyFormat, string>> = { json: 'application/json', cbor: 'application/cbor' };

/** Bytes as JSON answers carry them. */
export type JsonBytes = { readonly text: string } | { readonly base64: string };

/**
 * The format of a request's body. Without `Content-Type` it is JSON, save for QUERY, which has to say (RFC 10008
 * §2). Raises `unsupported_media_type`.
 */
export function requestFormat(exchange: Exchange): BodyFormat {
  if (exchange.header('content-encoding') !== undefined) throw unsupported('Content-Encoding is not read.');
  const header = exchange.header('content-type');
  if (header === 'application/json') return 'json';
  if (header === undefined) {
    if (exchange.method === 'QUERY')
      throw unsupported('QUERY needs a Content-Type: application/json or application/cbor.');
    return 'json';
  }
  const [type, ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const format = Object.hasOwn(formats, type!) ? formats[type!] : undefined;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isUtf8 = charset === undefined || charset.replaceAll('"', '') === 'utf-8';
  if (format === undefined || !isUtf8)
    throw unsupported('The body has to be application/json (UTF-8) or application/cbor.');
  return format;
}

/**
 * The format of an answer by `Accept` (RFC 9110 §12.5.1): the most specific range decides each format's weight,
 * the greater weight wins, JSON at a tie or without the header. Raises `not_acceptable`.
 */
export function answerFormat(accept: string | undefined): BodyFormat {
  if (accept === undefined || accept === '*/*' || accept === 'application/json' || accept.trim() === '') return 'json';
  const ranges = accept.split(',').flatMap(parseRange);
  const json = weightOf('application/json', ranges);
  const cbor = weightOf('application/cbor', ranges);
  if (json === 0 && cbor === 0)
    throw new GodwitError('not_acceptable', 'The answer can be application/json or application/cbor.');
  return cbor > json ? 'cbor' : 'json';
}

/** The value of a body. Raises `malformed_body`. */
export function decodeBody(format: BodyFormat, bytes: Uint8Array): unknown {
  return format === 'json' ? decodeJson(bytes) : decodeCbor(bytes);
}

/** A body of the value, in which all bytes went through `carriedBytes`, and its content type. */
export function encodeBody(format: BodyFormat, value: unknown): { contentType: string; body: Uint8Array | string } {
  return { contentType: contentTypeOf[format], body: format === 'json' ? JSON.stringify(value) : encodeCbor(value) };
}

/** Bytes as a value that `encodeBody` carries without loss. */
export function carriedBytes(format: BodyFormat, bytes: Uint8Array): Uint8Array | JsonBytes {
  if (format === 'cbor') return bytes;
  const text = plainTextOf(bytes);
  return text === undefined ? { base64: bytes.toBase64() } : { text };
}

interface MediaRange {
  readonly range: string;
  readonly weight: number;
}

/** A range and its weight; nothing for a range whose weight is none (RFC 9110 §12.4.2). */
function parseRange(text: string): MediaRange[] {
  const [range, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (weight === undefined) return [{ range: range!, weight: 1 }];
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? [{ range: range!, weight: Number(weight) }] : [];
}

function weightOf(type: string, ranges: readonly MediaRange[]): number {
  for (const name of [type, 'application/*', '*/*']) {
    const found = ranges.find(({ range }) => range === name);
    if (found !== undefined) return found.weight;
  }
  return 0;
}

function unsupported(detail: string): GodwitError {
  return new GodwitError('unsupported_media_type', detail);
}
