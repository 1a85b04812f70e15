import type { TopicPosition } from '../shared/topics/position.ts';
import { formatEventId } from './event-id.ts';
import { type EventOutlet, type OutletListener, StreamPiece } from './event-outlet.ts';
import { streamLimits } from './limits.ts';
import type { MessageBatch } from './message-batch.ts';
import { type SeveralPositions, topicHash } from './several-positions.ts';
import type { Start } from './start.ts';
import {
  checkpointEvent,
  discontinuityEvent,
  type EndReason,
  endEvent,
  type GoawayReason,
  goawayEvent,
  heartbeatText,
  openingText,
} from './stream-events.ts';
import type { OpenReader, StreamKeeper } from './stream-keeper.ts';
import type { TopicChannel } from './topic-channel.ts';
import { type Discontinuity, TopicMember, type TopicReader } from './topic-member.ts';
import type { EventFormat } from './topic-message.ts';

/** The token that a stream was opened with, as it stands now. */
export interface StreamToken {
  /** Wall time in ms; Infinity for one without. */
  readonly expiresAtMs: number;
  readonly revoked: boolean;
}

export interface StreamOptions {
  readonly format: EventFormat;
  /** Whether heartbeats are events that tell the position, instead of comments. */
  readonly checkpoints: boolean;
  readonly heartbeatMs: number;
  readonly token: StreamToken;
  /** Where the stream is in each of its topics, when it may have several; null for one of one topic. */
  readonly positions: SeveralPositions | null;
}

const heartbeat = StreamPiece.of(heartbeatText);

/**
 * One Server-Sent Events stream: writes what its topics bring to its outlet, and ends when its token, its age or its
 * reader say so.
 *
 * It never waits. While the outlet has more unsent than the soft bound its members stay behind in the copies of the
 * logs; what those have dropped when there is room again is announced as a discontinuity.
 */
export class TopicStream implements TopicReader, OpenReader, OutletListener {
  readonly #keeper: StreamKeeper;
  readonly #outlet: EventOutlet;
  readonly #options: StreamOptions;
  /** With the hash that stands for each topic in ids; '' when there is but one. */
  readonly #members = new Map<TopicMember, string>();
  /** Whether anything was told that has an id. */
  #told = false;
  /** Whether all topics that there are at first have been named. */
  #complete = false;
  /** Whether they have begun, all of them, so that an id can tell of each; nothing is told before. */
  #begun = false;
  #ended = false;
  #onEnded: () => void = () => {};
  readonly #openedMs: number;
  readonly #endsAtMs: number;
  #heartbeatDueMs: number;
  /** Unsent bytes as they were seen last, and when they were last seen to be fewer than before. */
  #unsentSeen = 0;
  #movedMs: number;

  constructor(keeper: StreamKeeper, outlet: EventOutlet, options: StreamOptions, nowMs: number) {
    this.#keeper = keeper;
    this.#outlet = outlet;
    this.#options = options;
    this.#openedMs = nowMs;
    this.#movedMs = nowMs;
    this.#heartbeatDueMs = nowMs + keeper.phaseMs(options.heartbeatMs);
    this.#endsAtMs = nowMs + keeper.ageMs();
    outlet.write(StreamPiece.of(openingText(keeper.retryMs())));
    outlet.listen(this);
    keeper.add(this);
  }

  get unsentBytes(): number {
    return this.#outlet.unsentBytes;
  }

  get topics(): number {
    return this.#members.size;
  }

  /** Calls back once the stream is over, for whatever reason. */
  whenEnded(callback: () => void): void {
    if (this.#ended) callback();
    else this.#onEnded = callback;
  }

  follow(channel: TopicChannel, start: Start): void {
    if (this.#ended) return;
    const { positions } = this.#options;
    const member = new TopicMember(channel, this, start);
    const hash = positions === null ? '' : topicHash(channel.address.topic);
    this.#members.set(member, hash);
    if (start.kind === 'after' && start.page !== null)
      positions?.move(hash, { page: start.page, sequence: start.sequence });
    member.enter();
  }

  /** All topics that there are at first have been named. */
  complete(): void {
    this.#complete = true;
    if (this.#ended) return;
    this.hasRoom();
    this.onDrain();
    this.#tellStart();
  }

  hasRoom(): boolean {
    return !this.#ended && this.#outlet.unsentBytes <= this.#keeper.unsentBytesSoft && (this.#begun || this.#begin());
  }

  onMessages(member: TopicMember, batch: MessageBatch): void {
    const { format, positions } = this.#options;
    this.#told = true;
    if (positions === null) return this.#outlet.write(batch.piece(format));
    const hash = this.#members.get(member)!;
    let text = '';
    for (const message of batch.messages) {
      positions.move(hash, message);
      text += `id: ${positions.id}\n${message.event(format, member.channel.address.topic)}`;
    }
    this.#outlet.write(StreamPiece.of(text));
  }

  onDiscontinuity(member: TopicMember, gap: Discontinuity): void {
    const { positions } = this.#options;
    const before = { page: gap.page, sequence: gap.next - 1 };
    this.#told = true;
    positions?.move(this.#members.get(member)!, before);
    const id = positions?.id ?? formatEventId(before);
    this.#writeText(discontinuityEvent(id, gap, positions === null ? null : member.channel.address.topic));
  }

  onLive(): void {
    this.#tellStart();
  }

  onEnd(): void {
    this.#end('cache_deleted');
  }

  /** There are more topics than one stream may follow. */
  refuseTopics(): void {
    this.#end('too_many_topics');
  }

  onDrain(): void {
    for (const [member, hash] of [...this.#members]) {
      if (!this.hasRoom()) return;
      if (member.live) continue;
      member.resume();
      // Next time the others come first: a topic that is never done must not keep them from theirs.
      this.#members.delete(member);
      this.#members.set(member, hash);
    }
  }

  onClose(): void {
    this.#over();
  }

  tick(monotonicMs: number, wallMs: number): void {
    // At the next round it would be too late: the stream is over when the token is.
    if (this.#options.token.expiresAtMs <= wallMs + streamLimits.roundMs * 2) return this.#end('token_expired');
    if (monotonicMs >= this.#endsAtMs) return this.goAway('max_age');
    if (this.#isUnanswered(monotonicMs)) return this.goAway('unavailable');
    if (this.#isStuck(monotonicMs)) {
      this.#keeper.stuck++;
      return this.cut();
    }
    if (monotonicMs < this.#heartbeatDueMs) return;
    this.#heartbeatDueMs = monotonicMs + this.#options.heartbeatMs;
    if (this.#unsentSeen > 0) return;
    if (this.#options.checkpoints && this.#begun) this.#writeText(this.#checkpoint());
    else this.#outlet.write(heartbeat);
  }

  checkToken(): void {
    if (this.#options.token.revoked) this.#end('token_revoked');
  }

  goAway(reason: GoawayReason): void {
    if (this.#ended) return;
    this.#writeText(goawayEvent(this.#id, reason));
    this.#outlet.end();
    this.#over();
  }

  cut(): void {
    if (this.#ended) return;
    this.#outlet.destroy();
    this.#over();
  }

  #end(reason: EndReason): void {
    if (this.#ended) return;
    this.#writeText(endEvent(this.#id, reason));
    this.#outlet.end();
    this.#over();
  }

  #over(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#keeper.remove(this);
    for (const member of this.#members.keys()) member.leave();
    this.#onEnded();
  }

  /** Takes the places of all topics, once all are known; the other members go on in a moment. */
  #begin(): boolean {
    if (!this.#complete) return false;
    for (const member of this.#members.keys()) if (member.start !== null) return false;
    this.#begun = true;
    const { positions } = this.#options;
    if (positions === null) return true;
    // What is still to be told as a gap is not behind anybody who is cut off before it.
    for (const [member, hash] of this.#members)
      positions.move(hash, member.gap === null ? member.position : { page: 0, sequence: 0 });
    queueMicrotask(() => this.onDrain());
    return true;
  }

  /** A stream that begins with nothing else begins with its position, so that whoever is cut off at once can resume. */
  #tellStart(): void {
    if (this.#told || !this.#begun || this.#ended) return;
    for (const member of this.#members.keys()) if (!member.live) return;
    this.#told = true;
    this.#writeText(this.#checkpoint());
  }

  #checkpoint(): string {
    const { positions } = this.#options;
    if (positions !== null) return checkpointEvent(positions.id, { topics: this.#members.size });
    const { page, sequence } = this.#position;
    const position = { sequence_number: sequence, sequence_page: page };
    return checkpointEvent(formatEventId({ page, sequence }), position);
  }

  /** Of a stream of one topic. */
  get #position(): TopicPosition {
    const [member] = this.#members.keys();
    return member!.position;
  }

  /** The id of where the stream is; undefined before it has begun. */
  get #id(): string | undefined {
    if (!this.#told) return undefined;
    return this.#options.positions?.id ?? formatEventId(this.#position);
  }

  #isUnanswered(nowMs: number): boolean {
    const { joinDeadlineMs } = streamLimits;
    if (!this.#complete && nowMs - this.#openedMs > joinDeadlineMs) return true;
    for (const { waitingSinceMs } of this.#members.keys())
      if (waitingSinceMs !== null && nowMs - waitingSinceMs > joinDeadlineMs) return true;
    return false;
  }

  #isStuck(nowMs: number): boolean {
    const { unsentBytes } = this.#outlet;
    if (unsentBytes === 0 || unsentBytes < this.#unsentSeen) this.#movedMs = nowMs;
    this.#unsentSeen = unsentBytes;
    return unsentBytes > streamLimits.unsentBytesHard || nowMs - this.#movedMs > streamLimits.stalledMs;
  }

  #writeText(text: string): void {
    this.#outlet.write(StreamPiece.of(text));
  }
}
