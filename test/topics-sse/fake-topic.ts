import { ManualClock } from '../../src/shared/clock.ts';
import type { CacheSettings } from '../../src/shared/fleet-state.ts';
import { cacheSettingsDefault } from '../../src/shared/fleet-state.ts';
import { keyHash } from '../../src/shared/slots.ts';
import type { MessageBatch } from '../../src/topics-sse/message-batch.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import { type ChannelHost, type JoinedAnswer, TopicChannel } from '../../src/topics-sse/topic-channel.ts';
import { type Discontinuity, TopicMember, type TopicReader } from '../../src/topics-sse/topic-member.ts';
import { TopicMessage } from '../../src/topics-sse/topic-message.ts';
import { testCache, utf8 } from '../support/fleet-state.ts';

export const page = 7;

/** A hub that does nothing of its own: the test says when questions are answered and when a turn ends. */
export class FakeHost implements ChannelHost {
  readonly clock: ManualClock;
  /** Every question that was put, oldest first. */
  readonly asked: Start[] = [];
  mirrorBytes = 0;
  gaps = 0;
  #dirty: TopicChannel[] = [];

  constructor(clock = new ManualClock({ monotonicMs: 10_000 })) {
    this.clock = clock;
  }

  ask(channel: TopicChannel): void {
    this.asked.push(channel.asked!);
  }

  flushLater(channel: TopicChannel): void {
    this.#dirty.push(channel);
  }

  onMembers(): void {}

  onGap(): void {
    this.gaps++;
  }

  onMirror(bytes: number): void {
    this.mirrorBytes += bytes;
  }

  /** Ends the turn of the event loop. */
  turn(): void {
    for (const channel of this.#dirty.splice(0)) channel.flush();
  }
}

/** A topic with its node at one end and a gateway's channel at the other, and nothing between that the test does not do. */
export class FakeTopic {
  readonly host: FakeHost;
  readonly channel: TopicChannel;
  page: number;
  last = 0;
  /** The oldest message that the node keeps. */
  first = 1;
  readonly #texts = new Map<number, string | Uint8Array>();

  constructor(host = new FakeHost(), topic = 'topic', settings: Partial<CacheSettings> = {}, ofPage = page) {
    this.host = host;
    this.page = ofPage;
    const cache = { ...testCache(), settings: { ...cacheSettingsDefault, ...settings } };
    const name = utf8(topic);
    const address = { cache, space: 1, hash: keyHash(cache.seed, name), name: Buffer.from(name).toString('latin1') };
    this.channel = new TopicChannel({ ...address, topic }, host);
  }

  /** Publishes at the node; the gateway does not hear of it. */
  keep(...values: readonly (string | Uint8Array)[]): void {
    for (const value of values) this.#texts.set(++this.last, value);
  }

  /** Publishes as the gateway hears it. */
  publish(...values: readonly (string | Uint8Array)[]): void {
    for (const value of values) {
      this.keep(value);
      this.channel.onMessage(this.message(this.last));
    }
  }

  /** Publishes so many messages `m1`, `m2`, …, named by their numbers. */
  publishMany(count: number): void {
    for (let n = 0; n < count; n++) this.publish(`m${this.last + 1}`);
  }

  /** The node drops what is before this message. */
  dropBefore(first: number): void {
    this.first = first;
  }

  /** The node's log was lost: another page begins. */
  restart(ofPage: number): void {
    this.page = ofPage;
    this.first = 1;
    this.last = 0;
  }

  message(sequence: number): TopicMessage {
    const value = this.#texts.get(sequence) ?? `m${sequence}`;
    return new TopicMessage({
      topic: 1,
      page: this.page,
      sequence,
      publishedMs: this.host.clock.wallMs(),
      tokenId: '',
      text: typeof value === 'string',
      value: typeof value === 'string' ? utf8(value) : value,
    });
  }

  /** The node's answer to a question, as `topic-link` gives it. */
  answerTo(start: Start): JoinedAnswer {
    const from = Math.max(this.first, this.#backlogStart(start));
    return {
      page: this.page,
      lastSequence: this.last,
      firstSequence: this.first,
      nowMs: this.host.clock.wallMs(),
      messages: Array.from({ length: this.last - from + 1 }, (_, index) => this.message(from + index)),
    };
  }

  /** Answers the question that is open, as it stands, and ends the turn. */
  answer(): void {
    const { asked } = this.channel;
    if (asked === null) throw new Error('nothing was asked');
    this.channel.onJoined(this.answerTo(asked));
    this.host.turn();
  }

  /** A reader that has entered at this start. */
  reader(start: Start): Recorder {
    const recorder = new Recorder(this.channel, start);
    recorder.member.enter();
    return recorder;
  }

  /** A reader that is live. */
  liveReader(start: Start = { kind: 'latest' }): Recorder {
    const recorder = this.reader(start);
    while (this.channel.asked !== null) this.answer();
    if (!recorder.member.live) throw new Error('not live');
    return recorder;
  }

  #backlogStart(start: Start): number {
    switch (start.kind) {
      case 'latest':
        return this.last + 1;
      case 'tail':
        return this.last - start.count + 1;
      case 'after':
        return start.page === this.page && start.sequence <= this.last ? start.sequence + 1 : this.first;
      default:
        return this.first;
    }
  }
}

/** A reader that keeps what it is told. */
export class Recorder implements TopicReader {
  readonly member: TopicMember;
  /** `m3` for messages, `gap 3>7 of page 1`, `live`, `end`. */
  told: string[] = [];
  /** Sizes of the batches. */
  readonly batches: number[] = [];
  room = true;

  constructor(channel: TopicChannel, start: Start) {
    this.member = new TopicMember(channel, this, start);
  }

  hasRoom(): boolean {
    return this.room;
  }

  onMessages(_member: TopicMember, batch: MessageBatch): void {
    this.batches.push(batch.messages.length);
    for (const { sequence } of batch.messages) this.told.push(`m${sequence}`);
  }

  onDiscontinuity(_member: TopicMember, { last, next, page }: Discontinuity): void {
    this.told.push(`gap ${last}>${next} of page ${page}`);
  }

  onLive(): void {
    this.told.push('live');
  }

  onEnd(): void {
    this.told.push('end');
  }

  /** What it was told since it was last asked. */
  take(): string[] {
    const told = this.told;
    this.told = [];
    return told;
  }
}

/** `m1`, `m2` … as a recorder tells them. */
export const messages = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);
