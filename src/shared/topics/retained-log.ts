/** How much of a topic is kept: the oldest messages go as soon as any of the bounds is passed. */
export interface RetentionBounds {
  readonly messagesMax: number;
  /** The newest message is kept even if it is larger, unless this is 0. */
  readonly bytesMax: number;
  /** Age in ms. */
  readonly ageMsMax: number;
}

/**
 * The latest messages of one page of a topic, numbered without a gap: `firstSequence` … `lastSequence`. Both tiers
 * keep one: the node's is the topic's log, a gateway's is a copy of its end.
 *
 * A ring that grows; dropping and appending are O(1).
 */
export class RetainedLog<Message> {
  readonly page: number;
  #messages: (Message | undefined)[] = new Array(8);
  #sizes: Float64Array = new Float64Array(8);
  /** Monotonic times in ms at which the messages came, oldest first. */
  #times: Float64Array = new Float64Array(8);
  #start = 0;
  #count = 0;
  #bytes = 0;
  #last: number;

  /** Empty, after the message `lastSequence`. */
  constructor(page: number, lastSequence: number) {
    this.page = page;
    this.#last = lastSequence;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Number of the newest message of the page, kept or not; 0 before the first. */
  get lastSequence(): number {
    return this.#last;
  }

  /** Number of the oldest message that is kept; that of the next one when none is. */
  get firstSequence(): number {
    return this.#last - this.#count + 1;
  }

  /** Adds the next message, which came at the monotonic time `atMs`; returns its number. */
  append(message: Message, sizeBytes: number, atMs: number): number {
    if (this.#count === this.#messages.length) this.#grow();
    this.#put(this.#count, message, sizeBytes, atMs);
    this.#count++;
    this.#bytes += sizeBytes;
    return ++this.#last;
  }

  /** Adds the message before the oldest one. */
  prepend(message: Message, sizeBytes: number, atMs: number): void {
    if (this.#count === this.#messages.length) this.#grow();
    this.#start = (this.#start + this.#messages.length - 1) & (this.#messages.length - 1);
    this.#put(0, message, sizeBytes, atMs);
    this.#count++;
    this.#bytes += sizeBytes;
  }

  /** The message of this number, which must be kept. */
  at(sequence: number): Message {
    const index = sequence - this.firstSequence;
    if (index < 0 || index >= this.#count) throw new RangeError('no such message is kept');
    return this.#messages[this.#slot(index)]!;
  }

  /** When the message of this number came, in ms of the monotonic clock. */
  timeOf(sequence: number): number {
    return this.#times[this.#slot(sequence - this.firstSequence)]!;
  }

  /** Drops what is beyond the bounds at the monotonic time `nowMs`. */
  trim({ messagesMax, bytesMax, ageMsMax }: RetentionBounds, nowMs: number): void {
    const oldestMs = nowMs - ageMsMax;
    while (this.#count > 0) {
      // The newest message is kept whatever its size: it has to outlast the moment between two polls.
      const tooLarge = this.#bytes > bytesMax && (this.#count > 1 || bytesMax === 0);
      if (this.#count <= messagesMax && !tooLarge && this.#times[this.#start]! > oldestMs) return;
      this.dropOldest();
    }
  }

  /** Drops one message; there must be one. */
  dropOldest(): void {
    const at = this.#start;
    this.#messages[at] = undefined;
    this.#bytes -= this.#sizes[at]!;
    this.#start = (at + 1) & (this.#messages.length - 1);
    this.#count--;
    if (this.#count === 0 && this.#messages.length > 64) this.#resize(8);
  }

  #slot(index: number): number {
    return (this.#start + index) & (this.#messages.length - 1);
  }

  #put(index: number, message: Message, sizeBytes: number, atMs: number): void {
    const at = this.#slot(index);
    this.#messages[at] = message;
    this.#sizes[at] = sizeBytes;
    this.#times[at] = atMs;
  }

  #grow(): void {
    this.#resize(this.#messages.length * 2);
  }

  #resize(length: number): void {
    const messages: (Message | undefined)[] = new Array(length);
    const sizes = new Float64Array(length);
    const times = new Float64Array(length);
    for (let i = 0; i < Math.min(this.#count, length); i++) {
      const at = this.#slot(i);
      messages[i] = this.#messages[at];
      sizes[i] = this.#sizes[at]!;
      times[i] = this.#times[at]!;
    }
    this.#messages = messages;
    this.#sizes = sizes;
    this.#times = times;
    this.#start = 0;
  }
}
