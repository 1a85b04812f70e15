import { topicsLimits } from './limits.ts';
import { lanePlace, messageBytes, numberPlace, readNumber, stampPlace, textOf } from './message.ts';
import type { Tally } from './tally.ts';

/** How the events of a subject lie in bytes: learned from one, taken for the next. Places count from its start. */
export interface EventShape {
  length: number;
  firstByte: number;
  textAt: number;
  /** Where the id ends, and with it the sequence. */
  sequenceEnd: number;
}

export interface ReaderOptions {
  readonly tally: Tally;
  /** Shared by all readers of a process. */
  readonly shape: EventShape;
  /** Last number of each lane before the first message. */
  readonly published: readonly number[];
  /** Whether ids end in a sequence that grows by one. */
  readonly sequenced: boolean;
  /** Compares every byte of each message; else order and form only. */
  readonly inFull: boolean;
  readonly latency: boolean;
}

const lineFeed = 0x0a;
const hyphen = 0x2d;
const separator = Buffer.from('\n\n');

/**
 * The events of one subscriber, over all its connections. An event shaped like the last one costs some 30 reads of
 * a byte; any other is parsed as the standard says, as far as servers of this bench go: LF ends, one line of data.
 */
export class EventReader {
  readonly #options: ReaderOptions;
  /** Last number of each lane. */
  readonly numbers: Uint32Array;
  /** Sequence of the last message or position; -1 while unknown. */
  #sequence = -1;
  #id = '';
  /** The beginning of an event whose end is to come. */
  #rest: Buffer | null = null;
  /** The server's time to wait before a reconnect, in ms. */
  retryMs: number = topicsLimits.retryMs;
  /** Reasons of a stream's end that were told in it. */
  goodbye: string | null = null;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.numbers = Uint32Array.from(options.published);
  }

  /** Id of the last event; empty before there is one. */
  get lastEventId(): string {
    return this.#id;
  }

  /** Forgets half an event; what was seen stays known. */
  reconnected(): void {
    this.#rest = null;
    this.goodbye = null;
  }

  /** Reads decoded bytes of the stream, in whatever pieces they come. */
  read(bytes: Buffer, start: number, end: number): void {
    if (this.#rest !== null) {
      const joined = Buffer.concat([this.#rest, bytes.subarray(start, end)]);
      this.#rest = null;
      return this.read(joined, 0, joined.length);
    }
    const { shape, inFull } = this.#options;
    let at = start;
    let fast = -1;
    while (at < end) {
      const next = at + shape.length;
      if (!inFull && next <= end && this.#takeByShape(bytes, at, next)) {
        fast = at;
        at = next;
        continue;
      }
      const found = bytes.indexOf(separator, at);
      if (found < 0 || found + 2 > end) break;
      this.#take(bytes.toString('latin1', at, found), bytes[at]!);
      fast = -1;
      at = found + 2;
    }
    if (fast >= 0) this.#id = idOf(bytes, fast, shape);
    if (at === end) return;
    if (end - at > topicsLimits.eventBytesMax) throw new Error('an event is longer than any of this bench');
    this.#rest = Buffer.from(bytes.subarray(at, end));
  }

  /** Takes a message that lies as the last one did and follows it; false, with nothing done, for any other event. */
  #takeByShape(bytes: Buffer, at: number, next: number): boolean {
    const { shape, sequenced, tally, latency } = this.#options;
    if (bytes[at] !== shape.firstByte || bytes[next - 1] !== lineFeed || bytes[next - 2] !== lineFeed) return false;
    const text = at + shape.textAt;
    const lane = readNumber(bytes, text, lanePlace);
    const number = readNumber(bytes, text, numberPlace);
    if (number !== this.numbers[lane]! + 1) return false;
    if (sequenced) {
      const sequence = readSequence(bytes, at + shape.sequenceEnd);
      if (sequence !== this.#sequence + 1) return false;
      this.#sequence = sequence;
    }
    this.numbers[lane] = number;
    tally.deliveries++;
    tally.lastMicros = tally.arrivedMicros;
    if (latency) tally.latency.record((tally.arrivedMicros - readNumber(bytes, text, stampPlace)) / 1_000);
    return true;
  }

  #take(event: string, firstByte: number): void {
    let type = 'message';
    let data: string | null = null;
    let id: string | null = null;
    for (const line of event.split('\n')) {
      const colon = line.indexOf(':');
      const field = line.slice(0, colon);
      const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
      if (field === 'event') type = value;
      else if (field === 'id') id = value;
      else if (field === 'retry') this.retryMs = Number(value);
      else if (field === 'data') data = data === null ? value : `${data}\n${value}`;
    }
    if (id !== null) this.#id = id;
    if (data === null) return;
    if (type === 'message') this.#takeMessage(event, firstByte, data, id);
    else if (type === 'discontinuity') this.#takeDiscontinuity(data);
    else if (type === 'checkpoint') this.#sequence = sequenceOf(id) ?? -1;
    else if (type === 'goaway' || type === 'end') this.goodbye = `${type}: ${JSON.parse(data).reason}`;
    else this.#options.tally.wrong++;
  }

  #takeMessage(event: string, firstByte: number, data: string, id: string | null): void {
    const { tally, shape, sequenced, latency, inFull } = this.#options;
    const bytes = Buffer.from(data, 'latin1');
    const [lane, number, stamp] = [lanePlace, numberPlace, stampPlace].map((place) => readNumber(bytes, 0, place));
    const known = this.numbers[lane!];
    if (known === undefined || data !== textOf(lane!, number!, stamp!) || number! <= known) {
      tally.wrong++;
      return;
    }
    tally.deliveries++;
    tally.lastMicros = tally.arrivedMicros;
    if (inFull) tally.checkedInFull++;
    tally.gaps += number! - known - 1;
    this.numbers[lane!] = number!;
    if (latency) tally.latency.record((tally.arrivedMicros - stamp!) / 1_000);
    const sequence = sequenceOf(id);
    if (sequenced) {
      if (sequence === null || (this.#sequence >= 0 && sequence !== this.#sequence + 1)) tally.wrong++;
      this.#sequence = sequence ?? -1;
    }
    const idAt = event.indexOf('id: ');
    shape.length = event.length + separator.length;
    shape.firstByte = firstByte;
    shape.textAt = event.indexOf(`data: ${data}`) + 'data: '.length;
    shape.sequenceEnd = idAt + 'id: '.length + (id ?? '').length;
    if (shape.textAt + messageBytes > event.length) throw new Error('the text is not where it was found');
  }

  #takeDiscontinuity(data: string): void {
    const { tally } = this.#options;
    const told = JSON.parse(data) as { last_topic_sequence: number; new_topic_sequence: number };
    tally.discontinuities++;
    tally.skipped += told.new_topic_sequence - told.last_topic_sequence - 1;
    this.#sequence = told.new_topic_sequence - 1;
  }
}

function sequenceOf(id: string | null): number | null {
  const digits = id === null ? undefined : /-(\d+)$/.exec(id)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The digits before `end`, back to a hyphen; -1 for none. */
function readSequence(bytes: Buffer, end: number): number {
  let value = 0;
  let scale = 1;
  for (let at = end - 1; bytes[at] !== hyphen; at--) {
    const digit = bytes[at]! - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value += digit * scale;
    scale *= 10;
  }
  return scale === 1 ? -1 : value;
}

function idOf(bytes: Buffer, at: number, shape: EventShape): string {
  const line = bytes.lastIndexOf(lineFeed, at + shape.sequenceEnd - 1);
  const start = Math.max(at, line + 1);
  return bytes.toString('latin1', start + 'id: '.length, at + shape.sequenceEnd);
}
