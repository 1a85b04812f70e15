import { beforeEach, describe, expect, it } from 'vitest';
import type { GodwitError } from '../../src/shared/errors.ts';
import { topicPositionOf, topicReportsOf } from '../../src/shared/frame/topic-results.ts';
import type { OperationResult } from '../../src/shared/operation.ts';
import { target, testRegistry, testView, utf8 } from '../support/fleet-state.ts';
import { nodeA, nodeB, type Outcome, outcomeOf, Routing } from './harness.ts';

const mark = { idempotency: { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) } };
let routing: Routing;
beforeEach(() => {
  routing = new Routing();
});

const publish = (topic: string, more: object = {}): Outcome =>
  routing.submit({
    kind: 'publish',
    ...target(routing.cache, topic),
    value: utf8('message'),
    text: true,
    tokenId: '',
    ...more,
  });

describe('operations on topics', () => {
  it('publish travels with the writes, topic with the reads', () => {
    const published = publish('a');
    const read = routing.submit({ kind: 'topic', ...target(routing.cache, 'a') });
    expect(routing.turn().map(({ lane }) => lane)).toEqual(['write', 'read']);
    routing.answerAll();
    expect(topicPositionOf(published.result!).sequence).toBe(1);
    expect(topicReportsOf(read.result!)[0]!.name).toBe('a');
  });

  it('a large message travels alone, on the bulk lane', () => {
    publish('a', { value: new Uint8Array(65_536) });
    expect(routing.turn().map(({ lane }) => lane)).toEqual(['bulk_write']);
    routing.answerAll();
  });

  it('a message that was sent and not answered: outcome_unknown, and not sent again', () => {
    const outcome = publish('a');
    routing.turn()[0]!.fail({ sent: true, reason: 'broken' });
    expect(outcomeOf(outcome)).toBe('outcome_unknown');
    routing.timers.advance(1_000);
    expect(routing.turn()).toEqual([]);
  });

  it('with an idempotency mark it is sent again, and numbered once', () => {
    const outcome = publish('a', mark);
    const [frame] = routing.turn();
    routing.replyTo(frame!);
    frame!.fail({ sent: true, reason: 'broken' });
    routing.timers.advance(200);
    routing.answerAll();
    expect(outcome.result).toMatchObject({ status: 'done', replayed: true });
    expect(routing.nodes.a.topics.published).toBe(1);
  });

  it('go on under a cache’s topic space when it is flushed, and end with the cache', () => {
    const [record] = testRegistry(2, { cache: 7 }).caches;
    const registry = { revision: 2, caches: [{ ...record!, topic_space: 1 }] };
    publish('a');
    routing.answerAll();
    routing.source.set({ registry });
    routing.nodes.a.executor.applyRegistry(registry);
    const second = publish('a');
    const { cache } = routing;
    routing.answerAll();
    expect(topicPositionOf(second.result!).sequence).toBe(2);
    routing.source.set({ registry: testRegistry(3, {}) });
    expect(outcomeOf(routing.submit({ kind: 'topic', ...target(cache, 'a') }))).toBe('cache_not_found');
  });
});

describe('executeAtAll', () => {
  const twoNodes = testView(1, [nodeA, nodeB]);
  const names = Array.from({ length: 40 }, (_, index) => `topic ${index}`);
  let settled: OperationResult[] | GodwitError | null;

  const listAll = (deadlineMs = 1_000): void => {
    const { cache } = routing;
    settled = null;
    routing.client
      .executeAtAll(
        (hash) => ({ kind: 'topics', cache, hash, key: utf8(''), after: utf8(''), limit: 100 }),
        null,
        deadlineMs,
      )
      .then(
        (results) => {
          settled = results;
        },
        (error: GodwitError) => {
          settled = error;
        },
      );
  };
  const reported = () => (settled as OperationResult[]).flatMap(topicReportsOf).map(({ name }) => name);
  /** Lets promises settle. */
  const ticks = async (): Promise<void> => {
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  };

  beforeEach(() => {
    routing = new Routing(twoNodes);
    for (const node of Object.values(routing.nodes)) node.slots.apply({ ...twoNodes, number: 2 });
    for (const name of names) publish(name);
    routing.answerAll();
  });

  it('asks every node that serves slots, once', async () => {
    listAll();
    const frames = routing.turn();
    expect(frames.map(({ url, lane, operationCount }) => [url, lane, operationCount]).sort()).toEqual([
      [nodeA.url, 'read', 1],
      [nodeB.url, 'read', 1],
    ]);
    routing.answerAll();
    await ticks();
    expect(reported().sort()).toEqual([...names].sort());
  });

  it('asks all of them again when slots have moved meanwhile', async () => {
    listAll();
    const before = routing.turn();
    const allAtA = testView(3, [nodeA, nodeB], () => [2, 1, [0], []]);
    for (const node of Object.values(routing.nodes)) {
      node.slots.apply(allAtA);
      node.topics.applyView();
    }
    for (const frame of before) routing.answer(frame);
    routing.source.set({ view: allAtA });
    routing.answerAll();
    await ticks();
    expect(settled).toBeNull();
    const after = routing.turn();
    expect(after.map(({ url }) => url)).toEqual([nodeA.url]);
    routing.answerAll();
    await ticks();
    expect(reported()).toHaveLength(routing.nodes.a.topics.topics);
  });

  it('fails when a node does not answer, rather than leave its topics out', async () => {
    listAll();
    const frames = routing.turn();
    routing.answer(frames[0]!);
    routing.timers.advance(1_100);
    await ticks();
    expect(settled).toMatchObject({ code: 'deadline_exceeded' });
  });

  it('fails at once when nobody serves any slot', async () => {
    routing.source.set({ view: testView(3, []) });
    listAll();
    await ticks();
    expect(settled).toMatchObject({ code: 'storage_unavailable' });
  });
});
