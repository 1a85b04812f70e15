import { readU64, writeU32 } from '../../shared/frame/layout.ts';
import { sequencePage } from '../../shared/topics/position.ts';
import { nodeLimits } from '../limits.ts';
import {
  type Effect,
  type ForgetEffect,
  type PublishEffect,
  type TopicPart,
  topicMessageBytes,
} from '../replication/effect.ts';
import type { SlotPages } from './slot-pages.ts';
import type { Topic } from './topic.ts';
import type { TopicSpaces } from './topic-spaces.ts';
import type { TopicSlots } from './topic-table.ts';

interface TopicCopiesParts {
  readonly spaces: TopicSpaces;
  readonly pages: SlotPages;
  readonly slots: Pick<TopicSlots, 'dataEpoch'>;
}

/** Where a message's frame has the number of its topic, page and sequence (`link-layout.ts`). */
const numberAt = 12;
const pageAt = 16;
const sequenceAt = 24;

/** Topics as a copy of their slot keeps them, and as a primary gives them to a learner. */
export class TopicCopies {
  readonly #parts: TopicCopiesParts;
  /** Topics and messages of primaries that there was no room for here. */
  notStored = 0;

  constructor(parts: TopicCopiesParts) {
    this.#parts = parts;
  }

  /** Keeps a message that is committed. */
  publish(slot: number, { space, name, frame }: PublishEffect, nowMs: number): void {
    const sequence = readU64(frame, sequenceAt);
    const topic = this.#topic(slot, space, name, readU64(frame, pageAt), sequence - 1, nowMs);
    if (topic === null || sequence <= topic.log.lastSequence) return;
    const { spaces } = this.#parts;
    if (sequence > topic.log.lastSequence + 1) spaces.restart(topic, topic.log.page, sequence - 1);
    spaces.keep(topic, ownFrame(topic, frame), nowMs);
    topic.usedMs = nowMs;
    spaces.makeRoom(topic);
  }

  /** Gives up a topic as its primary did. */
  forget(slot: number, { space, name, pagesGiven }: ForgetEffect): void {
    this.raisePages(slot, pagesGiven);
    const topic = this.#parts.spaces.find(space, name);
    if (topic !== undefined && topic.log.page < this.#nextPage(slot)) this.#parts.spaces.remove(topic);
  }

  raisePages(slot: number, pagesGiven: number): void {
    this.#parts.pages.raise(slot, pagesGiven, this.#parts.slots);
  }

  #nextPage(slot: number): number {
    const { pages, slots } = this.#parts;
    return sequencePage(slots.dataEpoch(slot), pages.given(slot, slots));
  }

  /**
   * The topic in this page, made if there is none or if it is in an earlier one; null when it does not belong here.
   * What cannot be kept gives up its page: were this node to lead the slot, its numbers must not come again.
   */
  #topic(slot: number, space: number, name: string, page: number, lastSequence: number, nowMs: number): Topic | null {
    const { spaces, pages, slots } = this.#parts;
    const known = spaces.find(space, name);
    if (known !== undefined && known.log.page >= page) return known.log.page === page ? known : null;
    if (known !== undefined) spaces.remove(known);
    if (spaces.takes(space) && spaces.hasRoomForTopic)
      return spaces.create({ space, slot, name }, page, lastSequence, nowMs);
    this.notStored++;
    pages.giveUp(slot, page, slots);
    return null;
  }

  /** What a learner needs of a slot's topics, as effects of about `nodeLimits.copyPartBytes`. May be drawn by and by. */
  *parts(slot: number, nowMs: () => number): Generator<Effect> {
    const { spaces, pages, slots } = this.#parts;
    const pagesGiven = pages.given(slot, slots);
    if (pagesGiven > 0) yield { kind: 'pages', pagesGiven };
    for (const topic of [...spaces.ofSlot(slot)]) yield* this.#partsOf(topic, nowMs);
  }

  /** Newest first, so that those that follow are put before those that are there already. */
  *#partsOf(topic: Topic, nowMs: () => number): Generator<TopicPart> {
    const { log, space, name } = topic;
    const { page, lastSequence } = log;
    if (lastSequence === 0) return;
    let newest = lastSequence;
    do {
      const messages: TopicPart['messages'][number][] = [];
      let bytes = 0;
      for (let sequence = newest; sequence >= log.firstSequence && bytes < nodeLimits.copyPartBytes; sequence--) {
        const frame = Buffer.from(log.at(sequence), 'latin1');
        messages.push({ ageMs: Math.round(nowMs() - log.timeOf(sequence)), frame });
        bytes += topicMessageBytes(frame.length);
      }
      yield { kind: 'topic', space, name, page, lastSequence, newest, messages };
      newest -= messages.length;
    } while (newest >= log.firstSequence && topic.log === log && this.#parts.spaces.has(topic));
  }

  /** Takes a part of a copy; live messages may have come before it, and may be newer. */
  merge(slot: number, part: TopicPart, nowMs: number): void {
    const { spaces } = this.#parts;
    const topic = this.#topic(slot, part.space, part.name, part.page, part.lastSequence, nowMs);
    if (topic === null) return;
    const missing = part.newest === part.lastSequence ? part.lastSequence - topic.log.lastSequence : 0;
    if (missing > part.messages.length) spaces.restart(topic, part.page, part.lastSequence);
    else
      for (let i = missing - 1; i >= 0; i--)
        spaces.keep(topic, ownFrame(topic, part.messages[i]!.frame), nowMs - part.messages[i]!.ageMs);
    part.messages.forEach(({ ageMs, frame }, i) => {
      if (part.newest - i !== topic.log.firstSequence - 1) return;
      spaces.keepOlder(topic, ownFrame(topic, frame), nowMs - ageMs);
    });
    spaces.trim(topic, nowMs);
    spaces.makeRoom(topic);
  }
}

/** The frame as links of this node send it: with its own number of the topic. */
function ownFrame(topic: Topic, frame: Uint8Array): Uint8Array {
  const own = Buffer.from(frame);
  writeU32(own, numberAt, topic.number);
  return own;
}
