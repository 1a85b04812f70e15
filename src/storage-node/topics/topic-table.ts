import type { Clock } from '../../shared/clock.ts';
import type { CacheRecord } from '../../shared/fleet-state.ts';
import { encodeMessage, type TopicPayload } from '../../shared/topics/message-frame.ts';
import { sequencePage, type TopicPosition } from '../../shared/topics/position.ts';
import type { RetentionBounds } from '../../shared/topics/retained-log.ts';
import { latin1 } from '../content-types.ts';
import { nodeLimits } from '../limits.ts';
import { SlotPages } from './slot-pages.ts';
import { Topic, type TopicAddress } from './topic.ts';

/** Which slots are served, and the data epoch of each. */
export interface ServedSlots {
  serves(slot: number): boolean;
  dataEpoch(slot: number): number;
}

/** What is told of a topic. The name is UTF-8 bytes as a binary string; rates are averages of the last minute. */
export interface TopicStatistics {
  readonly name: string;
  readonly page: number;
  readonly sequence: number;
  readonly subscribers: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
}

/** The topics of one cache. */
interface Space {
  bounds: RetentionBounds;
  readonly topics: Map<string, Topic>;
  /** Those who want to hear of new topics. */
  readonly watchers: Set<TopicWatcher>;
}

/** Whoever is told of topics that come into being in a space. */
export interface TopicWatcher {
  onTopic(topic: Topic): void;
}

interface TopicTableParts {
  readonly slots: ServedSlots;
  readonly clock: Clock;
  /** What all logs and topics together may take, in bytes. */
  readonly bytesMax: number;
}

/**
 * The topics of a storage node: numbers their messages, keeps the latest, and hands each to those who follow.
 * Everything happens in the caller's turn, so that the log and what followers have seen agree at every moment.
 *
 * A topic needs no creation. One that nobody follows and whose log has run empty is forgotten after a while; should
 * it come back, it has a later page, so that its numbers cannot be taken for those before.
 */
export class TopicTable {
  readonly #parts: TopicTableParts;
  readonly #spaces = new Map<number, Space>();
  readonly #pages: SlotPages;
  readonly #byNumber = new Map<number, Topic>();
  #nextNumber = 1;
  /** Bytes of topics without their logs, and of the logs. */
  #headBytes = 0;
  #logBytes = 0;
  /** Where the round over all topics goes on. */
  #round: Iterator<Topic> | null = null;
  published = 0;
  publishedBytes = 0;
  /** Messages dropped before their time for want of memory. */
  droppedEarly = 0;

  constructor(parts: TopicTableParts) {
    this.#parts = parts;
    this.#pages = new SlotPages();
  }

  get topics(): number {
    return this.#byNumber.size;
  }

  get bytes(): number {
    return this.#headBytes + this.#logBytes;
  }

  get bytesMax(): number {
    return this.#parts.bytesMax;
  }

  /** Takes over the caches that there are: topics of those that are gone end. */
  applyRegistry(caches: readonly CacheRecord[]): void {
    const current = new Set<number>();
    for (const { topic_space: number, settings } of caches) {
      current.add(number);
      const bounds = {
        messagesMax: settings.topic_messages_max,
        bytesMax: settings.topic_log_bytes_max,
        ageMsMax: settings.topic_retention_ms,
      };
      const space = this.#spaces.get(number);
      if (space === undefined) this.#spaces.set(number, { bounds, topics: new Map(), watchers: new Set() });
      else space.bounds = bounds;
    }
    for (const [number, space] of this.#spaces) {
      if (current.has(number)) continue;
      for (const topic of [...space.topics.values()]) this.#end(topic);
      this.#spaces.delete(number);
    }
  }

  /** Ends the topics of slots that are served no longer, or that restarted empty. To be called after each view. */
  applyView(): void {
    const { slots } = this.#parts;
    for (const topic of [...this.#byNumber.values()]) {
      if (slots.serves(topic.slot) && this.#pages.isOfEpoch(topic.log.page, slots.dataEpoch(topic.slot))) continue;
      this.#end(topic);
    }
  }

  knows(space: number): boolean {
    return this.#spaces.has(space);
  }

  /** The topic of a space that is known; null when there is no room for another. */
  topic(address: TopicAddress, nowMs: number): Topic | null {
    const space = this.#spaces.get(address.space)!;
    const known = space.topics.get(address.name);
    if (known !== undefined) return known;
    if (!this.#hasRoomForTopic() && !this.#forgetIdle(nowMs)) return null;
    const { slots } = this.#parts;
    const page = sequencePage(slots.dataEpoch(address.slot), this.#pages.given(address.slot, slots));
    const topic = new Topic(this.#nextNumber++, address, page, nowMs);
    space.topics.set(address.name, topic);
    this.#byNumber.set(topic.number, topic);
    this.#headBytes += topicBytes(topic);
    for (const watcher of space.watchers) watcher.onTopic(topic);
    return topic;
  }

  byNumber(number: number): Topic | undefined {
    return this.#byNumber.get(number);
  }

  /** Numbers, keeps and hands out a message, whose value is copied; null when there is no room for another topic. */
  publish(address: TopicAddress, payload: TopicPayload, nowMs: number): TopicPosition | null {
    const topic = this.topic(address, nowMs);
    if (topic === null) return null;
    const { log } = topic;
    const sequence = log.lastSequence + 1;
    const frame = encodeMessage(
      { ...payload, topic: topic.number, page: log.page, sequence, publishedMs: this.#parts.clock.wallMs() },
      allocate,
    );
    const before = log.bytes;
    log.append(latin1(frame, 0, frame.length), frame.length + nodeLimits.topicMessageBytes, nowMs);
    log.trim(this.#spaces.get(topic.space)!.bounds, nowMs);
    this.#logBytes += log.bytes - before;
    topic.usedMs = nowMs;
    topic.rate.count(payload.value.length, nowMs);
    this.published++;
    this.publishedBytes += payload.value.length;
    for (const follower of topic.followers.keys()) follower.onMessage(topic, frame);
    if (this.#logBytes > this.#logBytesMax) this.#shrinkLogs(topic);
    return { page: log.page, sequence };
  }

  /** Drops from a topic's log what is past its time. */
  trim(topic: Topic, nowMs: number): void {
    const before = topic.log.bytes;
    topic.log.trim(this.#spaces.get(topic.space)!.bounds, nowMs);
    this.#logBytes += topic.log.bytes - before;
  }

  /** Has topics of a space told to `watcher` as they come into being; tells of none that there are. */
  watch(space: number, watcher: TopicWatcher): void {
    this.#spaces.get(space)?.watchers.add(watcher);
  }

  unwatch(space: number, watcher: TopicWatcher): void {
    this.#spaces.get(space)?.watchers.delete(watcher);
  }

  /** Topics of a space whose names begin with `prefix`, in no order. */
  *selected(space: number, prefix: string): Generator<Topic> {
    for (const topic of this.#spaces.get(space)?.topics.values() ?? []) if (topic.name.startsWith(prefix)) yield topic;
  }

  statistics(address: TopicAddress, nowMs: number): TopicStatistics {
    const topic = this.#spaces.get(address.space)?.topics.get(address.name);
    if (topic === undefined) return { ...noStatistics, name: address.name };
    return this.#statisticsOf(topic, nowMs);
  }

  /** Topics of a space in order of name, those after `after` that begin with `prefix`, at most `limit`. */
  list(space: number, prefix: string, after: string, limit: number, nowMs: number): TopicStatistics[] {
    const names: string[] = [];
    for (const { name } of this.selected(space, prefix)) if (name > after) names.push(name);
    names.sort();
    const { topics } = this.#spaces.get(space) ?? { topics: new Map<string, Topic>() };
    return names.slice(0, limit).map((name) => this.#statisticsOf(topics.get(name)!, nowMs));
  }

  /** Frees what is past its time, a bounded number of topics a call, going round. */
  maintain(nowMs: number): void {
    for (let left = nodeLimits.topicsPerRound; left > 0; left--) {
      const topic = this.#nextInRound();
      if (topic === undefined) return;
      this.trim(topic, nowMs);
      if (isIdle(topic) && nowMs - topic.usedMs >= nodeLimits.topicIdleMs) this.#forget(topic);
    }
  }

  #statisticsOf(topic: Topic, nowMs: number): TopicStatistics {
    this.trim(topic, nowMs);
    return {
      name: topic.name,
      page: topic.log.page,
      sequence: topic.log.lastSequence,
      subscribers: topic.subscribers,
      retainedMessages: topic.log.count,
      retainedBytes: topic.log.bytes,
      messagesPerSecond: topic.rate.eventsPerSecond(nowMs),
      bytesPerSecond: topic.rate.bytesPerSecond(nowMs),
    };
  }

  get #logBytesMax(): number {
    return this.#parts.bytesMax * (1 - nodeLimits.topicHeadsShare);
  }

  #hasRoomForTopic(): boolean {
    return this.#headBytes < this.#parts.bytesMax * nodeLimits.topicHeadsShare;
  }

  /** Goes on round the topics and forgets one that is idle; whether it found one among so many as one call looks at. */
  #forgetIdle(nowMs: number): boolean {
    for (let left = nodeLimits.topicsPerRound; left > 0; left--) {
      const topic = this.#nextInRound();
      if (topic === undefined || !isIdle(topic) || nowMs - topic.usedMs < nodeLimits.topicCrowdedIdleMs) continue;
      this.#forget(topic);
      if (this.#hasRoomForTopic()) return true;
    }
    return false;
  }

  /**
   * Makes room when the memory for logs is full: goes on round the topics and drops the older half of each log until a
   * part is free. When so many as one call looks at do not have enough, the topic that was published to gives the rest.
   */
  #shrinkLogs(published: Topic): void {
    const enough = this.#logBytesMax * nodeLimits.topicBytesKeptShare;
    for (let left = nodeLimits.topicsPerRound; left > 0 && this.#logBytes > enough; left--) {
      const topic = this.#nextInRound();
      if (topic !== undefined) this.#dropOldest(topic, Math.ceil(topic.log.count / 2));
    }
    while (this.#logBytes > this.#logBytesMax && published.log.count > 0) this.#dropOldest(published, 1);
  }

  #dropOldest({ log }: Topic, count: number): void {
    const before = log.bytes;
    for (let left = count; left > 0; left--) log.dropOldest();
    this.#logBytes += log.bytes - before;
    this.droppedEarly += count;
  }

  /** The next topic of a never-ending round; undefined at the end of each. */
  #nextInRound(): Topic | undefined {
    this.#round ??= this.#byNumber.values();
    const { done, value } = this.#round.next();
    if (!done) return value;
    this.#round = null;
    return undefined;
  }

  /** Drops a topic that may come back, then under a later page. */
  #forget(topic: Topic): void {
    const { slot, log } = topic;
    if (log.lastSequence === 0 || this.#pages.giveUp(slot, log.page, this.#parts.slots)) this.#remove(topic);
  }

  #end(topic: Topic): void {
    const { slot, log } = topic;
    // Its cache may be created anew: then its topics are others, although their names, slots and seeds are the same.
    if (log.lastSequence > 0) this.#pages.giveUp(slot, log.page, this.#parts.slots);
    this.#remove(topic);
    for (const follower of topic.followers.keys()) follower.onEnd(topic);
    topic.followers.clear();
  }

  #remove(topic: Topic): void {
    this.#byNumber.delete(topic.number);
    this.#spaces.get(topic.space)?.topics.delete(topic.name);
    this.#headBytes -= topicBytes(topic);
    this.#logBytes -= topic.log.bytes;
  }
}

const noStatistics: Omit<TopicStatistics, 'name'> = {
  page: 0,
  sequence: 0,
  subscribers: 0,
  retainedMessages: 0,
  retainedBytes: 0,
  messagesPerSecond: 0,
  bytesPerSecond: 0,
};

function isIdle(topic: Topic): boolean {
  return topic.followers.size === 0 && topic.log.count === 0;
}

function topicBytes(topic: Topic): number {
  return nodeLimits.topicBytes + topic.name.length;
}

function allocate(sizeBytes: number): Uint8Array {
  return Buffer.allocUnsafe(sizeBytes);
}
