import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/shared/clock.ts';
import { GodwitError } from '../../src/shared/errors.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import { LongPoll, type PollAnswer } from '../../src/topics-sse/long-poll.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import { StreamKeeper } from '../../src/topics-sse/stream-keeper.ts';
import type { StreamToken } from '../../src/topics-sse/topic-stream.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { FakeHost, FakeTopic, messages, page } from './fake-topic.ts';

const { roundMs, joinDeadlineMs, pollMessagesMax, pollBytesMax, pieceBytes } = streamLimits;
const endless: StreamToken = { expiresAtMs: Number.POSITIVE_INFINITY, revoked: false };
const afterMessage = (sequence: number, ofPage = page): Start => ({ kind: 'after', page: ofPage, sequence });

let clock: ManualClock;
let timers: ManualTimers;
let keeper: StreamKeeper;
let topic: FakeTopic;
beforeEach(() => {
  clock = new ManualClock({ monotonicMs: 10_000 });
  timers = new ManualTimers(clock);
  keeper = new StreamKeeper({ clock, random: () => 0.5, delay: timers.delay });
  topic = new FakeTopic(new FakeHost(clock));
});

/** A poll as it stands: what it answered, or why it failed, once it has. */
class Poll {
  answer: PollAnswer | null = null;
  error: unknown = null;
  abort: (() => void) | null = null;

  constructor(start: Start, waitMs = 25_000, token = endless) {
    LongPoll.run(keeper, topic.channel, { start, waitMs, token }, clock.monotonicMs(), (left) => {
      this.abort = left;
      return () => {
        this.abort = null;
      };
    }).then(
      (answer) => {
        this.answer = answer;
      },
      (error: unknown) => {
        this.error = error;
      },
    );
  }

  /** `m4` for messages, `gap 1>4` for discontinuities; null while it waits. */
  async items(): Promise<string[] | null> {
    await settled();
    return (
      this.answer?.items.map((item) => ('next' in item ? `gap ${item.last}>${item.next}` : `m${item.sequence}`)) ?? null
    );
  }

  async code(): Promise<string | undefined> {
    await settled();
    return this.error instanceof GodwitError ? this.error.code : undefined;
  }
}

const settled = async () => {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
};

describe('what is there', () => {
  it.each([
    ['after a position', afterMessage(2), messages(3, 5), 5],
    ['earliest', { kind: 'earliest' }, messages(2, 5), 5],
    ['the last two', { kind: 'tail', count: 2 }, messages(4, 5), 5],
    ['after one that is gone', afterMessage(0), ['gap 0>2', ...messages(2, 5)], 5],
    ['after one of the future', afterMessage(9), ['gap 9>2', ...messages(2, 5)], 5],
    ['of another page, from now on', { kind: 'latest', page: 3 }, ['gap 0>6'], 5],
  ] as const)('%s: is the answer at once, with where it ends', async (_, start, items, last) => {
    topic.keep(...messages(1, 5));
    topic.dropBefore(2);
    const poll = new Poll(start);
    topic.answer();
    expect(await poll.items()).toEqual(items);
    expect(poll.answer!.position).toMatchObject({ page, sequence: last });
    expect([keeper.size, topic.channel.size, poll.abort]).toEqual([0, 0, null]);
  });

  it('at hand: answered in the call itself, without a question', async () => {
    const reader = topic.liveReader();
    topic.publishMany(3);
    topic.host.turn();
    reader.member.leave();
    const poll = new Poll(afterMessage(1));
    expect(await poll.items()).toEqual(messages(2, 3));
    expect(topic.host.asked).toHaveLength(1);
  });

  it('many small messages: as many as one answer takes, and the rest by the next polls, none twice', async () => {
    const total = 3 * pollMessagesMax;
    topic = new FakeTopic(topic.host, 'topic', { topic_messages_max: total });
    topic.keep(...Array.from({ length: total }, () => 'x'.repeat(100)));
    const all: string[] = [];
    let position = { page, sequence: 0 };
    for (let polls = 0; all.length < total; polls++) {
      expect(polls).toBeLessThan(5);
      const poll = new Poll({ kind: 'after', ...position });
      while (topic.channel.asked !== null) topic.answer();
      const items = (await poll.items())!;
      // A piece is taken whole.
      expect(items.length).toBeLessThan(pollMessagesMax + pieceBytes / 100 + 1);
      all.push(...items);
      ({ position } = poll.answer!);
    }
    expect(all).toEqual(messages(1, total));
  });

  it('large messages: the same by bytes', async () => {
    const value = 'x'.repeat(1024 * 1024);
    topic = new FakeTopic(topic.host, 'topic', { topic_log_bytes_max: 64 * 1024 * 1024 });
    topic.keep(...Array.from({ length: 12 }, () => value));
    const poll = new Poll({ kind: 'earliest' });
    topic.answer();
    expect(await poll.items()).toEqual(messages(1, pollBytesMax / value.length));
  });
});

describe('waiting', () => {
  it('the messages of the first turn are the answer', async () => {
    const poll = new Poll({ kind: 'latest' });
    topic.answer();
    timers.advance(5_000);
    expect(await poll.items()).toBeNull();
    topic.publishMany(2);
    topic.host.turn();
    topic.publishMany(1);
    topic.host.turn();
    expect(await poll.items()).toEqual(messages(1, 2));
    expect(poll.answer!.position).toMatchObject({ page, sequence: 2 });
  });

  it('a gap is an answer too', async () => {
    const poll = new Poll({ kind: 'latest' });
    topic.answer();
    topic.channel.onPosition(page, 4);
    expect(await poll.items()).toEqual(['gap 0>5']);
    expect(poll.answer!.position).toMatchObject({ page, sequence: 4 });
  });

  it('nothing in the wait: empty, with a position after which nothing is missed', async () => {
    topic.keep('m1', 'm2');
    const poll = new Poll({ kind: 'latest' }, 3_000);
    topic.answer();
    timers.advance(3_000 - roundMs);
    expect(await poll.items()).toBeNull();
    timers.advance(2 * roundMs);
    expect(await poll.items()).toEqual([]);
    expect(poll.answer!.position).toEqual({ page, sequence: 2 });
    topic.publishMany(1);
    topic.host.turn();
    expect(await new Poll({ kind: 'after', ...poll.answer!.position }).items()).toEqual(['m3']);
  });

  it('no wait: empty at once', async () => {
    const poll = new Poll({ kind: 'latest' }, 0);
    topic.answer();
    expect(await poll.items()).toEqual([]);
  });

  it('longer than a node may take to answer, once it has', async () => {
    const poll = new Poll({ kind: 'latest' });
    topic.answer();
    timers.advance(3 * joinDeadlineMs);
    expect([await poll.items(), await poll.code()]).toEqual([null, undefined]);
  });
});

describe('ends', () => {
  it('a node that does not answer: 503 with Retry-After, whatever the wait', async () => {
    const poll = new Poll({ kind: 'latest' }, 0);
    timers.advance(joinDeadlineMs + 2 * roundMs);
    expect(await poll.code()).toBe('storage_unavailable');
    expect([keeper.size, topic.channel.size]).toEqual([0, 0]);
  });

  it('a token that expires: the answer comes before exp', async () => {
    const expiresAtMs = clock.wallMs() + 2_000;
    const poll = new Poll({ kind: 'latest' }, 25_000, { expiresAtMs, revoked: false });
    topic.answer();
    while ((await poll.items()) === null) timers.advance(50);
    expect(clock.wallMs()).toBeLessThan(expiresAtMs);
  });

  it('a token that is withdrawn: 401', async () => {
    const token = { ...endless, revoked: false };
    const poll = new Poll({ kind: 'latest' }, 25_000, token);
    topic.answer();
    token.revoked = true;
    keeper.checkTokens();
    expect(await poll.code()).toBe('invalid_token');
  });

  it('a cache that is deleted: 404, whether it waits for messages or for its node', async () => {
    const live = new Poll({ kind: 'latest' });
    topic.answer();
    const waiting = new Poll({ kind: 'earliest' });
    topic.channel.end();
    expect([await live.code(), await waiting.code()]).toEqual(['cache_not_found', 'cache_not_found']);
  });

  it('drain: what there is, or 503 when nothing is known', async () => {
    const live = new Poll({ kind: 'latest' });
    topic.answer();
    const waiting = new Poll({ kind: 'earliest' });
    await keeper.drain(0);
    expect([await live.items(), await waiting.code()]).toEqual([[], 'storage_unavailable']);
  });

  it('answers that are not read take so much memory and no more: the next is 503, until some have left', async () => {
    topic.keep('x'.repeat(pollBytesMax));
    const sizeMax = pollBytesMax * streamLimits.pollBytesRatio + streamLimits.pollMessageBytes;
    const fit = Math.floor(streamLimits.answerBytesAll / sizeMax);
    const polls = Array.from({ length: fit + 1 }, () => new Poll({ kind: 'earliest' }));
    while (topic.channel.asked !== null) topic.answer();
    const codes = await Promise.all(polls.map((poll) => poll.code()));
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(1);
    const answered = polls.filter(({ answer }) => answer !== null);
    expect(answered).toHaveLength(fit);
    answered[0]!.answer!.sent();
    const next = new Poll({ kind: 'earliest' });
    while (topic.channel.asked !== null) topic.answer();
    expect(await next.items()).toEqual(['m1']);
  });

  it('a client that leaves takes its place with it', async () => {
    const poll = new Poll({ kind: 'latest' });
    poll.abort!();
    await settled();
    expect([keeper.size, topic.channel.size, timers.count]).toEqual([0, 0, 0]);
    topic.answer();
    expect(await poll.items()).toBeNull();
  });
});
