import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from '../../../src/cli/replay/latency-histogram.ts';

describe('latency histogram', () => {
  it('quantiles are never below the exact ones, and above by at most 1/32', () => {
    const histogram = new LatencyHistogram();
    const exact: number[] = [];
    for (let i = 0; i < 20_000; i++) {
      const ms = ((i * 7_919) % 20_000) ** 2 / 40_000;
      exact.push(ms);
      histogram.record(ms);
    }
    exact.sort((a, b) => a - b);
    for (const share of [0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1]) {
      const truth = exact[Math.ceil(share * exact.length) - 1]!;
      expect(histogram.quantile(share)).toBeGreaterThanOrEqual(Math.trunc(truth * 1_000) / 1_000);
      expect(histogram.quantile(share)).toBeLessThanOrEqual(truth * (1 + 1 / 32) + 0.001);
    }
  });

  it('the maximum is exact to the microsecond', () => {
    const histogram = new LatencyHistogram();
    for (const ms of [1.5, 123.456, 0.001]) histogram.record(ms);
    expect(histogram.summary()).toMatchObject({ count: 3, max: 123.456, p999: 123.456 });
  });

  it('takes nothing, less than nothing, and more than it can tell apart', () => {
    const histogram = new LatencyHistogram();
    expect(histogram.summary()).toEqual({ count: 0, p50: 0, p99: 0, p999: 0, max: 0 });
    histogram.record(-1);
    histogram.record(1e12);
    expect(histogram.summary()).toMatchObject({ count: 2, p50: 0, max: (2 ** 31 - 1) / 1_000 });
  });
});
