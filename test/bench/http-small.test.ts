import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../bench/http/report.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const main = join(import.meta.dirname, '../../bench/http/main.ts');

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('bench:http --small', () => {
  it('runs through everything, gets right answers only, and leaves no process behind', {
    timeout: 60_000,
  }, async () => {
    const out = traceFile('', 'http.json');
    const bench = new RunningProcess([main, '--small', `--out=${out}`]);
    const { code } = await bench.exited;
    expect(code, bench.stderr).toBe(0);

    const report = JSON.parse(readFileSync(out, 'utf8')) as BenchReport;
    expect(report.figures.map(({ subject, measure }) => `${measure} ${subject}`).sort()).toEqual([
      'get bare_hono',
      'get godwit_1',
      'multi_get_cbor godwit_1',
      'multi_get_json godwit_1',
      'put bare_hono',
      'put godwit_1',
    ]);
    for (const figure of report.figures) {
      expect(figure).toMatchObject({ requests: report.options.requestsMax, errors: 0, mismatches: 0 });
      for (const value of [figure.requests_per_second, figure.p50_ms, figure.p99_ms, figure.client_cpu_micros])
        expect(Number.isFinite(value) && value > 0).toBe(true);
    }
    for (const { ratio } of report.comparisons) expect(ratio).toBeGreaterThan(0);
    expect(bench.stdout).toContain(
      `${6 * report.options.requestsMax} answers checked, 0 of them wrong`.replace('2400', '2,400'),
    );
  });

  it('refuses a length that is none', async () => {
    const bench = new RunningProcess([main, '--seconds=0']);
    expect((await bench.exited).code).toBe(2);
    expect(bench.stderr).toBe('--seconds must be above 0 and at most 60\n');
  });
});
