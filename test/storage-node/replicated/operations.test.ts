import { beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../../src/shared/limits.ts';
import type { Operation, OperationResult, SetOperation } from '../../../src/shared/operation.ts';
import { slotOf } from '../../../src/shared/slots.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { replicationTimes } from '../../../src/storage-node/replication/times.ts';
import { target, testCache, utf8 } from '../../support/fleet-state.ts';
import { NaiveEngine } from '../engine/naive-engine.ts';
import { Cluster, toldMs } from './cluster.ts';

const cache = testCache();
const at = target(cache, 'key');
const get: Operation = { kind: 'get', ...at };
const set = (value: string | Uint8Array, key = 'key', more: Partial<SetOperation> = {}): SetOperation => ({
  kind: 'set',
  ...target(cache, key),
  value: typeof value === 'string' ? utf8(value) : value,
  contentType: 'text/plain',
  ttlMs: 60_000,
  ...more,
});
const increment = (mark?: number): Operation => ({
  kind: 'increment',
  ...target(cache, 'counter'),
  amount: 1n,
  ttlMs: 60_000,
  ttlOnCreateOnly: false,
  ...(mark === undefined ? {} : { idempotency: markOf(mark) }),
});
const markOf = (id: number) => ({ id: new Uint8Array(16).fill(id), fingerprint: new Uint8Array(16).fill(7) });
const text = (result: OperationResult): string => Buffer.from(result.item!.value).toString();

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster(['a', 'b', 'c']).serve('a', 'b');
});

describe('writes', () => {
  it('are answered when the copy has them, and not before', () => {
    const sent = cluster.node('a').send([set('value')]);
    expect(sent.results).toBeNull();
    cluster.settle();
    expect(sent.results![0]!.status).toBe('done');
    expect(cluster.contents('b')).toEqual(cluster.contents('a'));
    expect(cluster.node('a').core.executor.uncommitted.total).toBe(0);
  });

  it('wait for a copy that does not answer; reads of other keys do not', () => {
    cluster.cut.add(cluster.node('b').life);
    const sent = cluster.node('a').send([set('value')]);
    cluster.settle();
    expect(sent.results).toBeNull();
    expect(cluster.node('a').send([{ kind: 'get', ...target(cache, 'other') }]).results![0]!.status).toBe('missing');
  });

  it.each<[string, Operation, string | undefined]>([
    ['set', set('new'), 'new'],
    ['swap', { ...set('new'), kind: 'swap' }, 'new'],
    ['delete', { kind: 'delete', ...at }, undefined],
    ['take', { kind: 'take', ...at }, undefined],
    ['increment', { kind: 'increment', ...at, amount: 2n, ttlMs: 5_000, ttlOnCreateOnly: false }, '42'],
    ['ttl', { kind: 'ttl', ...at, mode: 'lower', ttlMs: 1_000 }, '40'],
  ])('%s: leaves the same on both nodes', (_, operation, left) => {
    cluster.run('a', set('40'));
    cluster.run('a', operation);
    expect(cluster.contents('b')).toEqual(cluster.contents('a'));
    expect(cluster.contents('b').get('key')?.value).toBe(left);
    cluster.view(['b', 'a']);
    cluster.settle();
    const moved = cluster.run('b', get);
    expect(moved.status).toBe(left === undefined ? 'missing' : 'done');
    if (left !== undefined) expect([text(moved), moved.item!.contentType]).toEqual([left, 'text/plain']);
  });

  it.each(['delete', 'take'] as const)('%s of an item that only the copy still has: it does not come back', (kind) => {
    cluster.run('a', set('value'));
    cluster.node('a').core.engine.remove(1, at.key, 0, at.key.length, cluster.clock.monotonicMs());
    expect(cluster.contents('b').size).toBe(1);
    expect(cluster.run('a', { kind, ...at }).status).toBe(kind === 'delete' ? 'done' : 'missing');
    expect(cluster.contents('b').size).toBe(0);
    cluster.view(['b', 'a']);
    cluster.settle();
    expect(cluster.run('b', get).status).toBe('missing');
  });

  it('a change of the TTL reaches a copy that had dropped the item for want of memory', () => {
    cluster.run('a', set('value'));
    cluster.node('b').core.engine.remove(1, at.key, 0, at.key.length, cluster.clock.monotonicMs());
    cluster.run('a', { kind: 'ttl', ...at, mode: 'set', ttlMs: 9_000 });
    expect(cluster.contents('b')).toEqual(cluster.contents('a'));
    expect(cluster.contents('b').size).toBe(1);
  });

  it('past the bound of what may wait, they are refused before anything is done', () => {
    cluster.cut.add(cluster.node('b').life);
    const value = new Uint8Array(5_000_000);
    let sent = 0;
    while (cluster.node('a').core.executor.uncommitted.total < nodeLimits.uncommittedBytesMax) {
      cluster.node('a').send([set(value, `large ${sent++ % 2}`)]);
      cluster.settle();
    }
    expect(sent).toBe(Math.ceil(nodeLimits.uncommittedBytesMax / 5_000_000));
    expect(cluster.node('a').send([set('small')]).results![0]!.status).toBe('overloaded');
    expect(cluster.node('a').send([get]).results![0]!.status).toBe('missing');
  });

  it('min_in_sync: refused when fewer copies are in sync, and reads are not', () => {
    cluster = new Cluster(['a', 'b'], { min_in_sync: 2 }).serve('a', 'b');
    expect(cluster.run('a', set('value')).status).toBe('done');
    cluster.kill('b');
    cluster.view(['a']);
    cluster.settle();
    expect(cluster.node('a').send([set('other')]).results![0]!.status).toBe('not_enough_copies');
    expect(text(cluster.run('a', get))).toBe('value');
  });
});

describe('min_in_sync and a copy that goes silent', () => {
  const other = { kind: 'get', ...target(cache, 'other') } as const;
  const leaveOut = (...left: string[]): void => {
    cluster.view(left);
    cluster.settle();
  };
  /** Moves the slots to the copy with a view that does not reach the old primary. */
  const moveBehindItsBack = (): void => {
    const old = cluster.node('a');
    old.endTurn();
    old.alive = false;
    cluster.view(['b', 'a']);
    old.alive = true;
  };
  beforeEach(() => {
    cluster = new Cluster(['a', 'b', 'c'], { min_in_sync: 2 }).serve('a', 'b');
  });

  it('a write that only the primary has when its copy is left out: its outcome is unknown', () => {
    const { life } = cluster.node('b');
    cluster.cut.add(life);
    cluster.cut.add(cluster.node('a').life);
    const sent = cluster.node('a').send([set('value')]);
    cluster.advance(replicationTimes.firstPatienceMs + replicationTimes.tickMs);
    expect(sent.results).toBeNull();
    const slot = slotOf(at.hash);
    expect(cluster.node('a').proposals).toContainEqual(expect.objectContaining({ slot, kind: 'shrink', life }));
    leaveOut('a');
    expect(sent.results![0]!.status).toBe('unknown');
    // It was done here, and reads demand nothing.
    expect(text(cluster.run('a', get))).toBe('value');
    expect(cluster.contents('b').size).toBe(0);
  });

  it('the same in a cache that demands one copy: it is done', () => {
    cluster = new Cluster(['a', 'b']).serve('a', 'b');
    cluster.cut.add(cluster.node('b').life);
    const sent = cluster.node('a').send([set('value')]);
    cluster.settle();
    leaveOut('a');
    expect(sent.results![0]!.status).toBe('done');
  });

  it('enough copies are left: it is done', () => {
    cluster = new Cluster(['a', 'b', 'c'], { min_in_sync: 2 }).serve('a', 'b', 'c');
    cluster.cut.add(cluster.node('c').life);
    const sent = cluster.node('a').send([set('value')]);
    cluster.settle();
    expect(sent.results).toBeNull();
    leaveOut('a', 'b');
    expect(sent.results![0]!.status).toBe('done');
  });

  it('what the copy acknowledged before is done, whatever becomes of it later', () => {
    const first = cluster.node('a').send([set('first')]);
    cluster.settle();
    cluster.cut.add(cluster.node('b').life);
    const second = cluster.node('a').send([set('second')]);
    cluster.settle();
    leaveOut('a');
    expect([first.results![0]!.status, second.results![0]!.status]).toEqual(['done', 'unknown']);
  });

  it('a frame of many: each write is unknown, each read is answered', () => {
    cluster.cut.add(cluster.node('b').life);
    const operations: Operation[] = [set('1'), other, set('2'), increment(), get, { ...other, kind: 'delete' }];
    const sent = cluster.node('a').send(operations);
    cluster.settle();
    leaveOut('a');
    expect(sent.results!.map(({ status }) => status)).toEqual([
      'unknown',
      'missing',
      'unknown',
      'unknown',
      'done',
      'unknown',
    ]);
  });

  it('reads and failed conditions that wait for such a write are answered: it is committed', () => {
    cluster.cut.add(cluster.node('b').life);
    cluster.node('a').send([set('value')]);
    const read = cluster.node('a').send([get]);
    const claim = cluster.node('a').send([set('mine', 'key', { condition: { value: { kind: 'absent' } } })]);
    cluster.settle();
    expect([read.results, claim.results]).toEqual([null, null]);
    leaveOut('a');
    expect(text(read.results![0]!)).toBe('value');
    expect(claim.results![0]!.status).toBe('condition_not_met');
  });

  it('a marked write: unknown, also to who repeated it meanwhile; refused while copies lack, then answered', () => {
    cluster.cut.add(cluster.node('b').life);
    const [first, again] = [cluster.node('a').send([increment(1)]), cluster.node('a').send([increment(1)])];
    cluster.settle();
    leaveOut('a');
    expect([first, again].map(({ results }) => results![0]!.status)).toEqual(['unknown', 'unknown']);
    expect(cluster.run('a', increment(1)).status).toBe('not_enough_copies');
    cluster.cut.clear();
    cluster.join(['a'], 'b');
    expect(cluster.run('a', increment(1))).toMatchObject({ status: 'done', replayed: true });
    expect(text(cluster.run('a', increment(2)))).toBe('2');
  });

  it('a learner is no copy: with it alone nothing is taken that would be committed at once', () => {
    leaveOut('a');
    cluster.view(['a'], ['b']);
    cluster.settle();
    const { replication } = cluster.node('a').core;
    const next = replication.nextSequence(slotOf(at.hash));
    expect(cluster.run('a', set('value')).status).toBe('not_enough_copies');
    expect(replication.nextSequence(slotOf(at.hash))).toBe(next);
  });

  it('a planned move of which the old primary hears from the new one first: the answer waits for the view', () => {
    const sent = cluster.node('a').send([set('under way')]);
    moveBehindItsBack();
    cluster.advance(toldMs);
    expect(sent.results).toBeNull();
    cluster.view(['b', 'a']);
    cluster.advance(toldMs);
    expect(sent.results![0]!.status).toBe('done');
  });

  it('the same, and no view comes: unknown at the end of the frame’s time', () => {
    const sent = cluster.node('a').send([set('under way')], 1_000);
    moveBehindItsBack();
    cluster.advance(1_000);
    expect(sent.results![0]!.status).toBe('unknown');
    expect(cluster.node('a').core.executor.held.size).toBe(0);
  });

  it('the same, and the view that comes leaves the old primary alone: unknown', () => {
    const sent = cluster.node('a').send([set('under way')]);
    moveBehindItsBack();
    cluster.advance(toldMs);
    expect(sent.results).toBeNull();
    cluster.view(['a']);
    cluster.advance(toldMs);
    expect(sent.results![0]!.status).toBe('unknown');
  });

  it('the same, and the view that comes says that the slot restarts empty: unknown', () => {
    const sent = cluster.node('a').send([set('under way')]);
    moveBehindItsBack();
    cluster.advance(toldMs);
    expect(sent.results).toBeNull();
    cluster.view(['c', 'b'], [], 2);
    cluster.settle();
    expect(sent.results![0]!.status).toBe('unknown');
  });
});

describe('answers that depend on a write under way', () => {
  it.each<[string, Operation, string]>([
    ['a read', get, 'done'],
    ['a description', { kind: 'describe', ...at }, 'done'],
    ['a condition that fails', set('x', 'key', { condition: { value: { kind: 'absent' } } }), 'condition_not_met'],
    ['a TTL that stays', { kind: 'ttl', ...at, mode: 'lower', ttlMs: 90_000 }, 'ttl_not_changed'],
  ])('%s waits for it', (_, operation, status) => {
    const write = cluster.node('a').send([set('value')]);
    const dependent = cluster.node('a').send([operation]);
    expect(dependent.results).toBeNull();
    cluster.settle();
    expect([write.results![0]!.status, dependent.results![0]!.status]).toEqual(['done', status]);
  });

  it('a miss after a removal under way waits for it', () => {
    cluster.run('a', set('value'));
    cluster.node('a').send([{ kind: 'delete', ...at }]);
    const [read, again] = [cluster.node('a').send([get]), cluster.node('a').send([{ kind: 'delete', ...at }])];
    expect([read.results, again.results]).toEqual([null, null]);
    cluster.settle();
    expect([read.results![0]!.status, again.results![0]!.existed]).toEqual(['missing', false]);
  });

  it('later writes of the key go on from what is under way', () => {
    const sent = [1, 2, 3].map(() => cluster.node('a').send([increment()]));
    cluster.settle();
    expect(sent.map(({ results }) => text(results![0]!))).toEqual(['1', '2', '3']);
  });

  it('a frame of reads is not held up for long by one key: that one is to be asked for again', () => {
    cluster.cut.add(cluster.node('b').life);
    cluster.node('a').send([set('value')]);
    const sent = cluster.node('a').send([{ kind: 'get', ...target(cache, 'other') }, get]);
    cluster.advance(nodeLimits.heldReadMsMax);
    expect(sent.results!.map(({ status }) => status)).toEqual(['missing', 'not_ready']);
    expect(cluster.node('a').core.executor.held.size).toBe(1);
  });

  it('a write whose frame’s time is up is answered as unknown, and nothing is left of it', () => {
    cluster.cut.add(cluster.node('b').life);
    const sent = cluster.node('a').send([set('value'), { kind: 'get', ...target(cache, 'other') }], 1_000);
    cluster.advance(1_000);
    expect(sent.results!.map(({ status }) => status)).toEqual(['unknown', 'missing']);
    expect([cluster.node('a').core.executor.held.size, cluster.node('a').core.executor.held.bytes]).toEqual([0, 0]);
  });
});

describe('who serves', () => {
  it('the copy does not, but for balanced reads', () => {
    cluster.run('a', set('value'));
    expect(cluster.node('b').send([get]).results![0]!.status).toBe('moved');
    expect(text(cluster.node('b').send([{ ...get, balanced: true } as Operation]).results![0]!)).toBe('value');
    expect(cluster.node('c').send([{ ...get, balanced: true } as Operation]).results![0]!.status).toBe('moved');
  });

  it('a primary whose lease has run out says that it is not ready, and has done nothing', () => {
    cluster.run('a', set('value'));
    cluster.cut.add(cluster.node('a').life);
    cluster.advance(replicationTimes.leaseMs + replicationTimes.beaconMs);
    const sent = cluster.node('a').send([get, set('other'), { ...get, balanced: true } as Operation]);
    expect(sent.results!.map(({ status }) => status)).toEqual(['not_ready', 'not_ready', 'done']);
    expect(cluster.contents('a').get('key')!.value).toBe('value');
  });

  it('a node that was paused while it executed does not tell what it read', () => {
    cluster.run('a', set('value'));
    const { engine } = cluster.node('a').core;
    const find = engine.find.bind(engine);
    engine.find = (...args) => {
      cluster.clock.advance(replicationTimes.leaseMs);
      return find(...args);
    };
    const before = cluster.node('a').core.executor.metrics.frames;
    const sent = cluster.node('a').send([get]);
    expect(sent.results![0]!).toMatchObject({ status: 'not_ready', item: null });
    expect(cluster.node('a').core.executor.metrics.frames).toBe(before + 1);
  });

  it('a node that was paused between a write and a read in one frame answers the write, not what it read', () => {
    cluster.run('a', set('value'));
    const { engine } = cluster.node('a').core;
    const find = engine.find.bind(engine);
    const sent = (() => {
      engine.find = (...args) => {
        cluster.clock.advance(replicationTimes.leaseMs);
        return find(...args);
      };
      return cluster.node('a').send([set('other', 'another key'), get]);
    })();
    engine.find = find;
    cluster.settle();
    expect(sent.results!.map(({ status }) => status)).toEqual(['done', 'not_ready']);
  });
});

describe('failover', () => {
  it('a killed primary: what was acknowledged is at the copy, versions go on', () => {
    const versions: number[] = [];
    for (let i = 0; i < 200; i++)
      versions.push(cluster.run('a', set(`value ${i}`, `key ${i % 50}`)).item!.version.sequence);
    const before = cluster.contents('a');
    cluster.kill('a');
    cluster.view(['b']);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    expect(cluster.contents('b')).toEqual(before);
    const slot = slotOf(target(cache, 'key 7').hash);
    const last = cluster.node('b').core.replication.nextSequence(slot) - 1;
    expect(cluster.run('b', set('after', 'key 7')).item!.version).toEqual({ dataEpoch: 1, sequence: last + 1 });
  });

  it('a planned move: writes under way are answered by the old primary when the new one has them', () => {
    const sent = cluster.node('a').send([set('under way')]);
    cluster.node('a').endTurn();
    cluster.view(['b', 'a']);
    expect(sent.results).toBeNull();
    cluster.settle();
    expect(sent.results![0]!.status).toBe('done');
    expect(text(cluster.run('b', get))).toBe('under way');
  });

  it('a deposed primary that kept a write to itself: the answer is unknown, and what it read of it is not told', () => {
    cluster.run('a', set('committed'));
    cluster.cut.add(cluster.node('b').life);
    cluster.node('a').core.tick();
    const write = cluster.node('a').send([set('lost')]);
    const read = cluster.node('a').send([get]);
    cluster.settle();
    cluster.cut.clear();
    cluster.view(['b']);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    expect([write.results![0]!.status, read.results![0]!.status]).toEqual(['unknown', 'not_ready']);
    expect(text(cluster.run('b', get))).toBe('committed');
    expect(cluster.contents('a').size).toBe(0);
  });

  it('an increment that is repeated at the new primary under its mark happens once', () => {
    const first = cluster.run('a', increment(1));
    cluster.kill('a');
    cluster.view(['b']);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    const again = cluster.run('b', increment(1));
    expect(again).toMatchObject({ status: 'done', replayed: true, item: { version: first.item!.version } });
    expect(text(cluster.run('b', increment(2)))).toBe('2');
    expect(cluster.run('b', increment(1))).toMatchObject({ replayed: true });
  });

  it('a mark holds at the copy for as long as at the primary, also one of a write that changed nothing', () => {
    const mark = { idempotency: markOf(3) };
    const refused = set('x', 'key', { condition: { value: { kind: 'present' } }, ...mark });
    expect(cluster.run('a', refused).status).toBe('condition_not_met');
    const claim: Operation = { kind: 'claim', ...at, idempotency: markOf(4) };
    expect(cluster.run('a', claim).status).toBe('done');
    cluster.advance(1_000);
    cluster.view(['b', 'a']);
    cluster.settle();
    cluster.run('b', set('now there is one'));
    expect(cluster.run('b', refused)).toMatchObject({ status: 'condition_not_met', replayed: true });
    expect(cluster.run('b', claim)).toMatchObject({ status: 'done', replayed: true });
    cluster.rest(limits.idempotencyWindowMs);
    expect(cluster.run('b', refused)).toMatchObject({ replayed: false });
  });

  it('a repetition of a marked write under way waits for it', () => {
    const [first, again] = [cluster.node('a').send([increment(1)]), cluster.node('a').send([increment(1)])];
    const other: Operation = {
      ...increment(1),
      idempotency: { ...markOf(1), fingerprint: new Uint8Array(16) },
    } as Operation;
    const reused = cluster.node('a').send([other]);
    expect([first.results, again.results, reused.results]).toEqual([null, null, null]);
    cluster.settle();
    expect(again.results![0]!).toMatchObject({ status: 'done', replayed: true });
    expect(reused.results![0]!.status).toBe('idempotency_key_reused');
  });

  it('expiry: each node counts the remaining time by its own clock', () => {
    cluster.run('a', set('value', 'key', { ttlMs: 5_000 }));
    cluster.advance(2_000);
    cluster.view(['b', 'a']);
    cluster.settle();
    expect(cluster.run('b', get).item!.ttlMs).toBe(3_000);
    cluster.advance(2_999);
    expect(cluster.run('b', get).status).toBe('done');
    cluster.advance(1);
    expect(cluster.run('b', get).status).toBe('missing');
  });

  it('a slot that restarts empty has nothing of before, on any node', () => {
    cluster.run('a', set('value', 'key', { idempotency: markOf(1) }));
    cluster.view(['c', 'b'], [], 2);
    cluster.advance(replicationTimes.promiseMs + replicationTimes.tickMs);
    expect(cluster.run('c', get).status).toBe('missing');
    expect(['a', 'b', 'c'].map((id) => cluster.contents(id).size)).toEqual([0, 0, 0]);
    expect(cluster.run('c', set('new', 'key', { idempotency: markOf(1) }))).toMatchObject({
      replayed: false,
      item: { version: { dataEpoch: 2 } },
    });
  });
});

describe('memory of copies', () => {
  it('without eviction: a copy without room is to go, and only then is acknowledged what it lacks', () => {
    cluster = new Cluster(['a'], { eviction: 'none' }, () => new NaiveEngine({ memoryBytes: 10_000 }));
    const small = cluster.start('b', 'b-1', new NaiveEngine({ memoryBytes: 4_500 }));
    cluster.serve('a', 'b');
    const kilobyte = new Uint8Array(1_000);
    for (let i = 0; i < 4; i++) expect(cluster.run('a', set(kilobyte, `key ${i}`)).status).toBe('done');
    const sent = ['key 0', 'key 4'].map((key) => cluster.node('a').send([set(new Uint8Array(1_500).fill(1), key)]));
    cluster.settle();
    expect(sent.map(({ results }) => results)).toEqual([null, null]);
    expect(cluster.contents('b').get('key 0')!.value).toHaveLength(1_000);
    expect([cluster.contents('b').size, small.core.store.notStored]).toEqual([4, 0]);
    const shrinks = cluster.node('a').proposals.filter(({ kind, full }) => kind === 'shrink' && full === true);
    expect(new Set(shrinks.map(({ slot }) => slot)).size).toBe(2);
    cluster.view(['a']);
    cluster.settle();
    expect(sent.map(({ results }) => results?.[0]?.status)).toEqual(['done', 'done']);
  });

  it('without eviction: a planned move to a copy without room for what still waits loses nothing acknowledged', () => {
    cluster = new Cluster(['a'], { eviction: 'none' }, () => new NaiveEngine({ memoryBytes: 10_000 }));
    cluster.start('b', 'b-1', new NaiveEngine({ memoryBytes: 4_500 }));
    cluster.serve('a', 'b');
    for (let i = 0; i < 4; i++) expect(cluster.run('a', set(new Uint8Array(1_000), `key ${i}`)).status).toBe('done');
    const sent = cluster.node('a').send([set(new Uint8Array(1_500), 'key 0')]);
    cluster.settle();
    cluster.view(['b', 'a']);
    cluster.advance(500);
    const { slot: _, epoch: __, ...proposal } = cluster.node('b').proposals.at(-1)!;
    expect(proposal).toEqual({ kind: 'shrink', life: cluster.node('a').life });
    cluster.view(['b']);
    cluster.advance(replicationTimes.promiseMs);
    expect(sent.results?.[0]?.status).toBe('unknown');
    for (let i = 0; i < 4; i++) {
      expect(cluster.run('b', { kind: 'get', ...target(cache, `key ${i}`) }).status).toBe('done');
      expect(cluster.contents('b').get(`key ${i}`)!.value).toHaveLength(1_000);
    }
  });

  it('without eviction: writes leave room for copies, where there are others; deletes make some', () => {
    cluster = new Cluster(['a', 'b'], { eviction: 'none' }, () => new NaiveEngine({ memoryBytes: 20_000 }));
    cluster.serve('a', 'b');
    const put = (i: number) => cluster.run('a', set(new Uint8Array(1_000), `key ${i}`)).status;
    let room = 0;
    while (put(room) === 'done') room++;
    const fill = cluster.node('a').core.engine.pinnedFill(cache.namespace);
    expect([fill > 1 - nodeLimits.pinnedHeadroom, fill < 0.95]).toEqual([true, true]);
    const one = { amount: 1n, ttlMs: 1_000, ttlOnCreateOnly: false };
    expect(cluster.run('a', { kind: 'increment', ...target(cache, 'n'), ...one }).status).toBe('cache_full');
    expect(cluster.run('a', { kind: 'delete', ...target(cache, 'key 0') }).status).toBe('done');
    expect(put(0)).toBe('done');
    cluster.view(['a']);
    cluster.settle();
    expect(put(room)).toBe('done');
  });

  it('without eviction: a learner without room for all of a slot is not taken in for it', () => {
    cluster = new Cluster(['a'], { eviction: 'none' }, () => new NaiveEngine({ memoryBytes: 10_000 }));
    cluster.start('b', 'b-1', new NaiveEngine({ memoryBytes: 4_500 }));
    cluster.serve('a');
    const keys = Array.from({ length: 8 }, (_, i) => `key ${i}`);
    for (const key of keys) expect(cluster.run('a', set(new Uint8Array(1_000), key)).status).toBe('done');
    cluster.view(['a'], ['b']);
    cluster.advance(5_000);
    const proposed = (of: 'join' | 'shrink') =>
      new Set(cluster.node('a').proposals.flatMap(({ kind, slot }) => (kind === of ? [slot] : [])));
    const slotOfKey = (key: string) => slotOf(target(cache, key).hash);
    const copied = cluster.contents('b');
    for (const key of keys) expect([key, proposed('join').has(slotOfKey(key))]).toEqual([key, copied.has(key)]);
    expect([copied.size, proposed('shrink').size]).toEqual([4, 4]);
    expect(cluster.contents('a').size).toBe(8);
  });

  it('with eviction: a copy drops what it has no room for, and counts it', () => {
    cluster = new Cluster(['a'], { eviction: 'evict' }, () => new NaiveEngine({ memoryBytes: 10_000 }));
    const small = cluster.start('b', 'b-1', new NaiveEngine({ memoryBytes: 900 }));
    cluster.serve('a', 'b');
    expect(cluster.run('a', set('small', 'key')).status).toBe('done');
    // The older item must not stay in place of a newer one that found no room.
    expect(cluster.run('a', set(new Uint8Array(1_000), 'key')).status).toBe('done');
    expect([cluster.contents('b').has('key'), small.core.store.notStored]).toEqual([false, 1]);
  });

  it('a forgotten slot’s memory is free after a sweep, and its life is used again', () => {
    for (let i = 0; i < 1_000; i++) cluster.run('a', set(new Uint8Array(1_000), `key ${i}`));
    const { core } = cluster.node('b');
    const used = core.engine.statistics().liveBytes;
    cluster.view(['a']);
    cluster.settle();
    expect(cluster.contents('b').size).toBe(0);
    expect(core.engine.statistics().liveBytes).toBe(used);
    cluster.advance(1_000);
    expect(core.engine.statistics().items).toBe(0);
    core.engine.checkIntegrity();
    cluster.view(['a'], ['b']);
    cluster.join(['a'], 'b');
    expect(cluster.contents('b')).toEqual(cluster.contents('a'));
    let sequenceMax = 0;
    core.engine.forEach(cluster.clock.monotonicMs(), ({ sequence }) => {
      sequenceMax = Math.max(sequenceMax, sequence);
    });
    // The next life is in use; the one before it is free again, and the small header with it.
    expect(sequenceMax).toBeLessThan(2 ** 41);
  });
});
