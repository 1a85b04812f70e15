import type { Writable } from 'node:stream';
import type { Clock } from '../../shared/clock.ts';
import { FrameSplitter } from '../../shared/frame/frame-splitter.ts';
import { slotOf } from '../../shared/slots.ts';
import { topicLimits } from '../../shared/topics/limits.ts';
import {
  encodeTopicFrame,
  type RefusalReason,
  readSubscribe,
  type SubscribeFrame,
  type TopicFrame,
} from '../../shared/topics/link-frames.ts';
import { subscribeMagic } from '../../shared/topics/link-layout.ts';
import { nodeLimits } from '../limits.ts';
import type { Topic, TopicFollower } from './topic.ts';
import type { TopicWatcher } from './topic-spaces.ts';
import type { TopicSlots, TopicTable } from './topic-table.ts';

export interface TopicLinkParts {
  readonly topics: TopicTable;
  readonly slots: Pick<TopicSlots, 'admission'>;
  readonly clock: Clock;
  /** Called when a gateway names a cache that this node does not know yet. */
  readonly onBehind: () => void;
}

type Join = Extract<SubscribeFrame, { kind: 'join' }>;

/**
 * The node's end of a topic link: takes what one gateway asks for, and hands it every message of the topics that it
 * follows, those of one turn of the event loop in one write.
 *
 * A gateway that does not read is not waited for. What it misses stays in the logs, and goes out when there is room
 * again; what the logs have dropped by then it sees by the numbers.
 */
export class TopicLink implements TopicFollower {
  readonly #parts: TopicLinkParts;
  readonly #output: Writable;
  readonly #splitter: FrameSplitter;
  readonly #followed = new Set<Topic>();
  readonly #watches = new Map<number, Watch>();
  /** Topics with messages that did not go out, and the number of the last that did. */
  readonly #behind = new Map<Topic, number>();
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #closed = false;
  /** Unread bytes as they were seen last, and when they were last seen to be fewer than before. */
  #unreadSeen = 0;
  #movedMs: number;

  constructor(parts: TopicLinkParts, output: Writable) {
    this.#parts = parts;
    this.#movedMs = parts.clock.monotonicMs();
    this.#output = output;
    this.#splitter = new FrameSplitter(
      subscribeMagic,
      topicLimits.linkFrameBytesMax,
      { allocate: (size) => new Uint8Array(size) },
      (frame) => this.#onFrame(readSubscribe(frame)),
    );
    output.on('drain', () => this.#catchUp());
  }

  /** Takes bytes of the gateway; raises `FrameError` for what is no frame, after which the link has to be closed. */
  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  close(): void {
    this.#closed = true;
    for (const topic of this.#followed) topic.followers.delete(this);
    for (const watch of this.#watches.values()) this.#parts.topics.unwatch(watch.space, watch);
    this.#followed.clear();
    this.#watches.clear();
    this.#behind.clear();
    this.#queue = [];
  }

  /** Says that the node is there; false when the gateway has not read for so long that it cannot be. */
  alive(): boolean {
    const nowMs = this.#parts.clock.monotonicMs();
    const { writableLength } = this.#output;
    if (writableLength === 0 || writableLength < this.#unreadSeen) this.#movedMs = nowMs;
    this.#unreadSeen = writableLength;
    if (nowMs - this.#movedMs > nodeLimits.topicLinkStalledMs) return false;
    this.send({ kind: 'alive' });
    return true;
  }

  onMessage(topic: Topic, frame: Uint8Array): void {
    if (this.#behind.has(topic)) return;
    if (this.#isFull()) this.#behind.set(topic, topic.log.lastSequence - 1);
    else this.#enqueue(frame);
  }

  onEnd(topic: Topic): void {
    this.#followed.delete(topic);
    this.#behind.delete(topic);
    this.send({ kind: 'ended', topic: topic.number, reason: 'moved' });
  }

  send(frame: Exclude<TopicFrame, { kind: 'message' }>): void {
    this.#enqueue(encodeTopicFrame(frame));
  }

  #onFrame(frame: SubscribeFrame): void {
    switch (frame.kind) {
      case 'join':
        return this.#join(frame);
      case 'leave':
        return this.#leave(frame.topic);
      case 'count': {
        const topic = this.#parts.topics.byNumber(frame.topic);
        if (topic?.followers.has(this)) topic.followers.set(this, frame.subscribers);
        return;
      }
      case 'watch':
        return this.#watch(frame.watch, frame.space, frame.prefix);
      case 'unwatch':
        return this.#unwatch(frame.watch);
    }
  }

  #unwatch(number: number): void {
    const watch = this.#watches.get(number);
    if (watch !== undefined) this.#parts.topics.unwatch(watch.space, watch);
    this.#watches.delete(number);
  }

  /** Answers a join and follows from there, in one step. */
  #join(join: Join): void {
    const { topics, slots, clock } = this.#parts;
    const slot = slotOf(join.hash);
    const admission = slots.admission(slot);
    if (admission !== 'serve') return this.#refuse(join.question, admission);
    if (!topics.knows(join.space)) return this.#refuse(join.question, 'behind');
    const nowMs = clock.monotonicMs();
    const topic = topics.topic({ space: join.space, slot, name: join.name }, nowMs);
    if (topic === null) return this.#refuse(join.question, 'full');
    topics.trim(topic, nowMs);
    topic.usedMs = nowMs;
    if (!this.#followed.has(topic)) {
      this.#followed.add(topic);
      topic.followers.set(this, 0);
    }
    const { log } = topic;
    // What the link is behind with comes with the answer.
    const unsent = (this.#behind.get(topic) ?? log.lastSequence) + 1;
    this.#behind.delete(topic);
    const start = Math.max(log.firstSequence, Math.min(backlogStart(join, topic), unsent));
    this.send({
      kind: 'joined',
      question: join.question,
      topic: topic.number,
      page: log.page,
      lastSequence: log.lastSequence,
      firstSequence: log.firstSequence,
      nowMs: clock.wallMs(),
      count: log.lastSequence - start + 1,
    });
    for (let sequence = start; sequence <= log.lastSequence; sequence++) this.#enqueueKept(log.at(sequence));
  }

  #leave(number: number): void {
    const topic = this.#parts.topics.byNumber(number);
    if (topic === undefined) return;
    topic.followers.delete(this);
    topic.usedMs = this.#parts.clock.monotonicMs();
    this.#followed.delete(topic);
    this.#behind.delete(topic);
  }

  #watch(number: number, space: number, prefix: string): void {
    const { topics } = this.#parts;
    this.#unwatch(number);
    if (!topics.knows(space)) return this.#refuse(number, 'behind');
    const watch = new Watch(this, number, space, prefix);
    const present: Topic[] = [];
    for (const topic of topics.selected(space, prefix)) {
      if (present.length === topicLimits.watchedTopicsMax) return this.#refuse(number, 'full');
      present.push(topic);
    }
    this.#watches.set(number, watch);
    topics.watch(space, watch);
    for (const topic of present) watch.onTopic(topic);
    this.send({ kind: 'watched', watch: number });
  }

  #refuse(question: number, reason: RefusalReason): void {
    if (reason === 'behind') this.#parts.onBehind();
    this.send({ kind: 'refused', question, reason });
  }

  #isFull(): boolean {
    return this.#output.writableLength + this.#queuedBytes > nodeLimits.topicLinkUnreadBytesMax;
  }

  /** Sends a message out of the log. */
  #enqueueKept(frame: string): void {
    this.#enqueue(Buffer.from(frame, 'latin1'));
  }

  #enqueue(frame: Uint8Array): void {
    if (this.#closed) return;
    if (this.#queue.length === 0) setImmediate(() => this.#flush());
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
  }

  #flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#output.write(queue.length === 1 ? queue[0] : Buffer.concat(queue));
    if (this.#behind.size > 0) this.#catchUp();
  }

  /** Sends what stayed behind, as far as there is room and the logs have it. */
  #catchUp(): void {
    if (this.#output.writableLength > nodeLimits.topicLinkUnreadBytesMax / 2) return;
    for (const [topic, lastSent] of this.#behind) {
      const { log } = topic;
      let sequence = Math.max(lastSent + 1, log.firstSequence);
      while (sequence <= log.lastSequence && !this.#isFull()) this.#enqueueKept(log.at(sequence++));
      if (sequence <= log.lastSequence) {
        // At the end of the row: a topic that is never done must not keep the others from theirs.
        this.#behind.delete(topic);
        this.#behind.set(topic, sequence - 1);
        return;
      }
      this.#behind.delete(topic);
      if (log.count === 0)
        this.send({ kind: 'position', topic: topic.number, page: log.page, lastSequence: log.lastSequence });
    }
  }
}

/** A prefix that a gateway watches. */
class Watch implements TopicWatcher {
  readonly space: number;
  readonly #link: TopicLink;
  readonly #number: number;
  readonly #prefix: string;

  constructor(link: TopicLink, number: number, space: number, prefix: string) {
    this.space = space;
    this.#link = link;
    this.#number = number;
    this.#prefix = prefix;
  }

  onTopic({ name, number, log }: Topic): void {
    if (!name.startsWith(this.#prefix)) return;
    this.#link.send({
      kind: 'announced',
      watch: this.#number,
      topic: number,
      name,
      page: log.page,
      lastSequence: log.lastSequence,
    });
  }
}

/** Number of the first message that a join is answered with; one past the newest for none. */
function backlogStart({ from, position }: Join, { log }: Topic): number {
  const first = log.firstSequence;
  switch (from) {
    case 'latest':
      return log.lastSequence + 1;
    case 'earliest':
      return first;
    case 'tail':
      return Math.max(first, log.lastSequence - position.sequence + 1);
    case 'after': {
      // Of another page, or of the future: all there is has not been seen.
      const known = position.page === log.page && position.sequence <= log.lastSequence;
      return known ? Math.max(first, position.sequence + 1) : first;
    }
  }
}
