/** Keys and values by number. */
import { patternBytes } from '../driver.ts';

/** Above the engine's largest value, so that puts that are too large come up as well. */
export const patternLength = 6 * 1024 * 1024;

/** What all values are parts of. */
export const pattern = patternBytes(patternLength, 42);

const keys: Uint8Array[] = [];
const numbers = new Map<string, number>();

/**
 * The bytes of a key, different for each number. Of all lengths from 0 to 2,048, some with zeros at the end,
 * most different from others in their last bytes only.
 */
export function keyBytes(number: number): Uint8Array {
  const known = keys[number];
  if (known !== undefined) return known;
  const bytes = Buffer.from(keyText(number), 'latin1');
  keys[number] = bytes;
  numbers.set(bytes.toString('latin1'), number);
  return bytes;
}

/** The number of a key that `keyBytes` has made; undefined for any other. */
export function keyNumber(bytes: Uint8Array): number | undefined {
  return numbers.get(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'));
}

function keyText(number: number): string {
  if (number === 0) return '';
  switch (number % 8) {
    case 0:
      return `${number}`;
    case 1:
      return `k:${number}:${'x'.repeat(number % 40)}`;
    case 2: {
      const bytes = [0xff, number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff];
      return `${String.fromCharCode(...bytes)}${'\0'.repeat(number % 5)}`;
    }
    case 3:
      return `session:${'0'.repeat(number % 7)}#${number}`;
    case 4:
      return number % 200 === 4 ? `L${number}:`.padEnd(2_048 - (number % 3), 'y') : `a${number}`;
    default:
      return `k:${number}`;
  }
}
