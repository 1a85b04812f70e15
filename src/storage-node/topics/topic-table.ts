import type { Clock } from '../../shared/clock.ts';
import type { CacheRecord } from '../../shared/fleet-state.ts';
import { slotCount } from '../../shared/slots.ts';
import { encodeMessage, type TopicPayload } from '../../shared/topics/message-frame.ts';
import { sequencePage, type TopicPosition } from '../../shared/topics/position.ts';
import { nodeLimits } from '../limits.ts';
import type { PublishEffect } from '../replication/effect.ts';
import type { Admission } from '../replication/replication.ts';
import { PendingChanges } from './pending-changes.ts';
import { SlotPages } from './slot-pages.ts';
import type { Topic, TopicAddress } from './topic.ts';
import { TopicCopies } from './topic-copies.ts';
import { TopicSpaces, type TopicWatcher } from './topic-spaces.ts';

/** What topics need to know of the slots of the node. */
export interface TopicSlots {
  /** Whether this node is the slot's primary by its newest view. */
  leads(slot: number): boolean;
  admission(slot: number): Admission;
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

interface TopicTableParts {
  readonly slots: TopicSlots;
  readonly clock: Clock;
  /** What all logs and topics together may take, in bytes. */
  readonly bytesMax: number;
  /** Called when this node, as primary, gives up a topic: its copies have to do the same. */
  readonly onForget: (topic: TopicAddress, pagesGiven: number) => void;
}

/**
 * The topics of a storage node: numbers their messages, keeps the latest, and hands each to those who follow.
 *
 * A message is numbered when it is published, and enters log and streams when its entry is committed: a follower
 * never sees one that is lost and whose number comes again. A copy of a slot keeps its topics' logs as its primary
 * does, so that it can go on with the next number; only a primary has followers.
 *
 * A topic needs no creation. One that nobody follows and whose log has run empty is forgotten after a while; should
 * it come back, it has a later page, so that its numbers cannot be taken for those before.
 */
export class TopicTable {
  readonly #parts: TopicTableParts;
  readonly #pages = new SlotPages();
  readonly #pending = new PendingChanges();
  readonly spaces: TopicSpaces;
  readonly copies: TopicCopies;
  /** Slots that this node leads by its newest view, and did not by the one before; until they are served. */
  readonly #arriving = new Set<number>();
  readonly #led = new Uint8Array(slotCount);
  published = 0;
  publishedBytes = 0;

  constructor(parts: TopicTableParts) {
    this.#parts = parts;
    this.spaces = new TopicSpaces(parts.bytesMax);
    this.copies = new TopicCopies({ spaces: this.spaces, pages: this.#pages, slots: parts.slots });
  }

  get topics(): number {
    return this.spaces.topics;
  }

  get bytes(): number {
    return this.spaces.bytes;
  }

  get bytesMax(): number {
    return this.#parts.bytesMax;
  }

  /** Messages dropped before their time for want of memory. */
  get droppedEarly(): number {
    return this.spaces.droppedEarly;
  }

  /** Takes over the caches that there are: topics of those that are gone end. */
  applyRegistry(caches: readonly CacheRecord[]): void {
    for (const topic of this.spaces.applyRegistry(caches)) this.#end(topic);
    this.spaces.dropGone();
  }

  /**
   * Ends the streams of topics whose slots are led by another node now, which has their copies, and topics of slots
   * that restarted empty. To be called after each view.
   */
  applyView(): void {
    const { slots } = this.#parts;
    for (let slot = 0; slot < slotCount; slot++) {
      const led = slots.leads(slot);
      if (!led) this.#arriving.delete(slot);
      else if (this.#led[slot] === 0) this.#arriving.add(slot);
      this.#led[slot] = led ? 1 : 0;
    }
    for (const topic of this.spaces.all()) {
      if (!this.#pages.isOfEpoch(topic.log.page, slots.dataEpoch(topic.slot))) this.#end(topic);
      else if (!slots.leads(topic.slot)) endFollowers(topic);
    }
    this.settle();
  }

  /** Tells watchers of the topics of slots that are served from now on. To be called again and again. */
  settle(): void {
    for (const slot of this.#arriving) {
      if (this.#parts.slots.admission(slot) !== 'serve') continue;
      this.#arriving.delete(slot);
      for (const topic of this.spaces.ofSlot(slot)) this.spaces.announce(topic);
    }
  }

  /**
   * Forgets all topics of a slot: what this node holds of it is void. So are the pages that it knows to be given up:
   * it gets those of the primary with a copy of the slot, or another data epoch. Were it to keep its own, a topic
   * that nobody has published to yet would change its page from copy to copy, and back.
   */
  wipe(slot: number): void {
    this.#pending.clear(slot);
    for (const topic of [...this.spaces.ofSlot(slot)]) {
      this.spaces.remove(topic);
      endFollowers(topic);
    }
    this.#pages.clear(slot);
  }

  knows(space: number): boolean {
    return this.spaces.knows(space);
  }

  /** The topic of a space that is known, in a slot that is served; null when there is no room for another. */
  topic(address: TopicAddress, nowMs: number): Topic | null {
    const known = this.spaces.find(address.space, address.name);
    if (known !== undefined) return known;
    if (!this.spaces.hasRoomForTopic && !this.#forgetIdle(nowMs)) return null;
    const { slots } = this.#parts;
    const page = sequencePage(slots.dataEpoch(address.slot), this.#pages.given(address.slot, slots));
    const topic = this.spaces.create(address, page, 0, nowMs);
    // Together with those that came with the slot, if it is served only now.
    if (this.#arriving.has(address.slot)) this.settle();
    else this.spaces.announce(topic);
    return topic;
  }

  byNumber(number: number): Topic | undefined {
    return this.spaces.byNumber(number);
  }

  /**
   * Numbers a message, whose value is copied, as the slot's next entry; it is handed out when that is committed.
   * Null when there is no room for another topic.
   */
  publish(
    address: TopicAddress,
    payload: TopicPayload,
    nextSequence: () => number,
    nowMs: number,
  ): { readonly position: TopicPosition; readonly effect: PublishEffect } | null {
    const topic = this.topic(address, nowMs);
    if (topic === null) return null;
    const position = { page: topic.log.page, sequence: topic.headSequence + 1 };
    const frame = encodeMessage(
      { ...payload, ...position, topic: topic.number, publishedMs: this.#parts.clock.wallMs() },
      allocate,
    );
    const effect: PublishEffect = { kind: 'publish', space: address.space, name: address.name, frame };
    topic.pending++;
    topic.usedMs = nowMs;
    // Now, and not before: a topic of the slot may have been forgotten for this one, which is an entry of its own.
    const sequence = nextSequence();
    this.#pending.add(address.slot, { sequence, effect, topic, valueBytes: payload.value.length });
    return { position, effect };
  }

  /** Takes a change that the slot's primary made, as its entry `sequence`. */
  apply(slot: number, sequence: number, effect: PendingEffect): void {
    this.#pending.add(slot, { sequence, effect, topic: null, valueBytes: 0 });
  }

  /** Hands out what is committed of a slot. */
  commit(slot: number, committed: number): void {
    const changes = this.#pending.take(slot, committed);
    if (changes.length === 0) return;
    const nowMs = this.#parts.clock.monotonicMs();
    for (const { effect, topic, valueBytes } of changes) {
      if (effect.kind === 'forget') this.copies.forget(slot, effect);
      else if (topic === null) this.copies.publish(slot, effect, nowMs);
      else if (this.spaces.has(topic)) this.#handOut(topic, effect.frame, valueBytes, nowMs);
    }
  }

  #handOut(topic: Topic, frame: Uint8Array, valueBytes: number, nowMs: number): void {
    topic.pending--;
    this.spaces.keep(topic, frame, nowMs);
    topic.rate.count(valueBytes, nowMs);
    this.published++;
    this.publishedBytes += valueBytes;
    for (const follower of topic.followers.keys()) follower.onMessage(topic, frame);
    this.spaces.makeRoom(topic);
  }

  /** Drops from a topic's log what is past its time. */
  trim(topic: Topic, nowMs: number): void {
    this.spaces.trim(topic, nowMs);
  }

  /** Has topics of a space told to `watcher` as they come into being; tells of none that there are. */
  watch(space: number, watcher: TopicWatcher): void {
    this.spaces.watch(space, watcher);
  }

  unwatch(space: number, watcher: TopicWatcher): void {
    this.spaces.unwatch(space, watcher);
  }

  /** Topics of a space that this node serves and whose names begin with `prefix`, in no order. */
  *selected(space: number, prefix: string): Generator<Topic> {
    const { slots } = this.#parts;
    for (const topic of this.spaces.selected(space, prefix))
      if (slots.leads(topic.slot) && !this.#arriving.has(topic.slot)) yield topic;
  }

  statistics(address: TopicAddress, nowMs: number): TopicStatistics {
    const topic = this.spaces.find(address.space, address.name);
    if (topic === undefined) return { ...noStatistics, name: address.name };
    return this.#statisticsOf(topic, nowMs);
  }

  /** Topics of a space in order of name, those after `after` that begin with `prefix`, at most `limit`. */
  list(space: number, prefix: string, after: string, limit: number, nowMs: number): TopicStatistics[] {
    const names: string[] = [];
    for (const { name } of this.selected(space, prefix)) if (name > after) names.push(name);
    names.sort();
    return names.slice(0, limit).map((name) => this.#statisticsOf(this.spaces.find(space, name)!, nowMs));
  }

  /** Frees what is past its time, a bounded number of topics a call, going round. */
  maintain(nowMs: number): void {
    for (let left = nodeLimits.topicsPerRound; left > 0; left--) {
      const topic = this.spaces.nextInRound();
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

  /** Goes on round the topics and forgets one that is idle; whether it found one among so many as one call looks at. */
  #forgetIdle(nowMs: number): boolean {
    for (let left = nodeLimits.topicsPerRound; left > 0; left--) {
      const topic = this.spaces.nextInRound();
      if (topic === undefined || !isIdle(topic) || nowMs - topic.usedMs < nodeLimits.topicCrowdedIdleMs) continue;
      this.#forget(topic);
      if (this.spaces.hasRoomForTopic) return true;
    }
    return false;
  }

  /** Drops a topic that may come back, then under a later page. A copy waits for its primary to do so. */
  #forget(topic: Topic): void {
    const { slots, onForget } = this.#parts;
    const { slot, log } = topic;
    if (slots.admission(slot) !== 'serve') return;
    if (log.lastSequence === 0) return this.spaces.remove(topic);
    if (!this.#pages.giveUp(slot, log.page, slots)) return;
    this.spaces.remove(topic);
    onForget(topic, this.#pages.given(slot, slots));
  }

  #end(topic: Topic): void {
    const { slot, log, headSequence } = topic;
    // Its cache may be created anew: then its topics are others, although their names, slots and seeds are the same.
    if (headSequence > 0) this.#pages.giveUp(slot, log.page, this.#parts.slots);
    this.spaces.remove(topic);
    endFollowers(topic);
  }
}

type PendingEffect = Parameters<PendingChanges['add']>[1]['effect'];

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
  return topic.followers.size === 0 && topic.log.count === 0 && topic.pending === 0;
}

function endFollowers(topic: Topic): void {
  for (const follower of topic.followers.keys()) follower.onEnd(topic);
  topic.followers.clear();
}

function allocate(sizeBytes: number): Uint8Array {
  return Buffer.allocUnsafe(sizeBytes);
}
