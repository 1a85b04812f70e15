import { describe, expect, it } from 'vitest';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import type { Start } from '../../src/topics-sse/start.ts';
import { FakeTopic, messages, page } from './fake-topic.ts';

const afterMessage = (sequence: number, ofPage: number | null = page): Start => ({
  kind: 'after',
  page: ofPage,
  sequence,
});
const filled = (count: number) => {
  const topic = new FakeTopic();
  topic.keep(...messages(1, count));
  return topic;
};

describe('beginning', () => {
  it.each([
    ['latest', { kind: 'latest' }, []],
    ['earliest', { kind: 'earliest' }, messages(3, 9)],
    ['the last three', { kind: 'tail', count: 3 }, messages(7, 9)],
    ['more than there are', { kind: 'tail', count: 300 }, messages(3, 9)],
    ['after one that is kept', afterMessage(7), messages(8, 9)],
    ['after the last', afterMessage(9), []],
    ['after the one before the first', afterMessage(2), messages(3, 9)],
    ['after one that is gone', afterMessage(1), [`gap 1>3 of page ${page}`, ...messages(3, 9)]],
    ['after one of the future', afterMessage(10), [`gap 10>3 of page ${page}`, ...messages(3, 9)]],
    ['after one of another page', afterMessage(8, 6), [`gap 8>3 of page ${page}`, ...messages(3, 9)]],
    ['after a number of whatever page', afterMessage(7, null), messages(8, 9)],
    ['nobody knows where', { kind: 'unknown' }, [`gap 0>3 of page ${page}`, ...messages(3, 9)]],
    ['latest, of this page', { kind: 'latest', page }, []],
    ['latest, of another page', { kind: 'latest', page: 6 }, [`gap 0>10 of page ${page}`]],
    ['latest, and some were missed', { kind: 'latest', missed: true }, [`gap 0>10 of page ${page}`]],
  ] as const)('%s: what there is, then live', (_, start, told) => {
    const topic = filled(9);
    topic.dropBefore(3);
    const reader = topic.liveReader(start);
    expect(reader.take()).toEqual([...told, 'live']);
    topic.publishMany(2);
    topic.host.turn();
    expect(reader.take()).toEqual(messages(10, 11));
    expect(topic.host.asked).toHaveLength(1);
  });

  it('in an empty topic everybody is live at once, and an unknown position is not called caught up', () => {
    const topic = new FakeTopic();
    expect(topic.liveReader({ kind: 'earliest' }).take()).toEqual(['live']);
    expect(topic.liveReader({ kind: 'latest', missed: true }).take()).toEqual([`gap 0>1 of page ${page}`, 'live']);
    expect(topic.liveReader({ kind: 'unknown' }).take()).toEqual([`gap 0>1 of page ${page}`, 'live']);
  });

  it('messages between the answer and live ones: none twice, none left out', () => {
    const topic = filled(3);
    const reader = topic.reader(afterMessage(1));
    const answer = topic.answerTo(topic.channel.asked!);
    topic.channel.onJoined(answer);
    topic.publishMany(2);
    expect(reader.take()).toEqual([...messages(2, 3), 'live']);
    topic.host.turn();
    expect(reader.take()).toEqual(messages(4, 5));
  });
});

describe('questions', () => {
  it('one at a time: whoever comes meanwhile waits for one more, as deep as the deepest of them', () => {
    const topic = filled(9);
    const first = topic.reader({ kind: 'latest' });
    const others = [afterMessage(6), afterMessage(4), afterMessage(8)].map((start) => topic.reader(start));
    expect(topic.host.asked).toEqual([{ kind: 'latest' }]);
    topic.answer();
    expect(first.take()).toEqual(['live']);
    expect(topic.host.asked).toEqual([{ kind: 'latest' }, afterMessage(4)]);
    topic.answer();
    expect(others.map((reader) => reader.take())).toEqual([
      [...messages(7, 9), 'live'],
      [...messages(5, 9), 'live'],
      ['m9', 'live'],
    ]);
    expect(topic.host.asked).toHaveLength(2);
  });

  it('a position that the copy holds is at hand: no question', () => {
    const topic = filled(3);
    topic.liveReader();
    topic.publishMany(4);
    topic.host.turn();
    const reader = topic.reader(afterMessage(5));
    expect(reader.take()).toEqual([...messages(6, 7), 'live']);
    expect(topic.reader(afterMessage(3)).take()).toEqual([...messages(4, 7), 'live']);
    expect(topic.host.asked).toHaveLength(1);
  });

  it('one that is at hand sees what is pending once', () => {
    const topic = new FakeTopic();
    const live = topic.liveReader();
    live.take();
    topic.publishMany(3);
    const joining = topic.reader(afterMessage(1));
    expect(joining.take()).toEqual([...messages(2, 3), 'live']);
    topic.host.turn();
    expect(joining.take()).toEqual([]);
    expect(live.take()).toEqual(messages(1, 3));
  });

  it('a position before the copy needs a deeper question, whose answer goes before what there is', () => {
    const topic = filled(6);
    const live = topic.liveReader();
    topic.publishMany(2);
    topic.host.turn();
    live.take();
    const reader = topic.reader(afterMessage(2));
    expect(topic.host.asked.at(-1)).toEqual(afterMessage(2));
    expect(reader.take()).toEqual([]);
    topic.publishMany(1);
    topic.answer();
    expect(reader.take()).toEqual([...messages(3, 9), 'live']);
    expect(live.take()).toEqual(['m9']);
  });

  it('once the copy holds all that the node keeps, older positions are gaps without a question', () => {
    const topic = filled(9);
    topic.dropBefore(4);
    topic.liveReader({ kind: 'earliest' });
    expect(topic.reader(afterMessage(1)).take()).toEqual([`gap 1>4 of page ${page}`, ...messages(4, 9), 'live']);
    expect(topic.host.asked).toHaveLength(1);
  });

  it('one who left meanwhile is told nothing', () => {
    const topic = filled(3);
    const reader = topic.reader({ kind: 'earliest' });
    reader.member.leave();
    topic.answer();
    topic.publishMany(1);
    topic.host.turn();
    expect([reader.take(), topic.channel.size]).toEqual([[], 0]);
  });
});

describe('gaps', () => {
  it('by numbers: what is missing is told to all that are live, then what came', () => {
    const topic = new FakeTopic();
    const readers = [topic.liveReader(), topic.liveReader()];
    topic.publishMany(2);
    topic.keep('lost', 'lost');
    topic.publishMany(1);
    topic.host.turn();
    for (const reader of readers)
      expect(reader.take()).toEqual(['live', ...messages(1, 2), `gap 2>5 of page ${page}`, 'm5', 'live']);
  });

  it('a position frame tells of a gap at the end of what came', () => {
    const topic = new FakeTopic();
    const reader = topic.liveReader();
    topic.publishMany(2);
    topic.channel.onPosition(page, 6);
    topic.host.turn();
    expect(reader.take()).toEqual(['live', ...messages(1, 2), `gap 2>7 of page ${page}`, 'live']);
    topic.channel.onPosition(page, 6);
    topic.channel.onPosition(page, 5);
    expect(reader.take()).toEqual([]);
  });

  it('a page that begins anew is told, although its numbers are those of before', () => {
    const topic = new FakeTopic();
    const reader = topic.liveReader();
    topic.publishMany(2);
    topic.restart(page + 1);
    topic.publishMany(3);
    topic.host.turn();
    expect(reader.take()).toEqual([
      'live',
      ...messages(1, 2),
      `gap 2>1 of page ${page + 1}`,
      'm1',
      'live',
      ...messages(2, 3),
    ]);
  });

  it('a message that came already is passed over', () => {
    const topic = new FakeTopic();
    const reader = topic.liveReader();
    topic.publishMany(3);
    topic.channel.onMessage(topic.message(2));
    topic.channel.onMessage(topic.message(3));
    topic.host.turn();
    expect(reader.take()).toEqual(['live', ...messages(1, 3)]);
  });

  it('one that is behind hears of a gap once, when it goes on', () => {
    const topic = new FakeTopic();
    const reader = topic.liveReader();
    reader.room = false;
    topic.publishMany(2);
    topic.host.turn();
    topic.keep('lost');
    topic.publishMany(2);
    topic.host.turn();
    reader.room = true;
    reader.member.resume();
    expect(reader.take()).toEqual(['live', `gap 0>4 of page ${page}`, ...messages(4, 5), 'live']);
  });
});

describe('a link that was lost', () => {
  it('is asked for what came since, and nobody notices when the node has it', () => {
    const topic = filled(2);
    const reader = topic.liveReader({ kind: 'earliest' });
    topic.keep('m3', 'm4');
    topic.channel.rejoin();
    expect(topic.host.asked.at(-1)).toEqual(afterMessage(2));
    topic.answer();
    topic.publishMany(1);
    topic.host.turn();
    expect(reader.take()).toEqual([...messages(1, 2), 'live', ...messages(3, 5)]);
  });

  it('what the node has dropped by then is a gap', () => {
    const topic = filled(2);
    const reader = topic.liveReader({ kind: 'earliest' });
    topic.keep(...messages(3, 9));
    topic.dropBefore(6);
    topic.channel.rejoin();
    topic.answer();
    expect(reader.take()).toEqual([...messages(1, 2), 'live', `gap 2>6 of page ${page}`, ...messages(6, 9), 'live']);
  });

  it('another page is a gap, with all that it has', () => {
    const topic = filled(5);
    const reader = topic.liveReader();
    topic.restart(page + 3);
    topic.keep('m1', 'm2');
    topic.channel.rejoin();
    topic.answer();
    expect(reader.take()).toEqual(['live', `gap 5>1 of page ${page + 3}`, ...messages(1, 2), 'live']);
  });

  it('questions that were open are asked again, as one', () => {
    const topic = filled(9);
    const first = topic.reader(afterMessage(6));
    const second = topic.reader({ kind: 'tail', count: 2 });
    topic.channel.rejoin();
    expect(topic.host.asked).toEqual([afterMessage(6), { kind: 'earliest' }]);
    topic.answer();
    expect(first.take()).toEqual([...messages(7, 9), 'live']);
    expect(second.take()).toEqual([...messages(8, 9), 'live']);
    expect(topic.channel.asked).toBeNull();
  });

  it('one who asks while it is broken is answered with the others', () => {
    const topic = filled(3);
    const live = topic.liveReader();
    const joining = topic.reader({ kind: 'earliest' });
    topic.keep('m4');
    topic.channel.rejoin();
    topic.answer();
    expect(live.take()).toEqual(['live', 'm4']);
    expect(joining.take()).toEqual([...messages(1, 4), 'live']);
  });

  it('with nothing asked and nothing known there is nothing to ask', () => {
    const topic = new FakeTopic();
    topic.channel.rejoin();
    expect(topic.host.asked).toEqual([]);
  });
});

describe('a reader that has no room', () => {
  it('stays behind while the others go on, and catches up in order once it has', () => {
    const topic = new FakeTopic();
    const [slow, quick] = [topic.liveReader(), topic.liveReader()];
    slow.room = false;
    for (let n = 0; n < 5; n++) {
      topic.publishMany(2);
      topic.host.turn();
    }
    expect([slow.take(), quick.take()]).toEqual([['live'], ['live', ...messages(1, 10)]]);
    expect(slow.member.live).toBe(false);
    expect(slow.member.position).toEqual({ page, sequence: 0 });
    slow.room = true;
    slow.member.resume();
    expect(slow.take()).toEqual([...messages(1, 10), 'live']);
    topic.publishMany(1);
    topic.host.turn();
    expect([slow.take(), quick.take()]).toEqual([['m11'], ['m11']]);
  });

  it('catches up in pieces, and stops between them when it has no more room', () => {
    const topic = new FakeTopic();
    const reader = topic.liveReader();
    reader.room = false;
    const text = 'x'.repeat(streamLimits.pieceBytes / 2);
    topic.publish(text, text, text, text, text);
    topic.host.turn();
    const { onMessages } = reader;
    reader.onMessages = (member, batch) => {
      onMessages.call(reader, member, batch);
      reader.room = false;
    };
    reader.room = true;
    reader.member.resume();
    expect(reader.take()).toEqual(['live', ...messages(1, 2)]);
    expect(reader.member.position).toEqual({ page, sequence: 2 });
    for (const told of [messages(3, 4), ['m5'], ['live']]) {
      reader.room = true;
      reader.member.resume();
      expect(reader.take()).toEqual(told);
    }
    expect(reader.batches).toEqual([2, 2, 1]);
  });

  it('what the copy has dropped by then it is told of', () => {
    const topic = new FakeTopic(undefined, 'topic', { topic_messages_max: 5 });
    const reader = topic.liveReader();
    reader.room = false;
    topic.publishMany(20);
    topic.dropBefore(16);
    topic.host.turn();
    reader.room = true;
    reader.member.resume();
    while (topic.channel.asked !== null) topic.answer();
    expect(reader.take()).toEqual(['live', `gap 0>16 of page ${page}`, ...messages(16, 20), 'live']);
  });

  it('one that gets no room while it waits for an answer goes on when it has both', () => {
    const topic = filled(3);
    const reader = topic.reader({ kind: 'earliest' });
    reader.room = false;
    topic.answer();
    reader.member.resume();
    expect(reader.take()).toEqual([]);
    reader.room = true;
    reader.member.resume();
    expect(reader.take()).toEqual([...messages(1, 3), 'live']);
  });
});

describe('the copy', () => {
  it('keeps what the settings say, and counts its bytes', () => {
    const topic = new FakeTopic(undefined, 'topic', { topic_messages_max: 5, topic_retention_ms: 1_000 });
    topic.liveReader();
    topic.publishMany(20);
    const { host } = topic;
    expect(host.mirrorBytes).toBe(5 * (3 * 'm16'.length + streamLimits.mirrorMessageBytes));
    topic.dropBefore(21);
    host.clock.advance(1_000);
    expect(topic.reader(afterMessage(15)).take()).toEqual([`gap 15>21 of page ${page}`, 'live']);
    expect(host.mirrorBytes).toBe(0);
    topic.publishMany(3);
    topic.channel.forget();
    expect(host.mirrorBytes).toBe(0);
  });

  it('messages of an answer age from when they were published', () => {
    const topic = new FakeTopic(undefined, 'topic', { topic_retention_ms: 1_000 });
    topic.keep('m1');
    const old = topic.answerTo({ kind: 'earliest' });
    topic.host.clock.advance(600);
    topic.keep('m2');
    const young = topic.message(2);
    const live = topic.reader({ kind: 'earliest' });
    topic.channel.onJoined({
      ...old,
      lastSequence: 2,
      nowMs: topic.host.clock.wallMs(),
      messages: [...old.messages, young],
    });
    topic.host.clock.advance(399);
    expect(live.take()).toEqual([...messages(1, 2), 'live']);
    expect(topic.reader(afterMessage(0)).take()).toEqual([...messages(1, 2), 'live']);
    topic.host.clock.advance(1);
    expect(topic.reader(afterMessage(0)).take()).toEqual([`gap 0>2 of page ${page}`, 'm2', 'live']);
  });

  it('shed: the older half goes, live ones notice nothing, and what is needed of it again is asked for', () => {
    const topic = new FakeTopic();
    const [live, slow] = [topic.liveReader(), topic.liveReader()];
    slow.room = false;
    topic.publishMany(8);
    topic.host.turn();
    const before = topic.host.mirrorBytes;
    expect(topic.channel.shed()).toBe(true);
    expect(topic.host.mirrorBytes).toBe(before / 2);
    slow.room = true;
    slow.member.resume();
    expect(topic.host.asked.at(-1)).toEqual(afterMessage(0));
    topic.answer();
    expect(slow.take()).toEqual(['live', ...messages(1, 8), 'live']);
    expect(live.take()).toEqual(['live', ...messages(1, 8)]);
    while (topic.channel.shed());
    expect(topic.host.mirrorBytes).toBe(0);
    expect(topic.channel.shed()).toBe(false);
  });

  it('shed: hands out first what nobody has got', () => {
    const topic = new FakeTopic();
    const live = topic.liveReader();
    topic.publishMany(4);
    topic.channel.shed();
    topic.host.turn();
    expect(live.take()).toEqual(['live', ...messages(1, 4)]);
  });

  it('shed again and again: one who is behind asks once, then is told of the gap and goes on', () => {
    const topic = new FakeTopic();
    topic.liveReader();
    const slow = topic.liveReader();
    slow.room = false;
    topic.publishMany(8);
    topic.host.turn();
    topic.channel.shed();
    slow.room = true;
    slow.member.resume();
    slow.room = false;
    topic.answer();
    topic.channel.shed();
    slow.room = true;
    slow.member.resume();
    expect(slow.take()).toEqual(['live', `gap 0>5 of page ${page}`, ...messages(5, 8), 'live']);
    expect(topic.host.asked).toEqual([{ kind: 'latest' }, afterMessage(0), afterMessage(0)]);
  });
});

describe('the end', () => {
  it('all members are told, live, behind and waiting, and can still tell where they were', () => {
    const topic = filled(3);
    const live = topic.liveReader();
    const slow = topic.liveReader();
    slow.room = false;
    topic.publishMany(1);
    topic.host.turn();
    const waiting = topic.reader({ kind: 'earliest' });
    const positions: unknown[] = [];
    for (const reader of [live, slow, waiting])
      reader.onEnd = (...[member]: unknown[]) => {
        positions.push((member as typeof reader.member).position);
      };
    topic.channel.end();
    expect(positions).toEqual([
      { page, sequence: 4 },
      { page, sequence: 3 },
      { page: 0, sequence: 0 },
    ]);
    expect([topic.channel.size, topic.host.mirrorBytes, topic.channel.asked]).toEqual([0, 0, null]);
  });
});
