import { invalidArgument } from '../../shared/errors.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The parameters of a query, decoded once, by name: application/x-www-form-urlencoded, as `URLSearchParams`
 * and HTML forms write it, so `+` is a space. A name that comes twice holds both values.
 * Raises `invalid_argument` for broken escapes and for what is not UTF-8.
 */
export function parseQuery(query: string): Map<string, string[]> {
  const parameters = new Map<string, string[]>();
  if (query === '') return parameters;
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decodeComponent(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decodeComponent(part.slice(equals + 1));
    const values = parameters.get(name);
    if (values === undefined) parameters.set(name, [value]);
    else values.push(value);
  }
  return parameters;
}

/** The value of a parameter that may come once; raises `invalid_argument` when it comes twice. */
export function single(parameters: Map<string, string[]>, name: string): string | undefined {
  const values = parameters.get(name);
  if (values !== undefined && values.length > 1)
    throw invalidArgument(`The parameter ${name} is given more than once.`);
  return values?.[0];
}

/** Decodes a path segment: percent-escapes once, `+` as itself. */
export function decodeSegment(segment: string): string {
  return decodeEscapes(segment);
}

function decodeComponent(text: string): string {
  return decodeEscapes(text.includes('+') ? text.replaceAll('+', ' ') : text);
}

function decodeEscapes(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  if (/^[\x00-\x24\x26-\x7f]*$/.test(text)) return text;
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x25) {
      const value = hexPair(text, i + 1);
      bytes[length++] = value;
      i += 2;
    } else if (code < 0x80) bytes[length++] = code;
    else throw invalidArgument('The request target holds characters that are not percent-encoded.');
  }
  try {
    return utf8.decode(bytes.subarray(0, length));
  } catch {
    throw invalidArgument('A percent-encoded part of the request target is not UTF-8.');
  }
}

function hexPair(text: string, at: number): number {
  const pair = text.slice(at, at + 2);
  if (!/^[0-9A-Fa-f]{2}$/.test(pair)) throw invalidArgument('The request target holds a broken percent-escape.');
  return Number.parseInt(pair, 16);
}
