import { describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/shared/frame/layout.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import { encodeSubscribe } from '../../../src/shared/topics/link-frames.ts';
import { sequencePage } from '../../../src/shared/topics/position.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { TestLink, turns } from './gateway-end.ts';
import { hash, numbered, slot, TestTopics, textOf } from './table.ts';

const page = sequencePage(1, 0);
/** Room for all that these tests keep. */
const roomy = { topic_log_bytes_max: 64 * 1024 * 1024 };
const megabyte = 'x'.repeat(1024 * 1024);
/** Messages of a megabyte that fill a link, and some that it has no room for. */
const overflow = 20;

describe('join', () => {
  it.each([
    ['latest', 'latest', { page: 0, sequence: 0 }, []],
    ['earliest', 'earliest', { page: 0, sequence: 0 }, [3, 4, 5]],
    ['tail', 'tail', { page: 0, sequence: 2 }, [4, 5]],
    ['tail of more than there is', 'tail', { page: 0, sequence: 100 }, [3, 4, 5]],
    ['tail of none', 'tail', { page: 0, sequence: 0 }, []],
    ['after one that is kept', 'after', { page, sequence: 4 }, [5]],
    ['after the newest', 'after', { page, sequence: 5 }, []],
    ['after one before the first that is kept', 'after', { page, sequence: 2 }, [3, 4, 5]],
    ['after one that is gone', 'after', { page, sequence: 1 }, [3, 4, 5]],
    ['after one of the future', 'after', { page, sequence: 6 }, [3, 4, 5]],
    ['after one of another page', 'after', { page: page + 1, sequence: 4 }, [3, 4, 5]],
  ] as const)('%s: answers with what is wanted, then with each as it comes', async (_, from, position, answered) => {
    const topics = new TestTopics({ topic_messages_max: 3 });
    topics.publishAll('a', numbered(5));
    const link = new TestLink(topics);
    const question = link.join('a', from, position);
    await turns();
    const { number } = [...topics.table.selected(1, 'a')][0]!;
    expect(link.taken.frames[0]).toEqual({
      kind: 'joined',
      question,
      topic: number,
      page,
      lastSequence: 5,
      firstSequence: 3,
      nowMs: topics.clock.wallMs(),
      count: answered.length,
    });
    expect(link.taken.sequences).toEqual(answered);
    topics.publishAll('a', numbered(2, 6));
    await turns();
    expect(link.taken.sequences).toEqual([...answered, 6, 7]);
    expect(link.taken.messages.every(({ topic }) => topic === number)).toBe(true);
  });

  it('a topic that there is not comes into being, and a message published in the same turn is live', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    link.join('new', 'earliest');
    topics.publish('new');
    await turns();
    expect(link.taken.frames.map(({ kind }) => kind)).toEqual(['joined', 'message']);
    expect(link.taken.of('joined')[0]).toMatchObject({ page, lastSequence: 0, firstSequence: 1, count: 0 });
  });

  it('answer and live messages leave in one write for all of a turn', async () => {
    const topics = new TestTopics();
    topics.publishAll('a', numbered(50));
    const link = new TestLink(topics);
    link.join('a', 'earliest');
    topics.publishAll('a', numbered(50, 51));
    await turns();
    expect(link.taken.sequences).toHaveLength(100);
    expect(link.output.writes).toBe(1);
  });

  it('what has gone past its time is no part of an answer', async () => {
    const topics = new TestTopics({ topic_retention_ms: 1_000 });
    topics.publishAll('a', numbered(3));
    topics.advance(1_000);
    const link = new TestLink(topics);
    link.join('a', 'earliest');
    await turns();
    expect(link.taken.frames).toMatchObject([{ kind: 'joined', lastSequence: 3, firstSequence: 4, count: 0 }]);
  });

  it('asked a second time: answered anew, and each message still comes once', async () => {
    const topics = new TestTopics();
    topics.publishAll('a', numbered(3));
    const link = new TestLink(topics);
    link.join('a', 'latest');
    link.join('a', 'after', { page, sequence: 1 });
    await turns();
    expect(link.taken.sequences).toEqual([2, 3]);
    topics.publish('a');
    await turns();
    expect(link.taken.sequences).toEqual([2, 3, 4]);
  });

  it('keeps an otherwise idle topic alive', () => {
    const topics = new TestTopics();
    topics.publish('a');
    const link = new TestLink(topics);
    topics.advance(nodeLimits.topicIdleMs);
    link.join('a');
    topics.maintain();
    expect(topics.table.topics).toBe(1);
  });
});

describe('refusals', () => {
  it('moved: a slot that is not served here', async () => {
    const topics = new TestTopics();
    topics.slots.away.add(slot);
    const link = new TestLink(topics);
    const question = link.join('a');
    await turns();
    expect(link.taken.frames).toEqual([{ kind: 'refused', question, reason: 'moved' }]);
    expect([topics.table.topics, link.behind]).toEqual([0, 0]);
  });

  it('behind: a cache that is not known here, of a topic as of a prefix; the node is told', async () => {
    const link = new TestLink(new TestTopics());
    link.say(
      { kind: 'join', question: 1, space: 9, hash, name: 'a', from: 'latest', position: { page: 0, sequence: 0 } },
      { kind: 'watch', watch: 2, space: 9, prefix: '' },
    );
    await turns();
    expect(link.taken.frames).toEqual([
      { kind: 'refused', question: 1, reason: 'behind' },
      { kind: 'refused', question: 2, reason: 'behind' },
    ]);
    expect(link.behind).toBe(2);
  });

  it('full: no room for another topic, while one that there is can be joined', async () => {
    const topics = new TestTopics({ topic_messages_max: 0 }, 10 * nodeLimits.topicBytes);
    let created = 0;
    while (topics.publish(`t${created}`) !== null) created++;
    const link = new TestLink(topics);
    const refused = link.join('another');
    link.join('t0');
    await turns();
    expect(link.taken.frames).toMatchObject([
      { kind: 'refused', question: refused, reason: 'full' },
      { kind: 'joined', lastSequence: 1 },
    ]);
  });

  it('ended: a topic that goes while it is followed; nothing of it comes after', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    link.join('a');
    topics.publish('a');
    const { number } = [...topics.table.selected(1, 'a')][0]!;
    topics.slots.epochs.set(slot, 2);
    topics.table.applyView();
    topics.publish('a');
    await turns();
    expect(link.taken.frames.map(({ kind }) => kind)).toEqual(['joined', 'message', 'ended']);
    expect(link.taken.of('ended')).toEqual([{ kind: 'ended', topic: number, reason: 'moved' }]);
    link.join('a', 'after', { page, sequence: 1 });
    await turns();
    expect(link.taken.of('joined')[1]).toMatchObject({ page: sequencePage(2, 0), lastSequence: 1, count: 1 });
  });
});

describe('leave and count', () => {
  it('leave: nothing more of that topic, everything of the others', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    link.join('a');
    link.join('b');
    await turns();
    const [a] = link.taken.of('joined');
    link.say({ kind: 'leave', topic: a!.topic });
    topics.publish('a');
    topics.publish('b');
    await turns();
    expect(link.taken.messages).toHaveLength(1);
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(0);
    link.say({ kind: 'leave', topic: a!.topic }, { kind: 'leave', topic: 12_345 });
  });

  it('count: is summed over links, follows changes, and ends with leaving or closing', async () => {
    const topics = new TestTopics();
    const [one, other] = [new TestLink(topics), new TestLink(topics)];
    one.join('a');
    other.join('a');
    await turns();
    const { topic } = one.taken.of('joined')[0]!;
    one.say({ kind: 'count', topic, subscribers: 3 });
    other.say({ kind: 'count', topic, subscribers: 4 });
    expect(topics.statistics('a').subscribers).toBe(7);
    one.say({ kind: 'count', topic, subscribers: 1 });
    expect(topics.statistics('a').subscribers).toBe(5);
    one.say({ kind: 'leave', topic });
    expect(topics.statistics('a').subscribers).toBe(4);
    one.say({ kind: 'count', topic, subscribers: 100 }, { kind: 'count', topic: 999, subscribers: 1 });
    expect(topics.statistics('a').subscribers).toBe(4);
    other.link.close();
    expect(topics.statistics('a').subscribers).toBe(0);
  });
});

describe('a gateway that does not read', () => {
  it('is not waited for: what it misses stays in the log and goes out when there is room, in order', async () => {
    const topics = new TestTopics(roomy, 64 * 1024 * 1024);
    const [slow, quick] = [new TestLink(topics), new TestLink(topics)];
    slow.join('a');
    quick.join('a');
    await turns();
    slow.output.stopReading();
    for (let n = 0; n < overflow; n++) {
      topics.publish('a', megabyte);
      await turns();
    }
    expect(quick.taken.sequences).toHaveLength(overflow);
    expect(slow.output.writableLength).toBeLessThan(nodeLimits.topicLinkUnreadBytesMax + 2 * megabyte.length);
    slow.output.read();
    await turns(200);
    expect(slow.taken.sequences).toEqual(Array.from({ length: overflow }, (_, index) => index + 1));
    topics.publish('a', 'live again');
    await turns();
    expect(textOf(slow.taken.messages.at(-1)!)).toBe('live again');
  });

  it('all that is published in one turn is bounded too', async () => {
    const topics = new TestTopics(roomy, 64 * 1024 * 1024);
    const link = new TestLink(topics);
    link.join('a');
    await turns();
    link.output.stopReading();
    for (let n = 0; n < overflow; n++) topics.publish('a', megabyte);
    await turns();
    expect(link.output.writableLength).toBeLessThan(nodeLimits.topicLinkUnreadBytesMax + 2 * megabyte.length);
    link.output.read();
    await turns(200);
    expect(link.taken.sequences).toEqual(Array.from({ length: overflow }, (_, index) => index + 1));
  });

  it('what the log has dropped by then shows by the numbers', async () => {
    const topics = new TestTopics({ ...roomy, topic_messages_max: 5 }, 64 * 1024 * 1024);
    const link = new TestLink(topics);
    link.join('a');
    await turns();
    link.output.stopReading();
    for (let n = 0; n < 2 * overflow; n++) {
      topics.publish('a', megabyte);
      await turns(2);
    }
    link.output.read();
    await turns(200);
    const { sequences } = link.taken;
    expect(sequences.slice(-5)).toEqual([36, 37, 38, 39, 40]);
    expect(sequences.length).toBeLessThan(2 * overflow);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    expect(new Set(sequences).size).toBe(sequences.length);
  });

  it('when the log was emptied meanwhile it is told the position', async () => {
    const topics = new TestTopics(roomy, 64 * 1024 * 1024);
    const link = new TestLink(topics);
    link.join('a');
    await turns();
    link.output.stopReading();
    for (let n = 0; n < overflow; n++) {
      topics.publish('a', megabyte);
      await turns(2);
    }
    topics.apply({ topic_messages_max: 0 });
    topics.maintain();
    link.output.read();
    await turns(200);
    const { topic } = link.taken.of('joined')[0]!;
    expect(link.taken.sequences.length).toBeLessThan(overflow);
    expect(link.taken.frames.at(-1)).toEqual({ kind: 'position', topic, page, lastSequence: overflow });
  });

  it('a join while it is behind is answered with all that it has not got', async () => {
    const topics = new TestTopics(roomy, 64 * 1024 * 1024);
    const link = new TestLink(topics);
    link.join('a');
    await turns();
    link.output.stopReading();
    for (let n = 0; n < overflow; n++) {
      topics.publish('a', megabyte);
      await turns(2);
    }
    link.join('a', 'latest');
    link.output.read();
    await turns(200);
    expect(link.taken.sequences).toEqual(Array.from({ length: overflow }, (_, index) => index + 1));
    const answer = link.taken.of('joined')[1]!;
    expect(answer.count).toBeGreaterThan(0);
    const at = link.taken.frames.indexOf(answer);
    expect(link.taken.frames.slice(at + 1, at + 1 + answer.count).every(({ kind }) => kind === 'message')).toBe(true);
  });

  it('leaving a topic that it is behind with, it gets no more of it', async () => {
    const topics = new TestTopics(roomy, 64 * 1024 * 1024);
    const link = new TestLink(topics);
    link.join('a');
    await turns();
    link.output.stopReading();
    for (let n = 0; n < overflow; n++) {
      topics.publish('a', megabyte);
      await turns(2);
    }
    link.say({ kind: 'leave', topic: link.taken.of('joined')[0]!.topic });
    link.output.read();
    await turns(200);
    expect(link.taken.sequences.length).toBeLessThan(overflow);
    expect(link.taken.of('position')).toEqual([]);
  });
});

describe('watch', () => {
  it('announces what there is and says so, then each topic as it comes into being', async () => {
    const topics = new TestTopics();
    topics.publishAll('chat/a', numbered(3));
    topics.publish('other');
    const link = new TestLink(topics);
    link.watch(7, 'chat/');
    topics.publish('chat/ü');
    topics.publish('other/2');
    await turns();
    const numbers = [...topics.table.selected(1, 'chat/')].map(({ number }) => number);
    expect(link.taken.frames).toEqual([
      { kind: 'announced', watch: 7, topic: numbers[0], name: 'chat/a', page, lastSequence: 3 },
      { kind: 'watched', watch: 7 },
      {
        kind: 'announced',
        watch: 7,
        topic: numbers[1],
        name: topics.address('chat/ü').name,
        page,
        lastSequence: 0,
      },
    ]);
  });

  it('unwatch: no more announcements; closing ends them too', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    link.watch(1, 'a');
    link.watch(2, 'b');
    link.say({ kind: 'unwatch', watch: 1 }, { kind: 'unwatch', watch: 99 });
    topics.publish('a1');
    topics.publish('b1');
    await turns();
    expect(link.taken.of('announced').map(({ name }) => name)).toEqual(['b1']);
    link.link.close();
    topics.publish('b2');
    await turns();
    expect(link.taken.of('announced')).toHaveLength(1);
  });

  it('full: a prefix that selects more than one may follow is refused, and not watched', async () => {
    const topics = new TestTopics();
    for (let n = 0; n <= topicLimits.watchedTopicsMax; n++) topics.publish(`t${n}`);
    const link = new TestLink(topics);
    link.watch(3, 't');
    link.watch(4, 't1');
    topics.publish('t-new');
    await turns();
    expect(link.taken.of('refused')).toEqual([{ kind: 'refused', question: 3, reason: 'full' }]);
    expect(link.taken.of('announced').every(({ watch }) => watch === 4)).toBe(true);
    expect(link.taken.of('watched')).toEqual([{ kind: 'watched', watch: 4 }]);
  });
});

describe('broken frames', () => {
  it('are refused, and what was said before them holds', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    const join = encodeSubscribe({ kind: 'leave', topic: 1 });
    join[8] = 99;
    link.join('a');
    expect(() => link.link.push(join)).toThrow(FrameError);
    const other = new TestLink(topics);
    other.join('a');
    expect(() => new TestLink(topics).link.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toThrow(FrameError);
    link.link.close();
    topics.publish('a');
    await turns();
    expect(other.taken.sequences).toEqual([1]);
    expect([...topics.table.selected(1, 'a')][0]!.followers.size).toBe(1);
  });

  it('closed: nothing is written any more', async () => {
    const topics = new TestTopics();
    const link = new TestLink(topics);
    link.join('a');
    link.link.close();
    topics.publish('a');
    link.link.alive();
    await turns();
    expect(link.output.writes).toBe(0);
  });
});
