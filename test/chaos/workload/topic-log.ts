/** What was published and seen in the topics of a run, and what must hold of it. Knows no network: fed with events. */
import type { Fate } from './tally.ts';

/** What a publisher knows of one message. */
export interface Published {
  readonly text: string;
  fate: 'open' | Fate;
  /** When its publisher began. */
  readonly invokeMs: number;
}

export interface Position {
  readonly page: number;
  readonly sequence: number;
}

/** Violations of a topic that are kept. */
const violationsMax = 20;

/** All messages of a topic, by position as anybody saw them. */
export class TopicLog {
  readonly topic: string;
  readonly published = new Map<string, Published>();
  readonly #seen = new Map<string, string>();
  readonly #positionsOf = new Map<string, Set<string>>();
  readonly violations: string[] = [];
  readonly readers: TopicReader[] = [];
  /** Pages that anything was seen on: one, unless the log was lost. */
  readonly pages = new Set<number>();

  constructor(topic: string) {
    this.topic = topic;
  }

  /** A message was seen, or an answer to a publish told where it is. */
  place(position: Position, text: string): void {
    const name = `${position.page}-${position.sequence}`;
    this.pages.add(position.page);
    const former = this.#seen.get(name);
    if (former !== undefined && former !== text) this.violation(`${name} of ${this.topic} is ${former} and ${text}`);
    this.#seen.set(name, text);
    const message = this.published.get(text);
    if (message === undefined) return this.violation(`${text} in ${this.topic} was never published there`);
    if (message.fate === 'not_done') this.violation(`${text} was refused, and published in ${this.topic}`);
    const positions = this.#positionsOf.get(text) ?? new Set();
    positions.add(name);
    this.#positionsOf.set(text, positions);
    if (positions.size > 1)
      this.violation(`${text} of ${this.topic} was published twice: ${[...positions].join(', ')}`);
  }

  /** A message turns out not to be published: nobody can have seen it. */
  refused({ text }: Published): void {
    if (this.#positionsOf.has(text)) this.violation(`${text} was refused, and published in ${this.topic}`);
  }

  violation(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(text);
  }
}

/** One subscriber of one topic, over all its connections. */
export class TopicReader {
  readonly name: string;
  readonly #log: TopicLog;
  readonly #seen = new Set<string>();
  /** Of the last event that had one. */
  lastId: string | undefined;
  #last: Position | undefined;
  /** Where it began: what is before it need not be seen. */
  #begun: Position | undefined;
  /** Breaks that the stream announced. */
  breaks = 0;
  messages = 0;
  connections = 0;

  constructor(name: string, log: TopicLog) {
    this.name = name;
    this.#log = log;
    log.readers.push(this);
  }

  /** Whether it has been told a position, so that all that is published from now on must reach it. */
  get hasBegun(): boolean {
    return this.#begun !== undefined;
  }

  has(text: string): boolean {
    return this.#seen.has(text);
  }

  checkpoint(position: Position): void {
    this.#begun ??= position;
    if (this.#last === undefined) this.#last = position;
    else if (comparePositions(position, this.#last) < 0) this.#fault(`a checkpoint goes back to ${nameOf(position)}`);
    else if (position.page !== this.#last.page || position.sequence > this.#last.sequence)
      this.#fault(`a checkpoint goes from ${nameOf(this.#last)} to ${nameOf(position)} without its messages`);
  }

  message(position: Position, text: string): void {
    this.messages++;
    const last = this.#last;
    // the first message of a reader that began with nothing
    this.#begun ??= { page: position.page, sequence: position.sequence - 1 };
    if (last !== undefined) {
      if (comparePositions(position, last) <= 0) this.#fault(`${nameOf(position)} came after ${nameOf(last)}`);
      else if (position.page !== last.page || position.sequence !== last.sequence + 1)
        this.#fault(`${nameOf(position)} came after ${nameOf(last)} and the gap was not announced`);
    }
    this.#last = position;
    this.#seen.add(text);
    this.#log.place(position, text);
  }

  /** `next` is the position after which it goes on. */
  discontinuity(next: Position): void {
    this.breaks++;
    this.#begun ??= next;
    this.#last = next;
  }

  /** Acknowledged messages whose publishing began after `sinceMs`, and that it has not seen. */
  missing(sinceMs: number): Published[] {
    return [...this.#log.published.values()].filter(
      ({ fate, text, invokeMs }) => fate === 'done' && invokeMs > sinceMs && !this.#seen.has(text),
    );
  }

  #fault(text: string): void {
    this.#log.violation(`${this.name}, ${this.#log.topic}: ${text}`);
  }
}

function comparePositions(a: Position, b: Position): number {
  return a.page - b.page || a.sequence - b.sequence;
}

function nameOf({ page, sequence }: Position): string {
  return `${page}-${sequence}`;
}
