import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/shared/clock.ts';
import type { FleetNode } from '../../src/shared/fleet-state.ts';
import { keyHash, slotOf } from '../../src/shared/slots.ts';
import { topicLimits } from '../../src/shared/topics/limits.ts';
import {
  encodeTopicFrame,
  readSubscribe,
  type SubscribeFrame,
  type TopicFrame,
} from '../../src/shared/topics/link-frames.ts';
import { encodeMessage } from '../../src/shared/topics/message-frame.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import type { LinkConnection, LinkReceiver, LinkTransport } from '../../src/topics-sse/link-transport.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import { TopicHub } from '../../src/topics-sse/topic-hub.ts';
import { ManualSource, testCache, testNode, testRegistry, testState, testView, utf8 } from '../support/fleet-state.ts';
import { ManualTimers } from '../support/manual-timers.ts';
import { messages, Recorder } from './fake-topic.ts';

const page = 7;
const topic = 3;
const latest: Start = { kind: 'latest' };

/** One connection of a link, whose other end is the test. */
class Line implements LinkConnection {
  readonly url: string;
  readonly said: SubscribeFrame[] = [];
  closed = false;
  readonly #receiver: LinkReceiver;

  constructor(url: string, receiver: LinkReceiver) {
    this.url = url;
    this.#receiver = receiver;
  }

  send(frame: Uint8Array): void {
    this.said.push(readSubscribe(frame));
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.#receiver.onOpen();
  }

  /** The connection is gone, and the gateway sees it. */
  break(): void {
    this.closed = true;
    this.#receiver.onClose();
  }

  tell(...frames: readonly Exclude<TopicFrame, { kind: 'message' }>[]): void {
    for (const frame of frames) this.#receiver.onData(encodeTopicFrame(frame));
  }

  /** Messages of the topic, by number. */
  publish(from: number, to: number, number = topic): void {
    for (let sequence = from; sequence <= to; sequence++) {
      const message = { topic: number, page, sequence, publishedMs: 0, text: true, tokenId: '', value: utf8('x') };
      this.#receiver.onData(encodeMessage(message, (size) => new Uint8Array(size)));
    }
  }

  joined(question: number, lastSequence: number, count = 0, number = topic): void {
    const firstSequence = 1;
    this.tell({ kind: 'joined', question, topic: number, page, lastSequence, firstSequence, nowMs: 0, count });
    this.publish(lastSequence - count + 1, lastSequence, number);
  }

  /** Numbers of the questions that were put, oldest first. */
  get questions(): number[] {
    return this.said.flatMap((frame) => (frame.kind === 'join' ? [frame.question] : []));
  }

  of<Kind extends SubscribeFrame['kind']>(kind: Kind): Extract<SubscribeFrame, { kind: Kind }>[] {
    return this.said.filter((frame) => frame.kind === kind) as Extract<SubscribeFrame, { kind: Kind }>[];
  }
}

let clock: ManualClock;
let timers: ManualTimers;
let source: ManualSource;
let lines: Line[];
let deferred: (() => void)[];
let hub: TopicHub;
beforeEach(() => {
  clock = new ManualClock({ monotonicMs: 10_000 });
  timers = new ManualTimers(clock);
  source = new ManualSource(testState(testView(1, [testNode('a')]), testRegistry(1, { cache: 1 })));
  lines = [];
  deferred = [];
  const transport: LinkTransport = {
    open: (url, receiver) => {
      lines.push(new Line(url, receiver));
      return lines.at(-1)!;
    },
  };
  const defer = (callback: () => void) => void deferred.push(callback);
  hub = new TopicHub({ source, transport, clock, random: () => 0.5, delay: timers.delay, defer });
});

function turn(): void {
  for (const callback of deferred.splice(0)) callback();
}

const cache = testCache();

function read(name = 'topic', start = latest): Recorder {
  const reader = new Recorder(hub.channel(cache, name)!, start);
  reader.member.enter();
  return reader;
}

const line = () => lines.at(-1)!;

/** Names of topics that share a slot. */
function inOneSlot(count: number): string[] {
  const names: string[] = [];
  const slot = slotOf(keyHash(cache.seed, utf8('topic')));
  for (let n = 0; names.length < count; n++)
    if (slotOf(keyHash(cache.seed, utf8(`t${n}`))) === slot) names.push(`t${n}`);
  return names;
}

describe('a topic', () => {
  it('that nobody comes to after all is followed no longer than one that was left', () => {
    hub.channel(cache, 'nobody');
    expect(hub.channels).toBe(1);
    timers.advance(streamLimits.lingerMs);
    expect(hub.channels).toBe(0);
  });
});

describe('a link', () => {
  it('is opened by the first question, and carries all topics of its node', () => {
    expect(lines).toEqual([]);
    read('one');
    read('two');
    read('two');
    expect(lines).toHaveLength(1);
    expect(line().url).toBe('http://a.test');
    expect(
      line()
        .of('join')
        .map(({ name, from }) => [name, from]),
    ).toEqual([
      ['one', 'latest'],
      ['two', 'latest'],
    ]);
  });

  it('hands each message to its topic, and tells how many read it', () => {
    const readers = [read(), read()];
    line().joined(line().questions[0]!, 4);
    line().joined(line().questions[1]!, 4);
    line().publish(5, 6);
    line().publish(1, 1, 99);
    turn();
    for (const reader of readers) expect(reader.take()).toEqual(['live', ...messages(5, 6)]);
    timers.advance(streamLimits.recountMs);
    expect(line().of('count').at(-1)).toEqual({ kind: 'count', topic, subscribers: 2 });
    readers[0]!.member.leave();
    timers.advance(streamLimits.recountMs);
    expect(line().of('count').at(-1)).toEqual({ kind: 'count', topic, subscribers: 1 });
  });

  it('leaves a topic some time after its last reader, and not when one came back', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    reader.member.leave();
    const alive = () => line().tell({ kind: 'alive' });
    const pass = (ms: number) => {
      for (let left = ms; left > 0; left -= 1_000, alive()) timers.advance(Math.min(left, 1_000));
    };
    pass(streamLimits.lingerMs - 1_000);
    const back = read('topic', { kind: 'after', page, sequence: 4 });
    expect(back.take()).toEqual(['live']);
    pass(streamLimits.lingerMs);
    expect([line().of('leave'), hub.channels]).toEqual([[], 1]);
    back.member.leave();
    pass(streamLimits.lingerMs);
    expect([line().of('leave'), hub.channels]).toEqual([[{ kind: 'leave', topic }], 0]);
  });

  it('an answer that belongs to nobody any more is passed over with its messages, and the topic left', () => {
    const reader = read();
    reader.member.leave();
    for (let ms = 0; ms < streamLimits.lingerMs; ms += 1_000) {
      timers.advance(1_000);
      line().tell({ kind: 'alive' });
    }
    expect(hub.channels).toBe(0);
    line().joined(line().questions[0]!, 4, 2);
    expect(line().of('leave')).toEqual([{ kind: 'leave', topic }]);
    expect(reader.take()).toEqual([]);
  });
});

describe('a link that breaks', () => {
  it('is opened anew after a while, longer each time, and each topic is asked for from where it was', () => {
    const reader = read();
    line().open();
    line().joined(line().questions[0]!, 4);
    line().publish(5, 5);
    turn();
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      const before = lines.length;
      line().break();
      const startMs = clock.monotonicMs();
      while (lines.length === before) timers.advance(1);
      waits.push(clock.monotonicMs() - startMs);
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    expect(waits[0]).toBeLessThanOrEqual(streamLimits.retryLinkMsMin);
    expect(waits.at(-1)).toBeLessThanOrEqual(streamLimits.retryLinkMsMax);
    expect(line().of('join')).toMatchObject([{ from: 'after', position: { page, sequence: 5 } }]);
    line().open();
    line().joined(line().questions[0]!, 7, 2, 12);
    line().publish(8, 8, 12);
    turn();
    expect(reader.take()).toEqual(['live', ...messages(5, 8)]);
  });

  it('with nobody to follow it stays closed', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    reader.member.leave();
    for (let ms = 0; ms < streamLimits.lingerMs; ms += 1_000) {
      timers.advance(1_000);
      line().tell({ kind: 'alive' });
    }
    line().break();
    timers.advance(60_000);
    expect(lines).toHaveLength(1);
  });

  it('one on which nothing is heard is broken; any frame is a sign', () => {
    read();
    line().open();
    for (let n = 0; n < 10; n++) {
      timers.advance(topicLimits.linkSilentMs - 1_000);
      line().tell({ kind: 'alive' });
    }
    expect(line().closed).toBe(false);
    timers.advance(2 * topicLimits.linkSilentMs);
    expect(lines[0]!.closed).toBe(true);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('an answer that was cut off counts for nothing', () => {
    const reader = read('topic', { kind: 'earliest' });
    const [question] = line().questions;
    line().tell({
      kind: 'joined',
      question: question!,
      topic,
      page,
      lastSequence: 3,
      firstSequence: 1,
      nowMs: 0,
      count: 3,
    });
    line().publish(1, 2);
    line().break();
    expect(reader.take()).toEqual([]);
    timers.advance(streamLimits.retryLinkMsMax);
    line().joined(line().questions[0]!, 3, 3);
    expect(reader.take()).toEqual([...messages(1, 3), 'live']);
  });
});

describe('refusals', () => {
  it.each(['moved', 'behind'] as const)('%s: the state is looked at, and the question put again', (reason) => {
    const reader = read();
    line().tell({ kind: 'refused', question: line().questions[0]!, reason });
    expect(source.refreshes).toBe(1);
    expect(line().questions).toHaveLength(1);
    timers.advance(streamLimits.retryLinkMsMin * 3);
    expect(line().questions).toHaveLength(2);
    line().joined(line().questions[1]!, 4);
    expect(reader.take()).toEqual(['live']);
  });

  it('not_ready: the question is put again without asking for the state, and no sooner than it was refused again', () => {
    const reader = read();
    for (let attempt = 0; attempt < 5; attempt++) {
      line().tell({ kind: 'refused', question: line().questions[attempt]!, reason: 'not_ready' });
      expect(line().questions).toHaveLength(attempt + 1);
      timers.advance(streamLimits.retryAskMsMax);
      expect(line().questions).toHaveLength(attempt + 2);
      // Its answer takes as long as it takes.
      timers.advance(10 * streamLimits.retryAskMsMax);
      expect(line().questions).toHaveLength(attempt + 2);
    }
    line().joined(line().questions.at(-1)!, 4);
    expect(reader.take()).toEqual(['live']);
    expect(source.refreshes).toBe(0);
    timers.advance(1_000);
    expect(line().questions).toHaveLength(6);
  });

  it('a slot that is not served: one of its topics is asked for at a time, and all as soon as one is carried', () => {
    const names = inOneSlot(5);
    const readers = names.map((name) => read(name));
    for (const question of line().questions) line().tell({ kind: 'refused', question, reason: 'not_ready' });
    for (let attempt = 0; attempt < 3; attempt++) {
      timers.advance(streamLimits.retryAskMsMax);
      expect(line().questions).toHaveLength(5 + attempt + 1);
      line().tell({ kind: 'refused', question: line().questions.at(-1)!, reason: 'not_ready' });
    }
    timers.advance(streamLimits.retryAskMsMax);
    line().joined(line().questions.at(-1)!, 4, 0, 10);
    const rest = line().questions.slice(9);
    expect(rest).toHaveLength(4);
    rest.forEach((question, index) => {
      line().joined(question, 4, 0, 20 + index);
    });
    for (const reader of readers) expect(reader.take()).toEqual(['live']);
  });

  it('the topic that is asked for has no reader any more: another of its slot is asked for', () => {
    const [first, second] = inOneSlot(2);
    const leaving = read(first);
    const staying = read(second);
    for (const question of line().questions) line().tell({ kind: 'refused', question, reason: 'not_ready' });
    timers.advance(streamLimits.retryAskMsMax);
    leaving.member.leave();
    timers.advance(streamLimits.lingerMs);
    line().joined(line().questions.at(-1)!, 4);
    expect(staying.take()).toEqual(['live']);
  });

  it('ended: the topic is asked for again from where it was, and nothing of its old number counts', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    line().tell({ kind: 'ended', topic, reason: 'moved' });
    line().publish(5, 5);
    timers.advance(streamLimits.retryLinkMsMin * 3);
    expect(line().of('join').at(-1)).toMatchObject({ from: 'after', position: { page, sequence: 4 } });
    line().joined(line().questions[1]!, 6, 2, 44);
    turn();
    expect(reader.take()).toEqual(['live', ...messages(5, 6)]);
  });

  it('ended, and a reader comes before it is asked for again: the answer to that reader makes no gap for the others', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    line().tell({ kind: 'ended', topic, reason: 'moved' });
    const tail = read('topic', { kind: 'tail', count: 1 });
    timers.advance(streamLimits.retryLinkMsMin * 3);
    // What both need: the end of the log that the copy lacks, and the last message.
    expect(line().of('join')).toHaveLength(2);
    expect(line().of('join').at(-1)).toMatchObject({ from: 'earliest' });
    line().joined(line().questions[1]!, 7, 7, 44);
    turn();
    expect(reader.take()).toEqual(['live', ...messages(5, 7)]);
    expect(tail.take()).toEqual(['m7', 'live']);
  });

  it('ended while a question is under way: its answer, which would leave out what was missed, counts for nothing', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    const tail = read('topic', { kind: 'tail', count: 1 });
    line().tell({ kind: 'ended', topic, reason: 'moved' });
    line().joined(line().questions[1]!, 7, 1, 44);
    turn();
    expect([reader.take(), tail.take()]).toEqual([['live'], []]);
    timers.advance(streamLimits.retryAskMsMax);
    line().joined(line().questions[2]!, 7, 7, 44);
    turn();
    expect(reader.take()).toEqual(messages(5, 7));
    expect(tail.take()).toEqual(['m7', 'live']);
  });

  it('two questions of one topic under way: only the answer to the second counts', () => {
    const deep = read('topic', { kind: 'tail', count: 3 });
    const [home] = lines;
    // Its slot moves away and back before it is answered.
    const nodes = [testNode('a'), testNode('b')];
    source.set({ view: testView(2, nodes, () => [2, 1, [1], []]) });
    source.set({ view: testView(3, nodes, () => [3, 1, [0], []]) });
    const [first, second] = home!.questions;
    expect(second).toBeGreaterThan(first!);
    home!.joined(first!, 6, 0, 44);
    expect(deep.take()).toEqual([]);
    home!.joined(second!, 6, 6, 44);
    turn();
    expect(deep.take()).toEqual([...messages(4, 6), 'live']);
  });
});

describe('views', () => {
  const move = (number: number, ...ids: readonly string[]) =>
    source.set({
      view: testView(
        number,
        ids.map((id) => testNode(id)),
        () => [number, 1, [ids.length - 1], []],
      ),
    });

  it('a topic that moves is asked for at its new node from where it was, and left at the old one', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    const [old] = lines;
    move(2, 'a', 'b');
    expect(lines).toHaveLength(2);
    expect(old!.of('leave')).toEqual([{ kind: 'leave', topic }]);
    expect(line().of('join')).toMatchObject([{ from: 'after', position: { page, sequence: 4 } }]);
    old!.publish(5, 5);
    line().joined(line().questions[0]!, 5, 1, 8);
    turn();
    expect(reader.take()).toEqual(['live', 'm5']);
  });

  it('the link to a node that is gone is closed, and without a node for it a topic waits', () => {
    const reader = read();
    move(2);
    expect(line().closed).toBe(true);
    timers.advance(10_000);
    expect(lines).toHaveLength(1);
    move(3, 'c');
    expect(line().url).toBe('http://c.test');
    line().joined(line().questions[0]!, 1);
    expect(reader.take()).toEqual(['live']);
  });

  it('a node that is declared silent: its topics are asked for at the new primary, and it is told of it later', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    const [old] = lines;
    const silent = { ...testNode('a'), state: 'silent' as const };
    source.set({ view: testView(2, [silent, testNode('b')], () => [2, 1, [1], []]) });
    expect(old!.closed).toBe(false);
    expect(line().of('join')).toMatchObject([{ from: 'after', position: { page, sequence: 4 } }]);
    line().tell({ kind: 'refused', question: line().questions[0]!, reason: 'not_ready' });
    timers.advance(streamLimits.retryAskMsMin);
    line().joined(line().questions[1]!, 6, 2, 9);
    // What it had sent before it stood still, and what it sends when it wakes.
    old!.publish(5, 7);
    line().publish(7, 7, 9);
    turn();
    expect(reader.take()).toEqual(['live', ...messages(5, 7)]);
  });

  it('a node that is confirmed dead is left at once', () => {
    const reader = read();
    line().joined(line().questions[0]!, 4);
    const [old] = lines;
    const dead = { ...testNode('a'), state: 'dead' as const };
    source.set({ view: testView(2, [dead, testNode('b')], () => [2, 1, [1], []]) });
    expect(old!.closed).toBe(true);
    line().joined(line().questions[0]!, 5, 1, 9);
    turn();
    expect(reader.take()).toEqual(['live', 'm5']);
  });

  it('a prefix is complete without the nodes that are silent, and with those that become so', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => testNode(id)) as [FleetNode, FleetNode, FleetNode];
    const silent = (node: FleetNode): FleetNode => ({ ...node, state: 'silent' });
    source.set({ view: testView(2, [silent(a), b, c]) });
    const told: string[] = [];
    hub.watch(cache, 'x', {
      onTopic: ({ name }, known) => void told.push(`${name} ${known ? 'known' : 'new'}`),
      onReady: () => void told.push('ready'),
      onTooMany: () => {},
      onEnd: () => {},
    });
    const at = (node: FleetNode) => lines.find(({ url }) => url === node.url)!;
    at(b).tell({ kind: 'watched', watch: at(b).of('watch')[0]!.watch });
    expect(told).toEqual([]);
    source.set({ view: testView(3, [silent(a), b, silent(c)]) });
    expect(told).toEqual(['ready']);
    // It is heard again, and what it has is told as new.
    source.set({ view: testView(4, [a, b, c]) });
    at(a).tell({ kind: 'announced', topic: 1, watch: at(a).of('watch')[0]!.watch, name: 'x1', page, lastSequence: 1 });
    expect(told).toEqual(['ready', 'x1 new']);
  });

  it('close: nothing is opened or said any more', () => {
    read();
    line().open();
    hub.close();
    expect(line().closed).toBe(true);
    timers.advance(120_000);
    move(2, 'a', 'b');
    expect(lines).toHaveLength(1);
  });
});
