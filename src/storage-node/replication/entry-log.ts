import type { Entry } from './messages.ts';

/** Stands in the place of an entry that was dropped, so that its bytes are free. */
const released: Entry = { sequence: 0, hash: 0, payload: new Uint8Array(0) };

/** A sum that several logs keep. */
export interface ByteTotal {
  bytes: number;
}

/**
 * The latest entries of a slot, numbered without a gap up to `last`: those that somebody may still have to be
 * given. What the slot held before them is in its store.
 */
export class EntryLog {
  #entries: Entry[] = [];
  /** Entries at the front that were dropped; the array is cut when they are the most of it. */
  #dropped = 0;
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
    return this.#last - this.count + 1;
  }

  get count(): number {
    return this.#entries.length - this.#dropped;
  }

  /** Bytes of the payloads that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  push(entry: Entry): void {
    if (entry.sequence !== this.#last + 1) throw new RangeError('an entry out of order');
    this.#entries.push(entry);
    this.#last = entry.sequence;
    this.#count(entry.payload.length);
  }

  /** The entry of this sequence, which must be kept. */
  at(sequence: number): Entry {
    if (sequence < this.first || sequence > this.#last) throw new RangeError('no such entry is kept');
    return this.#entries[this.#dropped + sequence - this.first]!;
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
    while (this.count > 0 && this.first <= sequence) {
      this.#count(-this.#entries[this.#dropped]!.payload.length);
      this.#entries[this.#dropped++] = released;
    }
    if (this.#dropped < 32 || this.#dropped * 2 < this.#entries.length) {
      if (this.#dropped === this.#entries.length) {
        this.#entries = [];
        this.#dropped = 0;
      }
      return;
    }
    this.#entries = this.#entries.slice(this.#dropped);
    this.#dropped = 0;
  }

  /** Forgets everything; the next entry is the one after `last`. */
  reset(last: number): void {
    this.#entries = [];
    this.#dropped = 0;
    this.#last = last;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#total.bytes += bytes;
  }
}
