import type { Entry } from './messages.ts';

/** Stands in the place of an entry that was dropped, so that its bytes are free. */
const released: Entry = { sequence: 0, hash: 0, payload: new Uint8Array(0) };

/** Places of a log with one entry, and those that an empty one may keep: 2 MiB for all slots, and bursts come again. */
const placesMin = 4;
const placesKept = 64;

/** A sum that several logs keep. */
export interface ByteTotal {
  bytes: number;
}

/**
 * The latest entries of a slot, numbered without a gap up to `last`: those that somebody may still have to be
 * given. What the slot held before them is in its store.
 *
 * A ring: an entry has the place that its sequence gives modulo the number of places, a power of two. So the log of a
 * slot that is written all the time makes no garbage but its entries.
 */
export class EntryLog {
  #places: Entry[] = [];
  #first = 1;
  #last = 0;
  #bytes = 0;
  /** Bytes of all logs together, which this one adds to. */
  readonly #total: ByteTotal;

  constructor(total: ByteTotal) {
    this.#total = total;
  }

  /** Sequence of the newest entry, kept or not; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Sequence of the oldest entry that is kept; `last` + 1 when none is. */
  get first(): number {
    return this.#first;
  }

  get count(): number {
    return this.#last - this.#first + 1;
  }

  /** Bytes of the payloads that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  push(entry: Entry): void {
    if (entry.sequence !== this.#last + 1) throw new RangeError('an entry out of order');
    if (this.count === this.#places.length) this.#resize(Math.max(placesMin, this.#places.length * 2));
    this.#last = entry.sequence;
    this.#places[placeOf(entry.sequence, this.#places)] = entry;
    this.#count(entry.payload.length);
  }

  /** The entry of this sequence, which must be kept. */
  at(sequence: number): Entry {
    if (sequence < this.#first || sequence > this.#last) throw new RangeError('no such entry is kept');
    return this.#places[placeOf(sequence, this.#places)]!;
  }

  /** Entries from `first` on, of about `bytesMax` bytes, at least one if there is any. `first` must be kept or next. */
  from(first: number, bytesMax: number): Entry[] {
    const found: Entry[] = [];
    let bytes = 0;
    for (let sequence = first; sequence <= this.#last; sequence++) {
      const entry = this.at(sequence);
      bytes += entry.payload.length;
      if (found.length > 0 && bytes > bytesMax) break;
      found.push(entry);
    }
    return found;
  }

  /** Drops everything up to `sequence`. */
  trim(sequence: number): void {
    for (const end = Math.min(sequence, this.#last); this.#first <= end; this.#first++) {
      const place = placeOf(this.#first, this.#places);
      this.#count(-this.#places[place]!.payload.length);
      this.#places[place] = released;
    }
    if (this.#places.length <= placesKept || this.count * 8 > this.#places.length) return;
    let places = this.#places.length / 4;
    while (places > placesKept && this.count * 8 <= places) places /= 4;
    this.#resize(Math.max(placesKept, places));
  }

  /** Forgets everything; the next entry is the one after `last`. */
  reset(last: number): void {
    if (this.#places.length > 0) this.#places = [];
    this.#first = last + 1;
    this.#last = last;
    this.#count(-this.#bytes);
  }

  #resize(places: number): void {
    const resized = new Array<Entry>(places).fill(released);
    for (let sequence = this.#first; sequence <= this.#last; sequence++)
      resized[placeOf(sequence, resized)] = this.#places[placeOf(sequence, this.#places)]!;
    this.#places = resized;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}

/** Bit operations take the lower 32 bits of a sequence, which are all that counts. */
function placeOf(sequence: number, places: readonly Entry[]): number {
  return sequence & (places.length - 1);
}
