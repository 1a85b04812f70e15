import type { TopicPosition } from '../shared/topics/position.ts';
import type { MessageBatch } from './message-batch.ts';
import type { Start } from './start.ts';
import type { TopicChannel } from './topic-channel.ts';

/** A gap: messages after `last` of what the reader had may be missed, and `next` of `page` comes next. */
export interface Discontinuity {
  readonly last: number;
  readonly next: number;
  readonly page: number;
}

/** Whoever reads a topic: a stream, a long poll. Nothing that it is told may make it wait. */
export interface TopicReader {
  /** Whether it has room for more; if not, it calls `member.resume()` once it has. */
  hasRoom(): boolean;
  /** Takes the next messages; those of a piece are within `streamLimits.pieceBytes`, or one. */
  onMessages(member: TopicMember, batch: MessageBatch): void;
  onDiscontinuity(member: TopicMember, gap: Discontinuity): void;
  /** It has all there is, and from here on gets each message as it comes. */
  onLive(member: TopicMember): void;
  /** The topic's cache is gone. Nothing follows. */
  onEnd(member: TopicMember): void;
}

/** One reader's place in one topic. */
export class TopicMember {
  readonly channel: TopicChannel;
  readonly reader: TopicReader;
  /** Where it wants to begin; null once it has begun. */
  start: Start | null;
  /** Monotonic time since which it waits for an answer of the topic's node, in ms; null when it does not. */
  waitingSinceMs: number | null = null;
  /** Whether it gets messages as they come. */
  live = false;
  /** Whether older messages than the copy has were asked for, for the sake of this member, since it was last live. */
  askedDeeper = false;
  /** A gap that is known from the beginning and has not been told. */
  gap: Discontinuity | null = null;
  page = 0;
  sequence = 0;

  constructor(channel: TopicChannel, reader: TopicReader, start: Start) {
    this.channel = channel;
    this.reader = reader;
    this.start = start;
  }

  /** The last message that it was given, or where it began. Of a live one that is where the topic is. */
  get position(): TopicPosition {
    return this.live ? this.channel.handedOut : { page: this.page, sequence: this.sequence };
  }

  /** Goes on after `hasRoom` was false. */
  resume(): void {
    if (!this.live && this.waitingSinceMs === null) this.channel.pump(this);
  }

  /** Comes to the topic; its reader hears of it within this call, or later. */
  enter(): void {
    this.channel.attach(this);
  }

  /** Leaves the topic. */
  leave(): void {
    this.channel.detach(this);
  }
}
