import { describe, expect, it } from 'vitest';
import { pagesPerDataEpoch, sequencePage } from '../../../src/shared/topics/position.ts';

const dataEpochMax = 0xffff_ffff;

describe('sequence page', () => {
  it('the last page of the last data epoch is exact, and so an id', () => {
    const last = sequencePage(dataEpochMax, pagesPerDataEpoch - 1);
    expect(last).toBe(2 ** 52 - 1);
    expect(Number.isSafeInteger(last)).toBe(true);
  });

  it('every page of a data epoch comes before every page of the next', () => {
    for (const dataEpoch of [1, 1_795_000_000, dataEpochMax - 1]) {
      expect(sequencePage(dataEpoch, pagesPerDataEpoch - 1)).toBeLessThan(sequencePage(dataEpoch + 1, 0));
      expect(sequencePage(dataEpoch, 0)).toBeLessThan(sequencePage(dataEpoch, 1));
    }
  });

  it('no page is 0, which stands for one that is not known', () => {
    expect(sequencePage(1, 0)).toBeGreaterThan(0);
  });
});
