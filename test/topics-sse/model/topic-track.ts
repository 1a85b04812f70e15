import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import { fail, type Published, type PublishedMessage } from './published.ts';

/** How a reader begins in a topic, as far as it decides what it may be told. */
export type Opening =
  /** After the place that it has. */
  | { readonly kind: 'resume' }
  /** After its place, or where the topic is now with a gap told first. */
  | { readonly kind: 'missed' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'tail'; readonly count: number }
  /** With everything published since its stream was seen to be there; Infinity: it was not yet. */
  | { readonly kind: 'since'; readonly stream: { seenMs: number } };

/** What a track knows of the fleet beside what was told. */
export interface Truth {
  readonly nowMs: number;
  readonly published: Published;
  /** No gap may be told. */
  readonly lossless: boolean;
  /** Whether a gap may be told although the topic's node still has what was missed. */
  readonly forgetful: boolean;
  /** Whether the topic's node keeps this message now. */
  retains(topic: string, position: TopicPosition): boolean;
}

/** What a reader saw of a message. */
export interface SeenMessage extends TopicPosition {
  /** As text, or as bytes. */
  readonly value: string | Uint8Array;
}

export interface SeenGap {
  readonly last: number;
  readonly next: number;
  readonly page: number;
}

const show = (position: TopicPosition | null): string =>
  position === null ? 'nowhere' : `${position.page}-${position.sequence}`;

/** What one reader was told of one topic, over all its connections, held against the model. */
export class TopicTrack {
  readonly #who: string;
  readonly #topic: string;
  readonly #truth: Truth;
  /** The last message or gap that it was told of. */
  place: TopicPosition | null = null;
  /** The largest page that it was told of. */
  #pageMax = 0;
  #opening: Opening = { kind: 'resume' };
  #openedMs = 0;
  #headAtOpening: TopicPosition | null = null;
  messages = 0;
  gaps = 0;

  constructor(reader: string, topic: string, truth: Truth) {
    this.#who = `${reader}, ${topic}`;
    this.#topic = topic;
    this.#truth = truth;
  }

  /** The reader goes back to where it was earlier. A gateway that is behind may know no later page than that. */
  goBack(place: TopicPosition | null): void {
    this.place = place;
    this.#pageMax = place === null ? 0 : place.page;
  }

  /** Whether a position that it is told by the way is its place. */
  get awaitsPosition(): boolean {
    return this.place === null && this.#opening.kind !== 'missed' && this.#opening.kind !== 'unknown';
  }

  /** A new connection. What begins elsewhere than at the place forgets the place. */
  open(opening: Opening): void {
    this.#opening = opening;
    this.#openedMs = this.#truth.nowMs;
    this.#headAtOpening = this.#truth.published.head(this.#topic);
    if (opening.kind !== 'resume' && opening.kind !== 'missed') this.place = null;
  }

  onMessage(seen: SeenMessage): void {
    const { place } = this;
    const known = this.#truth.published.find(this.#topic, seen);
    if (known === undefined) return this.#fail(`got ${show(seen)}, which was never published`);
    if (!isSame(known, seen.value)) this.#fail(`got ${show(seen)} with another content`);
    this.#checkPage(seen.page);
    if (place === null) this.#checkFirst(seen, known);
    else if (seen.page !== place.page || seen.sequence !== place.sequence + 1)
      this.#fail(`got ${show(seen)} after ${show(place)}, and was told of no gap`);
    this.#moveTo(seen);
    this.messages++;
  }

  onGap({ last, next, page }: SeenGap): void {
    const { place } = this;
    const excused = this.#opening.kind === 'unknown' || this.#opening.kind === 'missed';
    this.#checkPage(page);
    if (!excused) {
      if (this.#truth.lossless && !this.#isPageWithoutMessages({ last, next, page }))
        this.#fail(`was told of a gap to ${page}-${next} after ${show(place)}: none is lost`);
      if (place !== null) this.#checkGap(place, { last, next, page });
    } else if (place !== null && page === place.page && next <= place.sequence)
      this.#fail(`was told that ${next} comes after ${show(place)}`);
    this.#moveTo({ page, sequence: next - 1 });
    this.gaps++;
  }

  onPosition(position: TopicPosition): void {
    const { place } = this;
    this.#checkPage(position.page);
    if (place === null) this.#checkFirst({ ...position, sequence: position.sequence + 1 }, null);
    else if (place.page !== position.page || place.sequence !== position.sequence)
      this.#fail(`was told to be at ${show(position)}, and is at ${show(place)}`);
    this.#moveTo(position);
  }

  /** A copy that was void for a while may give a topic a later page that has had no message, so that no one was missed. */
  #isPageWithoutMessages({ last, next, page }: SeenGap): boolean {
    return last === 0 && next === 1 && !this.#truth.published.hasBefore(this.#topic, page);
  }

  #checkGap(place: TopicPosition, { last, next, page }: SeenGap): void {
    if (last !== place.sequence) this.#fail(`was told of a gap after ${last}, and is at ${show(place)}`);
    if (page !== place.page) return;
    if (next <= place.sequence + 1) this.#fail(`was told of a gap to ${next} after ${show(place)}: there is none`);
    const missed = { page, sequence: place.sequence + 1 };
    if (!this.#truth.forgetful && this.#truth.retains(this.#topic, missed))
      this.#fail(`was told of a gap to ${page}-${next} after ${show(place)}, and ${show(missed)} is still kept`);
  }

  /** The first message or position of those that began without a place. `known` is null for a position. */
  #checkFirst(first: TopicPosition, known: PublishedMessage | null): void {
    const opening = this.#opening;
    const head = this.#headAtOpening;
    const before = { page: first.page, sequence: first.sequence - 1 };
    const headNow = this.#truth.published.head(this.#topic);
    const isOfHead = head !== null && head.page === first.page;
    switch (opening.kind) {
      case 'latest':
        if (known !== null && known.atMs < this.#openedMs)
          this.#fail(`began at ${show(first)}, which is not the latest`);
        if (isOfHead && first.sequence <= head.sequence) this.#fail(`began at ${show(first)}, before ${show(head)}`);
        return;
      case 'earliest':
        if (this.#truth.retains(this.#topic, before))
          this.#fail(`began at ${show(first)}, and ${show(before)} is kept`);
        return;
      case 'tail': {
        const { count } = opening;
        if (isOfHead && first.sequence <= head.sequence - count)
          this.#fail(`began at ${show(first)}, more than ${count} back`);
        const needsBefore =
          headNow !== null && headNow.page === first.page && before.sequence > headNow.sequence - count;
        if (needsBefore && this.#truth.retains(this.#topic, before))
          this.#fail(`began at ${show(first)}, less than ${count} back`);
        return;
      }
      case 'since': {
        const missed = this.#truth.published.find(this.#topic, before);
        if (missed !== undefined && missed.atMs > opening.stream.seenMs)
          this.#fail(`began at ${show(first)}, after one it missed`);
        return;
      }
      case 'unknown':
        return this.#fail(`began at ${show(first)} after an unknown position, and was told of no gap`);
      default:
        return;
    }
  }

  /** Pages only grow, unless the reader itself goes back. */
  #checkPage(page: number): void {
    if (page < this.#pageMax) this.#fail(`was told of page ${page} after page ${this.#pageMax}`);
    this.#pageMax = page;
  }

  #moveTo(place: TopicPosition): void {
    this.place = { page: place.page, sequence: place.sequence };
    this.#opening = { kind: 'resume' };
  }

  #fail(message: string): never {
    return fail(`${this.#who}: ${message}`);
  }
}

function isSame({ text, value }: PublishedMessage, seen: string | Uint8Array): boolean {
  if (typeof seen === 'string') return seen === text;
  return value.length === seen.length && value.every((byte, at) => byte === seen[at]);
}
