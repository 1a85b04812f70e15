import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { SoakReport } from '../../bench/soak/report.ts';
import { removeTraceFiles, traceFile } from '../cli/replay/trace-file.ts';
import { endRunningProcesses, RunningProcess } from '../cli/running-process.ts';

const script = join(import.meta.dirname, '../../scripts/soak-memory.ts');

afterEach(endRunningProcesses);
afterAll(removeTraceFiles);

describe('soak:memory --small', () => {
  // it reads /proc
  it.runIf(process.platform === 'linux')(
    'fills a real node with every size, gets right answers only, and stays below the ceiling',
    { timeout: 60_000 },
    async () => {
      const out = traceFile('', 'soak.json');
      const soak = new RunningProcess([script, '--small', `--out=${out}`]);
      const { code } = await soak.exited;
      const { run, verdict } = JSON.parse(readFileSync(out, 'utf8')) as SoakReport;
      expect(verdict.failures, soak.stdout).toEqual([]);
      expect(code).toBe(0);

      expect(run.phases.map(({ place }) => place)).toEqual([
        'tiny',
        'small, growing',
        'large, growing',
        'jumbo',
        'large, shrinking',
        'small, shrinking',
        'tiny',
      ]);
      for (const { counts, resident, engine } of run.phases) {
        expect(counts).toMatchObject({ wrong: 0, failed: {} });
        expect(counts.hits).toBeGreaterThan(0);
        expect(resident.peakBytes).toBeGreaterThan(engine.liveBytes);
      }
      expect(run.phases.at(-1)!.engine.evictions).toBeGreaterThan(0);
      expect(run.phases.some(({ counts }) => counts.replays > 0)).toBe(true);
      expect(soak.stdout).toMatch(/\npassed\n$/);
    },
  );

  it('refuses less memory than a node works with', async () => {
    const soak = new RunningProcess([script, '--memory=16']);
    expect((await soak.exited).code).toBe(2);
    expect(soak.stderr).toBe('--memory must be 32 to 16384\n');
  });
});
