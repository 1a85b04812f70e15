import { Writable } from 'node:stream';
import { FrameSplitter } from '../../../src/shared/frame/frame-splitter.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import {
  encodeSubscribe,
  type JoinFrom,
  readTopicFrame,
  type SubscribeFrame,
  type TopicFrame,
} from '../../../src/shared/topics/link-frames.ts';
import { topicMagic } from '../../../src/shared/topics/link-layout.ts';
import type { TopicMessageFrame } from '../../../src/shared/topics/message-frame.ts';
import type { TopicPosition } from '../../../src/shared/topics/position.ts';
import { TopicLink } from '../../../src/storage-node/topics/topic-link.ts';
import { hash, type TestTopics } from './table.ts';

/** The frames of a node out of the bytes of a link. */
export class FrameTaker {
  readonly frames: TopicFrame[] = [];
  readonly #splitter = new FrameSplitter(
    topicMagic,
    topicLimits.linkFrameBytesMax,
    { allocate: (size) => new Uint8Array(size) },
    (frame) => this.frames.push(readTopicFrame(frame)),
  );

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  of<Kind extends TopicFrame['kind']>(kind: Kind): Extract<TopicFrame, { kind: Kind }>[] {
    return this.frames.filter((frame) => frame.kind === kind) as Extract<TopicFrame, { kind: Kind }>[];
  }

  get messages(): TopicMessageFrame[] {
    return this.of('message').map(({ message }) => message);
  }

  get sequences(): number[] {
    return this.messages.map(({ sequence }) => sequence);
  }
}

/** What a gateway reads of a link; it stops when the test says so, and then nothing leaves the node. */
class GatewaySide extends Writable {
  readonly taken = new FrameTaker();
  writes = 0;
  #reads = true;
  #held: (() => void)[] = [];

  stopReading(): void {
    this.#reads = false;
  }

  read(): void {
    this.#reads = true;
    for (const release of this.#held.splice(0)) release();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const take = () => {
      this.writes++;
      this.taken.push(chunk);
      done();
    };
    if (this.#reads) take();
    else this.#held.push(take);
  }
}

/** A link to a table, with a gateway at its other end that the test plays. */
export class TestLink {
  readonly output = new GatewaySide();
  readonly link: TopicLink;
  readonly topics: TestTopics;
  /** How often the node noticed that it is behind. */
  behind = 0;
  #question = 0;

  constructor(topics: TestTopics) {
    this.topics = topics;
    const { table, slots, clock } = topics;
    const parts = { topics: table, slots, clock, onBehind: () => void this.behind++ };
    this.link = new TopicLink(parts, this.output);
  }

  get taken(): FrameTaker {
    return this.output.taken;
  }

  say(...frames: readonly SubscribeFrame[]): void {
    this.link.push(Buffer.concat(frames.map(encodeSubscribe)));
  }

  /** Asks for a topic of the cache; the number of the question. */
  join(name: string, from: JoinFrom = 'latest', position: TopicPosition = { page: 0, sequence: 0 }): number {
    const question = ++this.#question;
    const { name: binary } = this.topics.address(name);
    this.say({ kind: 'join', question, space: 1, hash, name: binary, from, position });
    return question;
  }

  watch(watch: number, prefix: string): void {
    this.say({ kind: 'watch', watch, space: 1, prefix });
  }
}

/** What was put off to the end of this turn of the event loop, and what that put off, is done. */
export async function turns(count = 4): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
