import { describe, expect, it } from 'vitest';
import { pagesPerDataEpoch, sequencePage } from '../../../src/shared/topics/position.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import type { Topic, TopicFollower } from '../../../src/storage-node/topics/topic.ts';
import { testRegistry, utf8 } from '../../support/fleet-state.ts';
import { numbered, slot, TestTopics, textOf } from './table.ts';

const messageBytes = (value: string) => 40 + value.length + nodeLimits.topicMessageBytes;

/** Follows a topic and keeps what it is told. */
class Follower implements TopicFollower {
  readonly told: string[] = [];

  onMessage({ name, log }: Topic): void {
    this.told.push(`${name}-${log.lastSequence}`);
  }

  onEnd({ name }: Topic): void {
    this.told.push(`${name} ended`);
  }
}

function follow(topics: TestTopics, name: string, inSlot: number = slot): Follower {
  const follower = new Follower();
  topics.table.topic(topics.address(name, inSlot), topics.nowMs)!.followers.set(follower, 1);
  return follower;
}

describe('publish', () => {
  it('numbers messages from 1 in a page, each topic by itself, and hands each to those who follow', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    const page = sequencePage(1, 0);
    expect([topics.publish('a'), topics.publish('b'), topics.publish('a')]).toEqual([
      { page, sequence: 1 },
      { page, sequence: 1 },
      { page, sequence: 2 },
    ]);
    expect(follower.told).toEqual(['a-1', 'a-2']);
    expect(topics.kept('a').map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  it('stamps the wall time and copies the value', () => {
    const topics = new TestTopics();
    const value = Buffer.from('before');
    topics.publishTo(topics.address('a'), { text: true, tokenId: 'me', value });
    value.fill('x');
    const [kept] = topics.kept('a');
    expect([textOf(kept!), kept!.tokenId, kept!.publishedMs]).toEqual(['before', 'me', topics.clock.wallMs()]);
  });
});

describe('bounds of a topic', () => {
  it.each([
    ['messages', { topic_messages_max: 3 }, ['m8', 'm9', 'm10']],
    ['bytes', { topic_log_bytes_max: 2 * messageBytes('m10') }, ['m9', 'm10']],
    ['messages, none at all', { topic_messages_max: 0 }, []],
  ])('%s: the oldest goes', (_, settings, left) => {
    const topics = new TestTopics(settings);
    topics.publishAll('a', numbered(10));
    expect(topics.kept('a').map(textOf)).toEqual(left);
    expect(topics.statistics('a')).toMatchObject({ sequence: 10, retainedMessages: left.length });
  });

  it('age: gone after its time, also when nothing is published', () => {
    const topics = new TestTopics({ topic_retention_ms: 1_000 });
    topics.publish('a', 'old');
    topics.advance(600);
    topics.publish('a', 'young');
    topics.advance(399);
    topics.maintain();
    expect(topics.kept('a').map(textOf)).toEqual(['old', 'young']);
    topics.advance(1);
    topics.maintain();
    expect(topics.kept('a').map(textOf)).toEqual(['young']);
    topics.advance(600);
    expect(topics.statistics('a')).toMatchObject({ sequence: 2, retainedMessages: 0, retainedBytes: 0 });
  });

  it('a change of settings applies to what is there, and to what comes', () => {
    const topics = new TestTopics();
    topics.publishAll('a', numbered(10));
    topics.apply({ topic_messages_max: 4 });
    topics.maintain();
    expect(topics.kept('a').map(textOf)).toEqual(numbered(4, 7));
    topics.apply({ topic_messages_max: 6 });
    topics.publishAll('a', numbered(4, 11));
    expect(topics.kept('a').map(textOf)).toEqual(numbered(6, 9));
  });
});

describe('bound of all topics', () => {
  it('the oldest of each are dropped, and every number is accounted for', () => {
    const topics = new TestTopics({}, 100_000);
    for (let n = 1; n <= 500; n++) for (const name of ['a', 'b', 'c']) topics.publish(name, `${name}${n}`);
    const { table } = topics;
    expect(table.bytes).toBeLessThanOrEqual(100_000);
    expect(table.droppedEarly).toBeGreaterThan(0);
    let kept = 0;
    for (const name of ['a', 'b', 'c']) {
      const messages = topics.kept(name);
      kept += messages.length;
      expect(messages.length).toBeGreaterThan(0);
      expect(messages.map(textOf)).toEqual(messages.map(({ sequence }) => `${name}${sequence}`));
      expect(messages.at(-1)!.sequence).toBe(500);
    }
    expect(kept + table.droppedEarly).toBe(1_500);
  });

  it('counts what it holds, and nothing is left of it once all is gone', () => {
    const topics = new TestTopics({ topic_retention_ms: 1_000 });
    for (const name of ['a', 'b/ü']) topics.publishAll(name, numbered(20));
    const retained = ['a', 'b/ü'].map((name) => topics.statistics(name).retainedBytes);
    expect(topics.table.bytes).toBe(
      retained[0]! + retained[1]! + 2 * nodeLimits.topicBytes + Buffer.byteLength('ab/ü'),
    );
    topics.advance(nodeLimits.topicIdleMs + 1_000);
    topics.maintain();
    expect([topics.table.bytes, topics.table.topics]).toEqual([0, 0]);
  });

  it('no room for another topic: null, while those that there are go on', () => {
    const topics = new TestTopics({ topic_messages_max: 0 }, 20 * nodeLimits.topicBytes);
    let created = 0;
    while (topics.publish(`t${created}`) !== null) created++;
    expect(created).toBe(20 * nodeLimits.topicHeadsShare);
    expect(topics.publish('t0')).toMatchObject({ sequence: 2 });
    expect(topics.table.topics).toBe(created);
  });

  it('a topic that is forgotten for another of its slot is an entry before the message, which waits for its own', () => {
    const topics = new TestTopics({ topic_messages_max: 0 }, 20 * nodeLimits.topicBytes);
    let created = 0;
    while (topics.publish(`t${created}`) !== null) created++;
    topics.clock.advance(nodeLimits.topicCrowdedIdleMs);
    const before = topics.sequence;
    const message = { text: true, tokenId: '', value: utf8('new') };
    expect(topics.publishUncommitted(topics.address('new'), message)).not.toBeNull();
    expect([topics.forgotten.length > 0, topics.sequence]).toEqual([true, before + topics.forgotten.length + 1]);
    topics.table.commit(slot, topics.sequence - 1);
    expect(topics.table.published).toBe(created);
    topics.table.commit(slot, topics.sequence);
    expect(topics.table.published).toBe(created + 1);
  });

  it('no room for another topic: what is kept of the others stays', () => {
    const topics = new TestTopics({}, 20 * nodeLimits.topicBytes);
    let created = 0;
    while (topics.publish(`t${created}`) !== null) created++;
    for (let n = 0; n < 100; n++) expect(topics.publish(`more${n}`)).toBeNull();
    expect(topics.table.droppedEarly).toBe(0);
    expect(topics.kept('t0')).toHaveLength(1);
  });

  it('a log that outgrows the memory among more topics than one call looks at: it gives its own oldest', () => {
    const topics = new TestTopics({}, 2 * nodeLimits.topicsPerRound * 4 * nodeLimits.topicBytes);
    for (let n = 0; n < nodeLimits.topicsPerRound * 3; n++) topics.table.topic(topics.address(`t${n}`), 0);
    for (let n = 0; n < 4_000; n++) topics.publish('t0', 'x'.repeat(2_000));
    expect(topics.table.bytes).toBeLessThanOrEqual(topics.table.bytesMax);
    expect(topics.kept('t0').at(-1)!.sequence).toBe(4_000);
  });

  it('no room: topics that nobody uses make way after a short while', () => {
    const topics = new TestTopics({ topic_messages_max: 0 }, 20 * nodeLimits.topicBytes);
    let created = 0;
    while (topics.publish(`t${created}`) !== null) created++;
    follow(topics, 't0');
    topics.advance(nodeLimits.topicCrowdedIdleMs);
    expect(topics.publish('another')).toMatchObject({ sequence: 1 });
    expect(topics.publish('t0')).toMatchObject({ sequence: 2 });
  });

  it('a message larger than all the memory is handed out, and not kept', () => {
    const topics = new TestTopics({}, 10_000);
    const follower = follow(topics, 'a');
    expect(topics.publish('a', 'x'.repeat(20_000))).toMatchObject({ sequence: 1 });
    expect(follower.told).toEqual(['a-1']);
    expect(topics.kept('a')).toEqual([]);
    expect(topics.publish('a', 'small')).toMatchObject({ sequence: 2 });
  });
});

describe('idle topics', () => {
  it('one that nobody follows and that holds nothing is forgotten, and comes back under a later page', () => {
    const topics = new TestTopics();
    const { page } = topics.publishAll('a', numbered(3));
    topics.advance(nodeLimits.topicIdleMs - 1);
    topics.maintain();
    expect(topics.names()).toEqual(['a']);
    topics.advance(1);
    topics.maintain();
    expect(topics.names()).toEqual([]);
    expect(topics.statistics('a')).toMatchObject({ page: 0, sequence: 0 });
    expect(topics.publish('a')).toEqual({ page: page + 1, sequence: 1 });
  });

  it('one that is followed stays, however long', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    const { page } = topics.publishAll('a', numbered(3));
    topics.advance(100 * nodeLimits.topicIdleMs);
    topics.maintain();
    expect(topics.publish('a')).toEqual({ page, sequence: 4 });
    expect(follower.told).toHaveLength(4);
  });

  it('one that no message was published to gives up no page', () => {
    const topics = new TestTopics();
    topics.table.topic(topics.address('a'), topics.nowMs);
    topics.advance(nodeLimits.topicIdleMs);
    topics.maintain();
    expect(topics.table.topics).toBe(0);
    expect(topics.publish('a')).toEqual({ page: sequencePage(1, 0), sequence: 1 });
  });

  it('pages of one topic only grow within a data epoch, and no position is given out twice', () => {
    const topics = new TestTopics();
    const given = new Set<string>();
    let before = 0;
    for (let life = 0; life < 20; life++) {
      const names = ['a', 'b', 'c'].slice(0, 1 + (life % 3));
      for (const name of names) {
        const { page, sequence } = topics.publish(name)!;
        expect(given.has(`${name} ${page}-${sequence}`)).toBe(false);
        given.add(`${name} ${page}-${sequence}`);
        if (name !== 'a') continue;
        expect(page).toBeGreaterThan(before);
        before = page;
      }
      topics.advance(nodeLimits.topicIdleMs);
      topics.maintain();
    }
    expect(topics.table.topics).toBe(0);
  });

  it('a slot’s pages do not run into those of its next data epoch', () => {
    const topics = new TestTopics();
    topics.publish('a');
    const [topic] = topics.table.selected(1, 'a');
    expect(topic!.log.page % pagesPerDataEpoch).toBe(0);
    topics.advance(nodeLimits.topicIdleMs);
    topics.maintain();
    topics.slots.epochs.set(slot, 2);
    topics.table.applyView();
    expect(topics.publish('a')).toEqual({ page: sequencePage(2, 0), sequence: 1 });
  });
});

describe('ends', () => {
  it('a slot that is served no longer: its topics end, and only those', () => {
    const topics = new TestTopics();
    const [here, there] = [follow(topics, 'here', 1), follow(topics, 'there', 2)];
    topics.publish('here', 'x', 1);
    topics.publish('there', 'x', 2);
    topics.slots.away.add(2);
    topics.table.applyView();
    expect([here.told, there.told]).toEqual([['here-1'], ['there-1', 'there ended']]);
    expect(topics.names()).toEqual(['here']);
  });

  it('a slot that restarted empty: its topics end, and come back under the page of the new data epoch', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    topics.publish('a');
    topics.slots.epochs.set(slot, 7);
    topics.table.applyView();
    expect(follower.told).toEqual(['a-1', 'a ended']);
    expect(topics.publish('a')).toEqual({ page: sequencePage(7, 0), sequence: 1 });
    expect(follower.told).toHaveLength(2);
  });

  it('a slot that another node leads for a while: followers are told, its copy goes on with the numbers', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    const before = topics.publishAll('a', numbered(2));
    topics.slots.away.add(slot);
    topics.table.applyView();
    expect(follower.told).toEqual(['a-1', 'a-2', 'a ended']);
    topics.slots.away.delete(slot);
    topics.table.applyView();
    expect(topics.publish('a')).toEqual({ page: before.page, sequence: 3 });
    expect(topics.kept('a').map(textOf)).toEqual(['m1', 'm2', 'value']);
  });

  it('a slot that is void: its topics and what is known of its pages are forgotten, until a copy tells of them', () => {
    const topics = new TestTopics();
    const before = topics.publishAll('a', numbered(2));
    topics.table.wipe(slot);
    expect(topics.table.topics).toBe(0);
    expect(topics.table.topic({ space: 1, slot, name: 'b' }, topics.nowMs)!.log.page).toBe(before.page);
    topics.table.wipe(slot);
    topics.table.copies.raisePages(slot, 3);
    expect(topics.table.topic({ space: 1, slot, name: 'b' }, topics.nowMs)!.log.page).toBe(before.page + 3);
  });

  it('a view that changes nothing of a slot leaves its topics', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    topics.publish('a');
    topics.table.applyView();
    expect(topics.publish('a')).toMatchObject({ sequence: 2 });
    expect(follower.told).toEqual(['a-1', 'a-2']);
  });

  it('a deleted cache: its topics end, and the space is not known any more', () => {
    const topics = new TestTopics();
    const { caches } = testRegistry(1, { cache: 1, other: 2 });
    topics.table.applyRegistry(caches);
    const follower = follow(topics, 'a');
    topics.publish('a');
    topics.table.topic({ space: 2, slot, name: 'a' }, topics.nowMs);
    topics.table.applyRegistry(caches.slice(1));
    expect(follower.told).toEqual(['a-1', 'a ended']);
    expect([topics.table.knows(1), topics.table.knows(2), topics.table.topics]).toEqual([false, true, 1]);
    expect(topics.statistics('a')).toMatchObject({ page: 0, sequence: 0 });
  });

  it('a cache deleted and made again: its topics have later pages than before', () => {
    const topics = new TestTopics();
    const before = topics.publishAll('a', numbered(20));
    topics.table.applyRegistry([]);
    topics.table.applyRegistry(testRegistry(3, { cache: 2 }).caches);
    const payload = { text: true, tokenId: '', value: new Uint8Array(0) };
    const after = topics.publishTo({ ...topics.address('a'), space: 2 }, payload);
    expect(after!.page).toBeGreaterThan(before.page);
  });

  it('a flush of the cache’s items does not touch its topics', () => {
    const topics = new TestTopics();
    const follower = follow(topics, 'a');
    topics.publish('a');
    const [record] = testRegistry(2, { cache: 1 }).caches;
    topics.table.applyRegistry([{ ...record!, namespace: 9 }]);
    expect(topics.publish('a')).toMatchObject({ sequence: 2 });
    expect(follower.told).toEqual(['a-1', 'a-2']);
  });
});

describe('statistics', () => {
  it('rates decay over a minute, as load averages do', () => {
    const topics = new TestTopics();
    for (let n = 0; n < 60; n++) topics.publish('a', '12345');
    expect(topics.statistics('a')).toMatchObject({ messagesPerSecond: 1, bytesPerSecond: 5 });
    topics.advance(60_000);
    expect(topics.statistics('a').messagesPerSecond).toBeCloseTo(Math.exp(-1), 9);
    expect(topics.statistics('a').bytesPerSecond).toBeCloseTo(5 * Math.exp(-1), 9);
    topics.advance(600_000);
    expect(topics.statistics('a').messagesPerSecond).toBeLessThan(0.001);
  });

  it('a steady rate is told as it is', () => {
    const topics = new TestTopics();
    for (let n = 0; n < 3_000; n++) {
      topics.publish('a', '1234');
      topics.advance(100);
    }
    const { messagesPerSecond, bytesPerSecond } = topics.statistics('a');
    expect(messagesPerSecond).toBeGreaterThan(9.8);
    expect(messagesPerSecond).toBeLessThan(10.1);
    expect(bytesPerSecond / messagesPerSecond).toBeCloseTo(4, 9);
  });

  it('subscribers are summed over gateways', () => {
    const topics = new TestTopics();
    const topic = topics.table.topic(topics.address('a'), topics.nowMs)!;
    topic.followers.set(new Follower(), 3);
    topic.followers.set(new Follower(), 4);
    expect(topics.statistics('a').subscribers).toBe(7);
  });

  it('list: by the bytes of names, from after one, page by page, each once', () => {
    const topics = new TestTopics();
    for (const name of ['b', 'a/10', 'a/2', 'a', 'c', 'a/é']) topics.publish(name);
    const binary = (name: string) => Buffer.from(name).toString('latin1');
    expect(topics.names()).toEqual(['a', 'a/10', 'a/2', binary('a/é'), 'b', 'c']);
    expect(topics.names('a/', 'a/10')).toEqual(['a/2', binary('a/é')]);
    const seen: string[] = [];
    for (let after = ''; seen.length < 6; after = seen.at(-1)!) {
      const page = topics.names('', after, 2);
      expect(page).toHaveLength(2);
      seen.push(...page);
    }
    expect(new Set(seen).size).toBe(6);
    expect([topics.names('', 'c'), topics.names('none'), topics.names('', '', 0)]).toEqual([[], [], []]);
    expect(topics.table.list(9, '', '', 10, topics.nowMs)).toEqual([]);
  });

  it('watchers hear of topics as they come into being, until they stop', () => {
    const topics = new TestTopics();
    const heard: string[] = [];
    const watcher = { onTopic: ({ name }: Topic) => void heard.push(name) };
    topics.publish('before');
    topics.table.watch(1, watcher);
    topics.publishAll('a', numbered(2));
    topics.table.unwatch(1, watcher);
    topics.publish('after');
    topics.table.watch(9, watcher);
    expect(heard).toEqual(['a']);
  });

  it('maintenance: looks at a bounded number of topics a round, and at all in turn', () => {
    const topics = new TestTopics({ topic_retention_ms: 1_000 });
    const count = nodeLimits.topicsPerRound + 100;
    for (let n = 0; n < count; n++) topics.publish(`t${n}`);
    topics.advance(1_000);
    topics.table.maintain(topics.nowMs);
    const emptied = () => Array.from({ length: count }, (_, n) => topics.kept(`t${n}`).length).filter((n) => n === 0);
    expect(emptied()).toHaveLength(nodeLimits.topicsPerRound);
    topics.table.maintain(topics.nowMs);
    expect(emptied()).toHaveLength(count);
  });
});
