import { beforeEach, describe, expect, it } from 'vitest';
import { operationCodes, readU32 } from '../../src/shared/frame/layout.ts';
import { hopLimits } from '../../src/shared/limits.ts';
import { target, testNode, testRegistry, testView } from '../support/fleet-state.ts';
import { nodeA, nodeB, outcomeOf, Routing } from './harness.ts';

const mark = { idempotency: { id: new Uint8Array(16).fill(1), fingerprint: new Uint8Array(16).fill(2) } };
const large = { value: new Uint8Array(hopLimits.ownFrameBytes) };
let routing: Routing;
beforeEach(() => {
  routing = new Routing();
});

describe('gathering', () => {
  it('what is ready in one turn goes out in one frame of each lane', () => {
    const outcomes = [
      routing.set('one'),
      routing.get('one'),
      routing.set('two'),
      routing.get('two'),
      routing.get('none'),
    ];
    expect(routing.transport.sent).toHaveLength(0);
    const frames = routing.turn();
    expect(frames.map(({ lane, keys }) => [lane, ...keys])).toEqual([
      ['write', 'one', 'two'],
      ['read', 'one', 'two', 'none'],
    ]);
    for (const frame of frames) routing.answer(frame);
    expect(outcomes.map(outcomeOf)).toEqual(['done', 'done', 'done', 'done', 'missing']);
    expect(new TextDecoder().decode(outcomes[3]!.result!.item!.value)).toBe('value of two');
    expect(routing.client.metrics).toMatchObject({ framesSent: 2, operationsSent: 5 });
  });

  it('an operation by itself goes out without waiting for another', () => {
    routing.get('key');
    expect(routing.turn().map(({ operationCount }) => operationCount)).toEqual([1]);
  });

  it('each node gets a frame of its own', () => {
    routing = new Routing(testView(1, [nodeA, nodeB]));
    for (const node of Object.values(routing.nodes)) node.slots.apply(testView(2, [nodeA, nodeB]));
    const outcomes = Array.from({ length: 20 }, (_, index) => routing.get(`key ${index}`));
    expect(
      routing
        .turn()
        .map(({ url }) => url)
        .sort(),
    ).toEqual([nodeA.url, nodeB.url]);
    routing.answerAll();
    expect(new Set(outcomes.map(outcomeOf))).toEqual(new Set(['missing']));
  });

  it('few frames are under way; what waits meanwhile gathers in the next', () => {
    routing.occupy((index) => routing.get(`under way ${index}`));
    for (let turn = 0; turn < 3; turn++) {
      routing.get(`first of ${turn}`);
      routing.get(`second of ${turn}`);
      expect(routing.turn()).toHaveLength(hopLimits.laneFramesInFlightMax);
    }
    routing.timers.advance(hopLimits.laneFurtherFrameWaitMs);
    routing.answer(routing.transport.open[0]!);
    const frames = routing.turn();
    expect(frames).toHaveLength(hopLimits.laneFramesInFlightMax);
    expect(frames.at(-1)!.operationCount).toBe(6);
    routing.answerAll();
  });

  it('a lone operation behind a slow frame does not wait for it', () => {
    routing.get('slow');
    expect(routing.turn()).toHaveLength(1);
    const outcome = routing.get('quick');
    expect(routing.turn()).toHaveLength(1);
    // Nothing else comes: the look at the deadlines sends it on.
    routing.timers.advance(50);
    const frames = routing.turn();
    expect(frames.map(({ keys }) => keys)).toEqual([['slow'], ['quick']]);
    routing.answer(frames[1]!);
    expect(outcomeOf(outcome)).toBe('missing');
    routing.answerAll();
  });

  it('what waits for another attempt is bounded: past the bound nothing is done, and 503 says so', () => {
    routing = new Routing(testView(1, []));
    const value = new Uint8Array(60_000);
    const count = Math.ceil(hopLimits.retryingBytesMax / value.length) + 10;
    const outcomes = Array.from({ length: count }, (_, index) => routing.set(`key ${index}`, { value }));
    const refused = outcomes.filter(({ error }) => error?.code === 'overloaded');
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(outcomes.indexOf(refused[0]!)).toBe(count - refused.length);
    expect(refused[0]!.error!.headers).toHaveProperty('retry-after');
    routing.timers.advance(2_000);
    expect(outcomes.every(({ times }) => times === 1)).toBe(true);
    const again = routing.set('later', { value });
    expect(again.times).toBe(0);
  });

  it('a frame ends at its number of operations and at its bytes', () => {
    for (let index = 0; index < hopLimits.frameOperationsMax + 3; index++) routing.get(`key ${index}`);
    routing.answerAll();
    const value = new Uint8Array(60_000);
    for (let index = 0; index < 20; index++) routing.set(`key ${index}`, { value });
    routing.answerAll();
    const { sent } = routing.transport;
    expect(sent.map(({ operationCount }) => operationCount)).toEqual([hopLimits.frameOperationsMax, 3, 17, 3]);
    for (const { bytes } of sent) expect(bytes.length).toBeLessThanOrEqual(hopLimits.frameBytesMax + 32);
  });

  it('large values travel alone, on the bulk lane, and hold nobody up', () => {
    const outcomes = [routing.set('large 1', large), routing.set('small'), routing.set('large 2', large)];
    const frames = routing.turn();
    expect(frames.map(({ lane, keys }) => [lane, ...keys]).sort()).toEqual([
      ['bulk_write', 'large 1'],
      ['bulk_write', 'large 2'],
      ['write', 'small'],
    ]);
    routing.answer(frames.find(({ lane }) => lane === 'write')!);
    expect(outcomes.map(outcomeOf)).toEqual(['', 'done', '']);
    for (let index = 3; index < 9; index++) outcomes.push(routing.set(`large ${index}`, large));
    expect(routing.turn()).toHaveLength(hopLimits.bulkConnectionsMax);
    routing.answerAll();
    expect(new Set(outcomes.map(outcomeOf))).toEqual(new Set(['done']));
  });

  it('a frame says by which view and registry it was routed, and how much time is left', () => {
    routing.set('key', {}, 700);
    routing.timers.advance(100);
    const [frame] = routing.turn();
    expect([readU32(frame!.bytes, 16), readU32(frame!.bytes, 20), readU32(frame!.bytes, 24)]).toEqual([1, 1, 600]);
    expect(frame!.timeoutMs).toBe(600);
  });

  it('frame ids are never the same', () => {
    const ids = new Set<string>();
    for (let index = 0; index < 50; index++) {
      routing.get('key');
      const [frame] = routing.turn();
      ids.add(`${readU32(frame!.bytes, 8)} ${readU32(frame!.bytes, 12)}`);
      routing.answer(frame!);
    }
    expect(ids.size).toBe(50);
  });
});

describe('bounds', () => {
  it('a lane full of operations refuses the next, before any work, and the others are served', () => {
    routing.occupy(() => routing.get('under way'));
    const waiting = Array.from({ length: hopLimits.laneQueueOperationsMax }, () => routing.get('waiting'));
    const refused = routing.get('one too many');
    expect(outcomeOf(refused)).toBe('overloaded');
    expect(refused.error!.headers).toEqual({ 'retry-after': '1' });
    expect(outcomeOf(routing.set('another lane'))).toBe('');
    expect(routing.client.metrics.refused).toBe(1);
    routing.answerAll();
    expect(new Set(waiting.map(outcomeOf))).toEqual(new Set(['missing']));
    expect(outcomeOf(routing.get('again'))).toBe('');
  });

  it('a lane full of bytes refuses the next', () => {
    const value = new Uint8Array(5_000_000);
    for (let index = 0; index < hopLimits.bulkConnectionsMax; index++) routing.set('under way', { value });
    routing.turn();
    const outcomes = Array.from({ length: 14 }, () => routing.set('waiting', { value }));
    expect(outcomes.map(outcomeOf)).toEqual([...Array(13).fill(''), 'overloaded']);
    routing.answerAll();
    expect(outcomeOf(routing.set('again', { value }))).toBe('');
  });
});

describe('deadlines', () => {
  it('what was not sent: storage_unavailable, nothing was done', () => {
    routing.occupy((index) => routing.set(`under way ${index}`));
    const waiting = routing.set('waiting', {}, 500);
    const patient = routing.set('patient', {}, 900);
    routing.turn();
    routing.timers.advance(500 + 25);
    expect([outcomeOf(waiting), outcomeOf(patient)]).toEqual(['storage_unavailable', '']);
    routing.answerAll();
    expect(outcomeOf(patient)).toBe('done');
    expect(routing.transport.sent.flatMap(({ keys }) => keys)).not.toContain('waiting');
  });

  it('a write that was sent: outcome_unknown', () => {
    const write = routing.set('key', {}, 500);
    routing.turn();
    routing.timers.advance(500 + 25);
    expect(outcomeOf(write)).toBe('outcome_unknown');
    expect(write.error!.extra).toEqual({ outcome: 'unknown' });
    expect(routing.client.metrics.unknownOutcomes).toBe(1);
    expect(routing.transport.resets).toEqual([`${nodeA.url} write`]);
  });

  it('a read that was sent: deadline_exceeded', () => {
    const read = routing.get('key', 500);
    routing.turn();
    routing.timers.advance(500 + 25);
    expect(outcomeOf(read)).toBe('deadline_exceeded');
  });

  it('one operation of a frame may be late while the others’ time runs', () => {
    const [late, patient] = [routing.set('late', {}, 300), routing.set('patient', {}, 900)];
    const [frame] = routing.turn();
    routing.timers.advance(400);
    expect([outcomeOf(late), outcomeOf(patient)]).toEqual(['outcome_unknown', '']);
    expect(routing.transport.resets).toEqual([]);
    routing.answer(frame!);
    expect([outcomeOf(late), outcomeOf(patient)]).toEqual(['outcome_unknown', 'done']);
  });

  it('an answer after the deadline changes nothing and sends nothing again', () => {
    routing.nodes.a.run({
      kind: 'set',
      ...target(routing.cache, 'key'),
      ...large,
      contentType: 'a/b',
      ttlMs: 60_000,
      value: new Uint8Array(70_000),
    });
    const late = routing.submit({ kind: 'take', ...target(routing.cache, 'key') }, 300);
    const other = routing.set('other', {}, 900);
    const [frame] = routing.turn();
    routing.timers.advance(400);
    expect(outcomeOf(late)).toBe('outcome_unknown');
    // The node put the take off, because of its size: it must not be done now that the client was told.
    routing.answer(frame!);
    routing.answerAll();
    expect([outcomeOf(late), outcomeOf(other)]).toEqual(['outcome_unknown', 'done']);
    expect(routing.transport.sent).toHaveLength(1);
  });

  it('a slot that nobody serves: waits for a view, then storage_unavailable', () => {
    routing = new Routing(testView(1, [nodeA], () => [1, 1, [], []]));
    const [gives, waits] = [routing.set('gives up', {}, 500), routing.set('waits', {}, 900)];
    routing.timers.advance(600);
    expect([outcomeOf(gives), outcomeOf(waits)]).toEqual(['storage_unavailable', '']);
    routing.source.set({ view: testView(2, [nodeA]) });
    routing.answerAll();
    expect(outcomeOf(waits)).toBe('done');
  });

  it('no timer is left when nothing is under way', () => {
    routing.get('key');
    routing.answerAll();
    routing.timers.advance(1_000);
    expect(routing.timers.count).toBe(0);
  });
});

describe('retries', () => {
  it('a frame that was not sent is sent again, with everything in it', () => {
    const outcomes = [routing.set('one'), routing.set('two')];
    routing.turn()[0]!.fail({ sent: false, reason: 'ECONNREFUSED' });
    expect(routing.turn()).toEqual([]);
    expect(routing.source.refreshes).toBeGreaterThan(0);
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['done', 'done']);
    expect(outcomes.map(({ result }) => result!.replayed)).toEqual([false, false]);
  });

  it('pauses between attempts grow to their bound, and end at the deadline', () => {
    const write = routing.set('key', {}, 5_000);
    let attempts = 0;
    for (let ms = 0; ms < 5_100; ms++) {
      for (const frame of routing.turn()) {
        attempts++;
        frame.fail({ sent: false, reason: 'ECONNREFUSED' });
      }
      routing.timers.advance(1);
    }
    expect(attempts).toBeGreaterThan(5_000 / hopLimits.retryDelayMsMax);
    expect(attempts).toBeLessThan(5_000 / (hopLimits.retryDelayMsMax / 2) + 10);
    expect(outcomeOf(write)).toBe('storage_unavailable');
  });

  it('a sent write without a mark is never sent again: outcome_unknown', () => {
    const kinds = [
      routing.set('key'),
      routing.submit({ kind: 'delete', ...target(routing.cache, 'key') }),
      routing.submit({ kind: 'take', ...target(routing.cache, 'key') }),
      routing.submit({
        kind: 'increment',
        ...target(routing.cache, 'n'),
        amount: 1n,
        ttlMs: 9,
        ttlOnCreateOnly: false,
      }),
      routing.submit({ kind: 'ttl', ...target(routing.cache, 'key'), mode: 'set', ttlMs: 9 }),
    ];
    routing.turn()[0]!.fail({ sent: true, reason: 'ECONNRESET' });
    expect(kinds.map(outcomeOf)).toEqual(Array(5).fill('outcome_unknown'));
    routing.timers.advance(2_000);
    expect(routing.transport.sent).toHaveLength(1);
  });

  it('a sent write with an idempotency mark is sent again, and done once', () => {
    const write = routing.submit({
      kind: 'increment',
      ...target(routing.cache, 'n'),
      amount: 1n,
      ttlMs: 60_000,
      ttlOnCreateOnly: false,
      ...mark,
    });
    const [frame] = routing.turn();
    routing.replyTo(frame!);
    frame!.fail({ sent: true, reason: 'ECONNRESET' });
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomeOf(write)).toBe('done');
    expect(write.result).toMatchObject({ replayed: true });
    expect(new TextDecoder().decode(write.result!.item!.value)).toBe('1');
  });

  it('a sent read is sent again', () => {
    routing.set('key');
    routing.answerAll();
    const read = routing.get('key');
    routing.turn()[0]!.fail({ sent: true, reason: 'ECONNRESET' });
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomeOf(read)).toBe('done');
  });

  it('a marked write whose first answer was lost, and then met a full lane, waits for room and is done once', () => {
    const fill = (): void => {
      while (outcomeOf(routing.set('waiting')) === '');
    };
    const write = routing.set('key', mark);
    const [frame] = routing.turn();
    fill();
    routing.turn();
    routing.replyTo(frame!);
    frame!.fail({ sent: true, reason: 'ECONNRESET' });
    fill();
    expect(outcomeOf(write)).toBe('');
    routing.timers.advance(hopLimits.retryDelayMsMin);
    expect(outcomeOf(write)).toBe('');
    routing.answerAll();
    routing.timers.advance(hopLimits.retryDelayMsMax);
    routing.answerAll();
    expect(write.result).toMatchObject({ status: 'done', replayed: true });
  });

  it.each(['idempotency_full', 'overloaded'])(
    'a marked write whose first answer was lost, and then met %s: outcome_unknown',
    (refusal) => {
      const write = routing.set('key', mark);
      const [frame] = routing.turn();
      routing.replyTo(frame!);
      frame!.fail({ sent: true, reason: 'ECONNRESET' });
      // It was done, and the node that would know is another one now, or has no time or room.
      routing.nodes.a = routing.nodes.b;
      routing.nodes.a.slots.apply(testView(2, [nodeB]));
      if (refusal === 'idempotency_full') routing.nodes.a.idempotency.recall = () => 'no_room';
      routing.timers.advance(hopLimits.retryDelayMsMin);
      for (const sent of routing.turn()) {
        if (refusal === 'overloaded') sent.reply(routing.nodes.a.executor.execute(sent.bytes, -1e9, () => {})!);
        else routing.answer(sent);
      }
      expect(outcomeOf(write)).toBe('outcome_unknown');
    },
  );

  it('moved: refreshes the state and sends to the new primary as soon as it is known', () => {
    const view = testView(2, [nodeA, nodeB], () => [2, 1, [1], []]);
    for (const node of Object.values(routing.nodes)) node.slots.apply(view);
    const outcomes = [routing.set('one'), routing.get('one')];
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['', '']);
    expect(routing.source.refreshes).toBe(2);
    routing.source.set({ view });
    expect(routing.turn().map(({ url }) => url)).toEqual([nodeB.url, nodeB.url]);
    routing.answerAll();
    expect(outcomes.map(outcomeOf)).toEqual(['done', expect.stringMatching(/done|missing/)]);
  });

  it('behind: tried again until the node knows the cache', () => {
    routing.source.set({ registry: testRegistry(2, { cache: 1, fresh: 2 }) });
    const fresh = routing.client.directory.find('main', 'fresh')!;
    const write = routing.submit({ kind: 'delete', ...target(fresh, 'key') });
    routing.answerAll();
    expect(outcomeOf(write)).toBe('');
    expect(routing.nodes.a.behind).toBe(1);
    routing.nodes.a.executor.applyRegistry(testRegistry(2, { cache: 1, fresh: 2 }));
    routing.timers.advance(hopLimits.retryDelayMsMin);
    routing.answerAll();
    expect(outcomeOf(write)).toBe('done');
  });

  it('flushed while under way: done in the new generation', () => {
    const write = routing.set('key');
    const [frame] = routing.turn();
    routing.nodes.a.executor.applyRegistry(testRegistry(2, { cache: 7 }));
    routing.answer(frame!);
    routing.source.set({ registry: testRegistry(2, { cache: 7 }) });
    routing.answerAll();
    expect(outcomeOf(write)).toBe('done');
    expect(outcomeOf(routing.get('key'))).toBe('');
    routing.answerAll();
  });

  it('deferred: asked for alone, on the bulk lane', () => {
    const value = new Uint8Array(100_000);
    routing.set('large', { value });
    routing.set('small');
    routing.answerAll();
    const outcomes = [routing.get('large'), routing.get('small')];
    routing.answer(routing.turn()[0]!);
    expect(outcomes.map(outcomeOf)).toEqual(['', 'done']);
    expect(routing.turn().map(({ lane, keys }) => [lane, ...keys])).toEqual([['bulk_read', 'large']]);
    routing.answerAll();
    expect(outcomes[0]!.result!.item!.value).toEqual(value);
  });

  it('deferred though alone: an error, and no endless loop', () => {
    const read = routing.get('key');
    for (let round = 0; round < 2; round++) {
      const [frame] = routing.turn();
      const reply = routing.replyTo(frame!);
      reply[32] = 14;
      frame!.reply(reply);
    }
    expect(outcomeOf(read)).toBe('internal_error');
  });
});

describe('changes of the state', () => {
  it('a cache deleted while its operation waits: cache_not_found', () => {
    routing.occupy(() => routing.get('under way'));
    const waiting = routing.get('waiting');
    routing.nodes.a.executor.applyRegistry(testRegistry(2, {}));
    routing.source.set({ registry: testRegistry(2, {}) });
    routing.answerAll();
    routing.timers.advance(hopLimits.retryDelayMsMax);
    routing.answerAll();
    expect(outcomeOf(waiting)).toBe('cache_not_found');
  });

  it('a cache deleted between two attempts: cache_not_found at once', () => {
    const read = routing.get('key');
    routing.turn()[0]!.fail({ sent: false, reason: 'ECONNREFUSED' });
    routing.source.set({ registry: testRegistry(2, {}) });
    expect(outcomeOf(read)).toBe('cache_not_found');
  });

  it('a handle of a deleted cache that is still held: cache_not_found', () => {
    const { cache } = routing;
    routing.source.set({ registry: testRegistry(2, {}) });
    expect(outcomeOf(routing.submit({ kind: 'get', ...target(cache, 'key') }))).toBe('cache_not_found');
    expect(routing.turn()).toEqual([]);
  });

  it('a node that leaves the view: what waits goes another way, what was sent is unknown or asked again', () => {
    const sent = [routing.set('sent'), routing.set('sent and marked', mark), routing.get('sent')];
    routing.turn();
    for (let index = 1; index < hopLimits.laneFramesInFlightMax; index++) {
      routing.set('another frame');
      routing.turn();
    }
    const waiting = routing.set('waiting');
    routing.nodes.b.slots.apply(testView(2, [nodeB]));
    routing.source.set({ view: testView(2, [nodeB]) });
    expect(routing.transport.closed).toEqual([nodeA.url]);
    routing.timers.advance(hopLimits.retryDelayMsMin);
    expect(new Set(routing.turn().map(({ url }) => url))).toEqual(new Set([nodeB.url]));
    routing.answerAll();
    expect([...sent, waiting].map(outcomeOf)).toEqual(['outcome_unknown', 'done', 'missing', 'done']);
  });

  it('a node that restarted at its address gets new connections', () => {
    routing.get('key');
    routing.answerAll();
    routing.source.set({ view: testView(2, [testNode('a', nodeA.url, 'a-2')]) });
    expect(routing.transport.closed).toEqual([nodeA.url]);
    routing.get('key');
    expect(routing.turn()).toHaveLength(1);
  });

  it('an older view or registry changes nothing', () => {
    routing.source.set({ view: testView(5, [nodeA]) });
    routing.source.set({ view: testView(4, [nodeB]), registry: testRegistry(0, {}) });
    expect(routing.client.viewNumber()).toBe(5);
    expect(routing.cache).toBeDefined();
  });

  it('close: whatever is under way, waiting or between two attempts settles', () => {
    const sent = routing.occupy((index) => routing.set(`sent ${index}`));
    const outcomes = [routing.get('between')];
    routing
      .turn()
      .find(({ lane }) => lane === 'read')!
      .fail({ sent: false, reason: 'ECONNREFUSED' });
    outcomes.push(routing.set('waiting'), routing.get('not even gathered'));
    routing.client.close();
    outcomes.push(routing.get('afterwards'));
    routing.turn();
    routing.turn();
    expect(new Set(sent.map(outcomeOf))).toEqual(new Set(['outcome_unknown']));
    expect(outcomes.map(outcomeOf)).toEqual(Array(4).fill('storage_unavailable'));
    routing.timers.advance(10_000);
    expect(routing.timers.count).toBe(0);
  });
});

describe('answers that cannot be trusted', () => {
  const spoilers: [string, (reply: Uint8Array) => Uint8Array][] = [
    ['another frame id', (reply) => reply.with(8, reply[8]! ^ 1)],
    ['another upper half of the frame id', (reply) => reply.with(12, reply[12]! ^ 1)],
    ['another key hash', (reply) => reply.with(36, reply[36]! ^ 1)],
    ['another slot', (reply) => reply.with(34, reply[34]! ^ 1)],
    [
      'the second result of another operation',
      (reply) => reply.with(reply.length - 1, 0).subarray(0, reply.length - 1),
    ],
    ['no frame at all', () => new TextEncoder().encode('<html>a proxy says hello</html>')],
    ['nothing', () => new Uint8Array(0)],
  ];

  it.each(spoilers)(
    '%s: the lane’s connections are broken and no result of the frame is handed out',
    (_name, spoil) => {
      routing.set('one');
      routing.set('two');
      routing.answerAll();
      const reads = [routing.get('one'), routing.get('two')];
      const [frame] = routing.turn();
      frame!.reply(spoil(routing.replyTo(frame!)));
      expect(reads.map(outcomeOf)).toEqual(['', '']);
      expect(routing.transport.resets).toEqual([`${nodeA.url} read`]);
      expect(routing.client.metrics.repliesRejected).toBe(1);
      routing.timers.advance(hopLimits.retryDelayMsMin);
      routing.answerAll();
      expect(reads.map(({ result }) => new TextDecoder().decode(result!.item!.value))).toEqual([
        'value of one',
        'value of two',
      ]);
    },
  );

  it('a write that was answered so is unknown', () => {
    const write = routing.set('key');
    const [frame] = routing.turn();
    frame!.reply(spoilers[0]![1](routing.replyTo(frame!)));
    expect(outcomeOf(write)).toBe('outcome_unknown');
  });

  it('the answers of two frames, swapped: neither is handed out', () => {
    const outcomes = [routing.set('one', large), routing.set('two', large)];
    const [first, second] = routing.turn();
    const replies = [routing.replyTo(first!), routing.replyTo(second!)];
    first!.reply(replies[1]!);
    if (second!.open) second!.reply(replies[0]!);
    expect(outcomes.map(outcomeOf)).toEqual(['outcome_unknown', 'outcome_unknown']);
  });

  it('a node that says it failed: internal_error', () => {
    const write = routing.set('key');
    const [frame] = routing.turn();
    expect(frame!.codes).toEqual([operationCodes.set]);
    const reply = routing.replyTo(frame!);
    frame!.reply(
      Uint8Array.from([...reply.subarray(0, 32), 16, 0, ...reply.subarray(34, 40), 0, 0, 0, 0])
        .with(4, 44)
        .with(5, 0),
    );
    expect(outcomeOf(write)).toBe('internal_error');
  });
});
