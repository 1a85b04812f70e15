import type { CacheHandle } from '../shared/operation.ts';
import { streamLimits } from './limits.ts';
import type { AnnouncedTopic, PrefixListener } from './prefix-watch.ts';
import { type SeveralPositions, topicHash } from './several-positions.ts';
import type { Start } from './start.ts';
import type { TopicHub } from './topic-hub.ts';
import type { TopicStream } from './topic-stream.ts';

/** Where a stream of several topics goes on: not at all (it is new), somewhere that nobody knows, or at positions. */
export type Resumed = null | 'unknown' | SeveralPositions;

export interface PrefixChoice {
  readonly cache: CacheHandle;
  readonly prefix: string;
  /** Where topics that are there already begin on a new stream. */
  readonly start: Start;
  readonly resumed: Resumed;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Has a stream follow the topics of a cache whose names begin with a prefix: those that there are, and each new one. */
export class PrefixFollower implements PrefixListener {
  readonly #hub: TopicHub;
  readonly #stream: TopicStream;
  readonly #choice: PrefixChoice;

  private constructor(hub: TopicHub, stream: TopicStream, choice: PrefixChoice) {
    this.#hub = hub;
    this.#stream = stream;
    this.#choice = choice;
  }

  static begin(hub: TopicHub, stream: TopicStream, choice: PrefixChoice): void {
    const watch = hub.watch(choice.cache, choice.prefix, new PrefixFollower(hub, stream, choice));
    stream.whenEnded(() => hub.unwatch(watch));
  }

  onTopic(topic: AnnouncedTopic, known: boolean): void {
    const { cache } = this.#choice;
    if (this.#stream.topics >= streamLimits.topicsPerPrefixMax) return this.onTooMany();
    const name = decoder.decode(Uint8Array.from(topic.name, (character) => character.charCodeAt(0)));
    const channel = this.#hub.channel(cache, name);
    if (channel === null) return this.#stream.goAway('overloaded');
    this.#stream.follow(channel, this.#startOf(name, topic, known));
  }

  onReady(): void {
    this.#stream.complete();
  }

  onTooMany(): void {
    this.#stream.refuseTopics();
  }

  onEnd(): void {
    this.#stream.onEnd();
  }

  /** A topic that the stream has never heard of is followed from its first message, or from the gap that is left of it. */
  #startOf(name: string, { page, lastSequence }: AnnouncedTopic, known: boolean): Start {
    const { resumed, start } = this.#choice;
    const fromFirst: Start = { kind: 'after', page, sequence: 0 };
    if (resumed !== null && resumed !== 'unknown') {
      const position = resumed.ofHash(topicHash(name));
      if (position !== undefined) return { kind: 'after', ...position };
      // An id that leaves topics out may have left out this one: also if it is new only because it was forgotten.
      if (resumed.partial) return known ? { kind: 'latest', missed: true } : { kind: 'unknown' };
      return fromFirst;
    }
    if (!known) return fromFirst;
    if (resumed === 'unknown') return { kind: 'unknown' };
    return start.kind === 'latest' ? { kind: 'after', page, sequence: lastSequence } : start;
  }
}
