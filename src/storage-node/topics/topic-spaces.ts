import { type CacheRecord, cacheSettingsDefault } from '../../shared/fleet-state.ts';
import { RetainedLog, type RetentionBounds } from '../../shared/topics/retained-log.ts';
import { latin1 } from '../content-types.ts';
import { nodeLimits } from '../limits.ts';
import { Topic, type TopicAddress } from './topic.ts';

/** Whoever is told of topics that come into being in a space. */
export interface TopicWatcher {
  onTopic(topic: Topic): void;
}

/** The topics of one cache. */
interface Space {
  bounds: RetentionBounds;
  readonly topics: Map<string, Topic>;
  /** Those who want to hear of new topics. */
  readonly watchers: Set<TopicWatcher>;
  state: 'named' | 'ahead' | 'gone';
}

/**
 * All topics of a node, by cache, by slot and by number, and the memory that they take. What happens to them is the
 * affair of `TopicTable` and `TopicCopies`.
 */
export class TopicSpaces {
  readonly #bytesMax: number;
  readonly #spaces = new Map<number, Space>();
  readonly #byNumber = new Map<number, Topic>();
  readonly #bySlot = new Map<number, Set<Topic>>();
  /** Largest space that any registry named: they are given in order, so that a larger one is still to come. */
  #spaceMax = 0;
  #nextNumber = 1;
  /** Bytes of topics without their logs, and of the logs. */
  #headBytes = 0;
  #logBytes = 0;
  /** Where the round over all topics goes on. */
  #round: Iterator<Topic> | null = null;
  droppedEarly = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get topics(): number {
    return this.#byNumber.size;
  }

  get bytes(): number {
    return this.#headBytes + this.#logBytes;
  }

  /** Takes over the caches that there are; returns topics of those that are gone, which are to end before `dropGone`. */
  applyRegistry(caches: readonly CacheRecord[]): Topic[] {
    const current = new Set<number>();
    for (const { topic_space: number, namespace, settings } of caches) {
      current.add(number);
      this.#spaceMax = Math.max(this.#spaceMax, number, namespace);
      const space = this.#spaces.get(number);
      const bounds = boundsOf(settings);
      if (space === undefined)
        this.#spaces.set(number, { bounds, topics: new Map(), watchers: new Set(), state: 'named' });
      else {
        space.bounds = bounds;
        space.state = 'named';
      }
    }
    const ending: Topic[] = [];
    for (const [number, space] of this.#spaces) {
      if (current.has(number) || number > this.#spaceMax) continue;
      space.state = 'gone';
      ending.push(...space.topics.values());
    }
    return ending;
  }

  dropGone(): void {
    for (const [number, { state }] of this.#spaces) if (state === 'gone') this.#spaces.delete(number);
  }

  knows(space: number): boolean {
    return this.#spaces.get(space)?.state === 'named';
  }

  /**
   * Whether topics of a space that a copy brings belong here: not when its cache is gone. One that the registry does
   * not name yet has the default bounds until it does.
   */
  takes(space: number): boolean {
    if (this.#spaces.has(space)) return true;
    if (space <= this.#spaceMax) return false;
    const bounds = boundsOf(cacheSettingsDefault);
    this.#spaces.set(space, { bounds, topics: new Map(), watchers: new Set(), state: 'ahead' });
    return true;
  }

  find(space: number, name: string): Topic | undefined {
    return this.#spaces.get(space)?.topics.get(name);
  }

  has(topic: Topic): boolean {
    return this.#byNumber.get(topic.number) === topic;
  }

  byNumber(number: number): Topic | undefined {
    return this.#byNumber.get(number);
  }

  ofSlot(slot: number): ReadonlySet<Topic> {
    return this.#bySlot.get(slot) ?? noTopics;
  }

  all(): Topic[] {
    return [...this.#byNumber.values()];
  }

  *selected(space: number, prefix: string): Generator<Topic> {
    for (const topic of this.#spaces.get(space)?.topics.values() ?? []) if (topic.name.startsWith(prefix)) yield topic;
  }

  /** Makes a topic of a space that there is, which has none of the name. */
  create(address: TopicAddress, page: number, lastSequence: number, nowMs: number): Topic {
    const topic = new Topic(this.#nextNumber++, address, page, lastSequence, nowMs);
    this.#spaces.get(address.space)!.topics.set(address.name, topic);
    this.#byNumber.set(topic.number, topic);
    const ofSlot = this.#bySlot.get(address.slot);
    if (ofSlot === undefined) this.#bySlot.set(address.slot, new Set([topic]));
    else ofSlot.add(topic);
    this.#headBytes += topicBytes(topic);
    return topic;
  }

  remove(topic: Topic): void {
    if (!this.#byNumber.delete(topic.number)) return;
    this.#spaces.get(topic.space)?.topics.delete(topic.name);
    const ofSlot = this.#bySlot.get(topic.slot)!;
    ofSlot.delete(topic);
    if (ofSlot.size === 0) this.#bySlot.delete(topic.slot);
    this.#headBytes -= topicBytes(topic);
    this.#logBytes -= topic.log.bytes;
  }

  watch(space: number, watcher: TopicWatcher): void {
    this.#spaces.get(space)?.watchers.add(watcher);
  }

  unwatch(space: number, watcher: TopicWatcher): void {
    this.#spaces.get(space)?.watchers.delete(watcher);
  }

  announce(topic: Topic): void {
    for (const watcher of this.#spaces.get(topic.space)!.watchers) watcher.onTopic(topic);
  }

  /** Adds a topic's next message to its log, as a frame that bears the topic's number. */
  keep(topic: Topic, frame: Uint8Array, nowMs: number): void {
    this.#change(topic, (log) => {
      log.append(latin1(frame, 0, frame.length), keptBytes(frame), nowMs);
    });
    this.trim(topic, nowMs);
  }

  /** Adds a message before the oldest one of the log, which came at `atMs`. */
  keepOlder(topic: Topic, frame: Uint8Array, atMs: number): void {
    this.#change(topic, (log) => log.prepend(latin1(frame, 0, frame.length), keptBytes(frame), atMs));
  }

  /** Begins the log anew, after the message `lastSequence`. */
  restart(topic: Topic, page: number, lastSequence: number): void {
    this.#logBytes -= topic.log.bytes;
    topic.log = new RetainedLog(page, lastSequence);
  }

  trim(topic: Topic, nowMs: number): void {
    const { bounds } = this.#spaces.get(topic.space)!;
    this.#change(topic, (log) => log.trim(bounds, nowMs));
  }

  #change(topic: Topic, change: (log: RetainedLog<string>) => void): void {
    const { log } = topic;
    const before = log.bytes;
    change(log);
    this.#logBytes += log.bytes - before;
  }

  get #logBytesMax(): number {
    return this.#bytesMax * (1 - nodeLimits.topicHeadsShare);
  }

  get hasRoomForTopic(): boolean {
    return this.#headBytes < this.#bytesMax * nodeLimits.topicHeadsShare;
  }

  /**
   * Makes room when the memory for logs is full: goes on round the topics and drops the older half of each log until a
   * part is free. When so many as one call looks at do not have enough, the topic that grew last gives the rest.
   */
  makeRoom(grown: Topic): void {
    if (this.#logBytes <= this.#logBytesMax) return;
    const enough = this.#logBytesMax * nodeLimits.topicBytesKeptShare;
    for (let left = nodeLimits.topicsPerRound; left > 0 && this.#logBytes > enough; left--) {
      const topic = this.nextInRound();
      if (topic !== undefined) this.#dropOldest(topic, Math.ceil(topic.log.count / 2));
    }
    while (this.#logBytes > this.#logBytesMax && grown.log.count > 0) this.#dropOldest(grown, 1);
  }

  #dropOldest(topic: Topic, count: number): void {
    this.#change(topic, (log) => {
      for (let left = count; left > 0; left--) log.dropOldest();
    });
    this.droppedEarly += count;
  }

  /** The next topic of a never-ending round; undefined at the end of each. */
  nextInRound(): Topic | undefined {
    this.#round ??= this.#byNumber.values();
    const { done, value } = this.#round.next();
    if (!done) return value;
    this.#round = null;
    return undefined;
  }
}

const noTopics: ReadonlySet<Topic> = new Set();

function boundsOf(settings: CacheRecord['settings']): RetentionBounds {
  return {
    messagesMax: settings.topic_messages_max,
    bytesMax: settings.topic_log_bytes_max,
    ageMsMax: settings.topic_retention_ms,
  };
}

function topicBytes(topic: Topic): number {
  return nodeLimits.topicBytes + topic.name.length;
}

function keptBytes(frame: Uint8Array): number {
  return frame.length + nodeLimits.topicMessageBytes;
}
