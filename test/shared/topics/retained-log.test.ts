import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetainedLog, type RetentionBounds } from '../../../src/shared/topics/retained-log.ts';

const unbounded: RetentionBounds = { messagesMax: Infinity, bytesMax: Infinity, ageMsMax: Infinity };

interface Kept {
  readonly message: string;
  readonly bytes: number;
  readonly atMs: number;
}

/** The log as an array, which is what it is meant to behave like. */
class NaiveLog {
  kept: Kept[] = [];
  last: number;

  constructor(last: number) {
    this.last = last;
  }

  get bytes(): number {
    return this.kept.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  trim({ messagesMax, bytesMax, ageMsMax }: RetentionBounds, nowMs: number): void {
    while (
      this.kept.length > messagesMax ||
      (this.bytes > bytesMax && (this.kept.length > 1 || (bytesMax === 0 && this.kept.length === 1))) ||
      (this.kept.length > 0 && this.kept[0]!.atMs <= nowMs - ageMsMax)
    )
      this.kept.shift();
  }
}

function expectSame(log: RetainedLog<string>, naive: NaiveLog): void {
  const { kept, last } = naive;
  expect([log.count, log.bytes, log.lastSequence, log.firstSequence]).toEqual([
    kept.length,
    naive.bytes,
    last,
    last - kept.length + 1,
  ]);
  kept.forEach(({ message, atMs }, index) => {
    const sequence = log.firstSequence + index;
    expect([log.at(sequence), log.timeOf(sequence)]).toEqual([message, atMs]);
  });
  expect(() => log.at(log.firstSequence - 1)).toThrow(RangeError);
  expect(() => log.at(log.lastSequence + 1)).toThrow(RangeError);
}

type Step =
  | { readonly kind: 'append' | 'prepend' | 'dropOldest'; readonly times: number; readonly bytes: number }
  | { readonly kind: 'trim'; readonly bounds: RetentionBounds };

const times = fc.integer({ min: 1, max: 40 });
const bytes = fc.integer({ min: 0, max: 100 });
const bounds = fc.record({
  messagesMax: fc.constantFrom(0, 1, 7, 33, Infinity),
  bytesMax: fc.constantFrom(0, 100, 1_500, Infinity),
  ageMsMax: fc.constantFrom(0, 1, 20, Infinity),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), times, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('prepend' as const), times, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('dropOldest' as const), times, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trim' as const), bounds }) },
);

function run(log: RetainedLog<string>, naive: NaiveLog, one: Step, nowMs: number): void {
  switch (one.kind) {
    case 'append':
      for (let n = 0; n < one.times; n++) {
        const message = `${nowMs}/${n}`;
        expect(log.append(message, one.bytes + n, nowMs)).toBe(naive.last + 1);
        naive.last++;
        naive.kept.push({ message, bytes: one.bytes + n, atMs: nowMs });
      }
      return;
    case 'prepend':
      for (let n = 0; n < one.times; n++) {
        const message = `${nowMs}/-${n}`;
        log.prepend(message, one.bytes + n, nowMs - n);
        naive.kept.unshift({ message, bytes: one.bytes + n, atMs: nowMs - n });
      }
      return;
    case 'dropOldest':
      for (let n = 0; n < one.times && log.count > 0; n++) {
        log.dropOldest();
        naive.kept.shift();
      }
      return;
    case 'trim':
      log.trim(one.bounds, nowMs);
      naive.trim(one.bounds, nowMs);
  }
}

describe('retained log', () => {
  it('behaves as an array does, whatever is done in whatever order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(0, 1, 2 ** 53 - 10_000), (steps, last) => {
        const log = new RetainedLog<string>(7, last);
        const naive = new NaiveLog(last);
        steps.forEach((one, index) => {
          run(log, naive, one, index * 3);
          expectSame(log, naive);
        });
      }),
      { seed: 41, numRuns: 300 },
    );
  });

  it('begins empty after the number that it is given, and keeps its page', () => {
    const log = new RetainedLog<string>(9, 41);
    expect([log.page, log.count, log.bytes, log.firstSequence, log.lastSequence]).toEqual([9, 0, 0, 42, 41]);
    expect(log.append('a', 1, 0)).toBe(42);
  });

  it('prepend: stands before the oldest in an empty, a full and a wrapped ring', () => {
    const log = new RetainedLog<string>(1, 100);
    log.prepend('100', 1, 50);
    expect([log.firstSequence, log.lastSequence, log.at(100)]).toEqual([100, 100, '100']);
    for (let sequence = 99; sequence > 90; sequence--) log.prepend(`${sequence}`, 1, sequence);
    for (let dropped = 0; dropped < 5; dropped++) log.dropOldest();
    for (let sequence = 101; sequence < 112; sequence++) log.append(`${sequence}`, 1, sequence);
    log.prepend('95', 1, 95);
    expect([log.firstSequence, log.lastSequence, log.count]).toEqual([95, 111, 17]);
    for (let sequence = 95; sequence <= 111; sequence++) expect(log.at(sequence)).toBe(`${sequence}`);
    expect([log.timeOf(95), log.timeOf(100), log.timeOf(111)]).toEqual([95, 50, 111]);
  });

  it.each([
    ['messages', { messagesMax: 3 }, 3],
    ['bytes', { bytesMax: 25 }, 2],
    ['age', { ageMsMax: 60 }, 5],
  ])('trim: the bound on %s alone drops the oldest', (_, bound, left) => {
    const log = new RetainedLog<string>(1, 0);
    for (let n = 0; n < 10; n++) log.append(`${n}`, 10, n * 10);
    log.trim({ ...unbounded, ...bound }, 100);
    expect([log.count, log.firstSequence, log.lastSequence]).toEqual([left, 11 - left, 10]);
  });

  it('trim: the newest message is kept though it is larger than the log, unless the log keeps nothing', () => {
    const log = new RetainedLog<string>(1, 0);
    log.append('small', 10, 0);
    log.append('large', 1_000, 0);
    log.trim({ ...unbounded, bytesMax: 100 }, 0);
    expect([log.count, log.bytes, log.lastSequence, log.firstSequence]).toEqual([1, 1_000, 2, 2]);
    log.append('small', 10, 0);
    log.trim({ ...unbounded, bytesMax: 100 }, 0);
    expect([log.count, log.firstSequence]).toEqual([1, 3]);
    log.trim({ ...unbounded, bytesMax: 0 }, 0);
    expect([log.count, log.bytes, log.lastSequence, log.firstSequence]).toEqual([0, 0, 3, 4]);
  });

  it('emptied after it has grown: numbers go on, and it grows again', () => {
    const log = new RetainedLog<string>(1, 0);
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 200; n++) log.append(`${log.lastSequence + 1}`, 1, 0);
      expect(log.at(log.firstSequence + 150)).toBe(`${round * 200 + 151}`);
      log.trim({ ...unbounded, messagesMax: 0 }, 0);
      expect([log.count, log.firstSequence]).toEqual([0, (round + 1) * 200 + 1]);
    }
    log.append('601', 1, 5);
    expect([log.at(601), log.timeOf(601)]).toEqual(['601', 5]);
  });
});
