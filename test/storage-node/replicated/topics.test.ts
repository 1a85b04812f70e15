import { beforeEach, describe, expect, it } from 'vitest';
import { topicPositionOf, topicReportsOf } from '../../../src/shared/frame/topic-results.ts';
import type { Operation } from '../../../src/shared/operation.ts';
import { readMessage } from '../../../src/shared/topics/message-frame.ts';
import { sequencePage } from '../../../src/shared/topics/position.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { replicationTimes } from '../../../src/storage-node/replication/times.ts';
import type { Topic, TopicFollower } from '../../../src/storage-node/topics/topic.ts';
import { target, testCache, testRegistry, utf8 } from '../../support/fleet-state.ts';
import { Cluster, toldMs } from './cluster.ts';

const cache = testCache();
const publish = (name: string, value: string, mark?: number): Operation => ({
  kind: 'publish',
  ...target(cache, name),
  value: utf8(value),
  text: true,
  tokenId: '',
  ...(mark === undefined
    ? {}
    : { idempotency: { id: new Uint8Array(16).fill(mark), fingerprint: new Uint8Array(16).fill(7) } }),
});
const statistics = (name: string): Operation => ({ kind: 'topic', ...target(cache, name) });

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster(['a', 'b']).serve('a', 'b');
});

function positionAt(id: string, name: string, value: string) {
  const result = cluster.run(id, publish(name, value));
  return topicPositionOf(result);
}

/** What a node keeps of a topic: its page, the newest number, and the messages. */
function kept(id: string, name: string) {
  const topic = cluster.node(id).core.topics.spaces.find(1, name);
  if (topic === undefined) return null;
  const { log } = topic;
  const messages = Array.from({ length: log.count }, (_, index) => {
    const { sequence, value, topic: number } = readMessage(Buffer.from(log.at(log.firstSequence + index), 'latin1'));
    expect(number).toBe(topic.number);
    return `${sequence}:${Buffer.from(value)}`;
  });
  return { page: log.page, last: log.lastSequence, messages };
}

/** Follows a topic as a link does. */
function follow(id: string, name: string): string[] {
  const told: string[] = [];
  const follower: TopicFollower = {
    onMessage: (_topic: Topic, frame: Uint8Array) => told.push(String(Buffer.from(readMessage(frame).value))),
    onEnd: () => told.push('ended'),
  };
  const { core } = cluster.node(id);
  const { hash } = target(cache, name);
  core.topics.topic({ space: 1, slot: hash >>> 20, name }, cluster.clock.monotonicMs())!.followers.set(follower, 1);
  return told;
}

function failOver(): void {
  cluster.kill('a');
  cluster.view(['b']);
  cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
}

describe('messages', () => {
  it('are handed out when the copy has them, and not before; nor are they told of', () => {
    const told = follow('a', 'topic');
    const sent = cluster.node('a').send([publish('topic', 'one'), publish('topic', 'two')]);
    expect([sent.results, told, kept('a', 'topic')!.last]).toEqual([null, [], 0]);
    const [report] = topicReportsOf(cluster.node('a').send([statistics('topic')]).results![0]!);
    expect(report).toMatchObject({ sequence: 0, retainedMessages: 0 });
    cluster.settle();
    expect(sent.results!.map((result) => topicPositionOf(result).sequence)).toEqual([1, 2]);
    expect(told).toEqual(['one', 'two']);
  });

  it('that are lost with their primary are nobody’s, and their numbers come again', () => {
    positionAt('a', 'topic', 'one');
    const told = follow('a', 'topic');
    cluster.cut.add(cluster.node('b').life);
    const sent = cluster.node('a').send([publish('topic', 'lost')]);
    cluster.settle();
    cluster.cut.clear();
    cluster.view(['b']);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    expect(sent.results![0]!.status).toBe('unknown');
    expect(told).toEqual(['ended']);
    expect(positionAt('b', 'topic', 'two').sequence).toBe(2);
    expect(kept('b', 'topic')!.messages).toEqual(['1:one', '2:two']);
    expect(kept('a', 'topic')).toBeNull();
  });

  it('that fewer copies have than min_in_sync demands are handed out, and their outcome is unknown', () => {
    cluster = new Cluster(['a', 'b'], { min_in_sync: 2 }).serve('a', 'b');
    const told = follow('a', 'topic');
    positionAt('a', 'topic', 'one');
    cluster.cut.add(cluster.node('b').life);
    const sent = cluster.node('a').send([publish('topic', 'two'), publish('topic', 'three', 1)]);
    cluster.settle();
    cluster.view(['a']);
    cluster.settle();
    expect(sent.results!.map(({ status }) => status)).toEqual(['unknown', 'unknown']);
    expect(told).toEqual(['one', 'two', 'three']);
    expect(cluster.run('a', publish('topic', 'three', 1)).status).toBe('not_enough_copies');
    cluster.cut.clear();
    cluster.join(['a'], 'b');
    expect(topicPositionOf(cluster.run('a', publish('topic', 'three', 1))).sequence).toBe(3);
  });

  it('go on with page and number after a failover, and the log with them', () => {
    for (let i = 1; i <= 20; i++) positionAt('a', 'topic', `m${i}`);
    const before = kept('a', 'topic')!;
    failOver();
    expect(kept('b', 'topic')).toEqual(before);
    expect(positionAt('b', 'topic', 'after')).toEqual({ page: before.page, sequence: 21 });
  });

  it('under way in a planned move: handed on by neither twice, answered, and in the log of both', () => {
    positionAt('a', 'topic', 'one');
    const told = follow('a', 'topic');
    const sent = cluster.node('a').send([publish('topic', 'two')]);
    cluster.node('a').endTurn();
    cluster.view(['b', 'a']);
    cluster.settle();
    expect(topicPositionOf(sent.results![0]!).sequence).toBe(2);
    expect(told).toEqual(['ended']);
    expect(positionAt('b', 'topic', 'three').sequence).toBe(3);
    cluster.advance(toldMs);
    expect(kept('a', 'topic')).toEqual(kept('b', 'topic'));
    expect(kept('b', 'topic')!.messages).toEqual(['1:one', '2:two', '3:three']);
  });

  it('published twice under one mark, at the old and the new primary, are one', () => {
    const first = cluster.run('a', publish('topic', 'one', 3));
    failOver();
    const again = cluster.run('b', publish('topic', 'one', 3));
    expect(again.replayed).toBe(true);
    expect(topicPositionOf(again)).toEqual(topicPositionOf(first));
    expect(kept('b', 'topic')!.messages).toEqual(['1:one']);
  });

  it('are trimmed at the copy by the bounds of the cache', () => {
    cluster = new Cluster(['a', 'b'], { topic_messages_max: 3, topic_retention_ms: 10_000 }).serve('a', 'b');
    for (let i = 1; i <= 5; i++) positionAt('a', 'topic', `m${i}`);
    cluster.advance(toldMs);
    expect(kept('b', 'topic')!.messages).toEqual(['3:m3', '4:m4', '5:m5']);
    cluster.rest(10_000);
    cluster.node('b').core.topics.maintain(cluster.clock.monotonicMs());
    expect(kept('b', 'topic')).toMatchObject({ last: 5, messages: [] });
  });
});

describe('a learner', () => {
  it('is given logs in parts, while messages are published', () => {
    cluster = new Cluster(['a', 'b']).serve('a');
    const filler = 'x'.repeat(40_000);
    for (let i = 1; i <= 25; i++) positionAt('a', 'long', `m${i} ${filler}`);
    for (let i = 1; i <= 3; i++) positionAt('a', 'short', `m${i}`);
    let more = 0;
    cluster.join(['a'], 'b', () => {
      cluster.node('a').send([publish('long', `more ${++more}`), publish('short', `more ${more}`)]);
    });
    cluster.settle();
    cluster.advance(toldMs);
    expect(more).toBeGreaterThan(0);
    for (const name of ['long', 'short']) expect(kept('b', name)).toEqual(kept('a', name));
    expect(kept('b', 'short')!.messages).toHaveLength(3 + more);
  });

  it('keeps the age of messages', () => {
    cluster = new Cluster(['a', 'b'], { topic_retention_ms: 60_000 }).serve('a');
    positionAt('a', 'topic', 'old');
    cluster.rest(55_000);
    positionAt('a', 'topic', 'new');
    cluster.join(['a'], 'b');
    expect(kept('b', 'topic')!.messages).toEqual(['1:old', '2:new']);
    cluster.rest(10_000);
    cluster.node('b').core.topics.maintain(cluster.clock.monotonicMs());
    expect(kept('b', 'topic')!.messages).toEqual(['2:new']);
  });

  it('learns the number of a topic whose log has run empty, and of pages that were given up', () => {
    cluster = new Cluster(['a', 'b'], { topic_retention_ms: 1_000 }).serve('a');
    const { page } = positionAt('a', 'forgotten', 'one');
    cluster.rest(nodeLimits.topicIdleMs + 1_000);
    cluster.node('a').core.topics.maintain(cluster.clock.monotonicMs());
    expect(kept('a', 'forgotten')).toBeNull();
    positionAt('a', 'empty', 'one');
    cluster.rest(2_000);
    cluster.join(['a'], 'b');
    expect(kept('b', 'empty')).toMatchObject({ last: 1, messages: [] });
    cluster.view(['b', 'a']);
    cluster.settle();
    expect(positionAt('b', 'empty', 'two').sequence).toBe(2);
    expect(positionAt('b', 'forgotten', 'again')).toEqual({ page: page + 1, sequence: 1 });
  });
});

describe('giving up', () => {
  it('a topic that the primary forgets is forgotten by the copy, with its page; the copy forgets none by itself', () => {
    cluster = new Cluster(['a', 'b'], { topic_retention_ms: 1_000 }).serve('a', 'b');
    const { page } = positionAt('a', 'topic', 'one');
    cluster.advance(toldMs);
    cluster.rest(nodeLimits.topicIdleMs + 1_000);
    const maintain = (id: string) => cluster.node(id).core.topics.maintain(cluster.clock.monotonicMs());
    maintain('b');
    expect(kept('b', 'topic')).toMatchObject({ last: 1, messages: [] });
    maintain('a');
    cluster.advance(toldMs);
    expect([kept('a', 'topic'), kept('b', 'topic')]).toEqual([null, null]);
    failOver();
    expect(positionAt('b', 'topic', 'again')).toEqual({ page: page + 1, sequence: 1 });
  });

  it('a copy without room for a topic never gives its numbers again', () => {
    const { page } = positionAt('a', 'topic', 'one');
    cluster.advance(toldMs);
    const { core } = cluster.node('b');
    Object.defineProperty(core.topics.spaces, 'hasRoomForTopic', { value: false, configurable: true });
    positionAt('a', 'other', 'one');
    cluster.advance(toldMs);
    expect([kept('b', 'topic')!.last, kept('b', 'other'), core.topics.copies.notStored]).toEqual([1, null, 1]);
    Object.defineProperty(core.topics.spaces, 'hasRoomForTopic', { value: true });
    failOver();
    expect(positionAt('b', 'other', 'again')).toEqual({ page: page + 1, sequence: 1 });
  });

  it('a cache that is gone takes its topics with it at the copy, too', () => {
    positionAt('a', 'topic', 'one');
    cluster.node('b').core.applyRegistry(testRegistry(2, { next: 2 }));
    expect(kept('b', 'topic')).toBeNull();
    // From a primary that does not know it yet.
    positionAt('a', 'topic', 'two');
    cluster.advance(toldMs);
    expect(kept('b', 'topic')).toBeNull();
  });

  it('a new data epoch begins with a page of its own', () => {
    positionAt('a', 'topic', 'one');
    cluster.kill('a');
    cluster.view(['b'], [], 2);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    expect(positionAt('b', 'topic', 'two')).toEqual({ page: sequencePage(2, 0), sequence: 1 });
  });
});

describe('lists and watches', () => {
  it('tell of the topics that the node leads, and not of those that it keeps a copy of', () => {
    positionAt('a', 'topic', 'one');
    const names = (id: string) => {
      const { core } = cluster.node(id);
      return core.topics.list(1, '', '', 10, cluster.clock.monotonicMs()).map(({ name }) => name);
    };
    expect([names('a'), names('b')]).toEqual([['topic'], []]);
    const heard: string[] = [];
    cluster.node('b').core.topics.watch(1, { onTopic: ({ name }) => heard.push(name) });
    cluster.view(['b', 'a']);
    expect([names('a'), names('b'), heard]).toEqual([[], [], []]);
    cluster.advance(toldMs);
    expect([names('a'), names('b'), heard]).toEqual([[], ['topic'], ['topic']]);
    positionAt('b', 'new', 'one');
    cluster.view(['b', 'a']);
    cluster.advance(toldMs);
    expect(heard).toEqual(['topic', 'new']);
  });
});
