import { expect, it } from 'vitest';
import { EntryLog } from '../../../src/storage-node/replication/entry-log.ts';
import { Choices } from '../../api/fuzz/random.ts';

it('what was dropped takes no memory, and what is left is found by its sequence', async () => {
  const total = { bytes: 0 };
  const log = new EntryLog(total);
  const collected = new Set<number>();
  const registry = new FinalizationRegistry<number>((sequence) => collected.add(sequence));
  for (let sequence = 1; sequence <= 20; sequence++) {
    const payload = new Uint8Array(1_000);
    registry.register(payload, sequence);
    log.push({ sequence, hash: sequence, payload });
  }
  log.trim(19);
  expect([log.count, log.bytes, total.bytes, log.at(20).hash]).toEqual([1, 1_000, 1_000, 20]);
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let tries = 0; tries < 20 && collected.size < 19; tries++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect([...collected].sort((a, b) => a - b)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
  expect(log.at(20).payload.length).toBe(1_000);
});

it('a log of any length gives back what it was given, in order', () => {
  const choices = new Choices(7);
  const total = { bytes: 0 };
  const log = new EntryLog(total);
  // beyond what a bit operation holds
  let [first, last] = [2 ** 33 - 5, 2 ** 33 - 6];
  log.reset(last);
  for (let step = 0; step < 3_000; step++) {
    const isGrowing = step % 600 < 300;
    if (choices.chance(isGrowing ? 0.9 : 0.4)) {
      last++;
      log.push({ sequence: last, hash: last % 1_000, payload: new Uint8Array(last % 7) });
    } else {
      first = Math.min(last + 1, first + choices.below(isGrowing ? 2 : 5));
      log.trim(first - 1);
    }
    const kept = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    expect(log.from(first, Number.POSITIVE_INFINITY).map(({ sequence }) => sequence)).toEqual(kept);
    expect([log.first, log.last, log.count]).toEqual([first, last, kept.length]);
    expect(log.bytes).toBe(kept.reduce((sum, sequence) => sum + (sequence % 7), 0));
  }
  expect(() => log.push({ sequence: last + 2, hash: 0, payload: new Uint8Array(0) })).toThrow(RangeError);
  expect(() => log.at(first - 1)).toThrow(RangeError);
  log.reset(3);
  expect([log.first, log.count, log.bytes, total.bytes]).toEqual([4, 0, 0, 0]);
});
