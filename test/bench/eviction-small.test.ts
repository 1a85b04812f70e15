import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { runCell } from '../../bench/eviction/cells.ts';
import { evictionBench, segmentPolicies } from '../../bench/eviction/policies.ts';
import type { EvictionReport } from '../../bench/eviction/report.ts';
import { synthetic } from '../../bench/eviction/workloads/synthetic.ts';

const script = join(import.meta.dirname, '..', '..', 'bench', 'eviction', 'main.ts');

it('bench:eviction: its small form compares every policy, and more memory never misses much more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'eviction-small-'));
  try {
    const out = join(folder, 'eviction.json');
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--small', '--out', out]);
    expect(stdout).not.toMatch(/NaN|Infinity|undefined/);
    expect(stdout).toMatch(/of 4 cells/);
    const report = JSON.parse(await readFile(out, 'utf8')) as EvictionReport;
    expect(report.requests_checked).toBeGreaterThan(10_000);
    expect(report.cells.map(({ workload, cache_share }) => [workload, cache_share])).toEqual([
      ['zipf-1.0', 0.03],
      ['zipf-1.0', 0.3],
      ['ttl-mixed', 0.03],
      ['ttl-mixed', 0.3],
    ]);
    for (const cell of report.cells) {
      expect(Object.keys(cell.miss_ratio.segment)).toEqual([...segmentPolicies]);
      expect(Object.keys(cell.miss_ratio.object)).toEqual(['lru', 'fifo', 'sieve', 's3-fifo']);
      expect(cell.refused).toBe(0);
      expect(cell.items_per_segment).toBeGreaterThan(1);
      expect(cell.as_expected).toBe(cell.s3_fifo_points_above_object <= report.points_above_object_max);
    }
    for (const [smaller, larger] of [report.cells.slice(0, 2), report.cells.slice(2)]) {
      for (const level of ['segment', 'object', 'memcached_like'] as const) {
        for (const [policy, ratio] of Object.entries(larger!.miss_ratio[level]))
          expect(ratio, `${level} ${policy}`).toBeLessThan(smaller!.miss_ratio[level][policy]! + 0.02);
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}, 60_000);

it('bench:eviction: hits and misses of every policy are all its requests, and a seed gives the same again', () => {
  const workload = synthetic('one-hit', { objects: 10_000, requests: 30_000 }, 2);
  const run = () => runCell(workload, 0.1, { memoryBytes: evictionBench.memoryBytes, seed: 2 });
  const cell = run();
  for (const counts of [cell.segments, cell.objectLevel, cell.memcachedLike].flatMap((level) => Object.values(level))) {
    expect(counts.requests).toBe(workload.objects.length);
    expect(counts.hits + counts.misses).toBe(counts.requests);
    expect(counts.misses).toBeGreaterThanOrEqual(workload.objectBytes.length);
  }
  expect(run()).toEqual(cell);
}, 60_000);
