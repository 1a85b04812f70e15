import { describe, expect, it } from 'vitest';
import type { FleetNode } from '../../src/shared/fleet-state.ts';
import { operationFlags } from '../../src/shared/frame/layout.ts';
import { RequestReader } from '../../src/shared/frame/request-reader.ts';
import { hopLimits } from '../../src/shared/limits.ts';
import type { Operation } from '../../src/shared/operation.ts';
import { slotOf } from '../../src/shared/slots.ts';
import type { SentFrame } from '../support/fake-transport.ts';
import { target, testNode, testRegistry, testView } from '../support/fleet-state.ts';
import { nodeA, nodeB, type Outcome, outcomeOf, Routing } from './harness.ts';

const mark = { idempotency: { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) } };
const silentA: FleetNode = { ...nodeA, state: 'silent' };
const deadA: FleetNode = { ...nodeA, state: 'dead' };
/** All slots on a, with a copy on b. */
const before = testView(1, [nodeA, nodeB], () => [1, 1, [0, 1], []]);
/** All slots on b alone. */
const failedOver = (a: FleetNode) => testView(2, [a, nodeB], () => [2, 1, [1], []]);

/** A fleet client that knows two copies of every slot, the primary on node a. */
function twoCopies(zone?: string): Routing {
  const routing = new Routing(before, () => 0.5, zone);
  for (const node of Object.values(routing.nodes)) node.slots.apply(before);
  return routing;
}

/** The gateway and node b learn that b is the primary of everything now. */
function failOver(routing: Routing, a: FleetNode): void {
  routing.nodes.b.slots.apply(failedOver(a));
  routing.source.set({ view: failedOver(a) });
}

const urls = (frames: readonly SentFrame[]): string[] => frames.map(({ url }) => url);
const increment = (routing: Routing): Operation => ({
  kind: 'increment',
  ...target(routing.cache, 'n'),
  amount: 1n,
  ttlMs: 60_000,
  ttlOnCreateOnly: false,
  ...mark,
});

describe('a slot that may not be served now', () => {
  it('waits without asking for the state, and is served as soon as the node may', () => {
    const routing = twoCopies();
    const outcomes = [routing.set('key'), routing.get('other')];
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    expect(outcomes.map(outcomeOf)).toEqual(['', '']);
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['done', 'missing']);
    expect(routing.source.refreshes).toBe(0);
    expect(routing.client.metrics.retries).toMatchObject({ not_ready: 2, moved: 0 });
    expect(routing.client.metrics.waitSeconds.count).toBe(2);
    expect(routing.client.waiting).toMatchObject({ operations: 0, bytes: 0 });
  });

  it('one operation at a time asks for all that wait for the slot; what comes meanwhile waits with them', () => {
    const routing = twoCopies();
    const outcomes = Array.from({ length: 50 }, () => routing.set('key'));
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    for (let attempt = 0; attempt < 4; attempt++) {
      outcomes.push(routing.get('key'), routing.set('key'));
      routing.timers.advance(hopLimits.notReadyDelayMsMax);
      const frames = routing.turn();
      expect(frames.reduce((sum, { operationCount }) => sum + operationCount, 0)).toBeLessThanOrEqual(4);
      for (const frame of frames) routing.refuse(frame, 'not_ready');
    }
    expect(routing.client.waiting.operations).toBe(58);
    routing.timers.advance(hopLimits.notReadyDelayMsMax);
    routing.answerAll();
    expect(new Set(outcomes.map(outcomeOf))).toEqual(new Set(['done']));
    expect(routing.client.waiting).toMatchObject({ operations: 0, bytes: 0 });
  });

  it('another slot does not wait with it', () => {
    const routing = twoCopies();
    const waiting = routing.set('key');
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    const other = routing.set('of another slot');
    expect(slotOf(other.operation.hash)).not.toBe(slotOf(waiting.operation.hash));
    routing.answerAll();
    expect([outcomeOf(waiting), outcomeOf(other)]).toEqual(['', 'done']);
  });

  it('is asked for often enough that a planned move of 100 ms costs less than 250', () => {
    const routing = twoCopies();
    const write = routing.set('key', {}, 5_000);
    const startMs = routing.clock.monotonicMs();
    while (outcomeOf(write) === '') {
      for (const frame of routing.turn()) {
        if (routing.clock.monotonicMs() - startMs < 100) routing.refuse(frame, 'not_ready');
        else routing.answer(frame);
      }
      routing.timers.advance(1);
    }
    expect(routing.clock.monotonicMs() - startMs).toBeLessThan(100 + hopLimits.notReadyDelayMsMax + 5);
  });

  it('until the deadline: storage_unavailable, nothing was done', () => {
    const routing = twoCopies();
    const outcomes = [routing.set('key', {}, 500), routing.get('key', 500)];
    for (let ms = 0; ms < 600; ms++) {
      for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
      routing.timers.advance(1);
    }
    expect(outcomes.map(outcomeOf)).toEqual(['storage_unavailable', 'storage_unavailable']);
    expect(routing.timers.count).toBe(0);
  });

  it('a change of its epoch is tried at once', () => {
    const routing = twoCopies();
    const write = routing.set('key');
    for (let attempt = 0; attempt < 6; attempt++) {
      for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
      routing.timers.advance(hopLimits.notReadyDelayMsMax);
    }
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    routing.source.set({ view: testView(2, [nodeA, nodeB], () => [2, 1, [0], []]) });
    routing.answerAll();
    expect(outcomeOf(write)).toBe('done');
  });

  it('what waits is bounded in number', () => {
    const routing = twoCopies();
    const outcomes: Outcome[] = [routing.set('key')];
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    for (let count = 0; count < hopLimits.retryingOperationsMax; count++) outcomes.push(routing.set('key'));
    expect(outcomes.filter((outcome) => outcomeOf(outcome) === 'overloaded')).toHaveLength(1);
    expect(outcomeOf(outcomes.at(-1)!)).toBe('overloaded');
    failOver(routing, silentA);
    routing.answerAll();
    // The lane takes less than what waited: the rest follows.
    for (let round = 0; round < 10; round++) {
      routing.timers.advance(hopLimits.retryDelayMsMax / 4);
      routing.answerAll();
    }
    expect(outcomes.slice(0, -1).every((outcome) => outcomeOf(outcome) === 'done')).toBe(true);
  });
});

describe('a node that cannot say whether a write happened', () => {
  it('without a mark: outcome_unknown', () => {
    const routing = twoCopies();
    const write = routing.set('key');
    for (const frame of routing.turn()) routing.refuse(frame, 'unknown');
    expect(outcomeOf(write)).toBe('outcome_unknown');
    routing.timers.advance(1_000);
    expect(routing.transport.sent).toHaveLength(1);
  });

  it('with a mark: sent again, and done once', () => {
    const routing = twoCopies();
    const write = routing.submit(increment(routing));
    const [frame] = routing.turn();
    routing.replyTo(frame!);
    routing.refuse(frame!, 'unknown');
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(write.result).toMatchObject({ status: 'done', replayed: true });
    expect(new TextDecoder().decode(write.result!.item!.value)).toBe('1');
  });

  it.each(['overloaded', 'not_enough_copies'] as const)(
    'with a mark, and then refused with %s: still unknown',
    (status) => {
      const routing = twoCopies();
      const write = routing.submit(increment(routing));
      for (const frame of routing.turn()) routing.refuse(frame, 'unknown');
      routing.timers.advance(hopLimits.retryDelayMsMin);
      for (const frame of routing.turn()) routing.refuse(frame, status);
      expect(outcomeOf(write)).toBe('outcome_unknown');
    },
  );

  it('not_enough_copies by itself says that nothing was done', () => {
    const routing = twoCopies();
    const write = routing.set('key');
    for (const frame of routing.turn()) routing.refuse(frame, 'not_enough_copies');
    expect(outcomeOf(write)).toBe('not_enough_copies');
  });
});

describe('writes to slots with other copies', () => {
  it('travel apart, so that a copy which hangs holds up those of its own slots only', () => {
    const nodeC = testNode('c');
    const copiesOf = (slot: number) => [0, 1 + (slot % 2)];
    const view = testView(1, [nodeA, nodeB, nodeC], (slot) => [1, 1, copiesOf(slot), []]);
    const routing = new Routing(view, () => 0.5);
    const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`);
    const slots = keys.map((key) => slotOf(target(routing.cache, key).hash));
    expect(new Set(slots.map((slot) => slot % 2)).size).toBe(2);
    for (const key of keys) routing.set(key);
    const frames = routing.turn().map(({ bytes }) => {
      const reader = new RequestReader();
      reader.open(bytes);
      const parities = new Set<number>();
      while (reader.next()) parities.add(reader.slot % 2);
      return [...parities];
    });
    expect(frames.sort()).toEqual([[0], [1]]);
  });

  it('large ones hold up neither large reads nor those of other slots while they wait for a copy that hangs', () => {
    const nodeC = testNode('c');
    const view = testView(1, [nodeA, nodeB, nodeC], (slot) => [1, 1, [0, 1 + (slot % 2)], []]);
    const routing = new Routing(view, () => 0.5);
    const value = new Uint8Array(hopLimits.ownFrameBytes + 1);
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
    const ofParity = (parity: number) =>
      keys.filter((key) => slotOf(target(routing.cache, key).hash) % 2 === parity).slice(0, 8);
    for (const key of ofParity(0)) routing.set(key, { value });
    const held = routing.turn();
    expect(held).toHaveLength(hopLimits.bulkConnectionsMax);
    const write = routing.set(ofParity(1)[0]!, { value });
    const read = routing.get(ofParity(0)[0]!);
    const sent = routing.turn().filter((frame) => !held.includes(frame));
    routing.refuse(sent.find(({ lane }) => lane === 'read')!, 'deferred');
    const again = routing.turn().filter((frame) => !held.includes(frame));
    expect(again.map(({ lane }) => lane).sort()).toEqual(['bulk_read', 'bulk_write']);
    expect([write.times, read.times]).toEqual([0, 0]);
    routing.client.close();
  });
});

describe('a node that is declared silent', () => {
  it('reads and marked writes on the wire go to the new primary at once; the outcome of other writes is unknown', () => {
    const routing = twoCopies();
    const outcomes = [routing.get('key'), routing.submit(increment(routing)), routing.set('other', {}, 700)];
    const stuck = routing.turn();
    failOver(routing, silentA);
    expect(urls(routing.turn().filter((frame) => !stuck.includes(frame)))).toEqual([nodeB.url, nodeB.url]);
    for (const frame of routing.turn()) if (frame.url === nodeB.url) routing.answer(frame);
    expect(routing.transport.closed).toEqual([]);
    expect(outcomes.map(outcomeOf)).toEqual(['missing', 'done', 'outcome_unknown']);
    expect(routing.client.metrics.retries.rerouted).toBe(2);
  });

  it('what it says when it wakes is ignored', () => {
    const routing = twoCopies();
    const outcomes = [routing.get('key'), routing.submit(increment(routing)), routing.set('other')];
    const stuck = routing.turn();
    failOver(routing, silentA);
    routing.turn();
    // It wakes: what it may not do any more, and what it had done before it stood still.
    routing.refuse(stuck[0]!, 'moved');
    const late = routing.nodes.a.execute(stuck[1]!.bytes);
    stuck[1]!.reply(late);
    expect(outcomes.map(outcomeOf)).toEqual(['', '', 'outcome_unknown']);
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['missing', 'done', 'outcome_unknown']);
  });

  it('what waited behind the stuck frames was not sent, and goes to the new primary', () => {
    const routing = twoCopies();
    const stuck = routing.occupy((index) => routing.set(`stuck ${index}`));
    const waiting = Array.from({ length: 30 }, (_, index) => routing.set(`waiting ${index}`));
    failOver(routing, silentA);
    for (let turn = 0; turn < 3; turn++)
      for (const frame of routing.turn()) if (frame.url === nodeB.url) routing.answer(frame);
    expect(new Set(waiting.map(outcomeOf))).toEqual(new Set(['done']));
    expect(new Set(stuck.map(outcomeOf))).toEqual(new Set(['outcome_unknown']));
  });

  it('slots that stay on it, because it has their only copy, are waited for', () => {
    const routing = twoCopies();
    const read = routing.get('key');
    const [frame] = routing.turn();
    routing.source.set({ view: testView(2, [silentA, nodeB], () => [2, 1, [0], []]) });
    expect(routing.turn()).toEqual([frame]);
    routing.answer(frame!);
    expect(outcomeOf(read)).toBe('missing');
  });

  it('confirmed dead: its connections are closed, and nothing waits for it', () => {
    const routing = twoCopies();
    const outcomes = [routing.get('key'), routing.submit(increment(routing)), routing.set('other')];
    routing.turn();
    failOver(routing, deadA);
    expect(routing.transport.closed).toEqual([nodeA.url]);
    expect(outcomes.map(outcomeOf)).toEqual(['', '', 'outcome_unknown']);
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['missing', 'done', 'outcome_unknown']);
  });
});

describe('a planned move', () => {
  it('what was not sent goes to the new primary; what was sent is answered by the old one', () => {
    const routing = twoCopies();
    const sent = routing.occupy((index) => routing.set(`sent ${index}`));
    const waiting = routing.set('waiting');
    const old = routing.turn();
    const view = testView(2, [nodeA, nodeB], () => [2, 1, [1, 0], []]);
    // As far as b is concerned there is no other copy that it would have to ask first.
    routing.nodes.b.slots.apply(testView(2, [nodeA, nodeB], () => [2, 1, [1], []]));
    routing.source.set({ view });
    expect(urls(routing.turn().filter((frame) => !old.includes(frame)))).toEqual([nodeB.url]);
    routing.answerAll();
    expect([...sent, waiting].map(outcomeOf)).toEqual(Array(sent.length + 1).fill('done'));
    expect(routing.transport.closed).toEqual([]);
  });
});

describe('balanced reads', () => {
  const balanced = (routing: Routing, key: string, kind: 'get' | 'describe' = 'get'): Outcome =>
    routing.submit({ kind, ...target(routing.cache, key), balanced: true });
  const flagsOf = (frame: SentFrame): number => frame.bytes[33]!;

  it('go to the copy in the own zone, with the flag that says so', () => {
    const routing = twoCopies('b');
    balanced(routing, 'one');
    balanced(routing, 'two', 'describe');
    routing.get('three');
    const frames = routing.turn();
    expect(frames.map(({ url, keys }) => [url, ...keys]).sort()).toEqual([
      [nodeA.url, 'three'],
      [nodeB.url, 'one', 'two'],
    ]);
    for (const frame of frames)
      expect(flagsOf(frame) & operationFlags.balanced).toBe(frame.url === nodeB.url ? operationFlags.balanced : 0);
    expect(routing.client.metrics.reads).toEqual({ consistent: 1, balanced_primary: 0, balanced_copy: 2 });
  });

  it('without a copy in the own zone: spread over the copies, each key always to the same', () => {
    const routing = twoCopies('c');
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index}`);
    const ways = [0, 1].map(() => {
      for (const key of keys) balanced(routing, key);
      const way = new Map(routing.turn().flatMap(({ url, keys: sent }) => sent.map((key) => [key, url] as const)));
      for (const frame of routing.turn()) routing.refuse(frame, 'missing');
      return way;
    });
    expect(ways[1]).toEqual(ways[0]);
    const atB = [...ways[0]!.values()].filter((url) => url === nodeB.url).length;
    expect(atB).toBeGreaterThan(30);
    expect(atB).toBeLessThan(70);
  });

  it.each(['moved', 'not_ready'] as const)('a copy that answers %s: at the primary at once', (status) => {
    const routing = twoCopies('b');
    const read = balanced(routing, 'key');
    routing.refuse(routing.turn()[0]!, status);
    expect(urls(routing.turn())).toEqual([nodeA.url]);
    routing.answerAll();
    expect(outcomeOf(read)).toBe('missing');
  });

  it.each([true, false])('a copy that fails (sent: %s): at the primary at once', (sent) => {
    const routing = twoCopies('b');
    const read = balanced(routing, 'key');
    routing.turn()[0]!.fail({ sent, reason: 'ECONNRESET' });
    expect(urls(routing.turn())).toEqual([nodeA.url]);
    routing.answerAll();
    expect(outcomeOf(read)).toBe('missing');
  });

  it('a copy that is declared silent: what it has been sent goes to the primary, and no more to it', () => {
    const routing = twoCopies('b');
    const read = balanced(routing, 'key');
    routing.turn();
    const silentB: FleetNode = { ...nodeB, state: 'silent' };
    routing.source.set({ view: testView(2, [nodeA, silentB], () => [1, 1, [0, 1], []]) });
    balanced(routing, 'another');
    const [, ...frames] = routing.turn();
    expect(frames.map(({ url, keys }) => [url, ...keys])).toEqual([[nodeA.url, 'key', 'another']]);
    for (const frame of frames) routing.answer(frame);
    expect(outcomeOf(read)).toBe('missing');
  });

  it('go on at a copy while the primary may not serve', () => {
    const routing = twoCopies('b');
    const write = routing.set('key');
    for (const frame of routing.turn()) routing.refuse(frame, 'not_ready');
    const read = balanced(routing, 'key');
    const [frame] = routing.turn();
    expect(frame!.url).toBe(nodeB.url);
    routing.refuse(frame!, 'missing');
    expect([outcomeOf(read), outcomeOf(write)]).toEqual(['missing', '']);
    // An answer of a copy does not say that the primary serves.
    expect(routing.turn()).toEqual([]);
  });
});

describe('caches while slots wait', () => {
  it('a node that does not know a cache yet holds up no other cache', () => {
    const routing = twoCopies();
    routing.source.set({ registry: testRegistry(2, { cache: 1, fresh: 2 }) });
    const fresh = routing.client.directory.find('main', 'fresh')!;
    const behind = routing.submit({ kind: 'delete', ...target(fresh, 'key') });
    routing.answerAll();
    const at = target(routing.cache, 'key');
    const other = routing.submit({ kind: 'delete', ...at, hash: behind.operation.hash });
    routing.answerAll();
    expect([outcomeOf(behind), outcomeOf(other)]).toEqual(['', 'done']);
  });
});

it('a view takes over the nodes that it names anew', () => {
  const routing = twoCopies();
  const nodeC = testNode('c');
  routing.source.set({ view: testView(2, [nodeA, nodeB, nodeC], () => [2, 1, [2, 0], []]) });
  routing.get('key');
  expect(urls(routing.turn())).toEqual([nodeC.url]);
});
