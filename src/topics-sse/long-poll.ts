import { GodwitError } from '../shared/errors.ts';
import { retryAfterSeconds } from '../shared/limits.ts';
import type { TopicPosition } from '../shared/topics/position.ts';
import { streamLimits } from './limits.ts';
import type { MessageBatch } from './message-batch.ts';
import type { Start } from './start.ts';
import type { OpenReader, StreamKeeper } from './stream-keeper.ts';
import type { TopicChannel } from './topic-channel.ts';
import { type Discontinuity, TopicMember, type TopicReader } from './topic-member.ts';
import type { TopicMessage } from './topic-message.ts';
import type { StreamToken } from './topic-stream.ts';

/** What a poll found, in order. */
export type PollItem = TopicMessage | Discontinuity;

export interface PollAnswer {
  readonly items: readonly PollItem[];
  /** The last position that it tells of: the next poll asks for what comes after. */
  readonly position: TopicPosition;
  /** To be called once the answer has left, or cannot leave any more. */
  readonly sent: () => void;
}

export interface PollOptions {
  readonly start: Start;
  /** Time to wait for a first message, in ms. */
  readonly waitMs: number;
  readonly token: StreamToken;
}

/**
 * One long poll: answers with what there is after its start, and waits for the first message or discontinuity when
 * there is nothing. Empty-handed it tells a position all the same, so that nothing is missed until the next.
 */
export class LongPoll implements TopicReader, OpenReader {
  readonly #keeper: StreamKeeper;
  readonly #options: PollOptions;
  readonly #items: PollItem[] = [];
  readonly #resolve: (answer: PollAnswer) => void;
  readonly #reject: (error: GodwitError) => void;
  readonly #endsAtMs: number;
  readonly #member: TopicMember;
  #bytes = 0;
  #over = false;

  private constructor(
    keeper: StreamKeeper,
    channel: TopicChannel,
    options: PollOptions,
    nowMs: number,
    resolve: (answer: PollAnswer) => void,
    reject: (error: GodwitError) => void,
  ) {
    this.#keeper = keeper;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#endsAtMs = nowMs + options.waitMs;
    keeper.add(this);
    this.#member = new TopicMember(channel, this, options.start);
    this.#member.enter();
  }

  /**
   * Polls a topic. Rejects with `invalid_token` when the token is withdrawn meanwhile, `cache_not_found` when the
   * cache is deleted, `storage_unavailable` when the topic's node does not answer, `overloaded` when answers that are
   * not read take too much memory. `onAbort` takes what is to be
   * called should the client leave, and returns the way to stop that.
   */
  static run(
    keeper: StreamKeeper,
    channel: TopicChannel,
    options: PollOptions,
    nowMs: number,
    onAbort: (callback: () => void) => () => void,
  ): Promise<PollAnswer> {
    let stopWatching = (): void => {};
    const answer = new Promise<PollAnswer>((resolve, reject) => {
      const poll = new LongPoll(keeper, channel, options, nowMs, resolve, reject);
      stopWatching = onAbort(() => poll.cut());
    });
    return answer.finally(stopWatching);
  }

  /** A poll holds its answer, which is bounded, and nothing that waits to be read. */
  get unsentBytes(): number {
    return 0;
  }

  hasRoom(): boolean {
    const { pollMessagesMax, pollBytesMax } = streamLimits;
    return !this.#over && this.#items.length < pollMessagesMax && this.#bytes < pollBytesMax;
  }

  onMessages(member: TopicMember, batch: MessageBatch): void {
    for (const message of batch.messages) {
      this.#items.push(message);
      this.#bytes += message.length;
    }
    // Of what comes while it waits, the first turn's is the answer.
    if (member.live || !this.hasRoom()) this.#finish();
  }

  onDiscontinuity(_member: TopicMember, gap: Discontinuity): void {
    this.#items.push(gap);
  }

  onLive(): void {
    if (this.#items.length > 0 || this.#options.waitMs === 0) this.#finish();
  }

  onEnd(): void {
    this.#fail(new GodwitError('cache_not_found', 'The cache was deleted.'));
  }

  tick(monotonicMs: number, wallMs: number): void {
    const { joinDeadlineMs, roundMs } = streamLimits;
    const { waitingSinceMs } = this.#member;
    if (this.#options.token.expiresAtMs <= wallMs + roundMs * 2) return this.goAway();
    if (waitingSinceMs !== null && monotonicMs - waitingSinceMs > joinDeadlineMs) return this.#fail(unavailable());
    if (monotonicMs >= this.#endsAtMs && this.#member.live) this.#finish();
  }

  checkToken(): void {
    if (this.#options.token.revoked) this.#fail(new GodwitError('invalid_token', 'The token is not valid.'));
  }

  /** Answers with what there is; the next poll goes elsewhere. */
  goAway(): void {
    if (this.#member.live) this.#finish();
    else this.#fail(unavailable());
  }

  cut(): void {
    this.#fail(unavailable());
  }

  #finish(): void {
    const { pollBytesRatio, pollMessageBytes } = streamLimits;
    const bytes = this.#bytes * pollBytesRatio + this.#items.length * pollMessageBytes;
    const position = this.#told();
    if (!this.#leave()) return;
    if (this.#keeper.hold(bytes))
      this.#resolve({ items: this.#items, position, sent: () => this.#keeper.release(bytes) });
    else this.#reject(overloaded());
  }

  /** The position after the last item; without any, where the member is. */
  #told(): TopicPosition {
    const last = this.#items.at(-1);
    if (last === undefined) return this.#member.position;
    return 'next' in last ? { page: last.page, sequence: last.next - 1 } : last;
  }

  #fail(error: GodwitError): void {
    if (this.#leave()) this.#reject(error);
  }

  #leave(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#keeper.remove(this);
    this.#member.leave();
    return true;
  }
}

function overloaded(): GodwitError {
  return new GodwitError('overloaded', 'Too many answers wait to be read; nothing was missed.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

function unavailable(): GodwitError {
  return new GodwitError('storage_unavailable', 'The topic could not be reached in time; nothing was missed.', {
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}
