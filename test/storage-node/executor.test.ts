import { beforeEach, describe, expect, it } from 'vitest';
import { operationCodes, statusCode } from '../../src/shared/frame/layout.ts';
import { hopLimits, limits } from '../../src/shared/limits.ts';
import type {
  CacheHandle,
  IdempotencyMark,
  Operation,
  OperationResult,
  WriteOperation,
} from '../../src/shared/operation.ts';
import { octetStream, resultStatuses } from '../../src/shared/operation.ts';
import { slotCount, slotOf } from '../../src/shared/slots.ts';
import type { NamespacePolicy } from '../../src/storage-node/engine/storage-engine.ts';
import { nodeLimits } from '../../src/storage-node/limits.ts';
import { target, testCache, testNode, testRegistry, testView, utf8 } from '../support/fleet-state.ts';
import { requestFrame, TestStorage } from '../support/storage.ts';
import { NaiveEngine } from './engine/naive-engine.ts';

const cache = testCache();
const at = target(cache, 'key');
const text = (result: OperationResult): string | undefined =>
  result.item?.value && new TextDecoder().decode(result.item.value);
const markOf = (id: number, fingerprint = 1): IdempotencyMark => ({
  id: new Uint8Array(16).fill(id),
  fingerprint: new Uint8Array(16).fill(fingerprint),
});
const increment = (more: object = {}): Operation => ({
  kind: 'increment',
  ...at,
  amount: 1n,
  ttlMs: 3_600_000,
  ttlOnCreateOnly: false,
  ...more,
});
const setTo = (value: string | Uint8Array, more: object = {}): WriteOperation => ({
  kind: 'set',
  ...at,
  value: typeof value === 'string' ? utf8(value) : value,
  contentType: octetStream,
  ttlMs: 3_600_000,
  ...more,
});
const get: Operation = { kind: 'get', ...at };

let node: TestStorage;
beforeEach(() => {
  node = new TestStorage();
});

describe('executor: idempotency', () => {
  it('the same mark and request give the first answer, without doing it again', () => {
    const marked = increment({ idempotency: markOf(1) });
    const first = node.run(marked);
    expect(first).toMatchObject({ status: 'done', replayed: false });
    node.clock.advance(1_000);
    expect(node.run(marked)).toEqual({ ...first, replayed: true });
    expect(node.run(marked)).toEqual({ ...first, replayed: true });
    expect(text(node.run(get))).toBe('1');
  });

  it('in one frame too', () => {
    const marked = increment({ idempotency: markOf(1) });
    const results = node.frame([marked, get, marked, increment({ idempotency: markOf(2) }), get]);
    expect(results.map(text)).toEqual(['1', '1', '1', '2', '2']);
    expect(results.map(({ replayed }) => replayed)).toEqual([false, false, true, false, false]);
  });

  it('a taken value is answered again', () => {
    node.run(setTo('value', { contentType: 'text/plain' }));
    const take: Operation = { kind: 'take', ...at, idempotency: markOf(1) };
    const first = node.run(take);
    expect(text(first)).toBe('value');
    expect(node.run(take)).toEqual({ ...first, replayed: true });
  });

  it('another request under the same mark is refused, and the record stays', () => {
    const marked = increment({ idempotency: markOf(1) });
    const first = node.run(marked);
    expect(node.run(setTo('x', { idempotency: markOf(1, 2) }))).toMatchObject({
      status: 'idempotency_key_reused',
      item: null,
    });
    expect(node.run(marked)).toEqual({ ...first, replayed: true });
    expect(text(node.run(get))).toBe('1');
  });

  it.each<[string, string | undefined, Operation]>([
    ['missing', undefined, { kind: 'take', ...at, idempotency: markOf(1) }],
    ['condition_not_met', undefined, setTo('x', { condition: { ifMatch: '*' }, idempotency: markOf(1) })],
    ['bound_reached', '5', increment({ max: 5n, idempotency: markOf(1) })],
    ['ttl_not_changed', 'x', { kind: 'ttl', ...at, mode: 'raise', ttlMs: 1, idempotency: markOf(1) }],
    ['not_an_integer', 'x', increment({ idempotency: markOf(1) })],
    ['integer_overflow', String(2n ** 63n - 1n), increment({ idempotency: markOf(1) })],
  ])('%s is an answer, and remembered', (status, value, operation) => {
    if (value !== undefined) node.run(setTo(value));
    const first = node.run(operation);
    expect(first).toMatchObject({ status, replayed: false });
    node.run({ kind: 'delete', ...at });
    node.run(setTo('1'));
    expect(node.run(operation)).toEqual({ ...first, replayed: true });
    expect(text(node.run(get))).toBe('1');
  });

  it('a passing refusal is not remembered: cache_full', () => {
    node = new TestStorage({ engine: new NaiveEngine({ memoryBytes: 100 }) });
    node.executor.applyRegistry(testRegistry(2, { cache: 1 }, { eviction: 'none' }));
    node.run({ ...setTo(new Uint8Array(60)), ...target(cache, 'other') });
    const marked = setTo('thirty bytes are too many here', { idempotency: markOf(1) });
    expect(node.run(marked).status).toBe('cache_full');
    expect(node.idempotency.size).toBe(0);
    node.run({ kind: 'delete', ...target(cache, 'other') });
    expect(node.run(marked)).toMatchObject({ status: 'done', replayed: false });
  });

  it('a passing refusal is not remembered: moved, behind, overloaded, deferred', () => {
    const marked = increment({ idempotency: markOf(1) });
    node.slots.apply(testView(2, [testNode('a')], () => [2, 1, [], []]));
    expect(node.run(marked).status).toBe('moved');
    node.slots.apply(testView(3, [testNode('a')], () => [3, 2, [0], []]));
    node.waitForLeases();
    expect(node.run({ ...marked, cache: testCache('cache', 5) }).status).toBe('behind');
    expect(node.frame([marked], { deadlineMs: 0 })[0]!.status).toBe('overloaded');
    expect(node.idempotency.size).toBe(0);
    node.run(setTo(new Uint8Array(hopLimits.ownFrameBytes + 1)));
    const take: Operation = { kind: 'take', ...at, idempotency: markOf(1) };
    expect(node.frame([take, get])[0]!.status).toBe('deferred');
    expect(node.idempotency.size).toBe(0);
    expect(node.run(take)).toMatchObject({
      status: 'done',
      replayed: false,
      item: { valueLength: hopLimits.ownFrameBytes + 1 },
    });
  });

  it('without room for the record the write is refused before it is done', () => {
    node = new TestStorage({ idempotencyBytesMax: nodeLimits.idempotencyRecordBytes });
    node.run(increment({ idempotency: markOf(1) }));
    expect(node.run(increment({ idempotency: markOf(2) }))).toMatchObject({ status: 'idempotency_full', item: null });
    expect(text(node.run(get))).toBe('1');
    expect(node.run(increment({ idempotency: markOf(1) })).replayed).toBe(true);
    node.clock.advance(limits.idempotencyWindowMs);
    expect(text(node.run(increment({ idempotency: markOf(2) })))).toBe('2');
  });

  it('after its window a mark is a new one', () => {
    const marked = increment({ idempotency: markOf(1) });
    node.run(marked);
    node.clock.advance(limits.idempotencyWindowMs - 1);
    expect(node.run(marked)).toMatchObject({ replayed: true });
    node.clock.advance(1);
    expect(node.run(marked)).toMatchObject({ replayed: false });
    expect(text(node.run(get))).toBe('2');
  });

  it('a mark that comes with another target is refused: its answer would belong to another operation', () => {
    node.run(increment({ idempotency: markOf(1) }));
    const elsewhere = increment({ ...target(cache, 'other'), idempotency: markOf(1) });
    expect(node.frame([get, elsewhere, get]).map(({ status }) => status)).toEqual([
      'done',
      'idempotency_key_reused',
      'done',
    ]);
  });

  it('claim: takes its mark and does nothing else', () => {
    const claim: Operation = { kind: 'claim', ...at, idempotency: markOf(1) };
    expect(node.run(claim)).toMatchObject({ status: 'done', item: null, replayed: false });
    expect(node.run(claim)).toMatchObject({ status: 'done', item: null, replayed: true });
    expect(node.run({ ...claim, idempotency: markOf(1, 2) }).status).toBe('idempotency_key_reused');
    expect(node.slots.nextSequence(slotOf(at.hash))).toBe(1);
  });
});

describe('executor: what it does not serve', () => {
  it('moved: a slot whose primary is another node, or another life of this one', () => {
    const [a, b] = [testNode('a'), testNode('b')];
    node.slots.apply(testView(2, [b, a], (slot) => [2, 1, slot === slotOf(at.hash) ? [0, 1] : [1, 0], []]));
    expect(node.run(get).status).toBe('moved');
    expect(node.run(setTo('x')).status).toBe('moved');
    expect(node.slots.slotsServed()).toBe(slotCount - 1);
    node.slots.apply(testView(3, [testNode('a', 'http://a.test', 'a-2')]));
    expect(node.run(get).status).toBe('moved');
    expect(node.slots.slotsServed()).toBe(0);
  });

  it('an older view is ignored', () => {
    node.slots.apply(testView(5, [testNode('a')]));
    node.slots.apply(testView(4, [testNode('b')]));
    expect(node.slots.viewNumber).toBe(5);
    expect(node.run(get).status).toBe('missing');
  });

  it('behind: a namespace that it does not know, and asks for news when the frame knows more', () => {
    const unknown: CacheHandle = { ...cache, namespace: 9 };
    expect(node.run({ ...get, cache: unknown }).status).toBe('behind');
    expect(node.behind).toBe(0);
    expect(node.frame([{ ...get, cache: unknown }], { registryRevision: 2 })[0]!.status).toBe('behind');
    expect(node.behind).toBe(1);
    node.frame([get], { viewNumber: 2 });
    expect(node.behind).toBe(2);
    node.executor.applyRegistry(testRegistry(2, { cache: 1, other: 9 }));
    expect(node.run({ ...get, cache: unknown }).status).toBe('missing');
  });

  it('an older registry is ignored', () => {
    node.executor.applyRegistry(testRegistry(5, { cache: 1, other: 2 }));
    node.executor.applyRegistry(testRegistry(4, {}));
    expect(node.run({ ...get, cache: testCache('other', 2) }).status).toBe('missing');
  });

  it('a dropped cache’s items are gone, even when its namespace came back', () => {
    node.run(setTo('value'));
    node.executor.applyRegistry(testRegistry(2, {}));
    expect(node.run(get).status).toBe('behind');
    node.executor.applyRegistry(testRegistry(3, { cache: 1 }));
    expect(node.run(get).status).toBe('missing');
  });

  it('overloaded: a frame that waited past its deadline is not executed', () => {
    const operations = [setTo('x'), get];
    const results = node.frame(operations, { deadlineMs: 0 });
    expect(results.map(({ status }) => status)).toEqual(['overloaded', 'overloaded']);
    expect(node.run(get).status).toBe('missing');
  });

  it('deferred: a large value among others, but not alone', () => {
    node.run(setTo(new Uint8Array(hopLimits.ownFrameBytes + 1)));
    for (const kind of ['get', 'take'] as const)
      expect(
        node
          .frame([
            { kind, ...at },
            { kind: 'describe', ...at },
          ])
          .map(({ status }) => status),
      ).toEqual(['deferred', 'done']);
    const swap = { ...setTo('new'), kind: 'swap' } as Operation;
    expect(node.frame([swap, get]).map(({ status }) => status)).toEqual(['deferred', 'deferred']);
    expect(node.run(swap)).toMatchObject({ status: 'done', item: { valueLength: hopLimits.ownFrameBytes + 1 } });
    expect(text(node.run(get))).toBe('new');
  });

  it('deferred: what would make the reply too large is left undone, a write too', () => {
    node.run(setTo(new Uint8Array(hopLimits.ownFrameBytes)));
    const gets = Array.from({ length: 200 }, () => get);
    const results = node.frame([...gets, setTo('late')]);
    const first = results.findIndex(({ status }) => status === 'deferred');
    expect(first).toBeGreaterThan(100);
    expect(new Set(results.slice(0, first).map(({ status }) => status))).toEqual(new Set(['done']));
    expect(new Set(results.slice(first).map(({ status }) => status))).toEqual(new Set(['deferred']));
    expect(node.run(get).item!.valueLength).toBe(hopLimits.ownFrameBytes);
  });
});

describe('executor: versions', () => {
  it('each slot counts its writes from 1 without a gap; what changes nothing takes no number', () => {
    const other = target(cache, 'other');
    expect(slotOf(other.hash)).not.toBe(slotOf(at.hash));
    const sequenceOf = (operation: Operation) => node.run(operation).item?.version.sequence;
    expect(sequenceOf(setTo('1'))).toBe(1);
    expect(sequenceOf({ ...setTo('1'), ...other })).toBe(1);
    expect(sequenceOf(increment())).toBe(2);
    expect(sequenceOf(get)).toBe(2);
    node.run(setTo('x', { condition: { value: { kind: 'absent' } } }));
    node.run(increment({ max: 0n }));
    node.run({ kind: 'ttl', ...at, mode: 'raise', ttlMs: 1 });
    expect(sequenceOf({ kind: 'ttl', ...at, mode: 'set', ttlMs: 50_000 })).toBe(3);
    node.run({ kind: 'delete', ...at });
    node.run({ kind: 'delete', ...at });
    node.run({ kind: 'take', ...at });
    expect(sequenceOf({ ...setTo('x'), kind: 'swap' } as Operation)).toBe(5);
    node.run({ kind: 'take', ...at });
    expect(sequenceOf(setTo('x'))).toBe(7);
    expect(sequenceOf({ ...setTo('x'), ...other })).toBe(2);
  });

  it('a new data epoch hides what the slot held, at once and for every operation', () => {
    const emptied = (number: number, dataEpoch: number) =>
      testView(number, [testNode('a')], (slot) => [number, slot === slotOf(at.hash) ? dataEpoch : 1, [0], []]);
    const other = target(cache, 'other');
    node.run(setTo('41'));
    node.run({ ...setTo('stays'), ...other });
    node.slots.apply(emptied(2, 2));
    node.waitForLeases();
    for (const operation of [
      get,
      { kind: 'describe', ...at },
      { kind: 'take', ...at },
      { kind: 'ttl', ...at, mode: 'set', ttlMs: 9 },
    ] as Operation[])
      expect(node.run(operation)).toMatchObject({ status: 'missing', item: null });
    expect(node.run(setTo('x', { condition: { ifMatch: '*' } }))).toMatchObject({
      status: 'condition_not_met',
      item: null,
    });
    expect(node.run({ kind: 'delete', ...at })).toMatchObject({ existed: false });
    expect(text(node.run({ kind: 'get', ...other }))).toBe('stays');
    const counted = node.run(increment());
    expect([text(counted), counted.item!.version]).toEqual(['1', { dataEpoch: 2, sequence: 1 }]);
    node.slots.apply(emptied(3, 2));
    expect(text(node.run(get))).toBe('1');
  });

  it('a tag of an older data epoch matches nothing', () => {
    const { version } = node.run(setTo('x')).item!;
    node.slots.apply(testView(2, [testNode('a')], () => [2, 2, [0], []]));
    node.waitForLeases();
    node.run(setTo('y'));
    expect(node.run(setTo('z', { condition: { ifMatch: [version] } })).status).toBe('condition_not_met');
    expect(node.run(setTo('z', { condition: { ifMatch: [{ ...version, sequence: 1 }] } })).status).toBe(
      'condition_not_met',
    );
    expect(node.run(setTo('z', { condition: { ifMatch: [{ dataEpoch: 2, sequence: 1 }] } })).status).toBe('done');
  });
});

describe('executor: policies of namespaces', () => {
  it('the engine is told eviction and share of each; shares that end, before those that begin', () => {
    const told: [namespace: number, policy: NamespacePolicy][] = [];
    class RecordingEngine extends NaiveEngine {
      override declareNamespace(namespace: number, policy: NamespacePolicy): void {
        told.push([namespace, policy]);
        super.declareNamespace(namespace, policy);
      }
    }
    node = new TestStorage({ engine: new RecordingEngine({ memoryBytes: 1e6 }) });
    const ofShares = (revision: number, first: number, second: number) => {
      const { caches } = testRegistry(revision, { first: 2, second: 3 }, { eviction: 'none' });
      const [a, b] = caches.map((cache, index) => ({
        ...cache,
        settings: { ...cache.settings, memory_share: index === 0 ? first : second },
      }));
      return { revision, caches: [a!, b!] };
    };
    node.executor.applyRegistry(ofShares(2, 0, 0.5));
    expect(told.splice(0)).toEqual([
      [1, { evictable: true, share: 0 }],
      [2, { evictable: false, share: 0 }],
      [3, { evictable: false, share: 0.5 }],
    ]);
    node.executor.applyRegistry(ofShares(3, 0.5, 0));
    expect(told).toEqual([
      [3, { evictable: false, share: 0 }],
      [2, { evictable: false, share: 0.5 }],
    ]);
  });
});

describe('executor: traces', () => {
  it('each operation of a trace is told, with its ids and outcome, and no other', () => {
    const trace = Uint8Array.from({ length: 24 }, (_, index) => index);
    node.execute(requestFrame([get, setTo('x')], {}, trace));
    node.execute(requestFrame([get]));
    const ids = { traceId: '000102030405060708090a0b0c0d0e0f', parentId: '1011121314151617' };
    expect(node.traced).toEqual([
      { ...ids, kind: 'get', status: 'missing' },
      { ...ids, kind: 'set', status: 'done' },
    ]);
  });
});

describe('executor: counts', () => {
  it('operations by kind and outcome, hits and misses by cache, time by frame', () => {
    const { metrics } = node.executor;
    node.frame([get, setTo('x'), get, get, { kind: 'describe', ...at }]);
    const count = (kind: keyof typeof operationCodes, status: keyof typeof statusCode) =>
      metrics.operations[operationCodes[kind] * resultStatuses.length + statusCode[status]];
    expect([count('get', 'missing'), count('get', 'done'), count('set', 'done'), count('describe', 'done')]).toEqual([
      1, 2, 1, 1,
    ]);
    expect(metrics.reads.get(1)).toEqual({ hits: 2, misses: 1 });
    expect(metrics.frames).toBe(1);
    node.executor.applyRegistry(testRegistry(2, { other: 2 }));
    expect(metrics.reads.has(1)).toBe(false);
  });

  it('a deferred read is neither a hit nor a miss', () => {
    node.run(setTo(new Uint8Array(hopLimits.ownFrameBytes + 1)));
    node.frame([get, get]);
    expect(node.executor.metrics.reads.get(1)).toEqual({ hits: 0, misses: 0 });
  });
});
