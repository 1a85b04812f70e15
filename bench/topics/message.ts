/**
 * The messages of the bench: 100 bytes of ASCII with three numbers at fixed places, which the client reads without
 * parsing anything.
 *
 *     lane 007 number 0000000123 stamp 0000001234567890 abcdef…
 *
 * A lane is a series of messages that one connection publishes to one topic, one after the other: its numbers reach
 * every subscriber one by one, whatever the subject does with the order among lanes.
 */
export const messageBytes = 100;

interface Place {
  readonly at: number;
  readonly digits: number;
}

export const lanePlace: Place = { at: 5, digits: 3 };
/** Counted from 1 in a lane. */
export const numberPlace: Place = { at: 16, digits: 10 };
/** When it was sent, in µs of `nowMicros`. */
export const stampPlace: Place = { at: 33, digits: 16 };

export function textOf(lane: number, number: number, stampMicros: number): string {
  const told = [digits(lane, lanePlace), digits(number, numberPlace), digits(stampMicros, stampPlace)];
  return `lane ${told[0]} number ${told[1]} stamp ${told[2]} `.padEnd(
    messageBytes,
    'abcdefghijklmnopqrstuvwxyz0123456789',
  );
}

function digits(value: number, place: Place): string {
  return String(Math.trunc(value)).padStart(place.digits, '0');
}

/** Reads a number at a place of the message that begins at `start`; NaN or nonsense where there are no digits. */
export function readNumber(bytes: Uint8Array, start: number, place: Place): number {
  let value = 0;
  for (let at = start + place.at, end = at + place.digits; at < end; at++) value = value * 10 + bytes[at]! - 48;
  return value;
}

/** Writes a number to a place of the message that begins at `start`. */
export function writeNumber(bytes: Uint8Array, start: number, place: Place, value: number): void {
  let left = Math.trunc(value);
  for (let at = start + place.at + place.digits - 1; at >= start + place.at; at--) {
    bytes[at] = 48 + (left % 10);
    left = Math.trunc(left / 10);
  }
}
