import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/shared/clock.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import { SeveralPositions, topicHash } from '../../src/topics-sse/several-positions.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import { StreamKeeper } from '../../src/topics-sse/stream-keeper.ts';
import { type StreamOptions, type StreamToken, TopicStream } from '../../src/topics-sse/topic-stream.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { FakeOutlet } from './fake-outlet.ts';
import { FakeHost, FakeTopic, messages, page } from './fake-topic.ts';

const { roundMs, joinDeadlineMs, stalledMs, unsentBytesSoft, unsentBytesHard, ageMs, ageJitter } = streamLimits;
const heartbeatMs = 15_000;
const endless: StreamToken = { expiresAtMs: Number.POSITIVE_INFINITY, revoked: false };

let clock: ManualClock;
let timers: ManualTimers;
let keeper: StreamKeeper;
let topic: FakeTopic;
let random: number;
beforeEach(() => {
  clock = new ManualClock({ monotonicMs: 10_000 });
  timers = new ManualTimers(clock);
  random = 0.5;
  keeper = new StreamKeeper({ clock, random: () => random, delay: timers.delay });
  topic = new FakeTopic(new FakeHost(clock));
});

interface Opened {
  readonly stream: TopicStream;
  readonly outlet: FakeOutlet;
}

function open(options: Partial<StreamOptions> = {}): Opened {
  const outlet = new FakeOutlet();
  const all = {
    format: 'plain',
    checkpoints: false,
    heartbeatMs,
    token: endless,
    positions: null,
    ...options,
  } as const;
  return { stream: new TopicStream(keeper, outlet, all, clock.monotonicMs()), outlet };
}

/** A stream of the one topic, answered by its node. */
function follow(start: Start = { kind: 'latest' }, options: Partial<StreamOptions> = {}): Opened {
  const opened = open(options);
  opened.stream.follow(topic.channel, start);
  opened.stream.complete();
  while (topic.channel.asked !== null) topic.answer();
  return opened;
}

/** Publishes `m1`, `m2` … and ends the turn. */
function publish(count: number): void {
  topic.publishMany(count);
  topic.host.turn();
}

const id = (sequence: number, ofPage = page) => `${ofPage}-${sequence}`;
const told = (from: number, to: number) =>
  messages(from, to).map((data, index) => ({ event: 'message', id: id(from + index), data }));
const checkpoint = (sequence: number) => ({
  event: 'checkpoint',
  id: id(sequence),
  data: JSON.stringify({ sequence_number: sequence, sequence_page: page }),
});
const gap = (last: number, next: number) => ({
  event: 'discontinuity',
  id: id(next - 1),
  data: JSON.stringify({ last_topic_sequence: last, new_topic_sequence: next, new_sequence_page: page }),
});
const ending = (event: string, reason: string, at?: string) => ({ event, id: at, data: JSON.stringify({ reason }) });

describe('the first bytes', () => {
  it('go out before anything is known of the topic: when to come back, and something to see', () => {
    const { outlet } = open();
    expect(outlet.pieces).toEqual(['retry: 5500\n\n: connected\n\n']);
  });

  it('a stream that begins with nothing else begins with its position', () => {
    topic.keep(...messages(1, 4));
    const { outlet } = follow();
    expect(outlet.take()).toEqual([checkpoint(4)]);
    publish(2);
    expect(outlet.take()).toEqual(told(5, 6));
  });

  it('one that begins with a message or a gap tells its position by that', () => {
    topic.keep(...messages(1, 4));
    topic.dropBefore(3);
    expect(follow({ kind: 'earliest' }).outlet.take()).toEqual(told(3, 4));
    expect(follow({ kind: 'after', page, sequence: 1 }).outlet.take()).toEqual([gap(1, 3), ...told(3, 4)]);
    expect(follow({ kind: 'unknown' }).outlet.take()).toEqual([gap(0, 3), ...told(3, 4)]);
  });

  it('a copy at hand waits for nothing', () => {
    follow();
    publish(3);
    const { outlet } = open();
    const { stream } = {
      stream: new TopicStream(
        keeper,
        outlet,
        { format: 'plain', checkpoints: false, heartbeatMs, token: endless, positions: null },
        0,
      ),
    };
    stream.follow(topic.channel, { kind: 'after', page, sequence: 1 });
    stream.complete();
    expect(outlet.take()).toEqual(told(2, 3));
    expect(topic.channel.asked).toBeNull();
  });
});

describe('messages', () => {
  it('those of one turn are one piece, encoded once for all streams of a format', () => {
    const [one, other] = [follow(), follow()];
    const json = follow({ kind: 'latest' }, { format: 'json' });
    for (const { outlet } of [one, other, json]) outlet.take();
    const before = one.outlet.pieces.length;
    publish(3);
    expect(one.outlet.pieces.length).toBe(before + 1);
    expect(one.outlet.take()).toEqual(told(1, 3));
    expect(other.outlet.take()).toEqual(told(1, 3));
    const [first] = json.outlet.take();
    expect(JSON.parse(first!.data)).toEqual({
      sequence_number: 1,
      sequence_page: page,
      published_at: new Date(clock.wallMs()).toISOString(),
      text: 'm1',
    });
  });

  it('beyond the soft bound nothing is written until the reader has read, and then all that came', () => {
    const { outlet } = follow();
    outlet.take();
    outlet.unsentBytes = unsentBytesSoft + 1;
    publish(5);
    publish(5);
    expect(outlet.take()).toEqual([]);
    outlet.drain();
    expect(outlet.take()).toEqual(told(1, 10));
    publish(1);
    expect(outlet.take()).toEqual(told(11, 11));
  });

  it('what the log has dropped when the reader goes on is announced', () => {
    topic = new FakeTopic(topic.host, 'topic', { topic_messages_max: 3 });
    const { outlet } = follow();
    outlet.take();
    outlet.unsentBytes = unsentBytesSoft + 1;
    publish(10);
    topic.dropBefore(8);
    outlet.drain();
    while (topic.channel.asked !== null) topic.answer();
    expect(outlet.take()).toEqual([gap(0, 8), ...told(8, 10)]);
  });

  it('a slow reader does not hold up the others', () => {
    const [slow, quick] = [follow(), follow()];
    quick.outlet.take();
    slow.outlet.unsentBytes = unsentBytesSoft + 1;
    publish(5);
    expect(quick.outlet.take()).toEqual(told(1, 5));
  });
});

describe('a reader that does not read', () => {
  it('is cut when nothing leaves for too long, and not before', () => {
    const { outlet } = follow();
    outlet.unsentBytes = 100;
    timers.advance(stalledMs);
    expect(outlet.destroyed).toBe(false);
    timers.advance(2 * roundMs);
    expect(outlet.destroyed).toBe(true);
    expect([keeper.size, topic.channel.size]).toEqual([0, 0]);
  });

  it('one that reads, however slowly, stays', () => {
    const { outlet } = follow();
    outlet.unsentBytes = 100_000;
    for (let n = 0; n < 20; n++) {
      timers.advance(stalledMs / 2);
      outlet.unsentBytes -= 100;
    }
    expect(outlet.destroyed).toBe(false);
  });

  it('is cut at the hard bound within a round', () => {
    const { outlet } = follow();
    outlet.unsentBytes = unsentBytesHard + 1;
    timers.advance(roundMs);
    expect(outlet.destroyed).toBe(true);
  });

  it('gets no heartbeats on top', () => {
    const { outlet } = follow();
    outlet.takeText();
    for (let n = 0; n < 10; n++) {
      outlet.unsentBytes = 1_000_000 - n;
      timers.advance(heartbeatMs / 5);
    }
    expect(outlet.takeText()).toBe('');
  });
});

describe('heartbeats', () => {
  it('are comments, the first after a part of the period that differs, then one each period', () => {
    random = 0;
    const early = follow();
    random = 0.999_999;
    const late = follow();
    for (const { outlet } of [early, late]) outlet.takeText();
    timers.advance(heartbeatMs / 2 + roundMs);
    expect([early.outlet.takeText(), late.outlet.takeText()]).toEqual([': heartbeat\n\n', '']);
    timers.advance(heartbeatMs / 2);
    expect([early.outlet.takeText(), late.outlet.takeText()]).toEqual(['', ': heartbeat\n\n']);
    timers.advance(2 * heartbeatMs);
    expect(early.outlet.takeText().match(/heartbeat/g)).toHaveLength(2);
  });

  it('as checkpoints they tell where the stream is', () => {
    const { outlet } = follow({ kind: 'latest' }, { checkpoints: true });
    publish(3);
    outlet.take();
    timers.advance(heartbeatMs + roundMs);
    expect(outlet.take()).toEqual([checkpoint(3)]);
  });

  it('before the node has answered no position is told', () => {
    const { outlet, stream } = open({ checkpoints: true, heartbeatMs: 1_000 });
    stream.follow(topic.channel, { kind: 'latest' });
    stream.complete();
    timers.advance(3_000);
    for (const event of outlet.take()) expect(event.id).not.toBe('0-0');
  });
});

describe('ends', () => {
  it('age: says so and ends, at an age that differs by the jitter', () => {
    random = 0;
    const young = follow();
    random = 1;
    const old = follow();
    publish(2);
    for (const { outlet } of [young, old]) outlet.take();
    timers.advance(ageMs * (1 - ageJitter) + roundMs);
    expect([young.outlet.ended, old.outlet.ended]).toEqual([true, false]);
    expect(young.outlet.take().at(-1)).toEqual(ending('goaway', 'max_age', id(2)));
    timers.advance(2 * ageMs * ageJitter);
    expect(old.outlet.ended).toBe(true);
    expect([keeper.size, topic.channel.size]).toEqual([0, 0]);
  });

  it('expiry: says so and ends before exp, never later, whenever the rounds fall', () => {
    for (let phase = 0; phase < roundMs; phase += 50) {
      timers.advance(phase);
      const expiresAtMs = clock.wallMs() + 60_000;
      const { outlet, stream } = follow({ kind: 'latest' }, { token: { expiresAtMs, revoked: false } });
      let endedAtMs = 0;
      stream.whenEnded(() => {
        endedAtMs = clock.wallMs();
      });
      timers.advance(59_000);
      expect(outlet.ended).toBe(false);
      timers.advance(2_000);
      expect(endedAtMs).toBeGreaterThan(0);
      expect(endedAtMs).toBeLessThan(expiresAtMs);
      expect(outlet.take().at(-1)).toEqual(ending('end', 'token_expired', id(0)));
    }
  });

  it('expiry: a wall clock that is set on counts', () => {
    const token = { expiresAtMs: clock.wallMs() + 1_000_000, revoked: false };
    const { outlet } = follow({ kind: 'latest' }, { token });
    (token as { expiresAtMs: number }).expiresAtMs = clock.wallMs();
    timers.advance(roundMs);
    expect(outlet.ended).toBe(true);
  });

  it('revocation: ends when the tokens are looked at, and only the streams of that token', () => {
    const token = { ...endless, revoked: false };
    const [mine, other] = [follow({ kind: 'latest' }, { token }), follow()];
    keeper.checkTokens();
    expect(mine.outlet.ended).toBe(false);
    token.revoked = true;
    keeper.checkTokens();
    expect([mine.outlet.ended, other.outlet.ended]).toEqual([true, false]);
    expect(mine.outlet.take().at(-1)).toEqual(ending('end', 'token_revoked', id(0)));
  });

  it('revocation: also of one that waits for its node, which then has no position to tell', () => {
    const token = { ...endless, revoked: true };
    const { outlet, stream } = open({ token });
    stream.follow(topic.channel, { kind: 'latest' });
    stream.complete();
    keeper.checkTokens();
    expect(outlet.take()).toEqual([ending('end', 'token_revoked')]);
    topic.answer();
    expect(outlet.ended).toBe(true);
  });

  it('a node that does not answer: says so after a while, and ends', () => {
    const { outlet, stream } = open();
    stream.follow(topic.channel, { kind: 'latest' });
    stream.complete();
    timers.advance(joinDeadlineMs);
    expect(outlet.ended).toBe(false);
    timers.advance(2 * roundMs);
    expect(outlet.take()).toEqual([ending('goaway', 'unavailable')]);
    expect([outlet.ended, topic.channel.size]).toEqual([true, 0]);
  });

  it('topics that are never named in full: the same', () => {
    const { outlet } = open();
    timers.advance(joinDeadlineMs + 2 * roundMs);
    expect(outlet.take()).toEqual([ending('goaway', 'unavailable')]);
  });

  it('drain: says so, with where it was', () => {
    const { outlet, stream } = follow();
    publish(3);
    outlet.take();
    stream.goAway('drain');
    expect(outlet.take()).toEqual([ending('goaway', 'drain', id(3))]);
    stream.goAway('drain');
    stream.cut();
    expect(outlet.take()).toEqual([]);
  });

  it('drain: one that is behind tells the last that it was given', () => {
    const { outlet, stream } = follow();
    publish(2);
    outlet.unsentBytes = unsentBytesSoft + 1;
    publish(3);
    outlet.take();
    stream.goAway('drain');
    expect(outlet.take()).toEqual([ending('goaway', 'drain', id(2))]);
  });

  it('cache deletion: says so, with where it was', () => {
    const { outlet } = follow();
    publish(3);
    outlet.take();
    topic.channel.end();
    expect(outlet.take()).toEqual([ending('end', 'cache_deleted', id(3))]);
    expect([outlet.ended, keeper.size]).toEqual([true, 0]);
  });

  it('a reader that goes takes its place in the topic with it', () => {
    const { outlet, stream } = follow();
    let ended = 0;
    stream.whenEnded(() => ended++);
    outlet.leave();
    expect([ended, keeper.size, topic.channel.size, timers.count]).toEqual([1, 0, 0, 0]);
    publish(1);
    stream.whenEnded(() => ended++);
    expect(ended).toBe(2);
  });
});

describe('several topics', () => {
  const news = () => new FakeTopic(topic.host, 'news', {}, 11);

  function followBoth(other: FakeTopic, starts: readonly [Start, Start], positions = new SeveralPositions()): Opened {
    const opened = open({ format: 'json', positions });
    opened.stream.follow(topic.channel, starts[0]);
    opened.stream.follow(other.channel, starts[1]);
    opened.stream.complete();
    return opened;
  }

  const positionsOf = (text: string) => {
    const positions = SeveralPositions.parse(text)!;
    return ['topic', 'news']
      .map((name) => positions.ofHash(topicHash(name)))
      .map((one) => `${one?.page}-${one?.sequence}`);
  };

  it('nothing is told before the places in all of them are known; then every id resumes each', async () => {
    const other = news();
    topic.keep('m1', 'm2');
    other.keep('n1');
    const { outlet } = followBoth(other, [{ kind: 'earliest' }, { kind: 'latest' }]);
    topic.answer();
    expect(outlet.take()).toEqual([]);
    other.answer();
    await Promise.resolve();
    const first = outlet.take();
    expect(first.map(({ data }) => JSON.parse(data)).map(({ topic, text }) => [topic, text])).toEqual([
      ['topic', 'm1'],
      ['topic', 'm2'],
    ]);
    expect(first.map((event) => positionsOf(event.id!))).toEqual([
      [id(1), id(1, 11)],
      [id(2), id(1, 11)],
    ]);
    other.publish('n2');
    topic.host.turn();
    const [event] = outlet.take();
    expect(JSON.parse(event!.data)).toMatchObject({ topic: 'news', sequence_number: 2, sequence_page: 11, text: 'n2' });
    expect(positionsOf(event!.id!)).toEqual([id(2), id(2, 11)]);
  });

  it('begins with a checkpoint of all when there is nothing in any', async () => {
    const other = news();
    const { outlet } = followBoth(other, [{ kind: 'latest' }, { kind: 'latest' }]);
    topic.answer();
    other.answer();
    await Promise.resolve();
    const [event, ...more] = outlet.take();
    expect([event!.event, JSON.parse(event!.data), more]).toEqual(['checkpoint', { topics: 2 }, []]);
    expect(positionsOf(event!.id!)).toEqual([id(0), id(0, 11)]);
  });

  it('a gap names its topic, and its id leaves the others where they are', async () => {
    const other = news();
    topic.keep(...messages(1, 5));
    topic.dropBefore(4);
    const { outlet } = followBoth(other, [{ kind: 'after', page, sequence: 1 }, { kind: 'latest' }]);
    topic.answer();
    other.answer();
    await Promise.resolve();
    const [event] = outlet.take();
    expect(JSON.parse(event!.data)).toEqual({
      topic: 'topic',
      last_topic_sequence: 1,
      new_topic_sequence: 4,
      new_sequence_page: page,
    });
    expect(positionsOf(event!.id!)).toEqual([id(3), id(0, 11)]);
  });

  it('an id that comes before a gap is told does not stand behind it', async () => {
    const other = news();
    topic.keep(...messages(1, 3));
    other.keep('n1', 'n2');
    const { outlet } = followBoth(other, [{ kind: 'earliest' }, { kind: 'latest', missed: true }]);
    other.answer();
    topic.answer();
    await Promise.resolve();
    const events = outlet.take();
    const told = events.findIndex(({ event }) => event === 'discontinuity');
    expect(told).toBeGreaterThanOrEqual(0);
    for (const { id: before } of events.slice(0, told)) expect(positionsOf(before!)[1]).not.toBe(id(2, 11));
    expect(positionsOf(events[told]!.id!)[1]).toBe(id(2, 11));
  });

  it('too many topics: ends, and says why', () => {
    const { outlet, stream } = open({ positions: new SeveralPositions() });
    stream.refuseTopics();
    expect(outlet.take()).toEqual([ending('end', 'too_many_topics')]);
    expect(outlet.ended).toBe(true);
  });

  it('deletion of the cache ends it once', async () => {
    const other = news();
    const { outlet } = followBoth(other, [{ kind: 'latest' }, { kind: 'latest' }]);
    topic.answer();
    other.answer();
    outlet.take();
    topic.channel.end();
    other.channel.end();
    expect(outlet.take().map(({ event, data }) => [event, data])).toEqual([['end', '{"reason":"cache_deleted"}']]);
    expect(other.channel.size).toBe(0);
  });
});
