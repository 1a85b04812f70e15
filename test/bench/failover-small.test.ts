import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { FailoverReport } from '../../bench/failover/report.ts';
import { percentile, WriteGaps } from '../../bench/failover/write-gaps.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const main = join(import.meta.dirname, '../../bench/failover/main.ts');

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('bench:failover --small', () => {
  it('runs through its parts, and nothing is lost', { timeout: 240_000 }, async () => {
    const out = traceFile('', 'failover.json');
    const bench = new RunningProcess([main, '--small', '--parts=kills,stops,drain,copy,cost', `--out=${out}`]);
    const { code } = await bench.exited;
    expect(code, bench.stdout + bench.stderr).toBe(0);

    const { results, comparisons, dates } = JSON.parse(readFileSync(out, 'utf8')) as FailoverReport;
    const { kills, stops, drain, copy, cost } = results;
    for (const gaps of [kills!, stops!]) {
      expect(gaps.slots_lost).toBe(0);
      const [fault] = gaps.faults;
      expect(fault!.keys.primary).toBeGreaterThan(0);
      // a gap that no key has is no fault
      expect(fault!.primary_gap_ms).toBeGreaterThan(200);
      expect(fault!.primary_gap_ms).toBeLessThan(20_000);
    }
    expect(drain!.requests).toBeGreaterThan(1_000);
    expect(drain!.hit_ratio_after).toBeGreaterThan(90);
    expect(copy!.during.misses + copy!.during.failures).toBe(0);
    expect(cost!.put.factor_1 * cost!.put.factor_2).toBeGreaterThan(0);
    expect(comparisons).toHaveLength(12);
    expect(Object.keys(dates).sort()).toEqual(Object.keys(results).sort());
  });

  it('refuses what makes no sense', async () => {
    for (const [flag, message] of [
      ['--parts=nothing', '--parts: there is no nothing; there are kills, kills_told, '],
      ['--kills=0', '--kills must be above 0 and at most 1000\n'],
    ] as const) {
      const bench = new RunningProcess([main, flag]);
      expect((await bench.exited).code).toBe(2);
      expect(bench.stderr).toContain(message);
    }
  });
});

describe('gaps in writes', () => {
  const gaps = (...times: number[]): WriteGaps => {
    const written = new WriteGaps();
    for (const time of times) written.succeeded('key', time);
    return written;
  };

  it('the longest one whose end is after the fault', () => {
    expect(gaps(0, 900, 1_000, 1_700, 1_800).gapOf('key', 1_000, 1_850)).toBe(700);
    expect(gaps(0, 900, 1_000, 1_100).gapOf('key', 1_050, 1_150)).toBe(100);
  });

  it('one that has not ended counts until now; a key that was never written has no end', () => {
    expect(gaps(900, 1_000).gapOf('key', 1_000, 4_000)).toBe(3_000);
    expect(gaps().gapOf('key', 1_000, 4_000)).toBe(Number.POSITIVE_INFINITY);
  });

  it('go on: every key again and again since then', () => {
    expect(gaps(1_100, 1_200).goOn(['key'], 1_000, 1_250, 100)).toBe(true);
    expect(gaps(900, 1_200).goOn(['key'], 1_000, 1_250, 100)).toBe(false);
    expect(gaps(1_100, 1_200).goOn(['key'], 1_000, 1_400, 100)).toBe(false);
    expect(gaps(1_100, 1_200).goOn(['key', 'other'], 1_000, 1_250, 100)).toBe(false);
  });

  it('percentiles are values that there were', () => {
    expect(percentile([5, 1, 3], 0.5)).toBe(3);
    expect(percentile([5, 1, 3], 0.99)).toBe(5);
    expect(percentile([], 0.5)).toBeNaN();
  });
});
