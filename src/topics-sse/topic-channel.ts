import type { Clock } from '../shared/clock.ts';
import type { CacheHandle } from '../shared/operation.ts';
import type { TopicPosition } from '../shared/topics/position.ts';
import { RetainedLog } from '../shared/topics/retained-log.ts';
import { CopyPieces } from './copy-pieces.ts';
import { streamLimits } from './limits.ts';
import { MessageBatch } from './message-batch.ts';
import { deepest, type Start } from './start.ts';
import type { TopicMember } from './topic-member.ts';
import type { TopicMessage } from './topic-message.ts';

/** A node's answer to a question: the state of its log, and the messages asked for, in order. */
export interface JoinedAnswer {
  readonly page: number;
  readonly lastSequence: number;
  /** Oldest message that the node keeps; one past the newest when it keeps none. */
  readonly firstSequence: number;
  /** The node's wall time, in ms. */
  readonly nowMs: number;
  readonly messages: readonly TopicMessage[];
}

/** What a channel needs of the hub that it belongs to. */
export interface ChannelHost {
  readonly clock: Clock;
  /** Puts the channel's question to the node that has the topic, now or as soon as there is a link to it. */
  ask(channel: TopicChannel): void;
  /** The channel has messages to hand out at the end of the turn. */
  flushLater(channel: TopicChannel): void;
  /** Messages were lost on the way here. */
  onGap(): void;
  /** The number of its members has changed. */
  onMembers(channel: TopicChannel): void;
  /** Its copy of the log has grown by so many bytes. */
  onMirror(bytes: number): void;
}

/** Something asked of the topic's node, and the members that cannot go on without the answer. */
interface Question {
  start: Start;
  readonly waiting: Set<TopicMember>;
}

/** Where a topic is: its cache, and its name's UTF-8 bytes as a binary string with their hash under the cache's seed. */
export interface ChannelAddress {
  readonly cache: CacheHandle;
  readonly space: number;
  readonly hash: number;
  readonly name: string;
  /** The name as text. */
  readonly topic: string;
}

/**
 * A topic as a gateway follows it, once for all its readers: a copy of the end of the node's log, the members that
 * get each message as it comes, and those that are behind and catch up from the copy.
 *
 * Joining is one step: a member becomes live in the turn in which the copy holds all that it has not seen, and
 * between two turns the copy and what live members were given agree. Every gap, whether the node's log, the link or
 * the copy made it, shows as a position that the copy cannot continue, and is told to the member as a discontinuity.
 */
export class TopicChannel {
  readonly address: ChannelAddress;
  readonly #host: ChannelHost;
  readonly #members = new Set<TopicMember>();
  readonly #live = new Set<TopicMember>();
  #log: RetainedLog<TopicMessage> | null = null;
  /** Whether the copy holds all that the node keeps. */
  #complete = false;
  /** Messages of the copy that live members have not been given yet. */
  #pending: TopicMessage[] = [];
  readonly #pieces = new CopyPieces();
  /** The question that the node has been asked or is to be, and the one to be asked after it. */
  #question: Question | null = null;
  #nextQuestion: Question | null = null;

  constructor(address: ChannelAddress, host: ChannelHost) {
    this.address = address;
    this.#host = host;
  }

  get size(): number {
    return this.#members.size;
  }

  /** What the node is to be asked for now; null when there is nothing to ask. */
  get asked(): Start | null {
    return this.#question === null ? null : this.#question.start;
  }

  /** The last message that live members were given. */
  get handedOut(): TopicPosition {
    const log = this.#log!;
    return { page: log.page, sequence: log.lastSequence - this.#pending.length };
  }

  /** Lets a member in that has not begun. Its reader hears of messages within this call, or later. */
  attach(member: TopicMember): void {
    this.#members.add(member);
    this.#host.onMembers(this);
    this.#trim();
    const start = member.start!;
    if (this.#isAtHand(start)) this.pump(member);
    else this.#wait(member, start);
  }

  detach(member: TopicMember): void {
    if (!this.#members.delete(member)) return;
    this.#live.delete(member);
    this.#question?.waiting.delete(member);
    this.#nextQuestion?.waiting.delete(member);
    this.#host.onMembers(this);
  }

  /** Gives a member what it has not seen, as far as it has room, until it is live. */
  pump(member: TopicMember): void {
    this.#begin(member);
    while (this.#members.has(member) && !member.live && member.reader.hasRoom()) {
      const log = this.#log!;
      if (member.gap !== null) {
        const { gap } = member;
        member.gap = null;
        member.reader.onDiscontinuity(member, gap);
        continue;
      }
      const known = member.page === log.page && member.sequence <= log.lastSequence;
      if (!known || member.sequence < log.firstSequence - 1) {
        if (known && !this.#complete && !member.askedDeeper) {
          member.askedDeeper = true;
          return this.#wait(member, { kind: 'after', page: member.page, sequence: member.sequence });
        }
        const gap = { last: member.sequence, next: log.firstSequence, page: log.page };
        member.page = log.page;
        member.sequence = log.firstSequence - 1;
        member.reader.onDiscontinuity(member, gap);
      } else if (member.sequence < log.lastSequence) {
        const batch = this.#pieces.after(member.sequence, log);
        member.sequence = batch.lastSequence;
        member.reader.onMessages(member, batch);
      } else this.#goLive(member);
    }
  }

  /** Takes the answer to the question that was asked. */
  onJoined(answer: JoinedAnswer): void {
    const answered = this.#question;
    this.#question = this.#nextQuestion;
    this.#nextQuestion = null;
    const fallen = this.#integrate(answer);
    if (this.#question !== null) this.#host.ask(this);
    for (const member of answered?.waiting ?? []) member.waitingSinceMs = null;
    for (const member of answered?.waiting ?? []) this.pump(member);
    for (const member of fallen) member.resume();
  }

  /** Takes a message as it was published. One that was part of an answer is known already. */
  onMessage(message: TopicMessage): void {
    const log = this.#log;
    if (log === null || (message.page === log.page && message.sequence <= log.lastSequence)) return;
    let fallen: readonly TopicMember[] = [];
    if (message.page !== log.page || message.sequence !== log.lastSequence + 1)
      fallen = this.#restart(message.page, message.sequence - 1);
    this.#append(message, this.#host.clock.monotonicMs());
    for (const member of fallen) member.resume();
  }

  /** The node says that all up to this number is lost for this gateway, but what came. */
  onPosition(page: number, lastSequence: number): void {
    const log = this.#log;
    if (log === null || (page === log.page && lastSequence <= log.lastSequence)) return;
    for (const member of this.#restart(page, lastSequence)) member.resume();
  }

  /** Asks again, for all that was asked and for what has been missed since: the link was lost, or the topic moved. */
  rejoin(): void {
    this.lapse();
    if (this.#question !== null) this.#host.ask(this);
  }

  /** No node follows up with messages any more: whatever is asked next has to continue the copy. */
  lapse(): void {
    const open = [this.#question, this.#nextQuestion].filter((question) => question !== null);
    const starts: Start[] = open.map((question) => question.start);
    if (this.#log !== null) starts.push({ kind: 'after', page: this.#log.page, sequence: this.#log.lastSequence });
    this.#nextQuestion = null;
    this.#question = null;
    if (starts.length === 0) return;
    const waiting = new Set(open.flatMap((question) => [...question.waiting]));
    this.#question = { start: starts.reduce(deepest), waiting };
  }

  /** Hands what has come in this turn to the live members. */
  flush(): void {
    while (this.#pending.length > 0) {
      const batch = new MessageBatch(this.#takePending());
      for (const member of this.#live) {
        if (member.reader.hasRoom()) member.reader.onMessages(member, batch);
        else this.#fallBehind(member, batch.messages[0]!.page, batch.firstSequence - 1);
      }
    }
    // Kept only as long as somebody is behind.
    if (this.#live.size === this.#members.size) this.#pieces.clear();
  }

  /** Pending messages for one write; most turns have no more. */
  #takePending(): TopicMessage[] {
    const pending = this.#pending;
    let bytes = 0;
    let count = 0;
    while (count < pending.length && bytes < streamLimits.batchBytes) bytes += pending[count++]!.length;
    this.#pending = pending.slice(count);
    return count === pending.length ? pending : pending.slice(0, count);
  }

  /** Drops the oldest half of the copy; what is needed of it again is asked for. Returns whether it held anything. */
  shed(): boolean {
    const log = this.#log;
    if (log === null || log.count === 0) return false;
    this.flush();
    const before = log.bytes;
    for (let drop = Math.ceil(log.count / 2); drop > 0; drop--) log.dropOldest();
    this.#complete = false;
    this.#host.onMirror(log.bytes - before);
    return true;
  }

  /** Lets go of everything; the members are told that the topic is over. */
  end(): void {
    const members = [...this.#members];
    this.flush();
    for (const member of [...this.#live]) this.#fallBehind(member, this.#log!.page, this.#log!.lastSequence);
    this.#members.clear();
    this.forget();
    for (const member of members) member.reader.onEnd(member);
  }

  /** Lets go of the copy. */
  forget(): void {
    this.#question = null;
    this.#nextQuestion = null;
    this.#pending = [];
    this.#pieces.clear();
    if (this.#log !== null) this.#host.onMirror(-this.#log.bytes);
    this.#log = null;
  }

  /** Whether a member may begin there without asking the node, which may be ahead of the copy. */
  #isAtHand(start: Start): boolean {
    const log = this.#log;
    if (log === null || start.kind !== 'after' || start.page !== log.page) return false;
    return start.sequence <= log.lastSequence && (this.#complete || start.sequence >= log.firstSequence - 1);
  }

  #wait(member: TopicMember, wanted: Start): void {
    const log = this.#log;
    // Whatever becomes of other questions: the answer to this one continues the copy.
    const latest = log === null ? undefined : ({ kind: 'after', page: log.page, sequence: log.lastSequence } as const);
    const start = wanted.kind === 'latest' ? (latest ?? wanted) : wanted;
    member.waitingSinceMs ??= this.#host.clock.monotonicMs();
    if (this.#question === null) {
      this.#question = { start, waiting: new Set([member]) };
      this.#host.ask(this);
    } else if (this.#nextQuestion === null) this.#nextQuestion = { start, waiting: new Set([member]) };
    else {
      this.#nextQuestion.start = deepest(this.#nextQuestion.start, start);
      this.#nextQuestion.waiting.add(member);
    }
  }

  /** Turns where a member wants to begin into a position. */
  #begin(member: TopicMember): void {
    const { start } = member;
    if (start === null) return;
    const log = this.#log!;
    this.#trim();
    member.start = null;
    member.page = log.page;
    switch (start.kind) {
      case 'latest':
        member.sequence = log.lastSequence;
        if (start.missed || (start.page ?? log.page) !== log.page)
          member.gap = { last: 0, next: log.lastSequence + 1, page: log.page };
        return;
      case 'earliest':
        member.sequence = log.firstSequence - 1;
        return;
      case 'tail':
        member.sequence = Math.max(log.firstSequence - 1, log.lastSequence - start.count);
        return;
      case 'after':
        member.page = start.page ?? log.page;
        member.sequence = start.sequence;
        return;
      case 'unknown':
        member.page = 0;
        member.sequence = 0;
    }
  }

  #goLive(member: TopicMember): void {
    // What is pending the member has got already: the others first.
    this.flush();
    member.live = true;
    member.askedDeeper = false;
    this.#live.add(member);
    member.reader.onLive(member);
  }

  #fallBehind(member: TopicMember, page: number, sequence: number): void {
    this.#live.delete(member);
    member.live = false;
    member.page = page;
    member.sequence = sequence;
  }

  /** Takes an answer into the copy; returns the members that fell behind by it. */
  #integrate(answer: JoinedAnswer): readonly TopicMember[] {
    const { page, lastSequence, firstSequence, messages, nowMs } = answer;
    const base = lastSequence - messages.length;
    const monotonicMs = this.#host.clock.monotonicMs();
    const timeOf = (message: TopicMessage) => monotonicMs - Math.max(0, nowMs - message.publishedMs);
    let fallen: readonly TopicMember[] = [];
    if (this.#log === null) this.#log = new RetainedLog(page, base);
    else if (page !== this.#log.page || base > this.#log.lastSequence) fallen = this.#restart(page, base);
    const log = this.#log;
    const before = log.bytes;
    for (let sequence = log.firstSequence - 1; sequence > base; sequence--) {
      const message = messages[sequence - base - 1]!;
      log.prepend(message, sizeOf(message), timeOf(message));
    }
    this.#host.onMirror(log.bytes - before);
    if (base < firstSequence) this.#complete = true;
    for (const message of messages) if (message.sequence > log.lastSequence) this.#append(message, timeOf(message));
    return fallen;
  }

  #append(message: TopicMessage, atMs: number): void {
    const log = this.#log!;
    const before = log.bytes;
    log.append(message, sizeOf(message), atMs);
    this.#host.onMirror(log.bytes - before);
    this.#trim();
    if (this.#pending.length === 0) this.#host.flushLater(this);
    this.#pending.push(message);
  }

  /** Begins the copy anew after a gap: all live members are behind then. Returns them. */
  #restart(page: number, lastSequence: number): readonly TopicMember[] {
    this.flush();
    this.#host.onGap();
    const log = this.#log!;
    const fallen = [...this.#live];
    for (const member of fallen) this.#fallBehind(member, log.page, log.lastSequence);
    this.#host.onMirror(-log.bytes);
    this.#log = new RetainedLog(page, lastSequence);
    this.#pieces.clear();
    // Nothing older is to be had: the node had no more when it sent this, or the link has skipped it.
    this.#complete = true;
    return fallen;
  }

  #trim(): void {
    const log = this.#log;
    if (log === null || log.count === 0) return;
    const { settings } = this.address.cache;
    const before = log.bytes;
    const bounds = {
      messagesMax: settings.topic_messages_max,
      // Never less than the node keeps.
      bytesMax: sizeOfMessages(settings.topic_log_bytes_max, settings.topic_messages_max),
      ageMsMax: settings.topic_retention_ms,
    };
    log.trim(bounds, this.#host.clock.monotonicMs());
    this.#host.onMirror(log.bytes - before);
  }
}

/** What a message counts for in the memory of copies. */
function sizeOf(message: TopicMessage): number {
  return sizeOfMessages(message.length, 1);
}

/** What messages count for in the memory of copies: the value, and its event in two formats. */
function sizeOfMessages(bytes: number, count: number): number {
  return bytes * 3 + streamLimits.mirrorMessageBytes * count;
}
