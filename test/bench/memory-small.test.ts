import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { MemoryReport } from '../../bench/memory/report.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const main = join(import.meta.dirname, '../../bench/memory/main.ts');
/** More than what two runs of the same requests differ by when a busy machine lets TTLs end between other requests. */
const missRatioScatter = 0.02;

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('bench:memory --small', () => {
  it('runs with whichever caches are installed, and reports what adds up', { timeout: 120_000 }, async () => {
    const out = traceFile('', 'memory.json');
    const bench = new RunningProcess([main, '--small', `--out=${out}`]);
    const { code } = await bench.exited;
    expect(code, bench.stderr).toBe(0);

    const report = JSON.parse(readFileSync(out, 'utf8')) as MemoryReport;
    const all = ['godwit', 'memcached', 'redis_lru', 'redis_lfu'];
    const missing = report.skipped.map((reason) => reason.split(':')[0]);
    // a cache that is not installed is named, with what would bring it
    for (const reason of report.skipped) expect(reason).toMatch(/^\w+: there is no .* brings it$/);
    expect(missing).not.toContain('godwit');
    const present = all.filter((id) => !missing.includes(id));

    expect(report.workloads.map(({ id }) => id)).toEqual(['mixed-ttl', 'large-9k']);
    for (const { runs, requests } of report.workloads) {
      expect(runs).toHaveLength(2);
      for (const { systems, stream } of runs) {
        expect(systems.map(({ subject }) => subject)).toEqual(present);
        expect(stream.gets + stream.sets + stream.deletes).toBe(requests);
        for (const system of systems) {
          expect(system.gets).toBe(systems[0]!.gets);
          expect(system.hits + system.misses).toBe(system.gets);
          expect(system.miss_ratio).toBe(system.misses / system.gets);
          expect(system).toMatchObject({ wrong: 0, refused: 0 });
          expect(system.items).toBeGreaterThan(0);
        }
      }
      for (const id of present) {
        const [less, more] = runs.map(({ systems }) => systems.find(({ subject }) => subject === id)!.miss_ratio);
        expect(more, `${id} with more memory`).toBeLessThanOrEqual(less! + missRatioScatter);
      }
    }
    for (const comparison of report.comparisons) {
      for (const ratio of [comparison.memory_to_memcached, comparison.memory_to_redis])
        if (ratio.kind !== 'none') expect(Number.isFinite(ratio.ratio) && ratio.ratio > 0).toBe(true);
      for (const { ratio } of comparison.miss_ratio_to_better) expect(Number.isFinite(ratio)).toBe(true);
    }
    expect(bench.stdout).toContain('memory for equal misses');
  });

  it('without --traces: a recorded trace is skipped with its reason', { timeout: 60_000 }, async () => {
    const out = traceFile('', 'memory.json');
    const bench = new RunningProcess([main, '--workloads=adaptsize', `--out=${out}`]);
    expect((await bench.exited).code, bench.stderr).toBe(0);
    expect(bench.stdout).toContain('skipped adaptsize: --traces names no folder');
  });

  it('refuses what makes no sense', async () => {
    for (const [flag, message] of [
      ['--seconds=0', '--seconds must be at least 0.5 and at most 600\n'],
      ['--sizes=18,x', '--sizes must be at least 18 and at most 4096\n'],
      ['--workloads=nothing', 'there is no workload nothing'],
    ] as const) {
      const bench = new RunningProcess([main, flag]);
      expect((await bench.exited).code).toBe(2);
      expect(bench.stderr).toContain(message);
    }
  });
});
