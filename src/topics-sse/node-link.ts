import type { Clock } from '../shared/clock.ts';
import { FrameSplitter } from '../shared/frame/frame-splitter.ts';
import { FrameError } from '../shared/frame/layout.ts';
import { topicLimits } from '../shared/topics/limits.ts';
import { encodeSubscribe, type RefusalReason, readTopicFrame, type TopicFrame } from '../shared/topics/link-frames.ts';
import { topicMagic } from '../shared/topics/link-layout.ts';
import { streamLimits } from './limits.ts';
import type { LinkConnection, LinkReceiver, LinkTransport } from './link-transport.ts';
import type { PrefixWatch } from './prefix-watch.ts';
import { SlotAsks } from './slot-asks.ts';
import { joinOf } from './start.ts';
import type { TopicChannel } from './topic-channel.ts';
import { TopicMessage } from './topic-message.ts';

export interface NodeLinkParts {
  readonly transport: LinkTransport;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Calls back after a while; returns the way to cancel. */
  readonly delay: (ms: number, callback: () => void) => () => void;
  /** A message has come. */
  readonly onMessage: () => void;
  /** A node does not carry what it was asked for: the state has to be looked at again. */
  readonly onRefused: (reason: RefusalReason) => void;
}

/** A question on its way. */
interface OpenQuestion {
  readonly channel: TopicChannel;
  /** The channel has left since, or asked anew: the answer is of a time that is over. */
  obsolete: boolean;
}

/** An answer that is arriving. */
interface OpenAnswer {
  readonly question: OpenQuestion;
  readonly joined: Extract<TopicFrame, { kind: 'joined' }>;
  readonly messages: TopicMessage[];
}

/**
 * The gateway's end of a topic link to one node: one connection for all topics that are followed there. When it
 * breaks it opens another, on which each topic is asked for again from where it was.
 */
export class NodeLink implements LinkReceiver {
  readonly #url: string;
  readonly #parts: NodeLinkParts;
  readonly #channels = new Set<TopicChannel>();
  readonly #byNumber = new Map<number, TopicChannel>();
  readonly #numbers = new Map<TopicChannel, number>();
  readonly #questions = new Map<number, OpenQuestion>();
  /** The last question of each channel, as long as its answer counts. */
  readonly #asked = new Map<TopicChannel, OpenQuestion>();
  readonly #watches = new Map<number, PrefixWatch>();
  readonly #watchNumbers = new Map<PrefixWatch, number>();
  /** Channels that the node does not carry at the moment. */
  readonly #asks: SlotAsks;
  #answering: OpenAnswer | null = null;
  #nextNumber = 1;
  #connection: LinkConnection | null = null;
  #splitter: FrameSplitter;
  #failures = 0;
  #heardMs = 0;
  #closed = false;
  #cancelReconnect: (() => void) | null = null;
  #cancelWatchdog: (() => void) | null = null;

  constructor(url: string, parts: NodeLinkParts) {
    this.#url = url;
    this.#parts = parts;
    this.#splitter = this.#newSplitter();
    const { random, delay } = parts;
    this.#asks = new SlotAsks({ random, delay, ask: (channel) => channel.rejoin() });
  }

  /** Whether nothing is followed here. */
  get idle(): boolean {
    return this.#channels.size === 0 && this.#watches.size === 0;
  }

  /** Puts the channel's question to the node, and follows it from then on. */
  ask(channel: TopicChannel): void {
    this.#channels.add(channel);
    if (this.#connection === null) this.#connect();
    else this.#ask(channel);
  }

  /** Follows a topic no longer. */
  leave(channel: TopicChannel): void {
    if (!this.#channels.delete(channel)) return;
    this.#asks.drop(channel);
    this.#outdate(channel);
    const number = this.#numbers.get(channel);
    if (number !== undefined) {
      this.#send({ kind: 'leave', topic: number });
      this.#byNumber.delete(number);
      this.#numbers.delete(channel);
    }
  }

  /** Tells the node how many read a topic here. */
  count(channel: TopicChannel): void {
    const topic = this.#numbers.get(channel);
    if (topic !== undefined) this.#send({ kind: 'count', topic, subscribers: channel.size });
  }

  /** Has the node's topics announced to a watch. */
  watch(watch: PrefixWatch): void {
    const number = this.#takeNumber();
    this.#watches.set(number, watch);
    this.#watchNumbers.set(watch, number);
    if (this.#connection === null) this.#connect();
    else this.#send({ kind: 'watch', watch: number, space: watch.space, prefix: watch.prefix });
  }

  unwatch(watch: PrefixWatch): void {
    const number = this.#watchNumbers.get(watch);
    if (number === undefined) return;
    this.#watchNumbers.delete(watch);
    this.#watches.delete(number);
    this.#send({ kind: 'unwatch', watch: number });
  }

  /** Closes for good; returns the channels and watches that it carried. */
  close(): { channels: TopicChannel[]; watches: PrefixWatch[] } {
    this.#closed = true;
    this.#cancelReconnect?.();
    this.#cancelWatchdog?.();
    this.#connection?.close();
    this.#connection = null;
    const carried = { channels: [...this.#channels], watches: [...this.#watches.values()] };
    this.#channels.clear();
    this.#watches.clear();
    this.#watchNumbers.clear();
    this.#forgetNumbers();
    return carried;
  }

  onOpen(): void {
    this.#failures = 0;
  }

  onData(chunk: Uint8Array): void {
    this.#heardMs = this.#parts.clock.monotonicMs();
    this.#splitter.push(chunk);
  }

  onClose(): void {
    if (this.#closed) return;
    this.#connection = null;
    this.#cancelWatchdog?.();
    this.#cancelWatchdog = null;
    this.#forgetNumbers();
    if (this.idle) return;
    const { retryLinkMsMin, retryLinkMsMax } = streamLimits;
    const backOffMs = Math.min(retryLinkMsMax, retryLinkMsMin * 2 ** Math.min(this.#failures++, 10));
    this.#cancelReconnect = this.#parts.delay(backOffMs * (0.5 + this.#parts.random() / 2), () => {
      this.#cancelReconnect = null;
      if (!this.idle) this.#connect();
    });
  }

  #connect(): void {
    if (this.#connection !== null || this.#cancelReconnect !== null || this.#closed) return;
    this.#splitter = this.#newSplitter();
    this.#heardMs = this.#parts.clock.monotonicMs();
    this.#connection = this.#parts.transport.open(this.#url, this);
    this.#watchOver();
    for (const [number, { space, prefix }] of this.#watches)
      this.#send({ kind: 'watch', watch: number, space, prefix });
    for (const channel of this.#channels) channel.rejoin();
  }

  /** A link on which nothing is heard is no link: the node says something every now and then. */
  #watchOver(): void {
    this.#cancelWatchdog = this.#parts.delay(topicLimits.linkSilentMs / 4, () => {
      const silentMs = this.#parts.clock.monotonicMs() - this.#heardMs;
      if (silentMs < topicLimits.linkSilentMs) return this.#watchOver();
      this.#connection?.close();
      this.onClose();
    });
  }

  #ask(channel: TopicChannel): void {
    const start = channel.asked;
    if (start === null) return;
    const question = this.#takeNumber();
    this.#outdate(channel);
    const open: OpenQuestion = { channel, obsolete: false };
    this.#questions.set(question, open);
    this.#asked.set(channel, open);
    const { space, hash, name } = channel.address;
    this.#send({ kind: 'join', question, space, hash, name, ...joinOf(start) });
  }

  #takeNumber(): number {
    const number = this.#nextNumber;
    this.#nextNumber = number === 0xffff_ffff ? 1 : number + 1;
    return number;
  }

  #send(frame: Parameters<typeof encodeSubscribe>[0]): void {
    this.#connection?.send(encodeSubscribe(frame));
  }

  #newSplitter(): FrameSplitter {
    const memory = { allocate: (size: number) => new Uint8Array(size) };
    return new FrameSplitter(topicMagic, topicLimits.linkFrameBytesMax, memory, (frame) =>
      this.#onFrame(readTopicFrame(frame)),
    );
  }

  #onFrame(frame: TopicFrame): void {
    switch (frame.kind) {
      case 'message': {
        this.#parts.onMessage();
        if (this.#answering === null)
          return this.#byNumber.get(frame.message.topic)?.onMessage(new TopicMessage(frame.message));
        this.#answering.messages.push(new TopicMessage(frame.message));
        return this.#finishAnswer();
      }
      case 'joined':
        return this.#onJoined(frame);
      case 'position':
        return this.#byNumber.get(frame.topic)?.onPosition(frame.page, frame.lastSequence);
      case 'announced':
        return this.#watches.get(frame.watch)?.onTopic(frame);
      case 'watched':
        return this.#watches.get(frame.watch)?.onWatched(this);
      case 'refused':
        return this.#onRefused(frame.question, frame.reason);
      case 'ended': {
        const channel = this.#byNumber.get(frame.topic);
        if (channel === undefined) return;
        this.#byNumber.delete(frame.topic);
        this.#numbers.delete(channel);
        // The answer to a question that is under way would begin anew, without what is missed in between.
        this.#outdate(channel);
        channel.lapse();
        this.#parts.onRefused(frame.reason);
        return this.#askAgain(channel, frame.reason);
      }
      case 'alive':
        return;
    }
  }

  #onJoined(joined: Extract<TopicFrame, { kind: 'joined' }>): void {
    const question = this.#questions.get(joined.question);
    if (question === undefined || this.#answering !== null) throw new FrameError('answer to no question');
    this.#questions.delete(joined.question);
    const { channel } = question;
    if (!question.obsolete) {
      const before = this.#numbers.get(channel);
      if (before !== undefined) this.#byNumber.delete(before);
      this.#byNumber.set(joined.topic, channel);
      this.#numbers.set(channel, joined.topic);
      this.count(channel);
      this.#asks.served(channel);
    } else if (!this.#carriesTopicOf(channel)) this.#send({ kind: 'leave', topic: joined.topic });
    this.#answering = { question, joined, messages: [] };
    this.#finishAnswer();
  }

  /** Whether the topic of a channel that is gone is followed by another, which came after it. */
  #carriesTopicOf({ address }: TopicChannel): boolean {
    for (const { address: other } of this.#channels)
      if (other.space === address.space && other.name === address.name) return true;
    return false;
  }

  #finishAnswer(): void {
    const { question, joined, messages } = this.#answering!;
    if (messages.length < joined.count) return;
    this.#answering = null;
    if (question.obsolete) return;
    this.#asked.delete(question.channel);
    const { page, lastSequence, firstSequence, nowMs } = joined;
    question.channel.onJoined({ page, lastSequence, firstSequence, nowMs, messages });
  }

  /** What a channel has asked so far it does not want to know any more. */
  #outdate(channel: TopicChannel): void {
    const question = this.#asked.get(channel);
    if (question !== undefined) question.obsolete = true;
    this.#asked.delete(channel);
  }

  #onRefused(number: number, reason: RefusalReason): void {
    const watch = this.#watches.get(number);
    if (watch !== undefined && reason === 'full') return watch.onTooMany();
    this.#parts.onRefused(reason);
    const question = this.#questions.get(number);
    this.#questions.delete(number);
    if (question !== undefined && !question.obsolete) {
      this.#asked.delete(question.channel);
      this.#askAgain(question.channel, reason);
    } else if (watch !== undefined) {
      const connection = this.#connection;
      this.#parts.delay(streamLimits.retryLinkMsMin * 5, () => {
        // A new connection has told the node of it already.
        if (this.#watches.get(number) !== watch || this.#connection !== connection) return;
        this.#send({ kind: 'watch', watch: number, space: watch.space, prefix: watch.prefix });
      });
    }
  }

  /** Asks again after a while, wherever the topic is by then. */
  #askAgain(channel: TopicChannel, reason: RefusalReason): void {
    if (reason === 'moved' || reason === 'not_ready') return this.#asks.wait(channel);
    const { retryLinkMsMin } = streamLimits;
    this.#parts.delay(retryLinkMsMin * (2 + this.#parts.random()), () => {
      if (this.#channels.has(channel)) channel.rejoin();
    });
  }

  #forgetNumbers(): void {
    this.#asks.clear();
    this.#byNumber.clear();
    this.#numbers.clear();
    this.#questions.clear();
    this.#asked.clear();
    this.#answering = null;
  }
}
