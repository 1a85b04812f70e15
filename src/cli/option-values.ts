/**
 * Readers of option texts: pure functions from text to value. Each throws a plain `Error` whose message says
 * what was expected; the caller adds which option it was.
 */

const byteUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

const millisecondUnits: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1e3,
  s: 1e3,
  m: 60e3,
  h: 3_600e3,
  d: 86_400e3,
};

function scaled(text: string, units: Readonly<Record<string, number>>, expected: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s?([a-z]*)$/i.exec(text);
  const unit = match ? units[match[2]!.toLowerCase()] : undefined;
  if (!match || unit === undefined) throw new Error(expected);
  const value = Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(value)) throw new Error(expected);
  return value;
}

/** Bytes from `1GB`, `512MiB`, `1.5GiB` or a plain number of bytes. Decimal and binary units, in any case. */
export function parseBytes(text: string): number {
  return scaled(text, byteUnits, 'expected a size such as 512MiB or 1GB');
}

/** Milliseconds from `10s`, `500ms`, `2m`, `12h`, `30d` or a plain number of seconds. */
export function parseDuration(text: string): number {
  return scaled(text, millisecondUnits, 'expected a time such as 500ms, 10s, 5m, 12h or 30d');
}

export function parseInteger(text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw new Error('expected a whole number');
  return Number(text);
}

/** A decimal number without exponent or sign: a part, a factor. */
export function parseNumber(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,9})?$/.test(text)) throw new Error('expected a number such as 0.25');
  return Number(text);
}

/** Environment variables have no form without a value, so that a switch takes the usual words there. */
export function parseSwitch(text: string): boolean {
  const word = text.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (['0', 'false', 'no', 'off'].includes(word)) return false;
  throw new Error('expected true or false');
}

/** Comma-separated parts, trimmed; none may be empty or appear twice. */
export function parseList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.some((part) => part === '')) throw new Error('expected names separated by commas');
  if (new Set(parts).size !== parts.length) throw new Error('names a part twice');
  return parts;
}

/** The URL of an origin without its trailing slash: `http` or `https`, no credentials, query or fragment. */
export function parseBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!plain) throw new Error('expected a URL such as http://127.0.0.1:8080');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** 1,073,741,824 → `1 GiB`; what divides evenly stays short, everything else gets one decimal. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** step;
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[step]}`;
}
