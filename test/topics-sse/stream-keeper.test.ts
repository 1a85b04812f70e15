import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/shared/clock.ts';
import { streamLimits } from '../../src/topics-sse/limits.ts';
import { type OpenReader, StreamKeeper } from '../../src/topics-sse/stream-keeper.ts';
import { ManualTimers } from '../support/manual-timers.ts';

const { roundMs, unsentBytesAll, readersMax, retryMsMin, retryMsMax, ageMs, ageJitter } = streamLimits;

let clock: ManualClock;
let timers: ManualTimers;
let keeper: StreamKeeper;
let emptied: number;
let random: number;
beforeEach(() => {
  clock = new ManualClock({ monotonicMs: 5_000 });
  timers = new ManualTimers(clock);
  emptied = 0;
  random = 0;
  keeper = new StreamKeeper({ clock, random: () => random, delay: timers.delay, onEmpty: () => void emptied++ });
});

class FakeReader implements OpenReader {
  unsentBytes: number;
  readonly told: string[] = [];
  ticks = 0;

  constructor(unsentBytes = 0) {
    this.unsentBytes = unsentBytes;
    keeper.add(this);
  }

  tick(): void {
    this.ticks++;
  }

  checkToken(): void {
    this.told.push('token');
  }

  goAway(reason: string): void {
    this.told.push(reason);
    keeper.remove(this);
  }

  cut(): void {
    this.told.push('cut');
    keeper.remove(this);
  }
}

describe('rounds', () => {
  it('one timer for all readers, for as long as there are any', () => {
    expect(timers.count).toBe(0);
    const readers = [new FakeReader(), new FakeReader()];
    expect(timers.count).toBe(1);
    timers.advance(3 * roundMs);
    expect(readers.map(({ ticks }) => ticks)).toEqual([3, 3]);
    keeper.remove(readers[0]!);
    expect([timers.count, emptied]).toEqual([1, 0]);
    keeper.remove(readers[1]!);
    expect([timers.count, emptied, keeper.size]).toEqual([0, 1, 0]);
    new FakeReader();
    expect(timers.count).toBe(1);
  });

  it('a reader that ends in its own round, or ends another, disturbs nobody', () => {
    const first = new FakeReader();
    const second = new FakeReader();
    first.tick = () => {
      first.cut();
      second.cut();
    };
    const third = new FakeReader();
    timers.advance(2 * roundMs);
    expect([third.ticks, keeper.size]).toEqual([2, 1]);
  });

  it('tokens are looked at on demand, of all', () => {
    const readers = [new FakeReader(), new FakeReader()];
    keeper.checkTokens();
    expect(readers.map(({ told }) => told)).toEqual([['token'], ['token']]);
  });
});

describe('bounds', () => {
  it('past the number of readers none is admitted, and refusals are counted', () => {
    const readers = Array.from({ length: readersMax }, () => new FakeReader());
    expect([keeper.admits(), keeper.admits(), keeper.refused]).toEqual([false, false, 2]);
    keeper.remove(readers[0]!);
    expect([keeper.admits(), keeper.refused]).toEqual([true, 2]);
  });

  it('past the memory for all, those that hold the most are cut, and no more of them than needed', () => {
    const sizes = [1, 4, 3, 2, 0].map((share) => (share * unsentBytesAll) / 8);
    const readers = sizes.map((size) => new FakeReader(size));
    timers.advance(roundMs);
    expect([readers.flatMap(({ told }) => told), keeper.shed]).toEqual([['cut'], 1]);
    expect(readers[1]!.told).toEqual(['cut']);
    timers.advance(10 * roundMs);
    expect(keeper.shed).toBe(1);
  });

  it('at the memory for all, nobody is cut', () => {
    const readers = [new FakeReader(unsentBytesAll / 2), new FakeReader(unsentBytesAll / 2)];
    timers.advance(roundMs);
    expect(readers.flatMap(({ told }) => told)).toEqual([]);
  });
});

describe('drain', () => {
  it('spreads the ends evenly over its window, and admits nobody', async () => {
    const readers = Array.from({ length: 100 }, () => new FakeReader());
    const left: number[] = [];
    let done = false;
    const drained = keeper.drain(10 * roundMs).then(() => {
      done = true;
    });
    expect(keeper.admits()).toBe(false);
    while (keeper.size > 0) {
      left.push(keeper.size);
      timers.advance(roundMs);
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
    }
    await drained;
    expect([done, left]).toEqual([true, [90, 80, 70, 60, 50, 40, 30, 20, 10]]);
    expect(readers.every(({ told }) => told.length === 1 && told[0] === 'drain')).toBe(true);
  });

  it('without a window, or with one shorter than a round, all end at once', async () => {
    const readers = Array.from({ length: 10 }, () => new FakeReader());
    await keeper.drain(0);
    expect(readers.every(({ told }) => told[0] === 'drain')).toBe(true);
  });

  it('with nobody there it is done at once', async () => {
    await keeper.drain(60_000);
    expect(timers.count).toBe(0);
  });
});

describe('jitter', () => {
  it('retry, age and the phase of heartbeats lie within their ranges, at both ends', () => {
    const drawn = (value: number) => {
      random = value;
      return [keeper.retryMs(), keeper.ageMs(), keeper.phaseMs(1_000)];
    };
    expect(drawn(0)).toEqual([retryMsMin, ageMs * (1 - ageJitter), 500]);
    const [retry, age, phase] = drawn(1 - 2 ** -53) as [number, number, number];
    expect(retry).toBeLessThan(retryMsMax);
    expect(Number.isInteger(retry)).toBe(true);
    expect(age).toBeCloseTo(ageMs * (1 + ageJitter), 0);
    expect(phase).toBeLessThanOrEqual(1_000);
  });
});
