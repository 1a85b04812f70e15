import { RetainedLog } from '../../shared/topics/retained-log.ts';
import { Rate } from './rate.ts';

/** Where a topic is: the cache that it belongs to, its slot, and its name's UTF-8 bytes as a binary string. */
export interface TopicAddress {
  readonly space: number;
  readonly slot: number;
  readonly name: string;
}

/** Whoever is told of a topic's messages: the link to a gateway. */
export interface TopicFollower {
  /** Takes the frame of a message of this topic, which was just published. */
  onMessage(topic: Topic, frame: Uint8Array): void;
  /** The topic is no longer here. */
  onEnd(topic: Topic): void;
}

/** A topic as its node holds it: numbering, log, and who follows it. */
export class Topic implements TopicAddress {
  /** The node's number of it, which links use; never given twice. */
  readonly number: number;
  readonly space: number;
  readonly slot: number;
  readonly name: string;
  /**
   * Frames of messages, newest last, as latin1 text: a string takes a third of what a buffer of its own takes beside
   * its bytes, and pins no block of Node's pool, as a slice of one does (measured).
   */
  log: RetainedLog<string>;
  readonly rate = new Rate();
  /** Followers with the subscribers that each has told of. */
  readonly followers = new Map<TopicFollower, number>();
  /** Messages that have their numbers, and are not in the log: not all copies of the slot are known to have them. */
  pending = 0;
  /** Monotonic time of the last publishing or joining, in ms. */
  usedMs: number;

  constructor(number: number, address: TopicAddress, page: number, lastSequence: number, nowMs: number) {
    this.number = number;
    this.space = address.space;
    this.slot = address.slot;
    this.name = address.name;
    this.log = new RetainedLog(page, lastSequence);
    this.usedMs = nowMs;
  }

  /** The number given out last. */
  get headSequence(): number {
    return this.log.lastSequence + this.pending;
  }

  get subscribers(): number {
    let sum = 0;
    for (const count of this.followers.values()) sum += count;
    return sum;
  }
}
