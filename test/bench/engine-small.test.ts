import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../bench/engine/report.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const main = join(import.meta.dirname, '../../bench/engine/main.ts');

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('bench:engine --small', () => {
  it('runs every subject, reads right values only, and says where the bytes are', {
    timeout: 60_000,
  }, async () => {
    const out = traceFile('', 'engine.json');
    const bench = new RunningProcess([main, '--small', `--out=${out}`]);
    const { code } = await bench.exited;
    expect(code, bench.stderr).toBe(0);

    const report = JSON.parse(readFileSync(out, 'utf8')) as BenchReport;
    const subjects = report.cases.flatMap(({ benchCase, subjects }) =>
      subjects.map(({ subject }) => `${benchCase.id} ${subject}`),
    );
    expect(subjects).toEqual([
      'small segcache',
      'small lru_cache',
      'small map',
      'small_ttl segcache',
      'small_ttl lru_cache',
    ]);
    for (const { subjects, engine, overhead_bytes_per_item: overhead, comparisons } of report.cases) {
      for (const { rates, hit_ratio, items, resident_bytes_per_item, wrong } of subjects) {
        for (const figure of [rates.get, rates.miss, rates.set, resident_bytes_per_item, items])
          expect(Number.isFinite(figure) && figure > 0).toBe(true);
        expect(hit_ratio).toBeGreaterThan(0.99);
        expect(wrong).toBe(0);
      }
      for (const { value } of comparisons) expect(Number.isFinite(value)).toBe(true);
      expect(engine.evictions).toBeGreaterThan(0);
      const { record, table, ghost, dead, headers, total } = overhead;
      expect(record + table + ghost + dead + headers).toBeCloseTo(total, 6);
    }
    expect(bench.stdout).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('refuses a number of items that is none', async () => {
    const bench = new RunningProcess([main, '--items=0']);
    expect((await bench.exited).code).toBe(2);
    expect(bench.stderr).toBe('--items must be 1000 to 10000000\n');
  });
});
