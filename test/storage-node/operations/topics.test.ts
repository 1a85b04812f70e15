import { beforeEach, describe, expect, it } from 'vitest';
import { FrameError } from '../../../src/shared/frame/layout.ts';
import { type TopicReport, topicPositionOf, topicReportsOf } from '../../../src/shared/frame/topic-results.ts';
import { hopLimits, limits } from '../../../src/shared/limits.ts';
import type { CacheHandle, Operation, OperationResult } from '../../../src/shared/operation.ts';
import { topicLimits } from '../../../src/shared/topics/limits.ts';
import { readMessage } from '../../../src/shared/topics/message-frame.ts';
import { pagesPerDataEpoch } from '../../../src/shared/topics/position.ts';
import { target, testCache, testNode, testRegistry, testView, utf8 } from '../../support/fleet-state.ts';
import { TestStorage } from '../../support/storage.ts';

const cache = testCache();
const mark = (id: number, fingerprint = 1) => ({
  idempotency: { id: new Uint8Array(16).fill(id), fingerprint: new Uint8Array(16).fill(fingerprint) },
});
const publishTo = (topic: string, value = 'message', more: object = {}): Operation => ({
  kind: 'publish',
  ...target(cache, topic),
  value: utf8(value),
  text: true,
  tokenId: '',
  ...more,
});
const sequenceOf = (result: OperationResult) => topicPositionOf(result).sequence;

let node: TestStorage;
beforeEach(() => {
  node = new TestStorage();
});

/** What one topic's node tells of it. */
function reportOf(topic: string): TopicReport {
  return topicReportsOf(node.run({ kind: 'topic', ...target(cache, topic) }))[0]!;
}

const list = (prefix: string, after = '', limit = 100): Operation => ({
  kind: 'topics',
  cache,
  hash: 0,
  key: utf8(prefix),
  after: utf8(after),
  limit,
});
const listed = (operation: Operation) => topicReportsOf(node.run(operation)).map(({ name }) => name);

describe('publish', () => {
  it('numbers messages from 1 in the page of the slot’s data epoch, each topic by itself', () => {
    const results = node.frame([publishTo('a'), publishTo('b'), publishTo('a')]);
    expect(results.map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(results.map(topicPositionOf)).toEqual([
      { page: pagesPerDataEpoch, sequence: 1 },
      { page: pagesPerDataEpoch, sequence: 1 },
      { page: pagesPerDataEpoch, sequence: 2 },
    ]);
  });

  it('hands on value, kind and token id as they came', () => {
    const value = Uint8Array.of(0, 0xff, 13, 10);
    node.run({ ...publishTo('a'), value, text: false, tokenId: 'Zoë 🦜' } as Operation);
    node.run(publishTo('a', ''));
    const [topic] = node.topics.selected(1, 'a');
    const kept = [1, 2].map((sequence) => readMessage(Buffer.from(topic!.log.at(sequence), 'latin1')));
    expect(kept.map(({ text, tokenId, value }) => [text, tokenId, [...value]])).toEqual([
      [false, 'Zoë 🦜', [0, 0xff, 13, 10]],
      [true, '', []],
    ]);
  });

  it('under an idempotency mark a message is numbered once, and its repetition told so', () => {
    const marked = publishTo('a', 'once', mark(1));
    const first = node.run(marked);
    node.run(publishTo('a', 'another'));
    const again = node.run(marked);
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(topicPositionOf(again)).toEqual(topicPositionOf(first));
    expect(reportOf('a').sequence).toBe(2);
    expect(node.run(publishTo('a', 'once', mark(1, 2))).status).toBe('idempotency_key_reused');
    expect(node.run(publishTo('b', 'once', mark(1))).status).toBe('idempotency_key_reused');
  });

  it('behind: a topic space that the node does not know; a namespace of items is none', () => {
    const elsewhere = (topicSpace: number): CacheHandle => ({ ...cache, topicSpace });
    expect(node.run({ ...publishTo('a'), cache: elsewhere(9) } as Operation).status).toBe('behind');
    const [record] = testRegistry(2, { cache: 5 }).caches;
    node.executor.applyRegistry({ revision: 2, caches: [{ ...record!, topic_space: 1 }] });
    const flushed = { ...cache, namespace: 5 };
    expect(node.run({ ...publishTo('a'), cache: flushed } as Operation).status).toBe('done');
    expect(node.run({ ...publishTo('a'), cache: elsewhere(5) } as Operation).status).toBe('behind');
    expect(node.run({ kind: 'get', ...target(cache, 'a') }).status).toBe('behind');
  });

  it('moved: a slot that the node does not serve', () => {
    node.slots.apply(testView(2, [testNode('b')]));
    expect(node.run(publishTo('a')).status).toBe('moved');
  });

  it('a flush leaves topics as they are, deleting the cache does not', () => {
    node.run(publishTo('a'));
    const [record] = testRegistry(2, { cache: 5 }).caches;
    node.executor.applyRegistry({ revision: 2, caches: [{ ...record!, topic_space: 1 }] });
    expect(sequenceOf(node.run(publishTo('a')))).toBe(2);
    node.executor.applyRegistry(testRegistry(3, {}));
    expect(node.run(publishTo('a')).status).toBe('behind');
  });

  it('overloaded: no room for another topic, and nothing is remembered of it', () => {
    node = new TestStorage({ topicBytesMax: 20_000 });
    const results = Array.from({ length: 50 }, (_, index) => node.run(publishTo(`t${index}`, 'x', mark(index + 1))));
    const refused = results.findIndex(({ status }) => status === 'overloaded');
    expect(refused).toBeGreaterThan(0);
    expect(results[refused]!.item).toBeNull();
    expect(node.idempotency.size).toBe(results.filter(({ status }) => status === 'done').length);
    expect(node.run(publishTo('t0')).status).toBe('done');
  });

  it('a name or token id beyond its bound is no frame of a gateway', () => {
    const long = (length: number) => 'x'.repeat(length);
    expect(node.run(publishTo(long(topicLimits.nameBytesMax))).status).toBe('done');
    expect(node.run(publishTo('a', '', { tokenId: long(topicLimits.tokenIdBytesMax) })).status).toBe('done');
    expect(() => node.run(publishTo(long(topicLimits.nameBytesMax + 1)))).toThrow(FrameError);
    expect(() => node.run(publishTo('a', '', { tokenId: long(topicLimits.tokenIdBytesMax + 1) }))).toThrow(FrameError);
  });

  it('takes a message of the largest size', () => {
    const value = new Uint8Array(limits.itemSizeBytesMax).fill(7);
    expect(node.run({ ...publishTo('a'), value } as Operation).status).toBe('done');
    expect(node.executor.metrics.frames).toBe(1);
  });
});

describe('topic', () => {
  it('tells position, kept messages and rates', () => {
    for (const value of ['one', 'two', 'three']) node.run(publishTo('näme', value));
    const report = reportOf('näme');
    expect(report).toMatchObject({ page: pagesPerDataEpoch, sequence: 3, subscribers: 0, retainedMessages: 3 });
    expect(Buffer.from(report.name, 'latin1').toString('utf8')).toBe('näme');
    expect(report.retainedBytes).toBeGreaterThan('onetwothree'.length);
    expect(report.messagesPerSecond).toBeCloseTo(3 / 60, 5);
    expect(report.bytesPerSecond).toBeCloseTo('onetwothree'.length / 60, 5);
  });

  it('a topic that is not known has zeros, and does not come into being by being asked for', () => {
    expect(reportOf('none')).toMatchObject({ page: 0, sequence: 0, retainedMessages: 0, messagesPerSecond: 0 });
    expect(listed(list(''))).toEqual([]);
  });

  it('behind and moved as any operation', () => {
    const operation: Operation = { kind: 'topic', ...target({ ...cache, topicSpace: 9 }, 'a') };
    expect(node.run(operation).status).toBe('behind');
    node.slots.apply(testView(2, [testNode('b')]));
    expect(node.run(operation).status).toBe('moved');
  });
});

describe('topics', () => {
  it('lists those with the prefix after a name, in the order of their bytes, up to the limit', () => {
    // In UTF-16 U+FFFD stands after the parrot, in UTF-8 before it.
    const names = ['b', 'a', 'a/2', 'a/10', 'a/é', 'a/\ufffd', 'a/🦜'];
    for (const name of names) node.run(publishTo(name));
    const text = (operation: Operation) => listed(operation).map((name) => Buffer.from(name, 'latin1').toString());
    expect(text(list(''))).toEqual(['a', 'a/10', 'a/2', 'a/é', 'a/\ufffd', 'a/🦜', 'b']);
    expect(text(list('a/'))).toEqual(['a/10', 'a/2', 'a/é', 'a/\ufffd', 'a/🦜']);
    expect(text(list('a/', 'a/2', 2))).toEqual(['a/é', 'a/\ufffd']);
    expect(text(list('a/', 'a/🦜'))).toEqual([]);
    expect(text(list('', '', 0))).toEqual([]);
  });

  it('topics of other caches are not among them', () => {
    node.executor.applyRegistry(testRegistry(2, { cache: 1, other: 2 }));
    node.run({ ...publishTo('mine') });
    node.run({ ...publishTo('theirs'), cache: testCache('other', 2) } as Operation);
    expect(listed(list(''))).toEqual(['mine']);
  });

  it('a long list is put off to a frame of its own, and the largest one fits it', () => {
    const long = 'ÿ'.repeat((topicLimits.nameBytesMax - 4) / 2);
    for (let index = 0; index < hopLimits.topicReportsMax; index++)
      node.run(publishTo(`${String(index).padStart(4, '0')}${long}`));
    const all = list('', '', hopLimits.topicReportsMax);
    const other = { kind: 'get', ...target(cache, 'a') } as const;
    expect(node.frame([all, other]).map(({ status }) => status)).toEqual(['deferred', 'missing']);
    const alone = node.run(all);
    expect(topicReportsOf(alone)).toHaveLength(hopLimits.topicReportsMax);
    expect(alone.item!.value.length).toBeLessThan(hopLimits.replyBytesMax);
  });

  it('a limit beyond its bound is no frame of a gateway', () => {
    expect(() => node.run(list('', '', hopLimits.topicReportsMax + 1))).toThrow(FrameError);
  });
});
