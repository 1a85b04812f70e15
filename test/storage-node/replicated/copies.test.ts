import { describe, expect, it } from 'vitest';
import type { Operation } from '../../../src/shared/operation.ts';
import { createSegcache } from '../../../src/storage-node/engine/segcache.ts';
import { nodeLimits } from '../../../src/storage-node/limits.ts';
import { target, testCache, testRegistry, utf8 } from '../../support/fleet-state.ts';
import { seededRandom } from '../../support/operation-arbitraries.ts';
import { patternBytes } from '../engine/driver.ts';
import { Cluster, type Contents } from './cluster.ts';

const cache = testCache();
const set = (key: string, value: string | Uint8Array, ttlMs = 3_600_000): Operation => ({
  kind: 'set',
  ...target(cache, key),
  value: typeof value === 'string' ? utf8(value) : value,
  contentType: 'text/plain',
  ttlMs,
});

describe('content types', () => {
  it('more than a node numbers: copies and learners have each item with its own, and its value', () => {
    const cluster = new Cluster(['a', 'b', 'c']).serve('a', 'b');
    const keys = Array.from({ length: nodeLimits.contentTypesMax + 300 }, (_, index) => `key ${index}`);
    const typeOf = (key: string) => `text/${key.replace(' ', '-')}`;
    for (let from = 0; from < keys.length; from += 100) {
      const some = keys.slice(from, from + 100);
      cluster.node('a').send(some.map((key) => ({ ...set(key, `value of ${key}`), contentType: typeOf(key) })));
      cluster.settle();
    }
    cluster.join(['a', 'b'], 'c');
    for (const id of ['a', 'b', 'c'])
      for (const key of keys) {
        const { item } = cluster.run(id, { kind: 'get', ...target(cache, key), balanced: true });
        const [type, value] = [item?.contentType, item && Buffer.from(item.value).toString()];
        if (type !== typeOf(key) || value !== `value of ${key}`) throw new Error(`${id}, ${key}: ${type}, ${value}`);
      }
  });
});

describe('filling a learner', () => {
  it('brings all items, large ones too, with their versions and what is left of their TTLs', () => {
    const cluster = new Cluster(['a', 'b']).serve('a');
    for (let i = 0; i < 2_000; i++) cluster.run('a', set(`key ${i}`, `value ${i}`, 60_000 + i));
    cluster.run('a', set('large', patternBytes(3_000_000, 5)));
    cluster.advance(5_000);
    const before = cluster.clock.monotonicMs();
    cluster.join(['a'], 'b');
    const [mine, copied] = [cluster.contents('a'), cluster.contents('b')];
    expect([...copied.keys()].sort()).toEqual([...mine.keys()].sort());
    for (const [key, item] of mine) {
      const copy = copied.get(key)!;
      expect([copy.sequence, copy.value === item.value]).toEqual([item.sequence, true]);
      // Late by the time from reading to applying, and never early.
      expect(copy.expiresAtMs - item.expiresAtMs).toBeGreaterThanOrEqual(0);
      expect(copy.expiresAtMs - item.expiresAtMs).toBeLessThanOrEqual(cluster.clock.monotonicMs() - before + 1);
    }
  });

  it.each([1, 2, 3, 4])('under writes: what the copy has in the end is what the primary has (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const below = (bound: number) => Math.floor(random() * bound);
    const cluster = new Cluster(['a', 'b'], {}, () =>
      createSegcache({ memoryBytes: 32 * 1024 * 1024, hashSeed: seed }),
    );
    cluster.serve('a');
    const write = (count: number) => {
      for (let i = 0; i < count; i++) {
        const key = `key ${below(3_000)}`;
        const at = target(cache, key);
        const operation: Operation =
          random() < 0.7
            ? set(key, patternBytes(below(1_500), below(1e6)))
            : random() < 0.6
              ? { kind: 'delete', ...at }
              : random() < 0.5
                ? { kind: 'ttl', ...at, mode: 'set', ttlMs: 1_000_000 + below(1_000) }
                : { kind: 'increment', ...at, amount: 1n, ttlMs: 3_600_000, ttlOnCreateOnly: random() < 0.5 };
        cluster.node('a').send([operation]);
        if (random() < 0.05) cluster.settle();
      }
    };
    write(6_000);
    cluster.join(['a'], 'b', () => write(150));
    write(200);
    cluster.settle();
    const strip = (contents: Map<string, Contents>) =>
      new Map([...contents].map(([key, { sequence, value }]) => [key, [sequence, value]]));
    expect(strip(cluster.contents('b'))).toEqual(strip(cluster.contents('a')));
    expect(cluster.node('a').core.engine.statistics().evictions).toBe(0);
  });

  it('goes on without a learner that stands still, and comes round for it again', () => {
    const cluster = new Cluster(['a', 'b', 'c']).serve('a');
    for (let i = 0; i < 3_000; i++) cluster.run('a', set(`key ${i}`, new Uint8Array(1_000)));
    const { core } = cluster.node('a');
    const key = target(cache, 'key 7');
    const stuck = core.store.read(key.hash >>> 20);
    cluster.join(['a'], 'b');
    expect(cluster.contents('b').size).toBe(3_000);
    let parts = 0;
    for (let rounds = 0; ; rounds++) {
      if (rounds > 1_000) throw new Error('the reading does not end');
      const next = stuck.next(1_000_000);
      parts += next?.parts.length ?? 0;
      if (next?.final) break;
      cluster.clock.advance(nodeLimits.copyPauseMs);
      core.readForLearners();
    }
    expect(parts).toBeGreaterThan(0);
    expect(core.store.readings.active).toBe(true);
    stuck.close();
    expect(core.store.readings.active).toBe(false);
  });

  it('reads no faster than the bound', () => {
    const cluster = new Cluster(['a']).serve('a');
    for (let i = 0; i < 100; i++) cluster.run('a', set(`key ${i}`, new Uint8Array(100_000)));
    const { store } = cluster.node('a').core;
    const readings = Array.from({ length: 4_096 }, (_, slot) => store.read(slot));
    const drain = () => readings.reduce((sum, reading) => sum + (reading.next(1e9)?.parts.length ?? 0), 0);
    let parts = 0;
    let ms = 0;
    for (; parts < 100; ms++) {
      cluster.clock.advance(1);
      for (let step = 0; step < 10; step++) store.readings.step();
      parts += drain();
      expect(store.readings.bytesRead).toBeLessThan(
        (ms + 1) * (nodeLimits.copyBytesPerSecond / 1_000) + nodeLimits.copyBytesPerSecond / 10 + 10_000_000,
      );
    }
    expect(ms).toBeGreaterThan(10);
  });

  it('items of a cache that the registry does not name yet: kept, and given on when it does', () => {
    const cluster = new Cluster(['a', 'b', 'c']).serve('a', 'b');
    const newer = testRegistry(2, { cache: 1, new: 2 });
    cluster.node('a').core.applyRegistry(newer);
    const key = target(testCache('new', 2), 'key');
    cluster.node('a').send([{ kind: 'set', ...key, value: utf8('v'), contentType: '', ttlMs: 60_000 } as Operation]);
    cluster.settle();
    const { store, engine } = cluster.node('b').core;
    expect(store.slots.ahead()).toEqual([2]);
    expect(engine.namespaceStatistics(2).items).toBe(1);
    const reading = store.read(key.hash >>> 20);
    for (let step = 0; step < 100; step++) {
      cluster.clock.advance(1);
      store.readings.step();
    }
    expect(reading.next(1_000)).toBeNull();
    cluster.node('b').core.applyRegistry(newer);
    for (let step = 0; step < 100; step++) {
      cluster.clock.advance(1);
      store.readings.step();
    }
    expect(reading.next(1_000)).toMatchObject({ parts: [{ sequence: 1 }], final: true });
  });

  it('items of a cache that turns out to be gone are dropped, before and after it is known', () => {
    const cluster = new Cluster(['a', 'b']).serve('a', 'b');
    const newer = testRegistry(2, { cache: 1, new: 2 });
    cluster.node('a').core.applyRegistry(newer);
    const key = target(testCache('new', 2), 'key');
    const write = () => {
      cluster.node('a').send([{ kind: 'set', ...key, value: utf8('v'), contentType: '', ttlMs: 60_000 } as Operation]);
      cluster.settle();
    };
    write();
    const { core } = cluster.node('b');
    core.store.settleGone(core.store.slots.ahead());
    expect([core.store.slots.anyAhead, core.engine.statistics().items]).toEqual([false, 0]);
    write();
    expect(core.engine.statistics().items).toBe(0);
  });

  it('idempotency records come with the copy', () => {
    const cluster = new Cluster(['a', 'b']).serve('a');
    const marks = Array.from({ length: 500 }, (_, i) => {
      const id = new Uint8Array(16);
      new DataView(id.buffer).setUint32(0, i);
      return { id, fingerprint: new Uint8Array(16).fill(1) };
    });
    const increment = (i: number): Operation => ({
      kind: 'increment',
      ...target(cache, `counter ${i % 10}`),
      amount: 1n,
      ttlMs: 60_000,
      ttlOnCreateOnly: false,
      idempotency: marks[i]!,
    });
    const first = marks.map((_, i) => cluster.run('a', increment(i)));
    cluster.join(['a'], 'b');
    expect(cluster.node('b').core.idempotency.size).toBe(500);
    cluster.view(['b', 'a']);
    cluster.settle();
    for (const [i, result] of first.entries())
      expect(cluster.run('b', increment(i))).toEqual({ ...result, replayed: true, nodeMicros: 0 });
  });
});
