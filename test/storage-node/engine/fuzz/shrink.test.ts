import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../src/shared/clock.ts';
import type { SegcacheEngine } from '../../../../src/storage-node/engine/segcache.ts';
import type { StorageEngine } from '../../../../src/storage-node/engine/storage-engine.ts';
import { mib } from '../driver.ts';
import { fuzzEngine, shrinkStream } from './fuzz.ts';
import { Generator } from './generator.ts';
import type { EngineOperation } from './operation.ts';
import { replay } from './replay.ts';
import { shapes, worldOf } from './shapes.ts';
import { shrink } from './shrink.ts';

/** A clock on which each look takes a millisecond, so that a budget is a number of tries. */
function lookClock(): Clock {
  let looks = 0;
  return { monotonicMs: () => ++looks, wallMs: () => 0 };
}

/** The engine with one method done otherwise. */
function spoilt(engine: SegcacheEngine, method: Partial<StorageEngine>): StorageEngine {
  return new Proxy(engine, {
    get(target, name) {
      if (name in method) return method[name as keyof StorageEngine];
      const value = target[name as keyof StorageEngine];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** An engine that removes the key of the 60th put when it next hears of a TTL. */
function losesAKey(engine: SegcacheEngine): StorageEngine {
  let puts = 0;
  let lost: [number, Uint8Array, number] | undefined;
  return spoilt(engine, {
    put(...item) {
      if (++puts === 60) lost = [item[0], item[1], item[3]];
      return engine.put(...item);
    },
    setExpiry(...item) {
      const outcome = engine.setExpiry(...item);
      if (lost !== undefined) engine.remove(lost[0], lost[1], 0, lost[2], item[6]);
      return outcome;
    },
  });
}

/** An engine that loses an item when it is written with flags of more than 15 bits over a larger one. */
function losesReplaced(engine: SegcacheEngine): StorageEngine {
  return spoilt(engine, {
    put(...item) {
      const [namespace, key, start, length, , , valueLength, flags, , , nowMs] = item;
      const larger = engine.find(namespace, key, start, length, nowMs, false) && engine.found.valueLength > valueLength;
      const outcome = engine.put(...item);
      if (larger && flags > 0x7fff && outcome === 'stored') engine.remove(namespace, key, start, length, nowMs);
      return outcome;
    },
  });
}

describe('shrink', () => {
  const shape = { ...shapes.find(({ name }) => name === 'growth in ample memory')!, memoryBytes: 32 * mib };

  it('a defect of two puts shrinks to the two puts', () => {
    const world = worldOf({ ...shape, keys: 300 }, 5);
    const generator = new Generator({ ...shape, keys: 300 }, 5);
    const stream = Array.from({ length: 6_000 }, () => generator.next());
    const least = shrinkStream(world, stream, { wrap: losesReplaced, clock: lookClock(), shrinkMs: 1_000 });
    expect(least.length).toBe(2);
    const puts = least.filter((operation) => operation.kind === 'put');
    expect(puts.map(({ key, namespace }) => ({ key, namespace }))).toEqual([
      { key: 1, namespace: 1 },
      { key: 1, namespace: 1 },
    ]);
    expect(puts[0]).toMatchObject({ from: 0, flags: 0, sequence: 1 });
    expect(puts[1]!.flags).toBeGreaterThan(0x7fff);
    expect(() => replay(world, least, { wrap: losesReplaced })).toThrow('1 items are not');
    expect(replay(world, least).stored).toBe(2);
  });

  it('a disagreement is told with seed, place and a test to paste', () => {
    const run = () =>
      fuzzEngine({
        seed: 7,
        shape: { ...shape, keys: 200 },
        operations: 4_000,
        checkEvery: 500,
        shrinkMs: 100,
        clock: lookClock(),
        wrap: losesReplaced,
      });
    expect(run).toThrow(/^seed 7 \(growth in ample memory\), operation \d+: .*items are not/);
    expect(run).toThrow(/\n {2}replay\(\{ memoryBytes: 33554432, .*\n {4}\{ kind: 'put', .*\},\n/);
  });

  it('what needs many operations keeps only those', () => {
    const world = worldOf({ ...shape, keys: 100 }, 9);
    const generator = new Generator({ ...shape, keys: 100 }, 9);
    const stream = Array.from({ length: 4_000 }, () => generator.next());
    const least = shrinkStream(world, stream, { wrap: losesAKey, clock: lookClock(), shrinkMs: 100 });
    expect(least.length).toBeLessThan(150);
    expect(least.filter(({ kind }) => kind === 'put').length).toBeGreaterThanOrEqual(60);
    expect(() => replay(world, least, { wrap: losesAKey })).toThrow('items are not');
  });

  it('time ends the search: what is left then still fails', () => {
    const world = worldOf({ ...shape, keys: 100 }, 9);
    const generator = new Generator({ ...shape, keys: 100 }, 9);
    const stream = Array.from({ length: 4_000 }, () => generator.next());
    const least = shrinkStream(world, stream, { wrap: losesAKey, clock: lookClock(), shrinkMs: 0 });
    expect(least.length).toBeGreaterThan(150);
    expect(() => replay(world, least, { wrap: losesAKey, checkEvery: 100 })).toThrow();
  });

  it('finds the smallest of numbers that fail together', () => {
    const fails = (list: readonly number[]) => {
      const place = list.findIndex((n, i) => n > 40 && list.slice(0, i).some((m) => m > 10));
      return place === -1 ? undefined : place + 1;
    };
    const list = Array.from({ length: 1_000 }, (_, i) => (i * 37) % 101);
    const simpler = (n: number) => (n > 0 ? [n >> 1, n - 1] : []);
    expect(shrink(list, { fails, simpler, clock: lookClock(), budgetMs: 5_000 })).toEqual([11, 41]);
  });
});

describe('replay', () => {
  it('a stream without its first operations still runs: nothing in it depends on what was dropped', () => {
    const shape = shapes.find(({ name }) => name === 's3-fifo under pressure')!;
    const generator = new Generator(shape, 3);
    const stream: EngineOperation[] = Array.from({ length: 3_000 }, () => generator.next());
    for (const from of [1, 10, 1_000]) {
      expect(replay(worldOf(shape, 3), stream.slice(from), { checkEvery: 500 }).operations).toBe(3_000 - from);
    }
  });
});
